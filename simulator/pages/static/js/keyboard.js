// The keyboard on the glass. It types into a real field, so a real keyboard does too.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const LAYOUTS = {
  letters: ["1234567890", "qwertyuiop", "asdfghjkl", "⇧zxcvbnm⌫", "-  ."],
  email: ["1234567890", "qwertyuiop", "asdfghjkl", "⇧zxcvbnm⌫", "_-@.+"],
  digits: ["123", "456", "789", "+0⌫"],
};

export function keyboard(layout, field) {
  const keys = h(`div.keyboard.keyboard--${layout}`, { role: "group", "aria-label": "Keyboard" });
  const rows = LAYOUTS[layout].map((row) =>
    h("div.keyboard__row", {}, [...row.replace("  ", " ")].map((face) => key(face, field, keys))));
  keys.append(...rows);
  // A finger on a key must not take the caret out of the field.
  keys.addEventListener("pointerdown", (event) => event.preventDefault());
  return keys;
}

function key(face, field, keys) {
  if (face === "⌫") return h("button.key.key--wide", { type: "button", "aria-label": "Delete", onclick: () => wipe(field) }, icon("back"));
  if (face === "⇧") {
    const shift = (event) => {
      const on = keys.toggleAttribute("data-shift");
      event.currentTarget.setAttribute("aria-pressed", on);
    };
    return h("button.key.key--wide", { type: "button", "aria-label": "Shift", "aria-pressed": "false", onclick: shift }, icon("up"));
  }
  const space = face === " ";
  return h(space ? "button.key.key--space" : "button.key",
    { type: "button", "aria-label": space ? "Space" : null, onclick: () => put(field, keys, face) },
    space ? "space" : face);
}

function put(field, keys, face) {
  insert(field, keys.hasAttribute("data-shift") ? face.toUpperCase() : face);
}

// An e-mail field tells no caret, so what it gets is put at its end.
function insert(field, text) {
  const at = field.selectionStart;
  if (at === null) field.value += text;
  else field.setRangeText(text, at, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function wipe(field) {
  const at = field.selectionStart;
  if (at === null) field.value = field.value.slice(0, -1);
  else field.setRangeText("", at === field.selectionEnd ? Math.max(at - 1, 0) : at, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
