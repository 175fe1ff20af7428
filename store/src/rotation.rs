//! Rotation of key-encryption keys: data keys are wrapped anew, under the key that seals now. What they encrypt stays as it is.
//!
//! Services go on meanwhile. A row whose proof is settled between two statements is gone, and needs nothing.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Int4, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use zapiki_core::ids::{ProofId, TenantId};

use crate::error::StoreError;
use crate::schema::sealed_inputs;
use crate::sealed::{Place, Sealed, rewrap};
use crate::tenant_tx::TenantTx;
use crate::{Store, connection};

/// How much a key has sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's version.
    pub kek_version: u32,
    /// How many inputs stand under it.
    pub inputs: u64,
}

#[derive(QueryableByName)]
struct UseRow {
    #[diesel(sql_type = Int4)]
    kek_version: i32,
    #[diesel(sql_type = BigInt)]
    inputs: i64,
}

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    proof_id: Uuid,
}

const CORRUPT: StoreError = StoreError::Corrupt("a sealed input");

impl Store {
    /// Which keys have sealed what is there, oldest key first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn keys_in_use(&self) -> Result<Vec<KeyUse>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let rows: Vec<UseRow> = sql_query("SELECT * FROM zapiki_sealed_inputs_by_key()")
            .load(&mut connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(KeyUse {
                    kek_version: u32::try_from(row.kek_version).map_err(|_| CORRUPT)?,
                    inputs: u64::try_from(row.inputs).map_err(|_| CORRUPT)?,
                })
            })
            .collect()
    }

    /// Wraps the data keys of at most `count_max` inputs anew that stand under other keys than the one that seals now, and says
    /// how many it wrapped; 0 once none is left. Idempotent.
    ///
    /// # Errors
    /// One of them does not open under the keys that are known, or the database did not do it. What was wrapped before stays.
    pub async fn rewrap(&self, count_max: u32) -> Result<u64, StoreError> {
        let current = i32::try_from(self.keys.current()).map_err(|_| CORRUPT)?;
        let places: Vec<PlaceRow> = {
            let mut connection = connection(&self.pool).await?;
            sql_query("SELECT * FROM zapiki_sealed_inputs_under_others($1, $2)")
                .bind::<Int4, _>(current)
                .bind::<Int4, _>(i32::try_from(count_max).unwrap_or(i32::MAX))
                .load(&mut connection)
                .await?
        };
        let mut wrapped = 0;
        for place in places {
            let place = Place {
                tenant: TenantId::from_uuid(place.tenant_id),
                proof: ProofId::from_uuid(place.proof_id),
            };
            wrapped += u64::from(self.rewrap_one(place).await?);
        }
        Ok(wrapped)
    }

    async fn rewrap_one(&self, place: Place) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, place.tenant).await?;
        let this = sealed_inputs::table
            .filter(sealed_inputs::tenant_id.eq(place.tenant.as_uuid()))
            .filter(sealed_inputs::proof_id.eq(place.proof.as_uuid()));
        let row: Option<(i32, Vec<u8>)> = this
            .select((sealed_inputs::kek_version, sealed_inputs::wrapped_key))
            .for_update()
            .first(&mut *tx)
            .await
            .optional()?;
        // Settled meanwhile.
        let Some((kek_version, wrapped_key)) = row else {
            tx.rollback().await?;
            return Ok(false);
        };
        let sealed = Sealed {
            kek_version: u32::try_from(kek_version).map_err(|_| CORRUPT)?,
            wrapped_key,
            ciphertext: Vec::new(),
        };
        let wrapped = rewrap(&self.keys, &mut rand::rngs::OsRng, place, &sealed).map_err(|_| {
            StoreError::Corrupt("a data key does not open under the keys of this service")
        })?;
        diesel::update(this)
            .set((
                sealed_inputs::kek_version
                    .eq(i32::try_from(wrapped.kek_version).map_err(|_| CORRUPT)?),
                sealed_inputs::wrapped_key.eq(wrapped.wrapped_key),
            ))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}
