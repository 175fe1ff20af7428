//! Whole witnesses that are consistent in themselves, and false. The issuer signs whatever it is asked to here, so that nothing but the
//! statement's own constraints can refuse; or somebody else signs, and nothing but the signature's can.

use pasta_curves::pallas::Base;
use zapiki_core::credential::Slot;
use zapiki_core::suites::pallas_poseidon::{ABSENT, SecretKey, Signature, poseidon, sign};

use super::{CIRCUITS, Inputs, inputs, issuer};
use crate::plonk::relation::row;

const AGE_OVER: usize = 0;
const INCOME_AT_LEAST: usize = 1;
const INCOME_IN_RANGE: usize = 2;
const RESIDENT_OF: usize = 3;

impl Inputs {
    fn holds(&self) -> bool {
        self.broken().is_empty()
    }

    /// With another attribute, and signed again.
    fn with(&self, slot: Slot, value: Base) -> Self {
        let mut changed = self.clone();
        changed.private.slots[slot as usize] = value;
        changed.signed_by(&issuer())
    }

    fn signed_by(mut self, key: &SecretKey) -> Self {
        self.private.signature = sign(key, &poseidon(self.private.slots));
        self
    }

    /// With another public input.
    fn stating(&self, at: usize, value: Base) -> Self {
        let mut changed = self.clone();
        changed.instance[at] = value;
        changed
    }
}

/// 2ⁿ.
fn power(n: u32) -> Base {
    Base::from(2).pow_vartime([u64::from(n)])
}

use ff::Field as _;

#[test]
fn days_are_compared_at_their_boundaries() {
    let own = inputs(AGE_OVER);
    let (cutoff, as_of) = (own.instance[row::COUNT], own.instance[row::AS_OF]);
    let one = Base::one();
    for (slot, value, holds) in [
        (Slot::BirthDate, cutoff, true),
        (Slot::BirthDate, cutoff + one, false),
        (Slot::BirthDate, cutoff - (power(20) - one), true),
        (Slot::BirthDate, cutoff - power(20), false),
        (Slot::BirthDate, *ABSENT, false),
        (Slot::IssuedAt, as_of, true),
        (Slot::IssuedAt, as_of + one, false),
        (Slot::IssuedAt, *ABSENT, false),
        (Slot::ExpiresAt, as_of, true),
        (Slot::ExpiresAt, as_of - one, false),
        (Slot::ExpiresAt, *ABSENT, false),
    ] {
        assert_eq!(own.with(slot, value).holds(), holds, "{slot:?} {value:?}");
    }
}

#[test]
fn amounts_are_compared_at_their_boundaries() {
    let amount = |amount: Base| (Slot::IncomeAmount, amount);
    let bound = Base::from(345_000);
    let one = Base::one();
    let whole = power(64);
    for (circuit, (slot, value), holds) in [
        (INCOME_AT_LEAST, amount(bound), true),
        (INCOME_AT_LEAST, amount(bound - one), false),
        (INCOME_AT_LEAST, amount(bound + whole - one), true),
        (INCOME_AT_LEAST, amount(bound + whole), false),
        (INCOME_AT_LEAST, amount(*ABSENT), false),
        (INCOME_IN_RANGE, amount(bound), true),
        (INCOME_IN_RANGE, amount(bound - one), false),
        (INCOME_IN_RANGE, amount(bound + one), false),
        (INCOME_IN_RANGE, amount(*ABSENT), false),
    ] {
        let changed = inputs(circuit).with(slot, value);
        assert_eq!(changed.holds(), holds, "{circuit} {value:?}");
    }
    // There is no witness of the unit that could be another than the public one.
    for slot in [Slot::IncomeCurrency, Slot::IncomePeriod] {
        let other = inputs(INCOME_AT_LEAST).with(slot, Base::from(2));
        assert!(!other.holds(), "{slot:?}");
    }
}

#[test]
fn countries_are_looked_up() {
    let own = inputs(RESIDENT_OF);
    let code = |text: &[u8; 2]| Base::from(u64::from(u16::from_be_bytes(*text)));
    for (country, holds) in [
        (code(b"PT"), true),
        (code(b"DE"), true),
        (code(b"PE"), false),
        (code(b"DT"), false),
        (code(b"AA"), false),
        (code(b"ZZ"), false),
        // Neither two letters nor anything else with a row.
        (code(b"pt"), false),
        (code(b"PT") + power(16), false),
        (*ABSENT, false),
        (*ABSENT + code(b"PT"), false),
    ] {
        let changed = own.with(Slot::Country, country);
        assert_eq!(changed.holds(), holds, "{country:?}");
    }
}

#[test]
fn nobody_else_signs_binds_or_names() {
    for circuit in 0..CIRCUITS.len() {
        let own = inputs(circuit);
        let other = SecretKey::from_bytes([9; 32]).unwrap();
        assert!(
            !own.clone().signed_by(&other).holds(),
            "another's signature"
        );

        let mut stolen = own.clone();
        stolen.private.issuer = *other.public_key().point();
        assert!(!stolen.signed_by(&other).holds(), "another's key");

        let mut foreign = own.clone();
        foreign.private.holder_key += Base::one();
        assert!(!foreign.holds(), "another holder");

        let mut unsigned = own.clone();
        unsigned.private.slots[Slot::RevocationId as usize] += Base::one();
        assert!(!unsigned.holds(), "an attribute that nobody signed");

        let mut altered = own.clone();
        altered.private.signature.s += Base::one();
        assert!(!altered.holds(), "another response");

        // S = 0 and e·A = −R are nobody's to find; what is tried is that the gadget takes zero for a scalar like any other.
        let mut zero = own.clone();
        let r = own.private.signature.r;
        zero.private.signature = Signature { r, s: Base::zero() };
        assert!(!zero.holds(), "no response");

        for slot in [Slot::Schema, Slot::Reserved, Slot::HolderCommitment] {
            let other = own.with(slot, Base::from(5));
            assert!(!other.holds(), "{slot:?} is the circuit's own");
        }
    }
}

/// Any other value of any public input, but for the challenge: that is in the transcript alone.
#[test]
fn every_public_input_is_in_the_relation() {
    for circuit in 0..CIRCUITS.len() {
        let own = inputs(circuit);
        for at in 0..own.instance.len() {
            // The rows of letters that the holder's country does not begin with say nothing of the holder.
            let is_beside = circuit == RESIDENT_OF
                && at >= row::COUNT
                && at != row::COUNT + usize::from(b'P' - b'A');
            // Bounds that still hold are other statements, and true ones; here they are taken away from the value.
            let value = match (circuit, at) {
                (AGE_OVER, row::COUNT) => Base::zero(),
                (INCOME_AT_LEAST | INCOME_IN_RANGE, at) if at == row::COUNT + 2 => power(60),
                (INCOME_IN_RANGE, at) if at == row::COUNT + 3 => Base::zero(),
                (RESIDENT_OF, at) if at >= row::COUNT => Base::zero(),
                (_, row::AS_OF) => Base::zero(),
                _ => own.instance[at] + Base::one(),
            };
            let is_free = at == row::CHALLENGE || is_beside;
            let changed = own.stating(at, value);
            assert_eq!(changed.holds(), is_free, "{} {at}", own.spec.id);
        }
    }
}
