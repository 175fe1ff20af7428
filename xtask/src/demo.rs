//! `demo`: the whole story, told once on a throw-away stack. Each step is printed with its time, and has to hold.
//!
//! It does what the people of the story do: an issuer and a holder at the command line, a tenant's developer over HTTP, an
//! auditor offline, an operator with Temporal's own tool.

mod history;

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use chrono::{Datelike as _, Utc};
use serde_json::{Value, json};

use crate::{
    cargo, file, http,
    process::{self, Launch},
    setup::Kit,
    stack::{
        Services,
        app::{App, Program, Workers},
        place::Place,
        ports::Ports,
    },
    ui,
};

const ANA_BIRTH_DATE: &str = "2001-05-17";
const SCOPE: &str = "shop.example/sign-up";
/// How long one call, or one wait for a result, may take.
const WAIT: Duration = Duration::from_secs(60);

/// Tells the story.
pub(crate) fn run(kit: &Kit) -> anyhow::Result<ExitCode> {
    let path = cargo::build_zapiki(kit)?;
    let begun = Instant::now();
    let place = Place::thrown_away(kit, "demo")?;
    let ports = Ports::free()?;

    let mut steps = Steps::default();
    let services = steps.tell("PostgreSQL and Temporal start", || {
        Services::start(kit, place, ports)
    })?;
    let program = steps.tell("the database is migrated, keys are in place", || {
        Program::prepare(kit, &services, path)
    })?;
    let app = steps.tell("API and worker start", || {
        App::start(&services, program, Workers::One)
    })?;

    let story = Story {
        kit,
        app: &app,
        ports,
        folder: services.place.data.clone(),
        logs: &services.place,
    };
    story.tell(&mut steps)?;
    ui::line(format_args!(
        "\n{} {} steps held in {}",
        ui::paint(ui::Colour::Green, "✓"),
        steps.count,
        ui::time(begun.elapsed())
    ));
    Ok(ExitCode::SUCCESS)
}

/// Counts and times what is told.
#[derive(Debug, Default)]
struct Steps {
    count: u32,
}

impl Steps {
    fn tell<T>(
        &mut self,
        title: &str,
        step: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.count += 1;
        let begun = Instant::now();
        let result = step();
        let (colour, mark) = if result.is_ok() {
            (ui::Colour::Green, "✓")
        } else {
            (ui::Colour::Red, "✗")
        };
        let time = ui::time(begun.elapsed());
        ui::line(format_args!(
            "{} {:2}  {title:<66} {time:>10}",
            ui::paint(colour, mark),
            self.count
        ));
        result.with_context(|| format!("step {} did not hold: {title}", self.count))
    }
}

/// What a step found out, below its line.
fn detail(text: impl Display) {
    ui::line(format_args!(
        "      {}",
        ui::paint(ui::Colour::Dim, &text.to_string())
    ));
}

/// Those who act, and what they share.
struct Story<'a> {
    kit: &'a Kit,
    app: &'a App,
    ports: Ports,
    /// Where their files are; gone when the story ends.
    folder: PathBuf,
    logs: &'a Place,
}

/// A person with a credential.
struct Holder {
    credential: Value,
    secret: Value,
    birth_date: String,
}

