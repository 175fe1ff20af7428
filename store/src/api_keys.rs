//! API keys: 256 random bits that a tenant shows; the database holds their SHA-256 alone.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::sql_types::{Bool, Bytea, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use rand::{CryptoRng, RngCore};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use uuid::Uuid;
use zapiki_core::ids::{ApiKeyId, TenantId};
use zapiki_core::plan::Plan;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::{Store, connection};

const PREFIX: &str = "zk_";
const SECRET_BYTES: usize = 32;

/// An API key. Secret: shown once, when it is made. Text form: `zk_` and 43 characters of base64url.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// The text is no API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an API key: `zk_` and 43 characters")]
pub struct ApiKeyError;

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([secret])")
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;
    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let secret = text.strip_prefix(PREFIX).ok_or(ApiKeyError)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(secret)
            .map(Zeroizing::new)
            .map_err(|_| ApiKeyError)?;
        if bytes.len() != SECRET_BYTES {
            return Err(ApiKeyError);
        }
        Ok(Self(SecretString::from(text)))
    }
}

impl ApiKey {
    /// A fresh key.
    pub(crate) fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        rng.fill_bytes(&mut *bytes);
        Self(SecretString::from(format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode(*bytes)
        )))
    }

    /// The text, for the one who asked for the key.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Who.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// What it bought.
    pub plan: Plan,
}

/// Whose key it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedKey {
    /// The customer.
    pub tenant: Tenant,
    /// The name of the key, fit for logs.
    pub key_id: ApiKeyId,
}

/// A key that opens nothing.
#[derive(Debug, Error)]
pub enum AuthenticateError {
    /// Nobody was given this key.
    #[error("the API key is unknown")]
    Unknown,
    /// It was, and it was taken back.
    #[error("the API key was revoked")]
    Revoked,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = SqlUuid)]
    key_id: Uuid,
    #[diesel(sql_type = Bool)]
    is_revoked: bool,
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = Text)]
    tenant_name: String,
    #[diesel(sql_type = Text)]
    plan: String,
}

impl Store {
    /// Whose key this is. Looks the digest up: the time it takes says nothing about a 256-bit secret.
    ///
    /// # Errors
    /// Nobody's, a revoked one, or the database did not answer.
    pub async fn authenticate(&self, key: &ApiKey) -> Result<AuthenticatedKey, AuthenticateError> {
        let mut connection = connection(&self.pool).await?;
        let row: Option<KeyRow> = sql_query("SELECT * FROM zapiki_authenticate($1)")
            .bind::<Bytea, _>(key.digest().as_slice())
            .get_result(&mut connection)
            .await
            .optional()
            .map_err(StoreError::from)?;
        let row = row.ok_or(AuthenticateError::Unknown)?;
        if row.is_revoked {
            return Err(AuthenticateError::Revoked);
        }
        Ok(AuthenticatedKey {
            tenant: tenant(row.tenant_id, row.tenant_name, &row.plan)?,
            key_id: ApiKeyId::from_uuid(row.key_id),
        })
    }
}

pub(crate) fn tenant(id: Uuid, name: String, plan: &str) -> Result<Tenant, StoreError> {
    let plan = plan
        .parse()
        .map_err(|_| StoreError::Corrupt("the plan of a tenant"))?;
    Ok(Tenant {
        id: TenantId::from_uuid(id),
        name,
        plan,
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;

    #[test]
    fn a_key_has_one_form_and_no_debug() {
        let key = ApiKey::generate(&mut OsRng);
        let text = key.expose();
        assert_eq!(text.len(), 46);
        assert_eq!(text.parse::<ApiKey>().unwrap().digest(), key.digest());
        assert!(!format!("{key:?}").contains(&text[3..]));
        for bad in [
            "",
            "zk_",
            &text[..45],
            &format!("{text}A"),
            &text[3..],
            &text.replace("zk_", "sk_"),
        ] {
            assert!(bad.parse::<ApiKey>().is_err(), "{bad}");
        }
    }
}
