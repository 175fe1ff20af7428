//! `alerts`: checks and tests the alert rules in `ops/alerts` with promtool.
//!
//! What the rules are about is tested here too: each fires in one test and does not in another, speaks of metrics that exist and of a
//! runbook that exists.

use std::process::ExitCode;

use crate::{process::Launch, setup, setup::Kit};

/// Where the rules are.
const FOLDER: &str = "ops/alerts";
/// The rules.
const RULES: &str = "zapiki.rules.yml";
/// Their tests.
const TESTS: &str = "zapiki.test.yml";

/// Runs it as a command.
pub(crate) fn run(kit: &Kit) -> anyhow::Result<ExitCode> {
    gate(kit)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails unless the rules are well-formed and their tests hold.
pub(crate) fn gate(kit: &Kit) -> anyhow::Result<()> {
    let program = setup::prometheus(kit)?.join("promtool");
    let promtool = || {
        Launch::new("promtool", &program)
            .directory(&kit.paths.root.join(FOLDER))
            .without_env("PROMETHEUS_URL")
    };
    promtool().args(["check", "rules", RULES]).run()?;
    promtool().args(["test", "rules", TESTS]).run()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A file of this checkout.
    fn text(path: &str) -> String {
        std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// What follows a key at the beginning of a line of YAML.
    fn values<'a>(yaml: &'a str, key: &str) -> Vec<&'a str> {
        let lines = yaml
            .lines()
            .map(|line| line.trim_start().trim_start_matches("- "));
        lines
            .filter_map(|line| line.strip_prefix(key))
            .map(str::trim)
            .collect()
    }

    /// The names of ours that a text has.
    fn metrics(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("zapiki_")).collect()
    }

    #[test]
    fn every_rule_is_seen_firing_and_silent() {
        let (rules, tests) = (
            text(&format!("{FOLDER}/{RULES}")),
            text(&format!("{FOLDER}/{TESTS}")),
        );
        let rules = values(&rules, "alert:");
        assert!(rules.len() > 10);
        for rule in rules {
            let cases = tests
                .split("- alertname: ")
                .filter(|case| case.starts_with(rule));
            let (silent, firing): (Vec<_>, Vec<_>) =
                cases.partition(|case| case.contains("exp_alerts: []"));
            assert!(!silent.is_empty(), "{rule} is never seen silent");
            assert!(!firing.is_empty(), "{rule} is never seen firing");
        }
    }

    #[test]
    fn rules_speak_of_metrics_and_runbooks_that_exist() {
        let rules = text(&format!("{FOLDER}/{RULES}"));
        let operations = text("docs/OPERATIONS.md");
        let rows = operations
            .lines()
            .filter(|line| line.starts_with("| `zapiki_"));
        let known: BTreeSet<&str> = rows.flat_map(metrics).collect();
        let used = metrics(&rules);
        assert!(used.len() > 8);
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "not in docs/OPERATIONS.md: {unknown:?}");

        let (names, runbooks) = (values(&rules, "alert:"), values(&rules, "runbook:"));
        assert_eq!(names.len(), runbooks.len());
        for (name, runbook) in names.into_iter().zip(runbooks) {
            let section = name.to_lowercase();
            assert_eq!(runbook, format!("docs/OPERATIONS.md#{section}"));
            let headings = values(&operations, "### ");
            assert!(headings.contains(&name), "docs/OPERATIONS.md has no {name}");
        }
        let severities = values(&rules, "severity:");
        assert!(
            severities
                .iter()
                .all(|severity| ["critical", "warning"].contains(severity))
        );
    }
}
