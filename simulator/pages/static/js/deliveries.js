// What went to which endpoint, how often, and with what answer.

import { read, tell } from "./api.js";
import { $, $$, h, keep } from "./dom.js";
import { json } from "./json.js";
import { watch } from "./live.js";
import { now, span, time } from "./page.js";
import { attempt } from "./toast.js";

const ATTEMPTS = 500;
const SHOWN = 200;
const WORDS = {
  delivered: ["delivered", "good"], refused: ["refused", "bad"], failed: ["not reached", "bad"],
  timed_out: ["no answer", "bad"], dropped: ["dropped", "warn"], held: ["held", "warn"], waiting: ["to be sent", ""],
};
let rows = [];

function group({ deliveries, pending }) {
  const found = new Map();
  const of = (part) => {
    const key = `${part.event} ${part.endpoint}`;
    if (!found.has(key)) found.set(key, { key, event: part.event, endpoint: part.endpoint, attempts: [], waiting: [], at: 0 });
    const row = found.get(key);
    for (const name of ["type", "account", "url"]) row[name] ??= part[name];
    row.at = Math.max(row.at, part.outcome ? part.at : 0);
    return row;
  };
  for (const made of deliveries) of(made).attempts.push(made);
  for (const row of pending) of(row).waiting.push(row);
  return [...found.values()].map((row) => ({ ...row, state: stateOf(row) }))
    .sort((a, b) => Math.max(b.at, b.waiting[0]?.at ?? 0) - Math.max(a.at, a.waiting[0]?.at ?? 0));
}

function stateOf({ attempts, waiting }) {
  if (waiting.some((row) => row.held)) return "held";
  const last = attempts.at(-1)?.outcome;
  if (attempts.some(({ outcome }) => outcome === "delivered")) return "delivered";
  return last ?? (waiting.length ? "waiting" : "dropped");
}

const inState = (row, state) =>
  !state || row.state === state ||
  (state === "failed" && ["refused", "timed_out"].includes(row.state)) || (state === "waiting" && row.waiting.length > 0);

function show() {
  const { words, state } = Object.fromEntries(new FormData($("#filters")));
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => inState(row, state) &&
    parts.every((part) => [row.type, row.event, row.endpoint, row.url, row.account].join(" ").toLowerCase().includes(part)));
  keep($("#list"), found.slice(0, SHOWN), (row) => row.key, draw);
  $("#list").setAttribute("aria-busy", "false");
  $("#none").hidden = rows.length > 0;
  const held = rows.reduce((sum, row) => sum + row.waiting.filter((each) => each.held).length, 0);
  $("#held").hidden = held === 0;
  $("#held-words").textContent = held === 1 ? "One delivery is held back." : `${held} deliveries are held back.`;
  $("#count").textContent = rows.length ? `${found.length} of ${rows.length}` : "";
}

function tag(state, more) {
  const [words, tone] = WORDS[state] ?? [state, ""];
  return h("span.tag", { "data-tone": tone }, [words, more].filter(Boolean).join(" "));
}

function draw(row, known) {
  const last = row.attempts.at(-1);
  const details = h("details.item", { open: known?.open ?? false },
    h("summary", {},
      h("time", {}, row.at ? time(row.at) : "—"),
      tag(row.state, row.state === "refused" ? last?.status : ""),
      h("b.item__type", {}, row.type ?? row.event),
      h("code.item__what", {}, row.url ?? row.endpoint),
      h("span.item__more", {},
        row.attempts.length > 1 && h("span", {}, `${row.attempts.length} attempts`),
        row.waiting.some((each) => !each.held) && h("span", {}, "one more is planned"),
        h("span", {}, row.account))));
  const fill = () => details.append(body(row));
  if (details.open) fill();
  else details.addEventListener("toggle", fill, { once: true });
  return details;
}

function body(row) {
  const last = row.attempts.findLast((each) => each.request) ?? {};
  const resend = () => attempt(() => tell("deliveries/resend", { event: row.event, endpoint: row.endpoint }), "Sent once more.");
  return h("div.item__body", {},
    h("p.row", {}, h("button.plain.small", { type: "button", onclick: resend }, "Resend")),
    h("dl.facts", {}, h("dt", {}, "Event"), h("dd", {}, h("code", {}, row.event)), h("dt", {}, "Endpoint"), h("dd", {}, h("code", {}, row.endpoint))),
    h("ol.attempts", {},
      row.attempts.map((each) => h("li", {}, h("time", {}, time(each.at)), tag(each.outcome, each.status ?? ""),
        h("span.note", {}, each.duplicate ? "a duplicate" : each.attempt ? `attempt ${each.attempt}` : "never sent"),
        each.duration_ms !== undefined && each.duration_ms !== null && h("span.note", {}, `${each.duration_ms} ms`),
        each.response?.body && h("code", {}, each.response.body.slice(0, 200)))),
      row.waiting.map((each) => h("li", {}, h("time", {}, time(each.at)), tag(each.held ? "held" : "waiting"),
        h("span.note", {}, each.held ? "" : `attempt ${each.attempt}, in ${span(Math.max(each.at - now(), 0) / 1000)}`)))),
    last.request ? h("div.pair", {},
      h("section", {}, h("h3", {}, "Headers"), json(last.request.headers)),
      h("section", {}, h("h3", {}, "Body"), json(last.request.body)))
      : h("p.note", {}, "What it carried is not kept, or it was never sent."));
}

for (const button of $$("[data-order]")) {
  button.addEventListener("click", () => attempt(() => tell("webhooks/release", { order: button.dataset.order }), "Released."));
}
$("#filters").addEventListener("input", show);
$("#filters").addEventListener("submit", (event) => event.preventDefault());
watch(["delivery", "pending", "policy", "clock"], async () => {
  rows = group(await read(`deliveries?limit=${ATTEMPTS}`));
  show();
});
