//! Servers that may be stopped: `cargo xtask faults` started them for nobody else, and stops and starts them on request.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Names the variable that holds the socket on which requests are heard.
pub const CONTROL_VARIABLE: &str = "ZAPIKI_FAULTS_CONTROL";
/// Names the variable that holds the folder of the small disk on which PostgreSQL's data is; not set if there is none.
pub const DISK_VARIABLE: &str = "ZAPIKI_FAULTS_DISK";

/// Has something done, and waits until it is. `request` is a verb and a server: `stop temporal`.
pub async fn control(request: &'static str) {
    let socket = PathBuf::from(crate::told(CONTROL_VARIABLE));
    // Starting a server takes seconds: not on a thread that others need.
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(&socket)?;
        writeln!(stream, "{request}")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok::<String, std::io::Error>(answer)
    });
    let answer = asked
        .await
        .expect("no panic")
        .expect("cargo xtask faults listens");
    assert_eq!(answer.trim(), "done", "{request}");
}
