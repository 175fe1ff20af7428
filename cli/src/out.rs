//! What the commands say on the terminal: results to stdout, everything else to stderr.
//!
//! The results go through one locked handle, so that a pipe sees whole lines and a closed pipe (`zapiki … | head`)
//! ends the output instead of the program. Nothing here formats private input: callers hand over what may be shown.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::Value;

/// Writes one line of a result.
pub(crate) fn line(text: impl AsRef<str>) {
    write(io::stdout().lock(), text.as_ref());
}

/// Writes a JSON document, indented, as the whole result.
pub(crate) fn json(document: &Value) {
    line(format!("{document:#}"));
}

/// Writes a label and a value, aligned with the other facts of a result.
pub(crate) fn fact(label: &str, value: impl std::fmt::Display) {
    line(format!("  {label:<18}{value}"));
}

/// Tells the person at the terminal something that is no part of the result.
pub(crate) fn note(text: impl AsRef<str>) {
    write(io::stderr().lock(), text.as_ref());
}

/// Whether a person is watching stderr.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn write(mut sink: impl io::Write, text: &str) {
    // A reader that went away is no failure of the command, and there is nowhere to report it.
    let _gone = sink
        .write_all(text.as_bytes())
        .and_then(|()| sink.write_all(b"\n"));
}

/// Flushes what was written; called once, before the process ends.
pub(crate) fn flush() {
    let _gone = io::stdout().lock().flush();
}
