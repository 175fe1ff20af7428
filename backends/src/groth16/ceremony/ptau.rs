//! `.ptau`: snarkjs' file of powers of tau, the result of a first phase, read strictly and in one pass.
//!
//! `ptau`, a version, a number of sections; each section has a number, a length and its content. All integers are little-endian.
//!
//! | section | content, for power p and n = 2ᵖ |
//! | --- | --- |
//! | 1 | bytes per element, modulus of Fq, p, the p of the ceremony that the file was cut from |
//! | 2 | τⁱ in G1 for i < 2n − 1 |
//! | 3 | τⁱ in G2 for i < n |
//! | 4, 5 | α·τⁱ and β·τⁱ in G1 for i < n |
//! | 6 | β in G2 |
//! | 7 | the first phase's contributions |
//! | 12 to 15 | the same powers in the Lagrange basis, if the file is "prepared"; they are computed again, not believed |
//!
//! No more of a section is kept than a circuit needs, so a file of any length takes no more memory than a small one. All of it is
//! hashed: the digest is the one that the published files are listed with.

use std::io::{self, Read, Write};

use ark_bn254::Fq;
use ark_ec::AffineRepr as _;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInteger as _, PrimeField as _};
use blake2::{Blake2b512, Digest as _};
use rayon::iter::{IndexedParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;
use thiserror::Error;

use super::points::{self, Coordinate, Form, G1_BYTES, G2_BYTES};
use super::powers::{Powers, PowersOrigin};
use crate::digest::Blake2bDigest;

const MAGIC: &[u8; 4] = b"ptau";
const VERSION: u32 = 1;
const ELEMENT_BYTES: u32 = 32;

/// The largest power: the field has roots of unity of order 2²⁸ and no more.
pub const POWER_MAX: u32 = 28;

/// The most sections: eleven are known.
const SECTIONS_MAX: u32 = 16;

/// The highest number of a section.
const SECTION_MAX: usize = 15;

/// Sections that must be there, with what they hold.
const REQUIRED: [(usize, &str); 7] = [
    (1, "the header"),
    (2, "the powers of tau in G1"),
    (3, "the powers of tau in G2"),
    (4, "alpha times the powers of tau"),
    (5, "beta times the powers of tau"),
    (6, "beta in G2"),
    (7, "the contributions"),
];

/// A file of powers that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PtauError {
    /// It begins with something else.
    #[error("not a .ptau file: it does not begin with `ptau`")]
    NotPtau,
    /// Another version of the format.
    #[error("version {0} of the .ptau format is not known; only version {VERSION} is")]
    Version(u32),
    /// Another curve.
    #[error(
        "the powers are on another curve; powers on BN254 (snarkjs calls it `bn128`) are needed"
    )]
    WrongCurve,
    /// Fewer powers than the circuit has rows.
    #[error(
        "the file has powers up to 2^{power}; the circuit needs 2^{needed}: take a file of power {needed} or more"
    )]
    TooSmall {
        /// Of the file.
        power: u32,
        /// Of the circuit.
        needed: u32,
    },
    /// More powers than the field has roots of unity for.
    #[error("the file claims powers up to 2^{0}, more than there can be (2^{POWER_MAX})")]
    TooLarge(u32),
    /// The file ends early.
    #[error("the file ends in the middle of {0}: it is truncated; load it again")]
    Truncated(&'static str),
    /// The file goes on after its last section.
    #[error("the file goes on after its last section")]
    TrailingBytes,
    /// A section that has no place in such a file, or stands where it must not.
    #[error("section {0} is unknown, comes twice, or comes before the header")]
    UnexpectedSection(u32),
    /// A section is missing.
    #[error("the file has no section with {0}")]
    MissingSection(&'static str),
    /// A section's length does not fit the header.
    #[error("the section with {section} has {actual} bytes; {expected} fit the header")]
    SectionLength {
        /// What it holds.
        section: &'static str,
        /// As the file has it.
        actual: u64,
        /// As it must be.
        expected: u64,
    },
    /// A point off the curve, outside the subgroup, not canonical or zero.
    #[error("point {index} of {section} is no point of the group")]
    InvalidPoint {
        /// What the section holds.
        section: &'static str,
        /// From zero.
        index: usize,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::ErrorKind),
}

/// A file that is hashed as it is read.
struct Source<R> {
    inner: R,
    hash: Blake2b512,
    /// What is being read.
    part: &'static str,
}

impl<R: Read> Source<R> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), PtauError> {
        self.inner
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => PtauError::Truncated(self.part),
                kind => PtauError::Unreadable(kind),
            })?;
        self.hash.update(bytes);
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PtauError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, PtauError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, PtauError> {
        self.array().map(u64::from_le_bytes)
    }

    fn skip(&mut self, mut bytes: u64) -> Result<(), PtauError> {
        let mut buffer = [0; 64 * 1024];
        while bytes > 0 {
            let part = usize::try_from(bytes).map_or(buffer.len(), |rest| rest.min(buffer.len()));
            self.fill(&mut buffer[..part])?;
            bytes -= part as u64;
        }
        Ok(())
    }

    /// The first `wanted` of a section's `count` points.
    fn points<P: SWCurveConfig>(
        &mut self,
        length: u64,
        count: usize,
        wanted: usize,
    ) -> Result<Vec<Affine<P>>, PtauError>
    where
        P::BaseField: Coordinate,
    {
        let size = 2 * P::BaseField::BYTES;
        let section = self.part;
        self.expect(length, (count * size) as u64)?;
        let mut bytes = vec![0; wanted * size];
        self.fill(&mut bytes)?;
        self.skip(((count - wanted) * size) as u64)?;
        let read = |(index, bytes)| {
            points::read(Form::Montgomery, bytes)
                .filter(|point: &Affine<P>| !point.is_zero())
                .ok_or(PtauError::InvalidPoint { section, index })
        };
        bytes.par_chunks_exact(size).enumerate().map(read).collect()
    }

    fn expect(&self, actual: u64, expected: u64) -> Result<(), PtauError> {
        if actual == expected {
            return Ok(());
        }
        Err(PtauError::SectionLength {
            section: self.part,
            actual,
            expected,
        })
    }
}

