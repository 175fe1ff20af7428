"""Makes rescue_merkle.json, the known answers of an independent implementation of the suite.

    pip install cryptography && python3 generate_rescue_merkle.py > rescue_merkle.json

Written from ePrint 2020/1143 (algorithm 3), RFC 9380 and the module documentation of the suite; integers of Python, no
code of the project's or of winter-crypto's. The round constants are data: the instance's authors published them
(rp64_256_constants.json), and the paper's algorithm 5 with the parameters it prints gives others. The first vector is the
authors' own, which they took from the paper's Sage code; this program stops if it does not reproduce it.
"""

import datetime
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P = 2**64 - 2**32 + 1
WIDTH, RATE, ROUNDS = 12, 8, 7
ALPHA = 7
ALPHA_INVERSE = pow(ALPHA, -1, P - 1)
FIRST_ROW = [7, 23, 8, 26, 13, 10, 9, 7, 6, 22, 21, 8]
MDS = [[FIRST_ROW[(column - row) % WIDTH] for column in range(WIDTH)] for row in range(WIDTH)]
CONSTANTS = json.loads(pathlib.Path(__file__).with_name("rp64_256_constants.json").read_text())
ARK1, ARK2 = ([[int(x) for x in row] for row in CONSTANTS[name]] for name in ("ark1", "ark2"))


def permute(state):
    for round_ in range(ROUNDS):
        for power, constants in ((ALPHA, ARK1[round_]), (ALPHA_INVERSE, ARK2[round_])):
            state = [pow(x, power, P) for x in state]
            state = [sum(m * x for m, x in zip(row, state)) % P for row in MDS]
            state = [(x + k) % P for x, k in zip(state, constants)]
    return state


PUBLISHED = [
    11084501481526603421, 6291559951628160880, 13626645864671311919, 18397438323058963117,
    7443014167353970324, 17930833023906771425, 4275355080008025761, 7676681476902901785,
    3460534574143792217, 11912731278641497187, 8104899243369883110, 674509706691634438,
]
assert permute(list(range(WIDTH))) == PUBLISHED

NULLIFIER, HOLDER_COMMITMENT, LEAF, NODE = 1, 2, 3, 4


def sponge(domain, inputs):
    state = [len(inputs), domain] + [0] * (WIDTH - 2)
    for start in range(0, len(inputs), RATE):
        for i, x in enumerate(inputs[start : start + RATE]):
            state[4 + i] = (state[4 + i] + x) % P
        state = permute(state)
    return state[4:8]


def digest_text(elements):
    return "0x" + b"".join(x.to_bytes(8, "little") for x in elements).hex()


