//! Screening: how a person and an entry of a sanctions list come to the same number.
//!
//! Issuer and list normalise what they know of a person ([`normalise`]), make a key of it ([`ScreeningKey`]), and meet only if
//! the keys are equal. There is no similarity: what normalisation does not remove stays a difference.
//!
//! - [`normalise`]: names and document numbers in one spelling.
//! - [`key`]: the three kinds of key, and how each is hashed.
//! - [`list`]: the keys of the persons on a list, and what could not be made into keys.
//! - [`report`], [`source`]: what is told of a list beside its keys, and which edition of it was read.
//!
//! `docs/SCREENING.md` is the specification and says what exact matching misses. A change of a rule changes keys: credentials
//! in use would no longer meet lists built after it. So it takes a new tag in [`key`], never a silent edit.

pub mod key;
pub mod list;
pub mod normalise;
pub mod report;
pub mod source;

pub use key::{KeyKind, ScreeningKey};
pub use list::{Birth, ListBuilder, ListedDocument, ListedPerson, ScreeningList};
pub use normalise::UnusableText;
pub use report::ListReport;
pub use source::SourceDigest;
