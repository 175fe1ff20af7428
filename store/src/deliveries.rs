//! Messages to webhooks, and what became of each.
//!
//! The database writes a message with the change of state that it tells of (`zapiki_tell_of_proof`); a test is written here. An
//! attempt is noted when it is over. So a message may arrive twice, when a worker dies in between, and is never lost; the receiver
//! knows one that it has by its id.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Int4, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use zapiki_core::circuit::CircuitPin;
use zapiki_core::ids::{BatchId, DeliveryId, ProofId, TenantId, WebhookId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::webhook::{
    DeliveryFailure, Message, MessageData, ProofNews, SigningSecret, WebhookEvent, WebhookNews,
};

use crate::error::StoreError;
use crate::schema::{webhook_deliveries, webhooks};
use crate::tenant_tx::TenantTx;
use crate::webhooks::load;
use crate::{Page, Store, connection, micros};

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// To be sent, or sent again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It did not arrive, and is not sent any more.
    GivenUp,
}

zapiki_core::named_variants!(DeliveryStatus, UnknownDeliveryStatus, "status of a delivery", {
    Pending => "pending",
    Delivered => "delivered",
    GivenUp => "given_up",
});

/// A message, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, by which the receiver knows it again.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// What it says.
    pub message: Message,
    /// How far it is.
    pub status: DeliveryStatus,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent last.
    pub attempted_at: Option<DateTime<Utc>>,
    /// When it is sent again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What the receiver answered last.
    pub status_code: Option<u16>,
    /// Why it did not arrive, the last time.
    pub failure: Option<DeliveryFailure>,
}

/// A message that is to be sent.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// What.
    pub delivery: Delivery,
    /// Where to. May hold a password.
    pub url: String,
    /// What to sign it with, each in its turn; the newest first.
    pub secrets: Vec<SigningSecret>,
    /// Whether the webhook is to be told nothing.
    pub is_disabled: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What the receiver answered, if it did.
    pub status_code: Option<u16>,
    /// Why the message did not arrive; `None` if it did.
    pub failure: Option<DeliveryFailure>,
    /// When it is sent again, if it is.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// A message that waits for its workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnstartedDelivery {
    /// Whose.
    pub tenant_id: TenantId,
    /// Which.
    pub id: DeliveryId,
}

/// What came of wanting a message sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resending {
    /// It will be.
    Pending(Box<Delivery>),
    /// It is on its way.
    OnItsWay,
    /// The webhook has no such message.
    NotFound,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
struct Row {
    id: Uuid,
    webhook_id: Uuid,
    event: String,
    proof: Option<Value>,
    occurred_at: DateTime<Utc>,
    attempts: i32,
    attempted_at: Option<DateTime<Utc>>,
    next_attempt_at: Option<DateTime<Utc>>,
    status_code: Option<i32>,
    failure: Option<String>,
    delivered_at: Option<DateTime<Utc>>,
    given_up_at: Option<DateTime<Utc>>,
}

/// The columns of a proof's row that the database kept with a message.
#[derive(Deserialize)]
struct ProofRow {
    id: Uuid,
    batch_id: Option<Uuid>,
    statement: StatementKind,
    system: ProofSystem,
    circuit: String,
    code: Option<ProblemCode>,
}

#[derive(QueryableByName)]
struct UnstartedRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const CORRUPT: StoreError = StoreError::Corrupt("a delivery");

impl TryFrom<Row> for Delivery {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let status = match (row.delivered_at, row.given_up_at) {
            (Some(_), _) => DeliveryStatus::Delivered,
            (None, Some(_)) => DeliveryStatus::GivenUp,
            (None, None) => DeliveryStatus::Pending,
        };
        let status_code = row.status_code.map(u16::try_from).transpose();
        let failure = row.failure.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: DeliveryId::from_uuid(row.id),
            webhook_id: WebhookId::from_uuid(row.webhook_id),
            status,
            attempts: u32::try_from(row.attempts).map_err(|_| CORRUPT)?,
            attempted_at: row.attempted_at,
            next_attempt_at: row.next_attempt_at,
            status_code: status_code.map_err(|_| CORRUPT)?,
            failure: failure.map_err(|_| CORRUPT)?,
            message: message(&row)?,
        })
    }
}

