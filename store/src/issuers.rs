//! The issuer keys that a tenant trusts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use thiserror::Error;
use uuid::Uuid;
use zapiki_core::ids::{IssuerId, TenantId};
use zapiki_core::suites::IssuerKey;

use crate::error::StoreError;
use crate::schema::trusted_issuers::{self, dsl};
use crate::tenant_tx::TenantTx;
use crate::{Page, Store, micros};

/// An issuer key that a tenant trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// What the trust is called.
    pub id: IssuerId,
    /// What the tenant calls the issuer.
    pub name: String,
    /// The key.
    pub key: IssuerKey,
    /// Since when.
    pub trusted_at: DateTime<Utc>,
}

/// The key cannot be added.
#[derive(Debug, Error)]
pub enum TrustError {
    /// It is trusted already, under this id.
    #[error("the issuer key is trusted already, as {0}")]
    AlreadyTrusted(IssuerId),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = trusted_issuers)]
struct IssuerRow {
    id: Uuid,
    name: String,
    suite: String,
    key: String,
    trusted_at: DateTime<Utc>,
}

impl TryFrom<IssuerRow> for TrustedIssuer {
    type Error = StoreError;
    fn try_from(row: IssuerRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: IssuerId::from_uuid(row.id),
            name: row.name,
            key: IssuerKey::parse(
                row.suite
                    .parse()
                    .map_err(|_| StoreError::Corrupt("the suite of an issuer"))?,
                &row.key,
            )
            .map_err(|_| StoreError::Corrupt("the key of an issuer"))?,
            trusted_at: row.trusted_at,
        })
    }
}

impl Store {
    /// Trusts a key from now on.
    ///
    /// # Errors
    /// It is trusted already, or the database did not answer.
    pub async fn trust_issuer(
        &self,
        tenant: TenantId,
        name: &str,
        key: &IssuerKey,
        now: DateTime<Utc>,
    ) -> Result<TrustedIssuer, TrustError> {
        let issuer = TrustedIssuer {
            id: IssuerId::from_uuid(Uuid::now_v7()),
            name: name.to_owned(),
            key: key.clone(),
            trusted_at: micros(now),
        };
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let added = diesel::insert_into(dsl::trusted_issuers)
            .values((
                dsl::id.eq(issuer.id.as_uuid()),
                dsl::tenant_id.eq(tenant.as_uuid()),
                dsl::name.eq(name),
                dsl::suite.eq(key.suite().as_str()),
                dsl::key.eq(key.key()),
                dsl::trusted_at.eq(issuer.trusted_at),
            ))
            .on_conflict_do_nothing()
            .execute(&mut *tx)
            .await
            .map_err(StoreError::from)?;
        tx.commit().await?;
        if added == 1 {
            return Ok(issuer);
        }
        match self.issuer_by_key(tenant, key).await? {
            Some(known) => Err(TrustError::AlreadyTrusted(known.id)),
            None => Err(StoreError::Unavailable(
                "the issuer was removed at this moment".to_owned(),
            )
            .into()),
        }
    }

    /// The trusted keys, newest first, from the one after `after`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn issuers(
        &self,
        tenant: TenantId,
        after: Option<IssuerId>,
        limit: u32,
    ) -> Result<Page<TrustedIssuer>, StoreError> {
        let mut query = dsl::trusted_issuers
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::distrusted_at.is_null())
            .order(dsl::id.desc())
            .limit(i64::from(limit) + 1)
            .select(IssuerRow::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(dsl::id.lt(after.as_uuid()));
        }
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<IssuerRow> = query.load(&mut *tx).await?;
        tx.commit().await?;
        let items = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok(Page::of(items, limit))
    }

    /// One trusted key by its id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn issuer(
        &self,
        tenant: TenantId,
        id: IssuerId,
    ) -> Result<Option<TrustedIssuer>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let row: Option<IssuerRow> = dsl::trusted_issuers
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::id.eq(id.as_uuid()))
            .filter(dsl::distrusted_at.is_null())
            .select(IssuerRow::as_select())
            .first(&mut *tx)
            .await
            .optional()?;
        tx.commit().await?;
        row.map(TryInto::try_into).transpose()
    }

    /// The trust in this key, if there is any.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn issuer_by_key(
        &self,
        tenant: TenantId,
        key: &IssuerKey,
    ) -> Result<Option<TrustedIssuer>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let row: Option<IssuerRow> = dsl::trusted_issuers
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::suite.eq(key.suite().as_str()))
            .filter(dsl::key.eq(key.key()))
            .filter(dsl::distrusted_at.is_null())
            .select(IssuerRow::as_select())
            .first(&mut *tx)
            .await
            .optional()?;
        tx.commit().await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Ends the trust; says whether there was any. What was proved stays proved.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn distrust_issuer(
        &self,
        tenant: TenantId,
        id: IssuerId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let trusted = dsl::trusted_issuers
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::id.eq(id.as_uuid()))
            .filter(dsl::distrusted_at.is_null());
        let ended = diesel::update(trusted)
            .set(dsl::distrusted_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ended == 1)
    }
}
