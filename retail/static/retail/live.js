// Lets a page of the admin follow its row, counts the seconds of what is waited for, and keeps a
// button from being pressed twice. The server draws; this only asks whether there is news.
"use strict";

(() => {
  const LATE = 10; // seconds, after which a wait says more
  const CALM = 60; // seconds between looks while a bell is heard that rings with all news
  const live = document.getElementById("live");
  let ahead = 0; // how many seconds the server's clock is ahead of this one
  const now = () => Date.now() / 1000 + ahead;
  // What is said stands in the page's body, in the reader's language (admin/words.html).
  const say = (name, values = {}) => document.body.dataset[name].replace(/{(\w+)}/g, (_, key) => values[key]);

  function ago(seconds) {
    if (seconds < 90) return `${Math.max(0, Math.floor(seconds))} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : say("days", { number: Math.round(seconds / 86400) });
  }

  function left(seconds) {
    if (seconds <= 0) return say("over");
    const two = (number) => String(Math.floor(number)).padStart(2, "0");
    const clock = `${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
    return seconds < 86400 ? clock : `${Math.floor(seconds / 86400)} d ${clock}`;
  }

  function count() {
    for (const place of document.querySelectorAll("[data-until]")) {
      place.textContent = left(place.dataset.until - now());
      place.classList.toggle("pressing", place.dataset.until - now() < 12 * 3600);
    }
    for (const place of document.querySelectorAll("[data-since]")) {
      place.textContent = say("for", { time: ago(now() - place.dataset.since) });
    }
    for (const place of document.querySelectorAll("[data-ago]")) {
      place.title = place.title || place.textContent;
      place.textContent = say("past", { time: ago(now() - place.dataset.ago) });
    }
    for (const place of document.querySelectorAll("[data-late]")) {
      place.hidden = now() - place.dataset.late < LATE;
    }
  }

  // Following

  let timer = 0;
  let failures = 0;
  let lostAt = null;

  function later(seconds) {
    clearTimeout(timer);
    if (seconds !== null) timer = setTimeout(look, seconds * 1000);
  }

  // A page of an account need not ask again and again: a stream tells of news. Where there is none,
  // or while it is lost, the page asks as every other does.
  const rung = document.querySelector("[data-bell]");
  let bell = null;
  let known = Number(rung?.dataset.version ?? 0);

  function listen() {
    bell?.close();
    bell = !rung || document.hidden ? null : new EventSource(rung.dataset.bell);
    bell?.addEventListener("account", (event) => {
      const { version } = JSON.parse(event.data);
      if (version <= known) return;
      known = version;
      if (live) later(0);
      else location.reload();
    });
    bell?.addEventListener("end", () => bell.close());
  }

  const isHeard = () => bell?.readyState === EventSource.OPEN;

  function notice(words) {
    const place = document.getElementById("live-notice");
    if (place.textContent !== words) place.textContent = words;
    place.hidden = !words;
  }

  function draw(news) {
    const focused = live.contains(document.activeElement) ? document.activeElement : null;
    const key = focused && (focused.getAttribute("href") || focused.form?.getAttribute("action"));
    const opened = [...live.querySelectorAll("details")].map((one) => one.open);
    for (const chart of live.querySelectorAll(".chart")) Chart.getChart(chart)?.destroy();
    live.innerHTML = news.html;
    live.querySelectorAll("details").forEach((one, at) => (one.open = opened[at] ?? one.open));
    if (live.querySelector(".chart")) renderCharts(); // unfold's
    if (key) {
      const same = [...live.querySelectorAll("a, button")].find(
        (one) => key === (one.getAttribute("href") || one.form?.getAttribute("action")),
      );
      same?.focus({ preventScroll: true });
    }
    document.getElementById("live-headline").textContent = news.headline;
    if (!live.querySelector(".wait")) {
      // What was announced at the press has happened, or not: the page itself says which.
      for (const said of document.querySelectorAll(".messagelist .info")) said.remove();
    }
    showUnresolved();
    count();
  }

  // How many are unresolved stands in the side bar, too.
  function showUnresolved() {
    const known = live.querySelector("[data-unresolved]")?.dataset.unresolved;
    for (const place of known === undefined ? [] : document.querySelectorAll("[data-unresolved-shown]")) {
      place.textContent = known;
      place.hidden = known === "0";
    }
  }

  async function look() {
    if (document.hidden) return; // `visibilitychange` takes it up again
    try {
      const url = `${live.dataset.url}?stamp=${encodeURIComponent(live.dataset.stamp)}`;
      const answer = await fetch(url, {
        redirect: "manual",
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      if (answer.type === "opaqueredirect") {
        return notice(say("signedOut"));
      }
      if (answer.status === 403 || answer.status === 404) {
        return notice(say("notYours"));
      }
      if (!answer.ok) throw new Error(answer.status);
      const news = await answer.json();
      ahead = news.now - Date.now() / 1000;
      failures = 0;
      lostAt = null;
      notice("");
      if (news.html !== undefined) draw(news);
      live.dataset.stamp = news.stamp;
      later(news.seconds !== null && isHeard() ? CALM : news.seconds);
    } catch {
      failures += 1;
      lostAt = lostAt || new Date();
      notice(say("noAnswer", { time: lostAt.toLocaleTimeString(document.documentElement.lang || undefined) }));
      later(Math.min(2 ** failures, 15));
    }
  }

  // Once

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-once")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });

  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // from the browser's own store: old, and half pressed
  });

  // What will be charged, while a tip is typed. The server reads and checks the tip itself, and
  // takes what `read_amount` in stores/currencies.py takes.

  const WRITTEN = /^([0-9]{1,12}|[1-9][0-9]{0,2}(?:([ \u00a0\u202f.,])[0-9]{3})(?:\2[0-9]{3}){0,2})(?:([.,])([0-9]+))?$/;

  function read(text, places, group) {
    const [, whole, sign, point, rest = ""] = WRITTEN.exec(text.trim()) || [];
    if (!whole || (sign && sign === point)) return null;
    const digits = whole.replace(/[^0-9]/g, "");
    const isThousand = point === group && !sign && rest.length === 3 && /^[1-9][0-9]{0,2}$/.test(whole);
    if (isThousand) return places === 3 ? null : BigInt(digits + rest.padEnd(3 + places, "0"));
    return rest.length > places ? null : BigInt(digits + rest.padEnd(places, "0"));
  }

  function sum(input) {
    const { held, most, currency, group, point } = input.dataset;
    const places = Number(input.dataset.decimals);
    const place = document.getElementById("sum");
    const amount = read(input.value, places, group);
    place.hidden = amount === null || amount > BigInt(most);
    if (place.hidden) return;
    const digits = String(BigInt(held) + amount).padStart(places + 1, "0");
    const cut = digits.length - places;
    const whole = digits.slice(0, cut).replace(/\B(?=(?:[0-9]{3})+$)/g, group);
    const shown = places ? whole + point + digits.slice(cut) : whole;
    place.textContent = say("charged", { amount: `${shown} ${currency}` });
  }

  const tip = document.querySelector("input[data-held]");
  if (tip) {
    tip.addEventListener("input", () => sum(tip));
    sum(tip);
  }

  if (!live && document.querySelector("[data-until]")) {
    count();
    setInterval(count, 1000);
  }

  listen();
  if (rung) document.addEventListener("visibilitychange", listen);

  if (live) {
    ahead = Number(live.dataset.now) - Date.now() / 1000;
    count();
    setInterval(count, 1000);
    document.addEventListener("visibilitychange", () => document.hidden || later(0));
    later(live.dataset.seconds === "" ? null : Number(live.dataset.seconds));
  }
})();
