//! What must hold when it is quiet again, whatever happened before: asked of the database as its superuser, of Temporal, and of
//! nothing that a service says of itself.
//!
//! - Every accepted proof ended exactly once, and none is there that nobody ordered.
//! - No accepted row without a running workflow, no running workflow without a row that waits for it.
//! - One usage event per completed proof, and no others.
//! - One audit entry per outcome, and the hash chain holds from its start to its head.
//! - No sealed input of a settled proof; a dead-lettered one has its own.
//! - Completed proofs verify.
//! - Each item of a batch is a proof of that batch, and all of the above holds of it; the workflow of the batch has ended.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;
use zapiki_core::audit::{AuditHash, CHAIN_START, verify_chain};
use zapiki_core::ids::{BatchId, ProofId};
use zapiki_workflows::client::JobStatus;
use zapiki_workflows::testing::{batch_status, running};

use crate::stack::Stack;

/// How long it may take until it is quiet: several times what any retry waits.
pub const QUIET_MAX: Duration = Duration::from_secs(180);

/// The most entries of an audit log that is checked.
const ENTRIES_MAX: u32 = 10_000;

/// A proof, as the superuser sees it with all that belongs to it.
#[derive(Debug, Deserialize)]
struct Row {
    id: ProofId,
    state: String,
    envelope: Option<Value>,
    used: u64,
    told: Vec<String>,
    inputs: u64,
    letters: u64,
    batch: Option<BatchId>,
    items: u64,
}

const ROWS: &str = "SELECT coalesce(json_agg(json_build_object(
    'id', 'proof_' || replace(p.id::text, '-', ''), 'state', p.state, 'envelope', p.envelope,
    'used', (SELECT count(*) FROM usage_events u WHERE u.proof_id = p.id),
    'told', (SELECT coalesce(json_agg(a.kind), '[]') FROM audit_entries a WHERE a.proof_id = p.id),
    'inputs', (SELECT count(*) FROM sealed_inputs s WHERE s.proof_id = p.id),
    'letters', (SELECT count(*) FROM dead_letters d WHERE d.proof_id = p.id),
    'batch', 'batch_' || replace(p.batch_id::text, '-', ''),
    'items', (SELECT count(*) FROM batch_items i WHERE i.proof_id = p.id AND i.batch_id = p.batch_id)
    )), '[]')::text AS text FROM proofs p";

/// A batch, as the superuser sees it. Nobody deletes proofs while something breaks.
#[derive(Debug, Deserialize)]
struct BatchRow {
    id: BatchId,
    items: u64,
    proofs: u64,
    open: u64,
    given_up: u64,
}

const BATCHES: &str = "SELECT coalesce(json_agg(json_build_object(
    'id', 'batch_' || replace(b.id::text, '-', ''),
    'items', (SELECT count(*) FROM batch_items i WHERE i.batch_id = b.id AND i.proof_id IS NOT NULL),
    'proofs', (SELECT count(*) FROM proofs p WHERE p.batch_id = b.id),
    'open', (SELECT count(*) FROM proofs p WHERE p.batch_id = b.id AND p.state = 'accepted'),
    'given_up', (SELECT count(*) FROM proofs p WHERE p.batch_id = b.id AND p.state = 'cancelled')
    )), '[]')::text AS text FROM batches b";

/// What the books hold of proofs that are not there.
const STRAYS: &str = "SELECT (SELECT count(*) FROM usage_events u WHERE NOT EXISTS (SELECT FROM proofs p WHERE p.id = u.proof_id))
    + (SELECT count(*) FROM audit_entries a WHERE NOT EXISTS (SELECT FROM proofs p WHERE p.id = a.proof_id)) || '' AS text";

const HEAD: &str =
    "SELECT sequence || ' ' || encode(hash, 'hex') AS text FROM audit_heads WHERE tenant_id = ";

/// How it became quiet, counted from the end of the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Until the first proof was completed; `None` if none was left to complete.
    pub first: Option<Duration>,
    /// Until the last was.
    pub last: Option<Duration>,
    /// Until every proof had its outcome and its books, and every workflow that has nothing to wait for had ended.
    pub quiet: Duration,
    /// How many proofs there were.
    pub proofs: usize,
    /// How many of them were completed.
    pub completed: usize,
}

