// What the display shows: one drawing per kind of screen. `acts` is what a finger may do on it.

import { h } from "./dom.js";
import { code, icon, field, ring } from "./icons.js";
import { form } from "./forms.js";
import { pad, pin } from "./keypad.js";
import { money } from "./money.js";

const RESULTS = {
  approved: "check", saved: "check", refunded: "undo", thanks: "check", collected: "card",
  declined: "cross", canceled: "hand", failed: "bang",
};

const DRAWN = {
  splash, cart, tip, present, qr, pin: pinPad, form: (screen, acts) => form(screen, acts),
  authorizing: (screen) => wait(screen),
  updating: (screen) => wait(screen),
  booting: () => h("div.boot", {}, h("i.boot__mark"), h("p", {}, "Starting")),
  off: () => h("div.dark"),
  offline: (screen) => state(screen, "nowifi"),
  settings,
  remove_card: (screen) => state(screen, "down"),
};

export function draw(display, row, acts) {
  const { screen } = row;
  const kind = DRAWN[screen.kind] || RESULTS[screen.kind] ? screen.kind : "splash";
  const drawn = (DRAWN[kind] ?? result)(screen, acts);
  const bar = kind === "off" || kind === "booting" ? null : statusBar(row);
  const page = h(`div.screen.screen--${kind}`, {}, bar, drawn);
  display.replaceChildren(page);
  return page;
}

// The screen in one sentence, for those who hear it.
export function said({ kind, title, message, amount, currency }) {
  if (kind === "off") return "The reader is switched off.";
  return [title, money(amount, currency), message].filter(Boolean).join(" · ");
}

function statusBar(row) {
  const away = row.condition === "offline";
  const cell = row.reader.device_type.endsWith("s710") && icon("cell");
  return h("div.bar", { "aria-hidden": "true" }, h("span", {}, row.label), cell, icon(away ? "nowifi" : "wifi"));
}

function heading(screen, ...more) {
  return [
    screen.title && h("h2", {}, screen.title),
    ...more,
    screen.message && h("p.message", {}, screen.message),
  ];
}

function splash(screen) {
  if (screen.picture) return h("img.picture", { src: screen.picture, alt: "Splash screen" });
  return h("div.splash", {}, h("i.dune"), h("i.dune"), h("i.dune"), h("div.splash__words", {}, h("h2", {}, screen.title || "Welcome"), screen.message && h("p.message", {}, screen.message)));
}

function cart({ cart: { line_items: lines, tax, total, currency }, title }) {
  const rows = lines.map((line) =>
    h("li", {},
      h("span.cart__what", {}, line.description),
      h("span.cart__count", {}, line.quantity > 1 ? `× ${line.quantity}` : ""),
      h("span.cart__amount", {}, money(line.amount, currency))));
  return h("div.cart", {},
    h("h2", {}, title),
    h("ol", { tabindex: rows.length > 6 ? 0 : null }, rows),
    h("dl", {},
      tax ? [h("dt", {}, "Tax"), h("dd", {}, money(tax, currency))] : [],
      h("dt.cart__total", {}, "Total"), h("dd.cart__total", {}, money(total, currency))));
}

function present(screen, acts) {
  return h("div.present", {},
    h("p.eyebrow", {}, screen.title),
    amount(screen),
    screen.tip ? h("p.note", {}, `${money(screen.tip, screen.currency)} tip included`) : null,
    h("div.target", {}, field()),
    h("p.title", {}, screen.message),
    h("div.insert", {}, icon("chip"), icon("down")),
    screen.qr_choices.map(({ type, label }) =>
      h("button.touch.touch--plain.wide", { type: "button", onclick: () => acts.scan(type) }, `Pay with ${label}`)),
    cancel(screen, acts));
}

function qr(screen, acts) {
  return h("div.present", {},
    h("p.eyebrow", {}, screen.message),
    amount(screen),
    code(),
    h("p.title", {}, screen.title),
    h("p.note.phone__words", { id: "phone" }, "On the customer's phone"),
    h("div.phone", { role: "group", "aria-labelledby": "phone" },
      h("button.touch.touch--main", { type: "button", onclick: () => acts.phone(true) }, "Pay"),
      h("button.touch.touch--plain", { type: "button", onclick: () => acts.phone(false) }, "Refuse")),
    cancel(screen, acts));
}

function amount({ amount: value, currency }) {
  const shown = money(value, currency);
  return value === null ? null : h("p.amount", { "data-long": shown.length > 9 }, shown);
}

function cancel({ can_cancel: can }, acts) {
  if (!can) return null;
  return h("button.touch.cancel", { type: "button", onclick: acts.cancel }, icon("cross"), "Cancel");
}

function tip(screen, acts) {
  const body = h("div.tips");
  const choose = () => body.replaceChildren(
    h("p.eyebrow", {}, "Total"),
    amount(screen),
    h("h2", {}, screen.title),
    h("div.tips__choices", {}, screen.tip_choices.map((choice) =>
      h("button.touch", { type: "button", onclick: () => acts.tip(choice.amount) },
        choice.label.endsWith("%") && h("b", {}, choice.label),
        h(choice.label.endsWith("%") ? "span" : "b", {}, money(choice.amount, screen.currency))))),
    h("div.tips__other", {},
      screen.custom_tip ? h("button.touch.touch--plain", { type: "button", onclick: type }, "Custom") : null,
      h("button.touch.touch--plain", { type: "button", onclick: () => acts.tip(0) }, "No tip")),
    cancel(screen, acts));
  const type = () => {
    body.replaceChildren(pad({ currency: screen.currency, done: acts.tip, back: choose }));
    body.querySelector("button")?.focus();
  };
  choose();
  return body;
}

function pinPad(screen, acts) {
  return h("div.pin", {}, amount(screen), pin({ title: screen.title, message: screen.message, done: acts.pin }),
    cancel(screen, acts));
}

function wait(screen) {
  return h("div.state", {}, ring(), heading(screen, amount(screen)));
}

function state(screen, sign) {
  return h("div.state", {}, h("div.sign", {}, icon(sign)), heading(screen));
}

function result(screen, acts) {
  const shown = ["approved", "refunded", "collected"].includes(screen.kind) ? amount(screen) : null;
  const tipped = shown && screen.tip ? h("p.note", {}, `${money(screen.tip, screen.currency)} tip included`) : null;
  return h("div.state", {}, h("div.sign", {}, icon(RESULTS[screen.kind])), heading(screen, shown, tipped),
    cancel(screen, acts));
}

function settings(screen) {
  const rows = ["Network", "Language", "Display", "About this reader"];
  return h("div.settings", {}, h("h2", {}, icon("gear"), screen.title),
    screen.message && h("p.message", {}, screen.message),
    h("ul", { "aria-hidden": "true" }, rows.map((row) => h("li", {}, row))));
}
