// Ranks the sections of `section_index.js` for a question as it is typed.
// It takes the place of the ranking of Sphinx, whose page shows the results.
(() => {
  "use strict";

  const STOP = new Set(SECTION_INDEX.stop);

  // What people type, and what the book calls it.
  const SAME = {
    oom: "memory", eps: "step difference", epsilon: "step difference",
    delta: "step difference", hvp: "hessian vector product",
    jacfwd: "forward mode column", jacrev: "row by row reverse",
    vmap: "batch vectorized", vjp: "row cotangent", jvp: "forward column",
    numerical: "finite difference", numeric: "finite difference",
    gradcheck: "check difference", hessian: "hvp", wheel: "pip",
    install: "pip", colab: "pip", derivative: "jacobian gradient",
    saliency: "sensitivity", rnn: "recurrent", bptt: "recurrent",
    batchnorm: "batch normalisation", normalization: "normalisation",
    optimization: "optimisation", example: "sample", hidden: "layer",
    intermediate: "layer", checkpointing: "recompute memory",
    slow: "cost fast", fast: "cost slow", nan: "infinity",
    blackbox: "black box outside", keras3: "keras", timestep: "step lag",
  };

  const stem = (word) => {
    for (const [end, left] of [["ing", 4], ["ed", 4], ["es", 4], ["s", 3]]) {
      const short = word.slice(0, -end.length);
      if (word.endsWith(end) && short.length >= left &&
          word.slice(-2) !== "ss") {
        word = short;
        break;
      }
    }
    return word.length > 4 && word.endsWith("e") ? word.slice(0, -1) : word;
  };

  const plainWords = (text) => {
    const found = [];
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || []) {
      const parts = word.split("_").filter(Boolean);
      if (parts.length > 1) found.push(parts.join("_"));
      found.push(...parts);
    }
    return found.filter((word) => !STOP.has(word));
  };

  // Each word once, with how much it counts: a word of the reader more than
  // another word for it.
  const queryWords = (text) => {
    const counts = new Map();
    const plain = plainWords(text);
    for (const word of plain) counts.set(stem(word), 1);
    for (const word of plain)
      for (const other of (SAME[word] || "").split(" ").filter(Boolean))
        if (!counts.has(stem(other))) counts.set(stem(other), 0.35);
    return counts;
  };

  // Words that differ by one letter: another, one more, one fewer, or two
  // exchanged.
  const near = (one, other) => {
    if (Math.abs(one.length - other.length) > 1) return false;
    let start = 0;
    while (start < one.length && one[start] === other[start]) start++;
    const [a, b] = [one.slice(start), other.slice(start)];
    return a.slice(1) === b.slice(1) || a.slice(1) === b ||
           a === b.slice(1) ||
           (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
  };

  const postings = (word) => {
    const exact = SECTION_INDEX.terms[word];
    if (exact || word.length < 3) return exact || [];
    const terms = Object.keys(SECTION_INDEX.terms);
    // The beginning of a word is enough when the whole is nowhere; then a
    // word may be mistyped.
    const begun = terms.filter((term) => term.startsWith(word));
    const found = begun.length || word.length < 5
      ? begun : terms.filter((term) => near(word, term));
    return found.slice(0, 20).flatMap((term) => SECTION_INDEX.terms[term]);
  };

  const rank = (text) => {
    const {sections} = SECTION_INDEX;
    const mean =
      sections.reduce((sum, section) => sum + section[3], 0) / sections.length;
    const scores = new Map();
    for (const [word, weight] of queryWords(text)) {
      const list = postings(word);
      const known = list.length / 2;
      const rare = Math.log(1 + (sections.length - known + 0.5) /
                                (known + 0.5));
      for (let i = 0; i < list.length; i += 2) {
        const [number, count] = [list[i], list[i + 1]];
        const size = 0.6 + 0.4 * sections[number][3] / mean;
        const score = weight * rare * count * 2.2 / (count + 1.2 * size);
        scores.set(number, (scores.get(number) || 0) + score);
      }
    }
    const minor = (number) => sections[number][4] ? 0.6 : 1;
    // A heading that says the whole question comes before its words.
    const asked = [...new Set(plainWords(text).map(stem))];
    const said = (number) => {
      const title = new Set(plainWords(sections[number][2]).map(stem));
      const known = asked.filter((word) => title.has(word)).length;
      return 1 + 0.2 * known / Math.max(asked.length, title.size, 1);
    };
    return [...scores]
      .map(([number, score]) => [number, score * minor(number) * said(number)])
      .sort((one, other) => other[1] - one[1])
      .slice(0, 30);
  };

  // A result as Sphinx shows it, the best last.
  const results = (text) => rank(text).reverse().map(([number, score]) => {
    const [page, anchor, title] = SECTION_INDEX.sections[number];
    const above = SECTION_INDEX.titles[page] || page;
    const shown = document.createElement("span");
    shown.textContent = above;
    const name = title && !above.startsWith(title)
      ? `${shown.innerHTML} › ${title}` : shown.innerHTML;
    return [page, name, `#${anchor}`, null, score, ""];
  });

  // Between Sphinx's search and its index, at which that begins to answer.
  document.querySelector('script[src*="/searchtools.js"]')
    .addEventListener("load", () => {
      Search._performSearch = (query) => results(query);
    });
  document.querySelector("form.bd-search input")?.focus();
})();
