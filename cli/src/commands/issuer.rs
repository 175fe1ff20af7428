//! `zapiki issuer`: make a key, sign credentials, look at what is in a file.
//!
//! This is the issuer's own tool: it runs where the key is and talks to nobody.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::Utc;
use clap::{Args, Subcommand};
use rand::RngCore as _;
use rand::rngs::OsRng;
use serde_json::Value;
use zapiki_core::credential::{Credential, JSON_INTEGER_MAX};
use zapiki_core::day::Day;
use zapiki_core::revocation::RevocationList;
use zapiki_core::suites::SuiteId;
use zeroize::Zeroizing;

use crate::attributes::{self, Defaults};
use crate::commitments::{Commitment, Commitments};
use crate::exit::Outcome;
use crate::files::{self, Access, DOCUMENT_BYTES_MAX, Existing};
use crate::issuer_key::{IssuerKeyFile, Protection, read_passphrase};
use crate::issuer_secret::IssuerSecret;
use crate::issuing;
use crate::out;

/// The longest list of revocations that is read, in bytes: 2^20 numbers of 16 digits.
const REVOCATIONS_BYTES_MAX: u64 = 32 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  zapiki issuer keygen --out issuer.key
  zapiki holder keygen --out ana.holder
  zapiki issuer issue --key issuer.key --holder-commitment 0x1f… --attributes ana.json --out ana.credential.json
  zapiki issuer keygen --suite pallas-poseidon --out pallas.key
  zapiki issuer issue --key issuer.key --key pallas.key --attributes ana.json --out ana.credential.json \\
      --holder-commitment 0x1f… --holder-commitment pallas-poseidon=0x2a…
  zapiki issuer inspect ana.credential.json
  zapiki issuer revoke --key issuer.key --list revocations.json 42

An attributes document, every field of it optional:
  {
    \"holder_commitment\": \"0x1f…\",
    \"holder_commitments\": {\"pallas-poseidon\": \"0x2a…\"},
    \"birth_date\": \"2001-05-17\",
    \"income\": {\"amount_minor\": 345000, \"currency\": \"EUR\", \"period\": \"month\"},
    \"country_of_residence\": \"PT\",
    \"screening\": {\"name\": \"Ana Example\", \"birth_date\": \"2001-05-17\"},
    \"issued_at\": \"2026-01-31\",
    \"expires_at\": \"2031-01-31\",
    \"revocation_id\": 42
  }

`screening` is by what the holder can show not to be on a sanctions list: `name` with `birth_date` or `birth_year`, or \
`document_number` with `document_country`. The credential holds a key made of it: docs/SCREENING.md.

A credential has one signature for each suite, and each proof system checks one: a key of every suite that you want to serve. \
Under `rescue-merkle-ed25519` credentials are signed together, and proofs of one batch can be told from others: give several \
--attributes and as many --out, the more the better.";

/// What an issuer does.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuerCommand {
    /// Make a signing key
    #[command(after_help = EXAMPLES)]
    Keygen(KeygenArgs),
    /// Sign a credential
    #[command(after_help = EXAMPLES)]
    Issue(IssueArgs),
    /// Revoke credentials: add their numbers to the list that you publish
    #[command(after_help = EXAMPLES)]
    Revoke(RevokeArgs),
    /// Show what is in a credential or key file, without showing what is private
    #[command(after_help = EXAMPLES)]
    Inspect(InspectArgs),
}

/// Options of `issuer keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// What the key signs under: `bjj-poseidon-bn254` for Groth16, `pallas-poseidon` for PLONK, `rescue-merkle-ed25519` for
    /// STARKs
    #[arg(long, value_name = "SUITE", default_value_t = SuiteId::BjjPoseidonBn254)]
    suite: SuiteId,
    /// The file to write the key to, with mode 0600
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal the private half under the passphrase in this file's first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Replace an existing file: the key in it is lost for ever
    #[arg(long)]
    force: bool,
}

/// Options of `issuer issue`.
#[derive(Debug, Args)]
pub(crate) struct IssueArgs {
    /// The issuer's key file; again for each further suite
    #[arg(
        long,
        value_name = "FILE",
        env = "ZAPIKI_ISSUER_KEY_FILE",
        required = true
    )]
    key: Vec<PathBuf>,
    /// The passphrase of sealed keys, in this file's first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The attributes document; again for each further credential
    #[arg(long, value_name = "FILE", required = true)]
    attributes: Vec<PathBuf>,
    /// The holder's commitment, if the document has none; again, with its suite, for each further one
    #[arg(long, value_name = "[SUITE=]0xHEX")]
    holder_commitment: Vec<Commitment>,
    /// How long the credential is valid, if the document does not say
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    valid_for_days: u32,
    /// The file to write the credential to, with mode 0600; as many as there are attributes documents, in their order
    #[arg(long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

