//! Who calls: API keys, and how often each tenant may call.
//!
//! A middleware in front of every `/v1` route authenticates before anything of the request is parsed, and leaves a
//! [`Caller`] behind. The security scheme that the OpenAPI document shows hands it to the operations.

use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use poem::http::header;
use poem::{Endpoint, Middleware, Request};
use poem_openapi::SecurityScheme;
use poem_openapi::auth::{ApiKey as ApiKeyText, Bearer};
use zapiki_core::ids::{ApiKeyId, TenantId};
use zapiki_core::plan::Plan;
use zapiki_core::problem::ProblemCode;
use zapiki_store::{ApiKey, Store, Tenant};

use crate::edge::key_missing;
use crate::problem::Problem;

/// The tenant that calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
    pub(crate) key_id: ApiKeyId,
}

/// Your API key, in the header `X-API-Key`.
#[derive(SecurityScheme)]
#[oai(
    ty = "api_key",
    rename = "ApiKey",
    key_in = "header",
    key_name = "X-API-Key",
    checker = "caller_by_key"
)]
pub(crate) struct HeaderKey(Caller);

/// Your API key, as a bearer token.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "Bearer", checker = "caller_by_bearer")]
pub(crate) struct BearerKey(Caller);

/// Either.
#[derive(SecurityScheme)]
pub(crate) enum Auth {
    /// See [`HeaderKey`].
    HeaderKey(HeaderKey),
    /// See [`BearerKey`].
    Bearer(BearerKey),
}

impl Auth {
    /// Whose data this request may see.
    pub(crate) const fn tenant(&self) -> TenantId {
        self.caller().tenant.id
    }

    /// Who calls.
    pub(crate) const fn caller(&self) -> &Caller {
        match self {
            Self::HeaderKey(HeaderKey(caller)) | Self::Bearer(BearerKey(caller)) => caller,
        }
    }
}

// The middleware has looked the key up.
async fn caller_by_key(request: &Request, _key: ApiKeyText) -> Option<Caller> {
    request.data::<Caller>().cloned()
}

async fn caller_by_bearer(request: &Request, _token: Bearer) -> Option<Caller> {
    request.data::<Caller>().cloned()
}

/// See the module.
pub(crate) struct Authenticate {
    pub(crate) store: Store,
}

impl<E: Endpoint> Middleware<E> for Authenticate {
    type Output = AuthenticatedEndpoint<E>;
    fn transform(&self, inner: E) -> AuthenticatedEndpoint<E> {
        AuthenticatedEndpoint {
            inner,
            store: self.store.clone(),
            limits: Limits::new(),
        }
    }
}

/// An endpoint for tenants.
pub(crate) struct AuthenticatedEndpoint<E> {
    inner: E,
    store: Store,
    limits: Limits,
}

impl<E: Endpoint> Endpoint for AuthenticatedEndpoint<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> poem::Result<E::Output> {
        let key = key_of(&request)?;
        let authenticated = self.store.authenticate(&key).await.map_err(Problem::from)?;
        self.limits.check(&authenticated.tenant)?;
        request.set_data(Caller {
            tenant: authenticated.tenant,
            key_id: authenticated.key_id,
        });
        self.inner.call(request).await
    }
}

fn key_of(request: &Request) -> Result<ApiKey, Problem> {
    let headers = request.headers();
    let by_key = headers
        .get_all("X-API-Key")
        .iter()
        .map(|value| value.to_str().unwrap_or_default());
    let by_bearer = headers.get_all(header::AUTHORIZATION).iter().map(|value| {
        let text = value.to_str().unwrap_or_default();
        text.split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token)
    });
    let mut keys = by_key.chain(by_bearer).map(str::trim);
    let key = keys.next().ok_or_else(key_missing)?;
    if keys.any(|other| other != key) {
        let detail = "Two different API keys came with the request. Send one.";
        return Err(Problem::new(ProblemCode::ApiKeyInvalid, detail));
    }
    key.parse().map_err(|_| {
        let detail = "This is no API key of ours: one begins with `zk_` and has 46 characters.";
        Problem::new(ProblemCode::ApiKeyInvalid, detail)
    })
}

/// Requests per minute and tenant, over all keys of the tenant, in this process.
struct Limits {
    by_plan: Vec<(Plan, DefaultKeyedRateLimiter<TenantId>)>,
}

impl Limits {
    fn new() -> Self {
        let limiter = |plan: &Plan| {
            let per_minute =
                NonZeroU32::new(plan.requests_per_minute_max()).unwrap_or(NonZeroU32::MIN);
            (*plan, RateLimiter::keyed(Quota::per_minute(per_minute)))
        };
        Self {
            by_plan: Plan::ALL.iter().map(limiter).collect(),
        }
    }

    fn check(&self, tenant: &Tenant) -> Result<(), Problem> {
        let Some((_, limiter)) = self.by_plan.iter().find(|(plan, _)| *plan == tenant.plan) else {
            return Ok(());
        };
        limiter.check_key(&tenant.id).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let detail = format!(
                "The plan `{}` allows {} requests a minute. Come back after the time in Retry-After.",
                tenant.plan,
                tenant.plan.requests_per_minute_max()
            );
            Problem::new(ProblemCode::RateLimited, detail).retry_after(wait.as_secs() + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tenant(id: u128) -> Tenant {
        Tenant {
            id: TenantId::from_uuid(Uuid::from_u128(id)),
            name: "t".to_owned(),
            plan: Plan::Starter,
        }
    }

    #[test]
    fn one_tenant_is_limited_and_others_are_not() {
        let limits = Limits::new();
        for _ in 0..Plan::Starter.requests_per_minute_max() {
            limits.check(&tenant(1)).unwrap();
        }
        assert_eq!(
            limits.check(&tenant(1)).unwrap_err().code(),
            ProblemCode::RateLimited
        );
        limits.check(&tenant(2)).unwrap();
    }
}
