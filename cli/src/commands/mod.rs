//! One file per subcommand.

pub(crate) mod bench;
pub(crate) mod circuits;
pub(crate) mod holder;
pub(crate) mod issuer;
pub(crate) mod verify;
