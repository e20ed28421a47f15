// One reader, as a person at the counter has it before them.

import { file, read, tell } from "./api.js";
import { behind, showBehind } from "./behind.js";
import { device, nameOf, pose } from "./device.js";
import { $, h } from "./dom.js";
import { watch } from "./live.js";
import { now } from "./page.js";
import { plugs, showPlugs } from "./plugs.js";
import { draw, said } from "./screen.js";
import { attempt } from "./toast.js";
import { tray } from "./tray.js";

const id = $("#counter").dataset.reader;
const path = `readers/${encodeURIComponent(id)}`;
const pictures = new Map();
let drawn = null; // what the display shows, as JSON: it is drawn anew only when that changes
let due = 0;
let thing = null;
let intent = null; // the PaymentIntent the reader works on, if any

const act = (name, body) => attempt(() => tell(`${path}/${name}`, body));
const change = (settings) => attempt(() => tell(path, settings));
const acts = {
  cancel: () => act("cancel_by_customer"),
  tip: (amount) => act("tip", { amount }),
  pin: (digits) => act("pin", { digits }),
  input: (answer) => act("inputs", answer),
  scan: (type) => act("qr", { type }),
  phone: (paid) => attempt(() => tell(`payment_intents/${intent}/qr`, { paid })),
};

function show(row) {
  intent = row.reader.action?.process_payment_intent?.payment_intent;
  thing ??= place(row);
  document.title = `${row.label} · Simulator`;
  $("h1").textContent = `Reader ${row.label}`;
  pose(thing.element, row);
  const state = JSON.stringify([row.screen, row.condition, row.label]);
  if (state !== drawn) {
    const first = drawn === null;
    drawn = state;
    redraw(row, first);
  }
  about(row);
  showPlugs($("#plate"), row.condition);
  showBehind($("#behind"), row);
  $("#tray").toggleAttribute("data-wanted", row.screen.kind === "present");
  lookAgain(row.screen.until);
}

function place(row) {
  const made = device(row.reader.device_type);
  $("#stand").replaceChildren(made.element, h("div.stand__acts", {},
    h("button.main.remove", { type: "button", onclick: () => act("remove_card") }, "Remove the card")));
  return made;
}

// A finger that was on the glass stays there: the keyboard goes on where it was.
function redraw(row, first) {
  const held = thing.display.contains(document.activeElement);
  const page = draw(thing.display, row, acts);
  if (held) (page.querySelector(".typed, .touch, .key, .pin__pad") ?? $("#main")).focus({ preventScroll: true });
  if (!first) $("#says").textContent = said(row.screen);
}

function about(row) {
  const action = row.reader.action;
  const words = action
    ? [action.type.replaceAll("_", " "), action.status.replaceAll("_", " "), action.failure_code].filter(Boolean).join(" · ")
    : "nothing asked of it";
  $("#about").replaceChildren(
    h("p.eyebrow", {}, h("a", { href: "/_simulator/" }, "Readers"), " / ", nameOf(row.reader.device_type)),
    h("p.about__name", { role: "heading", "aria-level": "2" }, row.label),
    h("p.about__facts", {}, h("span.tag", { "data-status": row.reader.status }, row.reader.status), h("code", {}, row.id)),
    h("p.about__action", {}, h("b", {}, "Action "), words));
}

// What ends by itself on the simulator's clock is looked at again when it is due.
function lookAgain(until) {
  clearTimeout(due);
  if (until) due = setTimeout(look, Math.min(Math.max(until - now(), 0) + 60, 60_000));
}

async function look() {
  let row = null;
  try {
    row = await read(path);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  $("#counter").hidden = row === null;
  $("#gone").hidden = row !== null;
  if (row === null) {
    drawn = null;
    return;
  }
  row.screen.picture = await picture(row);
  show(row);
}

async function picture({ screen, account }) {
  const name = screen.kind === "splash" && screen.splashscreen;
  if (!name) return null;
  if (!pictures.has(name)) pictures.set(name, await file(name, account).catch(() => null));
  return pictures.get(name);
}

plugs($("#plate"), (condition) => change({ condition }));
behind($("#behind"), { change, walkAway: () => attempt(() => tell("clock", { advance: 121 }), "2 minutes have passed.") });
read("cards").then(({ cards }) => tray($("#tray"), cards, (presented) => act("present", presented)));
watch(["readers", "clock", "terminal_configurations", "configurations", "switch"], async (changes) => {
  if (!changes.length || changes.some((each) => each.kind !== "readers" || each.id === id)) await look();
});
