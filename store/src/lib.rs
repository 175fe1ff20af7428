//! Postgres: one file per aggregate.
//!
//! The database, not only the queries, keeps tenants apart: every statement runs in a [transaction that says whose it
//! is](tenant_tx), under row-level security that the tables force on everybody. Private input is sealed before it gets here
//! and deleted when its proof is settled, or when it is decided what becomes of one that could not be made; see [`sealed`] and
//! [`inputs`].
//!
//! Writers that may be retried are idempotent and say how. Times come in as arguments, so that tests own the clock; they
//! are kept to the microsecond, which is what the database keeps.

mod admin;
mod api_keys;
mod audit;
mod backlog;
mod batches;
mod challenges;
mod counts;
mod deliveries;
mod error;
mod failures;
mod inputs;
mod issuers;
mod lists;
mod migrate;
mod proofs;
mod requests;
mod rotation;
mod schema;
mod sealed;
mod tenant_tx;
#[cfg(feature = "testing")]
pub mod testing;
mod usage;
mod webhooks;

use chrono::{DateTime, SubsecRound as _, Utc};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::time::Duration;

pub use admin::Admin;
pub use api_keys::{ApiKey, ApiKeyError, AuthenticateError, AuthenticatedKey, Tenant};
pub use backlog::{Backlog, Connections, Waiting};
pub use batches::{
    AcceptedProof, BatchAcceptance, BatchCancellation, BatchItem, BatchRecord, Conclusion,
    ItemAnswer, NewItem, OpenItem, UnstartedBatch,
};
pub use challenges::{ChallengeUse, IssuedChallenge};
pub use deliveries::{
    Attempt, Delivery, DeliveryStatus, Dispatch, Resending, UnknownDeliveryStatus,
    UnstartedDelivery,
};
pub use error::StoreError;
pub use failures::{
    DeadLetterRecord, DeadLettering, Decided, FailureFilter, NewDeadLetter, Resolution,
    UnknownResolution,
};
pub use issuers::{TrustError, TrustedIssuer};
pub use lists::{ListRoot, NewListRoot, Published};
pub use migrate::{MigrationReport, migrate};
pub use proofs::{
    AcceptError, Acceptance, Cancellation, DeadLetter, Deletion, NewProof, ProofFilter,
    ProofRecord, Settled, Settlement, UnstartedProof,
};
pub use requests::{EarlierRequest, Idempotency};
pub use rotation::KeyUse;
pub use usage::{Recorded, UsageLine};
pub use webhooks::{WEBHOOKS_MAX, Webhook};
// A part of `StoreConfig`.
pub use zapiki_core::key_ring::{KeyRing, KeyRingError};

/// How long a caller waits for a free connection.
const POOL_WAIT: Duration = Duration::from_secs(5);

/// How long it may take to give a sign of life.
const PING_MAX: Duration = Duration::from_secs(6);

/// How to reach the database.
#[derive(Debug)]
pub struct StoreConfig {
    /// The URL of the service's own role.
    pub database_url: SecretString,
    /// The most connections that are open at a time.
    pub pool_size_max: usize,
    /// What seals private input.
    pub keys: KeyRing,
}

/// The database, as the services use it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool<AsyncPgConnection>,
    keys: Arc<KeyRing>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether others follow.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// A page of `limit` from the rows of a query that asked for one more.
    fn of(mut items: Vec<T>, limit: u32) -> Self {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        Self { items, has_more }
    }
}

impl Store {
    /// Prepares a pool. Connects when it is first needed, so a database that is away does not stop a service from
    /// starting.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn connect(config: StoreConfig) -> Result<Self, StoreError> {
        counts::begin();
        Ok(Self {
            pool: pool(&config.database_url, config.pool_size_max)?,
            keys: Arc::new(config.keys),
        })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// There is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let asking = async {
            let mut conn = connection(&self.pool).await?;
            Ok(conn.batch_execute("SELECT 1").await?)
        };
        // A network that drops packets tells nobody.
        match tokio::time::timeout(PING_MAX, asking).await {
            Ok(answered) => answered,
            Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
        }
    }
}

fn pool(url: &SecretString, size_max: usize) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut manager = ManagerConfig::default();
    // A dead connection shows at its first statement; asking before each use would cost every transaction a round trip.
    manager.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(
        url.expose_secret(),
        manager,
    );
    Pool::builder(manager)
        .max_size(size_max)
        .build()
        .map_err(|_| StoreError::Configuration("the connection pool cannot be built"))
}

/// A connection, within [`POOL_WAIT`].
async fn connection(
    pool: &Pool<AsyncPgConnection>,
) -> Result<Object<AsyncPgConnection>, StoreError> {
    match tokio::time::timeout(POOL_WAIT, pool.get()).await {
        Ok(connection) => Ok(connection?),
        Err(_) => Err(StoreError::Unavailable(
            "no connection was free in time".to_owned(),
        )),
    }
}

/// A time as the database keeps it.
fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}
