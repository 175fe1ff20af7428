//! `zapiki circuits`: make the keys of the circuits, and list what is in a folder of keys.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{CircuitInfo, ProofBackend, Provenance};
use zapiki_core::system::ProofSystem;

use crate::exit::Outcome;
use crate::keys_dir::{self, Halves};
use crate::out;

/// What can be done with circuits.
#[derive(Debug, Subcommand)]
pub(crate) enum CircuitsCommand {
    /// Make development keys for every circuit of this version
    ///
    /// Their randomness is a published constant: the keys are the same on every machine, and anybody can forge
    /// proofs under them. Each key document says so: `provenance: dev`.
    #[command(after_help = "Example:\n  zapiki circuits setup --dir keys")]
    Setup(DirArgs),
    /// List the circuits: those whose keys are in a folder, after checking the keys, and those that need none
    #[command(after_help = "Example:\n  zapiki circuits list --dir keys --parts")]
    List(ListArgs),
}

/// The folder of keys.
#[derive(Debug, Args)]
pub(crate) struct DirArgs {
    /// The folder of circuit keys
    #[arg(long, value_name = "DIR", env = "ZAPIKI_KEYS_DIR")]
    pub(crate) dir: PathBuf,
}

/// Options of `circuits list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    dir: DirArgs,
    /// Show how large each part of a circuit is
    #[arg(long)]
    parts: bool,
}

/// Runs one of them.
pub(crate) fn run(command: CircuitsCommand) -> Result<Outcome> {
    match command {
        CircuitsCommand::Setup(args) => {
            let keys = groth16::setup()?;
            keys_dir::save(&args.dir, &keys)?;
            for keys in &keys {
                let document = &keys.document;
                out::line(format!("{} {}", document.system, document.circuit));
                out::fact("verifying key", document.digest);
                out::fact("provenance", document.provenance);
            }
            out::note(
                "Development keys: anybody can forge proofs under them. Never use them for real decisions.",
            );
        }
        CircuitsCommand::List(args) => {
            let keys = keys_dir::load(&args.dir.dir, Halves::Both)?;
            let backend = Groth16Backend::new(keys, NonZeroUsize::MIN)?;
            let stark = StarkBackend::new(NonZeroUsize::MIN)?;
            let plonk = PlonkBackend::new(NonZeroUsize::MIN)?;
            for backend in [&backend as &dyn ProofBackend, &stark, &plonk] {
                for circuit in backend.circuits() {
                    show(backend.system(), circuit, args.parts);
                }
            }
        }
    }
    Ok(Outcome::Success)
}

fn show(system: ProofSystem, circuit: &CircuitInfo, parts: bool) {
    out::line(circuit.id.to_string());
    out::fact("system", system);
    out::fact("status", circuit.status);
    out::fact("suite", circuit.suite);
    out::fact("size", circuit.size);
    out::fact("public inputs", circuit.public_inputs);
    out::fact("verifying key", circuit.verifying_key);
    let provenance = match circuit.provenance {
        Provenance::Dev => "dev: anybody can forge proofs under these keys".to_owned(),
        Provenance::Ceremony(record) => format!(
            "ceremony of {} contributions, transcript {}",
            record.contributions, record.transcript
        ),
        Provenance::Transparent => {
            "transparent: derived from the circuit, without a setup".to_owned()
        }
    };
    out::fact("provenance", provenance);
    if parts {
        let mut table = Table::new();
        table
            .load_preset(UTF8_FULL_CONDENSED)
            .set_header(["part", circuit.size.unit().as_str()]);
        for (name, count) in &circuit.parts {
            table.add_row([(*name).to_owned(), count.to_string()]);
        }
        if let Some(counts) = table.column_mut(1) {
            counts.set_cell_alignment(CellAlignment::Right);
        }
        out::line(table.to_string());
    }
}
