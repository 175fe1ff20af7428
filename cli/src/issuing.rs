//! Signing credentials: each under every suite that there is a key of and the holder gave a commitment for.

use anyhow::{Result, bail};
use rand::rngs::OsRng;
use zapiki_core::credential::{Credential, IssuerSignature};
use zapiki_core::day::Day;
use zapiki_core::suites::rescue_merkle::Digest;
use zapiki_core::suites::{SuiteId, bjj_poseidon};

use crate::commitments::Commitments;
use crate::issuer_secret::IssuerSecret;

/// What came of it.
pub(crate) struct Issued {
    /// In the order of the subjects.
    pub(crate) credentials: Vec<Credential>,
    /// For each suite that somebody was not signed under for want of a commitment, how many.
    pub(crate) without_commitment: Vec<(SuiteId, usize)>,
}

/// Signs credentials, each beside its holder's commitments; those under `rescue-merkle-ed25519` together.
pub(crate) fn issue(
    subjects: Vec<(Credential, Commitments)>,
    keys: &[IssuerSecret],
    today: Day,
) -> Result<Issued> {
    for (i, key) in keys.iter().enumerate() {
        let suite = key.issuer().suite();
        if keys[..i]
            .iter()
            .any(|other| other.issuer().suite() == suite)
        {
            bail!("two keys of suite {suite}; a credential has one signature of each");
        }
    }
    let (mut credentials, commitments): (Vec<_>, Vec<_>) = subjects.into_iter().unzip();
    let mut without_commitment = Vec::new();
    for key in keys {
        let mut signed = 0;
        match key {
            // That suite's commitment is an attribute: everybody has one.
            IssuerSecret::BjjPoseidonBn254(key) => {
                for credential in &mut credentials {
                    let signature = IssuerSignature {
                        issuer_key: key.public_key(),
                        signature: bjj_poseidon::sign(key, &credential.attributes.digest()),
                    };
                    credential.signatures.bjj_poseidon_bn254 = Some(signature);
                    signed += 1;
                }
            }
            IssuerSecret::PallasPoseidon(key) => {
                for (credential, commitments) in credentials.iter_mut().zip(&commitments) {
                    if let Some(commitment) = commitments.pallas_poseidon {
                        credential.sign_pallas(commitment, key);
                        signed += 1;
                    }
                }
            }
            IssuerSecret::RescueMerkleEd25519(key) => {
                let (places, mut batch): (Vec<usize>, Vec<(Credential, Digest)>) = credentials
                    .iter()
                    .zip(&commitments)
                    .enumerate()
                    .filter_map(|(i, (credential, commitments))| {
                        let commitment = commitments.rescue_merkle_ed25519?;
                        Some((i, (credential.clone(), commitment)))
                    })
                    .unzip();
                signed = batch.len();
                if !batch.is_empty() {
                    Credential::sign_batch(&mut batch, key, today, &mut OsRng)?;
                }
                for (place, (credential, _)) in places.into_iter().zip(batch) {
                    credentials[place] = credential;
                }
            }
        }
        if signed < credentials.len() {
            without_commitment.push((key.issuer().suite(), credentials.len() - signed));
        }
    }
    if credentials
        .iter()
        .any(|credential| credential.signatures.issuers().next().is_none())
    {
        bail!(
            "nothing to sign: the holder gave no commitment under the suite of any key; pass --holder-commitment \
             SUITE=0x… with what `zapiki holder keygen` printed"
        );
    }
    Ok(Issued {
        credentials,
        without_commitment,
    })
}
