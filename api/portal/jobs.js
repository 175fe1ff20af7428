// Proofs on their way through the pipeline, newest first.

import { get } from "./api.js";
import { circuits, distinct } from "./catalogue.js";
import { el, fill } from "./dom.js";
import { address, badge, heading, pager, proofLink, row, select, table, time } from "./parts.js";
import { STATES } from "./words.js";

const PATH = "/jobs";
const COLUMNS = ["Proof", "State", "Statement", "Proof system", "Accepted", "Settled"];

export async function jobs(view, parameters, { signal, refresh }) {
  const [page, all] = await Promise.all([get("jobs", { ...parameters, limit: 50 }, signal), circuits()]);
  const change = (name) => (event) => {
    const { cursor: _, ...rest } = parameters;
    location.hash = address(PATH, { ...rest, [name]: event.target.value });
  };
  const of = (field) => [["", "All"], ...distinct(all.map((circuit) => circuit[field])).map((value) => [value, value])];
  fill(view,
    el("div", { class: "head" }, heading("Jobs"), el("button", { type: "button", onclick: refresh }, "Refresh")),
    el("form", { class: "filters", "aria-label": "Filter", onsubmit: (event) => event.preventDefault() },
      select("state", "State", [["", "All"], ...Object.entries(STATES)], parameters.state, change("state")),
      select("statement", "Statement", of("statement"), parameters.statement, change("statement")),
      select("system", "Proof system", of("system"), parameters.system, change("system")),
      Object.keys(parameters).length > 0 && el("a", { href: address(PATH), class: "clear" }, "Clear")),
    page.jobs.length > 0 ? jobTable(page.jobs) : el("p", { class: "empty" }, "There is no such job."),
    pager(PATH, parameters, page.next_cursor));
}

export function jobTable(jobs) {
  const rows = jobs.map((job) => row(COLUMNS, [
    proofLink(job.id),
    badge(job.state, STATES),
    job.statement,
    job.system,
    time(job.accepted_at),
    job.settled_at ? time(job.settled_at) : "–",
  ]));
  return table("Jobs, newest first", COLUMNS, rows);
}
