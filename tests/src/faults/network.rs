//! The network between our processes and a server fails, then works again.

use std::time::{Duration, Instant};

use futures::future::join;
use reqwest::StatusCode;
use zapiki_core::ids::ProofId;
use zapiki_workflows::client::JobEventKind;

use super::load::Load;
use crate::aftermath::{Recovery, recovered};
use crate::proxy::Proxy;
use crate::stack::Stack;
use crate::wait::eventually;

/// How many true claims are ordered before, and as many while the network fails.
const PROOFS: usize = 3;
/// How much later each piece arrives on a slow network.
const DELAY: Duration = Duration::from_millis(50);
/// How long an outage lasts.
const OUTAGE: Duration = Duration::from_secs(20);
/// How often all connections are reset.
const RESETS: usize = 10;

/// At whose end of the network it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL.
    Postgres,
    /// Temporal.
    Temporal,
}

impl Server {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Temporal];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Temporal => "temporal",
        }
    }
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Connections end, and new ones are refused.
    Cut,
    /// The same, for longer than any step is retried on its own.
    Outage,
    /// Nothing arrives, and nobody is told.
    Silent,
    /// Connections are reset, again and again.
    Reset,
    /// Everything arrives late.
    Slow,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Cut,
        Self::Outage,
        Self::Silent,
        Self::Reset,
        Self::Slow,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Outage => "outage",
            Self::Silent => "silent",
            Self::Reset => "reset",
            Self::Slow => "slow",
        }
    }
}

/// Has it fail while proofs are under way and others are ordered, and checks what becomes of them.
pub async fn fail(server: Server, fault: Fault) -> Recovery {
    let stack = Stack::builder().behind_proxies().start().await;
    let load = Load::prepare(&stack).await;
    let proxy = match server {
        Server::Postgres => &stack.network().postgres,
        Server::Temporal => &stack.network().temporal,
    };
    let mut ids = load.order_all(&stack, PROOFS).await;
    let before = ids.clone();
    let breaking = async {
        match fault {
            Fault::Cut => {
                proxy.cut();
                unready(&stack).await;
            }
            Fault::Outage => {
                // The last is the lie, which is not proved.
                queued(&stack, &before[..PROOFS]).await;
                proxy.cut();
                // How long it lasts is the fault.
                tokio::time::sleep(OUTAGE).await;
            }
            Fault::Silent => {
                proxy.silence();
                unready(&stack).await;
            }
            Fault::Reset => reset(&stack, proxy).await,
            Fault::Slow => {
                proxy.slow(DELAY);
                late(&stack).await;
            }
        }
        proxy.restore();
        Instant::now()
    };
    let (more, since) = join(load.order_all(&stack, PROOFS), breaking).await;
    ids.extend(more);
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(
        recovery.completed,
        2 * PROOFS,
        "nothing is given up because a server is away"
    );
    recovery
}

/// Waits until the API says that it cannot work.
pub(super) async fn unready(stack: &Stack) {
    eventually("the API says that it is not ready", async || {
        let answer = stack.tenant.http.get("/health/ready").send().await;
        (answer.status == StatusCode::SERVICE_UNAVAILABLE.as_u16()).then_some(())
    })
    .await;
}

/// Resets all connections whenever the API has come to terms with the last time.
async fn reset(stack: &Stack, proxy: &Proxy) {
    for _ in 0..RESETS {
        proxy.reset();
        ready(stack).await;
    }
}

/// Waits until the API says that it can work.
pub(super) async fn ready(stack: &Stack) {
    eventually("the API says that it is ready", async || {
        let answer = stack.tenant.http.get("/health/ready").send().await;
        (answer.status == StatusCode::OK.as_u16()).then_some(())
    })
    .await;
}

/// Waits until all of them are in the queue of the provers, of which there is one: some are still to begin.
async fn queued(stack: &Stack, ids: &[ProofId]) {
    for id in ids {
        eventually("it is queued", async || {
            let job = stack.pipeline.job(*id).await.expect("Temporal")?;
            let is_queued = job
                .timeline
                .iter()
                .any(|event| event.what == JobEventKind::Queued);
            is_queued.then_some(())
        })
        .await;
    }
}

/// Waits until a proof was made in spite of it.
async fn late(stack: &Stack) {
    eventually("a proof is made all the same", async || {
        let made = "SELECT count(*)::text AS text FROM proofs WHERE state = 'completed'";
        let made = stack.database.text(made).await.expect("the database");
        (made != "0").then_some(())
    })
    .await;
}
