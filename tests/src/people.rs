//! Issuers and holders: what they do, they do with the command line.

use std::num::NonZeroU8;

use chrono::{NaiveDate, Utc};
use serde_json::{Value, json};
use zapiki_core::ids::ProofId;

use crate::client::types;
use crate::desk::Desk;

/// Where nullifiers are comparable in these tests.
pub const SCOPE: &str = "shop.example/sign-up";

/// Today (UTC): the day that claims are about.
#[must_use]
pub fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// An issuer, with its key on the desk.
#[derive(Debug)]
pub struct Issuer<'a> {
    desk: &'a Desk,
    file: String,
    /// The public half.
    pub key: types::IssuerKey,
}

impl<'a> Issuer<'a> {
    /// Makes its key.
    pub fn new(desk: &'a Desk, name: &str) -> Self {
        Self::under(desk, name, "bjj-poseidon-bn254")
    }

    /// Makes a key under that suite.
    pub fn under(desk: &'a Desk, name: &str, suite: &str) -> Self {
        let file = format!("{name}.key");
        desk.zapiki_ok(&format!("issuer keygen --suite {suite} --out {file}"));
        let public: Value = desk.read(&file);
        Self {
            desk,
            file,
            key: serde_json::from_value(public["issuer"].clone()).unwrap(),
        }
    }

    /// Signs a credential for a new holder. `attributes` is what the issuer knows about that person.
    #[must_use]
    pub fn issue(&self, name: &str, attributes: &Value) -> Holder {
        self.issue_with(name, &[], attributes)
    }

    /// Signs it with keys of other suites too.
    #[must_use]
    pub fn issue_with(&self, name: &str, others: &[&Self], attributes: &Value) -> Holder {
        let desk = self.desk;
        desk.zapiki_ok(&format!("holder keygen --out {name}.holder"));
        let secrets: Value = desk.read(&format!("{name}.holder"));
        desk.write(&format!("{name}.json"), attributes);
        let keys: String = std::iter::once(&self)
            .chain(others)
            .map(|issuer| format!(" --key {}", issuer.file))
            .collect();
        let commitments: String = secrets["holder_commitments"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(suite, text)| format!(" --holder-commitment {suite}={}", text.as_str().unwrap()))
            .collect();
        desk.zapiki_ok(&format!(
            "issuer issue --attributes {name}.json --out {name}.credential{keys}{commitments}"
        ));
        Holder {
            credential: desk.read(&format!("{name}.credential")),
            secret: serde_json::from_value(secrets["holder_secret"].clone()).unwrap(),
        }
    }

    /// A credential of somebody born on that day.
    #[must_use]
    pub fn issue_born(&self, name: &str, birth_date: &str) -> Holder {
        self.issue(name, &json!({"birth_date": birth_date}))
    }
}

/// A person with a credential.
#[derive(Debug, Clone)]
pub struct Holder {
    /// What the issuer signed.
    pub credential: types::Credential,
    /// What binds it to the person.
    pub secret: types::FieldElement,
}

impl Holder {
    /// Asks for a proof that this person is so old today: the short form.
    #[must_use]
    pub fn age_request(
        &self,
        min_age: u8,
        challenge: &types::ChallengeValue,
    ) -> types::AgeVerificationRequest {
        types::AgeVerificationRequest {
            allow_experimental: None,
            system: None,
            as_of: None,
            challenge: challenge.clone(),
            credential: self.credential.clone(),
            holder_secret: self.secret.clone(),
            min_age: NonZeroU8::new(min_age).unwrap(),
            scope: SCOPE.parse().unwrap(),
        }
    }

    /// The same in the long form, about a credential of that issuer.
    #[must_use]
    pub fn proof_request(
        &self,
        min_age: u8,
        issuer: &types::IssuerKey,
        challenge: &types::ChallengeValue,
    ) -> types::NewProofRequest {
        types::NewProofRequest {
            allow_experimental: None,
            challenge: challenge.clone(),
            circuit: None,
            issuer: issuer.clone(),
            scope: SCOPE.parse().unwrap(),
            statement: types::Statement {
                as_of: Some(today().to_string().parse().unwrap()),
                countries: Vec::new(),
                currency: None,
                list: None,
                maximum_minor: None,
                min_age: NonZeroU8::new(min_age),
                minimum_minor: None,
                period: None,
                statements: Vec::new(),
                type_: types::StatementKind::AgeOver,
            },
            system: None,
            witness: types::Witness {
                credential: self.credential.clone(),
                holder_secret: self.secret.clone(),
            },
        }
    }
}

/// The id as the rest of the product has it.
#[must_use]
pub fn proof_id(id: &types::ProofId) -> ProofId {
    id.parse().unwrap()
}
