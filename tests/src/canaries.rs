//! Canaries: private values that are unlike anything else, and the search for them in raw bytes, in every form in which a leak
//! would show: text, hex, base64, decimal, bytes from either end, lists of bytes.
//!
//! What has few values (a country, a currency, a day's number) is in any haystack by chance: it is searched with the name of its
//! field beside it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::NaiveDate;
use num_bigint::BigUint;
use serde_json::Value;
use zapiki_core::credential::{Attributes, Credential, Income, Signatures};
use zapiki_core::witness::Witness;

/// Names, and the needles of each.
#[derive(Debug, Default, Clone)]
pub struct Canaries {
    names: Vec<String>,
    needles: Vec<Vec<u8>>,
}

/// A search that is ready to begin.
#[derive(Debug)]
pub struct Search {
    names: Vec<String>,
    finder: AhoCorasick,
}

/// How a field of the witness is searched for.
enum Form {
    /// `0x` and hex digits.
    Element,
    /// A day.
    Date,
    /// A number with many values.
    Number,
    /// One of few values.
    Few,
    /// Known to whoever verifies.
    Public,
}

/// Every field of a witness's JSON. A new one fails the tests until it stands here.
fn form_of(pointer: &str) -> Form {
    let segments: Vec<_> = pointer.split('/').skip(1).collect();
    match &*segments {
        ["credential", "schema"] | ["credential", "signatures", _, "issuer_key"] => Form::Public,
        ["holder_secret"] => Form::Element,
        ["credential", "attributes", rest @ ..] => match rest {
            ["holder_commitment" | "screening_id"] => Form::Element,
            ["birth_date" | "issued_at" | "expires_at"] => Form::Date,
            ["revocation_id"] | ["income", "amount_minor"] => Form::Number,
            ["country_of_residence"] | ["income", "currency" | "period"] => Form::Few,
            _ => panic!("{pointer}: say how this attribute is searched for"),
        },
        ["credential", "signatures", _, rest @ ..] => match rest {
            ["holder_commitment" | "signature" | "salt"] => Form::Element,
            ["root", "root" | "signature"] | ["path", "siblings", _] => Form::Element,
            ["path", "index"] | ["root", "signed_on"] => Form::Few,
            _ => panic!("{pointer}: say how this part of a signature is searched for"),
        },
        _ => panic!("{pointer}: say how this field is searched for"),
    }
}

/// Fails to compile when a private type has a new field, and fails when the witness lacks one that it could have: a field that
/// is left out is not searched for.
fn assert_whole(witness: &Witness) {
    // What shows absence is made of public lists, after the witness was read.
    let Witness {
        credential,
        holder_secret: _,
        absences: _,
    } = witness;
    let Credential {
        schema: _,
        attributes,
        signatures,
    } = credential;
    let Attributes {
        holder_commitment: _,
        birth_date,
        income,
        country_of_residence,
        screening_id,
        issued_at: _,
        expires_at: _,
        revocation_id: _,
    } = attributes;
    let Signatures {
        bjj_poseidon_bn254,
        rescue_merkle_ed25519,
        pallas_poseidon,
    } = signatures;
    let Some(Income {
        amount_minor: _,
        currency: _,
        period: _,
    }) = income
    else {
        panic!("the witness has no income");
    };
    assert!(birth_date.is_some() && country_of_residence.is_some() && screening_id.is_some());
    assert!(bjj_poseidon_bn254.is_some());
    assert!(rescue_merkle_ed25519.is_some() && pallas_poseidon.is_some());
}

impl Canaries {
    /// Everything private in a witness, by its JSON form. It must have every field that a witness can have.
    pub fn add_witness(&mut self, whose: &str, document: &Value) {
        let witness: Witness = serde_json::from_value(document.clone()).expect("a witness");
        assert_whole(&witness);
        self.add_fields(whose, "", document);
    }

