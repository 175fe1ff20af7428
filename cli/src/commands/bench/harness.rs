//! What every suite of benchmarks shares: samples, percentiles, figures, progress, the table and the JSON file.
//!
//! A suite measures, and records each result as a figure: a dotted key (`age_over.groth16.prove_ms_p50_threads_1`), a
//! number and its unit. A new suite is one file that fills a [`Figures`]. The JSON file is one flat object, key to
//! number, so that any tool can compare two of them.
//!
//! The samples are taken here and not by criterion. It measures one function at a time, and a ratio is only worth something if both
//! sides are measured in turns; its results are a folder of its own files, not figures by name; and what its statistics are
//! for, telling a hundredth from noise, is no question here: a thing that takes tens of milliseconds is done tens of times,
//! and its median is told.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Number, Value};

use crate::files::{self, Access, Existing};
use crate::out;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Ms,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
    /// One thing in terms of another.
    Ratio,
    /// Things in a second.
    PerSecond,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Bytes => "bytes",
            Self::Count => "",
            Self::Ratio => "×",
            Self::PerSecond => "1/s",
        }
    }
}

/// The results of one suite, in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(String, Number, Unit)>);

impl Figures {
    /// Records a time, to a hundredth of a millisecond.
    pub(crate) fn ms(&mut self, key: impl Into<String>, ms: f64) -> Result<()> {
        self.hundredths(key.into(), ms, Unit::Ms)
    }

    /// Records a ratio, to a hundredth.
    pub(crate) fn ratio(&mut self, key: impl Into<String>, ratio: f64) -> Result<()> {
        self.hundredths(key.into(), ratio, Unit::Ratio)
    }

    /// Records how many there are in a second, to a hundredth.
    pub(crate) fn per_second(&mut self, key: impl Into<String>, rate: f64) -> Result<()> {
        self.hundredths(key.into(), rate, Unit::PerSecond)
    }

    fn hundredths(&mut self, key: String, value: f64, unit: Unit) -> Result<()> {
        let rounded = (value * 100.0).round() / 100.0;
        let number = Number::from_f64(rounded).with_context(|| format!("`{key}` is no number"))?;
        self.push(key, number, unit)
    }

    /// Records a whole number.
    pub(crate) fn whole(
        &mut self,
        key: impl Into<String>,
        number: usize,
        unit: Unit,
    ) -> Result<()> {
        self.push(key.into(), Number::from(number), unit)
    }

    /// Records how many there were.
    pub(crate) fn count(&mut self, key: impl Into<String>, number: usize) -> Result<()> {
        self.whole(key, number, Unit::Count)
    }

    /// All of them, as text.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, String, &'static str)> {
        let rows = self.0.iter();
        rows.map(|(key, number, unit)| (key.as_str(), number.to_string(), unit.name()))
    }

    fn push(&mut self, key: String, number: Number, unit: Unit) -> Result<()> {
        if self.0.iter().any(|(known, ..)| *known == key) {
            bail!("the figure `{key}` was measured twice");
        }
        self.0.push((key, number, unit));
        Ok(())
    }

    /// Prints the table, and writes the JSON file if one is wanted.
    pub(crate) fn publish(&self, json: Option<&Path>) -> Result<()> {
        let mut table = Table::new();
        table
            .load_preset(UTF8_FULL_CONDENSED)
            .set_header(["figure", "value", "unit"]);
        for (key, number, unit) in self.rows() {
            table.add_row([key.to_owned(), number, unit.to_owned()]);
        }
        if let Some(values) = table.column_mut(1) {
            values.set_cell_alignment(CellAlignment::Right);
        }
        out::line(table.to_string());
        if let Some(path) = json {
            let mut text = serde_json::to_vec_pretty(&self.to_json())?;
            text.push(b'\n');
            files::write(path, &text, Access::Public, Existing::Replace)?;
            out::note(format!("figures written to {}", path.display()));
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let object: Map<String, Value> = self
            .0
            .iter()
            .map(|(key, number, _)| (key.clone(), Value::Number(number.clone())))
            .collect();
        Value::Object(object)
    }
}

/// Times of one thing done many times.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    /// Does the thing once and keeps its time.
    pub(crate) fn time<T>(&mut self, thing: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let result = thing()?;
        self.push(started.elapsed());
        Ok(result)
    }

    /// Keeps a time.
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time that `percent` of the samples do not exceed (nearest rank).
    pub(crate) fn percentile_ms(&self, percent: usize) -> Result<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        let time = sorted.get(rank - 1).context("nothing was measured")?;
        Ok(time.as_secs_f64() * 1e3)
    }
}

/// A progress bar on stderr; silent when nobody watches.
pub(crate) fn progress(label: &str, rounds: usize) -> Result<ProgressBar> {
    if !out::is_watched() {
        out::note(format!("{label} ({rounds} rounds)"));
    }
    let style = ProgressStyle::with_template("{msg:36} {bar:30} {pos}/{len} {elapsed}")
        .context("the progress bar's template is wrong")?;
    let bar = ProgressBar::new(rounds as u64).with_style(style);
    bar.set_message(label.to_owned());
    Ok(bar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let mut samples = Samples::default();
        assert!(samples.percentile_ms(50).is_err());
        for ms in [40, 10, 30, 20] {
            samples.push(Duration::from_millis(ms));
        }
        assert_eq!(samples.percentile_ms(50).unwrap(), 20.0);
        assert_eq!(samples.percentile_ms(95).unwrap(), 40.0);
        assert_eq!(samples.percentile_ms(0).unwrap(), 10.0);
    }

    #[test]
    fn the_json_is_flat_and_a_key_is_measured_once() {
        let mut figures = Figures::default();
        figures.ms("sync.p50_ms", 12.345_6).unwrap();
        figures
            .whole("age_over.groth16.constraints", 4096, Unit::Count)
            .unwrap();
        assert!(figures.ms("sync.p50_ms", 1.0).is_err());
        assert!(figures.ms("sync.p95_ms", f64::NAN).is_err());
        figures.ratio("speedup", 2.0 / 3.0).unwrap();
        let json = serde_json::json!({
            "sync.p50_ms": 12.35,
            "age_over.groth16.constraints": 4096,
            "speedup": 0.67,
        });
        assert_eq!(figures.to_json(), json);
    }
}
