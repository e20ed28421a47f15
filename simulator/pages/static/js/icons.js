// Our own drawings, on a grid of 24.

import { svg } from "./dom.js";

const PATHS = {
  waves: ["M7 15.5a5 5 0 0 0 0-7", "M10.6 18a8.6 8.6 0 0 0 0-12", "M14.2 20.4a12.2 12.2 0 0 0 0-16.8"],
  chip: ["M4 7h16v10H4z", "M4 12h5M15 12h5M9 7v10M15 7v10"],
  check: ["M5 12.6l4.6 4.6L19.2 7.4"],
  cross: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
  bang: ["M12 5.5v8", "M12 18v.2"],
  back: ["M9 6L3.5 12 9 18h11.5V6z", "M12 9.5l5 5M17 9.5l-5 5"],
  wifi: ["M3.5 9.5a12.5 12.5 0 0 1 17 0", "M6.8 13a7.8 7.8 0 0 1 10.4 0", "M10 16.4a3.2 3.2 0 0 1 4 0"],
  nowifi: ["M3.5 9.5a12.5 12.5 0 0 1 17 0", "M6.8 13a7.8 7.8 0 0 1 10.4 0", "M10 16.4a3.2 3.2 0 0 1 4 0", "M4.5 20.5l15-17"],
  cell: ["M6 19v-4M10 19v-7M14 19V9M18 19V5"],
  gear: ["M12 8.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4", "M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2"],
  down: ["M12 4.5v14M6.5 13l5.5 5.5L17.5 13"],
  up: ["M12 19.5v-14M6.5 11L12 5.5 17.5 11"],
  arrow: ["M4.5 12h14M13 6.5l5.5 5.5-5.5 5.5"],
  card: ["M3 6.5h18v11H3z", "M3 10.5h18"],
  hand: ["M5 12.5h14"],
  undo: ["M8.5 5L4 9.5 8.5 14", "M4 9.5h10a5.5 5.5 0 0 1 0 11h-3"],
};

export function icon(name) {
  const paths = PATHS[name].map((d) => svg("path", { d }));
  return svg(`svg.icon.icon--${name}`, { viewBox: "0 0 24 24", "aria-hidden": "true" }, paths);
}

// The sign for "tap here": four arcs of a field that a card enters.
export function field() {
  const arcs = [0, 1, 2, 3].map((n) => {
    const r = 9 + n * 8.5;
    const [x, y] = [r * Math.sin(0.84), r * Math.cos(0.84)].map((v) => v.toFixed(2));
    return svg(`path.arc.arc--${n}`, { d: `M${20 + +y} ${40 - +x}A${r} ${r} 0 0 1 ${20 + +y} ${40 + +x}` });
  });
  return svg("svg.field", { viewBox: "14 4 54 72", "aria-hidden": "true" }, arcs);
}

// It looks like a code to scan; what it leads to is the buttons below it.
export function code() {
  const size = 21;
  const corners = [[0, 0], [size - 7, 0], [0, size - 7]];
  const near = (at, corner) => at >= corner - 1 && at <= corner + 7;
  const finder = (x, y) => corners.some(([a, b]) => near(x, a) && near(y, b));
  const eyes = corners.map(([x, y]) => `M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`);
  const dots = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (!finder(x, y) && (x * 7 + y * 13 + x * y * 5 + (x ^ y)) % 5 < 2) dots.push(`M${x} ${y}h1v1h-1z`);
    }
  }
  return svg("svg.code", { viewBox: `-2 -2 ${size + 4} ${size + 4}`, "aria-hidden": "true" },
    svg("path", { d: eyes.join("") + dots.join(""), "fill-rule": "evenodd" }));
}

export function ring() {
  return svg(
    "svg.ring",
    { viewBox: "0 0 50 50", "aria-hidden": "true" },
    svg("circle.ring__way", { cx: 25, cy: 25, r: 21 }),
    svg("circle.ring__run", { cx: 25, cy: 25, r: 21 }),
  );
}
