// Every request to /v1 with its answer, as it comes.

import { read } from "./api.js";
import { $, h, keep } from "./dom.js";
import { formFields, json } from "./json.js";
import { watch } from "./live.js";
import { copy, time } from "./page.js";

const KEPT = 500; // rows this page remembers; the simulator has more
const SHOWN = 200;
let rows = [];
let paused = false;

const form = $("#filters");

function wanted() {
  const { words, account, status, method, fault } = Object.fromEntries(new FormData(form));
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (!account || row.account === account) &&
    (!method || row.method === method) &&
    (!fault || row.fault) &&
    (!status || (row.status === null ? status === "none" : String(row.status).startsWith(status))) &&
    parts.every((part) => row.searched.includes(part));
}

function show() {
  const found = rows.filter(wanted());
  keep($("#list"), found.slice(0, SHOWN), (row) => row.seq, drawRow);
  $("#list").setAttribute("aria-busy", "false");
  $("#none").hidden = rows.length > 0;
  const more = found.length > SHOWN ? `, the latest ${SHOWN} are shown` : "";
  $("#count").textContent = rows.length ? `${found.length} of the latest ${rows.length}${more}` : "";
  offerAccounts();
}

function offerAccounts() {
  const select = form.account;
  const known = new Set([...select.options].map((option) => option.value));
  for (const { account } of rows) {
    if (account && !known.has(account)) select.append(h("option", { value: account }, account));
    known.add(account);
  }
}

export function tone(status) {
  if (status === null) return "warn";
  return status < 300 ? "good" : "bad";
}

function drawRow(row, known) {
  const details = h("details.item", { open: known?.open ?? false },
    h("summary", {},
      h("time", { title: new Date(row.at).toLocaleString() }, time(row.at)),
      h("span.tag", { "data-tone": tone(row.status) }, row.status ?? "no answer"),
      h("b.item__method", {}, row.method),
      h("code.item__what", {}, row.path),
      h("span.item__more", {},
        row.fault && h("span.tag", { "data-tone": "warn" }, `fault: ${row.fault}`),
        row.replayed && h("span.tag", {}, "replayed"),
        row.error && h("span", {}, row.error),
        h("span", {}, row.operation))));
  const fill = () => details.append(body(row));
  if (details.open) fill();
  else details.addEventListener("toggle", fill, { once: true });
  return details;
}

function body(row) {
  const facts = [["Account", row.account], ["Request", row.request_id], ["Idempotency key", row.idempotency_key],
    ["Ignored", row.ignored?.join(", ")], ["Connection", row.connection], ["Took", row.duration_ms === null ? null : `${row.duration_ms} ms`]].filter(([, value]) => value);
  const shown = h("div.item__body", {}, h("p.row", {},
    h("button.plain.small", { type: "button", onclick: () => copy(curl(row)) }, "Copy as curl"),
    h("button.plain.small", { type: "button", onclick: () => copy(JSON.stringify(row.response, null, 2)) }, "Copy the answer")),
    h("dl.facts", {}, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, h("code", {}, value))])));
  const empty = Object.keys(row.params ?? {}).length === 0;
  shown.append(h("div.pair", {},
    h("section", {}, h("h3", {}, "Request"), headers(row.request_headers), empty ? h("p.note", {}, "No parameters.") : json(row.params)),
    h("section", {}, h("h3", {}, "Answer"), headers(row.response_headers),
      row.response === null ? h("p.note", {}, "None was given.") : json(row.response))));
  return shown;
}

function headers(sent) {
  if (!Object.keys(sent ?? {}).length) return null;
  const lines = Object.entries(sent).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h("details.headers", {}, h("summary", {}, `${Object.keys(sent).length} headers`), h("dl.facts", {}, lines));
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(row) {
  const data = formFields(row.params ?? {}).map(([name, value]) => `  -d ${quote(`${name}=${value}`)}`);
  const way = row.method === "GET" && data.length ? "-G " : row.method === "GET" || data.length ? "" : `-X ${row.method} `;
  const account = row.account && row.request_headers["stripe-account"] ? [`  -H ${quote(`Stripe-Account: ${row.account}`)}`] : [];
  const key = row.idempotency_key ? [`  -H ${quote(`Idempotency-Key: ${row.idempotency_key}`)}`] : [];
  return [`curl ${way}${quote(location.origin + row.path)} -u sk_test_x:`, ...account, ...key, ...data].join(" \\\n");
}

// What has no answer yet is asked for again until it has one.
function after() {
  const open = rows.filter((row) => row.status === null && Date.now() - row.at < 120_000).at(-1);
  return (open ?? rows[0])?.seq - (open ? 1 : 0) || 0;
}

async function look(changes = []) {
  if (changes.some((each) => each.kind === "reset")) rows = [];
  if (paused) return;
  const { exchanges } = await read(`exchanges?after=${after()}&limit=${KEPT}`);
  const fresh = new Map(exchanges.map((row) => [row.seq, known(row)]));
  rows = [...[...fresh.values()].reverse(), ...rows.filter((row) => !fresh.has(row.seq))]
    .sort((a, b) => b.seq - a.seq).slice(0, KEPT);
  show();
}

function known(row) {
  const { code, message, param } = row.response?.error ?? {};
  const searched = [row.method, row.path, row.operation, row.account, row.request_id, row.idempotency_key, row.fault, JSON.stringify(row.params), code]
    .join(" ").toLowerCase();
  return { ...row, searched, error: code ?? (message && [message, param].filter(Boolean).join(" ")) };
}

form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
$("#pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", paused);
  event.target.textContent = paused ? "Go on" : "Pause";
  void look();
});
const asked = new URLSearchParams(location.search).get("find");
if (asked) form.words.value = asked;
watch(["exchange"], look);
