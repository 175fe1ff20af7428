//! A made-up holder with true claims, for benchmarks.

use anyhow::{Result, bail};
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
const SCREENING_ID: u64 = 10_000_000;

/// A claim and the witness that satisfies it.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) claim: Claim,
    pub(crate) witness: Witness,
}

impl Sample {
    /// A true statement of this kind about a fresh issuer key of this suite. Compound statements have two parts, and three if
    /// one is about a list.
    pub(crate) fn new(kind: StatementKind, suite: SuiteId) -> Result<Self> {
        let tree = tree_around_holder(2)?;
        let person = Person::new(&tree)?;
        let parts: &[StatementKind] = match kind {
            StatementKind::AllOf => &[StatementKind::AgeOver, StatementKind::ResidentOf],
            StatementKind::AllOfListed => &[
                StatementKind::AgeOver,
                StatementKind::ResidentOf,
                StatementKind::NotSanctioned,
            ],
            _ => return person.sample(&[kind], suite),
        };
        person.sample(parts, suite)
    }
}

/// A set of so many values, at least two, in which the sample's holder is not.
pub(crate) fn tree_around_holder(values: u64) -> Result<GapTree> {
    let below = values.div_ceil(2);
    // Two apart, so that the holder has a place among them.
    let value = |index: u64| (SCREENING_ID + 1 + 2 * index) - 2 * below;
    Ok(GapTree::new(
        (0..values).map(|index| Fr::from(value(index))),
    )?)
}

/// Somebody of whom much can be said, with a fresh issuer and fixed dates.
pub(crate) struct Person<'a> {
    issuer: SecretKey,
    holder_secret: HolderSecret,
    as_of: Day,
    attributes: Attributes,
    list: &'a GapTree,
}

impl<'a> Person<'a> {
    /// Somebody who is not in this set.
    pub(crate) fn new(list: &'a GapTree) -> Result<Self> {
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
            // The value of a number is one more.
            revocation_id: SCREENING_ID - 1,
        };
        Ok(Self {
            issuer: SecretKey::generate(&mut OsRng),
            holder_secret,
            as_of,
            attributes,
            list,
        })
    }

    /// The set as a list, signed by the issuer whether it is of persons or of revocations.
    fn signed(&self, name: ListName) -> SignedRoot {
        let (root, entries) = (self.list.root(), self.list.len() as u64);
        SignedRoot::sign(&self.issuer, name, root, entries, self.as_of)
    }

    fn statement(&self, kind: StatementKind) -> Result<Statement> {
        let as_of = self.as_of;
        let unit = IncomeUnit {
            currency: "EUR".parse()?,
            period: IncomePeriod::Month,
        };
        Ok(match kind {
            StatementKind::AgeOver => Statement::AgeOver(AgeOver::new(18, as_of)?),
            StatementKind::IncomeAtLeast => {
                Statement::IncomeAtLeast(IncomeAtLeast::new(250_000, unit, as_of)?)
            }
            StatementKind::IncomeInRange => {
                Statement::IncomeInRange(IncomeInRange::new(250_000, 500_000, unit, as_of)?)
            }
            StatementKind::ResidentOf => {
                let countries = ["ES".parse()?, "FR".parse()?, "PT".parse()?];
                Statement::ResidentOf(ResidentOf::new(countries, as_of)?)
            }
            StatementKind::NotSanctioned => {
                let list = self.signed("sample".parse()?);
                Statement::NotSanctioned(NotSanctioned::new(list, as_of)?)
            }
            StatementKind::NotRevoked => {
                let name = ListName::revocations_of(&self.issuer.public_key());
                Statement::NotRevoked(NotRevoked::new(self.signed(name), as_of)?)
            }
            StatementKind::AllOf | StatementKind::AllOfListed => {
                bail!("a compound statement is named by its parts")
            }
        })
    }

    /// One proof's worth: the statement if it is one, all of them if they are several.
    pub(crate) fn sample(&self, kinds: &[StatementKind], suite: SuiteId) -> Result<Sample> {
        let mut parts = kinds
            .iter()
            .map(|&kind| self.statement(kind))
            .collect::<Result<Vec<_>>>()?;
        let statement = match parts.len() {
            1 => parts.remove(0),
            _ => Statement::AllOf(AllOf::new(parts)?),
        };
        let absences = Absences::gather(&statement, &self.attributes, |_| Some(self.list))?;
        let mut credential = Credential::issue(self.attributes.clone(), &self.issuer)?;
        let secret = self.holder_secret.to_bytes();
        let (credential, issuer) = match suite {
            SuiteId::BjjPoseidonBn254 => {
                let key = IssuerKey::BjjPoseidonBn254(self.issuer.public_key());
                (credential, key)
            }
            SuiteId::RescueMerkleEd25519 => {
                let issuer = rescue_merkle::SecretKey::generate(&mut OsRng);
                let key = rescue_merkle::HolderKey::derive(&secret);
                let commitment = rescue_merkle::holder_commitment(&key);
                let mut batch = [(credential, commitment)];
                Credential::sign_batch(&mut batch, &issuer, self.as_of, &mut OsRng)?;
                let [(credential, _)] = batch;
                let key = IssuerKey::RescueMerkleEd25519(issuer.public_key());
                (credential, key)
            }
            SuiteId::PallasPoseidon => {
                let issuer = pallas_poseidon::SecretKey::generate(&mut OsRng);
                let key = pallas_poseidon::HolderKey::derive(&secret);
                let commitment = pallas_poseidon::holder_commitment(&key);
                credential.sign_pallas(pallas_poseidon::Element(commitment), &issuer);
                let key = IssuerKey::PallasPoseidon(issuer.public_key());
                (credential, key)
            }
        };
        let holder_secret = HolderSecret::from(*self.holder_secret.expose());
        let mut witness = Witness::new(credential, holder_secret);
        witness.absences = absences;
        Ok(Sample {
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
