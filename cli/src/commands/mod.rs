//! One file per subcommand.

pub(crate) mod holder;
pub(crate) mod issuer;
