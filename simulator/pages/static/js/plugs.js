// The wall behind the reader: the network and the power, each a plug one can pull.

import { h, svg } from "./dom.js";

const PLUGS = [
  { name: "network", words: "Network", pulled: "offline" },
  { name: "power", words: "Power", pulled: "off" },
];

export function plugs(element, change) {
  element.replaceChildren(...PLUGS.map(({ name, words, pulled }) => {
    const button = h(`button.plug.plug--${name}`, {
      type: "button", "data-pulled": pulled, "aria-pressed": "true",
      onclick: () => change(button.getAttribute("aria-pressed") === "true" ? pulled : null),
    },
      drawing(name),
      h("span.plug__words", {}, h("b", {}, words), h("small")));
    return button;
  }));
}

export function showPlugs(element, condition) {
  for (const button of element.children) {
    const pulled = button.dataset.pulled;
    const isIn = condition !== pulled && !(pulled === "offline" && condition === "off" && button.dataset.was === "out");
    button.dataset.was = isIn ? "in" : "out";
    button.setAttribute("aria-pressed", isIn);
    button.querySelector("small").textContent = isIn ? "plugged in" : "pulled out";
    const words = button.querySelector("b").textContent;
    button.setAttribute("aria-label", `${words}: ${isIn ? "plugged in, pull it" : "pulled out, plug it in"}`);
  }
}

function drawing(name) {
  const socket = name === "network"
    ? [svg("rect", { x: 17, y: 10, width: 30, height: 25, rx: 3 }), svg("path.hole", { d: "M22 30V19h4v-4h12v4h4v11z" })]
    : [svg("circle", { cx: 32, cy: 22, r: 15 }), svg("path.hole", { d: "M27 18v6M37 18v6" })];
  const plug = name === "network"
    ? [svg("path.cord", { d: "M32 52v90" }), svg("rect.boot", { x: 28, y: 46, width: 8, height: 12, rx: 2 }),
       svg("path.shell", { d: "M24 24v-6h4v-3h8v3h4v6l1 1v22H23V25z" }), svg("path.pins", { d: "M29 17v5M32 17v5M35 17v5" })]
    : [svg("path.cord", { d: "M32 52v90" }), svg("path.pins", { d: "M27 10v12M37 10v12" }),
       svg("path.shell", { d: "M20 20h24v10c0 9-5 15-9 16v8h-6v-8c-4-1-9-7-9-16z" })];
  return svg("svg", { viewBox: "0 0 64 96", "aria-hidden": "true" },
    svg("g.socket", {}, socket), svg("g.lead", {}, plug));
}
