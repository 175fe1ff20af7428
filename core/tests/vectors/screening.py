"""Makes screening.json: screening keys as somebody makes them from docs/SCREENING.md alone.

python3 screening.py > screening.json

Python's unicodedata and hashlib stand against our crates.
"""

import hashlib
import json
import unicodedata

IGNORED = [*map(ord, "'`´"), *range(0x2B9, 0x2C0), *range(0x2018, 0x201C), 0x2032, 0xFF07,
           0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070),
           0xFEFF, 0x640]
ACCENTS = [*range(0x300, 0x370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100),
           *range(0xFE20, 0xFE30),
           *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,
           *range(0x610, 0x61B), *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6DD), *range(0x6DF, 0x6E5),
           0x6E7, 0x6E8, *range(0x6EA, 0x6EE)]
LETTERS = {"ẞ": "SS", "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "Ħ": "H", "Ŧ": "T",
           "Ŋ": "N"}


def plain(text):
    text = "".join(c for c in text if ord(c) not in IGNORED)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if ord(c) not in IGNORED and ord(c) not in ACCENTS).upper()
    text = "".join(LETTERS.get(c, c) for c in text)
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)


def name(text):
    return " ".join(sorted(plain(text).split()))


def number(text):
    return "".join(plain(text).split())


def key(tag, *parts):
    message = bytes([len(tag)]) + tag.encode()
    for part in parts:
        message += len(part.encode()).to_bytes(4, "big") + part.encode()
    return "0x00" + hashlib.sha256(message).digest()[:31].hex()


NAMES = ["Ana Example", "EXAMPLE-DOE, José María", "O’Sample, Séan", "Łukasz Żółć-Sample", "Søren Æbleskov", "Weiß STRAẞE",
         "Пример Семён", "مثال أحمد", "例 太郎", "が か", "उदाहरण कि", "ﬁctive Ｗｉｄｅ", "İlker Işık", "J.R. Doe III", "ŉ Ŋaio"]
documents = [("PT", "X-123 456"), ("DE", "c01x0006h"), ("IR", "Ａ１２３"), ("ES", "12.345.678-Z"), ("XK", "0000 1")]

print(json.dumps({
    "documents": [{"number": n, "country": c, "normalised": number(n),
                   "key": key("ZAPIKI-V1-SCREENING-DOCUMENT", c, number(n))} for c, n in documents],
    "names": [{"name": n, "normalised": name(n), "birth_date": "1970-02-03", "birth_year": 1970,
               "date_key": key("ZAPIKI-V1-SCREENING-NAME-AND-BIRTH-DATE", name(n), "1970-02-03"),
               "year_key": key("ZAPIKI-V1-SCREENING-NAME-AND-BIRTH-YEAR", name(n), "1970")} for n in NAMES],
}, ensure_ascii=False, indent=2))
