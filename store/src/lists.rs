//! Sanctions lists: their signed roots, and the keys of each root. No tenant's: everybody reads them.
//!
//! A root stays once it is stored. A list that is read again unchanged on the same day gets no new row.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zapiki_core::credential::FieldElement;
use zapiki_core::screening::key::KEY_BYTES;
use zapiki_core::screening::{ListReport, ScreeningKey, SourceDigest};
use zapiki_core::signed_root::{ListName, REVOCATIONS, SignedRoot};
use zapiki_core::suites::bjj_poseidon::fr_to_be_bytes;

use crate::error::StoreError;
use crate::schema::screening_roots::{self, dsl};
use crate::schema::screening_sets;
use crate::tenant_tx::TenantTx;
use crate::{Page, Store, connection, micros};

/// A list as it was just read.
#[derive(Debug)]
pub struct NewListRoot<'a> {
    /// Its root, signed.
    pub signed: &'a SignedRoot,
    /// What was read.
    pub source: SourceDigest,
    /// What of it was made into keys.
    pub report: &'a ListReport,
    /// The keys of the root's tree, in ascending order.
    pub keys: &'a [ScreeningKey],
}

/// A signed root of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRoot {
    /// Its place among all roots: newer ones have greater numbers.
    pub id: i64,
    /// The root, signed.
    pub signed: SignedRoot,
    /// What was read.
    pub source: SourceDigest,
    /// What of it was made into keys.
    pub report: ListReport,
    /// When it was first read.
    pub signed_at: DateTime<Utc>,
    /// When it was last read, unchanged.
    pub refreshed_at: DateTime<Utc>,
}

/// Whether there is a new root.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// There is.
    New(ListRoot),
    /// The newest one says the same: the same root of the same source on the same day, signed by the same key.
    Unchanged(ListRoot),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = screening_roots)]
struct RootRow {
    id: i64,
    document: Value,
    source: Vec<u8>,
    report: Value,
    signed_at: DateTime<Utc>,
    refreshed_at: DateTime<Utc>,
}

impl TryFrom<RootRow> for ListRoot {
    type Error = StoreError;
    fn try_from(row: RootRow) -> Result<Self, StoreError> {
        let source = row.source.try_into();
        Ok(Self {
            id: row.id,
            signed: read(row.document, "the signed root of a list")?,
            source: SourceDigest(
                source.map_err(|_| StoreError::Corrupt("the source digest of a list"))?,
            ),
            report: read(row.report, "the report of a list")?,
            signed_at: row.signed_at,
            refreshed_at: row.refreshed_at,
        })
    }
}

fn read<T: DeserializeOwned>(value: Value, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|_| StoreError::Corrupt(what))
}

fn written(value: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value)
        .map_err(|_| StoreError::Refused("a list could not be written as JSON".to_owned()))
}

