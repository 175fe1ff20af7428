//! The keys of a deployment: key-encryption keys by version, and the text of the file that holds them.
//!
//! One `<version>:<64 hex digits>` per line. A mark may stand behind it:
//!
//! | mark | the key |
//! | --- | --- |
//! | none | seals if it is the newest of these, and opens |
//! | `next` | opens, and does not seal until every service knows it: others could not open what it sealed earlier |
//! | `payloads` | is gone; this is the one derived from it that still opens what lies in Temporal ([`crate::payload_keys`]) |
//!
//! What the keys wrap is told by their users: [`crate::payload_keys`], and the store for private input.

use std::collections::BTreeMap;
use std::fmt;

use rand::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::aead::Key;
use crate::payload_keys::PayloadKeys;

/// What a key is marked by that opens and does not seal yet.
const NEXT: &str = "next";
/// What the rest of a key is marked by that was taken out.
const PAYLOADS: &str = "payloads";

/// The key-encryption keys by version. New input is sealed under the current one: the newest that is not marked `next`. All of
/// them open what they sealed.
pub struct KeyRing {
    keys: BTreeMap<u32, Key>,
    /// Of keys that are gone: what opens Temporal's payloads.
    retired: BTreeMap<u32, Key>,
    current: u32,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(current: {})", self.current)
    }
}

/// The text is no key ring. Says where, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// No key at all.
    #[error("there is no key in it")]
    Empty,
    /// No key but such as are marked.
    #[error("no key seals: all are marked `next` or `payloads`")]
    NoneSeals,
    /// A line of another form.
    #[error(
        "line {0} is not of the form `<version>:<64 hex digits>`, with `:next` or `:payloads` behind it or not"
    )]
    Line(usize),
    /// Two keys of one version.
    #[error("line {0} repeats a version")]
    Repeated(usize),
    /// No key of this version, or not one that this can be done to.
    #[error("there is no such key {0} in it")]
    NoSuchKey(u32),
    /// There is no version after the newest.
    #[error("the versions are used up")]
    UsedUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Next,
    Payloads,
}

/// The keys of a text, by version.
fn entries(text: &str) -> Result<BTreeMap<u32, (Mark, Key)>, KeyRingError> {
    let mut entries = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let place = index + 1;
        if line.trim().is_empty() {
            continue;
        }
        let (version, digits) = line
            .trim()
            .split_once(':')
            .ok_or(KeyRingError::Line(place))?;
        let version: u32 = version.parse().map_err(|_| KeyRingError::Line(place))?;
        // The column is a signed integer.
        i32::try_from(version).map_err(|_| KeyRingError::Line(place))?;
        let (digits, mark) = match digits.split_once(':') {
            None => (digits, Mark::None),
            Some((digits, NEXT)) => (digits, Mark::Next),
            Some((digits, PAYLOADS)) => (digits, Mark::Payloads),
            Some(_) => return Err(KeyRingError::Line(place)),
        };
        let key = Key::written(|bytes| hex::decode_to_slice(digits, bytes))
            .map_err(|_| KeyRingError::Line(place))?;
        if entries.insert(version, (mark, key)).is_some() {
            return Err(KeyRingError::Repeated(place));
        }
    }
    if entries.is_empty() {
        return Err(KeyRingError::Empty);
    }
    Ok(entries)
}

