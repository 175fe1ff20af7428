//! Private means private: what only the witness holds is found nowhere else, whichever way the proof ends.
//!
//! Every private field of a witness is a canary. They are searched for in the bytes of the database's files, in its rows, in
//! Temporal's histories, in everything that the processes log, in everything that the API answers, in all metrics, in all spans and in
//! all messages to webhooks as they are sent. In each of these places something is planted first and must be found: a search that sees nothing shows nothing.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use uuid::Uuid;
use zapiki_core::problem::ProblemCode;
use zapiki_failpoints::Point;
use zapiki_tests::canaries::Canaries;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{
    NewProofRequest, ProofId, ProofState, RedriveRequest, WebhookEvent,
};
use zapiki_tests::collector::Collector;
use zapiki_tests::people::{Holder, Issuer, proof_id};
use zapiki_tests::receiver::{Received, Receiver};
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;
use zapiki_workflows::testing::{readable, readable_history, workflow_history_json};

/// An issuer under every suite: what it signs has every field that a credential can have.
struct Bank<'a> {
    main: Issuer<'a>,
    others: [Issuer<'a>; 2],
}

impl<'a> Bank<'a> {
    fn on(stack: &'a Stack) -> Self {
        let under = |name, suite| Issuer::under(&stack.desk, name, suite);
        Self {
            main: Issuer::new(&stack.desk, "bank"),
            others: [
                under("bank-pallas", "pallas-poseidon"),
                under("bank-batches", "rescue-merkle-ed25519"),
            ],
        }
    }

    /// A person all of whose attributes are unlike anything else, and born in that year.
    fn holder(&self, name: &str, born: i32) -> Holder {
        let [a, b, c] = [(); 3].map(|()| Uuid::new_v4().as_u128());
        let below = |random: u128, limit: u128| u64::try_from(random % limit).unwrap();
        let day = |year: i32, random: u128| {
            let month = below(random, 12) + 1;
            format!("{year}-{month:02}-{:02}", below(random >> 16, 28) + 1)
        };
        // Ten or more digits, and no more than JSON keeps.
        let number = |random| 1_000_000_000_000_000 + below(random, 1 << 52);
        let attributes = json!({
            "birth_date": day(born, a),
            "income": {"amount_minor": number(b), "currency": "XTS", "period": "year"},
            "country_of_residence": "QX",
            "screening_id": format!("0x1{:031x}{:032x}", a >> 4, b),
            "issued_at": day(2021, b),
            "expires_at": day(2037, c),
            "revocation_id": number(c),
        });
        let others: Vec<&Issuer<'_>> = self.others.iter().collect();
        self.main.issue_with(name, &others, &attributes)
    }
}

fn all_events() -> Vec<WebhookEvent> {
    use WebhookEvent::{ProofCancelled, ProofCompleted, ProofDeadLettered, ProofRejected};
    vec![
        ProofCancelled,
        ProofCompleted,
        ProofDeadLettered,
        ProofRejected,
    ]
}

