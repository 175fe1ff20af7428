//! An operator at Temporal's own UI, in a real browser: reads what lies sealed there, and decides about a proof that waits.

use zapiki_tests::browser::Browser;
use zapiki_tests::client::types::{AuditKind, ProofState};
use zapiki_tests::people::{Issuer, proof_id};
use zapiki_tests::stack::{Stack, write_private};
use zapiki_tests::wait::eventually;

const TOKEN: &str = "a-token-of-thirty-two-characters";
/// Where the UI shows a workflow's input.
const INPUT: &str = "[aria-label='Input']";
/// The button that does what an open dialog asks for.
const CONFIRM: &str = "dialog[open] [data-testid='confirm-modal-button']";

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_a_parked_workflow_and_has_its_proof_tried_again() {
    let mut stack = Stack::builder().without_worker().start().await;
    let poor = stack.start_worker_without_age_over().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let id = shop.order(&request).await;
    eventually("it failed for good", async || {
        (shop.proof(&id).await.state == ProofState::DeadLettered).then_some(())
    })
    .await;
    // A signal that comes earlier would not be heard.
    stack.parked(proof_id(&id)).await;
    drop(poor);
    write_private(&stack.desk.path("token"), TOKEN);
    stack
        .desk
        .zapiki_ok("keys payloads --kek-file kek --out payloads.keys");
    let (_server, codec) = stack.start_codec_server("payloads.keys", "token").await;

    // Without the codec server the UI shows what Temporal has: nothing that can be read.
    let browser = Browser::start().await;
    let page = stack.workflow_page(id.as_str());
    browser.open(&page).await;
    let sealed = browser.text(INPUT).await;
    let tenant = shop.id.to_string();
    assert!(!sealed.contains(&tenant), "{sealed}");

    // Signed in at the codec server, which the UI is then told of.
    let signed_in = codec.replacen("http://", &format!("http://operator:{TOKEN}@"), 1);
    browser.open(&signed_in).await;
    browser.see("body", "Signed in.").await;
    browser.open(&page).await;
    browser.click("[data-testid='data-encoder-status']").await;
    browser
        .click("[data-testid='use-local-endpoint-input']")
        .await;
    browser
        .type_into("#data-encoder-endpoint-input", &codec)
        .await;
    browser
        .click("[data-testid='data-encoder-include-credentials']")
        .await;
    browser.click(CONFIRM).await;
    // It is heard from the next page on.
    browser.open(&page).await;
    browser.see(INPUT, &tenant).await;

    // The reason is gone, and the decision is taken where the operator is.
    stack.worker = Some(stack.start_worker().await);
    browser.click_on("button", "More Actions").await;
    browser.click("[data-testid='signal-button']").await;
    browser
        .type_into("dialog[open] [data-testid='signal-name']", "redrive")
        .await;
    browser.click(CONFIRM).await;
    let shop = &stack.tenant;
    shop.finished(&id).await;
    let made = shop.proof(&id).await;
    assert!(shop.verify(&made.proof.unwrap()).await.policy_satisfied);
    assert_eq!(
        shop.audited(&id).await,
        [AuditKind::ProofDeadLettered, AuditKind::ProofCompleted]
    );
    browser.open(&page).await;
    browser.see("main", "COMPLETED").await;
}
