// Repairs of the theme's mark-up: names for its buttons and regions,
// and a keyboard's way into formulas and pictures that scroll.
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

  for (const box of document.querySelectorAll(
    "div.math, figure, .cell_output .output, " +
    ".pst-scrollable-table-container")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
  }
});
