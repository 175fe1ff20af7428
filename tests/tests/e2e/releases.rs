//! What a worker is told of its release and its queues, and what it refuses to be told.

use zapiki_tests::desk::Desk;

/// How the program refuses what it was told.
fn refusal(arguments: &str) -> String {
    let ended = Desk::default().zapiki(arguments);
    assert_eq!(ended.code, 2, "zapiki {arguments}: {}", ended.said);
    ended.said
}

/// What the program misses, one option a line.
fn missed(arguments: &str) -> Vec<String> {
    let said = refusal(arguments);
    let options = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--"));
    options.map(str::to_owned).collect()
}

#[test]
fn a_deployment_and_a_build_id_come_together() {
    let misses = |arguments: &str, option: &str| {
        missed(arguments)
            .iter()
            .any(|line| line.starts_with(option))
    };
    assert!(misses("worker --deployment zapiki", "build-id "));
    assert!(misses("worker --build-id 1", "deployment "));
    assert!(misses("worker --pin-workflows", "deployment "));
    let both = "worker --deployment zapiki --build-id 1 --pin-workflows";
    for arguments in ["worker", both] {
        assert!(!misses(arguments, "build-id "));
        assert!(!misses(arguments, "deployment "));
    }
}

#[test]
fn a_queue_that_there_is_not_is_refused_with_those_that_there_are() {
    let known = "known: pipeline, groth16, plonk, stark, lists";
    for queues in ["nonsense", "pipeline,nonsense"] {
        let said = refusal(&format!("worker --queues {queues}"));
        assert!(
            said.contains("'nonsense'") && said.contains(known),
            "{said}"
        );
    }
    assert!(!refusal("worker --queues pipeline,lists").contains(known));
}
