// A long page is laid out in slices. What lies far below waits, by a rule of
// book.css, until the first screen can be read; then it is shown, a few
// elements a frame, and the page answers its reader in between. At the
// reader's first move all the rest is shown at once, before the next frame:
// nothing moves under the eyes.
(() => {
  const later = [...document.querySelectorAll(
    ".in-slices section > section:first-of-type > :nth-child(n + 7), " +
    ".in-slices section > section:nth-of-type(n + 2) > :not(section), " +
    ".in-slices section > section:nth-of-type(n + 2) > section > *")];
  let [next, count, before] = [0, 1, 0];

  const show = (slice) => {
    if (!slice.length) return;
    for (const element of slice) element.classList.add("is-shown");
    next += slice.length;
    document.dispatchEvent(new CustomEvent("shown", {detail: slice}));
  };
  const goOn = (now) => {
    if (next >= later.length) return;
    // As many at a time as leave this machine's frames short.
    count = now - before < 25 ? count + 1 : Math.max(count >> 1, 1);
    before = now;
    show(later.slice(next, next + count));
    requestAnimationFrame(goOn);
  };

  window.addEventListener("load", (event) => {
    // The theme would now ask each box whether it scrolls, as a11y.js did,
    // and lay out one after the other.
    event.stopImmediatePropagation();
    requestAnimationFrame(goOn);
  });
  document.addEventListener("scroll", () => show(later.slice(next)));
  for (const move of ["wheel", "keydown", "pointerdown", "beforeprint"])
    window.addEventListener(move, () => show(later.slice(next)), {
      capture: true, once: true, passive: true});
})();
