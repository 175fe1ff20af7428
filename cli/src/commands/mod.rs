//! One file per subcommand.

pub(crate) mod api;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod ceremony;
pub(crate) mod circuits;
pub(crate) mod codec_server;
pub(crate) mod dev;
pub(crate) mod holder;
pub(crate) mod issuer;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod verify;
pub(crate) mod worker;
