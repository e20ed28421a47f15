// Digits on glass: a PIN, and a tip of one's own. The keyboard of the computer types too.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { money, digits as decimals } from "./money.js";

const LONGEST_PIN = 12;
const SHORTEST_PIN = 4;

function keypad({ press, wipe, enter, label }) {
  const key = (face, act, name) =>
    h("button.key", { type: "button", onclick: act, "aria-label": name, "data-key": name }, face);
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => key(String(n), () => press(String(n)), String(n)));
  const pad = h("div.keypad", { role: "group", "aria-label": label },
    digits,
    key(icon("back"), wipe, "Delete"), key("0", () => press("0"), "0"), key(icon("check"), enter, "Enter"));
  pad.lastElementChild.classList.add("key--enter");
  return pad;
}

// Typing works anywhere in the pad; Enter on a focused key presses that key.
function typing(element, { press, wipe, enter }) {
  element.addEventListener("keydown", (event) => {
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") wipe();
    else if (event.key === "Enter" && !event.target.matches("button")) enter();
    else return;
    event.preventDefault();
  });
}

export function pin({ title, message, done }) {
  let typed = "";
  const dots = h("p.dots", { role: "img" });
  const show = () => {
    dots.replaceChildren(...Array.from({ length: Math.max(SHORTEST_PIN, typed.length) }, (_, place) =>
      h(place < typed.length ? "i.full" : "i")));
    dots.setAttribute("aria-label", `${typed.length} digits entered`);
  };
  const acts = {
    press: (digit) => { typed = (typed + digit).slice(0, LONGEST_PIN); show(); },
    wipe: () => { typed = typed.slice(0, -1); show(); },
    enter: () => {
      if (typed.length < SHORTEST_PIN) return;
      done(typed);
      typed = "";
      show();
    },
    label: "PIN",
  };
  const element = h("div.pin__pad", { tabindex: -1 },
    h("h2", {}, title), message && h("p.message", {}, message), dots, keypad(acts));
  typing(element, acts);
  show();
  return element;
}

export function pad({ currency, done, back }) {
  let typed = "";
  const places = decimals(currency);
  const shown = h("p.amount", { role: "status" });
  const show = () => { shown.textContent = money(Number(typed || 0), currency); };
  const acts = {
    press: (digit) => { typed = (typed + digit).replace(/^0+/, "").slice(0, 7); show(); },
    wipe: () => { typed = typed.slice(0, -1); show(); },
    enter: () => done(Number(typed || 0)),
    label: `Tip, with ${places} decimals`,
  };
  const element = h("div.pin__pad", { tabindex: -1 },
    h("h2", {}, "Custom tip"), shown, keypad(acts),
    h("button.touch.touch--plain", { type: "button", onclick: back }, "Back"));
  typing(element, acts);
  show();
  return element;
}
