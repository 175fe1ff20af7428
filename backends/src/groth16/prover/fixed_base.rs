//! Σ sᵢ·Pᵢ for points that are known long before the scalars.
//!
//! Pippenger's buckets (SIAM Journal on Computing 9(2), 1980; as in Bernstein, Doumen, Lange and Oosterwijk, "Faster Batch
//! Forgery Identification", INDOCRYPT 2012, section 4), over precomputed multiples: with 2ʷʲ·Pᵢ at hand for every window j
//! (Brickell, Gordon, McCurley and Wilson, "Fast Exponentiation with Precomputation", EUROCRYPT '92), the digits of all
//! windows go into one set of buckets, and nothing is doubled. Per sum:
//!
//! 1. each digit that is not zero is an entry: which multiple, with which sign, for which bucket;
//! 2. entries are sorted by bucket (counting sort), so that a bucket is a list;
//! 3. [`ListSums`] adds up the lists, ranges of buckets in parallel;
//! 4. Σ d·S_d over the buckets' sums S_d: with d − 1 = 2ᵐ·row + column it needs the sums of rows and columns alone, again
//!    lists, and then a running sum over each of these two short sides.
//!
//! Memory: one point per base and window. Points at infinity are left out. The time depends on the scalars.

use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr as _, CurveGroup as _};
use ark_ff::{AdditiveGroup as _, Zero as _};
use rayon::prelude::*;
use zeroize::Zeroize;

use super::scalars::{SignedScalar, window_count};
use super::sums::{Coordinate, ListSums, Point, projective};
use super::wiped::Wiped;

/// How many entries are added up at a time: enough to share an inversion, few enough for a core's own cache.
const RANGE_ENTRIES: usize = 1 << 14;

/// How many bases are precomputed at a time, to share an inversion.
const PRECOMPUTED_TOGETHER: usize = 64;

/// Widths beyond these never pay for the circuits there are; the upper one also bounds the memory for buckets.
const WIDTHS: std::ops::RangeInclusive<u32> = 4..=16;

/// Points with their multiples, each to be multiplied with one scalar of a vector.
pub(super) struct FixedBases<P: SWCurveConfig> {
    /// Which scalar each base is multiplied with.
    columns: Vec<u32>,
    /// 2ʷʲ·Pᵢ at i·windows + j.
    multiples: Vec<Point<P::BaseField>>,
    /// w, in bits.
    width: u32,
}

/// The width that needs the fewest additions for so many bases, if all scalars are long: one per digit, two per bucket.
fn best_width(bases: usize) -> u32 {
    let additions = |width: &u32| bases * window_count(*width) + (1 << width);
    WIDTHS.min_by_key(additions).unwrap_or(*WIDTHS.start())
}

impl<P: SWCurveConfig> FixedBases<P>
where
    P::BaseField: Coordinate,
{
    /// Precomputes, on the threads of the pool that calls. A term is the index of a scalar and its base.
    pub(super) fn new(terms: impl IntoIterator<Item = (usize, Affine<P>)>) -> Self {
        let (columns, bases): (Vec<u32>, Vec<Affine<P>>) = terms
            .into_iter()
            .filter(|(_, base)| !base.is_zero())
            .map(|(column, base)| (column as u32, base))
            .unzip();
        let width = best_width(bases.len());
        let windows = window_count(width);
        let mut multiples = vec![Point::IDENTITY; bases.len() * windows];
        multiples
            .par_chunks_mut(PRECOMPUTED_TOGETHER * windows)
            .zip(bases.par_chunks(PRECOMPUTED_TOGETHER))
            .for_each(|(multiples, bases)| precompute(multiples, bases, width));
        Self {
            columns,
            multiples,
            width,
        }
    }

    /// What the multiples take, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.multiples.len() * size_of::<Point<P::BaseField>>()
    }

    /// The sum. There must be a scalar for each index.
    pub(super) fn sum(&self, scalars: &[SignedScalar]) -> Projective<P> {
        let buckets = 1 << (self.width - 1);
        let (entries, ends) = self.sorted_entries(scalars, buckets);
        let mut sums = Wiped::filled(Point::IDENTITY, buckets);
        let read = |entry: usize| {
            let Entry(entry) = entries[entry];
            self.multiples[(entry >> 1) as usize].signed(entry & 1 == 1)
        };
        ranges(&ends, &mut sums).into_par_iter().for_each_init(
            ListSums::<P>::new,
            |lists, (first, ends, sums)| {
                let mut start = first;
                let lens = ends.iter().map(|end| {
                    let len = *end - start;
                    start = *end;
                    len
                });
                lists.sum(lens, |i| read(first + i), sums);
            },
        );
        weigh(&sums)
    }

    /// All entries, bucket by bucket, and where each bucket ends.
    fn sorted_entries(
        &self,
        scalars: &[SignedScalar],
        buckets: usize,
    ) -> (Wiped<Entry>, Wiped<usize>) {
        let windows = window_count(self.width);
        let mut ends = Wiped::filled(0usize, buckets);
        for column in &self.columns {
            scalars[*column as usize]
                .for_each_digit(self.width, |digit| ends[digit.magnitude - 1] += 1);
        }
        let mut total = 0;
        for end in ends.iter_mut() {
            // For now where it starts.
            (*end, total) = (total, total + *end);
        }
        let mut entries = Wiped::filled(Entry(0), total);
        for (base, column) in self.columns.iter().enumerate() {
            scalars[*column as usize].for_each_digit(self.width, |digit| {
                let multiple = (base * windows + digit.window) as u32;
                let place = &mut ends[digit.magnitude - 1];
                entries[*place] = Entry(multiple << 1 | u32::from(digit.is_negative));
                *place += 1;
            });
        }
        (entries, ends)
    }
}

