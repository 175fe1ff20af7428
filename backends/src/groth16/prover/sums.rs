//! Sums of many short lists of points, in affine coordinates.
//!
//! An affine addition takes one inversion and three multiplications; the inversions of many additions take one
//! inversion in all and three multiplications each (Montgomery, "Speeding the Pollard and Elliptic Curve Methods of
//! Factorization", 1987, section 10.3.1). That makes six in all, where a mixed addition in Jacobian coordinates takes eleven. So each
//! list is added up as a tree: in one round all lists are halved, pair by pair.
//!
//! The affine formula does not cover P + P, P − P and the identity. Each pair is looked at, and such a one is added by arkworks in
//! Jacobian coordinates.

use ark_bn254::{Fq, Fq2};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr as _, CurveGroup as _};
use ark_ff::{Field, One as _, Zero as _};
use zeroize::Zeroize;

use super::wiped::Wiped;

/// A field of coordinates: Fq, or an extension in which an inverse comes from that of a norm in Fq. So the inversions that
/// additions share are those of Fq alone (Itoh and Tsujii, Information and Computation 78(3), 1988).
pub(super) trait Coordinate: Field + Zeroize {
    /// Zero for zero alone.
    fn norm(&self) -> Fq;

    /// One over it, given one over its norm.
    fn inverse_by_norm(&self, inverse: Fq) -> Self;
}

impl Coordinate for Fq {
    fn norm(&self) -> Fq {
        *self
    }

    fn inverse_by_norm(&self, inverse: Fq) -> Self {
        inverse
    }
}

/// With u² = −1: (c₀ + c₁·u)·(c₀ − c₁·u) = c₀² + c₁².
impl Coordinate for Fq2 {
    fn norm(&self) -> Fq {
        self.c0.square() + self.c1.square()
    }

    fn inverse_by_norm(&self, inverse: Fq) -> Self {
        Self::new(self.c0 * inverse, -(self.c1 * inverse))
    }
}

/// An affine point. The identity is (0, 0): no point of odd order has y = 0. Aligned to cache lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Point<F> {
    x: F,
    y: F,
}

impl<F: Field> Point<F> {
    pub(super) const IDENTITY: Self = Self {
        x: F::ZERO,
        y: F::ZERO,
    };

    fn is_identity(&self) -> bool {
        self.y.is_zero()
    }

    /// Its negative, if `is_negative`.
    pub(super) fn signed(mut self, is_negative: bool) -> Self {
        if is_negative {
            self.y = -self.y;
        }
        self
    }
}

impl<P: SWCurveConfig> From<Affine<P>> for Point<P::BaseField> {
    fn from(point: Affine<P>) -> Self {
        point.xy().map_or(Self::IDENTITY, |(x, y)| Self { x, y })
    }
}

impl<F: Zeroize> Zeroize for Point<F> {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
    }
}

/// As arkworks has it.
pub(super) fn projective<P: SWCurveConfig>(point: &Point<P::BaseField>) -> Projective<P> {
    if point.is_identity() {
        Projective::zero()
    } else {
        Affine::new_unchecked(point.x, point.y).into()
    }
}

/// p + q, where neither is the identity and p ≠ ±q, given one over the norm of q.x − p.x.
fn add<F: Coordinate>(p: &Point<F>, q: &Point<F>, inverse: Fq) -> Point<F> {
    let slope = (q.y - p.y) * (q.x - p.x).inverse_by_norm(inverse);
    let x = slope.square() - p.x - q.x;
    let y = slope * (p.x - x) - p.y;
    Point { x, y }
}

/// p + q, whatever they are.
fn add_any<P: SWCurveConfig>(
    p: &Point<P::BaseField>,
    q: &Point<P::BaseField>,
) -> Point<P::BaseField> {
    if p.is_identity() {
        *q
    } else if q.is_identity() {
        *p
    } else {
        (projective::<P>(p) + projective::<P>(q))
            .into_affine()
            .into()
    }
}

/// How many products run side by side. Each waits for the one before it; a processor works on several at a time.
const LANES: usize = 4;

/// Adds up lists, with buffers that serve one call after another.
pub(super) struct ListSums<P: SWCurveConfig> {
    front: Wiped<Point<P::BaseField>>,
    back: Wiped<Point<P::BaseField>>,
    pairs: Wiped<Pair>,
    lens: Wiped<usize>,
}

