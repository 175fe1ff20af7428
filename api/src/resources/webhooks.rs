//! `/v1/webhooks`: where a tenant wants to be told of what happens.
//!
//! Messages are written by the database with what they tell of, and sent by a worker. Here they are looked at, and asked for again.

use chrono::{DateTime, TimeDelta, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi, Webhook as WebhookDocs};
use rand::rngs::OsRng;
use zapiki_core::ids::{DeliveryId, WebhookId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::webhook::{MessageData, SigningSecret, WebhookEvent, WebhookUrl, WebhookUrlError};
use zapiki_store::{DeliveryStatus, Resending, WEBHOOKS_MAX};

use super::issuers::Gone;
use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::Body;
use crate::forms::Text;
use crate::problem::{Problem, capitalised};
use crate::schemas::{
    CreatedWebhook, Delivery, DeliveryPage, NewWebhookRequest, Webhook, WebhookMessage,
    WebhookPage, WebhookSecret,
};
use crate::state::Api;

/// How long messages are signed with the secret before the newest, too.
const OLD_SECRET_H: i64 = 24;

pub(crate) struct WebhooksApi;

/// A webhook is there.
#[derive(ApiResponse)]
pub(crate) enum Created {
    /// The webhook, and its secret, which is shown this once.
    #[oai(status = 201)]
    Created(
        Json<CreatedWebhook>,
        /// Where the webhook is.
        #[oai(header = "Location")]
        String,
    ),
}

/// A message will be sent.
#[derive(ApiResponse)]
pub(crate) enum Queued {
    /// The message, which is sent within seconds.
    #[oai(status = 202)]
    Queued(
        Json<Delivery>,
        /// Where to see what becomes of it.
        #[oai(header = "Location")]
        String,
    ),
}

impl From<zapiki_store::Webhook> for Webhook {
    fn from(webhook: zapiki_store::Webhook) -> Self {
        Self {
            id: Text(webhook.id),
            url: webhook.url,
            events: webhook.events.into_iter().map(Text).collect(),
            created_at: webhook.created_at,
            disabled_at: webhook.disabled_at,
        }
    }
}

impl From<zapiki_store::Delivery> for Delivery {
    fn from(delivery: zapiki_store::Delivery) -> Self {
        Self {
            id: Text(delivery.id),
            event: Text(delivery.message.event),
            proof_id: match delivery.message.data {
                MessageData::Proof(news) => Some(Text(news.proof_id)),
                MessageData::Webhook(_) => None,
            },
            occurred_at: delivery.message.timestamp,
            status: Text(delivery.status),
            attempts: delivery.attempts,
            attempted_at: delivery.attempted_at,
            next_attempt_at: delivery.next_attempt_at,
            status_code: delivery.status_code,
            failure: delivery.failure.map(Text),
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Webhooks")]
impl WebhooksApi {
    /// Make a webhook
    ///
    /// From now on it is told of the events that you name, for instance of every proof that could not be made. At most 10.
    #[oai(path = "/webhooks", method = "post", operation_id = "create_webhook")]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<NewWebhookRequest>,
    ) -> Result<Created, Problem> {
        let NewWebhookRequest { url, events } = request.into_inner();
        let url = WebhookUrl::parse(&url, api.webhook_reach).map_err(bad_url)?;
        let events = subscribed(events)?;
        let secret = SigningSecret::generate(&mut OsRng);
        let created = api
            .store
            .create_webhook(auth.tenant(), url.as_str(), &events, &secret, Utc::now())
            .await?;
        let Some(webhook) = created else {
            let detail = format!(
                "You have {WEBHOOKS_MAX} webhooks, the most there can be. Delete one first."
            );
            return Err(Problem::new(ProblemCode::WebhookLimit, detail));
        };
        let location = format!("/v1/webhooks/{}", webhook.id);
        let created = CreatedWebhook {
            webhook: webhook.into(),
            secret: secret.expose_text().to_string(),
        };
        Ok(Created::Created(Json(created), location))
    }

    /// List your webhooks
    ///
    /// Newest first, all of them.
    #[oai(path = "/webhooks", method = "get", operation_id = "list_webhooks")]
    async fn list(&self, api: &Api, auth: Auth) -> Result<Json<WebhookPage>, Problem> {
        let webhooks = api.store.webhooks(auth.tenant()).await?;
        Ok(Json(WebhookPage {
            webhooks: webhooks.into_iter().map(Into::into).collect(),
        }))
    }

    /// Read a webhook
    ///
    /// Without its secret, which is shown when it is made or replaced, and never again.
    #[oai(path = "/webhooks/:id", method = "get", operation_id = "get_webhook")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Json<Webhook>, Problem> {
        found(api.store.webhook(auth.tenant(), id.0.0).await?)
    }

    /// Delete a webhook
    ///
    /// With its secrets and its messages, also those that did not arrive yet.
    #[oai(
        path = "/webhooks/:id",
        method = "delete",
        operation_id = "delete_webhook"
    )]
    async fn delete(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Gone, Problem> {
        if api.store.delete_webhook(auth.tenant(), id.0.0).await? {
            Ok(Gone::Done)
        } else {
            Err(missing())
        }
    }

    /// Have a webhook told again
    ///
    /// Of what happens from now on. What happened meanwhile it is not told.
    #[oai(
        path = "/webhooks/:id/enable",
        method = "post",
        operation_id = "enable_webhook"
    )]
    async fn enable(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Json<Webhook>, Problem> {
        let webhook = api
            .store
            .enable_webhook(auth.tenant(), id.0.0, true, Utc::now());
        found(webhook.await?)
    }

    /// Have a webhook told nothing
    ///
    /// Messages that wait are given up.
    #[oai(
        path = "/webhooks/:id/disable",
        method = "post",
        operation_id = "disable_webhook"
    )]
    async fn disable(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Json<Webhook>, Problem> {
        let webhook = api
            .store
            .enable_webhook(auth.tenant(), id.0.0, false, Utc::now());
        found(webhook.await?)
    }

    /// Replace a webhook's secret
    ///
    /// For 24 hours messages have two signatures, one under each secret, so that you can change over without a pause.
    #[oai(
        path = "/webhooks/:id/secret",
        method = "post",
        operation_id = "rotate_webhook_secret"
    )]
    async fn rotate(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Json<WebhookSecret>, Problem> {
        let secret = SigningSecret::generate(&mut OsRng);
        let now = Utc::now();
        let old_until: DateTime<Utc> = now + TimeDelta::hours(OLD_SECRET_H);
        let rotated =
            api.store
                .rotate_webhook_secret(auth.tenant(), id.0.0, &secret, old_until, now);
        if !rotated.await? {
            return Err(missing());
        }
        Ok(Json(WebhookSecret {
            secret: secret.expose_text().to_string(),
            old_until,
        }))
    }

    /// Try a webhook out
    ///
    /// Sends it a message of the type `webhook.test`, signed as all are. See under its deliveries what became of it.
    #[oai(
        path = "/webhooks/:id/test",
        method = "post",
        operation_id = "test_webhook"
    )]
    async fn test(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
    ) -> Result<Queued, Problem> {
        let delivery = api
            .store
            .test_webhook(auth.tenant(), id.0.0, Utc::now())
            .await?;
        Ok(queued(delivery.ok_or_else(missing)?))
    }

    /// List what a webhook was told
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`. Messages are kept for 30 days.
    #[oai(
        path = "/webhooks/:id/deliveries",
        method = "get",
        operation_id = "list_deliveries"
    )]
    async fn deliveries(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
        /// Only messages that are so far.
        status: Query<Option<Text<DeliveryStatus>>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<DeliveryPage>, Problem> {
        let after = self::cursor::<DeliveryId>(cursor.0)?;
        let (status, limit) = (status.0.map(|text| text.0), limit.0.unwrap_or(PAGE_DEFAULT));
        let page = api
            .store
            .deliveries(auth.tenant(), id.0.0, status, after, limit)
            .await?
            .ok_or_else(missing)?;
        let last = page.items.last().map(|delivery| delivery.id.to_string());
        Ok(Json(DeliveryPage {
            next_cursor: last.filter(|_| page.has_more),
            deliveries: page.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Send a message again
    ///
    /// One that arrived, or was given up. It keeps its id and what it says.
    #[oai(
        path = "/webhooks/:id/deliveries/:delivery_id/resend",
        method = "post",
        operation_id = "resend_delivery"
    )]
    async fn resend(
        &self,
        api: &Api,
        auth: Auth,
        /// The webhook's id.
        id: Path<Text<WebhookId>>,
        /// The message's id.
        delivery_id: Path<Text<DeliveryId>>,
    ) -> Result<Queued, Problem> {
        match api
            .store
            .resend(auth.tenant(), id.0.0, delivery_id.0.0)
            .await?
        {
            Resending::Pending(delivery) => Ok(queued(*delivery)),
            Resending::NotFound => Err(Problem::not_found("message")),
            Resending::OnItsWay => Err(Problem::new(
                ProblemCode::DeliveryPending,
                "This message is on its way: its `next_attempt_at` says when it is sent again.",
            )),
        }
    }
}

/// What webhooks are sent, for the document alone.
#[WebhookDocs]
#[expect(dead_code, reason = "a description, which nobody calls")]
pub(crate) trait Messages {
    /// What your webhook is told
    ///
    /// By POST, with the headers of [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp` and
    /// `webhook-signature`. Verify the signature with the webhook's secret before you believe a word. Answer with 2xx within nine
    /// seconds; 410 disables the webhook; anything else has the message sent again, after 5 seconds at first, for three days. A
    /// message may come twice: its `webhook-id` tells.
    #[oai(
        name = "message",
        method = "post",
        operation_id = "webhook_message",
        tag = "Tag::Webhooks"
    )]
    fn message(&self, message: Json<WebhookMessage>) -> Gone;
}