/// A digit of a scalar: the index of its multiple, and in the lowest bit its sign.
#[derive(Clone, Copy)]
struct Entry(u32);

impl Zeroize for Entry {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Fills in the multiples of some bases.
fn precompute<P: SWCurveConfig>(
    multiples: &mut [Point<P::BaseField>],
    bases: &[Affine<P>],
    width: u32,
) {
    let windows = window_count(width);
    let mut powers = Vec::with_capacity(multiples.len());
    for base in bases {
        let mut power = Projective::from(*base);
        powers.push(power);
        for _ in 1..windows {
            for _ in 0..width {
                power.double_in_place();
            }
            powers.push(power);
        }
    }
    for (multiple, power) in multiples
        .iter_mut()
        .zip(Projective::normalize_batch(&powers))
    {
        *multiple = power.into();
    }
}

/// A range of buckets: where its entries start, where each bucket ends, its sums.
type Range<'a, F> = (usize, &'a [usize], &'a mut [Point<F>]);

/// Cuts the buckets into ranges of about [`RANGE_ENTRIES`].
fn ranges<'a, F>(mut ends: &'a [usize], mut sums: &'a mut [Point<F>]) -> Vec<Range<'a, F>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while !ends.is_empty() {
        let buckets = ends
            .partition_point(|end| *end <= start + RANGE_ENTRIES)
            .max(1);
        let (own_ends, later_ends) = ends.split_at(buckets);
        let (own_sums, later_sums) = sums.split_at_mut(buckets);
        ranges.push((start, own_ends, own_sums));
        start = own_ends[buckets - 1];
        (ends, sums) = (later_ends, later_sums);
    }
    ranges
}

/// Σ (i + 1)·Sᵢ over 2ᵏ sums.
fn weigh<P: SWCurveConfig>(sums: &[Point<P::BaseField>]) -> Projective<P>
where
    P::BaseField: Coordinate,
{
    let columns_log = sums.len().ilog2() / 2;
    let columns = 1 << columns_log;
    let rows = sums.len() / columns;
    let of_rows = || {
        let mut of_rows = Wiped::filled(Point::IDENTITY, rows);
        let lens = std::iter::repeat_n(columns, rows);
        ListSums::<P>::new().sum(lens, |i| sums[i], &mut of_rows);
        // The first row's weight is zero.
        weigh_short::<P>(&of_rows[1..])
    };
    let of_columns = || {
        let mut of_columns = Wiped::filled(Point::IDENTITY, columns);
        let lens = std::iter::repeat_n(rows, columns);
        let read = |i| sums[i % rows * columns + i / rows];
        ListSums::<P>::new().sum(lens, read, &mut of_columns);
        weigh_short::<P>(&of_columns)
    };
    let (mut weighed, of_columns) = rayon::join(of_rows, of_columns);
    for _ in 0..columns_log {
        weighed.double_in_place();
    }
    weighed + of_columns
}

