// Says on an open page that Stripe is slow, and takes it back when it is not any more. Each page of
// the admin that people sit before does; the server draws, this only asks whether there is news.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const EVERY = 10; // seconds
  const place = document.getElementById("trouble");
  let timer = 0;
  if (!place) return;

  function later(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, seconds * 1000);
  }

  async function look() {
    if (document.hidden) return; // `visibilitychange` takes it up again
    try {
      const answer = await fetch(place.dataset.url, {
        redirect: "manual",
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) return; // signed out
      if (!answer.ok) throw new Error(answer.status);
      draw((await answer.json()).html);
    } catch {
      // Whoever follows a row is told by live.js that nothing answers.
    }
    later(EVERY);
  }

  function draw(html) {
    const news = document.createElement("template");
    news.innerHTML = html;
    if (news.innerHTML === place.innerHTML.trim()) return; // what was said is not said again
    place.hidden = !html;
    place.replaceChildren(news.content);
  }

  document.addEventListener("visibilitychange", () => document.hidden || later(0));
  later(EVERY);
});