def expand_message_xmd(dst, message, length):
    sha = lambda data: hashlib.sha256(data).digest()
    tail = dst + bytes([len(dst)])
    b0 = sha(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + tail)
    previous, output = bytes(32), b""
    for i in range(1, -(-length // 32) + 1):
        previous = sha(bytes(x ^ y for x, y in zip(b0, previous)) + bytes([i]) + tail)
        output += previous
    return output[:length]


def hash_to_four(dst, message):
    wide = expand_message_xmd(dst, message, 96)
    return [int.from_bytes(wide[24 * i : 24 * i + 24], "big") % P for i in range(4)]


def holder_key(secret):
    return hash_to_four(b"ZAPIKI-V1-RESCUE-HOLDER-KEY", secret)


def scope_elements(scope):
    return hash_to_four(b"ZAPIKI-V1-RESCUE-NULLIFIER-SCOPE", scope.encode())


ABSENT = 2**63
letters = lambda code: int.from_bytes(code.encode(), "big")
day_number = lambda text: (datetime.date.fromisoformat(text) - datetime.date(1900, 1, 1)).days


def leaf_elements(attributes, commitment, salt):
    screening = [ABSENT] * 5
    if "screening_id" in attributes:
        id_ = bytes.fromhex(attributes["screening_id"][2:])
        screening = [int.from_bytes(id_[i : i + 7], "big") for i in range(0, 32, 7)]
    income = attributes.get("income")
    country = attributes.get("country_of_residence")
    birth_date = attributes.get("birth_date")
    return (
        commitment
        + salt
        + [1, letters(country) if country else ABSENT, attributes["revocation_id"]]
        + screening
        + [day_number(birth_date) if birth_date else ABSENT]
        + ([income["amount_minor"], letters(income["currency"]), {"month": 1, "year": 2}[income["period"]]] if income else [ABSENT] * 3)
        + [day_number(attributes["issued_at"]), day_number(attributes["expires_at"]), 0, 0]
    )


def case(seed, attributes, index, signed_on, scope):
    rng = lambda label: [x % P for x in hash_to_four(b"vector", f"{seed} {label}".encode())]
    secret = hashlib.sha256(f"secret {seed}".encode()).digest()
    secret = b"\0" + secret[1:]  # Below the modulus of BN254, as every holder secret is.
    key, salt = holder_key(secret), rng("salt")
    commitment = sponge(HOLDER_COMMITMENT, key)
    elements = leaf_elements(attributes, commitment, salt)
    leaf = node = sponge(LEAF, elements)
    siblings = [rng(f"sibling {level}") for level in range(16)]
    for level, sibling in enumerate(siblings):
        pair = sibling + node if index >> level & 1 else node + sibling
        node = sponge(NODE, pair)
    issuer_secret = hashlib.sha256(f"issuer {seed}".encode()).digest()
    issuer = Ed25519PrivateKey.from_private_bytes(issuer_secret)
    root_bytes = bytes.fromhex(digest_text(node)[2:])
    message = b"ZAPIKI-V1-RESCUE-MERKLE-ROOT" + bytes([16]) + root_bytes + day_number(signed_on).to_bytes(4, "big")
    return {
        "attributes": attributes,
        "holder_secret": "0x" + secret.hex(),
        "holder_key": digest_text(key),
        "elements": [str(x) for x in elements],
        "leaf": digest_text(leaf),
        "scope": scope,
        "nullifier": digest_text(sponge(NULLIFIER, key + scope_elements(scope))),
        "issuer_secret": issuer_secret.hex(),
        "signature": {
            "issuer_key": issuer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex(),
            "holder_commitment": digest_text(commitment),
            "salt": digest_text(salt),
            "path": {"index": index, "siblings": [digest_text(s) for s in siblings]},
            "root": {
                "root": digest_text(node),
                "signed_on": signed_on,
                "signature": issuer.sign(message).hex(),
            },
        },
    }


full = {
    "holder_commitment": "0x" + "00" * 31 + "07",
    "birth_date": "2001-05-17",
    "income": {"amount_minor": 345000, "currency": "EUR", "period": "month"},
    "country_of_residence": "PT",
    "screening_id": "0x" + bytes(range(1, 33)).hex(),
    "issued_at": "2026-01-01",
    "expires_at": "2027-01-01",
    "revocation_id": 2**53 - 1,
}
least = {
    "holder_commitment": "0x" + "00" * 32,
    "issued_at": "1900-01-01",
    "expires_at": "2999-12-31",
    "revocation_id": 0,
}
sponges = [
    {"domain": domain, "inputs": [str(pow(i + 3, 40 + domain, P)) for i in range(count)]}
    for domain in (NULLIFIER, HOLDER_COMMITMENT, LEAF, NODE)
    for count in (1, 4, 7, 8, 9, 16, 24)
]
for vector in sponges:
    vector["digest"] = digest_text(sponge(vector["domain"], [int(x) for x in vector["inputs"]]))
print(
    json.dumps(
        {
            "sponges": sponges,
            "cases": [
                case("a", full, 0b1010_0110_1100_0101, "2026-01-02", "bank.example"),
                case("b", least, 0, "1900-01-01", "x"),
            ],
        },
        indent=1,
    )
)
