//! The operations, one file per resource.

pub(crate) mod books;
pub(crate) mod challenges;
pub(crate) mod circuits;
pub(crate) mod health;
pub(crate) mod issuers;
pub(crate) mod jobs;
pub(crate) mod proofs;
pub(crate) mod verifications;

use poem_openapi::Tags;
use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;

/// The most items of one page.
const PAGE_MAX: u32 = 100;
/// The items of a page when the caller does not say.
const PAGE_DEFAULT: u32 = 20;

/// How the document groups operations.
#[derive(Debug, Tags)]
pub(crate) enum Tag {
    /// Make proofs and read them.
    Proofs,
    /// Judge proofs.
    Verifications,
    /// The issuer keys that you trust.
    Issuers,
    /// Proof systems, circuits and their keys.
    Circuits,
    /// Usage and audit log.
    Books,
    /// For load balancers.
    Health,
}

/// The size of a page.
fn page_size(limit: Option<u32>) -> Result<u32, Problem> {
    match limit.unwrap_or(PAGE_DEFAULT) {
        limit @ 1..=PAGE_MAX => Ok(limit),
        _ => Err(Problem::new(
            ProblemCode::InvalidField,
            format!("A page has 1 to {PAGE_MAX} items."),
        )
        .at("limit")),
    }
}

/// Where a page begins.
fn cursor<T: std::str::FromStr>(text: Option<String>) -> Result<Option<T>, Problem> {
    text.map(|text| {
        text.parse().map_err(|_| {
            let detail = "This is no cursor of this list: pass on `next_cursor` as it came.";
            Problem::new(ProblemCode::InvalidField, detail).at("cursor")
        })
    })
    .transpose()
}