/// Waits until it is quiet, then checks everything. `ordered` are all proofs that anybody was promised; the fault ended at
/// `since`.
pub async fn recovered(stack: &Stack, ordered: &[ProofId], since: Instant) -> Recovery {
    let completed = async || rows(stack).await.map(|rows| done(&rows));
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    let (mut first, mut last) = (None, None);
    let mut before = None;
    let quiet = loop {
        pause.tick().await;
        let now = completed().await;
        let more = |before| now > Some(before);
        if before.is_some_and(more) {
            let at = since.elapsed();
            first = first.or(Some(at));
            last = Some(at);
        }
        before = now.or(before);
        let Some(open) = unquiet(stack).await else {
            let at = since.elapsed();
            // The last may have been completed between the two looks.
            if completed().await > before {
                first = first.or(Some(at));
                last = Some(at);
            }
            break at;
        };
        assert!(since.elapsed() < QUIET_MAX, "it never became quiet: {open}");
    };
    assert_eq!(wrongs(stack, ordered).await, [""; 0]);
    let rows = rows(stack).await.expect("the database");
    Recovery {
        first,
        last,
        quiet,
        proofs: rows.len(),
        completed: done(&rows),
    }
}

fn done(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.state == "completed").count()
}

async fn rows(stack: &Stack) -> Option<Vec<Row>> {
    let text = stack.database.text(ROWS).await.ok()?;
    Some(serde_json::from_str(&text).expect("rows as JSON"))
}

async fn batches(stack: &Stack) -> Option<Vec<BatchRow>> {
    let text = stack.database.text(BATCHES).await.ok()?;
    Some(serde_json::from_str(&text).expect("rows as JSON"))
}

/// What is still to happen, if something is.
async fn unquiet(stack: &Stack) -> Option<String> {
    let Some(rows) = rows(stack).await else {
        return Some("the database does not answer".to_owned());
    };
    for Row { id, state, .. } in &rows {
        if state == "accepted" {
            return Some(format!("{id} is accepted"));
        }
        let is_parked = state == "dead_lettered";
        match stack.pipeline.job(*id).await {
            Err(error) => return Some(error.to_string()),
            Ok(Some(job)) if job.status == JobStatus::Running && !is_parked => {
                return Some(format!("the workflow of {id} runs: {job:?}"));
            }
            Ok(_) => {}
        }
    }
    let Some(batches) = batches(stack).await else {
        return Some("the database does not answer".to_owned());
    };
    for BatchRow { id, .. } in &batches {
        match batch_status(&stack.pipeline, *id).await {
            Err(error) => return Some(error.to_string()),
            Ok(Some(JobStatus::Running)) => return Some(format!("the workflow of {id} runs")),
            Ok(_) => {}
        }
    }
    // Visibility comes a little later than what it shows.
    let waiting: BTreeSet<_> = parked(&rows).collect();
    let (proofs, listed) = running(&stack.pipeline, stack.tenant.id).await;
    if let Some(late) = batches.iter().find(|batch| listed.contains(&batch.id)) {
        return Some(format!("the workflow of {} is listed", late.id));
    }
    let running: BTreeSet<_> = proofs.into_iter().collect();
    let late = running.difference(&waiting).next()?;
    rows.iter()
        .any(|row| row.id == *late)
        .then(|| format!("the workflow of {late} is listed"))
}

fn parked(rows: &[Row]) -> impl Iterator<Item = ProofId> {
    let parked = rows.iter().filter(|row| row.state == "dead_lettered");
    parked.map(|row| row.id)
}

/// All that does not hold. It must be quiet; `ordered` are all proofs that anybody was promised.
pub async fn wrongs(stack: &Stack, ordered: &[ProofId]) -> Vec<String> {
    let rows = rows(stack).await.expect("the database");
    let mut wrongs = Vec::new();

    let known: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    let promised: BTreeSet<_> = ordered.iter().copied().collect();
    let lost = promised.difference(&known);
    wrongs.extend(lost.map(|id| format!("{id} was promised, and there is none")));
    let excess = known.difference(&promised);
    wrongs.extend(excess.map(|id| format!("{id} was made, and nobody ordered it")));

    for row in &rows {
        wrongs.extend(of_books(row));
        wrongs.extend(of_workflow(stack, row).await);
        wrongs.extend(of_proof(stack, row).await);
    }
    let waiting: BTreeSet<_> = parked(&rows).collect();
    let batches = batches(stack).await.expect("the database");
    for batch in &batches {
        wrongs.extend(of_batch(stack, batch).await);
    }
    let (proofs, listed) = running(&stack.pipeline, stack.tenant.id).await;
    for id in proofs {
        if !waiting.contains(&id) {
            wrongs.push(format!("the workflow of {id} runs for nothing"));
        }
    }
    for id in listed {
        if !batches.iter().any(|batch| batch.id == id) {
            wrongs.push(format!("the workflow of {id} runs for nothing"));
        }
    }
    let strays = stack.database.text(STRAYS).await.expect("the database");
    if strays != "0" {
        wrongs.push(format!("{strays} lines of the books are about no proof"));
    }
    wrongs.extend(of_chain(stack).await);
    wrongs
}

