//! `/v1/systems` and `/v1/circuits`: what can be proved, how, and with which keys.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use zapiki_backends::CircuitInfo;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use super::Tag;
use crate::auth::Auth;
use crate::deprecation::Noted;
use crate::forms::{CircuitIdText, Text};
use crate::problem::Problem;
use crate::schemas::{
    Circuit, CircuitSize, CircuitVersions, Circuits, System, Systems, VerifyingKey,
};
use crate::state::Api;

pub(crate) struct CircuitsApi;

/// A verifying key as a file.
#[derive(ApiResponse)]
enum KeyFile {
    /// The verifying key.
    #[oai(status = 200)]
    Ok(
        Json<VerifyingKey>,
        /// What to call the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

fn circuit(api: &Api, system: ProofSystem, info: &CircuitInfo, now: DateTime<Utc>) -> Circuit {
    let notice = api.registry.notice(system, info.id);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Circuit {
        id: Text(CircuitIdText(info.id)),
        statement: Text(info.id.statement),
        system: Text(system),
        status: Text(api.registry.status(system, info, now)),
        deprecated_at: notice.map(|notice| notice.deprecated_at),
        sunset_at: notice.and_then(|notice| notice.sunset_at),
        deprecation_link: notice.map(|notice| notice.link.clone()),
        suite: Text(info.suite),
        size: CircuitSize {
            unit: Text(info.size.unit()),
            count: count(info.size.count()),
            columns: info.size.columns().map(count),
        },
        public_inputs: count(info.public_inputs),
        verifying_key: Text(info.verifying_key),
        provenance: Text(info.provenance.kind()),
        ceremony: info.provenance.ceremony().copied().map(Into::into),
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Circuits")]
impl CircuitsApi {
    /// List the proof systems
    ///
    /// With what each can and cannot do: trusted set-up, zero-knowledge, post-quantum, maturity.
    #[oai(path = "/systems", method = "get", operation_id = "list_systems")]
    async fn systems(&self, api: &Api, _auth: Auth) -> Result<Json<Systems>, Problem> {
        let systems = api.registry.backends().map(|backend| {
            let capabilities = backend.capabilities();
            System {
                system: Text(backend.system()),
                maturity: Text(capabilities.maturity),
                trusted_setup: capabilities.trusted_setup,
                zero_knowledge: capabilities.zero_knowledge,
                post_quantum: capabilities.post_quantum,
                summary: capabilities.summary,
            }
        });
        Ok(Json(Systems {
            systems: systems.collect(),
        }))
    }

    /// List the circuits
    ///
    /// Each with the digest of its verifying key and where its keys come from: do not rely on proofs under keys of
    /// provenance `dev`.
    #[oai(path = "/circuits", method = "get", operation_id = "list_circuits")]
    async fn circuits(&self, api: &Api, _auth: Auth) -> Result<Json<Circuits>, Problem> {
        let now = Utc::now();
        let circuits = api.registry.circuits();
        let circuits = circuits.map(|(system, info)| circuit(api, system, info, now));
        Ok(Json(Circuits {
            circuits: circuits.collect(),
        }))
    }

    /// List the versions of a circuit
    ///
    /// Of each proof system, newest first, with the status of each: `active`; `deprecated`, which makes proofs still; `retired`,
    /// which makes no new ones; `withdrawn`, whose proofs policy turns away. Proofs that are made verify for ever.
    #[oai(
        path = "/circuits/:id/versions",
        method = "get",
        operation_id = "list_circuit_versions"
    )]
    async fn versions(
        &self,
        api: &Api,
        _auth: Auth,
        /// The circuit without a version, which is the name of its statement, such as `age_over`.
        id: Path<Text<StatementKind>>,
        /// Only versions of this proof system.
        system: Query<Option<Text<ProofSystem>>>,
    ) -> Result<Json<CircuitVersions>, Problem> {
        let (Text(statement), now) = (id.0, Utc::now());
        let only = system.0.map(|system| system.0);
        let mut versions: Vec<_> = api
            .registry
            .circuits()
            .filter(|(system, info)| {
                info.id.statement == statement && only.is_none_or(|only| only == *system)
            })
            .collect();
        if versions.is_empty() {
            return Err(Problem::not_found("circuit"));
        }
        versions.sort_by_key(|(system, info)| (*system, Reverse(info.id.version)));
        let versions = versions
            .into_iter()
            .map(|(system, info)| circuit(api, system, info, now));
        Ok(Json(CircuitVersions {
            circuit: Text(statement),
            versions: versions.collect(),
        }))
    }

    /// Download a circuit's verifying key
    ///
    /// With it, `zapiki verify` checks proofs of the circuit offline. It never changes: keep it.
    #[oai(
        path = "/circuits/:id/verifying-key",
        method = "get",
        operation_id = "get_verifying_key"
    )]
    async fn verifying_key(
        &self,
        api: &Api,
        _auth: Auth,
        /// The circuit, such as `age_over@1.0.0`.
        id: Path<Text<CircuitIdText>>,
        /// The proof system, each of which may have a circuit of that name; default `groth16`.
        system: Query<Option<Text<ProofSystem>>>,
    ) -> Result<Noted<KeyFile>, Problem> {
        let missing = || Problem::not_found("circuit");
        let Text(CircuitIdText(id)) = id.0;
        let system = system.0.map_or(ProofSystem::Groth16, |system| system.0);
        let backend = api.registry.get(system);
        let document = backend.and_then(|backend| backend.verifying_key(id));
        let file = KeyFile::Ok(
            Json(document.ok_or_else(missing)?.clone().into()),
            format!("attachment; filename=\"{id}.vk.json\""),
        );
        Ok(Noted::new(api, system, id, file))
    }
}
