// What happens in the simulator, as it happens. Changes are only told; whoever wants to know more
// reads the JSON again.

import { $ } from "./dom.js";

const RETRY_MS = 800;
const watchers = new Set();
let source = null;

// Call `act` now, whenever one of these kinds changed, and after the line was lost. Calls never
// overlap: what changes meanwhile leads to one more.
export function watch(kinds, act) {
  const watcher = { kinds: new Set(kinds), act, busy: false, again: false, changes: [] };
  watchers.add(watcher);
  void run(watcher);
  if (source === null) listen();
  return () => watchers.delete(watcher);
}

async function run(watcher) {
  if (watcher.busy) {
    watcher.again = true;
    return;
  }
  watcher.busy = true;
  do {
    watcher.again = false;
    const changes = watcher.changes.splice(0);
    try {
      await watcher.act(changes);
    } catch (error) {
      if (error.status !== 0) throw error; // the line is lost; we come back with it
    } finally {
      watcher.busy = false;
    }
  } while (watcher.again);
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
    setTimeout(listen, RETRY_MS);
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

function show(state) {
  document.documentElement.dataset.line = state;
  const sign = $("#line-words");
  const words = state === "on" ? "Live" : "Reconnecting";
  if (sign && sign.textContent !== words) sign.textContent = words;
}
