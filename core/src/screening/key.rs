//! Screening keys: 248-bit numbers, one kind of identity each.
//!
//! key = the first 31 bytes, big-endian, of SHA-256(len8(tag) ‖ tag ‖ len32(part) ‖ part ‖ …). The tag names the kind. Lengths
//! are in bytes, big-endian: as in TupleHash (NIST SP 800-185), no two lists of parts spell alike. Truncation keeps the leftmost
//! bits (NIST SP 800-107, section 5.1). 248 bits fit the field, and the tree's comparisons; two of 2⁴⁰
//! identities share a key with probability 2⁻¹⁶⁸.
//!
//! A key hides nothing: names and days can be tried out. It is as private as what it was made of.

use std::fmt;

use ark_ff::{BigInteger as _, PrimeField as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::normalise::{self, UnusableText};
use crate::credential::{CountryCode, FieldElement};
use crate::day::Day;
use crate::suites::bjj_poseidon::Fr;

/// The bytes of a key.
pub const KEY_BYTES: usize = 31;

/// The ends of the range, which the tree keeps for itself.
const LEAST: [u8; KEY_BYTES] = [0; KEY_BYTES];
const GREATEST: [u8; KEY_BYTES] = [0xff; KEY_BYTES];

/// By what a person is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The number and country of an identity document.
    Document,
    /// The full name and the day of birth.
    NameAndBirthDate,
    /// The full name and the year of birth.
    NameAndBirthYear,
}

crate::named_variants!(KeyKind, UnknownKeyKind, "kind of screening key", {
    Document => "document",
    NameAndBirthDate => "name_and_birth_date",
    NameAndBirthYear => "name_and_birth_year",
});

impl KeyKind {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Document => b"ZAPIKI-V1-SCREENING-DOCUMENT",
            Self::NameAndBirthDate => b"ZAPIKI-V1-SCREENING-NAME-AND-BIRTH-DATE",
            Self::NameAndBirthYear => b"ZAPIKI-V1-SCREENING-NAME-AND-BIRTH-YEAR",
        }
    }
}

/// An identity as a number below 2^248, neither the least nor the greatest. Ordered as the number is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScreeningKey([u8; KEY_BYTES]);

impl fmt::Debug for ScreeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScreeningKey([private])")
    }
}

impl Zeroize for ScreeningKey {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl ScreeningKey {
    /// The key of an identity document. `country` is the holder's nationality, which is the country that issued it in the
    /// case of a passport.
    ///
    /// # Errors
    /// The number cannot identify anything.
    pub fn document(number: &str, country: CountryCode) -> Result<Self, UnusableText> {
        let number = normalise::document_number(number)?;
        let country = country.to_string();
        Ok(Self::of(
            KeyKind::Document,
            &[country.as_bytes(), number.as_bytes()],
        ))
    }

    /// The key of a full name and a day of birth.
    ///
    /// # Errors
    /// The name cannot identify anybody.
    pub fn name_and_birth_date(name: &str, birth_date: Day) -> Result<Self, UnusableText> {
        let name = normalise::name(name)?;
        let date = Zeroizing::new(birth_date.to_string());
        Ok(Self::of(
            KeyKind::NameAndBirthDate,
            &[name.as_bytes(), date.as_bytes()],
        ))
    }

    /// The key of a full name and a year of birth.
    ///
    /// # Errors
    /// The name cannot identify anybody.
    pub fn name_and_birth_year(name: &str, birth_year: u16) -> Result<Self, UnusableText> {
        let name = normalise::name(name)?;
        let year = Zeroizing::new(format!("{birth_year:04}"));
        Ok(Self::of(
            KeyKind::NameAndBirthYear,
            &[name.as_bytes(), year.as_bytes()],
        ))
    }

    /// The key with these bytes, big-endian.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Option<Self> {
        (bytes != LEAST && bytes != GREATEST).then_some(Self(bytes))
    }

    /// Its bytes, big-endian.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// As the element that a list's tree holds and a credential's `screening_id` is.
    #[must_use]
    pub fn to_field(self) -> Fr {
        // Below the modulus: nothing is reduced.
        Fr::from_be_bytes_mod_order(&self.0)
    }

