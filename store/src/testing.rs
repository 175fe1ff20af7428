//! Databases for tests: a migrated template, cloned per test, on the server that `cargo xtask test` starts.

use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use rand::rngs::OsRng;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;
use zapiki_core::plan::Plan;

use crate::api_keys::{ApiKey, Tenant};
use crate::migrate::{connect, fingerprint, migrate};
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
        let template = format!("zapiki_template_{}", fingerprint()?);
        let name = format!("zapiki_test_{}", Uuid::now_v7().simple());
        let mut connection = connect(&SecretString::from(server)).await?;
        // One test makes the template, the others wait; and a template must not be in use while it is cloned.
        connection
            .batch_execute("SELECT pg_advisory_lock(7234581903)")
            .await?;
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

    /// Every row of every table as text, as the superuser sees it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn dump(&self) -> Result<String, StoreError> {
        let mut connection = connect(&self.admin_url).await?;
        let query = "SELECT coalesce(string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), \
                     true, false, '')::text, ''), '') AS text FROM pg_tables WHERE schemaname = 'public'";
        let row: TextRow = diesel::sql_query(query).get_result(&mut connection).await?;
        Ok(row.text)
    }
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
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
