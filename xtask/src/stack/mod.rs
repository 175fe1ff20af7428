//! The stack: PostgreSQL and Temporal, and on them the API and one worker. Started in order, each waited for, stopped in
//! the reverse order when dropped.
//!
//! | file | subject |
//! | --- | --- |
//! | [`place`] | where state and logs are, kept or thrown away |
//! | [`ports`] | which ports, and what to say of one that is taken |
//! | [`postgres`], [`temporal`] | the two servers |
//! | [`app`] | migrations, keys, API, worker, demo tenant |

pub(crate) mod app;
pub(crate) mod place;
pub(crate) mod ports;
mod postgres;
mod temporal;

use anyhow::bail;

use self::{place::Place, ports::Ports};
use crate::{process::Process, setup::Kit, ui};

/// The role that initdb makes.
const SUPERUSER: &str = "postgres";

/// One of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Server {
    /// PostgreSQL.
    Postgres,
    /// Temporal.
    Temporal,
}

/// PostgreSQL and Temporal, running.
#[derive(Debug)]
pub(crate) struct Services {
    temporal: Process,
    postgres: Process,
    superuser_password: String,
    /// Their ports.
    pub(crate) ports: Ports,
    /// Where their state is. Last, since fields are dropped in order: state outlives its servers.
    pub(crate) place: Place,
}

impl Services {
    /// Starts both and waits for them.
    pub(crate) fn start(kit: &Kit, place: Place, ports: Ports) -> anyhow::Result<Self> {
        let spinner = ui::Spinner::start("starting PostgreSQL and Temporal");
        // Temporal takes longer to come up and needs nothing of the other.
        let temporal = temporal::start(kit, &place, &ports)?;
        let superuser_password = place.secret("postgres-password")?;
        postgres::initialise(kit, &place, &superuser_password)?;
        let postgres = postgres::start(kit, &place, ports.postgres)?;
        temporal::await_ready(kit, &temporal, &place, ports.temporal)?;
        drop(spinner);
        Ok(Self {
            temporal,
            postgres,
            superuser_password,
            ports,
            place,
        })
    }

    /// PostgreSQL, as its superuser.
    pub(crate) fn admin_url(&self) -> String {
        self.database_url(SUPERUSER, &self.superuser_password)
    }

    /// PostgreSQL, as a role. Both parts are of our own making and need no quoting.
    fn database_url(&self, role: &str, password: &str) -> String {
        format!(
            "postgres://{role}:{password}@127.0.0.1:{}/postgres",
            self.ports.postgres
        )
    }

    /// Temporal's frontend.
    pub(crate) fn temporal_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.temporal)
    }

    /// Temporal's UI.
    pub(crate) fn temporal_ui_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.ui)
    }

    /// Ends a server as its place has it.
    pub(crate) fn stop(&self, server: Server) {
        match server {
            Server::Postgres => self.postgres.stop(),
            Server::Temporal => self.temporal.stop(),
        }
    }

    /// Starts a server that ended, and waits for it. One that runs is left alone.
    pub(crate) fn start_again(&mut self, kit: &Kit, server: Server) -> anyhow::Result<()> {
        match server {
            Server::Postgres if self.postgres.poll()?.is_some() => {
                self.postgres = postgres::start(kit, &self.place, self.ports.postgres)?;
            }
            Server::Temporal if self.temporal.poll()?.is_some() => {
                self.temporal = temporal::start(kit, &self.place, &self.ports)?;
                temporal::await_ready(kit, &self.temporal, &self.place, self.ports.temporal)?;
            }
            Server::Postgres | Server::Temporal => {}
        }
        Ok(())
    }

    /// Both, for [`watch`].
    pub(crate) fn processes(&self) -> [&Process; 2] {
        [&self.postgres, &self.temporal]
    }
}

/// Returns only when one of the processes has ended, and says how.
pub(crate) fn watch(processes: &[&Process]) -> anyhow::Result<std::convert::Infallible> {
    loop {
        for process in processes {
            if let Some(status) = process.poll()? {
                bail!("{}", process.obituary(status));
            }
        }
        crate::process::pause();
    }
}
