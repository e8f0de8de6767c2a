"""What every page of the site must be, as a browser sees it.

`problems(visitor, url, width)` opens a page once and returns what is wrong
with it, by day and by night; an empty list is a good page. `faults(page)`
does it for a page that is open.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from commands.viewing import Visitor

THEMES = ("light", "dark")

# Everything that is folded is opened, and nothing moves.
PREPARE = """() => {
    // Unlike an element, it is allowed by the policy of the site's pages.
    const style = new CSSStyleSheet();
    style.replaceSync("* { transition: none !important; " +
        "animation: none !important; scroll-behavior: auto !important }");
    document.adoptedStyleSheets.push(style);
    for (const part of document.querySelectorAll("details"))
        part.open = true;
}"""
THEME = """(theme) => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.mode = theme;
}"""
FORMULAS = r"""() => {
    const found = [];
    for (const e of document.querySelectorAll(".math"))
        if (!e.querySelector("math"))
            found.push("not typeset: " + e.textContent.slice(0, 60));
    for (const e of document.querySelectorAll("math")) {
        const box = e.getBoundingClientRect();
        if (!e.checkVisibility()) continue;
        if (!e.firstElementChild || !(box.width > 0 && box.height > 0))
            found.push("empty formula: " + e.outerHTML.slice(0, 60));
    }
    for (const e of document.querySelectorAll("merror"))
        found.push("error in formula: " + e.textContent);
    for (const e of document.querySelectorAll("math mi, math mtext"))
        if (/[\\$]/.test(e.textContent))
            found.push("LaTeX in formula: " + e.textContent);
    const walker = document.createTreeWalker(
        document.querySelector("main") ?? document.body,
        NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode;
        if (text.parentElement.closest(
            "pre, code, script, style, math, .math")) continue;
        if (/\\[(\[]|\$\$|\\begin\{/.test(text.data))
            found.push("raw formula: " + text.data.trim().slice(0, 60));
    }
    return found;
}"""
OVERFLOW = """() => {
    const page = document.documentElement;
    return page.scrollWidth > page.clientWidth + 1
        ? [`page is ${page.scrollWidth} wide, not ${page.clientWidth}`]
        : [];
}"""
# Contrast of thousands of words takes axe half a minute; words of one look,
# by day and by night, need it once: the first and the last of each.
MARK = """(themes) => {
    const root = document.documentElement;
    const clear = (color) => /, 0\\)$/.test(color);
    const behind = (e) => {
        while (e && clear(getComputedStyle(e).backgroundColor))
            e = e.parentElement;
        return e ? getComputedStyle(e).backgroundColor : "";
    };
    const dimmed = (e) => {
        let left = 1;
        for (; e; e = e.parentElement) left *= getComputedStyle(e).opacity;
        return left;
    };
    const look = (e) => {
        const {color, fontSize, fontWeight, backgroundImage, textDecoration,
            textShadow} = getComputedStyle(e);
        return [e.tagName === "A" && getComputedStyle(e.parentElement).color,
            color, behind(e), dimmed(e), fontSize, fontWeight,
            backgroundImage, textDecoration, textShadow].join();
    };
    const own = (e) => [...e.childNodes].some(
        (part) => part.nodeType === Node.TEXT_NODE && part.data.trim());
    const words = [...document.body.querySelectorAll("*")].filter((e) =>
        (own(e) || e.matches("input, select, textarea, button"))
        && e.checkVisibility({visibilityProperty: true}));
    const looks = words.map(() => "");
    const kept = root.dataset.theme;
    for (const theme of themes) {
        root.dataset.theme = root.dataset.mode = theme;
        words.forEach((e, k) => { looks[k] += look(e) + " "; });
    }
    root.dataset.theme = root.dataset.mode = kept;
    const last = new Map(looks.map((look, k) => [look, k]));
    const seen = new Set();
    words.forEach((e, k) => {
        if (!seen.has(looks[k]) || last.get(looks[k]) === k)
            e.dataset.contrast = "";
        seen.add(looks[k]);
    });
    // What holds no marked word only costs time; siblings keep their place.
    for (const e of document.body.querySelectorAll("*"))
        if (!e.matches("[data-contrast], [data-contrast] *")
            && !e.querySelector("[data-contrast]"))
            if (e.closest("pre, math, svg")) e.remove();
            else e.replaceChildren();
    return words.length;
}"""
# What a theme changes, in the marked words; and all else, once.
OF_COLOUR = ("color-contrast", "link-in-text-block")
AXE = """async ([names, colours]) => {
    const rules = Object.fromEntries(
        names.map((name) => [name, {enabled: colours}]));
    const marked = [...document.querySelectorAll("[data-contrast]")];
    // The thousands of spans of coloured code matter to the colours alone.
    const code = colours ? [] : [...document.querySelectorAll("pre")]
        .filter((e) => !e.querySelector(":not(span)"))
        .map((e) => [e, [...e.childNodes]]);
    for (const [e] of code) e.replaceChildren(e.textContent);
    const result = await axe.run(colours ? {include: marked} : document, {
        preload: false,
        resultTypes: ["violations"],
        ...(colours ? {runOnly: names} : {rules}),
    });
    for (const [e, parts] of code) e.replaceChildren(...parts);
    return result.violations.flatMap((rule) => rule.nodes.map(
        (node) => `${rule.id}: ${node.html.slice(0, 120)}`));
}"""


def problems(visitor: Visitor, url: str, width: int) -> list[str]:
    """Open a page at one width and look at it."""
    found: list[str] = []
    with visitor.page(url, width, found) as page:
        page.goto(url, wait_until="load")
        return found + faults(page)


def faults(page: Page) -> list[str]:
    """Look at an open page in both themes; it is not the same afterwards."""
    page.evaluate(PREPARE)
    found = page.evaluate(FORMULAS) + page.evaluate(OVERFLOW)
    page.evaluate(AXE_SCRIPT)
    found += page.evaluate(AXE, [OF_COLOUR, False])
    if not page.evaluate(MARK, THEMES):
        return found
    for theme in THEMES:
        page.evaluate(THEME, theme)
        seen = page.evaluate(AXE, [OF_COLOUR, True])
        found += [f"{theme}: {fault}" for fault in seen]
    return found