/// Reads as many powers as a domain of 2^`needed` rows takes. They are points of the groups then, and it remains to be checked that
/// they are powers: [`Powers::check`].
///
/// # Errors
/// The file is not what it should be.
pub fn read(file: impl Read, needed: u32) -> Result<Powers, PtauError> {
    let mut source = Source {
        inner: file,
        hash: Blake2b512::new(),
        part: "the file's beginning",
    };
    let magic: [u8; 4] = match source.array() {
        Err(PtauError::Truncated(_)) => return Err(PtauError::NotPtau),
        read => read?,
    };
    if magic != *MAGIC {
        return Err(PtauError::NotPtau);
    }
    let version = source.u32()?;
    if version != VERSION {
        return Err(PtauError::Version(version));
    }
    let sections = source.u32()?;
    if sections > SECTIONS_MAX {
        return Err(PtauError::UnexpectedSection(sections));
    }

    let mut seen = [false; SECTION_MAX + 1];
    let mut power = 0;
    let mut powers = Powers::default();
    for _ in 0..sections {
        source.part = "a section's beginning";
        let number = source.u32()?;
        let length = source.u64()?;
        let unexpected = PtauError::UnexpectedSection(number);
        let index = usize::try_from(number).map_err(|_| unexpected.clone())?;
        let is_first = seen
            .get_mut(index)
            .is_some_and(|seen| !std::mem::replace(seen, true));
        let is_header = index == 1;
        // Nothing has a length before the header is known.
        if !is_first || (!is_header && !seen[1]) {
            return Err(unexpected);
        }
        source.part = REQUIRED
            .iter()
            .find(|(required, _)| *required == index)
            .map_or("powers in the Lagrange basis", |(_, part)| part);
        let (count, wanted) = (1usize << power, 1usize << needed.min(power));
        match index {
            1 => {
                power = read_header(&mut source, length)?;
                if power < needed {
                    return Err(PtauError::TooSmall { power, needed });
                }
            }
            2 => powers.tau_g1 = source.points(length, 2 * count - 1, 2 * wanted - 1)?,
            3 => powers.tau_g2 = source.points(length, count, wanted)?,
            4 => powers.alpha_tau_g1 = source.points(length, count, wanted)?,
            5 => powers.beta_tau_g1 = source.points(length, count, wanted)?,
            6 => powers.beta_g2 = source.points(length, 1, 1)?.swap_remove(0),
            7 => {
                powers.origin.contributions = source.u32()?;
                let rest = length.checked_sub(4);
                source.skip(rest.ok_or(PtauError::Truncated(source.part))?)?;
            }
            12..=15 => {
                let points = match index {
                    12 => 4 * count as u64 - 1,
                    _ => 2 * count as u64 - 1,
                };
                let size = if index == 13 { G2_BYTES } else { G1_BYTES };
                source.expect(length, points * size as u64)?;
                source.skip(length)?;
            }
            _ => return Err(unexpected),
        }
    }
    if let Some((_, part)) = REQUIRED.iter().find(|(index, _)| !seen[*index]) {
        return Err(PtauError::MissingSection(part));
    }
    source.part = "the file's end";
    if source.array::<1>() != Err(PtauError::Truncated(source.part)) {
        return Err(PtauError::TrailingBytes);
    }
    powers.origin.power = power;
    powers.origin.digest = Blake2bDigest::of(source.hash);
    Ok(powers)
}

