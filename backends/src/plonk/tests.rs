//! The circuits themselves: true witnesses satisfy them, each gate and cell holds a forger, and none of it changes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod forged;
mod gates;
mod locks;
mod tampering;

use halo2_proofs::circuit::Value;
use halo2_proofs::dev::{MockProver, VerifyFailure};
use pasta_curves::pallas::Base;
use zapiki_core::claim::check_claim;
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::public_inputs::{Challenge, Claim, PublicInputs};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::Fr;
use zapiki_core::suites::pallas_poseidon::{Element, HolderKey, SecretKey, holder_commitment};
use zapiki_core::witness::{HolderSecret, Witness};

use super::keys::{CIRCUITS, K, Spec};
use super::relation::PrivateInputs;
use tampering::Tampered;

fn issuer() -> SecretKey {
    SecretKey::from_bytes([1; 32]).unwrap()
}

/// Ana was born on 2001-05-17, earns 3,450.00 EUR a month, and lives in Portugal.
fn witness() -> Witness {
    let secret = HolderSecret::from(Fr::from(7u8));
    let attributes = Attributes {
        holder_commitment: FieldElement(Fr::from(0u8)),
        birth_date: Some("2001-05-17".parse().unwrap()),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(Fr::from(1_500u32))),
        issued_at: "2026-01-01".parse().unwrap(),
        expires_at: "2027-01-01".parse().unwrap(),
        revocation_id: 1,
    };
    let commitment = holder_commitment(&HolderKey::derive(&secret.to_bytes()));
    let mut credential = Credential::unsigned(attributes).unwrap();
    credential.sign_pallas(Element(commitment), &issuer());
    Witness::new(credential, secret)
}

/// True of Ana, one for each circuit and in its order.
const TRUE: [&str; 4] = [
    r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#,
    r#"{"type":"income_at_least","minimum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
    r#"{"type":"income_in_range","minimum_minor":345000,"maximum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
    r#"{"type":"resident_of","countries":["DE","PT"],"as_of":"2026-11-24"}"#,
];

fn claim(statement: &str) -> Claim {
    Claim {
        statement: serde_json::from_str(statement).unwrap(),
        issuer: IssuerKey::PallasPoseidon(issuer().public_key()),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    }
}

/// What a prover hands to a circuit.
#[derive(Clone)]
struct Inputs {
    spec: &'static Spec,
    instance: Vec<Base>,
    private: PrivateInputs,
}

/// Ana's, for a circuit by its place.
fn inputs(circuit: usize) -> Inputs {
    let (spec, claim, witness) = (&CIRCUITS[circuit], claim(TRUE[circuit]), witness());
    let nullifier = check_claim(&claim, &witness).unwrap();
    let public = PublicInputs { claim, nullifier };
    Inputs {
        spec,
        instance: spec.relation.public_inputs(spec.id, &public).unwrap(),
        private: PrivateInputs::new(&witness).unwrap(),
    }
}

impl Inputs {
    /// What of the circuit these inputs break.
    fn broken(&self) -> Vec<VerifyFailure> {
        let (private, instance) = (Value::known(self.private.clone()), self.instance.clone());
        let prover = if self.spec.has_countries() {
            let circuit = Tampered(self.spec.circuit::<true>(private));
            MockProver::run(K, &circuit, vec![instance])
        } else {
            let circuit = Tampered(self.spec.circuit::<false>(private));
            MockProver::run(K, &circuit, vec![instance])
        };
        prover.unwrap().verify().err().unwrap_or_default()
    }
}

#[test]
fn what_is_true_satisfies_the_circuits() {
    for (circuit, spec) in CIRCUITS.iter().enumerate() {
        let broken = inputs(circuit).broken();
        assert!(broken.is_empty(), "{}: {broken:?}", spec.id);
    }
}
