//! What a short form or a template asks for: a statement of which the day, the newest root of a list and the issuer are still to
//! be filled in.

use zapiki_core::credential::CountryCode;
use zapiki_core::day::Day;
use zapiki_core::problem::ProblemCode;
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::{AgeOver, AgeOverError};
use zapiki_core::statements::all_of::AllOf;
use zapiki_core::statements::income::{IncomeAtLeast, IncomeError, IncomeInRange, IncomeUnit};
use zapiki_core::statements::listed::{NotRevoked, NotSanctioned};
use zapiki_core::statements::resident_of::ResidentOf;
use zapiki_core::suites::IssuerKey;

use crate::problem::Problem;
use crate::state::Api;

/// One thing to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// So many completed years.
    AgeOver(u8),
    /// So much, or more.
    IncomeAtLeast {
        /// Minor units.
        minimum_minor: u64,
        /// Of what.
        unit: IncomeUnit,
    },
    /// So much to so much.
    IncomeInRange {
        /// Minor units.
        minimum_minor: u64,
        /// Minor units.
        maximum_minor: u64,
        /// Of what.
        unit: IncomeUnit,
    },
    /// A residence in one of these.
    ResidentOf(Vec<CountryCode>),
    /// An absence from this list, as it is now.
    NotSanctioned(ListName),
    /// An absence from what the issuer revoked, as it is now.
    NotRevoked,
}

/// A part with parameters that are none.
#[derive(Debug)]
pub(crate) struct PartError {
    /// The parameter at fault.
    pub(crate) field: &'static str,
    /// Why.
    pub(crate) problem: Problem,
}

impl PartError {
    fn invalid(error: &impl std::fmt::Display, field: &'static str) -> Self {
        let problem = Problem::new(ProblemCode::InvalidField, format!("{error}."));
        Self { field, problem }
    }

    fn from_elsewhere(problem: Problem) -> Self {
        Self { field: "", problem }
    }
}

/// The kind of the statement that these parts are together.
pub(crate) fn kind(parts: &[Part]) -> StatementKind {
    match parts {
        [one] => one.kind(),
        parts if parts.iter().any(Part::is_listed) => StatementKind::AllOfListed,
        _ => StatementKind::AllOf,
    }
}

/// The statement that these parts are together, on this day, of this issuer's credentials.
pub(crate) async fn statement(
    api: &Api,
    parts: &[Part],
    as_of: Day,
    issuer: &IssuerKey,
) -> Result<Statement, PartError> {
    let mut statements = Vec::with_capacity(parts.len());
    for part in parts {
        let list = part.list(api, issuer).await?;
        statements.push(part.statement(as_of, list)?);
    }
    match statements.pop() {
        Some(one) if statements.is_empty() => Ok(one),
        last => {
            statements.extend(last);
            let all = AllOf::new(statements).map_err(|error| PartError::invalid(&error, ""))?;
            Ok(Statement::AllOf(all))
        }
    }
}

impl Part {
    const fn kind(&self) -> StatementKind {
        match self {
            Self::AgeOver(_) => StatementKind::AgeOver,
            Self::IncomeAtLeast { .. } => StatementKind::IncomeAtLeast,
            Self::IncomeInRange { .. } => StatementKind::IncomeInRange,
            Self::ResidentOf(_) => StatementKind::ResidentOf,
            Self::NotSanctioned(_) => StatementKind::NotSanctioned,
            Self::NotRevoked => StatementKind::NotRevoked,
        }
    }

    const fn is_listed(&self) -> bool {
        matches!(self, Self::NotSanctioned(_) | Self::NotRevoked)
    }

    /// The newest root of the list that the part is about.
    async fn list(&self, api: &Api, issuer: &IssuerKey) -> Result<Option<SignedRoot>, PartError> {
        let (name, field, advice) = match self {
            Self::NotSanctioned(name) => (name.clone(), "list", "GET /v1/lists names them."),
            Self::NotRevoked => {
                let IssuerKey::BjjPoseidonBn254(key) = issuer else {
                    let detail =
                        "Issuers sign what they revoked under another suite than the credential's.";
                    let problem = Problem::new(ProblemCode::CredentialSuiteMissing, detail);
                    return Err(PartError::from_elsewhere(problem.at("credential")));
                };
                let advice = "POST /v1/revocations takes what the credential's issuer revoked.";
                (ListName::revocations_of(key), "credential", advice)
            }
            _ => return Ok(None),
        };
        let stored = api.store.list(&name).await;
        match stored.map_err(|error| PartError::from_elsewhere(error.into()))? {
            Some(list) => Ok(Some(list.signed)),
            None => {
                let detail = format!("There is no list `{name}` here. {advice}");
                let problem = Problem::new(ProblemCode::ListUnknown, detail);
                Err(PartError { field, problem })
            }
        }
    }

    /// The statement on this day, about this list.
    fn statement(&self, as_of: Day, list: Option<SignedRoot>) -> Result<Statement, PartError> {
        let lost = || {
            let problem = Problem::new(ProblemCode::Internal, "The list was not looked up.");
            PartError::from_elsewhere(problem)
        };
        match self {
            Self::AgeOver(min_age) => match AgeOver::new(*min_age, as_of) {
                Ok(statement) => Ok(Statement::AgeOver(statement)),
                Err(error @ AgeOverError::MinAge) => Err(PartError::invalid(&error, "min_age")),
                Err(error @ AgeOverError::AsOf) => Err(PartError::invalid(&error, "as_of")),
            },
            Self::IncomeAtLeast {
                minimum_minor,
                unit,
            } => IncomeAtLeast::new(*minimum_minor, *unit, as_of)
                .map(Statement::IncomeAtLeast)
                .map_err(|error| PartError::invalid(&error, "minimum_minor")),
            Self::IncomeInRange {
                minimum_minor,
                maximum_minor,
                unit,
            } => IncomeInRange::new(*minimum_minor, *maximum_minor, *unit, as_of)
                .map(Statement::IncomeInRange)
                .map_err(|error| {
                    let field = match error {
                        IncomeError::Minimum => "minimum_minor",
                        IncomeError::TooLarge | IncomeError::EmptyRange => "maximum_minor",
                    };
                    PartError::invalid(&error, field)
                }),
            Self::ResidentOf(countries) => ResidentOf::new(countries.iter().copied(), as_of)
                .map(Statement::ResidentOf)
                .map_err(|error| PartError::invalid(&error, "countries")),
            Self::NotSanctioned(_) => NotSanctioned::new(list.ok_or_else(lost)?, as_of)
                .map(Statement::NotSanctioned)
                .map_err(|error| PartError::invalid(&error, "list")),
            Self::NotRevoked => NotRevoked::new(list.ok_or_else(lost)?, as_of)
                .map(Statement::NotRevoked)
                .map_err(|error| PartError::invalid(&error, "credential")),
        }
    }
}
