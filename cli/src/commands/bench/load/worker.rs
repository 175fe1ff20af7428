//! A worker of one's own, to be killed.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// What a worker logs once it takes work.
const READY: &str = "the worker is ready";
/// How long it may take to get there, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process of this very program. Ends with whoever started it.
pub(super) struct OwnWorker {
    child: Child,
    ready: Option<oneshot::Receiver<()>>,
}

impl OwnWorker {
    /// Starts one and waits until it takes work.
    pub(super) async fn start() -> Result<Self> {
        let mut worker = Self::spawn()?;
        worker.is_ready().await?;
        Ok(worker)
    }

    fn spawn() -> Result<Self> {
        let program = std::env::current_exe().context("this program has no path")?;
        let mut child = Command::new(program)
            .args(["worker", "--stop-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the worker cannot be started")?;
        let log = child.stderr.take().context("the worker has no log")?;
        let (tell, ready) = oneshot::channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(log).lines();
            let mut tell = Some(tell);
            // Read to its end: a worker whose log is full stands still.
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains(READY)
                    && let Some(tell) = tell.take()
                {
                    let _gone = tell.send(());
                }
            }
        });
        Ok(Self {
            child,
            ready: Some(ready),
        })
    }

    async fn is_ready(&mut self) -> Result<()> {
        let Some(ready) = self.ready.take() else {
            return Ok(());
        };
        match tokio::time::timeout(PATIENCE, ready).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => bail!(
                "the worker ended at once. It reads the environment of `zapiki worker`; `cargo xtask bench load` sets it"
            ),
            Err(_) => bail!("the worker did not get ready in time"),
        }
    }

    /// As `kill -9` does, and another one at once, which is not waited for.
    pub(super) async fn kill_and_restart(&mut self) -> Result<()> {
        self.child
            .kill()
            .await
            .context("the worker cannot be killed")?;
        *self = Self::spawn()?;
        Ok(())
    }

    /// Asks it to stop, and waits.
    pub(super) async fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.context("the worker did not stop in time")??;
        Ok(())
    }
}