/// Usage, audit and sealed input of one proof.
fn of_books(row: &Row) -> Vec<String> {
    let Row {
        id,
        state,
        used,
        told,
        inputs,
        letters,
        batch,
        items,
        ..
    } = row;
    let mut wrongs = Vec::new();
    let mut expect = |what: &str, found: u64, expected: bool| {
        if found != u64::from(expected) {
            wrongs.push(format!("{id} is {state} and has {found} {what}"));
        }
    };
    expect("usage events", *used, state == "completed");
    expect("sealed inputs", *inputs, state == "dead_lettered");
    expect("items of a batch", *items, batch.is_some());
    let of = |kind: &str| told.iter().filter(|told| *told == kind).count() as u64;
    for outcome in ["completed", "rejected", "dead_lettered", "cancelled"] {
        // One that failed once and was decided about has two outcomes, one after the other.
        let had = state == outcome || (outcome == "dead_lettered" && *letters > 0);
        let kind = format!("proof_{outcome}");
        expect(&format!("entries of {kind}"), of(&kind), had);
    }
    if state == "accepted" {
        wrongs.push(format!("{id} has no outcome"));
    }
    wrongs
}

async fn of_workflow(stack: &Stack, row: &Row) -> Option<String> {
    let Row {
        id, state, batch, ..
    } = row;
    let job = stack.pipeline.job(*id).await.expect("Temporal");
    let status = job.map(|job| job.status);
    let is_right = match status {
        Some(JobStatus::Finished) => state != "dead_lettered" && state != "accepted",
        Some(JobStatus::Running) => state == "dead_lettered",
        Some(JobStatus::Broken) => false,
        // Given up before anybody began, or concluded along with others.
        None => {
            state == "cancelled" || batch.is_some() && (state == "completed" || state == "rejected")
        }
    };
    (!is_right).then(|| format!("{id} is {state}, and its workflow is {status:?}"))
}

/// The items of a batch, and its workflow.
async fn of_batch(stack: &Stack, row: &BatchRow) -> Vec<String> {
    let BatchRow {
        id,
        items,
        proofs,
        open,
        given_up,
    } = row;
    let mut wrongs = Vec::new();
    if items != proofs {
        wrongs.push(format!("{id} has {items} items and {proofs} proofs"));
    }
    let status = batch_status(&stack.pipeline, *id).await.expect("Temporal");
    let is_right = match status {
        // What it left open has a workflow of its own, or no outcome: that is told of the proof.
        Some(JobStatus::Finished) => true,
        Some(JobStatus::Running) => *open > 0,
        Some(JobStatus::Broken) => false,
        None => *proofs > 0 && given_up == proofs,
    };
    if !is_right {
        wrongs.push(format!(
            "{id} has {open} open items, and its workflow is {status:?}"
        ));
    }
    wrongs
}

async fn of_proof(stack: &Stack, row: &Row) -> Option<String> {
    let proof = row.envelope.as_ref()?;
    let proof = serde_json::from_value(proof.clone()).expect("an envelope");
    let judged = stack.tenant.verify(&proof).await;
    (!judged.proof_valid).then(|| format!("the proof of {} does not verify", row.id))
}

async fn of_chain(stack: &Stack) -> Option<String> {
    let tenant = stack.tenant.id;
    let head = format!("{HEAD}'{}'", tenant.as_uuid());
    let head = stack.database.text(&head).await.expect("the database");
    // Connections of before a restart are dead, and say so once each.
    let page = crate::wait::eventually("the audit log is read", async || {
        let store = &stack.database.store;
        store.audit_entries(tenant, 0, ENTRIES_MAX).await.ok()
    })
    .await;
    assert!(!page.has_more, "more entries than are checked");
    if let Err(error) = verify_chain(tenant, 0, CHAIN_START, &page.items) {
        return Some(error.to_string());
    }
    let (sequence, hash) = page
        .items
        .last()
        .map_or((0, CHAIN_START), |entry| (entry.sequence, entry.hash));
    let AuditHash(hash) = hash;
    let last = format!("{sequence} {}", hex::encode(hash));
    (last != head).then(|| format!("the audit log ends with {last}, and its head is {head}"))
}
