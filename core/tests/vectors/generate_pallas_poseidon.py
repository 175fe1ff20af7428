"""Makes pallas_poseidon.json, the known answers of an independent implementation of the suite.

    python3 generate_pallas_poseidon.py > pallas_poseidon.json

Written from the Poseidon paper (Grassi et al., USENIX Security 2021: Grain LFSR, appendix E; Cauchy matrix, section 2.3), the Halo 2
book (the sponge and its domain), the Zcash protocol specification (section 5.4.9.6: Pallas), RFC 9380, RFC 8032 for the derivation of
keys and nonces, and the module documentation of the suite; integers of Python, no code of the project's or of Zcash's. The first
two permutations are those of zcash-test-vectors (orchard_poseidon/permute/fp.py): this program stops if it does not reproduce
them.
"""

import datetime
import hashlib
import json

P = 0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001
Q = 0x40000000000000000000000000000000224698FC0994A8DD8C46EB2100000001
BN254 = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
WIDTH, FULL, PARTIAL = 3, 8, 56


# Poseidon


def grain():
    """The bits of the LFSR in self-shrinking mode."""
    state = []
    for value, bits in ((1, 2), (0, 4), (255, 12), (WIDTH, 12), (FULL, 10), (PARTIAL, 10), (2**30 - 1, 30)):
        state += [value >> i & 1 for i in reversed(range(bits))]

    def step():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.append(bit)
        del state[0]
        return bit

    for _ in range(160):
        step()
    while True:
        keep, bit = step(), step()
        if keep:
            yield bit


BITS = grain()


def draw():
    return sum(next(BITS) << i for i in reversed(range(255)))


def draw_below():
    while True:
        drawn = draw()
        if drawn < P:
            return drawn


CONSTANTS = [[draw_below() for _ in range(WIDTH)] for _ in range(FULL + PARTIAL)]
XS, YS = ([draw() % P for _ in range(WIDTH)] for _ in range(2))
MDS = [[pow(x + y, -1, P) for y in YS] for x in XS]


def permute(state):
    for number, constants in enumerate(CONSTANTS):
        state = [(x + k) % P for x, k in zip(state, constants)]
        is_full = number < FULL // 2 or number >= FULL // 2 + PARTIAL
        state = [pow(x, 5, P) if is_full or i == 0 else x for i, x in enumerate(state)]
        state = [sum(m * x for m, x in zip(row, state)) % P for row in MDS]
    return state


def le(number):
    return number.to_bytes(32, "little")


PUBLISHED = [
    (
        [0, 1, 2],
        "56a4ec4a02bcb1aea042b6d0719ae6f70f2466f964b3ef9453b4640bcd6a522a",
    ),
    (
        [
            int.from_bytes(bytes.fromhex(text), "little")
            for text in (
                "5c7a8f73adfc70fb3f139449ac6b57074c4d6e66b164939daffa2ef6ee692108",
                "1add86b3f2e1bda62a5d2e0e982b77e6b0ef9ca3f24988c7b3534201cfb1cd0d",
                "bd69b82532b6940ff2590f679ba9c7271fe01f7e9c8e36d6a5e29d4e30a73514",
            )
        ],
        "d06e2f8338928a7ee7380c77928087cda2fd2961a15269037a22d6d120aedd21",
    ),
]
for start, first in PUBLISHED:
    assert le(permute(start)[0]).hex() == first


def poseidon(inputs):
    state = [0, 0, len(inputs) << 64]
    for start in range(0, len(inputs), 2):
        for i, x in enumerate(inputs[start : start + 2]):
            state[i] = (state[i] + x) % P
        state = permute(state)
    return state[0]


# Pallas: y² = x³ + 5

G = (P - 1, 2)


