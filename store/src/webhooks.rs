//! Webhooks: where a tenant wants to be told of what, and the secrets that its messages are signed with.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rand::rngs::OsRng;
use uuid::Uuid;
use zapiki_core::ids::{TenantId, WebhookId};
use zapiki_core::webhook::{SigningSecret, WebhookEvent};

use crate::error::StoreError;
use crate::schema::{webhook_secrets, webhooks};
use crate::sealed::{Place, Sealed, open_from, seal_in};
use crate::tenant_tx::TenantTx;
use crate::{Store, micros};

/// The most webhooks of a tenant.
pub const WEBHOOKS_MAX: usize = 10;

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where messages are sent. May hold a password.
    pub url: String,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// Since when it is told nothing.
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct WebhookRow {
    id: Uuid,
    url: String,
    events: Vec<String>,
    created_at: DateTime<Utc>,
    disabled_at: Option<DateTime<Utc>>,
}

const CORRUPT: StoreError = StoreError::Corrupt("a webhook");

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;
    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let events = row.events.iter().map(|event| event.parse());
        Ok(Self {
            id: WebhookId::from_uuid(row.id),
            url: row.url,
            events: events.collect::<Result<_, _>>().map_err(|_| CORRUPT)?,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        })
    }
}

impl Store {
    /// Makes a webhook; `None` if the tenant has [`WEBHOOKS_MAX`] already.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn create_webhook(
        &self,
        tenant: TenantId,
        url: &str,
        events: &[WebhookEvent],
        secret: &SigningSecret,
        now: DateTime<Utc>,
    ) -> Result<Option<Webhook>, StoreError> {
        let webhook = Webhook {
            id: WebhookId::from_uuid(Uuid::now_v7()),
            url: url.to_owned(),
            events: events.to_vec(),
            created_at: micros(now),
            disabled_at: None,
        };
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let count: i64 = webhooks::table
            .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
            .count()
            .get_result(&mut *tx)
            .await?;
        if usize::try_from(count).is_ok_and(|count| count >= WEBHOOKS_MAX) {
            tx.rollback().await?;
            return Ok(None);
        }
        let events: Vec<_> = events.iter().map(|event| event.as_str()).collect();
        diesel::insert_into(webhooks::table)
            .values((
                webhooks::id.eq(webhook.id.as_uuid()),
                webhooks::tenant_id.eq(tenant.as_uuid()),
                webhooks::url.eq(url),
                webhooks::events.eq(events),
                webhooks::created_at.eq(webhook.created_at),
            ))
            .execute(&mut *tx)
            .await?;
        self.add_secret(&mut tx, tenant, webhook.id, secret, now)
            .await?;
        tx.commit().await?;
        Ok(Some(webhook))
    }

    /// The tenant's webhooks, newest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<WebhookRow> = webhooks::table
            .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
            .order(webhooks::id.desc())
            .select(WebhookRow::as_select())
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// One webhook.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let webhook = load(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(webhook)
    }

    /// Deletes a webhook with its secrets and deliveries; says whether it was there.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn delete_webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
    ) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let this = webhooks::table
            .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
            .filter(webhooks::id.eq(id.as_uuid()));
        let deleted = diesel::delete(this).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(deleted == 1)
    }

    /// Has a webhook told again, or told nothing any more, from now on. Idempotent.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn enable_webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
        is_enabled: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let this = webhooks::table
            .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
            .filter(webhooks::id.eq(id.as_uuid()))
            .filter(webhooks::disabled_at.is_null().ne(is_enabled));
        diesel::update(this)
            .set(webhooks::disabled_at.eq((!is_enabled).then(|| micros(now))))
            .execute(&mut *tx)
            .await?;
        let webhook = load(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(webhook)
    }

    /// Signs with another secret from now on, and with those before it until `old_until`; says whether the webhook is there.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn rotate_webhook_secret(
        &self,
        tenant: TenantId,
        id: WebhookId,
        secret: &SigningSecret,
        old_until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        if load(&mut tx, tenant, id).await?.is_none() {
            tx.rollback().await?;
            return Ok(false);
        }
        let old = webhook_secrets::table
            .filter(webhook_secrets::tenant_id.eq(tenant.as_uuid()))
            .filter(webhook_secrets::webhook_id.eq(id.as_uuid()))
            .filter(webhook_secrets::expires_at.is_null());
        diesel::update(old)
            .set(webhook_secrets::expires_at.eq(micros(old_until)))
            .execute(&mut *tx)
            .await?;
        self.add_secret(&mut tx, tenant, id, secret, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn add_secret(
        &self,
        tx: &mut TenantTx,
        tenant: TenantId,
        webhook: WebhookId,
        secret: &SigningSecret,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let id = Uuid::now_v7();
        let place = Place::of_webhook_secret(tenant, id);
        let sealed = seal_in(&self.keys, &mut OsRng, place, secret.expose())
            .map_err(|_| StoreError::Configuration("the secret cannot be sealed"))?;
        diesel::insert_into(webhook_secrets::table)
            .values((
                webhook_secrets::id.eq(id),
                webhook_secrets::tenant_id.eq(tenant.as_uuid()),
                webhook_secrets::webhook_id.eq(webhook.as_uuid()),
                webhook_secrets::kek_version
                    .eq(i32::try_from(sealed.kek_version).map_err(|_| CORRUPT)?),
                webhook_secrets::wrapped_key.eq(sealed.wrapped_key),
                webhook_secrets::ciphertext.eq(sealed.ciphertext),
                webhook_secrets::created_at.eq(micros(now)),
            ))
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// The secrets that sign now, newest first.
    pub(crate) async fn secrets(
        &self,
        tx: &mut TenantTx,
        tenant: TenantId,
        webhook: WebhookId,
        now: DateTime<Utc>,
    ) -> Result<Vec<SigningSecret>, StoreError> {
        let expires = webhook_secrets::expires_at;
        let rows: Vec<(Uuid, i32, Vec<u8>, Vec<u8>)> = webhook_secrets::table
            .filter(webhook_secrets::tenant_id.eq(tenant.as_uuid()))
            .filter(webhook_secrets::webhook_id.eq(webhook.as_uuid()))
            .filter(expires.is_null().or(expires.assume_not_null().gt(now)))
            .order(webhook_secrets::id.desc())
            .select((
                webhook_secrets::id,
                webhook_secrets::kek_version,
                webhook_secrets::wrapped_key,
                webhook_secrets::ciphertext,
            ))
            .load(&mut **tx)
            .await?;
        rows.into_iter()
            .map(|(id, kek_version, wrapped_key, ciphertext)| {
                let sealed = Sealed::of_row(kek_version, wrapped_key, ciphertext).ok_or(CORRUPT)?;
                let place = Place::of_webhook_secret(tenant, id);
                let opened = open_from(&self.keys, place, &sealed).map_err(|_| {
                    StoreError::Corrupt(
                        "a webhook's secret does not open under the keys of this service",
                    )
                })?;
                SigningSecret::from_slice(&opened).map_err(|_| CORRUPT)
            })
            .collect()
    }
}

pub(crate) async fn load(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: WebhookId,
) -> Result<Option<Webhook>, StoreError> {
    let row: Option<WebhookRow> = webhooks::table
        .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
        .filter(webhooks::id.eq(id.as_uuid()))
        .select(WebhookRow::as_select())
        .first(&mut **tx)
        .await
        .optional()?;
    row.map(TryInto::try_into).transpose()
}
