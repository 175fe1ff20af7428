//! Files of powers: one that snarkjs made, and everything that is none.

use std::io::Cursor;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr as _;

use super::*;

/// Power 4, one contribution and a beacon; see the folder's README.
pub(super) const PTAU: &[u8] = include_bytes!("../fixtures/toy.ptau");
const PTAU_DIGEST: &str = include_str!("../fixtures/toy.ptau.b2sum");

/// Where sections begin in it: number, length, content.
fn section(number: u32) -> std::ops::Range<usize> {
    let mut at = 12;
    loop {
        let word = |at: usize| u32::from_le_bytes(PTAU[at..at + 4].try_into().unwrap());
        let length = word(at + 4) as usize;
        let content = at + 12..at + 12 + length;
        if word(at) == number {
            return content;
        }
        at = content.end;
    }
}

fn read(bytes: &[u8]) -> Result<Powers, PtauError> {
    read_powers(Cursor::new(bytes), 3)
}

fn refused(change: impl FnOnce(&mut Vec<u8>)) -> PtauError {
    let mut bytes = PTAU.to_vec();
    change(&mut bytes);
    read(&bytes).unwrap_err()
}

#[test]
fn a_file_of_snarkjs_is_read_and_holds() {
    let powers = read(PTAU).unwrap();
    assert_eq!(powers.check(&mut rng()), Ok(()));
    let origin = powers.origin();
    assert_eq!((origin.power, origin.contributions), (4, 2));
    let listed = PTAU_DIGEST.split_whitespace().next().unwrap();
    assert_eq!(origin.digest.to_string(), format!("blake2b:{listed}"));
    // No more than was asked for.
    assert_eq!(powers.tau_g1.len(), 15);
    assert_eq!(powers.tau_g2.len(), 8);
    let all = read_powers(PTAU, 4).unwrap();
    assert_eq!(all.check(&mut rng()), Ok(()));
    assert_eq!(all.tau_g1[..15], powers.tau_g1[..]);
    assert_eq!(all.origin(), origin);
}

#[test]
fn what_is_written_is_read() {
    let powers = Powers::rehearsal(3);
    let mut bytes = Vec::new();
    let origin = write_powers(&powers, &mut bytes).unwrap();
    let again = read(&bytes).unwrap();
    assert_eq!(*again.origin(), origin);
    assert_eq!(again.tau_g1, powers.tau_g1);
    assert_eq!(again.tau_g2, powers.tau_g2);
    assert_eq!(again.beta_g2, powers.beta_g2);
    assert_eq!(again.check(&mut rng()), Ok(()));
    assert!(again.is_rehearsal());
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    for end in (0..PTAU.len()).step_by(61).chain([PTAU.len() - 1]) {
        let error = read(&PTAU[..end]).unwrap_err();
        match end {
            0..4 => assert_eq!(error, PtauError::NotPtau),
            _ => assert!(matches!(error, PtauError::Truncated(_)), "{end}: {error}"),
        }
    }
}

#[test]
fn what_is_no_such_file_is_told_apart() {
    let header = section(1);
    assert_eq!(refused(|b| b[0] = b'z'), PtauError::NotPtau);
    assert_eq!(
        refused(|b| *b = b"%PDF-1.7 and so on".to_vec()),
        PtauError::NotPtau
    );
    assert_eq!(refused(|b| b[4] = 2), PtauError::Version(2));
    assert_eq!(refused(|b| b[8] = 200), PtauError::UnexpectedSection(200));
    assert_eq!(refused(|b| b[header.start + 4] ^= 1), PtauError::WrongCurve);
    // BLS12-381 has 48 bytes.
    assert_eq!(refused(|b| b[header.start] = 48), PtauError::WrongCurve);
    assert_eq!(
        refused(|b| b[header.start + 36] = 29),
        PtauError::TooLarge(29)
    );
    assert_eq!(
        refused(|b| b[header.start + 36] = 2),
        PtauError::TooSmall {
            power: 2,
            needed: 3
        }
    );
    // Lengths that fit another power.
    let error = refused(|b| b[header.start + 36] = 5);
    assert!(matches!(error, PtauError::SectionLength { expected, .. } if expected == 63 * 64));
    assert_eq!(
        refused(|b| b[section(2).start - 12] = 9),
        PtauError::UnexpectedSection(9)
    );
    assert_eq!(
        refused(|b| b[section(2).start - 12] = 77),
        PtauError::UnexpectedSection(77)
    );
    assert_eq!(
        refused(|b| b[section(3).start - 12] = 2),
        PtauError::UnexpectedSection(2)
    );
    // The header second.
    assert_eq!(
        refused(|b| drop(b.drain(header.start - 12..header.end))),
        PtauError::UnexpectedSection(2)
    );
    assert_eq!(refused(|b| b.push(0)), PtauError::TrailingBytes);
    assert_eq!(
        refused(|b| {
            b.truncate(section(7).start - 12);
            b[8] = 6;
        }),
        PtauError::MissingSection("the contributions")
    );
}

