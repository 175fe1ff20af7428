// Asks back before something is done: what happens, to how many, and whether that is wanted.

import { el } from "./dom.js";

/**
 * Resolves to null, or to what was chosen. `choice` is `{ label, options }` of something that can be chosen, or absent.
 * Neither Escape nor leaving the view does anything.
 */
export function ask({ title, paragraphs, verb, isDangerous, choice, signal }) {
  const options = choice ? choice.options.map(([value, text]) => el("option", { value }, text)) : [];
  const chosen = choice && el("select", { id: "ask-choice" }, options);
  const go = el("button", { type: "button", class: isDangerous ? "danger" : "primary", onclick: () => dialog.close("go") }, verb);
  const no = el("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Cancel");
  const dialog = el("dialog", { "aria-labelledby": "ask-title", "aria-describedby": "ask-text" },
    el("h2", { id: "ask-title" }, title),
    el("div", { id: "ask-text" }, paragraphs.map((text) => el("p", {}, text))),
    chosen && el("div", { class: "field" }, el("label", { for: "ask-choice" }, choice.label), chosen),
    el("div", { class: "actions" }, no, go));
  signal.addEventListener("abort", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go" ? { choice: (chosen && chosen.value) || undefined } : null);
    });
  });
}
