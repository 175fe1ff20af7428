//! Migrations: embedded, run by an operator's role, never by a service.

use diesel::result::Error as DieselError;
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

/// How often the role is altered before its rivals are taken for a failure.
const ALTER_TRIES_MAX: u32 = 20;

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
    // The harness blocks its thread, so it gets one that may be blocked: a runtime may have no other than this one.
    let running = tokio::task::spawn_blocking(move || run_pending(connection));
    let (mut connection, applied) = running
        .await
        .map_err(|_| StoreError::Migration("it panicked".to_owned()))??;
    // Closing the connection releases the lock.
    set_app_password(&mut connection, app_password).await?;
    Ok(MigrationReport { applied })
}

fn run_pending(
    connection: AsyncPgConnection,
) -> Result<(AsyncPgConnection, Vec<String>), StoreError> {
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Migration(error.to_string()))?
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok((harness.into_inner(), applied))
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
    let mut tries = 1;
    loop {
        match connection.batch_execute(&statement.text).await {
            // Roles belong to the cluster, the lock to one database: another one of it may migrate at this moment.
            Err(DieselError::DatabaseError(_, info))
                if info.message() == "tuple concurrently updated" && tries < ALTER_TRIES_MAX =>
            {
                tries += 1;
            }
            done => return Ok(done?),
        }
    }
}

/// Names this set of migrations: their names and texts.
#[cfg(feature = "testing")]
pub(crate) const FINGERPRINT: &str = env!("ZAPIKI_MIGRATIONS_FINGERPRINT");
