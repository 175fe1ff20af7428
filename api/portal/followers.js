// Proofs that are watched until they are settled, a few at a time.

import { follow, patiently, pause } from "./api.js";

// Browsers open six connections to a host: a hundred streams would leave none for the calls that began them.
const STREAMS_MAX = 3;
// How often a stream is begun again that broke off, and after how long.
const TRIES_MAX = 5;
const PAUSE_S = 2;

export class Followers {
  #signal;
  #waiting = [];
  #running = 0;

  /** Those of a view: they end with its signal. */
  constructor(signal) {
    this.#signal = signal;
  }

  /** `tell` gets the proof whenever its state changes, and null if nobody can say what becomes of it. */
  add(id, tell) {
    this.#waiting.push({ id, tell });
    this.#next();
  }

  #next() {
    while (this.#running < STREAMS_MAX && this.#waiting.length > 0) this.#run(this.#waiting.shift());
  }

  async #run({ id, tell }) {
    this.#running += 1;
    let isSettled = false;
    const told = (proof) => {
      isSettled = proof.state !== "accepted";
      tell(proof);
    };
    for (let tries = 0; !isSettled && tries < TRIES_MAX && !this.#signal.aborted; tries += 1) {
      try {
        if (tries > 0) await pause(PAUSE_S, this.#signal);
        await patiently(() => follow(id, told, this.#signal), this.#signal);
      } catch {
        // Beginning again is safe at any time. What is wrong for good shows when tries are spent.
      }
    }
    if (!isSettled && !this.#signal.aborted) tell(null);
    this.#running -= 1;
    this.#next();
  }
}