impl KeyRing {
    /// Reads the text of a key file; see the module.
    ///
    /// # Errors
    /// The text is of another form.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let (mut keys, mut retired) = (BTreeMap::new(), BTreeMap::new());
        let mut current = None;
        for (version, (mark, key)) in entries(text)? {
            match mark {
                Mark::None => current = Some(version),
                Mark::Next => {}
                Mark::Payloads => {
                    retired.insert(version, key);
                    continue;
                }
            }
            keys.insert(version, key);
        }
        let current = current.ok_or(KeyRingError::NoneSeals)?;
        Ok(Self {
            keys,
            retired,
            current,
        })
    }

    /// The version of the key that seals.
    #[must_use]
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// Every version, oldest first. Those that were taken out are not among them.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.keys.keys().copied()
    }

    /// The versions that were taken out, and of which what opens Temporal's payloads is left, oldest first.
    pub fn retired_versions(&self) -> impl Iterator<Item = u32> {
        self.retired.keys().copied()
    }

    /// The key of a version.
    #[must_use]
    pub fn key(&self, version: u32) -> Option<&Key> {
        self.keys.get(&version)
    }

    /// What seals and opens Temporal's payloads.
    #[must_use]
    pub fn payload_keys(&self) -> PayloadKeys {
        let derived = self.keys.iter();
        let derived = derived.map(|(version, key)| (*version, PayloadKeys::derive(key)));
        let retired = self
            .retired
            .iter()
            .map(|(version, key)| (*version, key.clone()));
        PayloadKeys::new(derived.chain(retired).collect(), self.current)
    }

    /// The text of a key file with one more fresh key, marked `next`. The file must be one that [`Self::parse`] reads.
    ///
    /// # Errors
    /// It is not.
    pub fn with_next_key(
        text: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Zeroizing<String>, KeyRingError> {
        let ring = Self::parse(text)?;
        // A version is never used again, not even that of a key which was taken out: payloads name it.
        let newest = ring.versions().chain(ring.retired_versions()).max();
        let version = newest.unwrap_or(0).checked_add(1);
        let version = version.ok_or(KeyRingError::UsedUp)?;
        let more = line(version, &Key::generate(rng), NEXT);
        Ok(edited(text, Some(&more), |line| Some(line)))
    }

    /// The text of a key file in which every key seals: the newest is the current one.
    ///
    /// # Errors
    /// The text is no key file.
    pub fn with_all_promoted(text: &str) -> Result<Zeroizing<String>, KeyRingError> {
        Self::parse(text)?;
        let mark = format!(":{NEXT}");
        Ok(edited(text, None, |line| {
            Some(line.strip_suffix(mark.as_str()).unwrap_or(line))
        }))
    }

    /// The text of a key file in which nothing is left of this version but what opens Temporal's payloads. The key itself
    /// cannot be had from that.
    ///
    /// # Errors
    /// The text is no key file, would be none without the key, or has no such key.
    pub fn with_retired(text: &str, version: u32) -> Result<Zeroizing<String>, KeyRingError> {
        let ring = Self::parse(text)?;
        let key = ring.key(version).ok_or(KeyRingError::NoSuchKey(version))?;
        let left = line(version, &PayloadKeys::derive(key), PAYLOADS);
        let rest = edited(text, Some(&left), |line| {
            (!is_of(line, version)).then_some(line)
        });
        Self::parse(&rest)?;
        Ok(rest)
    }

    /// The text of a key file without what was left of this version, which was taken out before.
    ///
    /// # Errors
    /// The text is no key file, or nothing was left of such a key.
    pub fn without_retired(text: &str, version: u32) -> Result<Zeroizing<String>, KeyRingError> {
        if Self::parse(text)?.retired_versions().all(|v| v != version) {
            return Err(KeyRingError::NoSuchKey(version));
        }
        let rest = edited(text, None, |line| (!is_of(line, version)).then_some(line));
        Self::parse(&rest)?;
        Ok(rest)
    }

    /// The text of a file for whoever may open Temporal's payloads and nothing else: every key as what is derived from it. A
    /// key that does not seal yet is left out.
    ///
    /// # Errors
    /// The text is no key file.
    pub fn payloads_text(text: &str) -> Result<Zeroizing<String>, KeyRingError> {
        let (ring, entries) = (Self::parse(text)?, entries(text)?);
        let keys = ring.payload_keys();
        let sealing = entries.iter().filter(|(_, (mark, _))| *mark != Mark::Next);
        let lines: Vec<_> = sealing
            .filter_map(|(version, _)| Some(line(*version, keys.key(*version)?, PAYLOADS)))
            .collect();
        let room = lines.iter().map(|line| line.len() + 1).sum();
        let mut text = Zeroizing::new(String::with_capacity(room));
        for line in &lines {
            text.push_str(line);
            text.push('\n');
        }
        Ok(text)
    }

    /// The text of a new key file with one fresh key.
    #[must_use]
    pub fn generate_text(rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<String> {
        edited("", Some(&line(1, &Key::generate(rng), "")), |line| {
            Some(line)
        })
    }
}

impl PayloadKeys {
    /// Reads what opens Temporal's payloads from a key file, or from one that holds nothing else. It seals under the key that
    /// the file's owner seals under: the newest.
    ///
    /// # Errors
    /// The text is of another form.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let (mut keys, mut newest) = (BTreeMap::new(), None);
        for (version, (mark, key)) in entries(text)? {
            if mark == Mark::None {
                return Ok(KeyRing::parse(text)?.payload_keys());
            }
            if mark == Mark::Payloads {
                keys.insert(version, key);
                newest = Some(version);
            }
        }
        Ok(Self::new(keys, newest.ok_or(KeyRingError::NoneSeals)?))
    }
}

/// Whether a line is the one of this version.
fn is_of(line: &str, version: u32) -> bool {
    line.split(':').next().and_then(|text| text.parse().ok()) == Some(version)
}

/// A key's line.
fn line(version: u32, key: &Key, mark: &str) -> Zeroizing<String> {
    let digits = Zeroizing::new(hex::encode(key.expose()));
    let version = version.to_string();
    // Room for all of it: a string that grows leaves its old buffers behind unwiped.
    let room = version.len() + digits.len() + mark.len() + 2;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(&version);
    text.push(':');
    text.push_str(&digits);
    if !mark.is_empty() {
        text.push(':');
        text.push_str(mark);
    }
    text
}

