// `python -m simulator` alone on a free port, and Stripe's official client pointed at it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function start() {
  const options = ['-m', 'simulator', '--port', '0', '--exit-with-parent'];
  const stdio = ['ignore', 'pipe', 'inherit'];
  const program = spawn(process.env.PYTHON ?? 'python3', options, { cwd: root, stdio });
  const [line] = await once(createInterface(program.stdout), 'line');
  const url = new URL(line.split(' ').at(-1));
  const stripe = new Stripe('sk_test_x', {
    host: url.hostname,
    port: url.port,
    protocol: 'http',
  });
  return {
    url: url.origin,
    stripe,
    async stop() {
      program.kill();
      await once(program, 'exit');
    },
  };
}

// What comes after an answer is asked for until it is there; the suite's time-out ends the asking.
export async function eventually(isSo) {
  while (!(await isSo())) await setTimeout(5);
}

// A webhook endpoint: `next()` is the next delivery, its raw body and its signature.
export async function listen() {
  const arrived = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const delivery = {
      body: Buffer.concat(chunks),
      signature: request.headers['stripe-signature'],
    };
    response.end();
    waiting.length ? waiting.shift()(delivery) : arrived.push(delivery);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    next: () =>
      arrived.length ? arrived.shift() : new Promise((resolve) => waiting.push(resolve)),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// A shop with one reader; `on` goes with each call when it is a connected account's.
export async function openShop(stripe, { country = 'US', on = {}, code = 'simulated-wpe' } = {}) {
  const location = await stripe.terminal.locations.create(
    {
      display_name: 'Main Street',
      address: { line1: '1 Main St', city: 'Springfield', postal_code: '62701', country },
    },
    on,
  );
  return stripe.terminal.readers.create(
    { registration_code: code, location: location.id, label: 'Till 1' },
    on,
  );
}

// The hosted onboarding's page, as a person without JavaScript uses it. Answers where they end up.
export async function fillIn(url) {
  let response = await follow(await fetch(url, { redirect: 'manual' }));
  for (const act of ['next', 'submit']) {
    const body = new URLSearchParams({ ...fields(await response.text()), act });
    response = await follow(
      await fetch(response.url, { method: 'POST', body, redirect: 'manual' }),
    );
    if (typeof response === 'string') return response;
  }
  throw new Error(`The page wants more: ${await response.text()}`);
}

// On to the next page of the simulator, or the address of another site.
async function follow(response) {
  const location = response.headers.get('location');
  if (location === null) return response;
  const next = new URL(location, response.url);
  if (next.host !== new URL(response.url).host) return next.href;
  return follow(await fetch(next, { redirect: 'manual' }));
}

// What the form's fields hold: inputs that are chosen, and each select's chosen or first option.
function fields(html) {
  const found = {};
  let select;
  for (const [tag, name] of html.matchAll(/<(input|select|option)\b[^>]*>/g)) {
    const of = (key) => tag.match(new RegExp(`\\b${key}="([^"]*)"`))?.[1];
    if (name === 'select') select = of('name');
    else if (name === 'option') {
      if (/\bselected\b/.test(tag) || !(select in found)) found[select] = of('value');
    } else if (!['radio', 'checkbox'].includes(of('type')) || /\bchecked\b/.test(tag)) {
      found[of('name')] = unescape(of('value') ?? '');
    }
  }
  return found;
}

const unescape = (text) =>
  text.replaceAll('&#39;', "'").replaceAll('&#34;', '"').replaceAll('&amp;', '&');
