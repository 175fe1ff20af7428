//! Sanctions lists: read, made into trees, signed and stored, for proofs of `not_sanctioned`.
//!
//! | file | subject |
//! | --- | --- |
//! | [`parse`] | the forms of lists: [`ofac_xml`], [`ofac_csv`], [`table`] |
//! | [`particulars`], [`country_names`] | what OFAC's lists say in words |
//!
//! The keys themselves are made in `zapiki_core::screening`; `docs/SCREENING.md` specifies them.

mod country_names;
mod ofac_csv;
mod ofac_xml;
mod parse;
mod particulars;
mod table;

pub use parse::{ListFormat, ParseError, UnknownListFormat, parse};
