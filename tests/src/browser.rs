//! A browser: a real Chromium, driven over WebDriver, and what somebody does and sees in it.
//!
//! Each test has one of its own, with a profile that vanishes. Nothing waits for a time: what is to be seen is looked for until it
//! is there. Elements are named by CSS selectors, and by the words on them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wait::eventually;
use crate::{CHROMEDRIVER_VARIABLE, CHROMIUM_VARIABLE, told};

/// The page that is looked at, in pixels: a laptop's.
const WINDOW: &str = "--window-size=1280,900";
/// What a browser must not do by itself, on a machine without a screen and, it may be, as root.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    WINDOW,
];

/// A browser and its driver. Both end when it is dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Driver,
    _profile: TempDir,
}

/// The driver, which ends its browsers when it ends.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    /// Held open: it would end at the next line that it writes to nobody.
    _out: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new(told(CHROMEDRIVER_VARIABLE))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = out.by_ref().lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("chromedriver says on which port it listens");
        Self {
            child,
            port,
            _out: out,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends its browsers only if it is asked to; killed, it would leave them behind.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            let _asked = stream.write_all(request);
            let _answered = stream.read_to_end(&mut Vec::new());
        }
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Browser {
    /// A browser with an empty page.
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let driver = tokio::task::spawn_blocking(Driver::start)
            .await
            .expect("no panic");
        let folder = profile.path().to_str().expect("a path that is text");
        let mut arguments: Vec<_> = ARGUMENTS.iter().map(|text| (*text).to_owned()).collect();
        arguments.push(format!("--user-data-dir={folder}"));
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": told(CHROMIUM_VARIABLE),
                "args": arguments,
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object was written");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url())
            .await
            .expect("the browser starts");
        Self {
            client,
            driver,
            _profile: profile,
        }
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page is there");
    }

    /// Where it is.
    pub async fn url(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// What a script that a tester typed into the console gives back.
    pub async fn run(&self, script: &str) -> Value {
        let result = self.client.execute(script, Vec::new()).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The text of what this names, once it is there and has one.
    pub async fn text(&self, css: &str) -> String {
        eventually(css, async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.text().await.ok().filter(|text| !text.is_empty())
        })
        .await
    }

    /// Waits until these words are in what this names.
    pub async fn see(&self, css: &str, words: &str) {
        eventually(&format!("{css} says {words:?}"), async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            let text = element.text().await.ok()?;
            text.contains(words).then_some(())
        })
        .await;
    }

    /// How many elements there are of this name.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Clicks on it, once it is there and can be clicked.
    pub async fn click(&self, css: &str) {
        self.act(Locator::Css(css), async |element| {
            element.click().await.is_ok()
        })
        .await;
    }

    /// Clicks on what has exactly these words on it.
    pub async fn click_on(&self, tag: &str, words: &str) {
        let path = format!("//{tag}[normalize-space(.)='{words}']");
        self.act(Locator::XPath(&path), async |element| {
            element.click().await.is_ok()
        })
        .await;
    }

    /// Types into a field.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.act(Locator::Css(css), async |element| {
            element.send_keys(text).await.is_ok()
        })
        .await;
    }

    /// Chooses an option by its value.
    pub async fn choose(&self, css: &str, value: &str) {
        self.act(Locator::Css(css), async |element| {
            element.select_by_value(value).await.is_ok()
        })
        .await;
    }

    /// Does something to the first element of this name with which that works, once it does: pages redraw while one looks, and
    /// have hidden twins of what they show.
    async fn act(&self, name: Locator<'_>, act: impl AsyncFn(Element) -> bool) {
        eventually(&format!("{name:?}"), async || {
            for element in self.client.find_all(name).await.ok()? {
                if act(element).await {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// What was written to the console since one last looked: errors of scripts, refusals of the policy, calls that failed.
    pub async fn console(&self) -> Vec<String> {
        let session = self.client.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/se/log", self.driver.url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.post(url).json(&json!({"type": "browser"})).send();
        let answer: Value = answer.await.unwrap().json().await.unwrap();
        let entries = answer["value"].as_array().expect("a log").iter();
        let lines = entries.map(|entry| entry["message"].as_str().expect("a message").to_owned());
        lines.collect()
    }
}
