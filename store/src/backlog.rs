//! The backlog: how much waits, since when, and until when somebody has to decide. Of all tenants together, for operators.
//!
//! Counts and times, never an id: what is read here ends up in metrics.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::error::StoreError;
use crate::{Store, connection};

/// Accepted proofs that have no outcome yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub proofs: u64,
    /// Since when the first of them has waited: since it was accepted, or last sent off to be tried again.
    pub since: Option<DateTime<Utc>>,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Proofs that were asked for one at a time.
    pub singles: Waiting,
    /// Proofs that were asked for in batches.
    pub items: Waiting,
    /// Batches that have such proofs.
    pub batches: u64,
    /// Dead letters that wait for a decision.
    pub dead_letters: u64,
    /// When the first of these expires.
    pub soonest_expiry: Option<DateTime<Utc>>,
}

/// Connections to the database, as a pool has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// How many are open and used.
    pub in_use: u64,
    /// How many are open and free.
    pub idle: u64,
    /// The most that are open at a time.
    pub max: u64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    singles: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_single: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    items: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_item: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    batches: i64,
    #[diesel(sql_type = BigInt)]
    letters: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    soonest_expiry: Option<DateTime<Utc>>,
}

impl Store {
    /// What waits now.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let row: Row = sql_query("SELECT * FROM zapiki_backlog()")
            .get_result(&mut connection)
            .await?;
        let count = |count| u64::try_from(count).map_err(|_| StoreError::Corrupt("a count"));
        Ok(Backlog {
            singles: Waiting {
                proofs: count(row.singles)?,
                since: row.oldest_single,
            },
            items: Waiting {
                proofs: count(row.items)?,
                since: row.oldest_item,
            },
            batches: count(row.batches)?,
            dead_letters: count(row.letters)?,
            soonest_expiry: row.soonest_expiry,
        })
    }

    /// Its connections at this moment.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let status = self.pool.status();
        let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Connections {
            in_use: count(status.size.saturating_sub(status.available)),
            idle: count(status.available),
            max: count(status.max_size),
        }
    }
}
