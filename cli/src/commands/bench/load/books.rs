//! The tenant's books: what was counted, and what was told.

use std::collections::HashMap;

use anyhow::Result;
use serde::Deserialize;

use super::super::service::Service;

/// Usage and audit log as they are.
pub(super) struct Books {
    /// Proofs that were counted this month.
    usage: u64,
    /// How often each proof was told to be completed.
    told: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Usage {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    proofs: u64,
}

#[derive(Deserialize)]
struct AuditPage {
    entries: Vec<Entry>,
    next_after: Option<u64>,
}

#[derive(Deserialize)]
struct Entry {
    kind: String,
    proof_id: String,
}

impl Books {
    /// Reads both.
    pub(super) async fn read(service: &Service) -> Result<Self> {
        let usage: Usage = service.get("/v1/usage").await?;
        let mut told = HashMap::new();
        let mut after = 0;
        loop {
            let page: AuditPage = service
                .get(&format!("/v1/audit?limit=100&after={after}"))
                .await?;
            for entry in page.entries {
                if entry.kind == "proof_completed" {
                    *told.entry(entry.proof_id).or_default() += 1;
                }
            }
            let Some(next) = page.next_after else {
                break;
            };
            after = next;
        }
        Ok(Self {
            usage: usage.lines.iter().map(|line| line.proofs).sum(),
            told,
        })
    }

    /// How many proofs were counted.
    pub(super) fn counted_since(&self, before: &Self) -> usize {
        usize::try_from(self.usage.saturating_sub(before.usage)).unwrap_or(usize::MAX)
    }

    /// How many proofs were counted beyond those that were made, and how many entries repeat another.
    pub(super) fn duplicates_since(&self, before: &Self, made: usize) -> usize {
        let counted = self.counted_since(before);
        let repeated: usize = self.told.values().map(|times| times - 1).sum();
        let new = self.told.len() - before.told.len();
        counted.saturating_sub(made) + repeated + new.saturating_sub(made)
    }
}
