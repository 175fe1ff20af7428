// The public API, as any client calls it. What goes wrong is a `Problem`, whether the API says so or the network.

import { key } from "./session.js";

const BASE = new URL("../v1/", import.meta.url);
// What nobody may store, follow elsewhere or send along.
const DISCREET = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
// How often a call is repeated that the API puts off.
const PUT_OFF_MAX = 5;

export class Problem extends Error {
  constructor({ title, detail, code, status, request_id }, retryAfterS) {
    super(detail);
    Object.assign(this, { title, detail, code, status, requestId: request_id, retryAfterS });
  }
}

const unreachable = () => new Problem({
  title: "The service did not answer",
  detail: "Check your connection and try again. Nothing is known of what became of the request.",
});

async function send(method, path, { query, body, signal, accept } = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  const headers = { "X-API-Key": key() ?? "", Accept: accept ?? "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined ? undefined : JSON.stringify(body);
  let response;
  try {
    response = await fetch(url, { ...DISCREET, method, headers, body: text, signal });
  } catch (error) {
    throw signal?.aborted ? error : unreachable();
  }
  if (response.ok) return response;
  const document = await response.json().catch(() => ({
    title: "Not an answer of the API",
    detail: `Status ${response.status}. Something between you and the service may have answered instead.`,
  }));
  throw new Problem({ ...document, status: response.status }, Number(response.headers.get("Retry-After")) || undefined);
}

async function json(method, path, options) {
  const response = await send(method, path, options);
  try {
    return await response.json();
  } catch (error) {
    throw options?.signal?.aborted ? error : unreachable();
  }
}

export const get = (path, query, signal) => json("GET", path, { query, signal });
export const post = (path, body, signal) => json("POST", path, { body, signal });

/** Waits, unless the signal comes first. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", stop); resolve(); }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A call that is repeated when the API says that it is too much at the moment: for one call of many. */
export async function patiently(call, signal) {
  for (let times = 0; ; times += 1) {
    try {
      return await call();
    } catch (problem) {
      if (problem.status !== 429 || times === PUT_OFF_MAX) throw problem;
      await pause(problem.retryAfterS ?? 1, signal);
    }
  }
}

/** Tells each state of a proof until it is settled. An event stream by `fetch`: `EventSource` would have the key in the URL. */
export async function follow(id, tell, signal) {
  const response = await send("GET", `proofs/${encodeURIComponent(id)}/events`, { signal, accept: "text/event-stream" });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length > 0) tell(JSON.parse(data.join("\n")));
    }
  }
}
