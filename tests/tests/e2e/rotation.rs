//! Key-encryption keys are rotated while proofs wait, and nothing waits in vain.

use zapiki_store::testing::url_text;
use zapiki_tests::client::types::ProofState;
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_was_sealed_under_the_old_key_is_made_under_the_new_one() {
    let mut stack = Stack::builder().without_worker().start().await;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    stack.tenant.trust(&bank).await;
    let challenge = stack.tenant.challenge().await;
    let waiting = stack
        .tenant
        .order(&ana.proof_request(18, &bank.key, &challenge))
        .await;

    let database = format!("--database-url {}", url_text(&stack.database.app_url));
    let keys = |command: &str| stack.desk.zapiki(&format!("keys {command} --kek-file kek"));
    let keys_ok = |command: &str| {
        let ran = keys(command);
        assert_eq!(ran.code, 0, "{command}: {}", ran.said);
        ran.said
    };
    let under = "SELECT string_agg(kek_version::text, ' ') AS text FROM sealed_inputs";
    keys_ok("add");
    // Known, and not in use: there is nothing to rotate to.
    assert!(keys_ok(&format!("rotate {database}")).contains("under key 1"));
    keys_ok("promote");
    assert_ne!(keys("promote").code, 0, "nothing is left to promote");
    let early = keys(&format!("remove --version 1 {database}"));
    assert!(
        early.code != 0 && early.said.contains("rotate"),
        "{}",
        early.said
    );
    assert_eq!(stack.database.text(under).await.unwrap(), "1");
    assert!(keys_ok(&format!("rotate {database}")).contains("1 data keys"));
    assert_eq!(stack.database.text(under).await.unwrap(), "2");
    assert!(keys_ok(&format!("rotate {database}")).contains("0 data keys"));
    assert!(keys_ok(&format!("status {database}")).contains("seals"));
    keys_ok(&format!("remove --version 1 {database}"));
    let last = keys(&format!("remove --version 2 {database}"));
    assert_ne!(last.code, 0, "the key that seals stays");
    assert!(keys_ok(&format!("status {database}")).contains("Temporal's payloads alone"));
    assert_ne!(keys("forget --version 2").code, 0, "it is there");

    // The worker has the new key, and of the old one what opens the workflow that began under it; the API still seals under
    // the old one, and is not asked to.
    stack.worker = Some(stack.start_worker().await);
    let job = stack.tenant.finished(&waiting).await;
    assert_eq!(job.state, ProofState::Completed);

    keys_ok("forget --version 1");
    assert_ne!(keys("forget --version 1").code, 0, "nothing is left");
}
