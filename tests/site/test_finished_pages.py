"""The last pass leaves nothing in a page that its policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from site_extensions import finished_pages
from tests.site import strictness

PAGE = """<html><head>
    <meta charset="utf-8" />
    <title>A book &#8212; A book</title>
  <script data-cfasync="false">
    document.documentElement.dataset.mode = "auto";
  </script>
  <noscript>
    <style>.pst-js-only { display: none }</style>
  </noscript>
  <script>const here = 1;</script>
  <script defer="defer" src="../_static/menus.js"></script>
  <script src="../_static/searchtools.js"></script>
</head><body>
<nav class="bd-links bd-docs-nav" aria-label="Main"><ul>
<li><a class="reference internal" href="00_start.html">Start</a></li>
<li><a class="reference internal" href="04_lstm.html">LSTM</a>
<li><a class="current reference internal" href="#">Fading</a></li>
<li><a class="reference internal" href="04_lstm_fast.html">Fast</a></li>
<li><a class="reference internal" href="errors.html">Errors</a></li>
</ul></nav>
<style scoped>td { color: red }</style>
<td style="text-align: left" class="cell">a</td>
<td style="text-align: left">b</td>
<button onclick="window.print()" class="print">Print</button>
<math displaystyle="false"></math>
<img width="9" height="9" alt="Dots" src="../_images/ab12.png" />
<pre>&lt;script&gt;kept&lt;/script&gt; style="kept"</pre>
</body></html>
"""


def test_a_page_holds_what_its_policy_allows() -> None:
    assert strictness.forbidden(PAGE)
    rules: dict[str, str] = {}
    text = finished_pages.finished(PAGE, "chapters/04_lstm_fading.html", rules)
    assert strictness.forbidden(text) == []
    assert text.index("Content-Security-Policy") < text.index("<script")
    assert '<script src="../_static/first.js"></script>' in text
    assert "../_static/no_script.css" in text and "here" not in text
    assert 'src="../_static/menus.js"' in text
    (name, rule), *others = rules.items()
    assert rule == "text-align: left" and not others
    assert f'<td class="cell {name}">a</td>' in text
    assert f'<td class="{name}">b</td>' in text
    assert '<math displaystyle="false">' in text
    assert '&lt;script&gt;kept&lt;/script&gt; style="kept"' in text
    assert "<title>A book</title>" in text and "ab12.webp" in text


def test_a_page_waits_for_nothing_but_its_colours() -> None:
    text = finished_pages.finished(PAGE, "search.html", {})
    assert '<script defer="defer" src="../_static/searchtools.js">' in text
    assert re.findall('<script src="([^"]*)"', text) == ["_static/first.js"]


def test_chapters_are_numbered_as_their_files_are() -> None:
    text = finished_pages.finished(PAGE, "chapters/04_lstm_fading.html", {})
    for entry in ("0&ensp;Start", "4&ensp;LSTM", "4.1&ensp;Fading"):
        assert f">{entry}</a>" in text
    assert ">4.2&ensp;Fast</a>" in text and ">Errors</a>" in text


def test_figures_become_smaller_and_keep_their_pixels(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").convert("RGBA")
    picture.save(tmp_path / "a.png")
    before = (tmp_path / "a.png").stat().st_size
    finished_pages.lighten(tmp_path)
    assert not (tmp_path / "a.png").exists()
    with Image.open(tmp_path / "a.webp") as after:
        assert after.convert("RGBA").tobytes() == picture.tobytes()
    assert (tmp_path / "a.webp").stat().st_size < before
