//! Faults: what can break on the way, broken on purpose, each on a deployment of its own.
//!
//! A scenario orders proofs, breaks something while they are under way, mends it, and has [`crate::aftermath`] check that
//! everything that was promised was done once. `tests/e2e/faults.rs` runs a selection beside the other tests;
//! `cargo xtask faults` runs all of them, one after the other, on servers that it may stop.
//!
//! | file | subject |
//! | --- | --- |
//! | [`load`] | what is ordered, by a caller who does not give up |
//! | [`kills`] | a worker or an API that dies between two steps |
//! | [`network`] | what two processes say to each other gets lost |
//! | [`servers`] | PostgreSQL and Temporal stopped, a full disk, a clock that jumps |

pub mod kills;
pub mod load;
pub mod network;
pub mod servers;

use zapiki_failpoints::Point;

use crate::aftermath::Recovery;

/// How a scenario ended, if it did not panic.
#[derive(Debug)]
pub enum Ending {
    /// All that must hold, holds.
    Held(Recovery),
    /// It could not be tried here.
    Skipped(String),
}

/// Something that breaks.
#[derive(Debug, Clone, Copy)]
pub enum Scenario {
    /// The process that gets there dies there.
    Kill(Point),
    /// The API dies there while it takes a batch.
    KillAtBatch(Point),
    /// The network to a server fails.
    Network(network::Server, network::Fault),
    /// A server or a machine fails. Needs servers of its own.
    Servers(servers::Fault),
}

impl Scenario {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let kills = Point::ALL.iter().map(|point| Self::Kill(*point));
        let networks = network::Server::ALL.into_iter().flat_map(|server| {
            let faults = network::Fault::ALL.into_iter();
            faults.map(move |fault| Self::Network(server, fault))
        });
        let servers = servers::Fault::ALL.into_iter().map(Self::Servers);
        kills
            .chain([Point::AcceptAfter, Point::StartAfter].map(Self::KillAtBatch))
            .chain(networks)
            .chain(servers)
            .collect()
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Kill(point) => format!("kill-9/{}", point.name()),
            Self::KillAtBatch(point) => format!("kill-9/{}/batch", point.name()),
            Self::Network(server, fault) => format!("network/{}/{}", server.name(), fault.name()),
            Self::Servers(fault) => fault.name().to_owned(),
        }
    }

    /// Breaks it, mends it, checks everything.
    ///
    /// # Panics
    /// Something does not hold.
    pub async fn run(self) -> Ending {
        match self {
            Self::Kill(point) => Ending::Held(kills::at(point).await),
            Self::KillAtBatch(point) => Ending::Held(kills::api_dies_with_a_batch(point).await),
            Self::Network(server, fault) => Ending::Held(network::fail(server, fault).await),
            Self::Servers(fault) => servers::fail(fault).await,
        }
    }
}
