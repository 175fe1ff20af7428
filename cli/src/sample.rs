//! A made-up holder with true claims, for benchmarks.

use anyhow::Result;
use rand::rngs::OsRng;
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::statements::all_of::AllOf;
use zapiki_core::statements::income::{IncomeAtLeast, IncomeInRange, IncomeUnit};
use zapiki_core::statements::listed::{NotRevoked, NotSanctioned};
use zapiki_core::statements::resident_of::ResidentOf;
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey, holder_commitment};
use zapiki_core::suites::{IssuerKey, SuiteId, pallas_poseidon, rescue_merkle};
use zapiki_core::witness::{Absences, HolderSecret, Witness};

/// The sample's screening identity.
const SCREENING_ID: u64 = 1_500;

/// A claim and the witness that satisfies it.
pub(crate) struct Sample {
    pub(crate) claim: Claim,
    pub(crate) witness: Witness,
}

impl Sample {
    /// Fresh keys, fixed dates, a true statement of this kind about an issuer key of this suite.
    pub(crate) fn new(kind: StatementKind, suite: SuiteId) -> Result<Self> {
        let issuer = SecretKey::generate(&mut OsRng);
        let holder_secret = HolderSecret::generate(&mut OsRng);
        let as_of = Day::from_ymd(2026, 1, 31)?;
        let attributes = Attributes {
            holder_commitment: FieldElement(holder_commitment(holder_secret.expose())),
            birth_date: Some(Day::from_ymd(2001, 5, 17)?),
            income: Some(Income {
                amount_minor: 345_000,
                currency: "EUR".parse()?,
                period: IncomePeriod::Month,
            }),
            country_of_residence: Some("PT".parse()?),
            screening_id: Some(FieldElement(Fr::from(SCREENING_ID))),
            issued_at: as_of,
            expires_at: as_of.plus_days(365)?,
            revocation_id: 1,
        };
        let unit = IncomeUnit {
            currency: "EUR".parse()?,
            period: IncomePeriod::Month,
        };
        let age = || AgeOver::new(18, as_of).map(Statement::AgeOver);
        let residence = || {
            let countries = ["ES".parse()?, "FR".parse()?, "PT".parse()?];
            anyhow::Ok(Statement::ResidentOf(ResidentOf::new(countries, as_of)?))
        };
        // A list of others' numbers, signed by the issuer whether it is of persons or of revocations.
        let tree = GapTree::new([SCREENING_ID - 1, SCREENING_ID + 1].map(Fr::from))?;
        let list = |name: ListName| {
            let (root, entries) = (tree.root(), tree.len() as u64);
            SignedRoot::sign(&issuer, name, root, entries, as_of)
        };
        let sanctions = || {
            let statement = NotSanctioned::new(list("sample".parse()?), as_of)?;
            anyhow::Ok(Statement::NotSanctioned(statement))
        };
        let statement = match kind {
            StatementKind::AgeOver => age()?,
            StatementKind::IncomeAtLeast => {
                Statement::IncomeAtLeast(IncomeAtLeast::new(250_000, unit, as_of)?)
            }
            StatementKind::IncomeInRange => {
                Statement::IncomeInRange(IncomeInRange::new(250_000, 500_000, unit, as_of)?)
            }
            StatementKind::ResidentOf => residence()?,
            StatementKind::NotSanctioned => sanctions()?,
            StatementKind::NotRevoked => {
                let name = ListName::revocations_of(&issuer.public_key());
                Statement::NotRevoked(NotRevoked::new(list(name), as_of)?)
            }
            StatementKind::AllOf => Statement::AllOf(AllOf::new(vec![age()?, residence()?])?),
            StatementKind::AllOfListed => {
                Statement::AllOf(AllOf::new(vec![age()?, residence()?, sanctions()?])?)
            }
        };
        let absences = Absences::gather(&statement, &attributes, |_| Some(&tree))?;
        let mut credential = Credential::issue(attributes, &issuer)?;
        let (credential, issuer) = match suite {
            SuiteId::BjjPoseidonBn254 => {
                let key = IssuerKey::BjjPoseidonBn254(issuer.public_key());
                (credential, key)
            }
            SuiteId::RescueMerkleEd25519 => {
                let issuer = rescue_merkle::SecretKey::generate(&mut OsRng);
                let key = rescue_merkle::HolderKey::derive(&holder_secret.to_bytes());
                let commitment = rescue_merkle::holder_commitment(&key);
                let mut batch = [(credential, commitment)];
                Credential::sign_batch(&mut batch, &issuer, as_of, &mut OsRng)?;
                let [(credential, _)] = batch;
                let key = IssuerKey::RescueMerkleEd25519(issuer.public_key());
                (credential, key)
            }
            SuiteId::PallasPoseidon => {
                let issuer = pallas_poseidon::SecretKey::generate(&mut OsRng);
                let key = pallas_poseidon::HolderKey::derive(&holder_secret.to_bytes());
                let commitment = pallas_poseidon::holder_commitment(&key);
                credential.sign_pallas(pallas_poseidon::Element(commitment), &issuer);
                let key = IssuerKey::PallasPoseidon(issuer.public_key());
                (credential, key)
            }
        };
        let mut witness = Witness::new(credential, holder_secret);
        witness.absences = absences;
        Ok(Self {
            claim: Claim {
                statement,
                issuer,
                challenge: Challenge(rand::random()),
                scope: "bench".parse()?,
            },
            witness,
        })
    }
}
