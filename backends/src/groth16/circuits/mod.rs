//! One file per statement, and [`relation`]: what all of them prove.

mod age_over;
mod income;
pub(crate) mod relation;
mod resident_of;

pub(crate) use age_over::AGE_OVER;
pub(crate) use income::{INCOME_AT_LEAST, INCOME_IN_RANGE};
pub(crate) use resident_of::RESIDENT_OF;

#[cfg(test)]
mod tests;
