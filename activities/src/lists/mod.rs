//! Sanctions lists: read, made into trees, signed and stored, for proofs of `not_sanctioned`.
//!
//! | file | subject |
//! | --- | --- |
//! | [`source`] | where lists come from, and how they are read |
//! | [`parse`] | the forms of lists: [`ofac_xml`], [`ofac_csv`], [`table`] |
//! | [`particulars`], [`country_names`] | what OFAC's lists say in words |
//! | [`refresh`] | the activity |
//! | [`schedule`] | when it runs |
//! | [`trees`] | trees of stored lists, for provers |
//! | [`absences`] | a credential looked up in them |
//!
//! The keys themselves are made in `zapiki_core::screening`; `docs/SCREENING.md` specifies them.

pub(crate) mod absences;
mod country_names;
mod ofac_csv;
mod ofac_xml;
mod parse;
mod particulars;
mod refresh;
pub(crate) mod schedule;
mod source;
mod table;
mod trees;

use std::time::Duration;

use zapiki_core::suites::bjj_poseidon::SecretKey;

pub use country_names::country;
pub use parse::{ListFormat, ParseError, UnknownListFormat, parse};
pub use refresh::ListActivities;
pub use source::{
    FILE_BYTES_MAX, ListSource, ListSourceError, ListSources, Location, ReadError, SourceReader,
};
pub use trees::ListTrees;

/// The lists of a worker.
pub struct ListsConfig {
    /// Which, and where they come from.
    pub sources: ListSources,
    /// What their roots are signed with.
    pub key: SecretKey,
    /// How often they are read.
    pub every: Duration,
}

impl std::fmt::Debug for ListsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListsConfig")
            .field("sources", &self.sources)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
