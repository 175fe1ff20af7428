//! The bytes of a winterfell proof, walked before the library reads them.
//!
//! The library allocates what a length in the bytes claims before it looks whether that much follows, and asserts where it could
//! refuse: a few bytes could end the process. So every length is checked here first. All of them follow from the circuit and
//! from the number of queries that fell on different rows, but for the number of digests in an opening, which is
//! bounded. What passes here is the library's to judge; the walk itself judges nothing.

use super::layout::WIDTH;

/// Bytes of a digest.
const DIGEST_BYTES: usize = 32;
/// Bytes of a base field element.
const BASE_BYTES: usize = 8;
/// Bytes of an element of the extension field.
const EXTENSION_BYTES: usize = 3 * BASE_BYTES;
/// Rows that a constraint sees: a current and a next.
const FRAME_ROWS: u8 = 2;

/// What the lengths of a circuit's proofs follow from.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The first bytes of every proof: trace, field, parameters, constraints.
    pub(crate) context: Vec<u8>,
    pub(crate) queries_max: usize,
    /// Columns of the composition polynomial.
    pub(crate) composition: usize,
    /// Logarithm of the evaluation domain's size.
    pub(crate) domain_log: usize,
    /// Logarithm of the folding factor.
    pub(crate) folding_log: usize,
    pub(crate) fri_layers: usize,
    /// Coefficients of the remainder polynomial.
    pub(crate) remainder: usize,
}

/// Why bytes are no proof of the circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misshape {
    /// A proof with another context: another circuit's, or under other parameters.
    Context,
    /// No proof at all.
    Lengths,
}

/// Reads from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A little-endian integer of so many bytes.
    fn integer(&mut self, bytes: usize) -> Option<usize> {
        let taken = self.take(bytes)?;
        let value = taken
            .iter()
            .rev()
            .fold(0, |sum, b| sum << 8 | u64::from(*b));
        usize::try_from(value).ok()
    }

    /// winterfell's integer of variable length: the zeros at the bottom of the first byte say how many more there are.
    fn variable(&mut self) -> Option<usize> {
        let bytes = self.0.first()?.trailing_zeros() as usize + 1;
        if bytes > 8 {
            self.take(1)?;
            return self.integer(8);
        }
        Some(self.integer(bytes)? >> bytes)
    }

    fn demand(&mut self, expected: usize, read: impl Fn(&mut Self) -> Option<usize>) -> Option<()> {
        (read(self)? == expected).then_some(())
    }

    /// Openings of a Merkle tree of this depth: a list of digests per pair of neighbouring leaves.
    fn opening(&mut self, length: usize, depth: usize, leaves_max: usize) -> Option<()> {
        let mut opening = Reader(self.take(length)?);
        opening.demand(depth, |r| r.integer(1))?;
        let lists = opening.variable()?;
        if lists > leaves_max {
            return None;
        }
        for _ in 0..lists {
            let digests = opening.variable()?;
            if digests > depth {
                return None;
            }
            opening.take(digests * DIGEST_BYTES)?;
        }
        opening.0.is_empty().then_some(())
    }
}

impl Shape {
    /// Walks the bytes from end to end.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), Misshape> {
        let rest = bytes
            .strip_prefix(&self.context[..])
            .ok_or(Misshape::Context)?;
        self.check_rest(rest).ok_or(Misshape::Lengths)
    }

    fn check_rest(&self, rest: &[u8]) -> Option<()> {
        let mut reader = Reader(rest);
        let queries = reader.integer(1)?;
        if !(1..=self.queries_max).contains(&queries) {
            return None;
        }

        // Trace, composition, layers, remainder.
        let commitments = (2 + self.fri_layers + 1) * DIGEST_BYTES;
        reader.demand(commitments, |r| r.integer(2))?;
        reader.take(commitments)?;

        let rows = [WIDTH * BASE_BYTES, self.composition * EXTENSION_BYTES];
        for row in rows {
            reader.demand(queries * row, Reader::variable)?;
            reader.take(queries * row)?;
            let length = reader.variable()?;
            reader.opening(length, self.domain_log, queries)?;
        }

        for columns in [WIDTH, self.composition] {
            let frame = 1 + usize::from(FRAME_ROWS) * columns * EXTENSION_BYTES;
            reader.demand(frame, |r| r.integer(2))?;
            let frame = reader.take(frame)?;
            if frame.first() != Some(&FRAME_ROWS) {
                return None;
            }
        }

        reader.demand(self.fri_layers, |r| r.integer(1))?;
        let coset = EXTENSION_BYTES << self.folding_log;
        for layer in 1..=self.fri_layers {
            let values = reader.integer(4)?;
            let cosets = values / coset;
            if values % coset != 0 || !(1..=queries).contains(&cosets) {
                return None;
            }
            reader.take(values)?;
            let length = reader.integer(4)?;
            let depth = self.domain_log - layer * self.folding_log;
            reader.opening(length, depth, cosets)?;
        }
        let remainder = self.remainder * EXTENSION_BYTES;
        reader.demand(remainder, |r| r.integer(2))?;
        reader.take(remainder)?;
        // One partition, as a logarithm.
        reader.demand(0, |r| r.integer(1))?;

        // The nonce of the proof of work.
        reader.take(8)?;
        reader.0.is_empty().then_some(())
    }
}
