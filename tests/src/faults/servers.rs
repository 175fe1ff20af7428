//! PostgreSQL and Temporal are stopped and come back, the database's disk is full, clocks jump.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{TimeDelta, Utc};
use futures::future::join;
use zapiki_failpoints::Point;

use super::load::Load;
use super::network::unready;
use super::{Ending, kills};
use crate::aftermath::{Recovery, recovered};
use crate::client::types::NewChallengeRequest;
use crate::control::{DISK_VARIABLE, control};
use crate::stack::{Stack, StackBuilder};
use crate::wait::eventually;

/// How many proofs are ordered before, and as many while it is broken.
const PROOFS: usize = 3;

/// Where distributions put it.
const LIBFAKETIME: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// PostgreSQL ends at once, without a checkpoint, and starts again: it recovers from its log.
    PostgresRestarts,
    /// Temporal is killed, and starts again.
    TemporalRestarts,
    /// No byte more fits on the database's disk, until somebody makes room.
    DiskFull,
    /// The clocks of API and worker jump ahead, back, and to where they belong.
    ClocksJump,
    /// The API, hours ahead, dies between accepting and starting.
    ClockAhead,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PostgresRestarts,
        Self::TemporalRestarts,
        Self::DiskFull,
        Self::ClocksJump,
        Self::ClockAhead,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PostgresRestarts => "restart/postgres",
            Self::TemporalRestarts => "restart/temporal",
            Self::DiskFull => "disk-full/postgres",
            Self::ClocksJump => "clock/jumps",
            Self::ClockAhead => "clock/api-ahead",
        }
    }
}

/// Has it fail, and checks what becomes of the proofs.
pub async fn fail(fault: Fault) -> Ending {
    let no_clock = || {
        let why = "libfaketime is not installed, so no clock can be made to jump";
        Ending::Skipped(why.to_owned())
    };
    match fault {
        Fault::PostgresRestarts => Ending::Held(restart("stop postgres", "start postgres").await),
        Fault::TemporalRestarts => Ending::Held(restart("stop temporal", "start temporal").await),
        Fault::DiskFull => match std::env::var_os(DISK_VARIABLE) {
            Some(disk) => Ending::Held(fill(Path::new(&disk)).await),
            None => Ending::Skipped(
                "no small disk could be mounted for PostgreSQL: that takes root on Linux"
                    .to_owned(),
            ),
        },
        Fault::ClocksJump => match Clock::find() {
            Some(clock) => Ending::Held(clocks_jump(clock).await),
            None => no_clock(),
        },
        Fault::ClockAhead => match Clock::find() {
            Some(clock) => Ending::Held(clock_ahead(clock).await),
            None => no_clock(),
        },
    }
}

async fn restart(stop: &'static str, start: &'static str) -> Recovery {
    let stack = Stack::builder().behind_proxies().start().await;
    let load = Load::prepare(&stack).await;
    let mut ids = load.order_all(&stack, PROOFS).await;
    let restarting = async {
        control(stop).await;
        unready(&stack).await;
        control(start).await;
        Instant::now()
    };
    let (more, since) = join(load.order_all(&stack, PROOFS), restarting).await;
    ids.extend(more);
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(
        recovery.completed,
        2 * PROOFS,
        "nothing is given up because a server is away"
    );
    recovery
}

/// A full disk: what the database must write for an order does not fit.
async fn fill(disk: &Path) -> Recovery {
    let stack = Stack::builder().behind_proxies().start().await;
    let load = Load::prepare(&stack).await;
    let mut ids = load.order_all(&stack, PROOFS).await;
    let ballast = Ballast::fill(disk);
    let refused = load.order_until_refused(&stack, &mut ids).await;
    assert_eq!(refused.status, 503, "the caller is told to come back");
    let mending = async {
        drop(ballast);
        // It may have gone down: where no log can be written, nothing can be promised.
        control("start postgres").await;
        Instant::now()
    };
    let (more, since) = join(load.order_all(&stack, PROOFS), mending).await;
    ids.extend(more);
    ids.push(load.order_again(&stack, &refused).await);
    recovered(&stack, &ids, since).await
}

/// A file that takes all the room there is, until it is dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn fill(disk: &Path) -> Self {
        let path = disk.join("ballast");
        let mut file = File::create(&path).expect("a file on the small disk");
        let piece = vec![0xa5; 1024 * 1024];
        let mut size = piece.len();
        while size > 0 {
            match file.write(&piece[..size]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => size /= 2,
                Err(error) => panic!("the ballast cannot be written: {error}"),
            }
        }
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("the ballast");
    }
}

/// A clock that can be set: libfaketime, which reads the difference to the true time from a file whenever it is asked.
/// Waits are not touched, only what a process takes for the time of day.
struct Clock {
    library: &'static str,
    folder: tempfile::TempDir,
}

impl Clock {
    fn find() -> Option<Self> {
        let library = LIBFAKETIME
            .into_iter()
            .find(|path| Path::new(path).exists())?;
        let clock = Self {
            library,
            folder: tempfile::tempdir().expect("a folder"),
        };
        clock.set(0);
        Some(clock)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("difference")
    }

    /// Makes it so many hours later than it is.
    fn set(&self, hours: i64) {
        // Replaced at once: a reader sees the old or the new one.
        let draft = self.folder.path().join("draft");
        fs::write(&draft, format!("{hours:+}h\n")).expect("the draft");
        fs::rename(&draft, self.file()).expect("the difference");
    }

    fn variables(&self) -> [(&'static str, String); 5] {
        let file = self
            .file()
            .to_str()
            .expect("a path that is text")
            .to_owned();
        [
            ("LD_PRELOAD", self.library.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    fn of(&self, mut builder: StackBuilder) -> StackBuilder {
        for (name, value) in self.variables() {
            builder = builder.with_variable(name, value);
        }
        builder
    }
}

async fn clocks_jump(clock: Clock) -> Recovery {
    let stack = clock.of(Stack::builder().behind_proxies()).start().await;
    let load = Load::prepare(&stack).await;
    let mut ids = Vec::new();
    for hours in [2, -2, 0] {
        // Some are under way when it jumps.
        ids.extend(load.order_all(&stack, PROOFS).await);
        clock.set(hours);
        jumped(&stack, hours).await;
    }
    ids.extend(load.order_all(&stack, PROOFS).await);
    recovered(&stack, &ids, Instant::now()).await
}

/// Waits until the API takes it for so many hours later than it is.
async fn jumped(stack: &Stack, hours: i64) {
    const LIFETIME_S: u32 = 900;
    let request = NewChallengeRequest {
        lifetime_s: NonZeroU32::new(LIFETIME_S),
    };
    eventually("the API's clock has jumped", async || {
        let made = stack.tenant.client.create_challenge(&request).await.ok()?;
        let away = made.expires_at - Utc::now() - TimeDelta::seconds(LIFETIME_S.into());
        let wrong = away - TimeDelta::hours(hours);
        (wrong.abs() < TimeDelta::minutes(5)).then_some(())
    })
    .await;
}

async fn clock_ahead(clock: Clock) -> Recovery {
    clock.set(2);
    let builder = clock.of(Stack::builder().behind_proxies());
    let mend = || clock.set(0);
    kills::api_dies_unheard(builder, Point::AcceptAfter, mend).await
}
