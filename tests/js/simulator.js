// `python -m simulator` alone on a free port, and Stripe's official client pointed at it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
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
    // What no sandbox lets one do: https://…/_simulator
    async tell(path, body = {}) {
      const response = await fetch(`${url.origin}/_simulator/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return response.json();
    },
  };
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
