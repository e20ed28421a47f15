// collect_inputs: one question after the other, answered on the glass.

import { h } from "./dom.js";
import { keyboard } from "./keyboard.js";
import { signature } from "./signature.js";

const TYPED = {
  email: { type: "email", inputmode: "none", autocomplete: "off", keys: "email", placeholder: "name@example.com" },
  phone: { type: "tel", inputmode: "none", autocomplete: "off", keys: "digits", placeholder: "+1 555 555 1234" },
  numeric: { type: "text", inputmode: "none", autocomplete: "off", keys: "digits", placeholder: "0" },
  text: { type: "text", inputmode: "none", autocomplete: "off", keys: "letters", placeholder: "" },
};

export function form(screen, acts) {
  const input = screen.input;
  const words = input.custom_text ?? {};
  const toggles = (input.toggles ?? []).map(toggle);
  const send = (value) => acts.input({ value, ...answers(toggles) });
  const body = { selection, signature: sign }[input.type] ?? typed;
  const skip = input.required ? null
    : h("button.touch.touch--plain", { type: "button", onclick: () => acts.input({ skip: true }) },
        words.skip_button || "Skip");
  const [main, submit, below] = body(input, send, words.submit_button || "Submit");
  return h("div.form", { "data-type": input.type },
    h("div.form__top", {},
      input.count > 1 ? steps(input) : null,
      h("h2", {}, words.title ?? screen.title),
      words.description && h("p.message", {}, words.description)),
    main,
    toggles.length ? h("div.toggles", {}, toggles.map((each) => each.element)) : null,
    h("div.form__acts", {}, skip, submit),
    below);
}

function steps({ index, count }) {
  const dots = Array.from({ length: count }, (_, place) => h(place === index ? "i.here" : "i"));
  return h("p.steps", { role: "img", "aria-label": `Question ${index + 1} of ${count}` }, dots);
}

function typed(input, send, words) {
  const { keys, ...props } = TYPED[input.type] ?? TYPED.text;
  const title = input.custom_text?.title ?? "Answer";
  const field = h("input.typed", { ...props, "aria-label": title });
  const submit = h("button.touch.touch--main", { type: "button", disabled: true, onclick: () => send(field.value) }, words);
  field.addEventListener("input", () => { submit.disabled = !field.value.trim(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !submit.disabled) send(field.value);
  });
  return [field, submit, keyboard(keys, field)];
}

function selection(input, send) {
  const choices = input.selection?.choices ?? [];
  const buttons = choices.map((choice) =>
    h(`button.touch.touch--${choice.style === "secondary" ? "plain" : "main"}`,
      { type: "button", onclick: () => send(choice.id) }, choice.text));
  return [h("div.choices", {}, buttons), null, null];
}

function sign(input, send, words) {
  const pad = signature((some) => { submit.disabled = !some; });
  const submit = h("button.touch.touch--main",
    { type: "button", disabled: true, onclick: () => send(pad.picture()) }, words);
  return [pad.element, submit, null];
}

function toggle({ title, description, default_value: first }) {
  const box = h("input", { type: "checkbox", role: "switch", checked: first === "enabled" });
  const element = h("label.toggle", {}, box, h("i", { "aria-hidden": "true" }),
    h("span", {}, h("b", {}, title), description && h("small", {}, description)));
  return { element, box };
}

function answers(toggles) {
  if (!toggles.length) return {};
  return { toggles: toggles.map(({ box }) => (box.checked ? "enabled" : "disabled")) };
}