async fn newest(
    connection: &mut AsyncPgConnection,
    list: &ListName,
) -> Result<Option<ListRoot>, StoreError> {
    let row: Option<RootRow> = dsl::screening_roots
        .filter(dsl::list.eq(list.as_str()))
        .order(dsl::id.desc())
        .select(RootRow::as_select())
        .first(connection)
        .await
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

impl Store {
    /// Stores a list's root and keys, unless the newest root says the same; then notes that it was seen again. Idempotent, and
    /// one at a time per list.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn publish_list(
        &self,
        new: NewListRoot<'_>,
        now: DateTime<Utc>,
    ) -> Result<Published, StoreError> {
        let now = micros(now);
        let name = &new.signed.name;
        let mut tx = TenantTx::begin_of_nobody(&self.pool).await?;
        diesel::sql_query(
            "SELECT pg_advisory_xact_lock(hashtextextended('zapiki.list.' || $1, 0))",
        )
        .bind::<Text, _>(name.as_str())
        .execute(&mut *tx)
        .await?;
        let known = newest(&mut tx, name).await?;
        let published = match known.filter(|known| says_the_same(known, &new)) {
            Some(mut known) => {
                // Never back: clocks of workers differ.
                known.refreshed_at = now.max(known.refreshed_at);
                diesel::update(dsl::screening_roots.find(known.id))
                    .set(dsl::refreshed_at.eq(known.refreshed_at))
                    .execute(&mut *tx)
                    .await?;
                Published::Unchanged(known)
            }
            None => Published::New(insert(&mut tx, &new, now).await?),
        };
        tx.commit().await?;
        Ok(published)
    }

    /// The newest root of each sanctions list, by name. What issuers revoked is found under its own name: there are as many of
    /// those as issuers.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn lists(&self) -> Result<Vec<ListRoot>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let rows: Vec<RootRow> = dsl::screening_roots
            .filter(dsl::list.not_like(format!("{REVOCATIONS}%")))
            .distinct_on(dsl::list)
            .order((dsl::list, dsl::id.desc()))
            .select(RootRow::as_select())
            .load(&mut connection)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The newest root of a list.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list(&self, name: &ListName) -> Result<Option<ListRoot>, StoreError> {
        newest(&mut *connection(&self.pool).await?, name).await
    }

    /// The newest signature of a list's root with this number.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list_with_root(
        &self,
        name: &ListName,
        root: &FieldElement,
    ) -> Result<Option<ListRoot>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let row: Option<RootRow> = dsl::screening_roots
            .filter(dsl::list.eq(name.as_str()))
            .filter(dsl::root.eq(fr_to_be_bytes(&root.0).as_slice()))
            .order(dsl::id.desc())
            .select(RootRow::as_select())
            .first(&mut connection)
            .await
            .optional()?;
        row.map(TryInto::try_into).transpose()
    }

    /// The roots of a list, newest first, from the one after `after`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list_history(
        &self,
        name: &ListName,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Page<ListRoot>, StoreError> {
        let mut query = dsl::screening_roots
            .filter(dsl::list.eq(name.as_str()))
            .order(dsl::id.desc())
            .limit(i64::from(limit) + 1)
            .select(RootRow::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(dsl::id.lt(after));
        }
        let rows: Vec<RootRow> = query.load(&mut *connection(&self.pool).await?).await?;
        let roots = rows.into_iter().map(TryInto::try_into);
        Ok(Page::of(roots.collect::<Result<_, _>>()?, limit))
    }

    /// The keys of a root's tree, in ascending order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list_keys(
        &self,
        root: &FieldElement,
    ) -> Result<Option<Vec<ScreeningKey>>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let bytes: Option<Vec<u8>> = screening_sets::table
            .find(fr_to_be_bytes(&root.0).as_slice())
            .select(screening_sets::keys)
            .first(&mut connection)
            .await
            .optional()?;
        let Some(bytes) = bytes else { return Ok(None) };
        let keys = bytes
            .chunks(KEY_BYTES)
            .map(|key| key.try_into().ok().and_then(ScreeningKey::from_bytes));
        let keys: Option<Vec<_>> = keys.collect();
        keys.map(Some)
            .ok_or(StoreError::Corrupt("the keys of a list"))
    }
}

fn says_the_same(known: &ListRoot, new: &NewListRoot<'_>) -> bool {
    let (old, signed) = (&known.signed, new.signed);
    known.source == new.source
        && (old.root, old.dated, old.signer) == (signed.root, signed.dated, signed.signer)
}

async fn insert(
    tx: &mut AsyncPgConnection,
    new: &NewListRoot<'_>,
    now: DateTime<Utc>,
) -> Result<ListRoot, StoreError> {
    let root = fr_to_be_bytes(&new.signed.root.0);
    let keys: Vec<u8> = new
        .keys
        .iter()
        .flat_map(|key| key.as_bytes())
        .copied()
        .collect();
    diesel::insert_into(screening_sets::table)
        .values((
            screening_sets::root.eq(root.as_slice()),
            screening_sets::keys.eq(keys),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    let row: RootRow = diesel::insert_into(dsl::screening_roots)
        .values((
            dsl::list.eq(new.signed.name.as_str()),
            dsl::root.eq(root.as_slice()),
            dsl::dated.eq(new.signed.dated.as_naive_date()),
            dsl::document.eq(written(new.signed)?),
            dsl::source.eq(new.source.0.as_slice()),
            dsl::report.eq(written(new.report)?),
            dsl::signed_at.eq(now),
            dsl::refreshed_at.eq(now),
        ))
        .returning(RootRow::as_returning())
        .get_result(tx)
        .await?;
    row.try_into()
}
