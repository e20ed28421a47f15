// What goes wrong, when it is, and how the open questions are answered.

import { forget, read, tell } from "./api.js";
import { $, $$, h, keep } from "./dom.js";
import { watch } from "./live.js";
import { now, span } from "./page.js";
import { attempt } from "./toast.js";

const WORDS = Object.fromEntries([...$("#own").what.options].map((option) => [option.value, option.textContent]));

// Faults

function draw(fault) {
  const where = [
    fault.operation === "*" ? "every operation" : fault.operation, fault.method, fault.account, fault.object,
    fault.every > 1 && `each ${fault.every}th`, fault.probability < 1 && `${Math.round(fault.probability * 100)} %`,
    fault.when === "after" ? "after the effect" : "before the effect",
  ].filter(Boolean).join(" · ");
  const spent = fault.remaining === 0;
  const left = fault.remaining < 0 ? "until cleared" : spent ? "spent" : `${fault.remaining} left`;
  return h("li", { "data-spent": spent },
    h("span", {}, h("b", {}, WORDS[fault.what] ?? fault.what), h("small", {}, where)),
    h("span.tag", { "data-tone": fault.hits ? "warn" : "" }, `${fault.hits} hit${fault.hits === 1 ? "" : "s"}`),
    h("span.tag", {}, left),
    h("button.quiet", { type: "button", "aria-label": `Remove: ${WORDS[fault.what] ?? fault.what}`,
      onclick: () => attempt(() => forget(`faults/${fault.id}`)) }, "✕"));
}

watch(["fault", "exchange"], async () => {
  const { faults } = await read("faults");
  keep($("#planned"), faults, (fault) => fault.id, draw);
  $("#nothing").hidden = faults.length > 0;
  $("#clear").hidden = faults.length === 0;
  $("#planned-count").textContent = faults.length || "";
});

for (const button of $$(".preset")) {
  button.addEventListener("click", () => attempt(() => tell("faults", JSON.parse(button.dataset.fault)), "Planned."));
}
$("#clear").addEventListener("click", () => attempt(() => forget("faults"), "Nothing goes wrong any more."));
$("#own").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ""));
  for (const name of ["count", "seconds", "probability"]) if (name in given) given[name] = Number(given[name]);
  void attempt(() => tell("faults", given), "Planned.");
});

// Clock

function tick() {
  $("#moment").textContent = new Date(now()).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
setInterval(tick, 500);
watch(["clock"], async () => {
  const clock = await read("clock");
  const ahead = Math.round((clock.now - Date.now()) / 1000);
  $("#moment-more").textContent = Math.abs(ahead) > 1 ? `${span(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} this machine` : "as on this machine";
  for (const radio of $$("#speed input")) radio.checked = Number(radio.value) === clock.speed;
  tick();
});
$("#advance").addEventListener("click", ({ target }) => {
  if (target.dataset.seconds) void attempt(() => tell("clock", { advance: Number(target.dataset.seconds) }));
});
$("#speed").addEventListener("change", ({ target }) => attempt(() => tell("clock", { speed: Number(target.value) })));
$("#reset").addEventListener("click", () => {
  if (confirm("Forget everything: readers, payments, faults? The port stays.")) void attempt(() => tell("reset"), "A fresh start.");
});

// Webhooks

const policy = $("#policy");
let whole = {};
let touched = false; // what somebody is about to apply must not change under their hands
watch(["policy"], async () => {
  whole = await read("webhooks");
  if (touched) return;
  for (const name of ["hold", "reorder", "twin"]) policy[name].checked = whole[name];
  for (const name of ["drop", "delay_ms", "duplicate"]) policy[name].value = whole[name];
  policy.types.value = whole.types.join(" ");
  $("fieldset", policy).disabled = false;
});
policy.addEventListener("input", () => { touched = true; });
policy.addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = {
    ...whole,
    ...Object.fromEntries(["hold", "reorder", "twin"].map((name) => [name, policy[name].checked])),
    ...Object.fromEntries(["drop", "delay_ms", "duplicate"].map((name) => [name, Number(policy[name].value)])),
    types: policy.types.value.split(/[\s,]+/).filter(Boolean),
  };
  if (!wanted.types.length) wanted.types = ["*"];
  apply(wanted, "Applied.");
});
$("#policy-clear").addEventListener("click", () => apply({}, "Webhooks go their way."));

function apply(wanted, told) {
  touched = false;
  void attempt(() => tell("webhooks", wanted), told);
}

// Switches

const fields = $$("[data-switch]");
const defaultOf = (field) => JSON.parse(field.dataset.default);
watch(["switch"], async () => {
  const chosen = await read("switches");
  for (const field of fields) {
    const value = chosen[field.dataset.switch];
    for (const radio of $$("input[type=radio]", field)) radio.checked = radio.value === String(value);
    const typed = $("input:not([type=radio])", field);
    if (typed) typed.value = value;
    field.toggleAttribute("data-changed", value !== defaultOf(field));
  }
  $("#defaults").hidden = !fields.some((field) => field.hasAttribute("data-changed"));
});
$("#switches").addEventListener("change", ({ target }) => {
  const kind = typeof defaultOf(target.closest("[data-switch]"));
  const value = kind === "boolean" ? target.value === "true" : kind === "number" ? Number(target.value) : target.value;
  void attempt(() => tell("switches", { [target.name]: value }));
});
$("#switches").addEventListener("submit", (event) => event.preventDefault());
$("#defaults").addEventListener("click", () => attempt(
  () => tell("switches", Object.fromEntries(fields.map((field) => [field.dataset.switch, defaultOf(field)]))), "All as by default."));
