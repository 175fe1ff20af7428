//! People with credentials under every suite, for the tests of all backends.

#![allow(
    dead_code,
    reason = "each test binary takes what it needs of this module"
)]

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_backends::groth16::{Groth16Backend, setup};
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{CircuitInfo, ProofBackend, ProveError};
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::suites::{IssuerKey, SuiteId, bjj_poseidon, pallas_poseidon, rescue_merkle};
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::{HolderSecret, Witness};

static GROTH16: LazyLock<Groth16Backend> =
    LazyLock::new(|| Groth16Backend::new(setup().unwrap(), NonZeroUsize::MIN).unwrap());
static STARK: LazyLock<StarkBackend> =
    LazyLock::new(|| StarkBackend::new(NonZeroUsize::MIN).unwrap());
pub(crate) static PLONK: LazyLock<PlonkBackend> =
    LazyLock::new(|| PlonkBackend::new(NonZeroUsize::MIN).unwrap());

/// Every backend there is. A new one gets all the tests that go over these, and a variant without an arm does not compile.
pub(crate) fn backends() -> impl Iterator<Item = &'static dyn ProofBackend> {
    ProofSystem::ALL.iter().map(|system| match system {
        ProofSystem::Groth16 => &*GROTH16 as &dyn ProofBackend,
        ProofSystem::Stark => &*STARK,
        ProofSystem::Plonk => &*PLONK,
    })
}

/// The issuer's secret under each suite.
pub(crate) struct Issuer {
    bjj: bjj_poseidon::SecretKey,
    rescue: rescue_merkle::SecretKey,
    pallas: pallas_poseidon::SecretKey,
}

impl Issuer {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            bjj: bjj_poseidon::SecretKey::from_bytes([seed; 32]),
            rescue: rescue_merkle::SecretKey::from_bytes(&[seed; 32]),
            pallas: pallas_poseidon::SecretKey::from_bytes([seed; 32]).unwrap(),
        }
    }

    pub(crate) fn key(&self, suite: SuiteId) -> IssuerKey {
        match suite {
            SuiteId::BjjPoseidonBn254 => IssuerKey::BjjPoseidonBn254(self.bjj.public_key()),
            SuiteId::RescueMerkleEd25519 => {
                IssuerKey::RescueMerkleEd25519(self.rescue.public_key())
            }
            SuiteId::PallasPoseidon => IssuerKey::PallasPoseidon(self.pallas.public_key()),
        }
    }

    /// Signs under every suite. The attributes get the holder's commitments.
    pub(crate) fn sign(&self, mut attributes: Attributes, secret: &HolderSecret) -> Credential {
        let bytes = secret.to_bytes();
        attributes.holder_commitment =
            FieldElement(bjj_poseidon::holder_commitment(secret.expose()));
        let mut credential = Credential::issue(attributes, &self.bjj).unwrap();
        let key = pallas_poseidon::HolderKey::derive(&bytes);
        let commitment = pallas_poseidon::Element(pallas_poseidon::holder_commitment(&key));
        credential.sign_pallas(commitment, &self.pallas);
        let key = rescue_merkle::HolderKey::derive(&bytes);
        let commitment = rescue_merkle::holder_commitment(&key);
        let mut batch = vec![(credential, commitment); 4];
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let signed_on = "2026-01-02".parse().unwrap();
        Credential::sign_batch(&mut batch, &self.rescue, signed_on, &mut rng).unwrap();
        batch.remove(2).0
    }
}

pub(crate) fn secret(seed: u64) -> HolderSecret {
    HolderSecret::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

/// Ana was born on 2001-05-17, earns 3,450.00 EUR a month, and lives in Portugal.
pub(crate) fn ana() -> Attributes {
    Attributes {
        holder_commitment: FieldElement(bjj_poseidon::Fr::from(0u8)),
        birth_date: Some("2001-05-17".parse().unwrap()),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(bjj_poseidon::Fr::from(1_500u32))),
        issued_at: "2026-01-01".parse().unwrap(),
        expires_at: "2027-01-01".parse().unwrap(),
        revocation_id: 1,
    }
}

pub(crate) fn witness() -> Witness {
    let secret = secret(1);
    Witness::new(Issuer::new(1).sign(ana(), &secret), secret)
}

pub(crate) fn claim(statement: &str, suite: SuiteId) -> Claim {
    Claim {
        statement: serde_json::from_str(statement).unwrap(),
        issuer: Issuer::new(1).key(suite),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    }
}

/// The circuit of a statement, where the backend has one.
pub(crate) fn circuit_of(
    backend: &'static dyn ProofBackend,
    statement: &str,
) -> Option<&'static CircuitInfo> {
    let statement: Statement = serde_json::from_str(statement).unwrap();
    let mut circuits = backend.circuits().iter();
    circuits.find(|circuit| circuit.id.statement == statement.kind())
}

/// Proves a statement of Ana.
pub(crate) fn prove(
    backend: &'static dyn ProofBackend,
    statement: &str,
) -> Option<Result<ProofEnvelope, ProveError>> {
    let circuit = circuit_of(backend, statement)?;
    Some(backend.prove(circuit.id, &claim(statement, circuit.suite), &witness()))
}
