//! Zapiki itself on the services: migrations, keys, the API, one worker, the codec server, the demo tenant.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{Services, place::Place};
use crate::{
    file, http,
    process::{Launch, Process},
    setup::Kit,
    ui,
};

const READY_S_MAX: u64 = 60;
/// One question about readiness. Database and Temporal are asked behind it.
const HEALTH_MS_MAX: u64 = 3_000;
/// Longer than the API lets requests end.
const STOP_MS_MAX: u64 = 30_000;
/// What a worker logs when it takes work.
const WORKER_READY: &str = "the worker is ready";
/// What the codec server logs when it answers.
const CODEC_READY: &str = "the codec server is ready";
/// The file with the token that callers of the codec server show, in a stack's data.
const CODEC_TOKEN: &str = "codec-token";

/// The program with all it needs to know of a stack.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    envs: Vec<(String, String)>,
    /// The file with the codec server's token.
    pub(crate) codec_token: PathBuf,
}

/// The tenant that a stack comes with.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct DemoTenant {
    /// Its id.
    pub(crate) tenant: String,
    /// Its key.
    pub(crate) api_key: String,
}

/// API, worker and codec server, running.
#[derive(Debug)]
pub(crate) struct App {
    codec: Process,
    worker: Option<Process>,
    api: Process,
    /// The program that they are.
    pub(crate) program: Program,
    /// A tenant with a key.
    pub(crate) demo: DemoTenant,
}

/// Whether there is a worker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Workers {
    /// There is.
    One,
    /// Whoever uses the stack starts its own.
    None,
}

impl Program {
    /// Migrates the database and makes the keys that are not there.
    pub(crate) fn prepare(kit: &Kit, services: &Services, path: PathBuf) -> anyhow::Result<Self> {
        let place = &services.place;
        let app_password = place.secret("app-password")?;
        let kek = place.data.join("kek");
        let list_key = place.data.join("list.key");
        place.secret(CODEC_TOKEN)?;
        let codec_token = place.data.join(CODEC_TOKEN);
        let sample = kit.paths.root.join("docs/samples/sdn.xml");
        let text = |path: &Path| path.display().to_string();
        let envs = [
            ("ZAPIKI_DATABASE_ADMIN_URL", services.admin_url()),
            (
                "ZAPIKI_DATABASE_URL",
                services.database_url("zapiki_app", &app_password),
            ),
            ("ZAPIKI_KEK_FILE", text(&kek)),
            ("ZAPIKI_KEYS_DIR", text(&kit.paths.keys)),
            ("ZAPIKI_LIST_KEY_FILE", text(&list_key)),
            ("ZAPIKI_LISTS", format!("sample=ofac-xml:{}", text(&sample))),
            ("ZAPIKI_TEMPORAL_URL", services.temporal_url()),
            // Receivers of whoever tries it out are on this machine.
            ("ZAPIKI_WEBHOOKS_ANYWHERE", "true".to_owned()),
            ("ZAPIKI_LISTEN", format!("127.0.0.1:{}", services.ports.api)),
            (
                "ZAPIKI_CODEC_LISTEN",
                format!("127.0.0.1:{}", services.ports.codec),
            ),
            ("ZAPIKI_CODEC_TOKEN_FILE", text(&codec_token)),
            (
                "ZAPIKI_CODEC_UI_ORIGIN",
                format!("http://127.0.0.1:{}", services.ports.ui),
            ),
        ];
        let envs = envs.map(|(name, value)| (name.to_owned(), value)).into();
        let program = Self {
            path,
            envs,
            codec_token,
        };
        program
            .command("zapiki migrate")
            .arg("migrate")
            .log(&place.log("migrate"))
            .run()?;
        if !kek.exists() {
            let make = program
                .command("zapiki dev kek")
                .args(["dev", "kek", "--out"])
                .arg(&kek);
            make.log(&place.log("kek")).run()?;
        }
        if !list_key.exists() {
            let make = program
                .command("zapiki issuer keygen")
                .args(["issuer", "keygen", "--out"])
                .arg(&list_key);
            make.log(&place.log("list-key")).run()?;
        }
        // Every time: it is quick, the keys are the same on every machine, and a newer program may have more circuits.
        let setup = program.command("zapiki circuits setup");
        let setup = setup.args(["circuits", "setup"]);
        setup.log(&place.log("circuits")).run()?;
        Ok(program)
    }

    /// The program about to be run. `name` is what messages call it.
    pub(crate) fn command(&self, name: &str) -> Launch {
        Launch::new(name, &self.path).envs(&self.envs)
    }

    /// Where the program is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The environment in which it finds the stack, as a shell reads it.
    pub(crate) fn shell_environment(&self) -> String {
        self.envs
            .iter()
            .map(|(name, value)| format!("export {name}='{value}'\n"))
            .collect()
    }
}

impl App {
    /// Starts all three (or all but the worker), waits for them and seeds the demo tenant.
    pub(crate) fn start(
        services: &Services,
        program: Program,
        workers: Workers,
    ) -> anyhow::Result<Self> {
        let place = &services.place;
        let port = services.ports.api;
        let _spinner = ui::Spinner::start("starting API, worker and codec server");
        let start = |name: &str, subcommand: &str| {
            let launch = program
                .command(name)
                .arg(subcommand)
                .log(&place.log(subcommand));
            launch
                .stop(crate::process::StopSignal::Term, STOP_MS_MAX)
                .start()
        };
        let api = start("the API", "api")?;
        let worker = (workers == Workers::One)
            .then(|| start("the worker", "worker"))
            .transpose()?;
        let codec = start("the codec server", "codec-server")?;
        let demo = demo_tenant(&program, place)?;
        api.wait_until(Duration::from_secs(READY_S_MAX), || {
            let health = http::get(port, "/health/ready", Duration::from_millis(HEALTH_MS_MAX));
            health.is_ok_and(|response| response.status == 200)
        })?;
        let worker_ready = worker
            .as_ref()
            .map(|worker| (worker, "worker", WORKER_READY));
        let codec_ready = (&codec, "codec-server", CODEC_READY);
        for (process, name, ready) in worker_ready.into_iter().chain([codec_ready]) {
            let log = place.log(name);
            process.wait_until(Duration::from_secs(READY_S_MAX), || {
                std::fs::read_to_string(&log).is_ok_and(|text| text.contains(ready))
            })?;
        }
        Ok(Self {
            codec,
            worker,
            api,
            program,
            demo,
        })
    }

    /// All of them, for [`super::watch`].
    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        [&self.api, &self.codec].into_iter().chain(&self.worker)
    }
}

/// The demo tenant, made when the place has none. Its key is shown once by the program, so the place keeps it.
fn demo_tenant(program: &Program, place: &Place) -> anyhow::Result<DemoTenant> {
    let path = place.data.join("demo-tenant.json");
    if let Some(text) = file::read_if_there(&path)? {
        return serde_json::from_str(&text)
            .with_context(|| format!("{} was changed", path.display()));
    }
    let seed = program
        .command("zapiki dev seed")
        .args(["dev", "seed", "--tenant", "demo", "--json"]);
    let text = seed.errors_to(&place.log("seed")).read()?;
    let tenant: DemoTenant =
        serde_json::from_str(&text).context("`zapiki dev seed` printed no tenant")?;
    file::write_private(&path, &serde_json::to_string_pretty(&tenant)?)?;
    Ok(tenant)
}
