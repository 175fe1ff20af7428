//! What a person sees: lines, notes, spinners, bars and the closing box.
//!
//! Answers go to standard output, progress and errors to standard error. Colour and motion only on a terminal; in a
//! log each message is one plain line. A closed pipe is not an error.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// One line of the answer.
pub(crate) fn line(text: impl Display) {
    // A reader that went away (`| head`) is no reason to leave processes behind with a panic.
    let _ = writeln!(io::stdout(), "{text}");
}

/// One line of progress.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{} {text}", paint(Colour::Dim, "·"));
}

/// Something the reader should act on, though the command goes on.
pub(crate) fn warn(text: impl Display) {
    let _ = writeln!(io::stderr(), "{} {text}", paint(Colour::Yellow, "!"));
}

/// Why the command failed, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "{} {error:#}", paint(Colour::Red, "error:"));
}

/// The colours in use.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Bold,
    Dim,
}

/// `text` in a colour, if somebody watches.
pub(crate) fn paint(colour: Colour, text: &str) -> String {
    let watched = io::stdout().is_terminal() && io::stderr().is_terminal();
    if !watched || std::env::var_os("NO_COLOR").is_some() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Bold => 1,
        Colour::Dim => 2,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// A duration as a person says it.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// A size as a person says it.
pub(crate) fn size(bytes: u64) -> String {
    format!("{}", indicatif::HumanBytes(bytes))
}

/// A spinner on a terminal, one line in a log. Cleared when dropped.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    /// Starts to spin.
    pub(crate) fn start(text: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(text.to_owned());
        if bar.is_hidden() {
            note(text);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar that counts bytes; without a total it counts up.
pub(crate) struct Download(ProgressBar);

impl Download {
    /// Shows an empty bar.
    pub(crate) fn start(text: &str, bytes_total: Option<u64>) -> Self {
        let bar = match bytes_total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let template = match bytes_total {
            Some(_) => "  {msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}",
            None => "  {spinner} {msg} {bytes} {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(text.to_owned());
        if bar.is_hidden() {
            match bytes_total {
                Some(total) => note(format_args!("{text} ({})", size(total))),
                None => note(text),
            }
        }
        Self(bar)
    }

    /// So many bytes have arrived.
    pub(crate) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A titled list of labelled values, set off from the log above it.
pub(crate) fn summary_box(title: &str, rows: &[(&str, String)]) {
    line(format_args!("\n┌─ {}", paint(Colour::Bold, title)));
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    for (label, value) in rows {
        line(format_args!("│ {label:width$}  {value}"));
    }
    line("└─");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_naturally() {
        assert_eq!(time(Duration::from_millis(7)), "7 ms");
        assert_eq!(time(Duration::from_millis(1_500)), "1.5 s");
        assert_eq!(time(Duration::from_secs(61)), "1 min 01 s");
    }
}
