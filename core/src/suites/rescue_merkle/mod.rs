//! Suite `rescue-merkle-ed25519`: Rescue-Prime over Goldilocks, a Merkle tree, and Ed25519 over its root.
//!
//! A STARK proves hashing cheaply and curve arithmetic dearly. So nothing on a curve is in the proof: a credential's attributes
//! hash to a leaf, leaves hash to a root, and the issuer signs the root, which every verifier checks outside the proof.
//!
//! | file | subject |
//! | --- | --- |
//! | [`digest`] | four field elements and their text form |
//! | [`rescue`] | the sponge and its domains |
//! | [`holder`] | the holder's secret, commitment and nullifier |
//! | [`leaf`] | a credential as field elements |
//! | [`tree`] | the tree of a batch, and paths |
//! | [`root`] | the issuer's key and its signature over a root |
//! | [`batch`] | issuing, and the check of what was issued |
//!
//! Ed25519 is not post-quantum, the proof is: an adversary with a quantum computer cannot forge a proof for an honest root, but
//! can sign a root of its own. A deployment that must withstand one replaces the signature alone (ML-DSA, FIPS 204, or
//! SLH-DSA, FIPS 205): no circuit knows of it.
//!
//! What a root tells: it is in every proof. Proofs from one tree are linkable to one another as "from this batch", and a
//! tree of one credential names it. An issuer who cares for its holders' privacy issues in large batches.

mod batch;
mod digest;
mod holder;
mod leaf;
mod rescue;
mod root;
mod tree;

pub use winter_math::fields::f64::BaseElement;

pub use batch::{LeafSignature, Member, issue};
pub use digest::{Digest, DigestError};
pub use holder::{HolderKey, holder_commitment, nullifier, scope_elements};
pub use leaf::{ABSENT, LEAF_ELEMENTS, Place, SCHEMA_PERSON_V1, leaf_elements};
pub use rescue::{Domain, RATE, STATE_WIDTH, hash, initial_state};
pub use root::{BatchRoot, PublicKey, RootSignature, RootSignatureError, SecretKey};
pub use tree::{DEPTH, Path, PathError, merge};
