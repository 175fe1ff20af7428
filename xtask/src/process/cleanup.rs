//! What must be undone before this program ends, whichever way it ends.
//!
//! Each process and each throw-away folder is registered, and undone when its [`Ticket`] is dropped. On Ctrl-C,
//! SIGTERM or SIGHUP one thread undoes all that is left, newest first, and exits; every other thread parks, so that
//! the failures which the stopping itself causes are not reported. A second signal exits at once: the guards still
//! stop their children.

use std::{
    path::PathBuf,
    process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use anyhow::Context as _;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::Running;
use crate::{file, ui};

static TASKS: Mutex<Vec<(u64, Task)>> = Mutex::new(Vec::new());
static TICKETS: AtomicU64 = AtomicU64::new(0);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// One thing to undo.
#[derive(Debug)]
pub(crate) enum Task {
    /// Stop a process.
    Stop(Arc<Running>),
    /// Remove a folder.
    Remove(PathBuf),
}

impl Task {
    fn run(self) {
        match self {
            Self::Stop(running) => running.stop(),
            Self::Remove(path) => {
                if let Err(error) = file::remove_dir(&path) {
                    ui::warn(format_args!("{error:#}"));
                }
            }
        }
    }
}

/// Undoes its task when dropped.
#[derive(Debug)]
#[must_use = "the task is undone when the ticket is dropped"]
pub(crate) struct Ticket(u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        park_if_interrupted();
        let task = {
            let mut tasks = tasks();
            tasks
                .iter()
                .position(|(id, _)| *id == self.0)
                .map(|at| tasks.remove(at).1)
        };
        if let Some(task) = task {
            task.run();
        }
    }
}

/// Adds a task.
pub(crate) fn register(task: Task) -> Ticket {
    let id = TICKETS.fetch_add(1, Ordering::Relaxed);
    tasks().push((id, task));
    Ticket(id)
}

/// Stops this thread for good if the program is about to end.
pub(crate) fn park_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// From now on a signal cleans up before the program ends.
pub(crate) fn catch_signals() -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot catch signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                process::exit(128 + signal);
            }
            thread::spawn(move || {
                if !tasks().is_empty() {
                    ui::note("stopping; once more to leave at once");
                }
                // One at a time, so that what is registered while we work is undone as well.
                loop {
                    let Some((_, task)) = tasks().pop() else {
                        break;
                    };
                    task.run();
                }
                process::exit(128 + signal);
            });
        }
    });
    Ok(())
}

fn tasks() -> MutexGuard<'static, Vec<(u64, Task)>> {
    TASKS.lock().unwrap_or_else(PoisonError::into_inner)
}
