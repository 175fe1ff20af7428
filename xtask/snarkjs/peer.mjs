// snarkjs as the peer of `zapiki bench snarkjs`: one process, everything in memory, told line by line what to do.
//
// `prove` makes a witness and a proof, answers how long it took, checks the proof and answers how long that took. Whoever measures takes
// turns, so that the machine's drift hits both sides.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const dir = resolve(process.argv[2]);
// snarkjs is where npm put it, not beside this file.
const snarkjs = createRequire(join(dir, "package.json"))("snarkjs");
const inMemory = (name) => ({ type: "mem", data: new Uint8Array(readFileSync(join(dir, name))) });
const json = (name) => JSON.parse(readFileSync(join(dir, name), "utf8"));
const answer = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const wasm = inMemory("build/age_over_js/age_over.wasm");
const zkey = inMemory("age_over.zkey");
const key = json("age_over.vkey.json");
const input = json("input.json");
const { nConstraints } = await snarkjs.r1cs.info(join(dir, "build/age_over.r1cs"));

// A holder who is too young has no witness: so the circuit checks what it says. Its complaint is no news.
const young = { ...input, cutoff: String(BigInt(input.birthDate) - 1n) };
const { error } = console;
console.error = () => {};
const refused = await snarkjs.groth16.fullProve(young, wasm, zkey).then(() => false, () => true);
console.error = error;

answer({ constraints: nConstraints, threads: cpus().length, refuses_false_claims: refused });

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "prove") break;
  const begun = performance.now();
  const { proof, publicSignals } = await snarkjs.groth16.fullProve(input, wasm, zkey);
  const proved = performance.now();
  const isValid = await snarkjs.groth16.verify(key, publicSignals, proof);
  const verified = performance.now();
  answer({ prove_ms: proved - begun, verify_ms: verified - proved, is_valid: isValid, public_signals: publicSignals });
}
// Its worker threads would keep the process.
process.exit(0);
