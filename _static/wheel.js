// The line that installs `helpers`, with the address that this page came
// from.
document.addEventListener("DOMContentLoaded", () => {
  for (const line of document.querySelectorAll("pre[data-wheel]")) {
    const form = line.dataset.requirement;
    if (!form) continue;
    const address = new URL(line.dataset.wheel, window.location.href).href;
    line.textContent = `pip install "${form}${address}"`;
  }
});
