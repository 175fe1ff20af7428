//! From rows to the polynomial h: how a rank-1 constraint system becomes a quadratic arithmetic program (Gennaro, Gentry,
//! Parno and Raykova, EUROCRYPT 2013), as libsnark and arkworks' `LibsnarkReduction` do it.
//!
//! With a, b, c the polynomials below degree n that take a row's three values on the domain H of n-th roots of unity, a true
//! assignment makes a·b − c a multiple h·(Xⁿ − 1), and h is what the prover shows. After the rows, and there alone in a, come the
//! public inputs.
//!
//! h is taken from fewer transforms than the quotient's definition suggests. Write a·b = low + Xⁿ·high with both below degree n.
//! Then high is h, since c has no part in it. On H, where Xⁿ = 1, a·b takes the values of low + high; its products there are
//! c's values. On the coset gH with gⁿ = −1, a·b takes the values of low − high. So h is half the difference of the two
//! interpolations: six transforms instead of seven, and neither c nor any matrix is evaluated. This h is the quotient of a·b, whatever
//! c is: for an assignment that breaks a row it differs from arkworks', and the proof is as void as theirs.

use ark_bn254::Fr;
use ark_ff::{FftField as _, Field as _, Zero as _};

use super::fft::{Domain, powers};
use super::wiped::Wiped;

/// What [`Qap::quotient`] multiplies by, computed once.
pub(super) struct Qap {
    domain: Domain,
    /// gⁱ/n, by place: onto the coset.
    onto_coset: Vec<Fr>,
    /// 1/(2n·gⁱ), by place: back, and halved.
    off_coset: Vec<Fr>,
    /// 1/(2n).
    scale: Fr,
}

impl Qap {
    /// For so many rows, public inputs and the constant one included. `None` if the field has no domain of that size.
    pub(super) fn new(rows: usize) -> Option<Self> {
        let size = rows.checked_next_power_of_two()?;
        let domain = Domain::new(size)?;
        let root = Fr::get_root_of_unity(2 * size as u64)?;
        let n = Fr::from(size as u64).inverse()?;
        let scale = n * Fr::from(2u8).inverse()?;
        let by_place = |root: Fr, scale: Fr| {
            let powers: Vec<Fr> = powers(root).take(size).collect();
            (0..size).map(|i| powers[domain.place(i)] * scale).collect()
        };
        Some(Self {
            onto_coset: by_place(root, n),
            off_coset: by_place(root.inverse()?, scale),
            scale,
            domain,
        })
    }

    /// Where coefficient i of the quotient stands.
    pub(super) const fn place(&self, i: usize) -> usize {
        self.domain.place(i)
    }

    /// The coefficients of h, by place, from the values of the rows' left and right sides, and the constant one with the public
    /// inputs.
    pub(super) fn quotient(&self, left: &[Fr], right: &[Fr], inputs: &[Fr]) -> Wiped<Fr> {
        let size = self.domain.size();
        let mut a = Wiped::filled(Fr::zero(), size);
        let mut b = Wiped::filled(Fr::zero(), size);
        let mut ab = Wiped::filled(Fr::zero(), size);
        a[..left.len()].copy_from_slice(left);
        a[left.len()..][..inputs.len()].copy_from_slice(inputs);
        b[..right.len()].copy_from_slice(right);
        for ((ab, left), right) in ab.iter_mut().zip(left).zip(right) {
            *ab = *left * right;
        }

        let to_coset = |values: &mut [Fr]| {
            self.domain.interpolate(values);
            for (coefficient, factor) in values.iter_mut().zip(&self.onto_coset) {
                *coefficient *= factor;
            }
            self.domain.evaluate(values);
        };
        let (a, b) = (&mut *a, &mut *b);
        rayon::join(
            || self.domain.interpolate(&mut ab),
            || rayon::join(|| to_coset(a), || to_coset(b)),
        );
        for (a, b) in a.iter_mut().zip(&*b) {
            *a *= b;
        }
        self.domain.interpolate(a);
        for ((sum, difference), factor) in ab.iter_mut().zip(&*a).zip(&self.off_coset) {
            *sum = *sum * self.scale - *difference * factor;
        }
        ab
    }
}
