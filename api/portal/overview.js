// What there is to know at a glance: what waits, how recent jobs ended, how far batches are.

import { get } from "./api.js";
import { batchTable } from "./batches.js";
import { el, fill } from "./dom.js";
import { jobTable } from "./jobs.js";
import { address, heading, proofLink, row, table, time } from "./parts.js";
import { STATES, count } from "./words.js";

// How many of the newest are looked at.
const RECENT_MAX = 100;
const SHOWN_MAX = 5;
const COLUMNS = ["Proof", "Reason", "Failed", "Expires"];

export async function overview(view, _parameters, { signal, refresh }) {
  const [waiting, jobs, batches] = await Promise.all([
    get("failures", { open: true, limit: RECENT_MAX }, signal),
    get("jobs", { limit: RECENT_MAX }, signal),
    get("batches", { limit: SHOWN_MAX }, signal),
  ]);
  fill(view,
    el("div", { class: "head" }, heading("Overview"), el("button", { type: "button", onclick: refresh }, "Refresh")),
    failures(waiting),
    recent(jobs.jobs),
    el("section", {}, el("h2", {}, "Batches"),
      batches.batches.length > 0 ? batchTable(batches.batches, signal) : el("p", { class: "empty" }, "There are no batches."),
      batches.next_cursor && el("p", {}, el("a", { href: "#/batches" }, "All batches"))));
}

function failures({ failures, next_cursor }) {
  const number = `${failures.length}${next_cursor ? "+" : ""}`;
  const rows = failures.slice(0, SHOWN_MAX).map((failure) =>
    row(COLUMNS, [proofLink(failure.id), failure.reason, time(failure.failed_at), time(failure.expires_at)]));
  if (failures.length === 0) {
    return el("section", { class: "tile calm" }, el("h2", {}, "Nothing waits for a decision"),
      el("p", {}, "Every proof that you asked for was made, is on its way, or has been decided about."));
  }
  const title = failures.length === 1 && !next_cursor ? "1 failed proof waits" : `${number} failed proofs wait`;
  return el("section", { class: "tile alarm" }, el("h2", {}, `${title} for your decision`),
    table("Newest failures", COLUMNS, rows),
    el("p", {}, el("a", { href: "#/failures" }, "Look at them and decide")));
}

function recent(jobs) {
  const numbers = Object.keys(STATES).map((state) => [state, jobs.filter((job) => job.state === state).length]);
  const bar = el("div", { class: "bar", "aria-hidden": "true" });
  for (const [state, number] of numbers) {
    const part = el("span", { class: `is-${state}` });
    // By script: the page's policy has no place for style attributes.
    part.style.flexGrow = number;
    if (number > 0) bar.append(part);
  }
  const legend = numbers.map(([state, number]) => el("li", {},
    el("a", { href: address("/jobs", { state }), class: `key is-${state}` }, el("b", {}, String(number)), ` ${STATES[state].toLowerCase()}`)));
  return el("section", {}, el("h2", {}, `The newest ${count(jobs.length, "job")}`),
    jobs.length > 0 && [bar, el("ul", { class: "legend" }, legend), jobTable(jobs.slice(0, SHOWN_MAX))],
    jobs.length > 0
      ? el("p", {}, el("a", { href: "#/jobs" }, "All jobs"))
      : el("p", { class: "empty" }, "No proof was asked for yet."));
}
