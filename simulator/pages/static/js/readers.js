// All readers of all accounts, each with what it shows now.

import { read, stripe } from "./api.js";
import { device, nameOf, pose } from "./device.js";
import { $, h, keep } from "./dom.js";
import { watch } from "./live.js";
import { draw, said } from "./screen.js";
import { now } from "./page.js";
import { attempt } from "./toast.js";

const MOST = 60; // read and drawn at once; who has more finds with the filter
const PAUSE_MS = 150; // between two keys
const NO_HANDS = { cancel() {}, tip() {}, pin() {}, input() {}, scan() {}, phone() {} };
let readers = [];
let count = 0;
let typed = 0;
let accounts = new Map();
let due = 0;

function show() {
  const wanted = $("#filter").value.trim();
  const none = count === 0 && !wanted;
  $("#count").textContent = none ? "None is registered yet." : summary(count, readers.length);
  keep($("#readers"), grouped(readers), (group) => group.account, drawAccount);
  $("#readers").setAttribute("aria-busy", "false");
  const nothing = $("#none");
  nothing.hidden = count > 0 || none;
  nothing.textContent = `No reader matches “${wanted}”.`;
  if (none) open(true);
}

function summary(found, shown) {
  const words = found === 1 ? "1 reader" : `${found} readers`;
  return shown < found ? `${words}, the first ${shown} are drawn: use the filter.` : words;
}

// Only what is drawn: a row is drawn anew when it changes, and last_seen_at always does.
const shownOf = ({ id, account, label, location, condition, screen, reader }) =>
  ({ id, account, label, location, condition, screen, reader: { device_type: reader.device_type } });
const accountOf = (id) => accounts.get(id) ?? { id, name: id, country: "", locations: {} };
const locationOf = (row) => accountOf(row.account).locations[row.location] ?? "No location";

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    const { name, country } = accountOf(row.account);
    const group = groups.get(row.account) ?? { account: row.account, name, country, locations: {} };
    (group.locations[locationOf(row)] ??= []).push(row);
    groups.set(row.account, group);
  }
  return [...groups.values()];
}

function drawAccount(group, known) {
  const section = known ?? h("section.account");
  const list = $(".account__locations", section) ?? h("div.account__locations");
  keep(list, Object.entries(group.locations), ([name]) => name, drawLocation);
  section.replaceChildren(
    h("h2", {}, group.name, h("small", {}, [group.country, group.account].filter(Boolean).join(" · "))), list);
  return section;
}

function drawLocation([name, rows], known) {
  const section = known ?? h("section.location");
  const list = $("ul", section) ?? h("ul.shelf");
  keep(list, rows, (row) => row.id, drawReader);
  if (!known) section.append(h("h3", {}, name), list);
  return section;
}

function drawReader(row) {
  const made = device(row.reader.device_type);
  pose(made.element, row);
  draw(made.display, row, NO_HANDS);
  made.element.inert = true;
  return h("li", {},
    h("a.tile", { href: `/_simulator/readers/${encodeURIComponent(row.id)}/` },
      made.element,
      h("span.tile__label", {}, row.label),
      h("span.tile__kind", {}, nameOf(row.reader.device_type)),
      h("span.tile__says", {}, said(row.screen) || "Idle")));
}

function open(wanted) {
  $("#register").hidden = !wanted;
  $("#more").setAttribute("aria-expanded", wanted);
}

async function register(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const account = form.get("account");
  const { country } = accountOf(account);
  await attempt(async () => {
    const location = Object.keys(accountOf(account).locations)[0] ?? (await newLocation(account, country));
    const params = { registration_code: form.get("code"), label: form.get("label"), location };
    await stripe("POST", "terminal/readers", params, account);
  }, `${form.get("label")} is on the counter.`);
}

async function newLocation(account, country) {
  const address = { "address[country]": country, "address[line1]": "1 Main Street", "address[city]": "Springfield",
    "address[state]": "IL", "address[postal_code]": "62701" };
  return (await stripe("POST", "terminal/locations", { display_name: "Main Street", ...address }, account)).id;
}

function offerAccounts() {
  const select = $("[name=account]");
  const chosen = select.value;
  select.replaceChildren(...[...accounts.values()].map(({ id, name, country }) =>
    h("option", { value: id }, `${name} · ${country}`)));
  if (accounts.has(chosen)) select.value = chosen;
}

$("#filter").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => void look(), PAUSE_MS);
});
$("#more").addEventListener("click", () => open($("#register").hidden));
$("#new").addEventListener("submit", register);
// Results leave the displays by themselves, on the simulator's clock.
function lookAgain() {
  const untils = readers.map((row) => row.screen.until).filter(Boolean);
  clearTimeout(due);
  if (untils.length) due = setTimeout(look, Math.min(Math.max(Math.min(...untils) - now(), 0) + 100, 60_000));
}

async function look() {
  const wanted = $("#filter").value;
  const found = `readers?limit=${MOST}&find=${encodeURIComponent(wanted)}`;
  const [listed, known] = await Promise.all([read(found), read("accounts")]);
  if (wanted !== $("#filter").value) return; // the next look is on its way
  count = listed.count;
  readers = listed.readers.map(shownOf);
  accounts = new Map(known.accounts.map((account) => [account.id, account]));
  offerAccounts();
  show();
  lookAgain();
}

watch(["readers", "accounts", "locations", "clock"], look);
