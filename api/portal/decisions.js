// The two decisions about failures, one by one and in bulk: asked back, taken, and told of each proof.

import { get, patiently, post } from "./api.js";
import { ask } from "./ask.js";
import { alternatives, circuits } from "./catalogue.js";
import { el, fill, say } from "./dom.js";
import { Followers } from "./followers.js";
import { badge, problemBox, proofLink } from "./parts.js";
import { DECISIONS, STATES, count } from "./words.js";

// What the API takes in one bulk decision.
const BULK_MAX = 100;

/**
 * Takes decisions, and lists in `results` what came of them. `changed(id, content, state)` is told what to show of a proof
 * elsewhere; there is no state if nothing was decided.
 */
export class Decisions {
  #results;
  #signal;
  #changed;
  #followers;

  constructor({ results, signal, changed }) {
    this.#results = results;
    this.#signal = signal;
    this.#changed = changed;
    this.#followers = new Followers(signal);
  }

  /** About these failures, one call for each. */
  each(kind, failures) {
    return this.#attempt(() => this.#each(kind, failures));
  }

  /** About all open failures that a filter admits, in one call. */
  matching(kind, filter) {
    return this.#attempt(() => this.#matching(kind, filter));
  }

  /** Shows what stops a decision as a whole. */
  async #attempt(decide) {
    try {
      await decide();
    } catch (problem) {
      if (!this.#signal.aborted) fill(this.#results, problemBox(problem));
    }
  }

  async #each(kind, failures) {
    const { verb } = DECISIONS[kind];
    const versions = kind === "redrive" ? alternatives(await circuits(), failures) : [];
    const wish = await ask({
      title: `${verb} ${count(failures.length, "proof")}?`,
      paragraphs: [meaning(kind, failures.length)],
      verb: `${verb} ${count(failures.length, "proof")}`,
      isDangerous: kind === "discard",
      choice: versions.length > 0 && {
        label: "Circuit",
        options: [["", "the one that it failed with"], ...versions.map(({ id, status }) => [id, `${id} (${status})`])],
      },
      signal: this.#signal,
    });
    if (!wish) return;
    const body = kind === "redrive" ? { circuit: wish.choice } : undefined;
    const list = this.#begin();
    const refused = [];
    for (const [at, { id }] of failures.entries()) {
      list.told(`${at} of ${failures.length} ${DECISIONS[kind].done}…`);
      try {
        await patiently(() => post(`failures/${encodeURIComponent(id)}/${kind}`, body, this.#signal), this.#signal);
        this.#decided(kind, id, list);
      } catch (problem) {
        // Whoever left the view has stopped what was not sent.
        if (this.#signal.aborted) return;
        refused.push(id);
        list.items.append(el("li", {}, proofLink(id), problemBox(problem)));
        this.#changed(id, el("span", { class: "badge is-dead_lettered" }, problem.title));
      }
    }
    list.told(summary(kind, failures.length - refused.length, refused.length));
  }

  async #matching(kind, filter) {
    const { verb } = DECISIONS[kind];
    const found = await get("failures", { ...filter, open: true, limit: BULK_MAX }, this.#signal);
    const number = found.failures.length;
    if (number === 0) {
      this.#begin().told("No failure that waits matches the filter.");
      return;
    }
    const wish = await ask({
      title: `${verb} all that match?`,
      paragraphs: [
        found.next_cursor
          ? `More than ${BULK_MAX} waiting failures match the filter. The newest ${BULK_MAX} are ${DECISIONS[kind].done} now.`
          : `${count(number, "waiting failure")} ${number === 1 ? "matches" : "match"} the filter.`,
        meaning(kind, number),
      ],
      verb: `${verb} ${count(number, "proof")}`,
      isDangerous: kind === "discard",
      signal: this.#signal,
    });
    if (!wish) return;
    const list = this.#begin();
    list.told("Under way…");
    const { ids, has_more } = await patiently(() => post(`failures/${kind}`, filter, this.#signal), this.#signal);
    for (const id of ids) this.#decided(kind, id, list);
    list.told(`${summary(kind, ids.length, 0)}${has_more ? " More match: ask again for the next." : ""}`);
  }

  #begin() {
    const items = el("ul");
    const line = el("p", {});
    fill(this.#results, el("h2", {}, "What came of it"), line, items);
    const told = (text) => {
      line.textContent = text;
      say(text);
    };
    return { items, told };
  }

  #decided(kind, id, list) {
    const place = el("span");
    list.items.append(el("li", {}, proofLink(id), " ", place));
    const show = (state) => {
      fill(place, badge(state, STATES));
      this.#changed(id, badge(state, STATES), state);
    };
    if (kind === "discard") {
      show("cancelled");
      return;
    }
    show("accepted");
    this.#followers.add(id, (proof) => {
      if (proof === null) {
        fill(place, "Not known at the moment: refresh to see.");
        return;
      }
      show(proof.state);
      if (proof.state !== "accepted") say(`Proof ${id}: ${STATES[proof.state]}`);
    });
  }
}

function meaning(kind, number) {
  const { means } = DECISIONS[kind];
  return number === 1 ? means : `Of each: ${means.charAt(0).toLowerCase()}${means.slice(1)}`;
}

function summary(kind, done, refused) {
  const first = `${count(done, "proof")} ${DECISIONS[kind].done}.`;
  return refused === 0 ? first : `${first} ${count(refused, "proof")} not: the reason stands beside each.`;
}
