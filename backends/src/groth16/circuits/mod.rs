//! One file per statement, and [`relation`]: what all of them prove.

mod age_over;
mod all_of;
mod income;
mod listed;
pub(crate) mod relation;
mod resident_of;

pub(crate) use age_over::AGE_OVER;
pub(crate) use all_of::{ALL_OF, ALL_OF_LISTED};
pub(crate) use income::{INCOME_AT_LEAST, INCOME_IN_RANGE};
pub(crate) use listed::{NOT_REVOKED, NOT_SANCTIONED};
pub(crate) use resident_of::RESIDENT_OF;

#[cfg(test)]
pub(in crate::groth16) mod tests;
