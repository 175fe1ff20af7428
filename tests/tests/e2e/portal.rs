//! The portal as a customer has it before them: a real browser, which reads the page and clicks on it.

use zapiki_tests::browser::Browser;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{NewBatchRequest, ProofId, ProofState};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;
use zapiki_tests::tenant::Tenant;
use zapiki_tests::wait::eventually;

/// Markup, if somebody took it for such. A scope is what a customer calls it.
const SCRIPT: &str = "<img/src='x'onerror='window.pwned=1'><script>window.pwned=1</script>";

async fn sign_in(browser: &Browser, tenant: &Tenant) {
    browser.open(&tenant.http.url("/portal")).await;
    browser.type_into("#key", &tenant.key).await;
    browser.click("#sign-in-form button").await;
    browser.see("#view h1", "Overview").await;
}

/// What stands in the row of a failure.
fn row(id: &ProofId, part: &str) -> String {
    format!("tr[data-id='{}'] {part}", id.as_str())
}

async fn state(tenant: &Tenant, id: &ProofId) -> ProofState {
    tenant.proof(id).await.state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_the_portal_and_is_gone_after_signing_out() {
    let stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let browser = Browser::start().await;
    browser.open(&shop.http.url("/portal")).await;
    browser.type_into("#key", "two words").await;
    browser.click("#sign-in-form button").await;
    browser.see("#sign-in-problem", "Not an API key").await;
    let unknown = format!("zk_{}", "A".repeat(43));
    browser.type_into("#key", &unknown).await;
    browser.click("#sign-in-form button").await;
    browser.see("#sign-in-problem", "api_key_invalid").await;
    let kept = "return [sessionStorage, localStorage].map(s => JSON.stringify(s)).join() + document.cookie";
    assert_eq!(browser.run(kept).await, "{},{}");
    let console = browser.console().await;
    assert!(
        console.len() == 1 && console[0].contains("401"),
        "the refused call and nothing else: {console:?}"
    );

    sign_in(&browser, shop).await;
    browser.see("main", "Nothing waits for a decision").await;
    // In this tab's storage, and nowhere else.
    let storage = "return JSON.stringify(sessionStorage)";
    assert!(
        browser
            .run(storage)
            .await
            .as_str()
            .unwrap()
            .contains(&shop.key)
    );
    let elsewhere = "return [location.href, document.cookie, JSON.stringify(localStorage), \
                     document.documentElement.outerHTML, document.querySelector('#key').value].join()";
    for view in ["#/failures", "#/jobs", "#/batches", "#/"] {
        browser.click(&format!("nav a[href='{view}']")).await;
        browser.see("nav a[aria-current]", "").await;
        let seen = browser.run(elsewhere).await;
        assert!(!seen.as_str().unwrap().contains(&shop.key), "{view}");
    }
    browser.open(&shop.http.url("/portal#/jobs")).await;
    browser.see("#view h1", "Jobs").await;
    assert_eq!(browser.console().await, [""; 0]);

    browser.click("#sign-out").await;
    browser.see("#sign-in h1", "Sign in").await;
    assert_eq!(browser.run(kept).await, "{},{}");
    assert_eq!(
        browser
            .run("return document.querySelector('#view').children.length")
            .await,
        0
    );
    browser.open(&shop.http.url("/portal#/jobs")).await;
    browser.see("#sign-in h1", "Sign in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_script_runs_that_is_not_a_file_of_the_portal() {
    let stack = Stack::builder().without_worker().start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &stack.tenant).await;
    // As a text might try that was taken for markup, and as a script that got in by other means.
    for attempt in [
        "document.body.innerHTML = '<img src=x onerror=\"window.pwned = 1\">'",
        "const script = document.createElement('script'); script.append('window.pwned = 1'); document.body.append(script)",
        "document.body.setAttribute('onclick', 'window.pwned = 1'); document.body.click()",
    ] {
        let outcome =
            format!("try {{ {attempt} }} catch {{}} return window.pwned ?? 'nothing ran'");
        assert_eq!(browser.run(&outcome).await, "nothing ran", "{attempt}");
    }
    let style = "const style = document.createElement('style'); style.append('body { display: none }'); \
                 document.head.append(style); return getComputedStyle(document.body).display";
    assert_eq!(browser.run(style).await, "block");
    // Whoever got in could send nothing out.
    let send = "return fetch('https://example.com/').then(() => 'sent', () => 'refused')";
    assert_eq!(browser.run(send).await, "refused");
    let console = browser.console().await;
    for rule in ["style-src 'self'", "connect-src 'self'"] {
        assert!(
            console.iter().any(|line| line.contains(rule)),
            "{console:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_proofs_are_tried_again_and_given_up_by_their_owner() {
    let mut stack = Stack::builder().without_worker().start().await;
    let poor = stack.start_worker_without_age_over().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        let mut request = ana.proof_request(18, &bank.key, &shop.challenge().await);
        request.scope = SCRIPT.parse().unwrap();
        ids.push(shop.order(&request).await);
    }
    for id in &ids {
        eventually("it failed for good", async || {
            (state(shop, id).await == ProofState::DeadLettered).then_some(())
        })
        .await;
    }
    drop(poor);
    let another = stack.another_tenant().await;

    let browser = Browser::start().await;
    sign_in(&browser, shop).await;
    browser.see(".alarm h2", "6 failed proofs wait").await;
    browser.click("nav a[href='#/failures']").await;
    browser
        .see(&row(&ids[0], ""), "no worker had the keys")
        .await;
    assert_eq!(browser.count("tbody tr").await, 6);

    // One by itself: why, and what can be done.
    browser.click(&row(&ids[0], "a")).await;
    browser.see("#view h1", ids[0].as_str()).await;
    browser
        .see(".decide", "Redrive it once a worker has the circuit's keys")
        .await;
    browser
        .see("article", "Round 1: no worker had the keys of the circuit")
        .await;
    browser.see(".chain", "CircuitUnavailable").await;
    browser.see(".timeline", "The claim was checked").await;
    browser.click("#redrive").await;
    browser.see("dialog", "under the same id").await;
    // Asked back, and not wanted.
    browser.click_on("button", "Cancel").await;
    assert_eq!(state(shop, &ids[0]).await, ProofState::DeadLettered);
    browser.click("#redrive").await;
    browser.choose("#ask-choice", "age_over@1.0.0").await;
    browser.click("dialog .primary").await;
    browser.see(".head .status", "On its way").await;
    stack.worker = Some(stack.start_worker().await);
    browser.see(".head .status", "Completed").await;
    assert_eq!(state(shop, &ids[0]).await, ProofState::Completed);
    // What it says in public is text, whatever it is.
    browser.see("main", SCRIPT).await;
    assert!(browser.run("return window.pwned ?? null").await.is_null());
    browser.see("article .badge", "Redriven").await;

    // One from the list.
    browser.click("nav a[href='#/failures']").await;
    browser.click(&row(&ids[1], ".danger-plain")).await;
    browser.see("dialog", "cannot be undone").await;
    browser.click("dialog .danger").await;
    browser.see(&row(&ids[1], ".status"), "Given up").await;
    assert_eq!(state(shop, &ids[1]).await, ProofState::Cancelled);

    // Two that are ticked: each is followed until it is made.
    for id in &ids[2..4] {
        browser.click(&row(id, "input")).await;
    }
    browser.click_on("button", "Redrive selected").await;
    browser.see("dialog h2", "Redrive 2 proofs?").await;
    browser.click("dialog .primary").await;
    browser.see(".results", "2 proofs redriven.").await;
    for id in &ids[2..4] {
        browser.see(&row(id, ".status"), "Completed").await;
        assert_eq!(state(shop, id).await, ProofState::Completed);
    }

    // Whatever failed for one reason.
    browser.choose("#failure", "WorkerLost").await;
    browser
        .see(".empty", "No failure matches the filter.")
        .await;
    browser.choose("#failure", "CircuitUnavailable").await;
    browser.see(&row(&ids[5], ".status"), "Waiting").await;
    assert_eq!(browser.count("tbody tr").await, 2);
    browser.click_on("button", "Discard all that match…").await;
    browser
        .see("dialog", "2 waiting failures match the filter.")
        .await;
    browser.click("dialog .danger").await;
    browser.see(".results", "2 proofs discarded.").await;
    for id in &ids[4..] {
        browser.see(&row(id, ".status"), "Given up").await;
        assert_eq!(state(shop, id).await, ProofState::Cancelled);
    }
    browser.click("nav a[href='#/']").await;
    browser
        .see(".calm h2", "Nothing waits for a decision")
        .await;
    assert_eq!(shop.proofs_used().await, 3);
    assert_eq!(browser.console().await, [""; 0]);

    // Somebody else sees nothing of it.
    browser.click("#sign-out").await;
    sign_in(&browser, &another).await;
    browser.click("nav a[href='#/failures']").await;
    browser.choose("#open", "all").await;
    browser
        .see(".empty", "No failure matches the filter.")
        .await;
    let theirs = format!("/portal#/proofs/{}", ids[0].as_str());
    browser.open(&shop.http.url(&theirs)).await;
    browser.see(".problem", "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_somebody_took_before_is_told() {
    let stack = Stack::builder().without_worker().start().await;
    let poor = stack.start_worker_without_age_over().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let id = shop.order(&request).await;
    eventually("it failed for good", async || {
        (state(shop, &id).await == ProofState::DeadLettered).then_some(())
    })
    .await;
    drop(poor);
    let browser = Browser::start().await;
    sign_in(&browser, shop).await;
    browser.click("nav a[href='#/failures']").await;
    browser.see(&row(&id, ".status"), "Waiting").await;
    ok(shop.client.discard_failure(&id)).await;
    browser.click(&row(&id, ".small")).await;
    browser.click("dialog .primary").await;
    browser
        .see(".results .problem", "Failure resolved already")
        .await;
    browser.see(".results .problem", "failure_resolved").await;
    browser
        .see(".results", "0 proofs redriven. 1 proof not")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_followed_and_given_up() {
    let stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let mut items = Vec::new();
    for age in [18, 19, 20] {
        items.push(ana.proof_request(age, &bank.key, &shop.challenge().await));
    }
    items.push(items[0].clone());
    let accepted = ok(shop.client.create_batch(None, &NewBatchRequest { items })).await;
    let browser = Browser::start().await;
    sign_in(&browser, shop).await;
    browser.see("main", "1 of 4 items").await;
    browser.click("nav a[href='#/batches']").await;
    browser
        .click(&format!("a[aria-label='{}']", accepted.id.as_str()))
        .await;
    browser.see("main", "duplicate_item").await;
    browser.click_on("button", "Cancel…").await;
    browser.see("dialog", "3 items of 4 were on the way").await;
    browser.click("dialog .danger").await;
    browser.see("tbody", "3 given up, 1 refused").await;
    browser.see("tbody .badge", "Cancelled").await;
    browser.click("nav a[href='#/jobs']").await;
    browser.choose("#state", "cancelled").await;
    browser.see("tbody .badge", "Given up").await;
    assert_eq!(browser.count("tbody tr").await, 3);
    assert_eq!(browser.console().await, [""; 0]);
}