fn found(webhook: Option<zapiki_store::Webhook>) -> Result<Json<Webhook>, Problem> {
    Ok(Json(webhook.ok_or_else(missing)?.into()))
}

fn queued(delivery: zapiki_store::Delivery) -> Queued {
    let location = format!("/v1/webhooks/{}/deliveries", delivery.webhook_id);
    Queued::Queued(Json(delivery.into()), location)
}

fn missing() -> Problem {
    Problem::not_found("webhook")
}

fn bad_url(error: WebhookUrlError) -> Problem {
    let detail = format!("{}.", capitalised(&error.to_string()));
    Problem::new(ProblemCode::InvalidField, detail).at("url")
}

/// The events, if they can be asked for.
fn subscribed(events: Vec<Text<WebhookEvent>>) -> Result<Vec<WebhookEvent>, Problem> {
    let events: Vec<_> = events.into_iter().map(|event| event.0).collect();
    let is_repeated = (1..events.len()).any(|at| events[..at].contains(&events[at]));
    let asked = events.iter().all(|event| event.is_subscribable());
    if events.is_empty() || is_repeated || !asked {
        let known: Vec<_> = WebhookEvent::ALL
            .iter()
            .filter(|event| event.is_subscribable())
            .map(|event| event.as_str())
            .collect();
        let detail = format!(
            "Name at least one event, each once, of: {}.",
            known.join(", ")
        );
        return Err(Problem::new(ProblemCode::InvalidField, detail).at("events"));
    }
    Ok(events)
}
