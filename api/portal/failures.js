// Proofs that could not be made: what waits, by what they have in common, and decisions about many.

import { get } from "./api.js";
import { circuits, distinct } from "./catalogue.js";
import { Decisions } from "./decisions.js";
import { el, fill } from "./dom.js";
import { address, badge, heading, pager, proofLink, row, select, table, time } from "./parts.js";
import { FAILURES, STATUSES, count } from "./words.js";

const PATH = "/failures";
const COLUMNS = ["", "Proof", "Circuit", "Reason", "Tries", "Failed", "Expires", "Status", ""];

export async function failures(view, parameters, { signal, refresh }) {
  const { open = "true", cursor, ...filter } = parameters;
  const query = { ...filter, open: open === "all" ? undefined : open };
  const [page, offered] = await Promise.all([get("failures", { ...query, cursor, limit: 50 }, signal), circuits()]);
  const results = el("section", { class: "results", "aria-label": "Results" });
  const rows = new Map();
  const decisions = new Decisions({ results, signal, changed: (id, content, state) => rows.get(id)?.show(content, state) });

  const selected = new Map();
  const buttons = el("span", { class: "many" });
  const update = () => fill(buttons, bulk(selected, filter, decisions));
  const all = el("input", { type: "checkbox", onchange: () => rows.forEach((row) => row.tick(all.checked)) });
  const bar = el("div", { class: "bulk", role: "group", "aria-label": "Decide about many" },
    el("label", { class: "tick" }, all, "All on this page"), buttons);
  for (const failure of page.failures) rows.set(failure.id, new Row(failure, selected, update, decisions));
  update();

  fill(view,
    el("div", { class: "head" }, heading("Failures"), el("button", { type: "button", onclick: refresh }, "Refresh")),
    el("p", { class: "lead" }, "Proofs that could not be made. Each waits for a decision with its private input sealed, until it expires."),
    filters(parameters, offered, open),
    open !== "false" && bar,
    results,
    page.failures.length > 0
      ? table("Failures, newest first", COLUMNS, [...rows.values()].map((row) => row.element))
      : el("p", { class: "empty" }, emptiness(parameters, open)),
    pager(PATH, parameters, page.next_cursor));
}

function emptiness(parameters, open) {
  if (parameters.cursor) return "There are no others.";
  if (open === "true" && Object.keys(parameters).length === 0) return "Nothing waits for a decision.";
  return "No failure matches the filter.";
}

function filters(parameters, offered, open) {
  const change = (name) => (event) => {
    const { cursor: _, ...rest } = parameters;
    location.hash = address(PATH, { ...rest, [name]: event.target.value });
  };
  const any = (values) => [["", "All"], ...values.map((value) => [value, value])];
  const reasons = Object.entries(FAILURES).map(([kind, [words]]) => [kind, words]);
  const of = (field) => any(distinct(offered.map((circuit) => circuit[field])));
  return el("form", { class: "filters", "aria-label": "Filter", onsubmit: (event) => event.preventDefault() },
    select("open", "Show", [["true", "Waiting"], ["false", "Decided"], ["all", "All"]], open, change("open")),
    select("failure", "Reason", [["", "All"], ...reasons], parameters.failure, change("failure")),
    select("statement", "Statement", of("statement"), parameters.statement, change("statement")),
    select("system", "Proof system", of("system"), parameters.system, change("system")),
    select("circuit", "Circuit", of("id"), parameters.circuit, change("circuit")),
    Object.keys(parameters).length > 0 && el("a", { href: address(PATH), class: "clear" }, "Clear"));
}

/** The buttons for many: those that are ticked, and all that match, on this page or not. */
function bulk(selected, filter, decisions) {
  const chosen = [...selected.values()];
  const button = (kind, label, about) => el("button", {
    type: "button",
    class: kind === "discard" && "danger-plain",
    disabled: about === null,
    onclick: about,
  }, label);
  const each = (kind) => (chosen.length === 0 ? null : () => decisions.each(kind, chosen));
  const name = Object.keys(filter).length > 0 ? "all that match" : "all that wait";
  return [
    el("span", { class: "quiet" }, `${count(chosen.length, "proof")} selected`),
    button("redrive", "Redrive selected", each("redrive")),
    button("discard", "Discard selected", each("discard")),
    el("span", { class: "gap" }),
    button("redrive", `Redrive ${name}…`, () => decisions.matching("redrive", filter)),
    button("discard", `Discard ${name}…`, () => decisions.matching("discard", filter)),
  ];
}

/** A failure in the list. */
class Row {
  #failure;
  #selected;
  #update;
  #tick;
  #status;
  #actions;

  constructor(failure, selected, update, decisions) {
    this.#failure = failure;
    this.#selected = selected;
    this.#update = update;
    const isOpen = failure.status === "open";
    this.#tick = el("input", { type: "checkbox", "aria-label": `Select ${failure.id}`, onchange: () => this.#ticked() });
    this.#status = el("div", { class: "status" }, badge(failure.status, STATUSES));
    const action = (kind, label) => el("button", {
      type: "button",
      class: `small${kind === "discard" ? " danger-plain" : ""}`,
      "aria-label": `${label} ${failure.id}`,
      onclick: () => decisions.each(kind, [failure]),
    }, label);
    this.#actions = el("div", { class: "actions" }, isOpen && [action("redrive", "Redrive"), action("discard", "Discard")]);
    const reason = el("div", {}, el("div", {}, failure.reason), el("code", { class: "quiet" }, failure.failure));
    const cells = [
      isOpen && this.#tick,
      proofLink(failure.id),
      el("div", {}, el("div", {}, failure.circuit), el("span", { class: "quiet" }, failure.system)),
      reason,
      failure.attempts === undefined ? "not known" : String(failure.attempts),
      time(failure.failed_at),
      isOpen ? time(failure.expires_at) : "–",
      this.#status,
      this.#actions,
    ];
    this.element = row(COLUMNS, cells.map((cell) => cell || ""), { "data-id": failure.id });
  }

  #ticked() {
    const { id } = this.#failure;
    if (this.#tick.checked) this.#selected.set(id, this.#failure);
    else this.#selected.delete(id);
    this.#update();
  }

  /** Selects it or not, if there is something to decide. */
  tick(isWanted) {
    if (this.#failure.status !== "open" || this.#tick.disabled) return;
    this.#tick.checked = isWanted;
    this.#ticked();
  }

  /** Shows what becomes of it in the place of its status. Once it is decided, there is nothing to decide. */
  show(content, state) {
    fill(this.#status, content);
    if (state === undefined) return;
    fill(this.#actions);
    this.#tick.checked = false;
    this.#tick.disabled = true;
    this.#ticked();
  }
}
