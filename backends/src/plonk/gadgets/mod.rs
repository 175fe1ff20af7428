//! The parts that circuits are made of.

pub(crate) mod country;
pub(crate) mod difference;
pub(crate) mod hash;
pub(crate) mod range;
pub(crate) mod signature;