fn message(row: &Row) -> Result<Message, StoreError> {
    let event: WebhookEvent = row.event.parse().map_err(|_| CORRUPT)?;
    let data = match event.state() {
        None => MessageData::Webhook(WebhookNews {
            webhook_id: WebhookId::from_uuid(row.webhook_id),
        }),
        Some(state) => {
            let proof = row.proof.as_ref().ok_or(CORRUPT)?;
            let proof = ProofRow::deserialize(proof).map_err(|_| CORRUPT)?;
            let Ok(CircuitPin::Exact(circuit)) = proof.circuit.parse() else {
                return Err(CORRUPT);
            };
            MessageData::Proof(ProofNews {
                proof_id: ProofId::from_uuid(proof.id),
                batch_id: proof.batch_id.map(BatchId::from_uuid),
                state,
                statement: proof.statement,
                system: proof.system,
                circuit,
                code: proof.code,
            })
        }
    };
    Ok(Message {
        event,
        timestamp: row.occurred_at,
        data,
    })
}

impl Store {
    /// Writes a test message to a webhook; `None` if there is no such webhook.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn test_webhook(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        now: DateTime<Utc>,
    ) -> Result<Option<Delivery>, StoreError> {
        let id = DeliveryId::from_uuid(Uuid::now_v7());
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        if load(&mut tx, tenant, webhook).await?.is_none() {
            tx.rollback().await?;
            return Ok(None);
        }
        diesel::insert_into(webhook_deliveries::table)
            .values((
                webhook_deliveries::id.eq(id.as_uuid()),
                webhook_deliveries::tenant_id.eq(tenant.as_uuid()),
                webhook_deliveries::webhook_id.eq(webhook.as_uuid()),
                webhook_deliveries::event.eq(WebhookEvent::WebhookTest.as_str()),
                webhook_deliveries::occurred_at.eq(micros(now)),
            ))
            .execute(&mut *tx)
            .await?;
        let delivery = find(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// The messages to a webhook, newest first, from the one after `after`; `None` if there is no such webhook.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        status: Option<DeliveryStatus>,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Option<Page<Delivery>>, StoreError> {
        let mut query = webhook_deliveries::table
            .filter(webhook_deliveries::tenant_id.eq(tenant.as_uuid()))
            .filter(webhook_deliveries::webhook_id.eq(webhook.as_uuid()))
            .order(webhook_deliveries::id.desc())
            .limit(i64::from(limit) + 1)
            .select(Row::as_select())
            .into_boxed();
        let (delivered, given_up) = (
            webhook_deliveries::delivered_at,
            webhook_deliveries::given_up_at,
        );
        query = match status {
            None => query,
            Some(DeliveryStatus::Pending) => {
                query.filter(delivered.is_null().and(given_up.is_null()))
            }
            Some(DeliveryStatus::Delivered) => query.filter(delivered.is_not_null()),
            Some(DeliveryStatus::GivenUp) => query.filter(given_up.is_not_null()),
        };
        if let Some(after) = after {
            query = query.filter(webhook_deliveries::id.lt(after.as_uuid()));
        }
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let is_there = load(&mut tx, tenant, webhook).await?.is_some();
        let rows: Vec<Row> = query.load(&mut *tx).await?;
        tx.commit().await?;
        let items = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok(is_there.then(|| Page::of(items, limit)))
    }

    /// Has a message sent again that arrived, or was given up. It keeps its id.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn resend(
        &self,
        tenant: TenantId,
        webhook: WebhookId,
        id: DeliveryId,
    ) -> Result<Resending, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let this =
            of_tenant(tenant, id).filter(webhook_deliveries::webhook_id.eq(webhook.as_uuid()));
        let ended = webhook_deliveries::delivered_at
            .is_not_null()
            .or(webhook_deliveries::given_up_at.is_not_null());
        // Unstarted, so that it gets a workflow of its own, whatever the one before it still does.
        let reset = diesel::update(this.filter(ended))
            .set((
                webhook_deliveries::started_at.eq(None::<DateTime<Utc>>),
                webhook_deliveries::attempts.eq(0),
                webhook_deliveries::delivered_at.eq(None::<DateTime<Utc>>),
                webhook_deliveries::given_up_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(&mut *tx)
            .await?;
        let found = find(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(match found.filter(|found| found.webhook_id == webhook) {
            None => Resending::NotFound,
            Some(delivery) if reset == 1 => Resending::Pending(Box::new(delivery)),
            Some(_) => Resending::OnItsWay,
        })
    }

    /// A message with all that is needed to send it, and notes that its workflow runs; `None` if it arrived, was given up or went
    /// with its webhook.
    ///
    /// # Errors
    /// The database did not answer, or a secret does not open.
    pub async fn dispatch(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        now: DateTime<Utc>,
    ) -> Result<Option<Dispatch>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let pending = of_tenant(tenant, id)
            .filter(webhook_deliveries::delivered_at.is_null())
            .filter(webhook_deliveries::given_up_at.is_null());
        let noted = diesel::update(pending)
            .set(webhook_deliveries::started_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        if noted == 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let delivery = find(&mut tx, tenant, id).await?.ok_or(CORRUPT)?;
        // The database keeps no message without its webhook.
        let webhook = load(&mut tx, tenant, delivery.webhook_id).await?;
        let webhook = webhook.ok_or(CORRUPT)?;
        let secrets = self.secrets(&mut tx, tenant, webhook.id, now).await?;
        tx.commit().await?;
        Ok(Some(Dispatch {
            delivery,
            url: webhook.url,
            secrets,
            is_disabled: webhook.disabled_at.is_some(),
        }))
    }

    /// Notes how an attempt ended. A receiver that is gone for good is told nothing any more. A message that arrived or was given up
    /// in the meantime stays so.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn note_attempt(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let now = micros(now);
        let sent = i32::from(attempt.failure != Some(DeliveryFailure::WebhookDisabled));
        let is_over = attempt.failure.is_some() && attempt.next_attempt_at.is_none();
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let pending = of_tenant(tenant, id)
            .filter(webhook_deliveries::delivered_at.is_null())
            .filter(webhook_deliveries::given_up_at.is_null());
        diesel::update(pending)
            .set((
                webhook_deliveries::attempts.eq(webhook_deliveries::attempts + sent),
                webhook_deliveries::attempted_at.eq((sent == 1).then_some(now)),
                webhook_deliveries::next_attempt_at.eq(attempt.next_attempt_at.map(micros)),
                webhook_deliveries::status_code.eq(attempt.status_code.map(i32::from)),
                webhook_deliveries::failure.eq(attempt.failure.map(|failure| failure.as_str())),
                webhook_deliveries::delivered_at.eq(attempt.failure.is_none().then_some(now)),
                webhook_deliveries::given_up_at.eq(is_over.then_some(now)),
            ))
            .execute(&mut *tx)
            .await?;
        if attempt.failure == Some(DeliveryFailure::ReceiverGone) {
            let webhook: Vec<Uuid> = of_tenant(tenant, id)
                .select(webhook_deliveries::webhook_id)
                .load(&mut *tx)
                .await?;
            let this = webhooks::table
                .filter(webhooks::tenant_id.eq(tenant.as_uuid()))
                .filter(webhooks::id.eq_any(webhook))
                .filter(webhooks::disabled_at.is_null());
            diesel::update(this)
                .set(webhooks::disabled_at.eq(now))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// Messages of all tenants that wait for their workflow, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn unstarted_deliveries(
        &self,
        limit: u32,
    ) -> Result<Vec<UnstartedDelivery>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let rows: Vec<UnstartedRow> = sql_query("SELECT * FROM zapiki_unstarted_deliveries($1)")
            .bind::<Int4, _>(i32::try_from(limit).unwrap_or(i32::MAX))
            .load(&mut connection)
            .await?;
        let unstarted = rows.into_iter().map(|row| UnstartedDelivery {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            id: DeliveryId::from_uuid(row.id),
        });
        Ok(unstarted.collect())
    }

    /// Forgets the oldest messages of all tenants that arrived or were given up and tell of what happened before
    /// `occurred_before`, at most `count_max`, and says how many.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_deliveries(
        &self,
        occurred_before: DateTime<Utc>,
        count_max: u32,
    ) -> Result<u64, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let Count { count } = sql_query("SELECT zapiki_forget_deliveries($1, $2) AS count")
            .bind::<Timestamptz, _>(occurred_before)
            .bind::<Int4, _>(i32::try_from(count_max).unwrap_or(i32::MAX))
            .get_result(&mut connection)
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

#[diesel::dsl::auto_type]
fn of_tenant(tenant: TenantId, id: DeliveryId) -> _ {
    let tenant: Uuid = tenant.as_uuid();
    let id: Uuid = id.as_uuid();
    webhook_deliveries::table
        .filter(webhook_deliveries::tenant_id.eq(tenant))
        .filter(webhook_deliveries::id.eq(id))
}

async fn find(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: DeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let row: Option<Row> = of_tenant(tenant, id)
        .select(Row::as_select())
        .first(&mut **tx)
        .await
        .optional()?;
    row.map(TryInto::try_into).transpose()
}
