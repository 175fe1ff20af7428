//! Databases for tests: a migrated template, cloned per test, on the server that `cargo xtask test` starts.

use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use rand::rngs::OsRng;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::{NoContext, Timestamp, Uuid};
use zapiki_core::ids::TenantId;
use zapiki_core::payload_keys::PayloadKeys;
use zapiki_core::plan::Plan;

use crate::api_keys::{ApiKey, Tenant};
use crate::migrate::{FINGERPRINT, connect, migrate};
use crate::{Admin, KeyRing, Store, StoreConfig, StoreError};

/// Names the variable that holds the superuser's URL of a PostgreSQL server.
pub const ADMIN_URL_VARIABLE: &str = "ZAPIKI_TEST_DATABASE_ADMIN_URL";

const APP_PASSWORD: &str = "test";

/// A database of one's own, empty but for one tenant.
#[derive(Debug)]
pub struct TestDatabase {
    /// As the services see it.
    pub store: Store,
    /// As operators see it.
    pub admin: Admin,
    /// A tenant.
    pub tenant: Tenant,
    /// Its key.
    pub api_key: ApiKey,
    /// The superuser's URL of this database.
    pub admin_url: SecretString,
    /// The services' URL of this database.
    pub app_url: SecretString,
    /// The text of its key file.
    pub key_ring_text: String,
}

impl TestDatabase {
    /// Makes it.
    ///
    /// # Panics
    /// There is no server: the message says how to get one.
    #[expect(
        clippy::panic,
        clippy::expect_used,
        reason = "a test without its database has failed"
    )]
    pub async fn create() -> Self {
        let Ok(server) = std::env::var(ADMIN_URL_VARIABLE) else {
            panic!(
                "{ADMIN_URL_VARIABLE} is not set: run the tests with `cargo xtask test`, which starts PostgreSQL"
            );
        };
        Self::on(&server).await.expect("a test database")
    }

    async fn on(server: &str) -> Result<Self, StoreError> {
        let template = format!("zapiki_template_{FINGERPRINT}");
        let name = format!("zapiki_test_{}", Uuid::now_v7().simple());
        let mut connection = connect(&SecretString::from(server)).await?;
        // One test makes the template, the others wait; and a template must not be in use while it is cloned.
        connection
            .batch_execute("SELECT pg_advisory_lock(7234581903)")
            .await?;
        remove_old(&mut connection).await?;
        let draft = format!("{template}_draft");
        let known: Vec<TextRow> =
            diesel::sql_query("SELECT datname::text AS text FROM pg_database WHERE datname = $1")
                .bind::<Text, _>(&template)
                .load(&mut connection)
                .await?;
        if known.is_empty() {
            connection
                .batch_execute(&format!("DROP DATABASE IF EXISTS {draft}"))
                .await?;
            connection
                .batch_execute(&format!("CREATE DATABASE {draft}"))
                .await?;
            migrate(
                &on_database(server, &draft, None)?,
                &SecretString::from(APP_PASSWORD),
            )
            .await?;
            connection
                .batch_execute(&format!("ALTER DATABASE {draft} RENAME TO {template}"))
                .await?;
        }
        connection
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await?;
        drop(connection);

        let admin_url = on_database(server, &name, None)?;
        let app_url = on_database(server, &name, Some(("zapiki_app", APP_PASSWORD)))?;
        let admin = Admin::connect(&admin_url)?;
        let tenant = admin
            .create_tenant("tests", Plan::Enterprise, now())
            .await?;
        let (_, api_key) = admin.create_api_key(tenant.id, "tests", now()).await?;
        let key_ring_text = KeyRing::generate_text(&mut OsRng).to_string();
        let keys = KeyRing::parse(&key_ring_text)
            .map_err(|_| StoreError::Configuration("the test key ring"))?;
        let config = StoreConfig {
            database_url: app_url.clone(),
            pool_size_max: 8,
            keys,
        };
        Ok(Self {
            store: Store::connect(config)?,
            admin,
            tenant,
            api_key,
            admin_url,
            app_url,
            key_ring_text,
        })
    }

    /// What seals and opens Temporal's payloads under the keys of this database.
    ///
    /// # Panics
    /// The text of the keys was changed.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn payload_keys(&self) -> PayloadKeys {
        PayloadKeys::parse(&self.key_ring_text).expect("the keys that we made")
    }

    /// Runs statements as the superuser.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn execute(&self, statements: &str) -> Result<(), StoreError> {
        Ok(connect(&self.admin_url)
            .await?
            .batch_execute(statements)
            .await?)
    }

    /// Runs statements as the services' role.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn execute_as_app(&self, statements: &str) -> Result<(), StoreError> {
        Ok(connect(&self.app_url)
            .await?
            .batch_execute(statements)
            .await?)
    }

    /// The one value, in a column `text`, that a query gives the superuser.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn text(&self, query: &str) -> Result<String, StoreError> {
        text(&mut connect(&self.admin_url).await?, query).await
    }

    /// The one value, in a column `text`, that a query gives the services' role while it acts for a tenant, or for none.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn text_as_app(
        &self,
        tenant: Option<TenantId>,
        query: &str,
    ) -> Result<String, StoreError> {
        let mut connection = connect(&self.app_url).await?;
        if let Some(tenant) = tenant {
            let tenant = tenant.as_uuid();
            connection
                .batch_execute(&format!("SET zapiki.tenant_id = '{tenant}'"))
                .await?;
        }
        text(&mut connection, query).await
    }

    /// Runs statements as the superuser in a transaction that stays open until what is returned is dropped.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn hold(&self, statements: &str) -> Result<OpenTransaction, StoreError> {
        let mut connection = connect(&self.admin_url).await?;
        connection
            .batch_execute(&format!("BEGIN; {statements}"))
            .await?;
        Ok(OpenTransaction(connection))
    }

    /// Every row of every table as text, as the superuser sees it. Bytes that are ASCII text show as that text, so that
    /// what was stored in the clear is found in a binary column too.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn dump(&self) -> Result<String, StoreError> {
        let mut connection = connect(&self.admin_url).await?;
        connection
            .batch_execute("SET bytea_output = 'escape'")
            .await?;
        let query = "SELECT coalesce(string_agg(query_to_xml(format('SELECT t::text AS row FROM %I.%I t', schemaname, \
                     tablename), true, false, '')::text, ''), '') AS text FROM pg_tables WHERE schemaname = 'public'";
        text(&mut connection, query).await
    }
}