impl<P: SWCurveConfig> ListSums<P>
where
    P::BaseField: Coordinate,
{
    pub(super) const fn new() -> Self {
        Self {
            front: Wiped::empty(),
            back: Wiped::empty(),
            pairs: Wiped::empty(),
            lens: Wiped::empty(),
        }
    }

    /// Writes the sum of each list. The lists stand one after the other behind `read`, with these lengths.
    pub(super) fn sum(
        &mut self,
        lens: impl ExactSizeIterator<Item = usize>,
        read: impl Fn(usize) -> Point<P::BaseField>,
        sums: &mut [Point<P::BaseField>],
    ) {
        let own = self.lens.at_least(lens.len(), 0);
        let mut total = 0;
        for (own, len) in own.iter_mut().zip(lens) {
            *own = len;
            total += len;
        }
        let lens = own;
        // Nothing but copies: so a processor waits for many distant points at a time.
        let gathered = self.front.at_least(total, Point::IDENTITY);
        for (i, point) in gathered.iter_mut().enumerate() {
            *point = read(i);
        }
        while lens.iter().any(|len| *len > 1) {
            halve::<P>(lens, &self.front, &mut self.back, &mut self.pairs);
            std::mem::swap(&mut self.front, &mut self.back);
        }
        let mut at = 0;
        for (sum, len) in sums.iter_mut().zip(lens) {
            *sum = Point::IDENTITY;
            if *len == 1 {
                *sum = self.front[at];
                at += 1;
            }
        }
    }
}

/// Two neighbours that are added in this round.
#[derive(Clone, Copy)]
struct Pair {
    /// Where the first of them stands, and where the sum goes.
    from: u32,
    to: u32,
    /// The norm of the difference of their x; one if the formula does not cover them.
    norm: Fq,
    /// The product of the norms before, in the same lane.
    before: Fq,
}

impl Zeroize for Pair {
    fn zeroize(&mut self) {
        self.from.zeroize();
        self.to.zeroize();
        self.norm.zeroize();
        self.before.zeroize();
    }
}

/// One round: each pair of a list becomes its sum, an odd last one stays.
fn halve<P: SWCurveConfig>(
    lens: &mut [usize],
    points: &[Point<P::BaseField>],
    sums: &mut Wiped<Point<P::BaseField>>,
    pairs: &mut Wiped<Pair>,
) where
    P::BaseField: Coordinate,
{
    let sums = sums.at_least(
        lens.iter().map(|len| len.div_ceil(2)).sum(),
        Point::IDENTITY,
    );
    let no_pair = Pair {
        from: 0,
        to: 0,
        norm: Fq::ONE,
        before: Fq::ONE,
    };
    let pairs = pairs.at_least(lens.iter().map(|len| len / 2).sum(), no_pair);

    let mut running = [Fq::ONE; LANES];
    let (mut from, mut to, mut done) = (0, 0, 0);
    for len in lens {
        for _ in 0..*len / 2 {
            let (p, q) = (&points[from], &points[from + 1]);
            let mut norm = (q.x - p.x).norm();
            if norm.is_zero() || p.is_identity() || q.is_identity() {
                norm = Fq::ONE;
            }
            let lane = &mut running[done % LANES];
            pairs[done] = Pair {
                from: from as u32,
                to: to as u32,
                norm,
                before: *lane,
            };
            *lane *= norm;
            (from, to, done) = (from + 2, to + 1, done + 1);
        }
        if *len % 2 == 1 {
            sums[to] = points[from];
            (from, to) = (from + 1, to + 1);
        }
        *len = len.div_ceil(2);
    }
    invert(&mut running);

    // From the last pair to the first: a lane's inverse, times the product before a pair, is the inverse of its norm.
    for (i, pair) in pairs.iter().enumerate().rev() {
        let (p, q) = (&points[pair.from as usize], &points[pair.from as usize + 1]);
        let lane = &mut running[i % LANES];
        let inverse = *lane * pair.before;
        *lane *= pair.norm;
        // A true norm of one is added like this too, and is none the worse for it.
        sums[pair.to as usize] = if pair.norm.is_one() {
            add_any::<P>(p, q)
        } else {
            add(p, q, inverse)
        };
    }
}

/// Inverts each, with one inversion. None is zero.
fn invert(values: &mut [Fq; LANES]) {
    let mut before = [Fq::ONE; LANES];
    let mut product = Fq::ONE;
    for (before, value) in before.iter_mut().zip(&*values) {
        *before = product;
        product *= value;
    }
    let mut inverse = product.inverse().unwrap_or_default();
    for (before, value) in before.iter().zip(values).rev() {
        (*value, inverse) = (inverse * before, inverse * *value);
    }
}
