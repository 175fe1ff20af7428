//! The audit log: one hash chain per tenant, which anybody can check.
//!
//! hash = SHA-256(domain ‖ previous hash ‖ fields), each field with its length before it, so that no two entries spell
//! alike. The chain starts from 32 zero bytes. Cutting, changing, or reordering entries breaks it; dropping the newest ones
//! shows against any later export.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::ids::{ProofId, TenantId};
use crate::problem::ProblemCode;
use crate::statement::StatementKind;
use crate::system::ProofSystem;

const DOMAIN: &[u8] = b"zapiki.audit.v1";

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditKind {
    /// A proof was made.
    ProofCompleted,
    /// A credential did not satisfy its claim.
    ProofRejected,
    /// A proof could not be made.
    ProofDeadLettered,
    /// A proof was given up by its owner.
    ProofCancelled,
}

crate::named_variants!(AuditKind, UnknownAuditKind, "audit kind", {
    ProofCompleted => "proof_completed",
    ProofRejected => "proof_rejected",
    ProofDeadLettered => "proof_dead_lettered",
    ProofCancelled => "proof_cancelled",
});

/// One thing that happened. Nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// What happened.
    pub kind: AuditKind,
    /// To which proof.
    pub proof_id: ProofId,
    /// What it was about.
    pub statement: StatementKind,
    /// How it was to be proved.
    pub system: ProofSystem,
    /// Why there is no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProblemCode>,
}

/// A link of the chain. Text form: `sha256:` and 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub [u8; 32]);

/// What stands before the first entry.
pub const CHAIN_START: AuditHash = AuditHash([0; 32]);

/// The text is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a hash: `sha256:` and 64 lower-case hex digits")]
pub struct AuditHashError;

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AuditHash {
    type Err = AuditHashError;
    fn from_str(text: &str) -> Result<Self, AuditHashError> {
        // One text form for all digests.
        let digest: crate::envelope::KeyDigest = text.parse().map_err(|_| AuditHashError)?;
        Ok(Self(digest.0))
    }
}

crate::string_form!(AuditHash);

/// One entry of a tenant's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When it was written, to the microsecond.
    pub recorded_at: DateTime<Utc>,
    /// What happened.
    pub event: AuditEvent,
    /// The hash of the entry before.
    pub previous_hash: AuditHash,
    /// The hash of this entry.
    pub hash: AuditHash,
}

/// The event's fields beside the chain's, and no others: whoever reads an export must not take for logged what somebody
/// wrote beside it. (serde does not combine `flatten` with `deny_unknown_fields`.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    sequence: u64,
    recorded_at: DateTime<Utc>,
    kind: AuditKind,
    proof_id: ProofId,
    statement: StatementKind,
    system: ProofSystem,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<ProblemCode>,
    previous_hash: AuditHash,
    hash: AuditHash,
}

impl From<Form> for AuditEntry {
    fn from(form: Form) -> Self {
        Self {
            sequence: form.sequence,
            recorded_at: form.recorded_at,
            event: AuditEvent {
                kind: form.kind,
                proof_id: form.proof_id,
                statement: form.statement,
                system: form.system,
                code: form.code,
            },
            previous_hash: form.previous_hash,
            hash: form.hash,
        }
    }
}

impl From<AuditEntry> for Form {
    fn from(entry: AuditEntry) -> Self {
        Self {
            sequence: entry.sequence,
            recorded_at: entry.recorded_at,
            kind: entry.event.kind,
            proof_id: entry.event.proof_id,
            statement: entry.event.statement,
            system: entry.event.system,
            code: entry.event.code,
            previous_hash: entry.previous_hash,
            hash: entry.hash,
        }
    }
}

