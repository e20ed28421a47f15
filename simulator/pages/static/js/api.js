// The control API, and Stripe's own where a page acts as a shop's server would.

const KEY = "sk_test_simulator";

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export const read = (path) => ask("GET", `/_simulator/${path}`);
export const tell = (path, body = {}) => ask("POST", `/_simulator/${path}`, body);
export const forget = (path) => ask("DELETE", `/_simulator/${path}`);

export function stripe(method, path, params = {}, account = null) {
  const headers = { Authorization: `Bearer ${KEY}` };
  if (account) headers["Stripe-Account"] = account;
  const body = method === "POST" ? new URLSearchParams(params) : undefined;
  return send(`/v1/${path}`, { method, headers, body });
}

export async function file(id, account) {
  const headers = { Authorization: `Bearer ${KEY}`, "Stripe-Account": account };
  const answer = await fetch(`/v1/files/${encodeURIComponent(id)}/contents`, { headers });
  if (!answer.ok) throw new Refused(`The file ${id} cannot be read.`, answer.status);
  return URL.createObjectURL(await answer.blob());
}

function ask(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return send(path, { method, headers, body: body && JSON.stringify(body) });
}

async function send(path, request) {
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Refused("The simulator does not answer. Is it still running?", 0);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  throw new Refused(inPlainWords(answer.status, body), answer.status);
}

function inPlainWords(status, body) {
  const message = body?.error?.message ?? body?.detail;
  if (status === 405 || (status === 404 && !message)) return "The simulator cannot do this (yet).";
  return message ?? `The simulator answered ${status}.`;
}
