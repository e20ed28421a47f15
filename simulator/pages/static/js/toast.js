// One sentence at the edge of the page, when something was refused or done.

import { $, h } from "./dom.js";

const STAYS_MS = 7000;

export function toast(words, kind = "error") {
  const close = () => note.remove();
  const note = h(
    `div.toast.toast--${kind}`,
    {},
    h("p", {}, words),
    h("button.quiet", { type: "button", "aria-label": "Dismiss", onclick: close }, "✕"),
  );
  const shelf = $("#toasts");
  while (shelf.children.length > 2) shelf.firstElementChild.remove();
  shelf.append(note);
  setTimeout(close, STAYS_MS);
}

// Do what a person asked for; if it is refused, say why.
export async function attempt(act, done) {
  try {
    const answer = await act();
    if (done) toast(done, "done");
    return answer;
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}
