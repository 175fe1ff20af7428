//! Private inputs: sealed before they are sent anywhere, opened where the proof is made, shredded.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rand::rngs::OsRng;
use uuid::Uuid;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::witness::Witness;

use crate::Store;
use crate::error::StoreError;
use crate::schema::sealed_inputs;
use crate::sealed::{Place, Sealed, open_from, seal_in};
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
        seal_in(
            &self.keys,
            &mut OsRng,
            Place::of_input(tenant, proof),
            &plaintext,
        )
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
        let mut found = load(&mut tx, tenant, &[id]).await?;
        tx.commit().await?;
        let sealed = found.remove(&id);
        sealed
            .map(|sealed| self.open_witness(tenant, id, &sealed))
            .transpose()
    }

    /// Opens a sealed input that was read.
    pub(crate) fn open_witness(
        &self,
        tenant: TenantId,
        proof: ProofId,
        sealed: &Sealed,
    ) -> Result<Witness, StoreError> {
        let plaintext =
            open_from(&self.keys, Place::of_input(tenant, proof), sealed).map_err(|_| {
                StoreError::Corrupt("the sealed input does not open under the keys of this service")
            })?;
        Witness::from_json(&plaintext)
            .map_err(|_| StoreError::Corrupt("the sealed input is no witness"))
    }
}

/// The sealed inputs of these proofs, those that there are.
pub(crate) async fn load(
    tx: &mut TenantTx,
    tenant: TenantId,
    proofs: &[ProofId],
) -> Result<HashMap<ProofId, Sealed>, StoreError> {
    let ids: Vec<Uuid> = proofs.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<(Uuid, i32, Vec<u8>, Vec<u8>)> = sealed_inputs::table
        .filter(sealed_inputs::tenant_id.eq(tenant.as_uuid()))
        .filter(sealed_inputs::proof_id.eq_any(ids))
        .select((
            sealed_inputs::proof_id,
            sealed_inputs::kek_version,
            sealed_inputs::wrapped_key,
            sealed_inputs::ciphertext,
        ))
        .load(&mut **tx)
        .await?;
    rows.into_iter()
        .map(|(id, kek_version, wrapped_key, ciphertext)| {
            let sealed = Sealed::of_row(kek_version, wrapped_key, ciphertext);
            Ok((ProofId::from_uuid(id), sealed.ok_or(CORRUPT)?))
        })
        .collect()
}

/// Writes the sealed inputs of proofs that are accepted in the same transaction.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    tenant: TenantId,
    inputs: &[(ProofId, &Sealed)],
) -> Result<(), StoreError> {
    let rows: Vec<_> = inputs
        .iter()
        .map(|(proof, sealed)| {
            Ok((
                sealed_inputs::proof_id.eq(proof.as_uuid()),
                sealed_inputs::tenant_id.eq(tenant.as_uuid()),
                sealed_inputs::kek_version
                    .eq(i32::try_from(sealed.kek_version).map_err(|_| CORRUPT)?),
                sealed_inputs::wrapped_key.eq(&sealed.wrapped_key),
                sealed_inputs::ciphertext.eq(&sealed.ciphertext),
            ))
        })
        .collect::<Result<_, StoreError>>()?;
    diesel::insert_into(sealed_inputs::table)
        .values(rows)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes sealed private inputs: with the last copy of its data key, nothing opens one.
pub(crate) async fn shred(
    tx: &mut TenantTx,
    tenant: TenantId,
    proofs: &[ProofId],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = proofs.iter().map(|id| id.as_uuid()).collect();
    let inputs = sealed_inputs::table
        .filter(sealed_inputs::tenant_id.eq(tenant.as_uuid()))
        .filter(sealed_inputs::proof_id.eq_any(ids));
    diesel::delete(inputs).execute(&mut **tx).await?;
    Ok(())
}
