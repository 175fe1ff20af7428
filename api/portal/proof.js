// One proof: where it stands, why it failed, round by round, what the two decisions mean, and its way through the pipeline.

import { get } from "./api.js";
import { Decisions } from "./decisions.js";
import { el, fill } from "./dom.js";
import { badge, exactTime, facts, heading, problemBox, time } from "./parts.js";
import { DECISIONS, EVENTS, FAILURES, PIPELINES, STATES, STATUSES, count } from "./words.js";

export async function proof(view, { id }, { signal, refresh }) {
  const path = encodeURIComponent(id);
  const [record, rounds, job] = await Promise.all([
    get(`proofs/${path}`, {}, signal),
    get(`failures/${path}`, {}, signal).then((answer) => answer.rounds, (problem) => absent(problem)),
    // A pipeline that is away hides the timeline, and nothing else.
    get(`jobs/${path}`, {}, signal).catch((problem) => (signal.aborted ? Promise.reject(problem) : problem)),
  ]);
  const state = el("div", { class: "status" }, badge(record.state, STATES));
  const results = el("section", { class: "results", "aria-label": "Results" });
  const open = rounds.find((round) => round.status === "open");
  const decide = open && decisionCards(open);
  const decisions = new Decisions({
    results,
    signal,
    changed: (_id, content, now) => {
      if (now === undefined) return;
      fill(state, content);
      decide?.element.remove();
      if (now !== "accepted") refresh();
    },
  });
  decide?.enable((kind) => decisions.each(kind, [open]));

  fill(view,
    el("div", { class: "head" },
      heading("Proof ", el("code", { class: "whole" }, record.id)), state,
      el("button", { type: "button", onclick: refresh }, "Refresh")),
    facts(
      ["Statement", statement(record.statement)],
      ["Circuit", record.circuit],
      ["Proof system", record.system],
      ["Accepted", exactTime(record.accepted_at)],
      ["Settled", record.settled_at && exactTime(record.settled_at)],
      ["Code", record.code && el("code", {}, record.code)],
    ),
    results,
    decide?.element,
    rounds.length > 0 && section("Failures", rounds.map((round) => failure(round))),
    timeline(job),
    record.proof && section("What the proof says in public", pairs(record.proof.public_inputs)));
}

/** No failure is known of most proofs. */
function absent(problem) {
  if (problem.status === 404) return [];
  throw problem;
}

const section = (title, ...children) => el("section", {}, el("h2", {}, title), children);

function statement({ type, ...parameters }) {
  return el("span", {}, el("code", {}, type), " ", Object.keys(parameters).length > 0 && pairs(parameters));
}

/** Whatever it is that the API says, as it says it. */
function pairs(value) {
  if (value === null || typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([name, inner]) => el("div", {}, el("dt", {}, name), el("dd", {}, pairs(inner))));
  return el("dl", { class: "pairs" }, entries);
}

/** The two decisions side by side, with what each means. */
function decisionCards(failure) {
  const buttons = [];
  const card = (kind) => {
    const { verb, means } = DECISIONS[kind];
    const button = el("button", { type: "button", class: kind === "discard" ? "danger" : "primary", id: kind }, `${verb}…`);
    buttons.push([kind, button]);
    return el("div", { class: "card" }, el("h3", {}, verb), el("p", {}, means), button);
  };
  const element = el("section", { class: "decide", "aria-label": "Decide" },
    el("h2", {}, "It waits for a decision"),
    el("p", {}, FAILURES[failure.failure]?.[1], " Without a decision it expires ", time(failure.expires_at),
      ", and its private input is shredded then."),
    el("div", { class: "cards" }, card("redrive"), card("discard")));
  const enable = (take) => buttons.forEach(([kind, button]) => button.addEventListener("click", () => take(kind)));
  return { element, enable };
}

function failure(round) {
  const chain = round.chain.map((kind) => el("li", {}, FAILURES[kind]?.[0] ?? kind, " ", el("code", { class: "quiet" }, kind)));
  return el("article", { class: "card" },
    el("h3", {}, `Round ${round.round}: ${round.reason}`, " ", badge(round.status, STATUSES)),
    facts(
      ["Failed", exactTime(round.failed_at)],
      ["Tried", round.attempts === undefined ? "not known: the last try was lost" : count(round.attempts, "time")],
      ["Can the same succeed later", round.is_retryable ? "yes, without a change" : "no, something must change first"],
      ["Circuit", `${round.circuit} on ${round.system}`],
      ["Expires", round.status === "open" && exactTime(round.expires_at)],
      ["Decided", round.resolved_at && exactTime(round.resolved_at)],
      ["What led to it", el("ol", { class: "chain" }, chain)],
    ));
}

function timeline(job) {
  if (job instanceof Error) return section("Timeline", problemBox(job));
  const events = job.timeline.map(({ at, event }) => el("li", {}, exactTime(at), " ", EVENTS[event] ?? event));
  return section("Timeline",
    facts(
      ["Pipeline", PIPELINES[job.pipeline] ?? job.pipeline],
      ["Queue", job.queue],
      ["Proving was begun", count(job.attempts, "time")],
      ["Next try", job.next_try_at && time(job.next_try_at)],
      ["Last try", job.last_failure],
    ),
    events.length > 0 && el("ol", { class: "timeline" }, events));
}