    fn add_fields(&mut self, whose: &str, pointer: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.add_fields(whose, &format!("{pointer}/{name}"), value);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.add_fields(whose, &format!("{pointer}/{index}"), value);
                }
            }
            leaf => self.add_leaf(&format!("{whose}{pointer}"), pointer, leaf),
        }
    }

    fn add_leaf(&mut self, name: &str, pointer: &str, leaf: &Value) {
        let text = || leaf.as_str().expect("a text");
        match form_of(pointer) {
            Form::Public => {}
            Form::Element => {
                let digits = text().trim_start_matches("0x");
                self.add_bytes(name, &hex::decode(digits).expect("hex"));
            }
            Form::Date => self.add_date(name, text().parse().expect("a day")),
            Form::Number => self.add_number(name, leaf.as_u64().expect("a number")),
            Form::Few => {
                let (_, field) = pointer.rsplit_once('/').expect("a field");
                self.add_text(name, &format!("\"{field}\":{leaf}"));
                let bare = leaf
                    .as_str()
                    .map_or_else(|| leaf.to_string(), str::to_owned);
                self.add_text(name, &format!("{field}: {bare}"));
                self.add_text(name, &format!("{field}={bare}"));
            }
        }
    }

    /// A text.
    pub fn add_text(&mut self, name: &str, text: &str) {
        self.add_encoded(name, text.as_bytes());
    }

    /// A day, as people and machines write it.
    fn add_date(&mut self, name: &str, day: NaiveDate) {
        for form in [
            "%Y-%m-%d",
            "%Y/%m/%d",
            "%d.%m.%Y",
            "%d/%m/%Y",
            "%m/%d/%Y",
            "%-d %B %Y",
        ] {
            self.add_text(name, &day.format(form).to_string());
        }
        // Days since 1970, as circuits and wire formats have it.
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a day");
        let (_, field) = name.rsplit_once('/').expect("a field");
        let number = day.signed_duration_since(epoch).num_days();
        self.add_text(name, &format!("\"{field}\":{number}"));
    }

    /// A number.
    fn add_number(&mut self, name: &str, number: u64) {
        self.add_text(name, &number.to_string());
        let bytes = number.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        self.add_both_ways(name, &bytes[zeros..]);
    }

    /// Bytes that are a number, the first byte the highest.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add_text(name, &BigUint::from_bytes_be(bytes).to_string());
        self.add_both_ways(name, bytes);
    }

    fn add_both_ways(&mut self, name: &str, bytes: &[u8]) {
        let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
        self.add_encoded(name, bytes);
        self.add_encoded(name, &backwards);
    }

    /// Bytes as they are, and what they become on the way into some text.
    fn add_encoded(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, bytes);
        self.add(name, hex::encode(bytes).as_bytes());
        self.add(name, hex::encode_upper(bytes).as_bytes());
        for encoded in inside_base64(bytes) {
            self.add(name, encoded.as_bytes());
        }
        for separator in [", ", ","] {
            let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
            self.add(name, list.join(separator).as_bytes());
        }
    }

    fn add(&mut self, name: &str, needle: &[u8]) {
        // Shorter ones are found by chance.
        assert!(needle.len() >= 6, "{name} is too short to be looked for");
        self.names.push(name.to_owned());
        self.needles.push(needle.to_vec());
    }

    /// Ready to search.
    #[must_use]
    pub fn search(&self) -> Search {
        Search {
            names: self.names.clone(),
            finder: AhoCorasick::new(&self.needles).expect("a few hundred needles"),
        }
    }
}

/// What the bytes become inside a longer text in base64, in each of the three places where they can stand.
fn inside_base64(bytes: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let mut shifted = vec![0; before];
        shifted.extend(bytes);
        let encoded = STANDARD_NO_PAD.encode(&shifted);
        // The digits at both ends hold bits of the neighbours too.
        let first = (before * 8).div_ceil(6);
        let last = shifted.len() * 8 / 6;
        encoded[first..last].to_owned()
    })
}

impl Search {
    /// Whose needles are in the bytes.
    #[must_use]
    pub fn found(&self, haystack: impl AsRef<[u8]>) -> BTreeSet<&str> {
        let haystack = haystack.as_ref();
        let found = self.finder.find_overlapping_iter(haystack);
        found
            .map(|found| &*self.names[found.pattern().as_usize()])
            .collect()
    }

