// Accounts with their state, and what a person does with their payments in the Dashboard.

import { read, stripe, tell } from "./api.js";
import { $, h, keep } from "./dom.js";
import { watch } from "./live.js";
import { money } from "./money.js";
import { time } from "./page.js";
import { attempt } from "./toast.js";

const LATEST = 50;
const opened = new Map(); // the accounts whose payments are looked at
const TONES = { succeeded: "good", requires_capture: "warn", canceled: "", requires_payment_method: "" };

function draw(row, known) {
  const { account } = row;
  const payments = opened.has(row.id) ? opened.get(row.id) : null;
  const details = h("details.account", { open: known?.open ?? row.platform },
    h("summary", {}, h("b", {}, row.name), h("code", {}, row.id),
      h("span.account__more", {},
        row.platform && h("span.tag", {}, "platform"),
        row.deauthorized && h("span.tag", { "data-tone": "bad" }, "deauthorized"),
        flag(account.charges_enabled, "takes payments", "takes no payments"),
        flag(account.payouts_enabled, "is paid out", "is not paid out"),
        h("span", {}, `${row.country} · ${count(row.readers, "reader")} · ${count(row.payments, "payment")}`))),
    h("div.account__body", {}, facts(account), row.platform ? null : acts(row), h("h3", {}, "Latest payments"),
      h("div.payments", { "data-account": row.id }, payments && table(row, payments))));
  details.addEventListener("toggle", () => (details.open ? lookAt(row.id) : opened.delete(row.id)));
  return details;
}

const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
const flag = (on, yes, no) => h("span.tag", { "data-tone": on ? "good" : "bad" }, on ? yes : no);

function facts(account) {
  const { requirements, capabilities } = account;
  const due = requirements?.currently_due ?? [];
  const lines = [
    ["Capabilities", Object.entries(capabilities ?? {}).map(([name, state]) => `${name.replaceAll("_", " ")}: ${state}`).join(", ")],
    ["Due", due.join(", ")],
    ["Disabled because", requirements?.disabled_reason],
    ["Currency", account.default_currency?.toUpperCase()],
    ["Category", account.business_profile?.mcc],
  ].filter(([, value]) => value);
  return h("dl.facts", {}, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// As the platform's server would make a link for its holder.
function onboard(id) {
  const here = location.href;
  const link = { account: id, type: "account_onboarding", return_url: here, refresh_url: here };
  return attempt(async () => { location.assign((await stripe("POST", "account_links", link)).url); });
}

function acts({ id, account, deauthorized }) {
  const button = (words, path, body) =>
    h("button.plain.small", { type: "button", onclick: () => attempt(() => tell(`accounts/${id}/${path}`, body), `${words}: done.`) }, words);
  return h("p.row", {},
    h("button.plain.small", { type: "button", onclick: () => onboard(id) }, "Onboarding page"),
    account.charges_enabled ? button("Restrict", "restrict") : button("Lift the restriction", "restrict", { reason: null }),
    deauthorized ? button("Authorize again", "reauthorize") : button("Deauthorize", "deauthorize"));
}

function table(row, payments) {
  if (!payments.length) return h("p.note", {}, "None yet.");
  return h("table", {},
    h("thead", {}, h("tr", {}, ["Created", "Amount", "State", "Card", "PaymentIntent", ""].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, payments.map((each) => line(row.id, each))));
}

function line(account, { payment_intent: intent, charge }) {
  const details = charge?.payment_method_details ?? {};
  const card = details.card_present ?? details.interac_present;
  const refunded = charge?.amount_refunded ? h("span.tag", {}, charge.refunded ? "refunded" : `${money(charge.amount_refunded, intent.currency)} refunded`) : null;
  return h("tr", {},
    h("td", {}, time(intent.created * 1000)),
    h("td.number", {}, money(intent.amount, intent.currency)),
    h("td", {}, h("span.tag", { "data-tone": TONES[intent.status] ?? "" }, intent.status.replaceAll("_", " ")), " ", refunded,
      charge?.disputed && h("span.tag", { "data-tone": "bad" }, "disputed")),
    h("td", {}, card ? `${card.brand} ···· ${card.last4}` : "—"),
    h("td", {}, h("a", { href: `/_simulator/log/?find=${intent.id}` }, h("code", {}, intent.id))),
    h("td.acts", {}, buttons(account, intent, charge)));
}

function buttons(account, intent, charge) {
  const press = (words, act, more = {}) => h("button.plain.small", { type: "button",
    onclick: () => attempt(() => tell(`dashboard/${act}`, { account, id: intent.id, ...more }), `${words}: done.`) }, words);
  const paid = intent.status === "succeeded" && charge && !charge.refunded;
  return [
    intent.status === "requires_capture" && press("Capture", "capture"),
    !["succeeded", "canceled"].includes(intent.status) && press("Cancel", "cancel"),
    paid && press("Refund", "refund"),
    paid && !charge.disputed && press("Dispute", "dispute"),
  ];
}

async function lookAt(id) {
  const { payments } = await read(`accounts/${id}/payments?limit=${LATEST}`);
  opened.set(id, payments);
  const place = $(`[data-account="${CSS.escape(id)}"]`);
  place?.replaceChildren(table({ id }, payments));
}

async function look() {
  const { accounts } = await read("accounts");
  keep($("#accounts"), accounts, (row) => row.id, draw);
  $("#accounts").setAttribute("aria-busy", "false");
  $("#count").textContent = accounts.length === 1 ? "the platform only" : `the platform and ${accounts.length - 1} connected`;
  await Promise.all([...opened.keys()].map(lookAt));
}

$("#new").addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(() => tell("accounts", Object.fromEntries(new FormData(event.target))), "The account is open.");
});
watch(["accounts", "readers", "payment_intents", "charges", "disputes"], look);
