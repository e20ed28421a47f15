// JSON as one reads it: indented, keys and values apart, never as HTML.

import { h } from "./dom.js";

const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function json(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKENS)) {
    parts.push(text.slice(end, found.index), token(found));
    end = found.index + found[0].length;
  }
  return h("pre.json", { tabindex: 0 }, parts, text.slice(end));
}

function token([whole, string, colon, word]) {
  if (colon) return [h("span.json__key", {}, string), colon];
  if (string) return h("span.json__string", {}, string);
  return h(word ? "span.json__word" : "span.json__number", {}, whole);
}

// Parameters as Stripe's clients put them on the wire.
export function formFields(value, path = "") {
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([key, inner]) => formFields(inner, path ? `${path}[${key}]` : key));
  }
  return [[path, value === null ? "" : String(value)]];
}
