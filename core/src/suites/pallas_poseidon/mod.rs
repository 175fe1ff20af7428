//! Suite `pallas-poseidon`: Poseidon over Pallas' base field and Schnorr signatures on Pallas, as Zcash's Orchard has hash and curve.
//!
//! The base field of Pallas is the scalar field of Vesta, over which halo2 proves: so a circuit checks a signature with native
//! arithmetic.
//!
//! | file | subject |
//! | --- | --- |
//! | [`element`] | field elements, their text form, bytes to the field |
//! | [`poseidon`] | the hash |
//! | [`point`] | points and their encoding |
//! | [`holder`] | the holder's secret, commitment and nullifier |
//! | [`schnorr`] | keys and signatures |
//! | [`encoding`] | a credential as field elements, and the signature over it |

mod element;
mod encoding;
mod holder;
mod point;
mod poseidon;
mod schnorr;

pub use pasta_curves::pallas::{Affine, Base, Scalar};

pub use element::{Element, ElementError, hash_to_field};
pub use encoding::{ABSENT, CredentialSignature, SCHEMA_PERSON_V1, digest, encode};
pub use holder::{
    HOLDER_TAG, HolderKey, NULLIFIER_TAG, holder_commitment, nullifier, scope_element,
};
pub use point::{KeyError, Point};
pub use poseidon::poseidon;
pub use schnorr::{
    PublicKey, SIGNATURE_TAG, SecretKey, Signature, SignatureError, challenge, sign, verify,
};