impl Story<'_> {
    fn tell(&self, steps: &mut Steps) -> anyhow::Result<()> {
        let issuer = steps.tell(
            "an issuer makes a signing key, which stays in its file",
            || self.make_issuer(),
        )?;
        detail(format_args!("public key {}", text(&issuer["key"])?));

        let ana = steps.tell("the issuer signs Ana's credential: born 2001-05-17", || {
            self.issue("ana", ANA_BIRTH_DATE)
        })?;
        let ben_birth_date = format!("{}-01-01", Utc::now().year() - 17);
        let title = format!("the issuer signs Ben's credential: born {ben_birth_date}, he is 17");
        let ben = steps.tell(&title, || self.issue("ben", &ben_birth_date))?;

        let request = json!({"name": "Example Bank", "key": issuer});
        steps.tell("a tenant trusts the issuer: POST /v1/issuers", || {
            self.post("/v1/issuers", &request, 200)
        })?;

        let challenge = steps.tell("the tenant makes a challenge: POST /v1/challenges", || {
            self.challenge()
        })?;
        let adult = steps.tell(
            "Ana proves that she is 18 or older, the call waits for the proof",
            || {
                let request = json!({
                    "min_age": 18, "challenge": challenge, "scope": SCOPE,
                    "credential": ana.credential, "holder_secret": ana.secret,
                });
                let proof = self.post("/v1/aml/age-verification", &request, 200)?;
                expect(&proof, "/state", "completed")?;
                Ok(proof)
            },
        )?;
        detail(format_args!(
            "{} on {}",
            text(&adult["circuit"])?,
            text(&adult["system"])?
        ));
        detail(format_args!(
            "nullifier {}",
            text(&adult["proof"]["public_inputs"]["nullifier"])?
        ));

        let verdict = steps.tell("the API verifies it: mathematics and policy", || {
            let verdict = self.verify(&adult["proof"])?;
            expect(&verdict, "/proof_valid", true)?;
            expect(&verdict, "/policy_satisfied", true)?;
            Ok(verdict)
        })?;
        for check in verdict["checks"].as_array().into_iter().flatten() {
            detail(format_args!(
                "{:<16} {}",
                text(&check["name"])?,
                text(&check["status"])?
            ));
        }

        let vk = self.folder.join("vk.json");
        steps.tell(
            "the offline command verifies it, with a key it was given",
            || {
                let circuit = text(&adult["circuit"])?;
                let key = self.get(&format!("/v1/circuits/{circuit}/verifying-key"))?;
                self.save(&vk, &key)?;
                let proof = self.folder.join("proof.json");
                self.save(&proof, &adult)?;
                ensure!(self.verifies_offline(&proof, &vk)?, "it was refused");
                Ok(())
            },
        )?;

        let older = steps.tell(
            "Ana proves 21 or older: accepted at once, then polled to its end",
            || self.prove_later(&issuer, &ana),
        )?;
        expect(&self.verify(&older["proof"])?, "/policy_satisfied", true)?;

        steps.tell(
            "Ben, who is 17, gets a 422 that says why, and no proof",
            || self.refuse(&issuer, &ben),
        )?;

        steps.tell(
            "a proof that was tampered with is refused, here and offline",
            || self.tamper(&adult, &vk),
        )?;

        let (usage, audit) = steps.tell(
            "the books: two proofs used, three outcomes told, the chain holds",
            || self.read_books(),
        )?;
        for line in usage["lines"].as_array().into_iter().flatten() {
            let (statement, system) = (text(&line["statement"])?, text(&line["system"])?);
            detail(format_args!(
                "usage  {statement} on {system}: {}",
                line["proofs"]
            ));
        }
        for entry in audit["entries"].as_array().into_iter().flatten() {
            let (kind, proof) = (text(&entry["kind"])?, text(&entry["proof_id"])?);
            detail(format_args!(
                "audit  {} {kind:<16} {proof}",
                entry["sequence"]
            ));
        }

        let workflow = text(&adult["id"])?;
        let address = format!("127.0.0.1:{}", self.ports.temporal);
        let log = self.logs.log("history");
        steps.tell("what Temporal keeps of Ana's proof is sealed", || {
            history::read(self.kit, &address, workflow, None, &log)?.ensure_is_sealed(workflow)
        })?;
        let url = format!("http://127.0.0.1:{}", self.ports.codec);
        let token = std::fs::read_to_string(&self.app.program.codec_token)?;
        let events = steps.tell("opened for an operator, it has no birth date in it", || {
            let codec = history::Codec {
                url: &url,
                token: token.trim(),
            };
            let history = history::read(self.kit, &address, workflow, Some(&codec), &log)?;
            history.ensure_shows(workflow)?;
            for private in [&ana.birth_date, text(&ana.secret)?] {
                history.ensure_hides(private)?;
            }
            history.events()
        })?;
        events.iter().for_each(detail);
        Ok(())
    }

    /// The public half of a new key.
    fn make_issuer(&self) -> anyhow::Result<Value> {
        let key = self.folder.join("issuer.key");
        self.zapiki("issuer keygen", |launch| {
            launch.args(["issuer", "keygen", "--out"]).arg(&key)
        })?;
        Ok(self.load(&key)?["issuer"].clone())
    }

    /// A holder makes a secret; the issuer signs a credential that is bound to it.
    fn issue(&self, name: &str, birth_date: &str) -> anyhow::Result<Holder> {
        let file = |kind: &str| self.folder.join(format!("{name}.{kind}"));
        let (holder, attributes, credential) =
            (file("holder"), file("json"), file("credential.json"));
        self.zapiki("holder keygen", |launch| {
            launch.args(["holder", "keygen", "--out"]).arg(&holder)
        })?;
        let secret = self.load(&holder)?;
        let document =
            json!({"birth_date": birth_date, "holder_commitment": secret["holder_commitment"]});
        self.save(&attributes, &document)?;
        self.zapiki("issuer issue", |launch| {
            launch
                .args(["issuer", "issue", "--key"])
                .arg(self.folder.join("issuer.key"))
                .arg("--attributes")
                .arg(&attributes)
                .arg("--out")
                .arg(&credential)
        })?;
        Ok(Holder {
            credential: self.load(&credential)?,
            secret: secret["holder_secret"].clone(),
            birth_date: birth_date.to_owned(),
        })
    }

    fn challenge(&self) -> anyhow::Result<Value> {
        Ok(self.post("/v1/challenges", &json!({"lifetime_s": 900}), 200)?["challenge"].clone())
    }

    /// A request of the long form, for someone who is 18 or 21.
    fn request(&self, issuer: &Value, holder: &Holder, min_age: u32) -> anyhow::Result<Value> {
        Ok(json!({
            "statement": {"type": "age_over", "min_age": min_age, "as_of": Utc::now().date_naive().to_string()},
            "issuer": issuer, "challenge": self.challenge()?, "scope": SCOPE,
            "witness": {"credential": holder.credential, "holder_secret": holder.secret},
        }))
    }

    fn prove_later(&self, issuer: &Value, ana: &Holder) -> anyhow::Result<Value> {
        let request = self.request(issuer, ana, 21)?;
        let accepted = self.call(
            "POST",
            "/v1/proofs",
            &[("Prefer", "respond-async")],
            Some(&request),
        )?;
        ensure!(
            accepted.status == 202,
            "expected 202, got {}",
            accepted.status
        );
        let location = accepted
            .header("location")
            .context("a 202 has no Location")?
            .to_owned();
        let deadline = Instant::now() + WAIT;
        loop {
            let proof = self.get(&location)?;
            match text(&proof["state"])? {
                "completed" => return Ok(proof),
                "accepted" if Instant::now() < deadline => process::pause(),
                state => bail!("the proof is {state}"),
            }
        }
    }

    fn refuse(&self, issuer: &Value, ben: &Holder) -> anyhow::Result<()> {
        let request = self.request(issuer, ben, 18)?;
        let problem = self.post("/v1/proofs", &request, 422)?;
        expect(&problem, "/code", "statement_not_satisfied")?;
        let answer = problem.to_string();
        ensure!(
            !answer.contains(&ben.birth_date),
            "the answer repeats a birth date"
        );
        let proof = self.get(&format!("/v1/proofs/{}", text(&problem["proof_id"])?))?;
        expect(&proof, "/state", "rejected")?;
        ensure!(
            proof.get("proof").is_none_or(Value::is_null),
            "there is a proof"
        );
        Ok(())
    }

    /// Twice: a claim that says more than was proved, and a proof with one byte changed.
    fn tamper(&self, adult: &Value, vk: &Path) -> anyhow::Result<()> {
        let mut bolder = adult["proof"].clone();
        *bolder
            .pointer_mut("/public_inputs/statement/min_age")
            .context("the envelope has no age")? = json!(21);
        let mut changed = adult["proof"].clone();
        let bytes = text(&changed["proof"])?.to_owned();
        let other = if bytes.starts_with('A') { "B" } else { "A" };
        changed["proof"] = json!(format!("{other}{}", &bytes[1..]));
        for tampered in [bolder, changed] {
            expect(&self.verify(&tampered)?, "/proof_valid", false)?;
            let file = self.folder.join("tampered.json");
            self.save(&file, &tampered)?;
            ensure!(
                !self.verifies_offline(&file, vk)?,
                "the offline command believed it"
            );
        }
        Ok(())
    }

    fn read_books(&self) -> anyhow::Result<(Value, Value)> {
        let deadline = Instant::now() + WAIT;
        let (usage, audit) = loop {
            let (usage, audit) = (self.get("/v1/usage")?, self.get("/v1/audit")?);
            let proofs: u64 = usage["lines"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|l| l["proofs"].as_u64())
                .sum();
            let entries = audit["entries"].as_array().map_or(0, Vec::len);
            if (proofs, entries) == (2, 3) {
                break (usage, audit);
            }
            // They are written beside the answer, not before it.
            ensure!(
                Instant::now() < deadline,
                "{proofs} proofs used, {entries} outcomes told"
            );
            process::pause();
        };
        let export = self.folder.join("audit.json");
        self.save(&export, &audit)?;
        self.zapiki("audit verify", |launch| {
            launch
                .args([
                    "audit",
                    "verify",
                    "--tenant",
                    &self.app.demo.tenant,
                    "--file",
                ])
                .arg(&export)
        })?;
        Ok((usage, audit))
    }

    fn verify(&self, envelope: &Value) -> anyhow::Result<Value> {
        self.post("/v1/verifications", &json!({"proof": envelope}), 200)
    }

    fn verifies_offline(&self, proof: &Path, vk: &Path) -> anyhow::Result<bool> {
        let launch = self
            .app
            .program
            .command("zapiki verify")
            .args(["verify", "--proof"])
            .arg(proof);
        launch
            .arg("--vk")
            .arg(vk)
            .log(&self.logs.log("verify"))
            .succeeds()
    }

    /// Runs a command of the program, which must succeed.
    fn zapiki(&self, name: &str, arguments: impl FnOnce(Launch) -> Launch) -> anyhow::Result<()> {
        let launch = arguments(self.app.program.command(&format!("zapiki {name}")));
        launch.log(&self.logs.log(&name.replace(' ', "-"))).run()
    }

    fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(&self.call("GET", path, &[], None)?, 200)
    }

    fn post(&self, path: &str, body: &Value, status: u16) -> anyhow::Result<Value> {
        answer(&self.call("POST", path, &[], Some(body))?, status)
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<http::Response> {
        let mut headers = headers.to_vec();
        headers.push(("X-API-Key", &self.app.demo.api_key));
        http::send(
            self.ports.api,
            &http::Request {
                method,
                path,
                headers: &headers,
                body,
            },
            WAIT,
        )
    }

    fn save(&self, path: &Path, document: &Value) -> anyhow::Result<()> {
        file::write_private(path, &document.to_string())
    }

    fn load(&self, path: &Path) -> anyhow::Result<Value> {
        let text = file::read_if_there(path)?
            .with_context(|| format!("{} was not written", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
    }
}

/// The body of an answer with this status.
fn answer(response: &http::Response, status: u16) -> anyhow::Result<Value> {
    let body = response.json()?;
    ensure!(
        response.status == status,
        "expected {status}, got {}: {body}",
        response.status
    );
    Ok(body)
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value
        .as_str()
        .with_context(|| format!("expected text, got {value}"))
}

fn expect(document: &Value, pointer: &str, wanted: impl Into<Value>) -> anyhow::Result<()> {
    let (found, wanted) = (document.pointer(pointer), wanted.into());
    ensure!(
        found == Some(&wanted),
        "{pointer} is {}, expected {wanted}",
        found.unwrap_or(&Value::Null)
    );
    Ok(())
}
