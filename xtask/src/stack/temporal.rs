//! The Temporal development server with its UI.
//!
//! Durable state is in a file, with a write-ahead log and without a sync per commit: a crash of the machine may lose the last
//! moments, a crash of the server nothing. Throw-away state is in memory.

use std::time::Duration;

use super::{
    place::{Keeping, Place},
    ports::Ports,
};
use crate::{
    process::{Launch, Process, StopSignal},
    setup::Kit,
};

const READY_S_MAX: u64 = 60;
/// How long a killed server may take to be gone.
const STOP_MS_MAX: u64 = 5_000;

/// What the workflows are indexed by; `zapiki-workflows` has the same list.
const SEARCH_ATTRIBUTES: [&str; 4] = [
    "ZapikiTenant",
    "ZapikiStatement",
    "ZapikiSystem",
    "ZapikiState",
];

/// A server with one shard looks into its queues 20 times a second by default, and each step of a workflow waits for it.
const POLLED_QUEUES: [&str; 3] = ["transfer", "timer", "visibility"];
const POLLS_PER_SECOND: u32 = 2_000;

/// Each tenant gets its share of a queue, however much another has put into it. Off by default, and kept within each partition of a
/// queue; one partition is enough for one machine.
const FAIRNESS: [&str; 3] = [
    "matching.enableFairness=true",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
];

/// Starts it; [`await_ready`] waits for it.
pub(super) fn start(kit: &Kit, place: &Place, ports: &Ports) -> anyhow::Result<Process> {
    let mut server = Launch::new("Temporal", &kit.temporal)
        .args([
            "server",
            "start-dev",
            "--ip",
            "127.0.0.1",
            "--log-level",
            "warn",
        ])
        .args([
            "--port",
            &ports.temporal.to_string(),
            "--ui-port",
            &ports.ui.to_string(),
        ])
        .log(&place.log("temporal"));
    for name in SEARCH_ATTRIBUTES {
        server = server.args(["--search-attribute", &format!("{name}=Keyword")]);
    }
    for queue in POLLED_QUEUES {
        let setting = format!("history.{queue}ProcessorMaxPollRPS={POLLS_PER_SECOND}");
        server = server.args(["--dynamic-config-value", &setting]);
    }
    for setting in FAIRNESS {
        server = server.args(["--dynamic-config-value", setting]);
    }
    if place.keeping == Keeping::Crashed {
        server = server.stop(StopSignal::Kill, STOP_MS_MAX);
    }
    if place.keeping.is_durable() {
        server = server
            .arg("--db-filename")
            .arg(place.data.join("temporal.db"))
            .args([
                "--sqlite-pragma",
                "journal_mode=wal",
                "--sqlite-pragma",
                "synchronous=normal",
            ]);
    }
    server.start()
}

/// Waits until the namespace answers and knows the search attributes.
pub(super) fn await_ready(
    kit: &Kit,
    server: &Process,
    place: &Place,
    port: u16,
) -> anyhow::Result<()> {
    let address = format!("127.0.0.1:{port}");
    server.wait_until(Duration::from_secs(READY_S_MAX), || {
        Launch::new("temporal", &kit.temporal)
            .args([
                "operator",
                "search-attribute",
                "list",
                "--address",
                &address,
            ])
            .errors_to(&place.log("temporal-ready"))
            .read()
            .is_ok_and(|list| SEARCH_ATTRIBUTES.iter().all(|name| list.contains(name)))
    })
}
