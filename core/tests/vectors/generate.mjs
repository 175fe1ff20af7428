// Makes circomlibjs.json, the known answers of an independent implementation of the suite.
//
//   npm install circomlibjs@0.1.7 && node generate.mjs > circomlibjs.json
//
// circomlibjs derives keys and nonces in its own way (BLAKE-512); only what a verifier sees is compared. The witnesses are
// credentials as an issuer without our code makes them, from docs/decisions/0004 and core/src/credential.rs alone.
import { createHash } from "node:crypto";
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

// RFC 9380: hash_to_field with m = 1, L = 48, over expand_message_xmd with SHA-256.
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hashToField = (domain, message) => {
  const dst = Buffer.concat([Buffer.from(domain), Buffer.from([domain.length])]);
  const b0 = sha256(Buffer.alloc(64), message, Buffer.from([0, 48, 0]), dst);
  const b1 = sha256(b0, Buffer.from([1]), dst);
  const b2 = sha256(b0.map((byte, i) => byte ^ b1[i]), Buffer.from([2]), dst);
  return F.e(BigInt("0x" + hex(Buffer.concat([b1, b2]).subarray(0, 48))));
};

const number = (n) => F.e(BigInt(n));
const absent = F.e(1n << 128n);
const day = (text) => number((Date.parse(text) - Date.parse("1900-01-01")) / 86_400_000);
const letters = (text) => number([...Buffer.from(text)].reduce((n, letter) => (n << 8) + letter, 0));

const witness = (secretText, attributes, scope) => {
  const secret = hashToField("holder", secretText);
  attributes.holder_commitment = element(poseidon([hashToField("ZAPIKI-V1-TAG", "holder-commitment"), secret]));
  const { birth_date, income, country_of_residence, screening_id } = attributes;
  const digest = poseidon([
    hashToField("ZAPIKI-V1-CREDENTIAL-SCHEMA", "zapiki.person.v1"),
    F.e(BigInt(attributes.holder_commitment)),
    birth_date ? day(birth_date) : absent,
    income ? number(income.amount_minor) : absent,
    income ? letters(income.currency) : absent,
    income ? number({ month: 1, year: 2 }[income.period]) : absent,
    country_of_residence ? letters(country_of_residence) : absent,
    screening_id ? F.e(BigInt(screening_id)) : absent,
    day(attributes.issued_at),
    day(attributes.expires_at),
    number(attributes.revocation_id),
    number(0),
  ]);
  const key = hex(babyjub.packPoint(eddsa.prv2pub(issuerSecret)));
  const signature = hex(eddsa.packSignature(eddsa.signPoseidon(issuerSecret, digest)));
  const suite = "bjj-poseidon-bn254";
  const challenge = sha256(scope);
  const scopeElement = hashToField("ZAPIKI-V1-NULLIFIER-SCOPE", scope);
  return {
    public_inputs: {
      statement: { type: "age_over", min_age: 18, as_of: "2026-11-24" },
      issuer: { suite, key },
      challenge: "0x" + hex(challenge),
      scope,
      nullifier: element(poseidon([hashToField("ZAPIKI-V1-TAG", "nullifier"), secret, scopeElement])),
    },
    witness: {
      credential: { schema: "zapiki.person.v1", attributes, signatures: { [suite]: { issuer_key: key, signature } } },
      holder_secret: element(secret),
    },
    digest: element(digest),
    challenge: element(hashToField("ZAPIKI-V1-CHALLENGE", challenge)),
    scope: element(scopeElement),
  };
};

const issuerSecret = Buffer.alloc(32, 5);
const witnesses = [
  witness(
    "everything",
    {
      birth_date: "2000-02-29",
      income: { amount_minor: 4_200_000, currency: "EUR", period: "year" },
      country_of_residence: "PT",
      screening_id: element(hashToField("screening", "name and birth date")),
      issued_at: "2026-01-01",
      expires_at: "2027-01-01",
      revocation_id: 77,
    },
    "bank.example",
  ),
  witness(
    "as little as can be",
    { birth_date: "1900-01-01", issued_at: "2026-11-24", expires_at: "2026-11-24", revocation_id: 0 },
    "x",
  ),
];

const vectors = { poseidon: poseidons, signatures, base8_multiples: multiples, witnesses };
process.stdout.write(JSON.stringify(vectors, null, 1) + "\n");
