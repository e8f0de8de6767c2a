// Menus of the buttons above a page: opened by a click, closed by another,
// by Escape, or by a click elsewhere.
document.addEventListener("DOMContentLoaded", () => {
  const buttons = [
    ...document.querySelectorAll('[data-bs-toggle="dropdown"]')];

  const show = (button, open) => {
    button.setAttribute("aria-expanded", String(open));
    button.nextElementSibling.classList.toggle("show", open);
  };

  document.addEventListener("click", (event) => {
    for (const button of buttons) {
      const inside = button.contains(event.target);
      const open = button.getAttribute("aria-expanded") === "true";
      show(button, inside && !open);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const button of buttons) {
      if (button.getAttribute("aria-expanded") !== "true") continue;
      show(button, false);
      button.focus();
    }
  });
});

// The button that prints the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".btn-download-pdf-button"))
    button.addEventListener("click", () => window.print());
});

// The list of sections follows the reader: the entry of the section that is
// read is always in sight.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector(".bd-sidebar-secondary");
  if (!list) return;
  const follow = () => {
    const entry = list.querySelector('a[aria-current="true"]');
    if (!entry || list.matches(":hover, :focus-within")) return;
    const at = entry.getBoundingClientRect();
    const seen = list.getBoundingClientRect();
    if (at.top < seen.top || at.bottom > seen.bottom)
      list.scrollTop += at.top - seen.top - seen.height / 3;
  };
  new MutationObserver(follow).observe(list, {
    attributes: true, attributeFilter: ["aria-current"], subtree: true});
});
