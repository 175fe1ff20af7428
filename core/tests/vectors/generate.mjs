// Makes circomlibjs.json, the known answers of an independent implementation of the suite.
//
//   npm install circomlibjs@0.1.7 && node generate.mjs > circomlibjs.json
//
// circomlibjs derives keys and nonces in its own way (BLAKE-512); only what a verifier sees is compared.
import { buildBabyjub, buildEddsa, buildPoseidonReference } from "circomlibjs";

const poseidon = await buildPoseidonReference();
const eddsa = await buildEddsa();
const babyjub = await buildBabyjub();
const F = babyjub.F;

const element = (x) => "0x" + F.toObject(x).toString(16).padStart(64, "0");
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const poseidons = [];
for (let arity = 1; arity <= 12; arity++) {
  const inputs = Array.from({ length: arity }, (_, i) => F.e(BigInt(i + 1) ** 40n));
  poseidons.push({ inputs: inputs.map(element), digest: element(poseidon(inputs)) });
}

const signatures = [];
for (let i = 0; i < 8; i++) {
  const secret = Buffer.alloc(32, 17 * i + 1);
  const message = F.e(BigInt(i + 1) ** 55n);
  const signature = eddsa.signPoseidon(secret, message);
  const key = eddsa.prv2pub(secret);
  signatures.push({
    message: element(message),
    key: hex(babyjub.packPoint(key)),
    key_x: element(key[0]),
    key_y: element(key[1]),
    signature: hex(eddsa.packSignature(signature)),
    holds: eddsa.verifyPoseidon(message, signature, key),
  });
}

const multiples = [1n, 2n, 3n, 8n, babyjub.subOrder - 1n, 2n ** 200n + 12345n].map((scalar) => {
  const point = babyjub.mulPointEscalar(babyjub.Base8, scalar);
  return { scalar: scalar.toString(), x: element(point[0]), y: element(point[1]) };
});

process.stdout.write(JSON.stringify({ poseidon: poseidons, signatures, base8_multiples: multiples }, null, 1) + "\n");
