//! An issuer, a holder and what they would send.

use std::sync::LazyLock;

use chrono::Utc;
use serde_json::{Value, json};
use zapiki_backends::ProofBackend as _;
use zapiki_core::circuit::CircuitId;
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::day::Day;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{SecretKey, hash_to_field, holder_commitment};
use zapiki_core::witness::{HolderSecret, Witness};

use crate::harness::{Api, BACKEND};

/// A birth date that must stay where it is.
pub(crate) const BIRTH_DATE: &str = "1987-03-19";

pub(crate) fn today() -> Day {
    Day::try_from(Utc::now().date_naive()).unwrap()
}

pub(crate) fn issuer() -> SecretKey {
    SecretKey::from_bytes([7; 32])
}

pub(crate) fn issuer_key(secret: &SecretKey) -> IssuerKey {
    IssuerKey::BjjPoseidonBn254(secret.public_key())
}

pub(crate) fn holder_secret() -> HolderSecret {
    HolderSecret::from(hash_to_field(b"ZAPIKI-V1-TEST", b"a holder's secret"))
}

/// A credential with its holder's secret.
pub(crate) fn witness() -> Witness {
    let secret = holder_secret();
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(secret.expose())),
        birth_date: Some(BIRTH_DATE.parse().unwrap()),
        income: None,
        country_of_residence: None,
        screening_id: None,
        issued_at: "2020-01-01".parse().unwrap(),
        expires_at: "2990-01-01".parse().unwrap(),
        revocation_id: 1,
    };
    Witness::new(Credential::issue(attributes, &issuer()).unwrap(), secret)
}

pub(crate) fn claim_on(as_of: Day, challenge: Challenge) -> Claim {
    Claim {
        statement: Statement::AgeOver(AgeOver::new(18, as_of).unwrap()),
        issuer: issuer_key(&issuer()),
        challenge,
        scope: "tests".parse().unwrap(),
    }
}

pub(crate) fn circuit() -> CircuitId {
    BACKEND.circuits()[0].id
}

/// A real proof; a second or so of work.
pub(crate) fn prove(claim: &Claim) -> ProofEnvelope {
    BACKEND.prove(circuit(), claim, &witness()).unwrap()
}

/// A proof of today about a challenge that nobody issued.
pub(crate) static ENVELOPE: LazyLock<ProofEnvelope> =
    LazyLock::new(|| prove(&claim_on(today(), Challenge([3; 32]))));

/// The body of a request for a proof.
pub(crate) fn proof_request() -> Value {
    let claim = claim_on(today(), Challenge([3; 32]));
    json!({
        "statement": claim.statement,
        "issuer": claim.issuer,
        "challenge": claim.challenge,
        "scope": claim.scope,
        "witness": witness(),
    })
}

/// The body of a request to trust the issuer.
pub(crate) fn issuer_request(name: &str) -> Value {
    let key = issuer_key(&issuer());
    json!({"name": name, "key": key})
}

impl Api {
    /// Trusts the sample's issuer; its id.
    pub(crate) async fn trust_issuer(&self) -> String {
        let issuer = self.post("/v1/issuers", &issuer_request("Example Bank"));
        let issuer = issuer.expect(200).await;
        issuer["id"].as_str().unwrap().to_owned()
    }

    /// Asks for a challenge.
    pub(crate) async fn challenge(&self) -> Challenge {
        let issued = self.post("/v1/challenges", &json!({})).expect(200).await;
        issued["challenge"].as_str().unwrap().parse().unwrap()
    }

    /// Asks for a proof that nobody makes: the pipeline is away.
    pub(crate) async fn accept_proof(&self) -> String {
        let proof = self.post("/v1/proofs", &proof_request()).expect(202).await;
        proof["id"].as_str().unwrap().to_owned()
    }
}
