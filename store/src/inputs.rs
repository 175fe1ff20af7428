//! Private inputs: sealed before they are sent anywhere, opened where the proof is made, shredded.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rand::rngs::OsRng;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::witness::Witness;

use crate::Store;
use crate::error::StoreError;
use crate::schema::sealed_inputs;
use crate::sealed::{Place, Sealed};
use crate::tenant_tx::TenantTx;

const CORRUPT: StoreError = StoreError::Corrupt("a sealed input");

impl Store {
    /// Seals the private input of a proof.
    pub(crate) fn seal_witness(
        &self,
        tenant: TenantId,
        proof: ProofId,
        witness: &Witness,
    ) -> Result<Sealed, StoreError> {
        let plaintext = witness
            .to_json()
            .map_err(|_| StoreError::Corrupt("the witness has no JSON form"))?;
        self.keys
            .seal(&mut OsRng, Place { tenant, proof }, &plaintext)
            .map_err(|_| StoreError::Configuration("the input cannot be sealed"))
    }

    /// Opens the private input of a proof; `None` once it is shredded.
    ///
    /// # Errors
    /// It does not open, or the database did not answer.
    pub async fn unseal_witness(
        &self,
        tenant: TenantId,
        id: ProofId,
    ) -> Result<Option<Witness>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let row: Option<(i32, Vec<u8>, Vec<u8>)> = sealed_inputs::table
            .filter(sealed_inputs::tenant_id.eq(tenant.as_uuid()))
            .filter(sealed_inputs::proof_id.eq(id.as_uuid()))
            .select((
                sealed_inputs::kek_version,
                sealed_inputs::wrapped_key,
                sealed_inputs::ciphertext,
            ))
            .first(&mut *tx)
            .await
            .optional()?;
        tx.commit().await?;
        let Some((kek_version, wrapped_key, ciphertext)) = row else {
            return Ok(None);
        };
        let kek_version = u32::try_from(kek_version).map_err(|_| CORRUPT)?;
        let sealed = Sealed {
            kek_version,
            wrapped_key,
            ciphertext,
        };
        let plaintext = self
            .keys
            .open(Place { tenant, proof: id }, &sealed)
            .map_err(|_| {
                StoreError::Corrupt("the sealed input does not open under the keys of this service")
            })?;
        Witness::from_json(&plaintext)
            .map(Some)
            .map_err(|_| StoreError::Corrupt("the sealed input is no witness"))
    }
}

/// Writes the sealed input of a proof that is accepted in the same transaction.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    tenant: TenantId,
    proof: ProofId,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    diesel::insert_into(sealed_inputs::table)
        .values((
            sealed_inputs::proof_id.eq(proof.as_uuid()),
            sealed_inputs::tenant_id.eq(tenant.as_uuid()),
            sealed_inputs::kek_version.eq(i32::try_from(sealed.kek_version).map_err(|_| CORRUPT)?),
            sealed_inputs::wrapped_key.eq(&sealed.wrapped_key),
            sealed_inputs::ciphertext.eq(&sealed.ciphertext),
        ))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes the sealed private input: with the last copy of its data key, nothing opens it.
pub(crate) async fn shred(
    tx: &mut TenantTx,
    tenant: TenantId,
    proof: ProofId,
) -> Result<(), StoreError> {
    let input = sealed_inputs::table
        .filter(sealed_inputs::tenant_id.eq(tenant.as_uuid()))
        .filter(sealed_inputs::proof_id.eq(proof.as_uuid()));
    diesel::delete(input).execute(&mut **tx).await?;
    Ok(())
}