#[test]
fn points_that_are_none_are_refused() {
    let invalid = |section, index| PtauError::InvalidPoint { section, index };
    let g1 = "the powers of tau in G1";
    let at = section(2).start + 3 * 64;
    assert_eq!(refused(|b| b[at] ^= 1), invalid(g1, 3));
    assert_eq!(refused(|b| b[at..at + 64].fill(0)), invalid(g1, 3));
    assert_eq!(refused(|b| b[at..at + 32].fill(0xff)), invalid(g1, 3));
    let g2 = "the powers of tau in G2";
    let at = section(3).start + 5 * 128;
    assert_eq!(refused(|b| b[at] ^= 1), invalid(g2, 5));
    // On the curve, outside the subgroup.
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let mut bytes = Vec::new();
    points::write(&outside, points::Form::Montgomery, &mut bytes);
    let error = refused(|b| b[at..at + 128].copy_from_slice(&bytes));
    assert_eq!(error, invalid(g2, 5));
}

#[test]
fn a_reader_that_fails_is_no_short_file() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::PermissionDenied.into())
        }
    }
    let error = read_powers(Broken, 3).unwrap_err();
    assert_eq!(
        error,
        PtauError::Unreadable(std::io::ErrorKind::PermissionDenied)
    );
}

#[test]
fn false_powers_are_found() {
    type Change = fn(&mut Powers);
    let changes: [(Change, PowersError); 12] = [
        (|p| p.tau_g1[0] = p.tau_g1[1], PowersError::First),
        (|p| p.tau_g2[0] = p.tau_g2[1], PowersError::First),
        (|p| p.tau_g1.truncate(1), PowersError::First),
        (|p| p.alpha_tau_g1.clear(), PowersError::First),
        (
            |p| p.tau_g1[1] = G1Affine::generator(),
            PowersError::NoContribution,
        ),
        (
            |p| p.alpha_tau_g1[0] = G1Affine::generator(),
            PowersError::NoContribution,
        ),
        (
            |p| p.beta_tau_g1[0] = G1Affine::generator(),
            PowersError::NoContribution,
        ),
        (|p| p.tau_g1.swap(13, 14), PowersError::TauG1),
        (|p| p.tau_g2.swap(2, 7), PowersError::TauG2),
        (|p| p.alpha_tau_g1.swap(0, 7), PowersError::Alpha),
        (|p| p.beta_tau_g1.swap(6, 7), PowersError::Beta),
        (|p| p.beta_g2 = p.tau_g2[1], PowersError::BetaG2),
    ];
    for (i, (change, expected)) in changes.into_iter().enumerate() {
        let mut powers = read(PTAU).unwrap();
        change(&mut powers);
        assert_eq!(powers.check(&mut rng()), Err(expected), "{i}");
        let begun = Ceremony::begin(&circuit(), &powers, &mut rng()).map(drop);
        assert_eq!(begun, Err(CeremonyError::Powers(expected)));
    }
    // Powers of another tau in G2 are powers, but not these.
    let mut powers = Powers::from_seed(&[1; 32], 3);
    powers.tau_g2 = Powers::from_seed(&[2; 32], 3).tau_g2;
    assert_eq!(powers.check(&mut rng()), Err(PowersError::TauG1));
}

/// A fresh file of snarkjs, to which nobody has contributed.
#[test]
fn powers_without_contribution_are_refused() {
    let powers = Powers::from_secrets([1u64; 3].map(Fr::from), 3);
    assert_eq!(powers.check(&mut rng()), Err(PowersError::NoContribution));
}
