//! `zapiki verify`: check a proof with nothing but the proof and the verifying key. Talks to nobody.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use chrono::Utc;
use clap::Args;
use serde_json::{Value, json};
use zapiki_backends::groth16::{CircuitKeys, Groth16Backend};
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{InvalidReason, ProofBackend, Provenance, Verdict, VerifyingKeyDocument};
use zapiki_core::day::Day;
use zapiki_core::envelope::{ENVELOPE_BYTES_MAX, ProofEnvelope};
use zapiki_core::public_inputs::Challenge;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::PublicKey;
use zapiki_core::system::{Maturity, ProofSystem};

use crate::exit::Outcome;
use crate::{files, keys_dir, out};

const HELP: &str = "\
Examples:
  zapiki verify --proof proof.json --vk vk.json
  zapiki verify --proof proof.json --vk vk.json --issuer 5f1a… --challenge 0x9c…
  zapiki verify --proof proof.json --vk vk.json --list-signer d6ad… --list-age-days-max 7

The verifying key comes from whoever you trust to have made it (GET /v1/circuits/{id}/verifying-key has it too). A valid
proof shows that the statement holds for a credential of the issuer that the proof names. Whether you trust that issuer, \
whether the challenge is yours and the date recent enough is for you to judge: --issuer and --challenge compare the first \
two for you. Where the key comes from is what its document says: --require-ceremony refuses a development key, and \
`zapiki ceremony verify --vk` shows that a key comes from the ceremony that it names. A statement about a list is worth what its signer is, and as old as the list: --list-signer and \
--list-age-days-max compare both.

