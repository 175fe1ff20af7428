//! Bytes to a field element: RFC 9380, `hash_to_field` with `expand_message_xmd` over SHA-256.
//!
//! m = 1, L = 48 (254-bit modulus, 128-bit security), count = 1. arkworks' `DefaultFieldHasher` pads with L bytes where
//! the RFC pads with the hash's block size, so it is not used; the RFC's vectors are below.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use sha2::{Digest, Sha256};

/// ceil((ceil(log2(r)) + 128) / 8).
const L: usize = 48;
const BLOCK_BYTES: usize = 64;
const OUTPUT_BYTES: usize = 32;

/// Hashes `message` to the field, in the domain that `dst` names (1 to 255 bytes, one constant per use).
#[must_use]
pub fn hash_to_field(dst: &[u8], message: &[u8]) -> Fr {
    Fr::from_be_bytes_mod_order(&expand_message_xmd::<L>(dst, message))
}

/// RFC 9380, section 5.3.1.
pub(crate) fn expand_message_xmd<const N: usize>(dst: &[u8], message: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * OUTPUT_BYTES, "the RFC's limit: ell <= 255") };
    debug_assert!((1..=255).contains(&dst.len()));
    let length = [(N >> 8) as u8, N as u8];
    let dst_length = [dst.len() as u8];
    let finish = |hash: Sha256| hash.chain_update(dst).chain_update(dst_length).finalize();

    let b_0 = finish(
        Sha256::new()
            .chain_update([0; BLOCK_BYTES])
            .chain_update(message)
            .chain_update(length)
            .chain_update([0]),
    );
    let mut output = [0; N];
    let mut previous = [0; OUTPUT_BYTES];
    for (chunk, i) in output.chunks_mut(OUTPUT_BYTES).zip(1u8..) {
        // b_0 XOR b_(i−1), with b_0 alone for the first.
        let mixed: [u8; OUTPUT_BYTES] = std::array::from_fn(|j| b_0[j] ^ previous[j]);
        previous = finish(Sha256::new().chain_update(mixed).chain_update([i])).into();
        chunk.copy_from_slice(&previous[..chunk.len()]);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9380, appendix K.1.
    #[test]
    fn vectors_of_the_rfc() {
        let dst = b"QUUX-V01-CS02-with-expander-SHA256-128";
        let short = |message: &[u8]| hex::encode(expand_message_xmd::<0x20>(dst, message));
        assert_eq!(
            short(b""),
            "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"
        );
        assert_eq!(
            short(b"abc"),
            "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"
        );
        assert_eq!(
            hex::encode(expand_message_xmd::<0x80>(dst, b"abc")),
            "abba86a6129e366fc877aab32fc4ffc70120d8996c88aee2fe4b32d6c7b6437a\
             647e6c3163d40b76a73cf6a5674ef1d890f95b664ee0afa5359a5c4e07985635\
             bbecbac65d747d3d2da7ec2b8221b17b0ca9dc8a1ac1c07ea6a1e60583e2cb00\
             058e77b7b72a298425cd1b941ad4ec65e8afc50303a22c0f99b0509b4c895f40"
        );
    }

    #[test]
    fn domains_are_separate() {
        assert_ne!(hash_to_field(b"A", b"x"), hash_to_field(b"B", b"x"));
        assert_ne!(hash_to_field(b"AB", b"x"), hash_to_field(b"A", b"Bx"));
    }
}
