//! One file per circuit.

pub(crate) mod age_over;
