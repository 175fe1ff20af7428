// What the API's names mean, in words. A test compares those of proofs, failures and events with what the code has.

/** States of proofs. */
export const STATES = {
  accepted: "On its way",
  completed: "Completed",
  rejected: "Not true",
  dead_lettered: "Failed",
  cancelled: "Given up",
};

/** What became of a failure. */
export const STATUSES = {
  open: "Waiting",
  redriven: "Redriven",
  discarded: "Discarded",
  expired: "Expired",
};

/** States of batches. */
export const BATCHES = { running: "Running", finished: "Finished", cancelled: "Cancelled" };

/** How the pipeline sees a job. */
export const PIPELINES = {
  not_found: "not known to the pipeline: not started yet, made along with a batch, or long past",
  running: "under way",
  finished: "finished",
  broken: "ended without an outcome",
};

/** Reasons of failures: in a word or two for filters, and what helps. */
export const FAILURES = {
  StoreUnavailable: ["Database away", "Redrive it once the service is healthy again."],
  StoreRefused: ["Database refused", "Redrive it. If it fails in the same way, report the proof's id."],
  StoreCorrupt: ["Stored value unreadable", "The same will fail again. Report the proof's id, and order the proof anew."],
  ProofUnknown: ["Proof unknown", "There is nothing to try again. Discard it."],
  InputGone: ["Input shredded", "There is nothing to prove from any more. Discard it, and order the proof anew."],
  ListUnknown: ["List not stored", "Redrive it once the list is published again, or order a proof about its newest root."],
  CircuitUnavailable: ["No keys for the circuit", "Redrive it once a worker has the circuit's keys, or with another version of the circuit."],
  WrongCircuit: ["Circuit of another statement", "Redrive it with another version of the circuit."],
  ProverDisagrees: ["Prover disagrees", "The same will fail again. Try another version of the circuit, and report the proof's id."],
  ProverPanicked: ["Prover crashed", "Redrive it. If it fails again, try another version of the circuit."],
  ProverFailed: ["Prover failed", "Redrive it. If it fails again, try another version of the circuit."],
  WorkerLost: ["Worker lost", "Redrive it: a machine was lost, or was too slow."],
  Unclassified: ["Not classified", "Redrive it. If it fails in the same way, report the proof's id."],
};

/** What happens to a job. */
export const EVENTS = {
  started: "The workflow was started",
  validated: "The claim was checked",
  queued: "It waits for a prover",
  proving: "A prover took it (of several tries, the last)",
  proved: "It is proved",
  proving_failed: "Proving failed for good",
  persisted: "The outcome is stored, and the input shredded unless it failed",
  metered: "It is counted for the bill",
  audited: "It is in the audit log",
  resolved: "Somebody decided about the failure",
  cancel_requested: "Its cancellation was asked for",
  finished: "The workflow ended",
  broken: "The workflow ended without an outcome",
};

/** What each decision means, before it is taken. */
export const DECISIONS = {
  redrive: {
    verb: "Redrive",
    done: "redriven",
    means: "It is tried again from the private input that is still sealed, under the same id. It is billed once, and only if it is made. " +
      "If it fails again, it waits here again.",
  },
  discard: {
    verb: "Discard",
    done: "discarded",
    means: "It is given up, and its private input is shredded at once. This cannot be undone: to have the proof after all, order it anew.",
  },
};

const DATE = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

export const date = (text) => DATE.format(new Date(text));

/** `in 13 days`, `2 hours ago`. */
export function relative(text, now = Date.now()) {
  const seconds = (new Date(text) - now) / 1000;
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return RELATIVE.format(Math.trunc(seconds / length), unit);
}

export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
