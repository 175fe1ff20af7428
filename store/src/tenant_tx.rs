//! The only way to a tenant's rows: a transaction that says whose it is.
//!
//! The setting lives as long as the transaction (`SET LOCAL`), so a connection that goes back to the pool carries nothing
//! over. A transaction that is dropped without a commit takes its connection with it.

use std::ops::{Deref, DerefMut};

use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use zapiki_core::ids::TenantId;

use crate::connection;
use crate::counts::Count;
use crate::error::StoreError;

/// A transaction of one tenant.
pub(crate) struct TenantTx {
    /// There until the end of the transaction.
    connection: Option<Object<AsyncPgConnection>>,
    /// What it changes that is counted.
    counts: Vec<Count>,
}

impl TenantTx {
    /// Begins it: one round trip.
    pub(crate) async fn begin(
        pool: &Pool<AsyncPgConnection>,
        tenant: TenantId,
    ) -> Result<Self, StoreError> {
        // A UUID has nothing to quote.
        let begin = format!("BEGIN; SET LOCAL zapiki.tenant_id = '{}'", tenant.as_uuid());
        Self::begin_with(pool, &begin).await
    }

    /// Begins one of no tenant, which sees what belongs to everybody and of tenants nothing.
    pub(crate) async fn begin_of_nobody(
        pool: &Pool<AsyncPgConnection>,
    ) -> Result<Self, StoreError> {
        Self::begin_with(pool, "BEGIN").await
    }

    async fn begin_with(
        pool: &Pool<AsyncPgConnection>,
        statements: &str,
    ) -> Result<Self, StoreError> {
        // From here on, whoever fails or goes away takes the connection along: it may be in a transaction.
        let mut tx = Self {
            connection: Some(connection(pool).await?),
            counts: Vec::new(),
        };
        tx.batch_execute(statements).await?;
        Ok(tx)
    }

    /// Notes something that counts once the transaction is committed.
    pub(crate) fn count(&mut self, count: Count) {
        self.counts.push(count);
    }

    /// Makes it last.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let counts = std::mem::take(&mut self.counts);
        self.end("COMMIT").await?;
        counts.into_iter().for_each(Count::take);
        Ok(())
    }

    /// Undoes it, and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &str) -> Result<(), StoreError> {
        self.batch_execute(statement).await?;
        // Back to the pool: the transaction is over.
        drop(self.connection.take());
        Ok(())
    }
}

impl Deref for TenantTx {
    type Target = AsyncPgConnection;

    #[expect(
        clippy::expect_used,
        reason = "only `end` and `drop`, which consume the transaction, take the connection"
    )]
    fn deref(&self) -> &AsyncPgConnection {
        self.connection
            .as_ref()
            .expect("the transaction is not over")
    }
}

impl DerefMut for TenantTx {
    #[expect(
        clippy::expect_used,
        reason = "only `end` and `drop`, which consume the transaction, take the connection"
    )]
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        self.connection
            .as_mut()
            .expect("the transaction is not over")
    }
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Closing it makes Postgres roll back.
            drop(Object::take(connection));
        }
    }
}
