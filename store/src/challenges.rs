//! Challenges: random, for one tenant, for a while, good for one use.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rand::RngCore as _;
use rand::rngs::OsRng;
use uuid::Uuid;
use zapiki_core::ids::{ChallengeId, TenantId};
use zapiki_core::public_inputs::Challenge;

use crate::error::StoreError;
use crate::schema::challenges::dsl;
use crate::tenant_tx::TenantTx;
use crate::{Store, micros};

/// A fresh challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedChallenge {
    /// What it is called.
    pub id: ChallengeId,
    /// The challenge.
    pub challenge: Challenge,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// What came of using a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeUse {
    /// It was good, and is now used up.
    Consumed,
    /// This tenant never asked for it.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was used before.
    AlreadyUsed,
}

impl Store {
    /// Makes a challenge.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn issue_challenge(
        &self,
        tenant: TenantId,
        lifetime_s: u32,
        now: DateTime<Utc>,
    ) -> Result<IssuedChallenge, StoreError> {
        let mut challenge = [0; 32];
        OsRng.fill_bytes(&mut challenge);
        let issued = IssuedChallenge {
            id: ChallengeId::from_uuid(Uuid::now_v7()),
            challenge: Challenge(challenge),
            expires_at: micros(now + Duration::seconds(i64::from(lifetime_s))),
        };
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        diesel::insert_into(dsl::challenges)
            .values((
                dsl::id.eq(issued.id.as_uuid()),
                dsl::tenant_id.eq(tenant.as_uuid()),
                dsl::challenge.eq(challenge.as_slice()),
                dsl::issued_at.eq(micros(now)),
                dsl::expires_at.eq(issued.expires_at),
            ))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(issued)
    }

    /// Uses a challenge up, in one statement: of two at the same time, one gets it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn consume_challenge(
        &self,
        tenant: TenantId,
        challenge: &Challenge,
        now: DateTime<Utc>,
    ) -> Result<ChallengeUse, StoreError> {
        let ours = dsl::challenges
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::challenge.eq(challenge.0.as_slice()));
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let good = ours
            .filter(dsl::consumed_at.is_null())
            .filter(dsl::expires_at.gt(micros(now)));
        let consumed = diesel::update(good)
            .set(dsl::consumed_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        let outcome = if consumed == 1 {
            ChallengeUse::Consumed
        } else {
            let consumed_at: Option<Option<DateTime<Utc>>> = ours
                .select(dsl::consumed_at)
                .first(&mut *tx)
                .await
                .optional()?;
            match consumed_at {
                None => ChallengeUse::Unknown,
                Some(Some(_)) => ChallengeUse::AlreadyUsed,
                Some(None) => ChallengeUse::Expired,
            }
        };
        tx.commit().await?;
        Ok(outcome)
    }
}
