//! Challenges: random, for one tenant, for a while, good for one use.

use std::collections::BTreeMap;

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

/// A challenge as it stands.
#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::schema::challenges)]
struct ChallengeRow {
    challenge: Vec<u8>,
    consumed_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl ChallengeRow {
    /// What comes of using it at this moment.
    fn use_at(&self, now: DateTime<Utc>) -> ChallengeUse {
        if self.consumed_at.is_some() {
            ChallengeUse::AlreadyUsed
        } else if self.expires_at > now {
            ChallengeUse::Consumed
        } else {
            ChallengeUse::Expired
        }
    }
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

    /// Uses challenges up, all in one transaction, in the order given: a challenge that comes twice is used once and then
    /// used already. Of two requests at the same time, one gets it.
    ///
    /// # Errors
    /// The database did not answer; then none is used up.
    pub async fn consume_challenges(
        &self,
        tenant: TenantId,
        challenges: &[Challenge],
        now: DateTime<Utc>,
    ) -> Result<Vec<ChallengeUse>, StoreError> {
        let wanted: Vec<&[u8]> = challenges.iter().map(|c| c.0.as_slice()).collect();
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        // Locked in one order by everybody, so that no two requests wait for each other.
        let known: Vec<ChallengeRow> = dsl::challenges
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::challenge.eq_any(&wanted))
            .order(dsl::challenge)
            .select(ChallengeRow::as_select())
            .for_update()
            .load(&mut *tx)
            .await?;
        let mut states: BTreeMap<Vec<u8>, ChallengeUse> = known
            .into_iter()
            .map(|row| {
                let state = row.use_at(micros(now));
                (row.challenge, state)
            })
            .collect();
        let mut used = Vec::new();
        let outcomes = wanted
            .into_iter()
            .map(|challenge| match states.get_mut(challenge) {
                None => ChallengeUse::Unknown,
                Some(state @ ChallengeUse::Consumed) => {
                    used.push(challenge);
                    std::mem::replace(state, ChallengeUse::AlreadyUsed)
                }
                Some(state) => *state,
            })
            .collect();
        if !used.is_empty() {
            let used = dsl::challenges
                .filter(dsl::tenant_id.eq(tenant.as_uuid()))
                .filter(dsl::challenge.eq_any(used));
            diesel::update(used)
                .set(dsl::consumed_at.eq(micros(now)))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(outcomes)
    }
}
