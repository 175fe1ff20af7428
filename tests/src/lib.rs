//! The harness of the end-to-end tests: the real program against a real PostgreSQL and a real Temporal, called over HTTP
//! through a client generated from `docs/openapi.json`.
//!
//! | file | subject |
//! | --- | --- |
//! | [`stack`] | a deployment of one's own: database, task queues, API, workers |
//! | [`tenant`] | a customer of it, who calls the API |
//! | [`people`] | issuers and holders, who use the command line |
//! | [`desk`] | a folder, and commands that run in it |
//! | [`service`] | a process that runs until it is stopped or dropped |
//! | [`browser`] | a browser, and what somebody does and sees in it |
//! | [`client`] | the generated client |
//! | [`http`] | calls as bytes, for what no client would send |
//! | [`wait`] | waiting for something to be so |
//! | [`proxy`] | a network that can be made to fail |
//! | [`receiver`] | whoever a webhook leads to |
//! | [`control`] | servers that may be stopped |
//! | [`faults`] | scenarios in which something breaks |
//! | [`collector`] | a collector of traces |
//! | [`prometheus`] | a real Prometheus, and metrics as text |
//! | [`canaries`] | private values, and the search for them |
//! | [`aftermath`] | what must hold after each of them |
//!
//! The tests are in `tests/e2e`. `cargo xtask test` starts what they need. Nothing here sleeps for a fixed time, mocks a part
//! of the product, or outlives the test: processes end when their standard input closes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

pub mod aftermath;
pub mod browser;
pub mod canaries;
pub mod client;
pub mod collector;
pub mod control;
pub mod desk;
pub mod faults;
pub mod http;
pub mod people;
pub mod prometheus;
pub mod proxy;
pub mod receiver;
pub mod service;
pub mod stack;
pub mod tenant;
pub mod wait;

/// Names the variable that holds the path of the program under test.
pub const PROGRAM_VARIABLE: &str = "ZAPIKI_TEST_PROGRAM";
/// Names the variable that holds the URL of a Temporal server.
pub const TEMPORAL_URL_VARIABLE: &str = "ZAPIKI_TEST_TEMPORAL_URL";

/// Names the variable that holds the folder of PostgreSQL's data.
pub const POSTGRES_DATA_VARIABLE: &str = "ZAPIKI_TEST_POSTGRES_DATA";

/// Names the variable that holds the URL of the UI of that server.
pub const TEMPORAL_UI_URL_VARIABLE: &str = "ZAPIKI_TEST_TEMPORAL_UI_URL";
/// Names the variable that holds the path of a Chromium.
pub const CHROMIUM_VARIABLE: &str = "ZAPIKI_TEST_CHROMIUM";
/// Names the variable that holds the path of its driver.
pub const CHROMEDRIVER_VARIABLE: &str = "ZAPIKI_TEST_CHROMEDRIVER";

/// What `cargo xtask test` says in a variable.
fn told(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run the tests with `cargo xtask test`, which builds the program and starts PostgreSQL \
             and Temporal"
        )
    })
}

/// The program under test, with nothing of the tests' own environment to decide how it behaves.
fn program() -> std::process::Command {
    let mut command = std::process::Command::new(told(PROGRAM_VARIABLE));
    command.env_clear();
    command
}
