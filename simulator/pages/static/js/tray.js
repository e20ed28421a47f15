// The tray of test cards. A click does what the switch above says; a card can also be carried to
// the reader: let go over the display it taps, let go over the slot it is inserted.

import { $, $$, h } from "./dom.js";
import { icon } from "./icons.js";

const WORDS = { tap: "Tap", insert: "Insert", swipe: "Swipe" };
const GROUPS = {
  approves: "Approved", "wants PIN": "Approved with a PIN", SCA: "Refuses the first tap (Europe)",
  declines: "Declined", special: "With a catch", other: "More that are approved",
};
const EVERYDAY = ["visa", "visa_debit", "mastercard", "mastercard_debit", "amex", "discover"];
const ORDER = ["approves", "declines", "wants PIN", "SCA"];
const BRANDS = { amex: "Amex", jcb: "JCB", unionpay: "UnionPay", eftpos_au: "eftpos", cartes_bancaires: "CB" };
const CARRIED_FROM = 8; // pixels before a press is a carrying
let carried = false; // the click that ends a carrying is none

export function tray(element, cards, present) {
  const chosen = () => $("[name=method]:checked", element).value;
  const options = () => ({
    method: chosen(),
    leave_in: chosen() === "insert" && $("[name=leave_in]", element).checked,
    ask_pin: $("[name=type_pin]", element).checked,
  });
  const use = (card, face, more = {}) => {
    if (!more.method) fly(face, chosen());
    present({ card: card.name, ...options(), ...more });
  };
  element.replaceChildren(
    h("div.tray__how", {},
      h("h2", {}, "Test cards"),
      h("fieldset.segments", {}, h("legend.visually-hidden", {}, "How the card is used"),
        Object.entries(WORDS).map(([method, words], n) => h("label", {},
          h("input", { type: "radio", name: "method", value: method, checked: n === 0 }), h("span", {}, words)))),
      box("leave_in", "Leave it in", "An inserted card stays in the reader until it is removed."),
      box("type_pin", "Type the PIN", "A card that wants its PIN gets it from you; else the right one is typed at once.", true)),
    h("div.tray__cards", {}, byGroup(cards).map(([group, members]) => h("section.group", { "aria-label": GROUPS[group] ?? group },
      h("h3", {}, GROUPS[group] ?? group),
      h("ul", {}, members.map((card) => h("li", {}, face(card, use))))))));
  element.addEventListener("change", () => { element.dataset.method = chosen(); });
  element.dataset.method = chosen();
}

// What most people look for comes first.
function byGroup(cards) {
  const groups = new Map(ORDER.map((name) => [name, []]));
  const others = [];
  for (const card of cards) {
    if (card.group === "approves" && !EVERYDAY.includes(card.name)) others.push(card);
    else groups.set(card.group, [...(groups.get(card.group) ?? []), card]);
  }
  return [...groups, ["other", others]].filter(([, members]) => members.length);
}

function box(name, words, title, checked = false) {
  return h(`label.tick.tick--${name}`, { title }, h("input", { type: "checkbox", name, checked }), h("span", {}, words));
}

const plain = (code) => code.replaceAll("_", " ");

function face(card, use) {
  const button = h("button.card", {
    type: "button", "data-brand": card.brand, "data-group": card.group, "data-card": card.name,
    "aria-label": `${card.label}. ${plain(card.happens)}`,
    onclick: () => { if (!carried) use(card, button); carried = false; },
  },
    h("span.card__face", { "aria-hidden": "true" },
      h("b.card__brand", {}, BRANDS[card.brand] ?? card.brand),
      h("i.card__chip"), icon("waves"),
      h("span.card__number", {}, card.number)),
    h("span.card__label", {}, card.label),
    card.happens === "Approved." ? null : h("span.card__happens", {}, plain(card.happens)));
  button.addEventListener("pointerdown", (event) => carry(event, button, (method) => use(card, button, { method })));
  return button;
}

// With a mouse or a pen; a finger scrolls the tray, and taps.
function carry(start, button, drop) {
  if (start.pointerType === "touch" || start.button !== 0) return;
  let ghost = null;
  const move = (event) => {
    const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (!ghost && Math.hypot(x, y) > CARRIED_FROM) {
      ghost = copyOf(button);
      carried = true;
    }
    if (!ghost) return;
    ghost.style.translate = `${x}px ${y}px`;
    const over = target(event);
    for (const each of $$("[data-over]")) each.removeAttribute("data-over");
    over?.element.setAttribute("data-over", over.method);
  };
  const end = (event) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    for (const each of $$("[data-over]")) each.removeAttribute("data-over");
    if (!ghost) return;
    ghost.remove();
    setTimeout(() => { carried = false; }); // no click follows when the button ends elsewhere
    const over = event.type === "pointerup" && target(event);
    if (over) drop(over.method);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  start.preventDefault();
  button.focus();
}

function target({ clientX: x, clientY: y }) {
  const element = $(".stand .device");
  const within = (box, margin) => x > box.left - margin && x < box.right + margin && y > box.top - margin && y < box.bottom + margin;
  const display = $(".display", element).getBoundingClientRect();
  if (within(display, 0)) return { element, method: "tap" };
  if (y > display.bottom && within(element.getBoundingClientRect(), 60)) return { element, method: "insert" };
  return null;
}

function copyOf(button) {
  const source = $(".card__face", button);
  const box = source.getBoundingClientRect();
  const ghost = source.cloneNode(true);
  ghost.classList.add("ghost");
  ghost.dataset.brand = button.dataset.brand;
  Object.assign(ghost.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px` });
  document.body.append(ghost);
  return ghost;
}

// The card goes to the reader by itself and comes back.
function fly(button, method) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const ghost = copyOf(button);
  const from = ghost.getBoundingClientRect();
  const to = $(".stand .device").getBoundingClientRect();
  const display = $(".stand .display").getBoundingClientRect();
  const x = to.left + to.width / 2 - (from.left + from.width / 2);
  const y = method === "insert" ? to.bottom - from.top - from.height * 0.35 : display.top + display.height * 0.45 - from.top;
  const there = `translate(${x}px, ${y}px) scale(1.15)`;
  const flight = ghost.animate(
    [{ transform: "none" }, { transform: there, offset: 0.45 }, { transform: there, offset: 0.6 }, { transform: "none", opacity: 0 }],
    { duration: 700, easing: "cubic-bezier(.3,.7,.2,1)" });
  flight.onfinish = () => ghost.remove();
}
