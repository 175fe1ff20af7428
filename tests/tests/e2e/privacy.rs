//! Private means private: what only the witness holds is found nowhere else, whichever way the proof ends.

use serde_json::{Value, json};
use zapiki_core::problem::ProblemCode;
use zapiki_tests::people::{Holder, Issuer, proof_id};
use zapiki_tests::stack::Stack;
use zapiki_workflows::testing::readable_history;

/// Which of them stand in the text.
fn found(canaries: &[String], text: &str) -> Vec<String> {
    let found = canaries.iter().filter(|canary| text.contains(*canary));
    found.cloned().collect()
}

/// A person all of whose attributes are unlike anything else.
fn holder(bank: &Issuer<'_>, name: &str, birth_date: &str) -> Holder {
    let attributes = json!({
        "birth_date": birth_date,
        "income": {"amount_minor": 73_914_268_517_346_u64, "currency": "CHF", "period": "year"},
        "screening_id": format!("0x{}", "1c9e57a2".repeat(8)),
        "revocation_id": 918_273_645_546_372_u64,
    });
    bank.issue(name, &attributes)
}

/// What is private about a person, as it would look in a leak.
fn canaries(holder: &Holder, birth_date: &str) -> Vec<String> {
    let credential = serde_json::to_value(&holder.credential).unwrap();
    let digits = |value: &Value| value.as_str().unwrap().trim_start_matches("0x").to_owned();
    let attributes = &credential["attributes"];
    let (_, signed) = credential["signatures"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    vec![
        birth_date.to_owned(),
        "73914268517346".to_owned(),
        "918273645546372".to_owned(),
        digits(&attributes["screening_id"]),
        digits(&attributes["holder_commitment"]),
        digits(&signed["signature"]),
        digits(&json!(holder.secret)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_is_in_a_log_an_answer_the_database_or_a_history() {
    // As talkative as anybody would ever have it.
    let talkative = Stack::builder().logging("debug").without_worker();
    let stack = talkative.start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    shop.trust(&bank).await;
    let (born, born_late) = ("1987-03-14", "2019-08-23");
    let (ana, child) = (
        holder(&bank, "ana", born),
        holder(&bank, "child", born_late),
    );
    let mut private = canaries(&ana, born);
    private.extend(canaries(&child, born_late));

    let challenge = shop.challenge().await;
    let request = |holder: &Holder| {
        serde_json::to_value(holder.proof_request(18, &bank.key, &challenge)).unwrap()
    };
    let post = |body: String| shop.http.post("/v1/proofs", body);
    // As long as nobody has taken it, the input lies in the database: sealed.
    let waiting = post(request(&ana).to_string()).header("Prefer", "respond-async");
    let waiting = waiting.send().await.json(202)["id"].clone();
    let id = proof_id(&waiting.as_str().unwrap().parse().unwrap());
    let input = stack.database.store.unseal_witness(shop.id, id).await;
    assert!(input.unwrap().is_some());
    let while_waiting = stack.database.dump().await.unwrap();
    assert_eq!(found(&private, &while_waiting), [""; 0], "in the database");

    let worker = stack.start_worker().await;
    let made = post(request(&ana).to_string()).send().await.json(200);
    let refused = post(request(&child).to_string());
    let refused = refused.refused(ProblemCode::StatementNotSatisfied).await;
    // Bodies that fail at different depths, each with everything in it.
    let mut forged = request(&ana);
    forged["witness"]["credential"]["attributes"]["income"]["currency"] = json!("EUR");
    let forged = post(forged.to_string());
    let forged = forged
        .refused(ProblemCode::CredentialSignatureInvalid)
        .await;
    let mut misplaced = request(&ana);
    misplaced["birth_date"] = json!(born);
    post(misplaced.to_string())
        .refused(ProblemCode::InvalidField)
        .await;
    let mut mistyped = request(&ana);
    mistyped["witness"]["credential"]["attributes"]["birth_date"] = json!([born]);
    post(mistyped.to_string())
        .refused(ProblemCode::InvalidField)
        .await;
    let broken = request(&ana)
        .to_string()
        .replace("\"witness\"", "\"witness");
    post(broken).refused(ProblemCode::MalformedJson).await;

    let ids = [
        &waiting,
        &made["id"],
        &refused["proof_id"],
        &forged["proof_id"],
    ];
    let mut histories = String::new();
    for id in ids.map(|id| id.as_str().unwrap().parse().unwrap()) {
        shop.finished(&id).await;
        histories += &readable_history(&stack.pipeline, proof_id(&id)).await;
    }
    // The search sees what is there: the public part of the same request, and what we plant.
    let planted = "canary-that-is-planted";
    shop.http
        .get("/v1/systems")
        .header("X-Request-Id", planted)
        .send()
        .await
        .json(200);
    // In a column of bytes, as sealed input is.
    let plant = format!("CREATE TABLE planted AS SELECT '{planted}'::bytea AS bytes");
    stack.database.execute(&plant).await.unwrap();
    let (api_log, worker_log) = (stack.api.log(), worker.log());
    let database = stack.database.dump().await.unwrap();
    for (place, text, visible) in [
        ("the answers", &stack.answers(), planted),
        ("the API's log", &api_log, planted),
        ("the database", &database, planted),
        ("the worker's log", &worker_log, "the worker is ready"),
        (
            "the histories",
            &histories,
            &*format!("\"{}\"", made["id"].as_str().unwrap()),
        ),
    ] {
        assert!(text.contains(visible), "the search of {place} is blind");
        assert_eq!(found(&private, text), [""; 0], "in {place}");
    }
}
