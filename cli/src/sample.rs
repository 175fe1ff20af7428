//! A made-up holder with true claims, for benchmarks.

use anyhow::Result;
use rand::rngs::OsRng;
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::statements::income::{IncomeAtLeast, IncomeInRange, IncomeUnit};
use zapiki_core::statements::resident_of::ResidentOf;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{SecretKey, holder_commitment};
use zapiki_core::witness::{HolderSecret, Witness};

/// A claim and the witness that satisfies it.
pub(crate) struct Sample {
    pub(crate) claim: Claim,
    pub(crate) witness: Witness,
}

impl Sample {
    /// Fresh keys, fixed dates, a true statement of this kind.
    pub(crate) fn new(kind: StatementKind) -> Result<Self> {
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
            screening_id: None,
            issued_at: as_of,
            expires_at: as_of.plus_days(365)?,
            revocation_id: 1,
        };
        let unit = IncomeUnit {
            currency: "EUR".parse()?,
            period: IncomePeriod::Month,
        };
        let statement = match kind {
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
        };
        Ok(Self {
            claim: Claim {
                statement,
                issuer: IssuerKey::BjjPoseidonBn254(issuer.public_key()),
                challenge: Challenge(rand::random()),
                scope: "bench".parse()?,
            },
            witness: Witness {
                credential: Credential::issue(attributes, &issuer)?,
                holder_secret,
            },
        })
    }
}