/// Options of `issuer revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The issuer's key file
    #[arg(long, value_name = "FILE", env = "ZAPIKI_ISSUER_KEY_FILE")]
    key: PathBuf,
    /// The passphrase of a sealed key, in this file's first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The list of what was revoked: made if it is not there, else added to and signed anew
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// The `revocation_id` of each credential to revoke; none signs the list anew with today's date
    #[arg(value_name = "NUMBER")]
    numbers: Vec<u64>,
}

/// Options of `issuer inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A credential or an issuer key file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show a credential's attributes too
    #[arg(long)]
    show_private: bool,
}

/// Runs one of them.
pub(crate) fn run(command: IssuerCommand) -> Result<Outcome> {
    match command {
        IssuerCommand::Keygen(args) => keygen(&args),
        IssuerCommand::Issue(args) => issue(&args),
        IssuerCommand::Revoke(args) => revoke(&args),
        IssuerCommand::Inspect(args) => inspect(&args),
    }
}

fn keygen(args: &KeygenArgs) -> Result<Outcome> {
    let passphrase = read_passphrase(args.passphrase_file.as_deref())?;
    let key = IssuerSecret::generate(args.suite);
    let file = IssuerKeyFile::new(&key, passphrase.as_ref().map(|p| p.as_slice()))?;
    file.save(&args.out, existing(args.force))?;
    out::line(format!("issuer key written to {}", args.out.display()));
    show_key(&file);
    Ok(Outcome::Success)
}

fn revoke(args: &RevokeArgs) -> Result<Outcome> {
    let passphrase = read_passphrase(args.passphrase_file.as_deref())?;
    let passphrase = passphrase.as_ref().map(|p| p.as_slice());
    let key = IssuerKeyFile::load(&args.key)?.unlock_for_lists(passphrase)?;
    let mut revoked = BTreeSet::new();
    if args.list.exists() {
        let bytes = files::read(&args.list, REVOCATIONS_BYTES_MAX)?;
        let list: RevocationList = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is no list of revocations", args.list.display()))?;
        list.check()
            .with_context(|| format!("{} is damaged", args.list.display()))?;
        if list.list.signer != key.public_key() {
            bail!(
                "{} was signed with another key; what one issuer revoked is no other's to say",
                args.list.display()
            );
        }
        revoked = list.revoked;
    }
    let before = revoked.len();
    revoked.extend(&args.numbers);
    let added = revoked.len() - before;
    let today = Day::try_from(Utc::now().date_naive()).context("the clock is wrong")?;
    let list = RevocationList::sign(&key, revoked, today)?;
    let mut text = serde_json::to_vec_pretty(&list)?;
    text.push(b'\n');
    files::write(&args.list, &text, Access::Public, Existing::Replace)?;
    out::line(format!(
        "list of revocations written to {}",
        args.list.display()
    ));
    out::fact("revoked now", added);
    out::fact("revoked in all", list.list.entries);
    out::fact("list", &list.list.name);
    out::fact("root", list.list.root);
    out::fact("publish it", "POST it to /v1/revocations");
    Ok(Outcome::Success)
}

