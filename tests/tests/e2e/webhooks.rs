//! A customer is told of a proof that could not be made, decides, and is told what came of it.

use zapiki_core::problem::ProblemCode;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{
    DeliveryStatus, ProofState, RedriveRequest, WebhookEvent, WebhookMessage,
};
use zapiki_tests::people::Issuer;
use zapiki_tests::receiver::{Receiver, TOKEN};
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_told_of_and_so_is_its_redrive() {
    // As much as the client that sends messages would ever say.
    let builder = Stack::builder().without_worker().logging("info,ureq=trace");
    let mut stack = builder.with_webhooks_anywhere().start().await;
    let receiver = Receiver::refusing(1).await;
    let shop = &stack.tenant;
    let events = vec![
        WebhookEvent::ProofDeadLettered,
        WebhookEvent::ProofCompleted,
    ];
    let secret = shop.webhook(&receiver, events).await;
    let messages = async |count: usize| -> Vec<WebhookMessage> {
        eventually("so many messages came", async || {
            let received = receiver.verified(&secret);
            (received.len() >= count).then_some(received)
        })
        .await
        .into_iter()
        .map(|received| received.message)
        .collect()
    };

    let poor = stack.start_worker_without_age_over().await;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let id = shop.order(&request).await;

    // Refused once, and sent again as it was.
    let told = messages(2).await;
    for message in &told {
        assert_eq!(message.type_, WebhookEvent::ProofDeadLettered);
        assert_eq!(message.data.proof_id.as_ref(), Some(&id));
        assert_eq!(message.data.state, Some(ProofState::DeadLettered));
    }
    let webhooks = ok(shop.client.list_webhooks()).await.into_inner().webhooks;
    let webhook = &webhooks[0].id;
    let taken = eventually("it is noted that the message was taken", async || {
        let page = ok(shop.client.list_deliveries(webhook, None, None, None)).await;
        let delivery = page.into_inner().deliveries.remove(0);
        (delivery.status == DeliveryStatus::Delivered).then_some(delivery)
    })
    .await;
    assert_eq!((taken.attempts, taken.proof_id.as_ref()), (2, Some(&id)));
    let logs = poor.log() + &stack.api.log();
    assert!(
        logs.contains("ureq::run"),
        "what is looked for would be there"
    );
    assert!(!logs.contains(TOKEN), "{logs}");
    drop(poor);

    stack.worker = Some(stack.start_worker().await);
    let redrive = RedriveRequest { circuit: None };
    let shop = &stack.tenant;
    ok(shop.client.redrive_failure(&id, &redrive)).await;
    shop.finished(&id).await;
    let told = messages(3).await;
    assert_eq!(told[2].type_, WebhookEvent::ProofCompleted);
    assert_eq!(told[2].data.proof_id.as_ref(), Some(&id));
}

/// Where nobody lifted the rule, a customer cannot have us call our own network.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_calls_nobody_in_its_own_network() {
    let stack = Stack::start().await;
    let receiver = Receiver::start().await;
    let body = format!(
        r#"{{"url": "{}", "events": ["proof.completed"]}}"#,
        receiver.url()
    );
    let call = stack.tenant.http.post("/v1/webhooks", &body);
    call.refused(ProblemCode::InvalidField).await;

    // Not even if the row is there.
    let tenant = stack.tenant.id.as_uuid();
    let row = format!(
        "INSERT INTO webhooks VALUES (gen_random_uuid(), '{tenant}', '{}', '{{proof.completed}}', now(), NULL); \
         INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, event, occurred_at) \
         SELECT gen_random_uuid(), tenant_id, id, 'webhook.test', now() FROM webhooks",
        receiver.url()
    );
    stack.database.execute(&row).await.unwrap();
    let failure = "SELECT coalesce(max(failure), '') AS text FROM webhook_deliveries";
    eventually("it was tried", async || {
        let failure = stack.database.text(failure).await.unwrap();
        (failure == "address_refused").then_some(())
    })
    .await;
    assert_eq!(receiver.transcript(), b"");
}
