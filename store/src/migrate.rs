//! Migrations: embedded, run by an operator's role, never by a service.

use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{
    AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _,
    SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Any number that nobody else locks: two deployments that migrate at once take turns.
const LOCK: &str = "SELECT pg_advisory_lock(7234581902)";

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations that were applied, oldest first.
    pub applied: Vec<String>,
}

/// Brings the database up to date and gives the service's role its password.
///
/// Idempotent. Needs a role that may create roles and tables.
///
/// # Errors
/// The database is away, or refuses.
pub async fn migrate(
    admin_url: &SecretString,
    app_password: &SecretString,
) -> Result<MigrationReport, StoreError> {
    let mut connection = connect(admin_url).await?;
    connection.batch_execute(LOCK).await?;
    // The harness blocks this thread while it runs, and tokio's other threads go on.
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Migration(error.to_string()))?
        .iter()
        .map(ToString::to_string)
        .collect();
    // Closing the connection releases the lock.
    set_app_password(&mut harness.into_inner(), app_password).await?;
    Ok(MigrationReport { applied })
}

/// A connection of its own, for an operator's role.
pub(crate) async fn connect(url: &SecretString) -> Result<AsyncPgConnection, StoreError> {
    AsyncPgConnection::establish(url.expose_secret())
        .await
        // The cause can quote the URL, and with it a password.
        .map_err(|_| {
            StoreError::Unavailable("no connection could be had with the operator's URL".to_owned())
        })
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn set_app_password(
    connection: &mut AsyncPgConnection,
    password: &SecretString,
) -> Result<(), StoreError> {
    // A utility statement takes no parameters; `format` quotes.
    let statement: Statement = sql_query(
        "SELECT format('ALTER ROLE zapiki_app WITH LOGIN NOBYPASSRLS PASSWORD %L', $1) AS text",
    )
    .bind::<Text, _>(password.expose_secret())
    .get_result(connection)
    .await?;
    Ok(connection.batch_execute(&statement.text).await?)
}

/// Names this set of migrations.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> Result<String, StoreError> {
    use diesel::migration::MigrationSource as _;
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../migrations/2026-11-24-000000_foundation/up.sql"
    )));
    let migrations: Vec<Box<dyn diesel::migration::Migration<diesel::pg::Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| StoreError::Migration(error.to_string()))?;
    for migration in migrations {
        hash.update(migration.name().to_string());
    }
    Ok(hex::encode(&hash.finalize()[..8]))
}
