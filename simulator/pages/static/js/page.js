// What every page has: the clock of the simulator, and things to copy.

import { read } from "./api.js";
import { $, $$, h } from "./dom.js";
import { watch } from "./live.js";
import { attempt, toast } from "./toast.js";

let offset = 0;
let speed = 1;
let readAt = Date.now();

// Now, on the simulator's clock; it may run ahead, and faster.
export const now = () => readAt + offset + (Date.now() - readAt) * speed;

export function time(ms, seconds = true) {
  const options = { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined };
  return new Date(ms).toLocaleTimeString([], options);
}

watch(["clock"], async () => {
  const clock = await read("clock");
  readAt = Date.now();
  offset = clock.now - readAt;
  speed = clock.speed ?? 1;
  tick();
});
setInterval(tick, 1000);

function tick() {
  const ahead = Math.round(offset / 1000);
  $("#clock-time").textContent = time(now());
  $("#clock").title = new Date(now()).toLocaleString();
  $("#clock-ahead").textContent = ahead > 1 ? `+${span(ahead)}` : speed === 1 ? "" : `×${speed}`;
}

export function span(seconds) {
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= size) return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
  }
  return `${Math.round(seconds)} s`;
}

export function copy(text) {
  return attempt(async () => {
    if (!(await written(text))) throw new Error("This browser does not let a page copy.");
    toast("Copied.", "done");
  });
}

// Over plain HTTP from another machine (a phone beside the till) there is no clipboard API.
async function written(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true);
  const area = h("textarea.visually-hidden", { value: text });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

for (const button of $$("[data-copies]")) {
  button.addEventListener("click", () => copy($(`#${button.dataset.copies}`).textContent));
}
for (const each of $$("[data-origin]")) {
  each.textContent = each.textContent.replaceAll("ORIGIN", location.origin);
}
