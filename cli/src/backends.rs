//! The proof backends of this program, with the keys of a folder.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use zapiki_backends::groth16::Groth16Backend;
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{Provenance, Registry, VerifyingKeyDocument};

use crate::keys_dir::{self, Halves};

// The circuit keys. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Circuits")]
pub(crate) struct KeysArgs {
    /// The folder of circuit keys, made by `zapiki ceremony export`, or for development by `zapiki circuits setup`
    #[arg(long, value_name = "DIR", env = "ZAPIKI_KEYS_DIR")]
    keys_dir: PathBuf,
    /// Refuse to start with development keys, under which anybody can forge proofs
    #[arg(long, env = "ZAPIKI_PRODUCTION", value_parser = BoolishValueParser::new())]
    production: bool,
    /// Start in production with development keys all the same: every proof may be forged, and decides nothing
    #[arg(long)]
    accept_development_keys_that_anyone_can_forge: bool,
}

impl KeysArgs {
    /// All backends. A new one is a line here.
    pub(crate) fn registry(&self, halves: Halves, threads: NonZeroUsize) -> Result<Registry> {
        let keys = keys_dir::load(&self.keys_dir, halves)?;
        // Preparing keys takes seconds each: who must not start is told before.
        self.judge_provenance(keys.iter().map(|keys| &keys.document))?;
        let groth16 = Groth16Backend::new(keys, threads)
            .with_context(|| format!("the keys in {} cannot be used", self.keys_dir.display()))?;
        let stark = StarkBackend::new(threads)?;
        let plonk = PlonkBackend::new(threads)?;
        Ok(Registry::new(vec![
            Arc::new(groth16),
            Arc::new(stark),
            Arc::new(plonk),
        ]))
    }

    /// Development keys are for development. In production they are refused, unless whoever starts it says that they know.
    fn judge_provenance<'a>(
        &self,
        keys: impl Iterator<Item = &'a VerifyingKeyDocument>,
    ) -> Result<()> {
        let names: Vec<_> = keys
            .filter(|document| document.provenance == Provenance::Dev)
            .map(|document| format!("{} {}", document.system, document.circuit))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let names = names.join(", ");
        if self.production && !self.accept_development_keys_that_anyone_can_forge {
            bail!(
                "production refuses development keys, under which anybody can forge proofs: {names}. Hold a ceremony for \
                 them (zapiki ceremony --help), or take keys that come from one"
            );
        }
        tracing::warn!(
            circuits = names,
            "anybody can forge proofs of these circuits: their keys are for development"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = include_str!("../../api/src/examples/verifying_key.json");

    fn judged(key: &Value, production: bool, accept: bool) -> Result<()> {
        let document = serde_json::from_value(key.clone()).unwrap();
        let args = KeysArgs {
            keys_dir: PathBuf::new(),
            production,
            accept_development_keys_that_anyone_can_forge: accept,
        };
        args.judge_provenance([document].iter())
    }

    #[test]
    fn production_refuses_development_keys_unless_told_otherwise() {
        let development: Value = serde_json::from_str(KEY).unwrap();
        judged(&development, false, false).unwrap();
        let refused = judged(&development, true, false).unwrap_err().to_string();
        assert!(refused.contains("groth16 age_over@1.0.0"), "{refused}");
        assert!(refused.contains("zapiki ceremony --help"), "{refused}");
        judged(&development, true, true).unwrap();

        let mut of_ceremony = development;
        of_ceremony["provenance"] = json!("ceremony");
        of_ceremony["ceremony"] = json!({"transcript": of_ceremony["digest"], "contributions": 7,
            "powers": format!("blake2b:{}", "2f".repeat(64))});
        judged(&of_ceremony, true, false).unwrap();
    }
}
