// Repairs of the theme's mark-up: names for its buttons and regions,
// a keyboard's way into formulas and pictures that scroll, and a class for
// those that go on beyond their edge.
window.addEventListener("load", () => {
  const label = (element, text) => element.setAttribute("aria-label", text);

  for (const button of document.querySelectorAll(".search-button-field"))
    label(button, button.innerText.replace(/\s+/g, " ").trim() || "Search");

  for (const button of document.querySelectorAll(".theme-switch-button"))
    label(button, "Color mode: Light, Dark, System Settings");

  const brand = document.querySelector(
    ".sidebar-primary-items__start > .sidebar-primary-item");
  if (brand) {
    brand.setAttribute("role", "region");
    label(brand, "Book title");
  }

  for (const toggle of document.querySelectorAll(
    "nav details > summary:has(.toctree-toggle)")) {
    const page = toggle.closest("li")?.querySelector("a");
    label(toggle, "Pages of: " + (page?.innerText.trim() || "this chapter"));
  }

  const boxes = [...document.querySelectorAll(
    "div.math, figure .picture, .cell_output .output, .cell_output pre, " +
    "div.highlight pre, .pst-scrollable-table-container")];
  const more = (box) => box.scrollWidth - box.clientWidth - box.scrollLeft > 2;
  const look = (seen) => {
    // All are measured before one is changed: one layout, not hundreds.
    const marks = seen.map((box) => [
      box, more(box), box.scrollWidth > box.clientWidth + 1]);
    for (const [box, goesOn, scrolls] of marks) {
      box.classList.toggle("goes-on", goesOn);
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  // What still waits (slices.js) is not laid out for this.
  look(boxes.filter((box) =>
    box.checkVisibility?.({contentVisibilityAuto: true}) ?? true));
  document.addEventListener("shown", (event) => look(boxes.filter((box) =>
    event.detail.some((element) => element.contains(box)))));
  for (const box of boxes)
    box.addEventListener("scroll", () => look([box]), {passive: true});
  window.addEventListener("resize", () => look(boxes));
  document.addEventListener("toggle", (event) => look(
    boxes.filter((box) => event.target.contains(box))), true);
});
