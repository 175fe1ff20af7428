//! A process of the program that runs until it is stopped or dropped, and what it logs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::wait::eventually;

/// `zapiki api` or `zapiki worker`.
#[derive(Debug)]
pub struct Service {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts it. Everything that it needs to know is in these variables.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, String)]) -> Self {
        let mut child = crate::program()
            .args(arguments)
            .arg("--stop-with-stdin")
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sink = log.clone();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = sink.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self {
            name: format!("zapiki {}", arguments[0]),
            stdin: child.stdin.take(),
            child,
            log,
            reader: Some(reader),
        }
    }

    /// What it has logged so far, one JSON object per line.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The first event with this message, once it is logged.
    pub async fn logged(&mut self, message: &str) -> Value {
        eventually(message, async || {
            let log = self.log();
            let mut events = log.lines().map(|line| serde_json::from_str(line).ok());
            let event =
                events.find_map(|event: Option<Value>| event.filter(|e| e["message"] == message));
            let ended = self.child.try_wait().unwrap();
            assert!(
                event.is_some() || ended.is_none(),
                "{} ended: {log}",
                self.name
            );
            event
        })
        .await
    }

    /// Where it serves metrics, once it does.
    pub async fn metrics_address(&mut self) -> String {
        let served = self.logged("metrics are served").await;
        served["address"].as_str().expect("an address").to_owned()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(id), signal).expect("the process is there");
    }

    /// Closes its standard input, as the end of the program that started it would.
    pub fn close_stdin(&mut self) {
        drop(self.stdin.take());
    }

    /// How it ended.
    pub async fn ended(&mut self) -> ExitStatus {
        eventually("the process ends", async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.close_stdin();
        // A process that ended by itself cannot be killed.
        let _ended = self.child.kill();
        let _status = self.child.wait();
        let _read = self.reader.take().map(JoinHandle::join);
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "for whoever reads why the test failed")]
            {
                eprintln!("--- {} ---\n{}", self.name, self.log());
            }
        }
    }
}