def add(a, b):
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2:
        if (y1 + y2) % P == 0:
            return None
        slope = 3 * x1 * x1 * pow(2 * y1, -1, P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(scalar, point):
    result = None
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


assert multiply(Q, G) is None


def pack(point):
    x, y = point
    return le(x | (y & 1) << 255)


# Bytes to numbers


def expand(dst, message, length):
    def sha(data):
        return hashlib.sha256(data + dst + bytes([len(dst)])).digest()

    first = sha(bytes(64) + message + length.to_bytes(2, "big") + b"\0")
    output, previous = b"", bytes(32)
    for i in range(1, -(-length // 32) + 1):
        previous = sha(bytes(a ^ b for a, b in zip(first, previous)) + bytes([i]))
        output += previous
    return output[:length]


def to_field(dst, message):
    return int.from_bytes(expand(dst, message, 48), "big") % P


def derive(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % Q


# The suite

TAG = b"ZAPIKI-V1-PALLAS-TAG"
HOLDER_TAG, NULLIFIER_TAG, SIGNATURE_TAG = (
    to_field(TAG, name) for name in (b"holder-commitment", b"nullifier", b"signature")
)
SCHEMA = to_field(b"ZAPIKI-V1-PALLAS-CREDENTIAL-SCHEMA", b"zapiki.person.v1")
ABSENT = 1 << 128


def sign(secret, message):
    a = derive(b"ZAPIKI-V1-PALLAS-SCHNORR-KEY", secret)
    key = multiply(a, G)
    nonce = b"ZAPIKI-V1-PALLAS-SCHNORR-NONCE"
    for count in range(256):
        r = derive(nonce, secret, le(message), bytes([count]))
        point = multiply(r, G)
        e = poseidon([SIGNATURE_TAG, *point, *key, message])
        s = (r + e * a) % Q
        if s < P:
            assert multiply(s, G) == add(point, multiply(e, key))
            return key, pack(point) + le(s)


def number(text):
    return int(text, 16)


def text_of(element):
    return "0x" + element.to_bytes(32, "big").hex()


def day(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1900, 1, 1)).days


def letters(text):
    return int.from_bytes(text.encode(), "big")


def encode(attributes, commitment):
    income = attributes.get("income")
    screening = attributes.get("screening_id")
    birth = attributes.get("birth_date")
    country = attributes.get("country_of_residence")
    return [
        SCHEMA,
        commitment,
        day(birth) if birth else ABSENT,
        income["amount_minor"] if income else ABSENT,
        letters(income["currency"]) if income else ABSENT,
        {"month": 1, "year": 2}[income["period"]] if income else ABSENT,
        letters(country) if country else ABSENT,
        number(screening) if screening else ABSENT,
        day(attributes["issued_at"]),
        day(attributes["expires_at"]),
        attributes["revocation_id"],
        0,
    ]


def case(attributes, holder_secret, issuer_secret, scope):
    secret = number(holder_secret).to_bytes(32, "big")
    key = to_field(b"ZAPIKI-V1-PALLAS-HOLDER-KEY", secret)
    commitment = poseidon([HOLDER_TAG, key])
    elements = encode(attributes, commitment)
    digest = poseidon(elements)
    issuer, signature = sign(bytes.fromhex(issuer_secret), digest)
    scope_element = to_field(b"ZAPIKI-V1-PALLAS-NULLIFIER-SCOPE", scope.encode())
    return {
        "attributes": attributes,
        "holder_secret": holder_secret,
        "holder_commitment": text_of(commitment),
        "elements": [text_of(x) for x in elements],
        "digest": text_of(digest),
        "scope": scope,
        "nullifier": text_of(poseidon([NULLIFIER_TAG, key, scope_element])),
        "issuer_secret": issuer_secret,
        "issuer_key": pack(issuer).hex(),
        "signature": signature.hex(),
    }


FULL_ATTRIBUTES = {
    "holder_commitment": "0x" + "00" * 31 + "07",
    "birth_date": "2001-05-17",
    "income": {"amount_minor": 345000, "currency": "EUR", "period": "month"},
    "country_of_residence": "PT",
    "screening_id": text_of(BN254 - 1),
    "issued_at": "2026-01-01",
    "expires_at": "2027-01-01",
    "revocation_id": 2**53 - 1,
}
BARE_ATTRIBUTES = {
    "holder_commitment": "0x" + "00" * 32,
    "issued_at": "2024-02-29",
    "expires_at": "2024-02-29",
    "revocation_id": 0,
}
CHALLENGE = bytes(range(32))

print(
    json.dumps(
        {
            "hashes": [
                {"inputs": [text_of(x) for x in inputs], "digest": text_of(poseidon(inputs))}
                for inputs in ([6, 42], [1, 2, 3], list(range(6)), [P - 1 - i for i in range(12)])
            ],
            "to_field": [
                {"dst": dst, "message": message, "element": text_of(to_field(dst.encode(), message.encode()))}
                for dst, message in (("QUUX", ""), ("ZAPIKI-V1-PALLAS-TAG", "nullifier"))
            ],
            "challenge": {
                "bytes": "0x" + CHALLENGE.hex(),
                "element": text_of(to_field(b"ZAPIKI-V1-PALLAS-CHALLENGE", CHALLENGE)),
            },
            "cases": [
                case(FULL_ATTRIBUTES, text_of(BN254 - 1), "01" * 32, "tests"),
                case(BARE_ATTRIBUTES, text_of(1), "00" * 31 + "ff", "a-bank.example/onboarding"),
            ],
        },
        indent=2,
    )
)
