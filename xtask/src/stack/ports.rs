//! The ports of a stack, all on 127.0.0.1.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use anyhow::{Context as _, bail};

use crate::cli::{DevArgs, StackArgs};

/// Which port is whose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// PostgreSQL.
    pub(crate) postgres: u16,
    /// Temporal, gRPC.
    pub(crate) temporal: u16,
    /// The Temporal UI.
    pub(crate) ui: u16,
    /// The API.
    pub(crate) api: u16,
    /// The codec server.
    pub(crate) codec: u16,
}

impl Ports {
    /// Ports that nobody uses now.
    pub(crate) fn free() -> anyhow::Result<Self> {
        // All five are held until the last is known, so that they differ.
        let listeners = [(); 5].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let mut ports = [0; 5];
        for (port, listener) in ports.iter_mut().zip(&listeners) {
            let listener = listener
                .as_ref()
                .map_err(|error| io::Error::from(error.kind()));
            *port = listener
                .and_then(TcpListener::local_addr)
                .context("no free port on 127.0.0.1")?
                .port();
        }
        let [postgres, temporal, ui, api, codec] = ports;
        Ok(Self {
            postgres,
            temporal,
            ui,
            api,
            codec,
        })
    }

    /// The ports of `dev`, which must be free.
    pub(crate) fn of_dev(args: &DevArgs) -> anyhow::Result<Self> {
        ensure_free(args.api_port, "the API", "--api-port")?;
        ensure_free(args.codec_port, "the codec server", "--codec-port")?;
        let ports = Self::of_stack(args.stack)?;
        Ok(Self {
            api: args.api_port,
            codec: args.codec_port,
            ..ports
        })
    }

    /// The ports of `stack`, which must be free. It has neither API nor codec server.
    pub(crate) fn of_stack(args: StackArgs) -> anyhow::Result<Self> {
        ensure_free(args.postgres_port, "PostgreSQL", "--postgres-port")?;
        ensure_free(args.temporal_port, "Temporal", "--temporal-port")?;
        ensure_free(args.ui_port, "the Temporal UI", "--ui-port")?;
        Ok(Self {
            postgres: args.postgres_port,
            temporal: args.temporal_port,
            ui: args.ui_port,
            api: 0,
            codec: 0,
        })
    }
}

fn ensure_free(port: u16, who: &str, flag: &str) -> anyhow::Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_free) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!(
                "port {port}, wanted for {who}, is taken; stop what listens there, or choose another with {flag}"
            )
        }
        Err(error) => {
            Err(error).with_context(|| format!("port {port}, wanted for {who}, cannot be had"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_taken_port_is_told_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = ensure_free(port, "PostgreSQL", "--postgres-port")
            .unwrap_err()
            .to_string();
        for part in [&port.to_string(), "PostgreSQL", "taken", "--postgres-port"] {
            assert!(message.contains(part), "{message}");
        }
        drop(taken);
        ensure_free(port, "PostgreSQL", "--postgres-port").unwrap();
    }

    #[test]
    fn free_ports_differ() {
        let ports = Ports::free().unwrap();
        let Ports {
            postgres,
            temporal,
            ui,
            api,
            codec,
        } = ports;
        let all = BTreeSet::from([postgres, temporal, ui, api, codec]);
        assert_eq!(all.len(), 5);
        assert!(!all.contains(&0));
    }
}