/// The hash of an entry.
#[must_use]
pub fn entry_hash(
    tenant: TenantId,
    sequence: u64,
    recorded_at: DateTime<Utc>,
    event: &AuditEvent,
    previous: AuditHash,
) -> AuditHash {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(previous.0);
    let (tenant, proof_id) = (tenant.as_uuid(), event.proof_id.as_uuid());
    let fields: [&[u8]; 8] = [
        tenant.as_bytes(),
        &sequence.to_be_bytes(),
        &recorded_at.timestamp_micros().to_be_bytes(),
        event.kind.as_str().as_bytes(),
        proof_id.as_bytes(),
        event.statement.as_str().as_bytes(),
        event.system.as_str().as_bytes(),
        event.code.map_or("", ProblemCode::as_str).as_bytes(),
    ];
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    AuditHash(hash.finalize().into())
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChainError {
    /// An entry is missing, or out of order.
    #[error("entry {found} stands where entry {expected} belongs")]
    Sequence {
        /// What belongs there.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// An entry does not follow from the one before.
    #[error("entry {0} does not follow from the one before")]
    Link(u64),
    /// An entry was changed.
    #[error("entry {0} was changed after it was written")]
    Hash(u64),
}

/// Checks that `entries` are a whole piece of the tenant's chain, from the entry after `sequence` with hash `previous`.
///
/// # Errors
/// The first break.
pub fn verify_chain(
    tenant: TenantId,
    mut sequence: u64,
    mut previous: AuditHash,
    entries: &[AuditEntry],
) -> Result<(), ChainError> {
    for entry in entries {
        sequence += 1;
        if entry.sequence != sequence {
            return Err(ChainError::Sequence {
                expected: sequence,
                found: entry.sequence,
            });
        }
        if entry.previous_hash != previous {
            return Err(ChainError::Link(sequence));
        }
        // The hash covers microseconds: nothing finer, and no leap second, may hide beside them.
        let micros = entry.recorded_at.timestamp_micros();
        if DateTime::from_timestamp_micros(micros) != Some(entry.recorded_at)
            || entry_hash(tenant, sequence, entry.recorded_at, &entry.event, previous) != entry.hash
        {
            return Err(ChainError::Hash(sequence));
        }
        previous = entry.hash;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(1));

    fn chain() -> Vec<AuditEntry> {
        let mut previous = CHAIN_START;
        (1..=4)
            .map(|sequence| {
                let event = AuditEvent {
                    kind: AuditKind::ProofRejected,
                    proof_id: ProofId::from_uuid(Uuid::from_u128(u128::from(sequence))),
                    statement: StatementKind::AgeOver,
                    system: ProofSystem::Groth16,
                    code: Some(ProblemCode::StatementNotSatisfied),
                };
                let recorded_at = DateTime::from_timestamp_micros(sequence as i64).unwrap();
                let hash = entry_hash(TENANT, sequence, recorded_at, &event, previous);
                let entry = AuditEntry {
                    sequence,
                    recorded_at,
                    event,
                    previous_hash: previous,
                    hash,
                };
                previous = hash;
                entry
            })
            .collect()
    }

    fn verify(entries: &[AuditEntry]) -> Result<(), ChainError> {
        verify_chain(TENANT, 0, CHAIN_START, entries)
    }

    #[test]
    fn a_whole_chain_holds_and_so_does_a_piece() {
        let chain = chain();
        assert_eq!(verify(&chain), Ok(()));
        assert_eq!(verify_chain(TENANT, 2, chain[1].hash, &chain[2..]), Ok(()));
    }

    #[test]
    fn every_change_breaks_it() {
        type Change = fn(&mut AuditEntry);
        let changes: [Change; 7] = [
            |e| e.recorded_at = DateTime::from_timestamp_micros(99).unwrap(),
            |e| e.recorded_at += chrono::TimeDelta::nanoseconds(1),
            |e| e.event.kind = AuditKind::ProofCompleted,
            |e| e.event.proof_id = ProofId::from_uuid(Uuid::from_u128(77)),
            |e| e.event.code = None,
            |e| e.event.code = Some(ProblemCode::Internal),
            |e| e.hash.0[0] ^= 1,
        ];
        for change in changes {
            let mut chain = chain();
            change(&mut chain[1]);
            assert_eq!(verify(&chain), Err(ChainError::Hash(2)));
        }
    }

    #[test]
    fn cuts_swaps_and_foreign_entries_break_it() {
        let mut cut = chain();
        cut.remove(1);
        assert_eq!(
            verify(&cut),
            Err(ChainError::Sequence {
                expected: 2,
                found: 3
            })
        );
        let mut relinked = chain();
        relinked[2].previous_hash = relinked[0].hash;
        assert_eq!(verify(&relinked), Err(ChainError::Link(3)));
        let other = TenantId::from_uuid(Uuid::from_u128(2));
        assert_eq!(
            verify_chain(other, 0, CHAIN_START, &chain()),
            Err(ChainError::Hash(1))
        );
    }

    #[test]
    fn the_json_form_round_trips() {
        let entry = &chain()[0];
        let text = serde_json::to_string(entry).unwrap();
        assert_eq!(&serde_json::from_str::<AuditEntry>(&text).unwrap(), entry);
        let more = text.replace(r#""kind""#, r#""note":"paid","kind""#);
        assert!(serde_json::from_str::<AuditEntry>(&more).is_err());
    }
}