    /// The key that this element is.
    #[must_use]
    pub fn from_field(element: &Fr) -> Option<Self> {
        let bytes = element.into_bigint().to_bytes_be();
        let (high, key) = bytes.split_at(bytes.len() - KEY_BYTES);
        if high.iter().any(|&byte| byte != 0) {
            return None;
        }
        Self::from_bytes(key.try_into().ok()?)
    }

    fn of(kind: KeyKind, parts: &[&[u8]]) -> Self {
        let tag = kind.tag();
        // Tags and parts are shorter than their lengths can tell: see `normalise`.
        let mut hash = Sha256::new()
            .chain_update([tag.len() as u8])
            .chain_update(tag);
        for part in parts {
            hash.update((part.len() as u32).to_be_bytes());
            hash.update(part);
        }
        let mut key = [0; KEY_BYTES];
        key.copy_from_slice(&hash.finalize()[..KEY_BYTES]);
        Self(within(key))
    }
}

impl From<ScreeningKey> for FieldElement {
    fn from(key: ScreeningKey) -> Self {
        Self(key.to_field())
    }
}

/// Moves the two values that no key has to their neighbours.
const fn within(mut key: [u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
    let last = KEY_BYTES - 1;
    let mut index = 0;
    while index < last {
        if key[index] != key[0] {
            return key;
        }
        index += 1;
    }
    match (key[0], key[last]) {
        (0, 0) => key[last] = 1,
        (0xff, 0xff) => key[last] = 0xfe,
        _ => {}
    }
    key
}

#[cfg(test)]
mod tests {
    use ark_ff::Field as _;
    use proptest::prelude::*;

    use super::*;

    fn country(text: &str) -> CountryCode {
        text.parse().unwrap()
    }

    #[test]
    fn kinds_never_meet() {
        let day: Day = "1970-01-01".parse().unwrap();
        let keys = [
            ScreeningKey::document("19700101", country("ZZ")).unwrap(),
            ScreeningKey::name_and_birth_date("ZZ", day).unwrap(),
            ScreeningKey::name_and_birth_year("ZZ", 1970).unwrap(),
        ];
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        // Parts keep to themselves even with one tag.
        let parts: [&[&[u8]]; 3] = [&[b"AB", b"C"], &[b"A", b"BC"], &[b"ABC"]];
        let keys = parts.map(|parts| ScreeningKey::of(KeyKind::Document, parts));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }

    #[test]
    fn a_key_keeps_away_from_the_ends() {
        let mut least = LEAST;
        assert_eq!(within(least)[30], 1);
        least[30] = 1;
        assert_eq!(within(least), least);
        let mut greatest = GREATEST;
        assert_eq!(within(greatest)[30], 0xfe);
        greatest[30] = 0xfe;
        assert_eq!(within(greatest), greatest);
        for near in [0, 15, 29] {
            for (mut bytes, other) in [(LEAST, 1), (GREATEST, 0xfe)] {
                bytes[near] = other;
                assert_eq!(within(bytes), bytes);
            }
        }
        assert_eq!(ScreeningKey::from_bytes(LEAST), None);
        assert_eq!(ScreeningKey::from_bytes(GREATEST), None);
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = ScreeningKey::document("X1", country("PT")).unwrap();
        assert_eq!(format!("{key:?}"), "ScreeningKey([private])");
    }

    proptest! {
        #[test]
        fn a_key_is_its_number(bytes in any::<[u8; KEY_BYTES]>(), more in any::<[u8; KEY_BYTES]>()) {
            let (key, other) = (ScreeningKey(within(bytes)), ScreeningKey(within(more)));
            prop_assert_eq!(ScreeningKey::from_field(&key.to_field()), Some(key));
            prop_assert_eq!(key.cmp(&other), key.to_field().cmp(&other.to_field()));
        }
    }

    #[test]
    fn what_is_no_key_is_not_read_as_one() {
        let two_to_248 = Fr::from(2u8).pow([248]);
        for element in [
            Fr::from(0u8),
            two_to_248,
            two_to_248 - Fr::from(1u8),
            -Fr::from(1u8),
        ] {
            assert_eq!(ScreeningKey::from_field(&element), None);
        }
        assert!(ScreeningKey::from_field(&(two_to_248 - Fr::from(2u8))).is_some());
    }
}