/// Σ (i + 1)·Sᵢ, two additions each.
fn weigh_short<P: SWCurveConfig>(sums: &[Point<P::BaseField>]) -> Projective<P> {
    let mut running = Projective::zero();
    let mut weighed = Projective::zero();
    for sum in sums.iter().rev() {
        running += projective::<P>(sum);
        weighed += running;
    }
    weighed
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, g1, g2};
    use ark_ff::{One as _, UniformRand as _};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn naive<P: SWCurveConfig<ScalarField = Fr>>(
        terms: &[(usize, Affine<P>)],
        scalars: &[Fr],
    ) -> Projective<P> {
        terms
            .iter()
            .map(|(column, base)| *base * scalars[*column])
            .sum()
    }

    /// On one thread and on two.
    fn check<P: SWCurveConfig<ScalarField = Fr>>(terms: &[(usize, Affine<P>)], scalars: &[Fr])
    where
        P::BaseField: Coordinate,
    {
        let expected = naive(terms, scalars);
        let signed: Vec<SignedScalar> = scalars.iter().map(|scalar| (*scalar).into()).collect();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let sum = pool.build().unwrap().install(|| {
                let bases = FixedBases::new(terms.iter().copied());
                bases.sum(&signed)
            });
            assert_eq!(sum, expected);
        }
    }

    /// Each kind of scalar that has a path of its own, and many that share buckets.
    fn scalars(rng: &mut ChaCha20Rng, count: usize) -> Vec<Fr> {
        (0..count)
            .map(|i| match i % 8 {
                0 => Fr::zero(),
                1 => Fr::one(),
                2 => -Fr::one(),
                3 => Fr::from(i as u64),
                4 => -Fr::from(i as u64),
                5 => Fr::from(1u64 << (i % 64)),
                _ => Fr::rand(rng),
            })
            .collect()
    }

    fn agrees_on<P: SWCurveConfig<ScalarField = Fr>>()
    where
        P::BaseField: Coordinate,
    {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        // The last is wide enough for several ranges of buckets.
        for count in [0, 1, 2, 3, 17, 1000] {
            let scalars = scalars(&mut rng, count);
            let terms: Vec<_> = (0..count).map(|i| (i, Affine::rand(&mut rng))).collect();
            check::<P>(&terms, &scalars);
        }
    }

    #[test]
    fn sums_agree_with_multiplications_one_by_one() {
        agrees_on::<g1::Config>();
        agrees_on::<g2::Config>();
    }

    /// P + P, P − P and the identity, in buckets and between them.
    fn survives_clashes<P: SWCurveConfig<ScalarField = Fr>>()
    where
        P::BaseField: Coordinate,
    {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let point = Affine::<P>::rand(&mut rng);
        let twice = (point + point).into_affine();
        let identity = Affine::<P>::zero();
        let scalar = Fr::rand(&mut rng);
        for bases in [
            vec![point; 2],
            vec![point; 7],
            vec![point, -point],
            vec![point, -point, point],
            vec![point, point, -twice],
            vec![point, point, -point, -point, twice],
            vec![identity],
            vec![identity, point, identity],
        ] {
            let same: Vec<_> = bases.iter().map(|base| (0, *base)).collect();
            for scalar in [Fr::zero(), Fr::one(), -Fr::one(), Fr::from(3u8), scalar] {
                check(&same, &[scalar]);
            }
            let own: Vec<_> = bases.iter().copied().enumerate().collect();
            let mut scalars = vec![scalar; bases.len()];
            check(&own, &scalars);
            // Opposite digits: the same point with both signs in one bucket.
            scalars[0] = -scalar;
            check(&own, &scalars);
        }
    }

    #[test]
    fn equal_and_opposite_points_meet_in_a_bucket() {
        survives_clashes::<g1::Config>();
        survives_clashes::<g2::Config>();
    }

    #[test]
    fn points_at_infinity_take_no_memory() {
        let terms = [(0, Affine::<g1::Config>::zero()), (1, Affine::zero())];
        assert_eq!(FixedBases::new(terms).bytes(), 0);
    }
}
