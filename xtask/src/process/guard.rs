//! The guard: runs one child and ends it when standard input closes.
//!
//! It is this program as a hidden subcommand. Its parent holds the other end of its standard input and never writes.
//! The end of that stream means "stop", be it because the parent asked, was killed, or crashed. So children go down
//! in order even when their owner had no chance to say so, on any Unix and without unsafe code.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use clap::Args;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{Launch, StopSignal};
use crate::identity::Account;

/// Arguments of the hidden subcommand.
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// The signal that asks the child to end.
    #[arg(long, value_enum)]
    stop_signal: StopSignal,
    /// How long it may take before it is killed.
    #[arg(long)]
    grace_ms_max: u64,
    /// The user to run it as.
    #[arg(long, requires = "gid")]
    uid: Option<u32>,
    /// The group to run it as.
    #[arg(long, requires = "uid")]
    gid: Option<u32>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// The arguments that make a guard run `launch`.
pub(super) fn arguments(launch: &Launch) -> Vec<OsString> {
    let signal = match launch.stop {
        StopSignal::Term => "term",
        StopSignal::Int => "int",
        StopSignal::Quit => "quit",
        StopSignal::Kill => "kill",
    };
    let grace = launch.grace_ms_max.to_string();
    let mut arguments: Vec<OsString> = ["guard", "--stop-signal", signal, "--grace-ms-max", &grace]
        .map(OsString::from)
        .into();
    if let Some(account) = &launch.account {
        let (uid, gid) = (account.uid.to_string(), account.gid.to_string());
        arguments.extend(["--uid", &uid, "--gid", &gid].map(OsString::from));
    }
    arguments.push("--".into());
    arguments.push(launch.program.clone());
    arguments.extend(launch.args.iter().cloned());
    arguments
}

/// What the guard waits for.
enum Event {
    /// The child ended.
    Ended(io::Result<ExitStatus>),
    /// Somebody wants it to end.
    Stop,
}

/// Runs the child; the exit code is the child's, or 128 and the signal's number.
pub(crate) fn run(args: &GuardArgs) -> ExitCode {
    match guard(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let program = args
                .command
                .first()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let _ = writeln!(io::stderr(), "cannot run {program}: {error}");
            ExitCode::from(127)
        }
    }
}

fn guard(args: &GuardArgs) -> io::Result<u8> {
    let (program, rest) = args
        .command
        .split_first()
        .ok_or(io::ErrorKind::InvalidInput)?;
    // Registered before the child exists: no moment in which a signal would end the guard alone.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).process_group(0);
    if let (Some(uid), Some(gid)) = (args.uid, args.gid) {
        Account {
            name: String::new(),
            uid,
            gid,
        }
        .apply(&mut command);
    }
    let mut child = command.spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);

    let (events, inbox) = mpsc::channel();
    let stop = events.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        let _ = stop.send(Event::Stop);
    });
    let stop = events.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = stop.send(Event::Stop);
        }
    });
    thread::spawn(move || {
        let _ = events.send(Event::Ended(child.wait()));
    });

    let signal = match args.stop_signal {
        StopSignal::Term => Signal::SIGTERM,
        StopSignal::Int => Signal::SIGINT,
        StopSignal::Quit => Signal::SIGQUIT,
        StopSignal::Kill => Signal::SIGKILL,
    };
    let mut first = inbox.recv().map_err(io::Error::other)?;
    if matches!(first, Event::Stop) {
        let _ = killpg(group, signal);
        first = await_end(&inbox, Duration::from_millis(args.grace_ms_max));
    }
    // What the child started and left behind goes too; if nothing is left there is no such group.
    let _ = killpg(group, Signal::SIGKILL);
    let status = match first {
        Event::Ended(status) => status?,
        Event::Stop => match await_end(&inbox, Duration::from_millis(args.grace_ms_max)) {
            Event::Ended(status) => status?,
            Event::Stop => return Err(io::ErrorKind::TimedOut.into()),
        },
    };
    let code = status
        .code()
        .or_else(|| status.signal().map(|number| 128 + number));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Waits for the child's end; more requests to stop change nothing. [`Event::Stop`] when time is over.
fn await_end(inbox: &mpsc::Receiver<Event>, grace: Duration) -> Event {
    let deadline = std::time::Instant::now() + grace;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        match inbox.recv_timeout(left) {
            Ok(Event::Stop) => {}
            Ok(ended) => return ended,
            Err(_) => return Event::Stop,
        }
    }
}
