//! The operations, one file per resource.

pub(crate) mod aml;
pub(crate) mod batches;
pub(crate) mod books;
pub(crate) mod challenges;
pub(crate) mod circuits;
pub(crate) mod failures;
pub(crate) mod health;
pub(crate) mod issuers;
pub(crate) mod jobs;
pub(crate) mod lists;
pub(crate) mod proofs;
mod replay;
pub(crate) mod short_forms;
pub(crate) mod templates;
pub(crate) mod verifications;
pub(crate) mod webhooks;

use poem_openapi::Tags;
use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;

/// The items of a page when the caller does not say.
const PAGE_DEFAULT: u32 = 20;

/// How the document groups operations.
#[derive(Debug, Tags)]
pub(crate) enum Tag {
    /// Make proofs and read them.
    Proofs,
    /// Many proofs at once.
    Batches,
    /// Proofs that could not be made, and what is to become of them.
    Failures,
    /// Where you want to be told of what happens, signed.
    Webhooks,
    /// Ready-made statements, and proofs by their names.
    Templates,
    /// Judge proofs.
    Verifications,
    /// The issuer keys that you trust.
    Issuers,
    /// Sanctions lists and their signed roots.
    Lists,
    /// Proof systems, circuits and their keys.
    Circuits,
    /// Usage and audit log.
    Books,
    /// For load balancers.
    Health,
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
