// What happens in the simulator, as it happens. Changes are only told; whoever wants to know more
// reads the JSON again.

import { $ } from "./dom.js";

const RETRY_MS = 800;
const LONGEST_REST_MS = 5000;
const watchers = new Set();
let source = null;

// Call `act` now, whenever one of these kinds changed, and after the line was lost. Calls never
// overlap: what changes meanwhile leads to one more, after a rest as long as two of them, so that
// a page that reads much does not keep a busy simulator from its work.
export function watch(kinds, act) {
  const watcher = { kinds: new Set(kinds), act, busy: false, again: false, changes: [] };
  watchers.add(watcher);
  void run(watcher);
  if (source === null) listen();
  return () => watchers.delete(watcher);
}

async function run(watcher) {
  watcher.again = true;
  if (watcher.busy) return;
  watcher.busy = true;
  try {
    while (watcher.again) {
      watcher.again = false;
      const began = performance.now();
      await once(watcher);
      const rest = Math.min(2 * (performance.now() - began), LONGEST_REST_MS);
      if (watcher.again) await new Promise((go) => setTimeout(go, rest));
    }
  } finally {
    watcher.busy = false;
  }
}

async function once(watcher) {
  try {
    await watcher.act(watcher.changes.splice(0));
  } catch (error) {
    if (error.status !== 0) throw error; // the line is lost; we come back with it
  }
}

function listen() {
  source = new EventSource("/_simulator/live");
  source.addEventListener("change", ({ data }) => notify(JSON.parse(data)));
  source.onopen = () => {
    show("on");
    for (const watcher of watchers) void run(watcher); // what changed while nobody listened
  };
  source.onerror = () => {
    source.close();
    show("off");
    setTimeout(() => document.hidden || listen(), RETRY_MS);
  };
}

function notify(change) {
  for (const watcher of watchers) {
    if (watcher.kinds.has(change.kind) || change.kind === "reset") {
      watcher.changes.push(change);
      void run(watcher);
    }
  }
}

// A browser has few connections per host: a page nobody looks at leaves them to others.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else if (source?.readyState === EventSource.CLOSED) listen();
});

function show(state) {
  document.documentElement.dataset.line = state;
  const sign = $("#line-words");
  const words = state === "on" ? "Live" : "Reconnecting";
  if (sign && sign.textContent !== words) sign.textContent = words;
}
