//! Child processes that cannot outlive this program.
//!
//! Every child runs below a [`guard`]: this same program, started as a hidden subcommand, holding the reading end of a
//! pipe. When the pipe closes, because we stop the child or because we died in whatever way, the guard ends the child
//! and all it started. Children are in process groups of their own, so a terminal's Ctrl-C reaches only us, and
//! [`cleanup`] stops them in reverse order.
//!
//! No child's output is read but where it is asked for; it goes to a log file or straight to the terminal.

pub(crate) mod cleanup;
pub(crate) mod guard;

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::Read as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{file, identity::Account};

/// How often a wait looks again. Short enough not to be felt, long enough to cost nothing.
const POLL_MS: u64 = 20;
/// What a guard gets beyond its child's grace before we stop waiting for it.
const GUARD_MS_MAX: u64 = 3_000;
/// Lines of a log that an error message quotes.
const LOG_LINES_QUOTED: usize = 15;

/// The signal that asks a child to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum StopSignal {
    /// The usual request.
    Term,
    /// PostgreSQL's "fast" shutdown; what a terminal sends.
    Int,
    /// PostgreSQL's "immediate" shutdown, for a database that is thrown away.
    Quit,
    /// No request: its end, as in a crash.
    Kill,
}

/// Where a child's output goes.
#[derive(Clone, Debug)]
enum Output {
    Inherit,
    Log(PathBuf),
    Capture,
}

/// A child process about to be started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    name: String,
    program: OsString,
    args: Vec<OsString>,
    envs: Vec<(OsString, Option<OsString>)>,
    directory: Option<PathBuf>,
    account: Option<Account>,
    output: Output,
    errors: Option<PathBuf>,
    stop: StopSignal,
    grace_ms_max: u64,
}

impl Launch {
    /// A program by path or by its name on PATH. `name` is what messages call it.
    pub(crate) fn new(name: &str, program: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.to_owned(),
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            envs: Vec::new(),
            directory: None,
            account: None,
            output: Output::Inherit,
            errors: None,
            stop: StopSignal::Term,
            grace_ms_max: 5_000,
        }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.envs
            .push((key.into(), Some(value.as_ref().to_owned())));
        self
    }

    /// Sets environment variables.
    pub(crate) fn envs(mut self, envs: &[(String, String)]) -> Self {
        self.envs.extend(
            envs.iter()
                .map(|(key, value)| (key.into(), Some(value.into()))),
        );
        self
    }

    /// Hides an inherited environment variable from the child.
    pub(crate) fn without_env(mut self, key: &str) -> Self {
        self.envs.push((key.into(), None));
        self
    }

    /// Sets the working directory.
    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Runs the child under another account.
    pub(crate) fn account(mut self, account: Option<&Account>) -> Self {
        self.account = account.cloned();
        self
    }

    /// Sends both output streams to a new log file.
    pub(crate) fn log(mut self, path: &Path) -> Self {
        self.output = Output::Log(path.to_owned());
        self
    }

    /// Sends standard error to a new file, for a child whose standard output is read. A failure quotes it.
    pub(crate) fn errors_to(mut self, path: &Path) -> Self {
        self.errors = Some(path.to_owned());
        self
    }

    /// How the child is asked to end, and for how long before it is killed.
    pub(crate) fn stop(mut self, signal: StopSignal, grace_ms_max: u64) -> Self {
        self.stop = signal;
        self.grace_ms_max = grace_ms_max;
        self
    }

    /// Starts it.
    pub(crate) fn start(&self) -> anyhow::Result<Process> {
        // Cargo may replace our file while we run (`test` builds this crate too). The link still names what runs.
        let own_program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().context("cannot find this program's own file")?
        };
        let mut command = Command::new(own_program);
        command
            .arg0("zapiki-xtask")
            .args(guard::arguments(self))
            .process_group(0)
            .stdin(Stdio::piped());
        for (key, value) in &self.envs {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut log = None;
        match &self.output {
            Output::Inherit => {}
            Output::Capture => {
                command.stdout(Stdio::piped());
            }
            Output::Log(path) => {
                let out = create_log(path)?;
                command.stdout(out.try_clone()?).stderr(out);
                log = Some(path.clone());
            }
        }
        if let Some(path) = &self.errors {
            command.stderr(create_log(path)?);
            log = Some(path.clone());
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        let lifeline = child.stdin.take();
        let stdout = child.stdout.take();
        let running = Arc::new(Running {
            state: Mutex::new(State {
                child,
                lifeline,
                status: None,
            }),
            wait_max: Duration::from_millis(self.grace_ms_max + GUARD_MS_MAX),
        });
        let ticket = cleanup::register(cleanup::Task::Stop(Arc::clone(&running)));
        Ok(Process {
            name: self.name.clone(),
            log,
            stdout,
            running,
            _ticket: ticket,
        })
    }

    /// Runs it to its end and fails if it did.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        self.start()?.finish()
    }

    /// Runs it to its end and says whether it succeeded.
    pub(crate) fn succeeds(&self) -> anyhow::Result<bool> {
        Ok(self.start()?.wait()?.success())
    }

    /// Runs it to its end and returns what it printed on standard output.
    pub(crate) fn read(mut self) -> anyhow::Result<String> {
        self.output = Output::Capture;
        let mut process = self.start()?;
        let mut text = String::new();
        if let Some(mut stdout) = process.stdout.take() {
            stdout
                .read_to_string(&mut text)
                .with_context(|| format!("{} printed no text", self.name))?;
        }
        process.finish()?;
        Ok(text)
    }
}

