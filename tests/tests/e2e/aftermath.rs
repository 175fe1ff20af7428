//! The check that follows every fault sees what it looks for: each thing that must hold is broken by hand, and told.

use std::time::Instant;

use uuid::Uuid;
use zapiki_core::ids::ProofId;
use zapiki_tests::aftermath::{recovered, wrongs};
use zapiki_tests::faults::load::Load;
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;
use zapiki_workflows::testing::terminate;

/// What is done to the database, what undoes it, and what is told meanwhile. `A` is a completed proof, `R` a rejected one, `B` a
/// completed item of a batch.
const PLANTS: [(&str, &str, &str); 12] = [
    (
        "CREATE TABLE kept AS SELECT * FROM usage_events WHERE proof_id = A; DELETE FROM usage_events WHERE proof_id = A",
        "INSERT INTO usage_events SELECT * FROM kept; DROP TABLE kept",
        "is completed and has 0 usage events",
    ),
    (
        "INSERT INTO usage_events SELECT id, tenant_id, statement, system, now() FROM proofs WHERE id = R",
        "DELETE FROM usage_events WHERE proof_id = R",
        "is rejected and has 1 usage events",
    ),
    (
        "CREATE TABLE kept AS SELECT * FROM audit_entries WHERE proof_id = A; DELETE FROM audit_entries WHERE proof_id = A",
        "INSERT INTO audit_entries SELECT * FROM kept; DROP TABLE kept",
        "is completed and has 0 entries of proof_completed",
    ),
    (
        "UPDATE audit_entries SET recorded_at = recorded_at + interval '1 second' WHERE proof_id = A",
        "UPDATE audit_entries SET recorded_at = recorded_at - interval '1 second' WHERE proof_id = A",
        "was changed after it was written",
    ),
    (
        "UPDATE audit_heads SET sequence = sequence + 1",
        "UPDATE audit_heads SET sequence = sequence - 1",
        "and its head is",
    ),
    (
        "INSERT INTO sealed_inputs SELECT id, tenant_id, 1, '\\x00', '\\x00' FROM proofs WHERE id = A",
        "DELETE FROM sealed_inputs WHERE proof_id = A",
        "is completed and has 1 sealed inputs",
    ),
    (
        "ALTER TABLE proofs DISABLE TRIGGER USER; CREATE TABLE kept AS SELECT envelope FROM proofs WHERE id = A; UPDATE proofs SET \
         envelope = jsonb_set(envelope, '{public_inputs,scope}', '\"elsewhere\"') WHERE id = A",
        "UPDATE proofs SET envelope = (SELECT envelope FROM kept) WHERE id = A; DROP TABLE kept",
        "does not verify",
    ),
    (
        "CREATE TABLE kept AS SELECT * FROM usage_events WHERE proof_id = A; UPDATE usage_events SET proof_id = gen_random_uuid() \
         WHERE proof_id = A",
        "DELETE FROM usage_events WHERE proof_id NOT IN (SELECT id FROM proofs); INSERT INTO usage_events SELECT * FROM kept; DROP \
         TABLE kept",
        "lines of the books are about no proof",
    ),
    (
        "CREATE TABLE kept AS SELECT * FROM usage_events WHERE proof_id = B; DELETE FROM usage_events WHERE proof_id = B",
        "INSERT INTO usage_events SELECT * FROM kept; DROP TABLE kept",
        "is completed and has 0 usage events",
    ),
    (
        "CREATE TABLE kept AS SELECT * FROM batch_items WHERE proof_id = B; DELETE FROM batch_items WHERE proof_id = B",
        "INSERT INTO batch_items SELECT * FROM kept; DROP TABLE kept",
        "is completed and has 0 items of a batch",
    ),
    (
        "INSERT INTO batch_items SELECT batch_id, tenant_id, 99, gen_random_uuid(), NULL FROM batch_items WHERE proof_id = B",
        "DELETE FROM batch_items WHERE position = 99",
        "has 3 items and 2 proofs",
    ),
    (
        "INSERT INTO batches (id, tenant_id, accepted_at) SELECT gen_random_uuid(), tenant_id, now() FROM proofs WHERE id = A",
        "DELETE FROM batches WHERE id NOT IN (SELECT batch_id FROM batch_items)",
        "has 0 open items, and its workflow is None",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_is_seen() {
    let mut stack = Stack::start().await;
    let load = Load::prepare(&stack).await;
    let mut ids = load.order_all(&stack, 2).await;
    let (_, items) = load.order_batch(&stack, 1).await;
    ids.extend(items);
    let recovery = recovered(&stack, &ids, Instant::now()).await;
    assert_eq!((recovery.proofs, recovery.completed), (5, 3));
    // Nobody is to repair what is broken now.
    drop(stack.worker.take());
    let database = &stack.database;
    let told = async |ordered: &[ProofId], expected: &str| {
        let wrongs = wrongs(&stack, ordered).await;
        wrongs
            .iter()
            .any(|wrong| wrong.contains(expected))
            .then_some(())
            .ok_or(wrongs)
    };

    let quoted = |id: ProofId| format!("'{}'", id.as_uuid());
    let (completed, rejected, item) = (quoted(ids[0]), quoted(ids[2]), quoted(ids[3]));
    let fill = |statement: &str| {
        statement
            .replace("= A", &format!("= {completed}"))
            .replace("= R", &format!("= {rejected}"))
            .replace("= B", &format!("= {item}"))
    };
    for (plant, undo, expected) in PLANTS {
        database.execute(&fill(plant)).await.unwrap();
        told(&ids, expected).await.unwrap();
        database.execute(&fill(undo)).await.unwrap();
        assert_eq!(wrongs(&stack, &ids).await, [""; 0], "{undo}");
    }
    told(&ids[1..], "was made, and nobody ordered it")
        .await
        .unwrap();
    let mut more = ids.clone();
    more.push(ProofId::from_uuid(Uuid::now_v7()));
    told(&more, "was promised, and there is none")
        .await
        .unwrap();

    // Nobody works any more: an order stays where it is.
    let open = load.order(&stack).await;
    told(&more, "has no outcome").await.unwrap();
    let delete = format!("DELETE FROM proofs WHERE id = {}", quoted(open));
    database.execute(&delete).await.unwrap();
    eventually("it is listed", async || {
        told(&ids, &format!("the workflow of {open} runs for nothing"))
            .await
            .ok()
    })
    .await;
    let broken = load.order(&stack).await;
    terminate(&stack.pipeline, broken).await;
    let broken = format!("{broken} is accepted, and its workflow is Some(Broken)");
    told(&ids, &broken).await.unwrap();

    let (batch, items) = load.order_batch(&stack, 1).await;
    told(&ids, &format!("{} has no outcome", items[0]))
        .await
        .unwrap();
    let delete = "DELETE FROM proofs WHERE batch_id =";
    let delete = format!("{delete} '{}'", batch.as_uuid());
    database.execute(&delete).await.unwrap();
    let idle = format!("{batch} has 0 open items, and its workflow is Some(Running)");
    told(&ids, &idle).await.unwrap();
    terminate(&stack.pipeline, batch).await;
    let broken = format!("{batch} has 0 open items, and its workflow is Some(Broken)");
    told(&ids, &broken).await.unwrap();
}