/// The lines of a key file, each as `edit` leaves it, and one more.
fn edited(
    text: &str,
    more: Option<&str>,
    edit: impl for<'a> Fn(&'a str) -> Option<&'a str>,
) -> Zeroizing<String> {
    let room = text.len() + more.map_or(0, str::len) + 2;
    let mut lines = Zeroizing::new(String::with_capacity(room));
    let kept = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in kept.filter_map(edit).chain(more) {
        lines.push_str(line);
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;

    fn line(version: u32, byte: u8) -> String {
        format!("{version}:{}\n", hex::encode([byte; 32]))
    }

    #[test]
    fn a_key_file_is_parsed_strictly_and_never_quoted() {
        assert_eq!(KeyRing::parse("\n").err(), Some(KeyRingError::Empty));
        let key = "0".repeat(64);
        for bad in [
            "7",
            "x:00",
            "1:zz",
            &format!("1:{}", "0".repeat(62)),
            &format!("-1:{key}"),
            &format!("1:{key}:later"),
            &format!("1:{key}:next:next"),
            &format!("1:{key}:"),
        ] {
            let error = KeyRing::parse(bad).err();
            assert_eq!(error, Some(KeyRingError::Line(1)), "{bad}");
        }
        let twice = line(1, 1) + &line(1, 2);
        assert_eq!(
            KeyRing::parse(&twice).err(),
            Some(KeyRingError::Repeated(2))
        );
        for mark in ["next", "payloads"] {
            let unready = format!("1:{key}:{mark}");
            let error = KeyRing::parse(&unready).err();
            assert_eq!(error, Some(KeyRingError::NoneSeals));
        }
        let shown = format!("{:?}", KeyRing::parse(&line(3, 1)).unwrap());
        assert_eq!(shown, "KeyRing(current: 3)");
    }

    #[test]
    fn the_text_of_a_key_file_is_edited_line_by_line() {
        let two = line(1, 7) + &line(2, 8);
        let three = KeyRing::with_next_key(&two, &mut OsRng).unwrap();
        assert!(three.starts_with(&two) && three.ends_with(":next\n"));
        assert!(KeyRing::with_next_key("x", &mut OsRng).is_err());
        let promoted = KeyRing::with_all_promoted(&three).unwrap();
        assert_eq!(KeyRing::parse(&promoted).unwrap().current(), 3);
    }

    #[test]
    fn a_key_that_is_taken_out_leaves_what_opens_payloads_and_its_version_is_not_used_again() {
        let two = line(1, 7) + &line(2, 8);
        let rest = KeyRing::with_retired(&two, 2).unwrap();
        assert!(!rest.contains(&hex::encode([8; 32])), "the key is gone");
        let ring = KeyRing::parse(&rest).unwrap();
        assert_eq!((ring.current(), ring.key(2).is_none()), (1, true));
        assert_eq!(ring.retired_versions().collect::<Vec<_>>(), [2]);
        let more = KeyRing::with_next_key(&rest, &mut OsRng).unwrap();
        let versions: Vec<_> = KeyRing::parse(&more).unwrap().versions().collect();
        assert_eq!(versions, [1, 3]);

        let last = KeyRing::with_retired(&line(1, 7), 1).err();
        assert_eq!(last, Some(KeyRingError::NoneSeals), "one key stays");
        for version in [2, 3] {
            let again = KeyRing::with_retired(&rest, version).err();
            assert_eq!(again, Some(KeyRingError::NoSuchKey(version)));
        }
        assert_eq!(**KeyRing::without_retired(&rest, 2).unwrap(), line(1, 7));
        let whole = KeyRing::without_retired(&rest, 1).err();
        assert_eq!(
            whole,
            Some(KeyRingError::NoSuchKey(1)),
            "a key is not left over"
        );
    }

    #[test]
    fn a_version_is_not_taken_for_another_that_begins_with_it() {
        let two = line(1, 7) + &line(11, 8);
        let rest = KeyRing::with_retired(&two, 1).unwrap();
        assert_eq!(KeyRing::parse(&rest).unwrap().current(), 11);
    }

    #[test]
    fn a_file_for_payloads_alone_opens_payloads_alone() {
        let three = KeyRing::with_next_key(&(line(1, 7) + &line(2, 8)), &mut OsRng).unwrap();
        let alone = KeyRing::payloads_text(&three).unwrap();
        assert_eq!(KeyRing::parse(&alone).err(), Some(KeyRingError::NoneSeals));
        assert!(!alone.contains(&hex::encode([7; 32])) && !alone.contains(&hex::encode([8; 32])));
        let (mine, theirs) = (
            KeyRing::parse(&three).unwrap().payload_keys(),
            PayloadKeys::parse(&alone).unwrap(),
        );
        let (key, sealed) = mine.seal(&mut OsRng, b"text").unwrap();
        assert_eq!(theirs.open(key, &sealed).unwrap(), b"text");
        let (key, sealed) = theirs.seal(&mut OsRng, b"text").unwrap();
        assert_eq!(
            (key, mine.open(key, &sealed).unwrap()),
            (2, b"text".to_vec())
        );
        // Of a whole file it reads the same.
        let (key, sealed) = PayloadKeys::parse(&three)
            .unwrap()
            .seal(&mut OsRng, b"text")
            .unwrap();
        assert_eq!(
            (key, mine.open(key, &sealed).unwrap()),
            (2, b"text".to_vec())
        );
    }
}