fn create_log(path: &Path) -> anyhow::Result<File> {
    file::make_dir(path.parent().context("a log file needs a folder")?)?;
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Rests between two looks at the same thing.
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(POLL_MS));
}

/// A guard and its pipe.
#[derive(Debug)]
struct State {
    child: Child,
    lifeline: Option<ChildStdin>,
    status: Option<ExitStatus>,
}

/// The part of a process that the signal thread shares.
#[derive(Debug)]
pub(crate) struct Running {
    state: Mutex<State>,
    wait_max: Duration,
}

impl Running {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is no reason to leave the child running.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its exit status, once it has one.
    fn poll(&self) -> anyhow::Result<Option<ExitStatus>> {
        let mut state = self.state();
        if state.status.is_none() {
            state.status = state
                .child
                .try_wait()
                .context("cannot wait for a child process")?;
        }
        Ok(state.status)
    }

    /// Ends the child and waits until it is gone.
    fn stop(&self) {
        drop(self.state().lifeline.take());
        let deadline = Instant::now() + self.wait_max;
        while Instant::now() < deadline {
            match self.poll() {
                Ok(None) => pause(),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        // The guard itself hangs: take it down. Its child holds the same log, so the trace is there.
        let _ = self.state().child.kill();
    }
}

/// A running child. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    log: Option<PathBuf>,
    stdout: Option<std::process::ChildStdout>,
    running: Arc<Running>,
    _ticket: cleanup::Ticket,
}

impl Process {
    /// Its exit status, once it has one.
    pub(crate) fn poll(&self) -> anyhow::Result<Option<ExitStatus>> {
        cleanup::park_if_interrupted();
        self.running.poll()
    }

    /// Ends it and waits until it is gone. One that ended is left alone.
    pub(crate) fn stop(&self) {
        self.running.stop();
    }

    /// Waits for its end.
    pub(crate) fn wait(&self) -> anyhow::Result<ExitStatus> {
        loop {
            if let Some(status) = self.poll()? {
                return Ok(status);
            }
            pause();
        }
    }

    /// Waits for its end, which must be a success.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        let status = self.wait()?;
        if !status.success() {
            bail!("{}", self.obituary(status));
        }
        Ok(())
    }

    /// Waits for its end, which must be a success and come in time. `tick` is called while it runs.
    pub(crate) fn wait_until_ended(
        &self,
        wait: Duration,
        mut tick: impl FnMut(),
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + wait;
        while self.poll()?.is_none() {
            if Instant::now() > deadline {
                bail!(
                    "{} was not done after {} s{}",
                    self.name,
                    wait.as_secs(),
                    self.quoted_log()
                );
            }
            tick();
            pause();
        }
        self.finish()
    }

    /// Waits until `ready` says yes, while the process lives and the deadline is not over.
    pub(crate) fn wait_until(
        &self,
        wait: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(status) = self.poll()? {
                bail!("{}", self.obituary(status));
            }
            if ready() {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "{} was not ready after {} s{}",
                    self.name,
                    wait.as_secs(),
                    self.quoted_log()
                );
            }
            pause();
        }
    }

    /// How it ended, with its last words.
    pub(crate) fn obituary(&self, status: ExitStatus) -> String {
        match status.code() {
            Some(code) => format!(
                "{} ended with exit code {code}{}",
                self.name,
                self.quoted_log()
            ),
            None => format!("{} was killed{}", self.name, self.quoted_log()),
        }
    }

    fn quoted_log(&self) -> String {
        let Some(path) = &self.log else {
            return String::new();
        };
        let lines = file::last_lines(path, LOG_LINES_QUOTED);
        format!("; the end of {}:\n{lines}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard_arguments_carry_the_whole_launch() {
        let account = Account {
            name: "nobody".into(),
            uid: 7,
            gid: 8,
        };
        let launch = Launch::new("Sleep", "sleep")
            .arg("--help")
            .account(Some(&account))
            .stop(StopSignal::Quit, 1_500);
        let arguments: Vec<_> = guard::arguments(&launch)
            .into_iter()
            .map(|a| a.into_string().unwrap())
            .collect();
        assert_eq!(
            arguments,
            [
                "guard",
                "--stop-signal",
                "quit",
                "--grace-ms-max",
                "1500",
                "--uid",
                "7",
                "--gid",
                "8",
                "--",
                "sleep",
                "--help"
            ]
        );
    }
}