/// The power.
fn read_header<R: Read>(source: &mut Source<R>, length: u64) -> Result<u32, PtauError> {
    if source.u32()? != ELEMENT_BYTES {
        return Err(PtauError::WrongCurve);
    }
    source.expect(length, u64::from(ELEMENT_BYTES) + 12)?;
    if source.array::<{ ELEMENT_BYTES as usize }>()?[..] != Fq::MODULUS.to_bytes_le()[..] {
        return Err(PtauError::WrongCurve);
    }
    let (power, ceremony_power) = (source.u32()?, source.u32()?);
    match power.max(ceremony_power) {
        0..=POWER_MAX => Ok(power),
        too_large => Err(PtauError::TooLarge(too_large)),
    }
}

/// Writes powers as such a file, without the Lagrange basis and without contributions.
///
/// # Errors
/// Those of the writer.
pub fn write(powers: &Powers, mut file: impl Write) -> io::Result<PowersOrigin> {
    let mut bytes = MAGIC.to_vec();
    let power = powers.domain_power();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(7u32.to_le_bytes());
    let mut header = ELEMENT_BYTES.to_le_bytes().to_vec();
    header.extend(Fq::MODULUS.to_bytes_le());
    header.extend(power.to_le_bytes());
    header.extend(power.to_le_bytes());
    write_section(1, &header, &mut bytes);
    write_points(2, &powers.tau_g1, &mut bytes);
    write_points(3, &powers.tau_g2, &mut bytes);
    write_points(4, &powers.alpha_tau_g1, &mut bytes);
    write_points(5, &powers.beta_tau_g1, &mut bytes);
    write_points(6, &[powers.beta_g2], &mut bytes);
    write_section(7, &0u32.to_le_bytes(), &mut bytes);
    file.write_all(&bytes)?;
    Ok(PowersOrigin {
        digest: Blake2bDigest::of(Blake2b512::new_with_prefix(&bytes)),
        power,
        contributions: 0,
    })
}

fn write_section(number: u32, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend(number.to_le_bytes());
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(content);
}

fn write_points<P: SWCurveConfig>(number: u32, all: &[Affine<P>], bytes: &mut Vec<u8>)
where
    P::BaseField: Coordinate,
{
    let mut content = Vec::with_capacity(all.len() * 2 * P::BaseField::BYTES);
    for point in all {
        points::write(point, Form::Montgomery, &mut content);
    }
    write_section(number, &content, bytes);
}
