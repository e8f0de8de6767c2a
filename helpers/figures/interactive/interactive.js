// Interactive figures. Python has computed every state: data-rows holds a
// line of values for each, data-columns their names. The controls choose a
// line; an attribute data-set-NAME is a template for the attribute NAME.
(() => {
  const start = (figure) => {
    const columns = figure.dataset.columns.split("|");
    const rows = figure.dataset.rows.split("\n")
      .map((row) => row.split("|"));
    const controls = [...figure.querySelectorAll("input")];
    const namesOf = (control) => control.dataset.names.split("|");
    const bound = [...figure.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes]
        .filter(({ name }) => name.startsWith("data-set-"))
        .map(({ name, value }) => [element, name.slice(9), value]));

    const show = () => {
      let state = 0;
      for (const control of controls) {
        const names = namesOf(control);
        const place = control.type === "checkbox"
          ? Number(control.checked) : Number(control.value);
        state = state * names.length + place;
        control.closest(".control").querySelector(".now").textContent =
          minus(names[place]);
        if (control.type === "range")
          control.setAttribute("aria-valuetext", names[place]);
      }
      const fill = (template) => template.replace(/\{(\w+)\}/g,
        (_, name) => rows[state][columns.indexOf(name)]);
      for (const [element, name, template] of bound) {
        if (name !== "text") element.setAttribute(name, fill(template));
        else if (element.textContent !== minus(fill(template)))
          element.textContent = minus(fill(template));
      }
    };

    figure.addEventListener("input", show);
    for (const button of figure.querySelectorAll("[data-move]"))
      button.addEventListener("click", () => {
        const slider = button.closest(".control").querySelector("input");
        slider.value = Number(slider.value) + Number(button.dataset.move);
        show();
      });
    for (const pad of figure.querySelectorAll("[data-pad]"))
      drag(pad, controls, show);
    show();
    figure.dataset.ready = "";
  };

  // A point that is dragged moves two sliders, across and up.
  const drag = (pad, [across, up], show) => {
    const place = (slider, part) => {
      slider.value = Math.floor(part * (Number(slider.max) + 1));
    };
    const follow = (event) => {
      if (!event.buttons) return;
      const box = pad.getBoundingClientRect();
      place(across, (event.clientX - box.left) / box.width);
      place(up, (box.bottom - event.clientY) / box.height);
      show();
    };
    pad.addEventListener("pointerdown", follow);
    pad.addEventListener("pointermove", follow);
  };

  const minus = (text) => text.replace(/-(?=\d|\.\d)/g, "−");

  const all = () => document
    .querySelectorAll("figure.interactive:not([data-ready])")
    .forEach(start);
  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", all);
  else all();
})();
