//! The attributes document: what an issuer writes down about a person before signing it.
//!
//! JSON with typed fields, each checked by itself, so that an error names the field at fault. It never repeats the
//! value: the document is as private as the credential that comes of it.

use anyhow::{Context as _, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zapiki_core::credential::{Attributes, CountryCode, FieldElement, Income};
use zapiki_core::day::Day;

use crate::commitments::Commitments;
use crate::screening::{FORM, Identity};

/// What the command line adds to a document, or stands in for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    /// The holder's commitments, if given apart from the document.
    pub(crate) commitments: Commitments,
    /// The first day of validity, unless the document says another.
    pub(crate) issued_at: Day,
    /// How long the credential is valid, unless the document says until when.
    pub(crate) valid_for_days: u32,
    /// The credential's number, unless the document has one.
    pub(crate) revocation_id: u64,
}

/// Every field of a document, with the form that it must have.
const FIELDS: [(&str, &str); 10] = [
    (
        "holder_commitment",
        "0x and 64 lower-case hex digits, as `zapiki holder keygen` prints it",
    ),
    (
        "holder_commitments",
        "an object by suite, as `zapiki holder keygen` writes it",
    ),
    ("birth_date", "a day such as \"2001-05-17\""),
    (
        "income",
        "an object such as {\"amount_minor\": 345000, \"currency\": \"EUR\", \"period\": \"month\"}",
    ),
    (
        "country_of_residence",
        "two upper-case letters (ISO 3166-1 alpha-2), such as \"PT\"",
    ),
    ("screening", FORM),
    ("screening_id", "0x and 64 lower-case hex digits"),
    ("issued_at", "a day such as \"2026-01-31\""),
    ("expires_at", "a day such as \"2031-01-31\""),
    (
        "revocation_id",
        "a whole number from 0 to 18446744073709551615",
    ),
];

/// Who a credential is for, and what is in it.
#[derive(Debug)]
pub(crate) struct Subject {
    /// What is signed.
    pub(crate) attributes: Attributes,
    /// The holder's, under the suites that it gave one for.
    pub(crate) commitments: Commitments,
}

/// Reads a document.
pub(crate) fn parse(bytes: &[u8], defaults: Defaults) -> Result<Subject> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| {
        anyhow!(
            "not JSON (line {}, column {})",
            error.line(),
            error.column()
        )
    })?;
    let Value::Object(document) = document else {
        bail!("not a JSON object of attributes");
    };
    if let Some(unknown) = document
        .keys()
        .find(|key| FIELDS.iter().all(|(name, _)| name != key))
    {
        let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        bail!("`{unknown}` is no attribute; known: {}", known.join(", "));
    }
    let issued_at = field(&document, "issued_at")?.unwrap_or(defaults.issued_at);
    let expires_at = match field(&document, "expires_at")? {
        Some(day) => day,
        None => issued_at.plus_days(defaults.valid_for_days).context(
            "`issued_at` and --valid-for-days lead past the last day that a credential can hold",
        )?,
    };
    let birth_date = field(&document, "birth_date")?;
    let commitments = commitments(&document, defaults.commitments)?;
    let attributes = Attributes {
        holder_commitment: commitments.bjj_poseidon_bn254.context(NO_HOLDER)?,
        birth_date,
        income: field::<Income>(&document, "income")?,
        country_of_residence: field::<CountryCode>(&document, "country_of_residence")?,
        screening_id: screening_id(&document, birth_date)?,
        issued_at,
        expires_at,
        revocation_id: field(&document, "revocation_id")?.unwrap_or(defaults.revocation_id),
    };
    Ok(Subject {
        attributes,
        commitments,
    })
}

/// The screening identity, as it is or hashed here.
fn screening_id(document: &Map<String, Value>, born: Option<Day>) -> Result<Option<FieldElement>> {
    let given: Option<FieldElement> = field(document, "screening_id")?;
    let Some(identity) = field::<Identity>(document, "screening")? else {
        return Ok(given);
    };
    if given.is_some() {
        bail!("`screening` and `screening_id` are two ways to say one thing; leave one out");
    }
    let key = identity.key(born).context("`screening`")?;
    Ok(Some(key.into()))
}

const NO_HOLDER: &str = "no holder: the document has no `holder_commitment`; add it, or pass --holder-commitment with what \
                         `zapiki holder keygen` printed";

/// The holder's commitments, from the document's two fields and the command line.
fn commitments(document: &Map<String, Value>, given: Commitments) -> Result<Commitments> {
    let own = Commitments {
        bjj_poseidon_bn254: field(document, "holder_commitment")?,
        ..Commitments::default()
    };
    let more: Option<Commitments> = field(document, "holder_commitments")?;
    own.merged(more.unwrap_or_default())?.merged(given).context(
        "the document's holder is not the one given with --holder-commitment, or it names two",
    )
}

