//! The wish to stop: SIGTERM from a supervisor, Ctrl-C from a person, or the end of the process that started this one.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::sync::oneshot;

// When a service stops. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ShutdownArgs {
    /// Stop when standard input closes too, so that the service never outlives the program that started it
    #[arg(long)]
    stop_with_stdin: bool,
}

/// Listens from now on. The first future resolves when the process is asked to stop; the second says, once the service has ended,
/// whether the wish could be heard at all.
pub(crate) fn listen(
    args: ShutdownArgs,
) -> (impl Future<Output = ()>, impl Future<Output = Result<()>>) {
    let (stop, stopped) = oneshot::channel();
    let listener = tokio::spawn(async move {
        let requested = requested(args).await;
        let _gone = stop.send(());
        requested
    });
    let wish = async {
        let _gone = stopped.await;
    };
    (wish, async { listener.await? })
}

/// Waits until the process is asked to stop.
async fn requested(args: ShutdownArgs) -> Result<()> {
    let why = tokio::select! {
        signal = signal() => signal?,
        () = stdin_closed(args) => "standard input closed",
    };
    tracing::info!("stopping: {why}");
    Ok(())
}

async fn stdin_closed(args: ShutdownArgs) {
    if !args.stop_with_stdin {
        return std::future::pending().await;
    }
    let (closed, watch) = oneshot::channel();
    // A thread of its own: tokio would wait for a blocking read of its own stdin before it lets the process end.
    std::thread::spawn(move || {
        let mut ignored = [0; 256];
        while matches!(std::io::stdin().lock().read(&mut ignored), Ok(1..)) {}
        // Nobody listens any more if a signal came first.
        let _late = closed.send(());
    });
    // The sender is dropped only after it has sent.
    let _closed = watch.await;
}

#[cfg(unix)]
async fn signal() -> Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for Ctrl-C").map(|()| "SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

#[cfg(not(unix))]
async fn signal() -> Result<&'static str> {
    tokio::signal::ctrl_c()
        .await
        .context("cannot listen for Ctrl-C")
        .map(|()| "Ctrl-C")
}
