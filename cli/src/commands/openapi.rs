//! `zapiki openapi`: prints the document that the API serves.

use crate::exit::Outcome;
use crate::out;

/// Runs it.
pub(crate) fn run() -> Outcome {
    // The document ends with a newline of its own.
    out::line(zapiki_api::openapi_document().trim_end());
    Outcome::Success
}