fn nothing() -> BTreeSet<&'static str> {
    BTreeSet::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_is_in_a_log_an_answer_the_database_or_a_history() {
    let collector = Collector::start().await;
    // As talkative as anybody would ever have it.
    let talkative = Stack::builder().logging("debug").without_worker();
    let talkative = talkative.with_webhooks_anywhere();
    let talkative = talkative.with_metrics().with_traces(&collector);
    let mut stack = talkative.start().await;
    let api_metrics = stack.api.metrics_address().await;
    let shop = &stack.tenant;
    let receiver = Receiver::start().await;
    let secret = shop.webhook(&receiver, all_events()).await;
    let bank = Bank::on(&stack);
    shop.trust(&bank.main).await;
    shop.trust(&bank.others[0]).await;
    let (ana, child) = (bank.holder("ana", 1961), bank.holder("child", 2019));

    let mut private = Canaries::default();
    for (name, holder) in [("ana", &ana), ("child", &child)] {
        let witness = json!({"credential": holder.credential, "holder_secret": holder.secret});
        private.add_witness(name, &witness);
    }
    let private = private.search();
    // What is planted wherever we search.
    let canary = format!("canary-{}", Uuid::new_v4().simple());
    let mut planted = Canaries::default();
    planted.add_text("planted", &canary);
    // In metrics as the name of a queue, in spans as the trace of a caller.
    planted.add_text("planted", &stack.pipeline.queues().pipeline);
    let trace = Uuid::new_v4();
    planted.add_text("planted", &trace.simple().to_string());
    planted.add_bytes("planted", trace.as_bytes());
    let planted = planted.search();
    let seen = BTreeSet::from(["planted"]);

    let challenge = shop.challenge().await;
    let ordered = |holder: &Holder| {
        let mut request = holder.proof_request(18, &bank.main.key, &challenge);
        // Public: it is in claims, envelopes and histories.
        request.scope = canary.parse().unwrap();
        request
    };
    let (truth, lie) = (ordered(&ana), ordered(&child));
    let bytes = |request: &NewProofRequest| serde_json::to_value(request).unwrap();
    let post = |body: &Value| shop.http.post("/v1/proofs", body);
    let order = async |request: &NewProofRequest| -> ProofId {
        let call = post(&bytes(request)).header("Prefer", "respond-async");
        let id = call.send().await.json(202)["id"].clone();
        id.as_str().unwrap().parse().unwrap()
    };
    // The search sees a witness where there is one.
    let sent = bytes(&truth).to_string();
    let in_request = private.found(&sent);
    for field in [
        "ana/holder_secret",
        "ana/credential/attributes/birth_date",
        "ana/credential/attributes/country_of_residence",
        "ana/credential/attributes/income/amount_minor",
        "ana/credential/attributes/revocation_id",
        "ana/credential/signatures/pallas-poseidon/signature",
    ] {
        assert!(in_request.contains(field), "{field}: {in_request:?}");
    }

    // As long as nobody has taken it, the input lies in the database: sealed.
    let mut ids = vec![order(&truth).await];
    let waiting = proof_id(&ids[0]);
    let input = stack.database.store.unseal_witness(shop.id, waiting).await;
    assert!(input.unwrap().is_some());
    let while_waiting = stack.database.dump().await.unwrap();
    assert_eq!(private.found(&while_waiting), nothing(), "in the database");
    let files = stack.found_in_database_files(&private).await;
    assert!(files.is_empty(), "in the database's files: {files:?}");

    // Given up before anybody began.
    let given_up = order(&truth).await;
    ok(shop.client.delete_proof(&given_up)).await;
    ids.push(given_up);

    // Failed for good: one is tried again later, one is discarded.
    ids.push(order(&truth).await);
    let mut poor = stack.start_worker_without_age_over().await;
    let poor_metrics = poor.metrics_address().await;
    for id in [&ids[0], &ids[2]] {
        eventually("it failed for good", async || {
            let state = shop.proof(id).await.state;
            (state == ProofState::DeadLettered).then_some(())
        })
        .await;
    }
    ok(shop.client.discard_failure(&ids[2])).await;
    shop.finished(&ids[2]).await;

    // A batch, of which one is made, in another system, one is untrue, and one fails for good.
    let mut other = ordered(&ana);
    other.system = Some("plonk".parse().unwrap());
    other.issuer = bank.others[0].key.clone();
    let items = json!({"items": [bytes(&other), bytes(&lie), bytes(&truth)]});
    let batch = shop
        .http
        .post("/v1/proofs/batch", &items)
        .send()
        .await
        .json(202);
    let batch = batch["id"].as_str().unwrap();
    let of_batch = format!("/v1/batches/{batch}/items");
    let items = eventually("the items of the batch ended", async || {
        let page = shop.http.get(&of_batch).send().await.json(200);
        let states = page["items"].as_array().unwrap().iter();
        let states: Vec<_> = states.map(|item| item["proof"]["state"].clone()).collect();
        (states == ["completed", "rejected", "dead_lettered"]).then_some(page)
    })
    .await;
    let failed = items["items"][2]["proof_id"].as_str().unwrap();
    let failed = failed.parse::<ProofId>().unwrap();
    let mut measured = stack.metrics_of(&[&api_metrics, &poor_metrics]).await;
    let mut logs = poor.log();
    drop(poor);

    // Killed in the middle of a proof, the witness in its memory.
    ids.push(order(&truth).await);
    let mut dying = stack.start_worker_dying_at(Point::ProveAfter).await;
    let dying_metrics = dying.metrics_address().await;
    measured += &stack.metrics_of(&[&dying_metrics]).await;
    assert_eq!(dying.ended().await.signal(), Some(Signal::SIGKILL as i32));
    logs += &dying.log();
    drop(dying);

    let mut worker = stack.start_worker().await;
    let worker_metrics = worker.metrics_address().await;
    let redrive = RedriveRequest { circuit: None };
    ok(shop.client.redrive_failure(&ids[0], &redrive)).await;
    ok(shop.client.redrive_failure(&failed, &redrive)).await;
    ids.push(failed);
    let made = post(&bytes(&truth));
    let made = made.header(
        "traceparent",
        &format!("00-{}-00f067aa0ba902b7-01", trace.simple()),
    );
    let made = made.send().await.json(200);
    let refused = post(&bytes(&lie));
    let refused = refused.refused(ProblemCode::StatementNotSatisfied).await;
    // Bodies that fail at different depths, each with everything in it.
    let mut forged = bytes(&truth);
    forged["witness"]["credential"]["attributes"]["income"]["currency"] = json!("EUR");
    let forged = post(&forged)
        .refused(ProblemCode::CredentialSignatureInvalid)
        .await;
    let attributes = &bytes(&truth)["witness"]["credential"]["attributes"];
    let mut misplaced = bytes(&truth);
    misplaced["birth_date"] = attributes["birth_date"].clone();
    post(&misplaced).refused(ProblemCode::InvalidField).await;
    for name in ["birth_date", "revocation_id", "screening_id"] {
        let mut mistyped = bytes(&truth);
        mistyped["witness"]["credential"]["attributes"][name] = json!([attributes[name]]);
        post(&mistyped).refused(ProblemCode::InvalidField).await;
    }
    let broken = sent.replace("\"witness\"", "\"witness");
    shop.http
        .post("/v1/proofs", broken)
        .refused(ProblemCode::MalformedJson)
        .await;

    let answered = [&made["id"], &refused["proof_id"], &forged["proof_id"]];
    ids.extend(answered.map(|id| id.as_str().unwrap().parse().unwrap()));
    let mut histories = String::new();
    for id in &ids {
        // What was given up before has a workflow as well: the relay's, which finds it cancelled; or none.
        if *id != ids[1] {
            shop.finished(id).await;
            histories += &readable_history(&stack.pipeline, proof_id(id)).await;
        }
    }
    histories += &readable(workflow_history_json(&stack.pipeline, batch).await);
    for id in [&ids[0], &ids[3], &ids[4]] {
        assert_eq!(shop.proof(id).await.state, ProofState::Completed);
    }
    logs += &worker.log();

    // Planted in a log and in an answer; in a column of bytes, as sealed input is; in the public part of a proof.
    let call = shop.http.get("/v1/systems");
    call.header("X-Request-Id", &canary).send().await.json(200);
    let plant = format!("CREATE TABLE planted AS SELECT '{canary}'::bytea AS bytes");
    stack.database.execute(&plant).await.unwrap();
    let database = stack.database.dump().await.unwrap();
    measured += &stack.metrics_of(&[&api_metrics, &worker_metrics]).await;
    for event in all_events() {
        let of_event = |received: &Received| received.message.type_ == event;
        eventually("of every outcome a message came", async || {
            let told = receiver.verified(&secret);
            told.iter().any(of_event).then_some(())
        })
        .await;
    }
    // Who ends sends its last spans.
    worker.close_stdin();
    assert!(worker.ended().await.success());
    let workers = collector
        .spans()
        .into_iter()
        .filter(|sent| sent.service == "zapiki-worker");
    assert!(workers.count() > 10, "workers send spans");
    let spans = collector.bytes();
    assert_eq!(
        planted.found(&spans),
        seen,
        "the search of the spans is blind"
    );
    assert_eq!(private.found(&spans), nothing(), "in the spans");
    let messages = receiver.transcript();
    let mut one = Canaries::default();
    one.add_text("planted", &ids[2].to_string());
    assert_eq!(
        one.search().found(&messages),
        seen,
        "the search of messages is blind"
    );
    assert_eq!(private.found(&messages), nothing(), "in the messages");
    for (place, text) in [
        ("the answers", &stack.answers()),
        ("the API's log", &stack.api.log()),
        ("the database", &database),
        ("the histories", &histories),
        ("the metrics", &measured),
    ] {
        assert_eq!(planted.found(text), seen, "the search of {place} is blind");
        assert_eq!(private.found(text), nothing(), "in {place}");
    }
    // Three workers' logs, and each said something.
    assert_eq!(logs.matches("the worker is ready").count(), 3);
    assert_eq!(private.found(&logs), nothing(), "in the workers' logs");
    let files = stack.found_in_database_files(&planted).await;
    assert!(
        !files.is_empty(),
        "the search of the database's files is blind"
    );
    let files = stack.found_in_database_files(&private).await;
    assert!(files.is_empty(), "in the database's files: {files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_leaves_its_memory_on_disk() {
    let stack = Stack::start().await;
    let worker = stack.worker.as_ref().unwrap();
    for service in [&stack.api, worker] {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", service.id())).unwrap();
        let cores = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let values: Vec<_> = cores.unwrap().split_whitespace().skip(4).take(2).collect();
        // The second is what nobody can raise again.
        assert_eq!(values, ["0", "0"], "{limits}");
    }
}
