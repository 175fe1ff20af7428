//! A real Prometheus, with the rules of `ops/alerts`, and metrics as text.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::told;
use crate::wait::eventually;

/// Names the variable that holds the path of the program `prometheus`.
const PROMETHEUS_VARIABLE: &str = "ZAPIKI_TEST_PROMETHEUS";

/// The rules, as they are delivered.
const RULES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../ops/alerts/zapiki.rules.yml"
);

/// Has the server end with its standard input, as our own services do: nothing outlives a test.
const GUARDED: &str = r#""$@" & server=$!; cat > /dev/null; kill "$server"; wait"#;

/// A server that scrapes every second and evaluates the rules as often.
#[derive(Debug)]
pub struct Prometheus {
    guard: Child,
    base: String,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// One that scrapes these: names of jobs, and addresses.
    pub async fn scraping(targets: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{RULES}]\nscrape_configs:\n"
        );
        for (job, address) in targets {
            config +=
                &format!("- {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}\n");
        }
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let mut guard = Command::new("sh")
            .args(["-c", GUARDED, "sh", &told(PROMETHEUS_VARIABLE)])
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:0")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let address = tokio::task::block_in_place(|| {
            let stderr = guard.stderr.take().unwrap();
            let mut log = BufReader::new(stderr).lines().map_while(Result::ok);
            let mut seen = String::new();
            let address = log.find_map(|line| {
                seen += &line;
                seen.push('\n');
                let (_, rest) = line.split_once("Listening on")?;
                let (_, address) = rest.split_once("address=")?;
                address.split_whitespace().next().map(str::to_owned)
            });
            // Read on, so that it can write on.
            std::thread::spawn(move || log.for_each(drop));
            address.unwrap_or_else(|| panic!("Prometheus does not listen: {seen}"))
        });
        Self {
            guard,
            base: format!("http://{address}"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
        }
    }

    async fn data(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).query(query);
        // It answers 503 until it is ready.
        let answer = request.send().await.unwrap().json::<Value>().await.ok()?;
        Some(answer["data"].clone()).filter(|data| !data.is_null())
    }

    /// The values of a query, once it has any.
    pub async fn values(&self, query: &str) -> Vec<f64> {
        eventually(query, async || {
            let data = self.data("/api/v1/query", &[("query", query)]).await?;
            let series = data["result"].as_array()?;
            let values = series
                .iter()
                .map(|one| one["value"][1].as_str()?.parse().ok());
            values
                .collect::<Option<Vec<f64>>>()
                .filter(|values| !values.is_empty())
        })
        .await
    }

    /// The labels of an alert, once it fires.
    pub async fn fired(&self, alert: &str) -> Value {
        eventually(alert, async || {
            let firing = self.firing().await?;
            let mut labels = firing.into_iter();
            labels.find(|labels| labels["alertname"] == alert)
        })
        .await
    }

    /// The labels of all alerts that fire.
    pub async fn firing(&self) -> Option<Vec<Value>> {
        let data = self.data("/api/v1/alerts", &[]).await?;
        let alerts = data["alerts"].as_array()?.iter();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        Some(firing.map(|alert| alert["labels"].clone()).collect())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait();
    }
}

/// A metric, as its text describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metric {
    /// Counter, gauge or histogram.
    pub kind: String,
    /// What it says.
    pub help: String,
    /// The names of its labels.
    pub labels: BTreeSet<String>,
}

/// The metrics of a text as Prometheus scrapes it, by name.
#[must_use]
pub fn metrics(text: &str) -> BTreeMap<String, Metric> {
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            let (what, rest) = described.split_once(' ').unwrap();
            let (name, value) = rest.split_once(' ').unwrap();
            let metric = metrics.entry(name.to_owned()).or_default();
            match what {
                "HELP" => value.clone_into(&mut metric.help),
                "TYPE" => value.clone_into(&mut metric.kind),
                other => panic!("{other} in {line}"),
            }
        } else if let Some((name, rest)) = line.split_once('{') {
            let suffixes = ["_bucket", "_sum", "_count"];
            let of_histogram = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
            let of_histogram = of_histogram.filter(|name| metrics.contains_key(*name));
            let metric = metrics.get_mut(of_histogram.unwrap_or(name)).unwrap();
            let (labels, _) = rest.rsplit_once('}').unwrap();
            let names = labels
                .split("\",")
                .filter_map(|label| label.split_once('='));
            let names = names.map(|(name, _)| name.to_owned());
            metric.labels.extend(names.filter(|name| name != "le"));
        }
    }
    metrics
}
