//! One file per statement: its public parameters, their limits, and the native form of what its circuit proves.

pub mod age_over;
pub mod all_of;
pub mod income;
pub mod listed;
pub mod resident_of;
