// The reader as a thing: its body, its lights, its slot. What it shows is screen.js's business.

import { h } from "./dom.js";

export const NAMES = {
  simulated_wisepos_e: "WisePOS E",
  simulated_stripe_s700: "S700",
  simulated_stripe_s710: "S710",
};
const SHAPES = { simulated_wisepos_e: "wisepos", simulated_stripe_s700: "slab", simulated_stripe_s710: "slab" };

export const nameOf = (type) => NAMES[type] ?? type;

export function device(type) {
  const display = h("div.display");
  const body = h(
    "div.body",
    {},
    h("div.lights", {}, h("i"), h("i"), h("i"), h("i")),
    h("div.glass", {}, display),
    h("div.chin", {}, h("i.mouth")),
  );
  const slot = h("div.slot", { "aria-hidden": "true" }, h("div.stuck", {}, h("i")));
  const element = h(`div.device.device--${SHAPES[type] ?? "slab"}`, {}, slot, body);
  return { element, display };
}

// Lights and slot follow what the reader does.
export function pose(element, row) {
  element.dataset.kind = row.screen.kind;
  element.toggleAttribute("data-card-in", row.screen.kind === "remove_card" || row.condition === "card_left_in");
}