fn field<T: DeserializeOwned>(document: &Map<String, Value>, name: &str) -> Result<Option<T>> {
    let Some(value) = document.get(name) else {
        return Ok(None);
    };
    let form = FIELDS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("", |(_, form)| form);
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| anyhow!("`{name}` must be {form}"))
}

#[cfg(test)]
mod tests {
    use zapiki_core::screening::ScreeningKey;

    use super::*;

    const COMMITMENT: &str = "0x0000000000000000000000000000000000000000000000000000000000000007";

    fn defaults() -> Defaults {
        Defaults {
            commitments: Commitments {
                bjj_poseidon_bn254: Some(COMMITMENT.parse().unwrap()),
                ..Commitments::default()
            },
            issued_at: "2026-01-31".parse().unwrap(),
            valid_for_days: 365,
            revocation_id: 9,
        }
    }

    #[test]
    fn the_command_line_fills_what_the_document_leaves_open() {
        let parsed = |document: &[u8]| parse(document, defaults()).unwrap().attributes;
        let attributes = parsed(br#"{"birth_date":"2001-05-17"}"#);
        assert_eq!(attributes.holder_commitment.to_string(), COMMITMENT);
        assert_eq!(attributes.expires_at.to_string(), "2027-01-31");
        assert_eq!(attributes.revocation_id, 9);
        let explicit = br#"{"issued_at":"2026-02-01","expires_at":"2026-03-01","revocation_id":18446744073709551615}"#;
        let attributes = parsed(explicit);
        assert_eq!(attributes.expires_at.to_string(), "2026-03-01");
        assert_eq!(attributes.revocation_id, u64::MAX);
    }

    #[test]
    fn an_error_names_the_field_and_not_the_value() {
        for (document, name) in [
            (r#"{"birth_date":"canary"}"#, "birth_date"),
            (r#"{"birth_date":20010517}"#, "birth_date"),
            (
                r#"{"income":{"amount_minor":"canary","currency":"EUR","period":"month"}}"#,
                "income",
            ),
            (
                r#"{"income":{"amount_minor":1.5,"currency":"EUR","period":"month"}}"#,
                "income",
            ),
            (
                r#"{"country_of_residence":"canary"}"#,
                "country_of_residence",
            ),
            (r#"{"revocation_id":-1}"#, "revocation_id"),
            (r#"{"birthdate":"canary"}"#, "birthdate"),
        ] {
            let error = parse(document.as_bytes(), defaults())
                .unwrap_err()
                .to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_screening_key_is_made_here() {
        let document = br#"{"birth_date":"2001-05-17","screening":{"name":"Ana Example","birth_date":"2001-05-17"}}"#;
        let parsed = |document: &[u8]| parse(document, defaults()).unwrap().attributes;
        let made = parsed(document).screening_id.unwrap();
        let day = "2001-05-17".parse().unwrap();
        let key = ScreeningKey::name_and_birth_date("EXAMPLE, Ana", day).unwrap();
        assert_eq!(made, key.into());
        let by_hand = format!(r#"{{"screening_id":"{made}"}}"#);
        let given = parsed(by_hand.as_bytes());
        assert_eq!(given.screening_id, Some(made));

        let twice = format!(
            r#"{{"screening_id":"{made}","screening":{{"name":"canary","birth_year":2001}}}}"#
        );
        for (document, says) in [
            (twice.as_str(), "two ways"),
            (r#"{"screening":{"name":"canary"}}"#, "`screening`"),
            (r#"{"screening":{"nmae":"canary"}}"#, "`screening` must be"),
            (
                r#"{"birth_date":"2001-05-17","screening":{"name":"canary","birth_year":2002}}"#,
                "not the one of the credential",
            ),
        ] {
            let error = format!("{:#}", parse(document.as_bytes(), defaults()).unwrap_err());
            assert!(error.contains(says), "{says}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn two_holders_are_a_contradiction() {
        let other = COMMITMENT.replace('7', "8");
        let document = format!(r#"{{"holder_commitment":"{other}"}}"#);
        assert!(
            format!("{:#}", parse(document.as_bytes(), defaults()).unwrap_err())
                .contains("which holder")
        );
        let nobody = Defaults {
            commitments: Commitments::default(),
            ..defaults()
        };
        assert!(
            parse(b"{}", nobody)
                .unwrap_err()
                .to_string()
                .contains("holder keygen")
        );
    }
}