/// Ends, undone, when it is dropped.
pub struct OpenTransaction(#[expect(dead_code, reason = "held for its drop")] AsyncPgConnection);

impl std::fmt::Debug for OpenTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenTransaction")
    }
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn text(connection: &mut AsyncPgConnection, query: &str) -> Result<String, StoreError> {
    let row: TextRow = diesel::sql_query(query).get_result(connection).await?;
    Ok(row.text)
}

/// Removes a few of the databases that earlier tests left. Their names tell their age.
async fn remove_old(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let hour_ago = Timestamp::from_unix(NoContext, now().timestamp().unsigned_abs() - 3600, 0);
    let query = "SELECT datname::text AS text FROM pg_database WHERE datname LIKE 'zapiki\\_test\\_%' AND datname < $1 \
                 ORDER BY datname LIMIT 4";
    let old: Vec<TextRow> = diesel::sql_query(query)
        .bind::<Text, _>(format!("zapiki_test_{}", Uuid::new_v7(hour_ago).simple()))
        .load(connection)
        .await?;
    for TextRow { text: name } in old {
        // Somebody may look at it still; then it stays.
        let _ = connection
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
            .await;
    }
    Ok(())
}

fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

fn on_database(
    server: &str,
    name: &str,
    login: Option<(&str, &str)>,
) -> Result<SecretString, StoreError> {
    let invalid = StoreError::Configuration("the test server's URL");
    let mut url =
        Url::parse(server).map_err(|_| StoreError::Configuration("the test server's URL"))?;
    url.set_path(name);
    if let Some((user, password)) = login
        && (url.set_username(user).is_err() || url.set_password(Some(password)).is_err())
    {
        return Err(invalid);
    }
    Ok(SecretString::from(url.to_string()))
}

/// The text of a secret URL, for handing it to a child process.
#[must_use]
pub fn url_text(url: &SecretString) -> &str {
    url.expose_secret()
}
