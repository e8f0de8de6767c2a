// Before anything is drawn: the colours that the reader chose, or else
// those of the reader's system; and whether the page begins at its top, so
// that what lies far below may wait (slices.js). The text is shown, a frame
// later, when the font of formulas is there: no line breaks anew.
(() => {
  const page = document.documentElement;
  const chosen = (name) => {
    try {
      return localStorage.getItem(name) || "auto";
    } catch {
      return "auto";
    }
  };
  const system =
    matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const [visit] = performance.getEntriesByType("navigation");
  if (!location.hash && visit?.type === "navigate")
    page.classList.add("in-slices");
  page.classList.add("waits-for-formulas");
  const show = () => page.classList.remove("waits-for-formulas");
  const font = () =>
    Promise.resolve(document.fonts?.load('1em "Book Mathematics"'));
  requestAnimationFrame(() => font().finally(show));
  // Where no frame is drawn, or the font never comes.
  addEventListener("load", show);
  const theme = chosen("theme");
  page.dataset.mode = chosen("mode");
  page.dataset.theme = theme === "auto" ? system : theme;
})();
