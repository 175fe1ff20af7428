//! Parameters and keys, all derived: there is no setup.
//!
//! The parameters are points hashed to the curve, the keys follow from the circuit. Deriving takes seconds, so it waits until
//! somebody asks for the circuit. What comes out must be what is published: the digests below. Another library, another compiler, a changed
//! circuit show themselves before a proof is made or judged.

use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{Error, ProvingKey, VerifyingKey, keygen_pk, keygen_vk};
use halo2_proofs::poly::commitment::Params;
use pasta_curves::vesta;
use sha2::{Digest as _, Sha256};
use zapiki_core::circuit::{CircuitId, CircuitVersion};
use zapiki_core::envelope::KeyDigest;

use super::circuit::CredentialCircuit;
use super::config::{ADVICE_COLUMNS, INSTANCE_COLUMNS};
use super::layout::Layout;
use super::relation::{PrivateInputs, Relation};

/// Logarithm of the table's length. The table of words alone has 2¹⁰ rows, and some more are needed for blinding.
pub(crate) const K: u32 = 11;

const ELEMENT_BYTES: usize = 32;

const RELATION_TAG: &[u8] = b"ZAPIKI-V1-PLONK-RELATION";
const KEY_TAG: &[u8] = b"ZAPIKI-V1-PLONK-KEY";

/// A circuit as this program has it, with what is published of it.
pub(crate) struct Spec {
    pub(crate) id: CircuitId,
    pub(crate) relation: Relation,
    /// Names the constraints. As text.
    pub(crate) relation_digest: &'static str,
    /// Names constraints, circuit and parameters. As text.
    pub(crate) key_digest: &'static str,
    /// Fixed columns, those of combined selectors among them.
    pub(crate) fixed_columns: usize,
    /// Columns of any kind that copies go between.
    pub(crate) copied_columns: usize,
    /// The length of every proof.
    pub(crate) proof_bytes: usize,
}

/// Every circuit there is, by statement and then by age. A published one is never changed and never removed.
pub(crate) const CIRCUITS: &[Spec] = &[
    Spec {
        id: first_edition(Relation::AgeOver),
        relation: Relation::AgeOver,
        relation_digest: "sha256:14ac58323acd8e75298c7ef8e87c6d575b59eb2ebce2713504865d2357bc37ea",
        key_digest: "sha256:28d3bfa9510587da4d7269390029dfaca78050d26c66e404f6124468a9321f80",
        fixed_columns: 19,
        copied_columns: 15,
        proof_bytes: 4160,
    },
    Spec {
        id: first_edition(Relation::IncomeAtLeast),
        relation: Relation::IncomeAtLeast,
        relation_digest: "sha256:26fbd986c5619c4a124acb3ab7891bfbf45e537e9e376479c653e7d74f8add0a",
        key_digest: "sha256:110cd1d89792923302f17d70128aba045e9d9a6b5810351de38b1f1f37d4ef6a",
        fixed_columns: 19,
        copied_columns: 15,
        proof_bytes: 4160,
    },
    Spec {
        id: first_edition(Relation::IncomeInRange),
        relation: Relation::IncomeInRange,
        relation_digest: "sha256:fb4c6ca5d79ba1c6c09d1c11d24532807f153be19c35845d8cfc01d72b5bf5e9",
        key_digest: "sha256:05285e869ef44b0f4091cbd2ec142934c4b7113aa5f1b7508b228536d168fbd7",
        fixed_columns: 19,
        copied_columns: 15,
        proof_bytes: 4160,
    },
    Spec {
        id: first_edition(Relation::ResidentOf),
        relation: Relation::ResidentOf,
        relation_digest: "sha256:9c211903e11047e7ecdb4eeb63a373c054969aa06f17389a010802989fd5ca6a",
        key_digest: "sha256:2df5c9171a09c61defca6deca79d3ed803b8d1f411c43c5f876e13b642ee3a46",
        fixed_columns: 19,
        copied_columns: 15,
        proof_bytes: 4160,
    },
];

const fn first_edition(relation: Relation) -> CircuitId {
    CircuitId {
        statement: relation.statement(),
        version: CircuitVersion {
            major: 1,
            minor: 0,
            patch: 0,
        },
    }
}

impl Spec {
    /// The circuit over these inputs, or over none.
    pub(crate) fn circuit<const COUNTRIES: bool>(
        &self,
        private: Value<PrivateInputs>,
    ) -> CredentialCircuit<COUNTRIES> {
        CredentialCircuit {
            id: self.id,
            relation: self.relation,
            private,
        }
    }

    /// Whether the circuit has the gate of the table.
    pub(crate) const fn has_countries(&self) -> bool {
        matches!(self.relation, Relation::ResidentOf)
    }

    pub(crate) fn layout(&self) -> Option<Layout> {
        if self.has_countries() {
            Layout::measure(&self.circuit::<true>(Value::unknown()))
        } else {
            Layout::measure(&self.circuit::<false>(Value::unknown()))
        }
    }

    /// Advice, instance and fixed columns.
    pub(crate) const fn columns(&self) -> usize {
        ADVICE_COLUMNS + INSTANCE_COLUMNS + self.fixed_columns
    }

    /// The field elements of a proving key, in bytes: of each fixed and each copied column its values, its coefficients and its values
    /// on the larger domain, and there three columns of the library's own.
    pub(crate) fn proving_key_bytes(&self, key: &VerifyingKey<vesta::Affine>) -> usize {
        let larger = key.get_domain().extended_len();
        let columns = self.fixed_columns + self.copied_columns;
        ELEMENT_BYTES * (columns * ((2 << K) + larger) + 3 * larger)
    }

    fn derive(&self, params: &Params<vesta::Affine>) -> Result<VerifyingKey<vesta::Affine>, Error> {
        if self.has_countries() {
            keygen_vk(params, &self.circuit::<true>(Value::unknown()))
        } else {
            keygen_vk(params, &self.circuit::<false>(Value::unknown()))
        }
    }

    /// The verifying key. `None` if it is not the published one.
    pub(crate) fn verifying_key(
        &self,
        params: &Params<vesta::Affine>,
    ) -> Option<VerifyingKey<vesta::Affine>> {
        let key = self.derive(params).ok()?;
        let (relation, digest) = digests(self.id, &key);
        let is_published =
            relation.to_string() == self.relation_digest && digest.to_string() == self.key_digest;
        is_published.then_some(key)
    }

    /// The proving key of a verifying key.
    pub(crate) fn proving_key(
        &self,
        params: &Params<vesta::Affine>,
        key: VerifyingKey<vesta::Affine>,
    ) -> Option<ProvingKey<vesta::Affine>> {
        let proving_key = if self.has_countries() {
            keygen_pk(params, key, &self.circuit::<true>(Value::unknown()))
        } else {
            keygen_pk(params, key, &self.circuit::<false>(Value::unknown()))
        };
        proving_key.ok()
    }
}

/// Digests of a circuit's constraints, and of the whole: the library's pinned form has the fields, the domain, every gate, lookup, copied
/// column and fixed value (as commitments) in it.
pub(crate) fn digests(id: CircuitId, key: &VerifyingKey<vesta::Affine>) -> (KeyDigest, KeyDigest) {
    let mut relation = Sha256::new();
    relation.update(RELATION_TAG);
    relation.update(format!("{:?}", key.pinned()));
    let relation = KeyDigest(relation.finalize().into());
    let mut digest = Sha256::new();
    digest.update(KEY_TAG);
    digest.update(format!("{id}\n{K}\n"));
    digest.update(relation.0);
    (relation, KeyDigest(digest.finalize().into()))
}