fn issue(args: &IssueArgs) -> Result<Outcome> {
    if args.attributes.len() != args.out.len() {
        bail!(
            "{} attributes documents and {} files to write to: each credential needs both",
            args.attributes.len(),
            args.out.len()
        );
    }
    let given = Commitments::collect(&args.holder_commitment)?;
    if args.attributes.len() > 1 && given != Commitments::default() {
        bail!(
            "--holder-commitment is of one holder; with several attributes documents each must hold its own"
        );
    }
    let passphrase = read_passphrase(args.passphrase_file.as_deref())?;
    let passphrase = passphrase.as_ref().map(|p| p.as_slice());
    let keys = args
        .key
        .iter()
        .map(|path| {
            let file = IssuerKeyFile::load(path)?;
            file.unlock(passphrase)
                .with_context(|| format!("{} cannot be used", path.display()))
        })
        .collect::<Result<Vec<_>>>()?;
    let today =
        Day::try_from(Utc::now().date_naive()).context("the clock of this machine is wrong")?;
    let subjects = args
        .attributes
        .iter()
        .map(|path| {
            let defaults = Defaults {
                commitments: given,
                issued_at: today,
                valid_for_days: args.valid_for_days,
                revocation_id: OsRng.next_u64() & JSON_INTEGER_MAX,
            };
            let document = files::read(path, DOCUMENT_BYTES_MAX)?;
            let subject = attributes::parse(&document, defaults)
                .with_context(|| format!("{} is no attributes document", path.display()))?;
            let credential = Credential::unsigned(subject.attributes)
                .with_context(|| format!("{} contradicts itself", path.display()))?;
            Ok((credential, subject.commitments))
        })
        .collect::<Result<Vec<_>>>()?;
    let issued = issuing::issue(subjects, &keys, today)?;
    for (credential, out) in issued.credentials.iter().zip(&args.out) {
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(credential)?);
        text.push(b'\n');
        files::write(out, &text, Access::Private, existing(args.force))?;
        out::line(format!("credential written to {}", out.display()));
        show_credential(credential);
    }
    for (suite, count) in issued.without_commitment {
        out::note(format!(
            "Not signed under {suite}: {count} of {}, whose holder gave no commitment under it.",
            issued.credentials.len()
        ));
    }
    let is_alone = |credential: &Credential| {
        credential.signatures.rescue_merkle_ed25519.is_some() && issued.credentials.len() == 1
    };
    if issued.credentials.iter().any(is_alone) {
        out::note(
            "A batch of one: whoever sees a STARK proof of this credential can tell that it is this one's. Issue several together.",
        );
    }
    Ok(Outcome::Success)
}

fn inspect(args: &InspectArgs) -> Result<Outcome> {
    let bytes = files::read(&args.file, DOCUMENT_BYTES_MAX)?;
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| {
        anyhow!(
            "{} is not JSON (line {}, column {})",
            args.file.display(),
            error.line(),
            error.column()
        )
    })?;
    if document.get("format").is_some() {
        let file = IssuerKeyFile::parse(&bytes)
            .with_context(|| format!("{} is no issuer key file", args.file.display()))?;
        out::line(format!("issuer key in {}", args.file.display()));
        show_key(&file);
        return Ok(Outcome::Success);
    }
    if document.get("schema").is_none() {
        bail!(
            "{} is neither a credential nor an issuer key file",
            args.file.display()
        );
    }
    let credential: Credential = serde_json::from_slice(&bytes).map_err(|error| {
        anyhow!(
            "{} is no credential: not of the form that `zapiki issuer issue` writes (line {}, column {})",
            args.file.display(),
            error.line(),
            error.column()
        )
    })?;
    out::line(format!("credential in {}", args.file.display()));
    let outcome = show_credential(&credential);
    if args.show_private {
        out::line("attributes (private)");
        out::json(&document["attributes"]);
    } else {
        out::note("The attributes are private; --show-private shows them.");
    }
    Ok(outcome)
}

fn show_key(file: &IssuerKeyFile) {
    out::fact("suite", file.issuer().suite());
    out::fact("public key", file.issuer().key());
    out::fact(
        "private half",
        match file.protection() {
            Protection::FileMode => "in this file alone, in the clear, mode 0600",
            Protection::Passphrase => "in this file alone, sealed under a passphrase",
        },
    );
}

fn show_credential(credential: &Credential) -> Outcome {
    out::fact("schema", credential.schema);
    let mut outcome = Outcome::Success;
    for issuer in credential.signatures.issuers() {
        out::fact("suite", issuer.suite());
        out::fact("issuer key", issuer.key());
        let verdict = match credential.check_signature(issuer.suite()) {
            Some(Ok(())) => "holds over the attributes",
            _ => {
                outcome = Outcome::Refused;
                "DOES NOT HOLD: the attributes were changed, or another key signed them"
            }
        };
        out::fact("signature", verdict);
    }
    if credential.signatures.issuers().next().is_none() {
        out::fact(
            "signature",
            "NONE: nothing can be proved with this credential",
        );
        outcome = Outcome::Refused;
    }
    outcome
}

fn existing(force: bool) -> Existing {
    if force {
        Existing::Replace
    } else {
        Existing::Keep
    }
}
