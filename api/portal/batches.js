// Batches: how far each is, what became of its items, and giving one up.

import { get, pause, post } from "./api.js";
import { ask } from "./ask.js";
import { el, fill, say } from "./dom.js";
import { address, badge, facts, heading, exactTime, pager, problemBox, proofLink, row, table, time } from "./parts.js";
import { BATCHES, STATES, count } from "./words.js";

const PATH = "/batches";
const COLUMNS = ["Batch", "State", "Progress", "Outcomes", "Accepted", ""];
const ITEMS = ["Item", "Proof", "State", "Problem"];
// How often a batch that runs is looked at.
const LOOK_S = 2;

export async function batches(view, parameters, { signal, refresh }) {
  const page = await get("batches", { ...parameters, limit: 50 }, signal);
  fill(view,
    el("div", { class: "head" }, heading("Batches"), el("button", { type: "button", onclick: refresh }, "Refresh")),
    page.batches.length > 0 ? batchTable(page.batches, signal) : el("p", { class: "empty" }, "There are no batches."),
    pager(PATH, parameters, page.next_cursor));
}

export function batchTable(batches, signal) {
  return table("Batches, newest first", COLUMNS, batches.map((batch) => live(batch, signal)));
}

export async function batch(view, { id, cursor }, { signal, refresh }) {
  const path = `batches/${encodeURIComponent(id)}`;
  const [record, page] = await Promise.all([
    get(path, {}, signal),
    get(`${path}/items`, { cursor, limit: 50 }, signal),
  ]);
  const rows = page.items.map((item) => row(ITEMS, [
    String(item.position),
    item.proof_id ? proofLink(item.proof_id) : "–",
    itemState(item),
    item.problem ? el("span", {}, item.problem.detail, " ", el("code", { class: "quiet" }, item.problem.code)) : "",
  ]));
  fill(view,
    el("div", { class: "head" },
      heading("Batch ", el("code", { class: "whole" }, record.id)),
      el("button", { type: "button", onclick: refresh }, "Refresh")),
    batchTable([record], signal),
    facts(
      ["Accepted", exactTime(record.accepted_at)],
      ["Finished", record.finished_at && exactTime(record.finished_at)],
      ["Cancelled", record.cancelled_at && exactTime(record.cancelled_at)],
    ),
    el("h2", {}, "Items"),
    table("Items, in the order of the request", ITEMS, rows),
    pager(`${PATH}/${encodeURIComponent(id)}`, { cursor }, page.next_cursor, ["First", "Next"]));
}

function itemState(item) {
  if (item.problem) return el("span", { class: "badge is-rejected" }, "Refused");
  return item.proof ? badge(item.proof.state, STATES) : el("span", { class: "badge is-cancelled" }, "Deleted");
}

/** The row of a batch, which is looked at until it is finished or the view is left. */
function live(batch, signal) {
  const element = el("tr");
  const problem = el("div");
  const show = (batch) => {
    const drawn = row(COLUMNS, cells(batch, () => cancel(batch, show, problem, signal), problem));
    element.replaceChildren(...drawn.children);
  };
  show(batch);
  if (batch.state === "running") watch(batch.id, show, signal);
  return element;
}

async function watch(id, show, signal) {
  for (let state = "running"; state === "running";) {
    try {
      await pause(LOOK_S, signal);
      const batch = await get(`batches/${encodeURIComponent(id)}`, {}, signal);
      state = batch.state;
      show(batch);
    } catch {
      // Looked at again, while anybody looks.
      if (signal.aborted) return;
    }
  }
}

function cells(batch, oncancel, problem) {
  const done = batch.items - batch.running;
  const short = `${batch.id.slice(0, 12)}…${batch.id.slice(-6)}`;
  const label = `${done} of ${count(batch.items, "item")}`;
  const button = el("button", { type: "button", class: "small danger-plain", "aria-label": `Cancel ${batch.id}`, onclick: oncancel }, "Cancel…");
  return [
    el("a", { href: address(`${PATH}/${encodeURIComponent(batch.id)}`), title: batch.id, "aria-label": batch.id, class: "id" }, short),
    badge(batch.state, BATCHES),
    el("div", { class: "progress" }, el("progress", { max: batch.items, value: done, "aria-label": label }), el("span", {}, label)),
    outcomes(batch),
    time(batch.accepted_at),
    el("div", {}, batch.state === "running" && button, problem),
  ];
}

function outcomes(batch) {
  const named = [
    ["completed", "completed"], ["rejected", "not true"], ["dead_lettered", "failed"], ["cancelled", "given up"],
    ["refused", "refused"], ["deleted", "deleted"],
  ];
  const parts = named.filter(([field]) => batch[field] > 0).map(([field, words]) => `${batch[field]} ${words}`);
  return parts.join(", ") || "none yet";
}

async function cancel(batch, show, problem, signal) {
  const wish = await ask({
    title: "Cancel this batch?",
    paragraphs: [
      `${count(batch.running, "item")} of ${batch.items} ${batch.running === 1 ? "was" : "were"} on the way when last looked at. What still is, is given ` +
        "up, and its private input is shredded at once. Items that have their outcome keep it. This cannot be undone.",
    ],
    verb: "Cancel the batch",
    isDangerous: true,
    signal,
  });
  if (!wish) return;
  try {
    show(await post(`batches/${encodeURIComponent(batch.id)}/cancel`, undefined, signal));
    say("The batch is cancelled.");
  } catch (error) {
    if (!signal.aborted) fill(problem, problemBox(error));
  }
}
