//! An issuer who signs under every suite, and a holder who proves on the system that it likes.

use serde_json::json;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{Proof, ProofState, ProofSystem};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;

/// The first proof of a system may wait until its keys are derived, so nobody waits on the line.
#[tokio::test(flavor = "multi_thread")]
async fn one_credential_serves_every_proof_system() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let pallas = Issuer::under(desk, "bank-pallas", "pallas-poseidon");
    let batches = Issuer::under(desk, "bank-batches", "rescue-merkle-ed25519");
    let ana = bank.issue_with(
        "ana",
        &[&pallas, &batches],
        &json!({"birth_date": "2001-05-17"}),
    );
    let inspected = desk.zapiki_ok("issuer inspect ana.credential");
    assert_eq!(inspected.matches("holds over the attributes").count(), 3);

    for (issuer, system, experimental) in [
        (&pallas, ProofSystem::Plonk, None),
        (&batches, ProofSystem::Stark, Some(true)),
    ] {
        shop.trust(issuer).await;
        let challenge = shop.challenge().await;
        let mut request = ana.proof_request(18, &issuer.key, &challenge);
        request.system = Some(system);
        request.allow_experimental = experimental;
        let id = shop.order(&request).await;
        let job = shop.finished(&id).await;
        assert_eq!(job.state, ProofState::Completed, "{job:?}");
        let proof = shop.proof(&id).await;
        assert_eq!(proof.system, system);
        let envelope = proof.proof.clone().expect("the proof itself");
        if experimental.is_none() {
            let judged = shop.verify(&envelope).await;
            assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
        }

        // The auditor asks nobody, and needs nothing but the program.
        let key = shop
            .client
            .get_verifying_key(&envelope.circuit, Some(system));
        desk.write("vk.json", &*ok(key).await);
        desk.write("proof.json", &proof);
        let options = format!(
            "--allow-experimental --challenge {} --issuer {}",
            challenge.as_str(),
            issuer.key.key.as_str()
        );
        let verify = format!("verify --proof proof.json --vk vk.json {options}");
        let ended = desk.zapiki(&verify);
        assert!(ended.code == 0 && ended.said.contains("VALID"), "{ended:?}");
        let mut tampered = envelope;
        tampered.public_inputs.scope = "elsewhere".parse().unwrap();
        let tampered = Proof {
            proof: Some(tampered),
            ..proof
        };
        desk.write("proof.json", &tampered);
        let ended = desk.zapiki(&verify);
        assert!(
            ended.code == 1 && ended.said.contains("INVALID"),
            "{ended:?}"
        );
    }
}
