//! The report: the figures as a table, and what waited over time as a plot.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use plotters::prelude::{
    BLUE, ChartBuilder, Color as _, IntoDrawingArea as _, LineSeries, PathElement, RED, SVGBackend,
    WHITE,
};

use super::super::harness::Figures;
use crate::files::{self, Access, Existing};
use crate::out;

/// What was seen while the worker was killed again and again.
#[derive(Default)]
pub(super) struct Report {
    /// Seconds since the beginning, and how many proofs waited.
    waiting: Vec<(f64, f64)>,
    /// Seconds since the beginning.
    kills: Vec<f64>,
}

impl Report {
    pub(super) fn waiting(&mut self, at: Duration, proofs: usize) {
        self.waiting.push((at.as_secs_f64(), proofs as f64));
    }

    pub(super) fn killed(&mut self, at: Duration) {
        self.kills.push(at.as_secs_f64());
    }

    /// Writes `load.md` and `load.svg`.
    pub(super) fn write(&self, folder: &Path, figures: &Figures) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let mut text = String::from(
            "# Load\n\n![Proofs that wait or are being made, over time](load.svg)\n\n\
             Proofs that wait or are being made, by the second; a red line where the worker was killed.\n\n\
             | figure | value | unit |\n| --- | ---: | --- |\n",
        );
        for (key, value, unit) in figures.rows() {
            writeln!(text, "| `{key}` | {value} | {unit} |")?;
        }
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            files::write(&path, text.as_bytes(), Access::Public, Existing::Replace)
        };
        put("load.md", &text)?;
        put("load.svg", &self.plot()?)?;
        out::note(format!("report written to {}", folder.display()));
        Ok(())
    }

    fn plot(&self) -> Result<String> {
        let last = self.waiting.last().map_or(1.0, |(at, _)| *at).max(1.0);
        let most = self
            .waiting
            .iter()
            .map(|(_, proofs)| *proofs)
            .fold(1.0, f64::max);
        let mut svg = String::new();
        {
            let failed =
                |error: &dyn std::error::Error| anyhow!("the plot cannot be drawn: {error}");
            let area = SVGBackend::with_string(&mut svg, (960, 360)).into_drawing_area();
            area.fill(&WHITE).map_err(|error| failed(&error))?;
            let mut chart = ChartBuilder::on(&area)
                .margin(12)
                .x_label_area_size(40)
                .y_label_area_size(60)
                .build_cartesian_2d(0.0..last, 0.0..most * 1.1)
                .map_err(|error| failed(&error))?;
            chart
                .configure_mesh()
                .x_desc("seconds")
                .y_desc("proofs waiting or being made")
                .draw()
                .map_err(|error| failed(&error))?;
            for kill in &self.kills {
                let line = PathElement::new(vec![(*kill, 0.0), (*kill, most * 1.1)], RED.mix(0.4));
                chart
                    .draw_series(std::iter::once(line))
                    .map_err(|error| failed(&error))?;
            }
            chart
                .draw_series(LineSeries::new(self.waiting.iter().copied(), &BLUE))
                .map_err(|error| failed(&error))?;
            area.present().map_err(|error| failed(&error))?;
        }
        Ok(svg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_shows_what_waited_and_when_the_worker_was_killed() {
        let mut report = Report::default();
        for s in 0..10 {
            report.waiting(Duration::from_secs(s), 100 - 10 * s as usize);
        }
        let quiet = report.plot().unwrap();
        report.killed(Duration::from_secs(4));
        let svg = report.plot().unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("seconds"), "{svg}");
        assert_eq!(
            svg.matches("<polyline").count(),
            quiet.matches("<polyline").count() + 1
        );
    }
}
