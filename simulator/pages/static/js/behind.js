// What a person at the counter cannot do: decide what the bank, the line and the device do next.

import { $, $$, h } from "./dom.js";

const NEXT = [
  ["", "Nothing special", "The card and the amount decide.", null],
  ["approve", "The bank approves", "Whatever card and amount say.", { outcome: "approve" }],
  ["decline", "The bank declines", "With the reason below.", { outcome: "decline" }],
  ["partial", "The bank allows a part only", "Of the amount, this much:", { outcome: "partial", amount: 500 }],
  ["read_error", "The card is not read", "The reader asks for it again and tells nobody.", { outcome: "read_error" }],
  ["lost_approved", "The line breaks; the bank said yes", "The reader reports connection_error, the money is held all the same.", { outcome: "connection_error", truth: "approved" }],
  ["lost_late", "The line breaks; the bank says yes late", "connection_error first, the approval 10 s after.", { outcome: "connection_error", truth: "late", delay_ms: 10000 }],
  ["lost_none", "The line breaks; the bank never heard", "connection_error, and truly no payment.", { outcome: "connection_error", truth: "none" }],
  ["vanish", "The reader drops off for good", "The action stays in progress until it is canceled.", { outcome: "vanish" }],
];
const DECLINES = ["generic_decline", "insufficient_funds", "lost_card", "stolen_card", "expired_card", "processing_error", "call_issuer", "incorrect_pin", "pin_try_exceeded", "withdrawal_count_limit_exceeded"];
const SPEEDS = [[0, "At once"], [700, "0.7 s"], [2500, "2.5 s"], [8000, "8 s"]];
const STATES = [
  ["busy_update", "Installing an update", "busy to every command"],
  ["settings_open", "Settings are open", "staff is in the menu"],
  ["other_mode", "Used by another app", "commands cannot be canceled"],
  ["hardware_fault", "Broken", "a fault that only a new reader mends"],
];

export function behind(element, acts) {
  element.replaceChildren(h("details", { open: innerWidth > 1000 },
    h("summary", {}, h("h2", {}, "Behind the scenes"), h("span.next-words.tag")),
    h("form.behind__form", { onsubmit: (event) => event.preventDefault() },
      nextCard(acts), speeds(acts), states(acts), commands(acts), customer(acts))));
}

export function showBehind(element, row) {
  const plan = row.next;
  const name = NEXT.find(([, , , value]) => same(value, plan))?.[0] ?? "";
  for (const radio of $$("[name=next]", element)) radio.checked = radio.value === name;
  const words = NEXT.find(([each]) => each === name)[1];
  const tag = $(".next-words", element);
  tag.textContent = plan ? `Next card: ${words.toLowerCase()}` : "";
  if (plan?.outcome === "partial") $("[name=part]", element).value = plan.amount;
  $("[name=part]", element).disabled = plan?.outcome !== "partial";
  if (plan?.decline_code) $("[name=decline_code]", element).value = plan.decline_code;
  $("[name=decline_code]", element).disabled = plan?.outcome !== "decline";
  for (const radio of $$("[name=ms]", element)) radio.checked = Number(radio.value) === row.authorization_ms;
  for (const box of $$("[name=state]", element)) box.checked = row.condition === box.value;
  const lost = row.command_timeout;
  for (const box of $$("[name=lost]", element)) box.checked = Boolean(lost) && String(lost.delivered) === box.value;
  const software = $("[name=software]", element);
  if (document.activeElement !== software) software.value = row.software;
}

function same(value, plan) {
  if (!value || !plan) return value === plan;
  return value.outcome === plan.outcome && (value.truth ?? "approved") === (plan.truth ?? "approved");
}

function nextCard({ change }) {
  const part = h("input", { name: "part", type: "number", min: 1, value: 500, "aria-label": "Allowed, in the smallest unit",
    onchange: () => change({ next: { outcome: "partial", amount: Number(part.value) } }) });
  const code = h("select", { name: "decline_code", "aria-label": "Reason of the decline",
    onchange: () => change({ next: { outcome: "decline", decline_code: code.value } }) },
    DECLINES.map((each) => h("option", { value: each }, each.replaceAll("_", " "))));
  const extras = { decline: () => ({ decline_code: code.value }), partial: () => ({ amount: Number(part.value) }) };
  const choose = (value) => change({ next: value && { ...value, ...extras[value.outcome]?.() } });
  return h("fieldset.options", {}, h("legend", {}, "What the next card brings, once"),
    NEXT.map(([name, words, means, value]) => h("label.option", {},
      h("input", { type: "radio", name: "next", value: name, onchange: () => choose(value) }),
      h("span", {}, words, h("small", {}, means)), { decline: code, partial: part }[name])));
}

function speeds({ change }) {
  return h("fieldset.options", {}, h("legend", {}, "How long the bank takes"),
    h("div.segments", {}, SPEEDS.map(([ms, words]) => h("label", {},
      h("input", { type: "radio", name: "ms", value: String(ms), onchange: () => change({ authorization_ms: ms }) }),
      h("span", {}, words)))));
}

function states({ change }) {
  return h("fieldset.options", {}, h("legend", {}, "The reader is"),
    STATES.map(([name, words, means]) => h("label.option", {},
      h("input", { type: "checkbox", name: "state", value: name,
        onchange: (event) => change({ condition: event.target.checked ? name : null }) }),
      h("span", {}, words, h("small", {}, means)))));
}

function commands({ change }) {
  const option = (delivered, words, means) => h("label.option", {},
    h("input", { type: "checkbox", name: "lost", value: String(delivered),
      onchange: (event) => change({ command_timeout: event.target.checked ? { delivered } : null }) }),
    h("span", {}, words, h("small", {}, means)));
  return h("fieldset.options", {}, h("legend", {}, "The next command times out"),
    option(true, "and is carried out", "terminal_reader_timeout, yet the reader has it"),
    option(false, "and is lost", "terminal_reader_timeout, and the reader never got it"));
}

function customer({ change, walkAway }) {
  return h("fieldset.options", {}, h("legend", {}, "Time and software"),
    h("label.line", {}, "Software version",
      h("input", { name: "software", size: 10, placeholder: "as new", autocomplete: "off",
        onchange: (event) => change({ software: event.target.value.trim() }) })),
    h("p.line", {}, "The customer walks away",
      h("button.plain", { type: "button", onclick: walkAway, title: "Moves the simulator's clock by 2 minutes" }, "2 minutes pass")));
}