Exit codes: 0 valid, 1 invalid or not what you expected, 2 wrong usage.";

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct VerifyArgs {
    /// The proof: an envelope, or a proof as the API answers it
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// The verifying key's document
    #[arg(long, value_name = "FILE")]
    vk: PathBuf,
    /// The issuer that it must be
    #[arg(long, value_name = "HEX")]
    issuer: Option<String>,
    /// The challenge that it must answer
    #[arg(long, value_name = "0xHEX")]
    challenge: Option<Challenge>,
    /// The signer that every sanctions list must have which the statement is about: GET /v1/lists names it
    #[arg(long, value_name = "HEX")]
    list_signer: Option<PublicKey>,
    /// How many days old a list may be that the statement is about
    #[arg(long, value_name = "DAYS")]
    list_age_days_max: Option<u32>,
    /// Refuse a key that anybody can forge proofs under: it must come from a ceremony, or from a proof system without a setup
    #[arg(long)]
    require_ceremony: bool,
    /// Accept a proof of an experimental proof system
    #[arg(long)]
    allow_experimental: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(crate) fn run(args: &VerifyArgs) -> Result<Outcome> {
    let envelope = read_proof(args)?;
    let document = keys_dir::read_verifying_key(&args.vk)?;
    let provenance = document.provenance;
    if document.circuit != envelope.circuit || document.system != envelope.system {
        bail!(
            "the proof is of {} {}, the key of {} {}: you need the key of the proof's circuit",
            envelope.system,
            envelope.circuit,
            document.system,
            document.circuit
        );
    }
    if args.require_ceremony && provenance == Provenance::Dev {
        bail!(
            "{} is a development key: anybody can forge proofs under it. You need a key that comes from a ceremony",
            args.vk.display()
        );
    }
    let backend =
        backend_of(document).with_context(|| format!("{} cannot be used", args.vk.display()))?;
    if backend.capabilities().maturity == Maturity::Experimental && !args.allow_experimental {
        bail!(
            "the proof system {} is experimental; --allow-experimental accepts that",
            envelope.system
        );
    }
    let verdict = backend.verify(&envelope)?;
    let claim = &envelope.public_inputs.claim;
    let issuer = args
        .issuer
        .as_deref()
        .map(|key| IssuerKey::parse(claim.issuer.suite(), key))
        .transpose()
        .context("--issuer cannot be compared with the proof's issuer")?;
    let is_issuer = issuer.as_ref().is_none_or(|key| *key == claim.issuer);
    let is_challenge = args
        .challenge
        .is_none_or(|challenge| challenge == claim.challenge);
    let today = Day::try_from(Utc::now().date_naive()).context("the clock is wrong")?;
    let lists: Vec<_> = claim.statement.lists().collect();
    // The backend has seen to it that revocations are the issuer's word.
    let is_list_signer = args.list_signer.is_none_or(|signer| {
        let mut of_persons = lists.iter().filter(|list| !list.name.is_of_revocations());
        of_persons.all(|list| list.signer == signer)
    });
    let is_list_fresh = args
        .list_age_days_max
        .is_none_or(|max| lists.iter().all(|list| list.age_on(today) <= max));
    let is_expected = is_issuer && is_challenge && is_list_signer && is_list_fresh;
    let holds = verdict == Verdict::Valid && is_expected;

    if args.json {
        let reason = match verdict {
            Verdict::Valid => Value::Null,
            Verdict::Invalid(reason) => json!(reason),
        };
        out::json(&json!({
            "proof_valid": verdict == Verdict::Valid,
            "reason": reason,
            "issuer_matches": issuer.as_ref().map(|_| is_issuer),
            "challenge_matches": args.challenge.map(|_| is_challenge),
            "list_signer_matches": args.list_signer.map(|_| is_list_signer),
            "lists_fresh": args.list_age_days_max.map(|_| is_list_fresh),
            "circuit": envelope.circuit,
            "provenance": provenance.kind(),
            "ceremony": provenance.ceremony(),
            "public_inputs": envelope.public_inputs,
        }));
    } else {
        out::line(match verdict {
            Verdict::Valid => "VALID: the proof holds".to_owned(),
            Verdict::Invalid(reason) => format!("INVALID: {}", explain(reason)),
        });
        out::fact("statement", &claim.statement);
        out::fact("issuer", note_if(claim.issuer.key(), is_issuer));
        out::fact("challenge", note_if(claim.challenge, is_challenge));
        for list in &lists {
            let is_fresh = args
                .list_age_days_max
                .is_none_or(|max| list.age_on(today) <= max);
            out::fact(
                "list",
                note_if(format_args!("{} of {}", list.name, list.dated), is_fresh),
            );
            out::fact("list signer", note_if(list.signer, is_list_signer));
        }
        out::fact("scope", &claim.scope);
        out::fact("nullifier", envelope.public_inputs.nullifier);
        out::fact(
            "circuit",
            format_args!("{} {}", envelope.system, envelope.circuit),
        );
        out::fact("verifying key", envelope.verifying_key);
        out::fact("provenance", provenance);
        if let Some(ceremony) = provenance.ceremony() {
            out::fact("ceremony", ceremony.transcript);
        }
        if provenance == Provenance::Dev {
            out::note("The key is a development key: anybody can forge proofs under it.");
        }
        if !envelope.zero_knowledge {
            out::note("The proof may tell more of the credential than its statement.");
        }
    }
    Ok(if holds {
        Outcome::Success
    } else {
        Outcome::Refused
    })
}

/// The backend that the key is of, with this key alone.
fn backend_of(document: VerifyingKeyDocument) -> Result<Box<dyn ProofBackend>> {
    match document.system {
        ProofSystem::Groth16 => {
            let keys = CircuitKeys {
                document,
                proving_key: None,
            };
            let backend = Groth16Backend::new(vec![keys], NonZeroUsize::MIN)?;
            Ok(Box::new(backend))
        }
        ProofSystem::Stark => transparent(StarkBackend::new(NonZeroUsize::MIN)?, &document),
        ProofSystem::Plonk => transparent(PlonkBackend::new(NonZeroUsize::MIN)?, &document),
    }
}

/// A backend without a setup. Nothing in the document is used to verify. It says which circuit was meant.
fn transparent(
    backend: impl ProofBackend + 'static,
    document: &VerifyingKeyDocument,
) -> Result<Box<dyn ProofBackend>> {
    if backend.verifying_key(document.circuit) != Some(document) {
        bail!("this version of zapiki has another circuit under that name");
    }
    Ok(Box::new(backend))
}

fn read_proof(args: &VerifyArgs) -> Result<ProofEnvelope> {
    let bytes = files::read(&args.proof, ENVELOPE_BYTES_MAX as u64)?;
    let document: Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not JSON", args.proof.display()))?;
    // The API's answer holds the envelope as its `proof`; in the envelope itself `proof` is text.
    let envelope = match &document["proof"] {
        inner @ Value::Object(_) => inner.clone(),
        _ => document,
    };
    serde_json::from_value(envelope)
        .with_context(|| format!("{} is no proof", args.proof.display()))
}

fn note_if(value: impl std::fmt::Display, is_expected: bool) -> String {
    if is_expected {
        value.to_string()
    } else {
        format!("{value}  NOT THE EXPECTED ONE")
    }
}

fn explain(reason: InvalidReason) -> &'static str {
    match reason {
        InvalidReason::VerifyingKeyMismatch => {
            "the proof was made under another verifying key than this one"
        }
        InvalidReason::Mislabelled => "the envelope says of the proof system what is not so",
        InvalidReason::MalformedProof => "the bytes are no proof of this system",
        InvalidReason::ParametersMismatch => {
            "the proof was made under other parameters than its circuit has"
        }
        InvalidReason::IssuerSignatureInvalid => {
            "the issuer that the proof names did not sign what it is about"
        }
        InvalidReason::EquationFailed => {
            "the proof is not of these public inputs: one of the two was changed"
        }
    }
}
