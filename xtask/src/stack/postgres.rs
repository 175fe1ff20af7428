//! The PostgreSQL server: made once per place, on TCP only, with a password even on 127.0.0.1.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};

use super::{
    SUPERUSER,
    place::{Keeping, Place},
};
use crate::{
    file, identity,
    process::{Launch, Process, StopSignal},
    setup::{self, Kit},
};

const READY_S_MAX: u64 = 60;
/// Its own shutdown writes everything to disk first.
const STOP_MS_MAX: u64 = 15_000;
/// As pg_ctl has it: how much the server's clock may differ from ours when it notes its start.
const CLOCK_SLOP_S: u64 = 2;
/// Speed for a database that nobody will miss after a crash.
const THROW_AWAY: [&str; 6] = [
    "-c",
    "fsync=off",
    "-c",
    "synchronous_commit=off",
    "-c",
    "full_page_writes=off",
];

/// For a small disk: few segments of the log are kept, so that a full disk is felt. The system's cache outlives the server, so
/// crashes of it alone need no sync either; but no commit may be acknowledged before it is written.
const SMALL: [&str; 6] = [
    "-c",
    "fsync=off",
    "-c",
    "min_wal_size=32MB",
    "-c",
    "max_wal_size=64MB",
];

/// Makes the database, unless it is there. An interrupted run leaves none.
pub(super) fn initialise(kit: &Kit, place: &Place, password: &str) -> anyhow::Result<()> {
    let dir = &place.database;
    let ours = setup::postgres_major_version(&kit.postgres_bin)?;
    if let Some(theirs) = file::read_if_there(&dir.join("PG_VERSION"))? {
        ensure!(
            theirs.trim() == ours.to_string(),
            "the kept database was made by PostgreSQL {}, and this is {ours}; begin again with --fresh",
            theirs.trim()
        );
        return Ok(());
    }
    let account = identity::database_account()?;
    let partial = file::partial_of(dir);
    file::remove_dir(&partial)?;
    file::make_dir(&partial)?;
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o700))?;
    let password_file = place.data.join(".initdb-password");
    file::write_private(&password_file, password)?;
    if let Some(account) = &account {
        for path in [&partial, &password_file] {
            chown(path, Some(account.uid), Some(account.gid))
                .with_context(|| format!("cannot give {} to {}", path.display(), account.name))?;
        }
    }
    let made = Launch::new("initdb", kit.postgres_bin.join("initdb"))
        .arg("--pgdata")
        .arg(&partial)
        .arg("--pwfile")
        .arg(&password_file)
        .args([
            "--username",
            SUPERUSER,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
        ])
        .args(if place.keeping == Keeping::Kept {
            &[][..]
        } else {
            &["--no-sync"]
        })
        .account(account.as_ref())
        .directory(Path::new("/"))
        .log(&place.log("initdb"))
        .run();
    fs::remove_file(&password_file)
        .with_context(|| format!("cannot remove {}", password_file.display()))?;
    made?;
    file::move_into_place(&partial, dir)
}

/// Starts the server and waits until it takes connections.
pub(super) fn start(kit: &Kit, place: &Place, port: u16) -> anyhow::Result<Process> {
    let dir = &place.database;
    let started_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is wrong")?
        .as_secs();
    let server = Launch::new("PostgreSQL", kit.postgres_bin.join("postgres"))
        .arg("-D")
        .arg(dir)
        .args(["-p", &port.to_string()])
        .args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ])
        // Tests run side by side, each with pools of its own.
        .args(["-c", "max_connections=400"])
        .args(match place.keeping {
            Keeping::Kept => &[][..],
            Keeping::ThrownAway => &THROW_AWAY,
            Keeping::Crashed => &SMALL,
        })
        .account(identity::database_account()?.as_ref())
        .directory(Path::new("/"))
        .log(&place.log("postgres"))
        .stop(
            match place.keeping {
                Keeping::Kept => StopSignal::Int,
                Keeping::ThrownAway | Keeping::Crashed => StopSignal::Quit,
            },
            STOP_MS_MAX,
        )
        .start()?;
    server.wait_until(Duration::from_secs(READY_S_MAX), || {
        let status = fs::read_to_string(dir.join("postmaster.pid")).unwrap_or_default();
        is_ready(&status, started_s)
    })?;
    Ok(server)
}

/// What `pg_ctl --wait` looks at: the server's own note, if it is of this start and not of one that crashed.
fn is_ready(status: &str, started_s: u64) -> bool {
    let lines: Vec<&str> = status.lines().collect();
    let of_this_start = lines
        .get(2)
        .and_then(|line| line.trim().parse::<u64>().ok())
        .is_some_and(|noted| noted + CLOCK_SLOP_S >= started_s);
    of_this_start && lines.get(7).is_some_and(|line| line.trim() == "ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "4667\n/pg\n1000\n5432\n\n127.0.0.1\n 10010816         4\nready   \n";

    #[test]
    fn a_server_is_ready_when_it_says_so_of_this_start() {
        assert!(is_ready(STATUS, 1_000) && is_ready(STATUS, 1_002));
        assert!(!is_ready(STATUS, 1_003), "the note of a crashed server");
        assert!(!is_ready(&STATUS.replace("ready   ", "starting"), 1_000));
        assert!(!is_ready("4667\n/pg\n", 1_000));
        assert!(!is_ready("", 1_000));
    }
}
