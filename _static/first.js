// Before anything is drawn: the colours that the reader chose, or else
// those of the reader's system; and whether the page begins at its top, so
// that what lies far below may wait (slices.js).
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
  const theme = chosen("theme");
  page.dataset.mode = chosen("mode");
  page.dataset.theme = theme === "auto" ? system : theme;
})();
