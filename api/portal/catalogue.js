// Which circuits there are: what filters offer, and versions to redrive with. Read once per page load.

import { get } from "./api.js";

let reading;

export function circuits() {
  reading ??= get("circuits").then((answer) => answer.circuits);
  reading.catch(() => { reading = undefined; });
  return reading;
}

export const distinct = (values) => [...new Set(values)].sort();

/** The circuits that could prove what all of these failures are about; none if they are about different things. */
export function alternatives(all, failures) {
  const [{ statement, system }] = failures;
  const isOfOneKind = failures.every((failure) => failure.statement === statement && failure.system === system);
  if (!isOfOneKind) return [];
  const usable = (circuit) => circuit.status === "active" || circuit.status === "deprecated";
  return all.filter((circuit) => circuit.statement === statement && circuit.system === system && usable(circuit));
}