    /// Whose needles are in a file or in any file below a folder; `is_ours` says which of them to open. Files that vanish while
    /// it looks are left out.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn found_below(
        &self,
        path: &Path,
        is_ours: &dyn Fn(&Path) -> bool,
    ) -> io::Result<BTreeSet<&str>> {
        let vanished = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let mut found = BTreeSet::new();
        if !is_ours(path) {
            return Ok(found);
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if vanished(&error) => return Ok(found),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                match File::open(path) {
                    Ok(file) => {
                        for hit in self.finder.stream_find_iter(file) {
                            found.insert(&*self.names[hit?.pattern().as_usize()]);
                        }
                    }
                    Err(error) if vanished(&error) => {}
                    Err(error) => return Err(error),
                }
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        for entry in entries {
            found.extend(self.found_below(&entry?.path(), is_ours)?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Each form, as it would stand in a leak.
    #[test]
    fn every_form_of_a_canary_is_found() {
        let mut canaries = Canaries::default();
        canaries.add_number("number", 0x1c_9e57_a2b3_c4d5);
        canaries.add_bytes("bytes", &[0x3a; 31]);
        canaries.add_date(
            "x/birth_date",
            NaiveDate::from_ymd_opt(1987, 3, 14).unwrap(),
        );
        canaries.add_text("text", "a secret text");
        let search = canaries.search();
        let number = 0x1c_9e57_a2b3_c4d5_u64;
        let backwards: Vec<u8> = number.to_le_bytes().to_vec();
        let leaks: Vec<(&str, Vec<u8>)> = vec![
            ("number", number.to_string().into()),
            ("number", number.to_be_bytes().to_vec()),
            ("number", backwards.clone()),
            ("number", hex::encode(&backwards).into()),
            ("number", hex::encode_upper(number.to_be_bytes()).into()),
            (
                "number",
                STANDARD.encode(format!("{{\"n\":{number}}}")).into(),
            ),
            ("number", format!("{:?}", number.to_be_bytes()).into()),
            ("bytes", vec![0x3a; 31]),
            ("bytes", hex::encode([0x3a; 31]).into()),
            (
                "bytes",
                BigUint::from_bytes_be(&[0x3a; 31]).to_string().into(),
            ),
            ("x/birth_date", b"born 1987-03-14.".to_vec()),
            ("x/birth_date", b"14.03.1987".to_vec()),
            ("x/birth_date", b"{\"birth_date\":6281}".to_vec()),
            ("text", b"here is a secret text".to_vec()),
            ("text", STANDARD.encode("xa secret text").into()),
            ("text", STANDARD.encode("xya secret textz").into()),
            ("text", hex::encode("a secret text").into()),
        ];
        for (name, leak) in leaks {
            let shown = String::from_utf8_lossy(&leak);
            assert_eq!(search.found(&leak), BTreeSet::from([name]), "{shown}");
        }
        assert!(search.found(b"nothing of it: 1987-03-15").is_empty());
    }

    #[test]
    fn files_are_searched_across_buffers() {
        let folder = tempfile::tempdir().unwrap();
        let mut canaries = Canaries::default();
        canaries.add_text("text", "a secret text");
        let search = canaries.search();
        let mut bytes = vec![b'.'; 8 * 1024 * 1024 + 5];
        bytes.extend(b"a secret text");
        bytes.extend(vec![b'.'; 1024]);
        std::fs::create_dir(folder.path().join("below")).unwrap();
        std::fs::write(folder.path().join("below/file"), bytes).unwrap();
        let all = search.found_below(folder.path(), &|_| true).unwrap();
        assert_eq!(all, BTreeSet::from(["text"]));
        let none = search.found_below(folder.path(), &|path| !path.ends_with("below"));
        assert!(none.unwrap().is_empty());
    }

    #[test]
    fn a_new_field_must_be_covered() {
        for field in [
            "attributes/shoe_size",
            "signatures/bjj-poseidon-bn254/nonce",
            "more",
        ] {
            let pointer = format!("/credential/{field}");
            assert!(
                std::panic::catch_unwind(|| form_of(&pointer)).is_err(),
                "{field}"
            );
        }
    }
}
