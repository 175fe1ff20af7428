//! The proof backends of this program, with the keys of a folder.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use zapiki_backends::Registry;
use zapiki_backends::groth16::Groth16Backend;
use zapiki_backends::stark::StarkBackend;

use crate::keys_dir::{self, Halves};

// The circuit keys. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Circuits")]
pub(crate) struct KeysArgs {
    /// The folder of circuit keys, made by `zapiki circuits setup`
    #[arg(long, value_name = "DIR", env = "ZAPIKI_KEYS_DIR")]
    keys_dir: PathBuf,
}

impl KeysArgs {
    /// All backends. A new one is a line here.
    pub(crate) fn registry(&self, halves: Halves, threads: NonZeroUsize) -> Result<Registry> {
        let keys = keys_dir::load(&self.keys_dir, halves)?;
        let groth16 = Groth16Backend::new(keys, threads)
            .with_context(|| format!("the keys in {} cannot be used", self.keys_dir.display()))?;
        let stark = StarkBackend::new(threads)?;
        Ok(Registry::new(vec![Arc::new(groth16), Arc::new(stark)]))
    }
}
