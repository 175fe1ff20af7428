//! The two statements about incomes: bounds, unit, and amounts that no attribute encodes to.

use super::*;

const AT_LEAST: u64 = 250_000;
const AT_MOST: u64 = 350_000;

fn both() -> [Case; 2] {
    let mut cases = cases().into_iter();
    let of_kind = |kind| move |case: &Case| case.claim.statement.kind() == kind;
    [StatementKind::IncomeAtLeast, StatementKind::IncomeInRange]
        .map(|kind| cases.find(of_kind(kind)).unwrap())
}

fn with_amount(case: &mut Case, amount_minor: u64) {
    case.reissue(|a| a.income.as_mut().unwrap().amount_minor = amount_minor);
}

#[test]
fn the_bounds_themselves_are_allowed_and_no_more() {
    for (amount, meets_minimum, meets_maximum) in [
        (0, false, true),
        (AT_LEAST - 1, false, true),
        (AT_LEAST, true, true),
        (AT_MOST, true, true),
        (AT_MOST + 1, true, false),
        (u64::MAX, true, false),
    ] {
        let [mut at_least, mut in_range] = both();
        for case in [&mut at_least, &mut in_range] {
            with_amount(case, amount);
        }
        let minimum: &[&str] = if meets_minimum {
            &[]
        } else {
            &["income: minimum"]
        };
        let maximum: &[&str] = if meets_maximum {
            &[]
        } else {
            &["income: maximum"]
        };
        assert_eq!(at_least.broken_now(), minimum, "{amount}");
        assert_eq!(
            in_range.broken_now(),
            [minimum, maximum].concat(),
            "{amount}"
        );
        for (case, holds) in [
            (&at_least, meets_minimum),
            (&in_range, meets_minimum && meets_maximum),
        ] {
            let checked = check_claim(&case.claim, &case.witness);
            assert_eq!(checked.is_ok(), holds, "{amount}");
            assert!(matches!(checked, Ok(_) | Err(ClaimError::NotSatisfied)));
        }
    }
}

#[test]
fn another_unit_is_none_however_much_it_is() {
    type Change = fn(&mut Income);
    let changes: [(ClaimError, Change); 2] = [
        (ClaimError::CurrencyDiffers, |i| {
            i.currency = "CHF".parse().unwrap()
        }),
        (ClaimError::PeriodDiffers, |i| i.period = IncomePeriod::Year),
    ];
    for (error, change) in changes {
        for mut case in both() {
            case.reissue(|a| change(a.income.as_mut().unwrap()));
            assert_eq!(check_claim(&case.claim, &case.witness), Err(error));
            // The statement's own unit stands in the hash, and the signature is over another.
            assert_eq!(case.broken_now(), ["signature: equation"]);
        }
    }
}

#[test]
fn without_an_income_nothing_is_shown() {
    for mut case in both() {
        case.reissue(|a| a.income = None);
        assert_eq!(
            check_claim(&case.claim, &case.witness),
            Err(ClaimError::AttributeMissing)
        );
        let broken = case.broken_now();
        assert!(broken.contains(&"signature: equation"), "{broken:?}");
        assert!(broken.contains(&"income: minimum"), "{broken:?}");
    }
}

/// Amounts that no income has, under a signature of the issuer's.
#[test]
fn differences_do_not_wrap_around() {
    let [at_least, in_range] = both();
    let minimum = Fr::from(AT_LEAST);
    let width = Fr::from(1u128 << 64);
    for amount in [minimum + width, minimum - Fr::one(), -Fr::one()] {
        let private = at_least.private_with(Slot::IncomeAmount, amount);
        let broken = at_least.broken(&at_least.public(), &private);
        assert_eq!(broken, ["income: minimum"], "{amount}");
    }
    let maximum = Fr::from(AT_MOST);
    for amount in [maximum + Fr::one(), maximum + width] {
        let private = in_range.private_with(Slot::IncomeAmount, amount);
        let broken = in_range.broken(&in_range.public(), &private);
        assert!(broken.contains(&"income: maximum"), "{amount}: {broken:?}");
    }
}

#[test]
fn a_prover_cannot_choose_other_bounds() {
    let [at_least, in_range] = both();
    let (minimum, maximum) = (INPUTS_BEFORE + 2, INPUTS_BEFORE + 3);
    for (case, input, bound, part) in [
        (&at_least, minimum, 345_001, "income: minimum"),
        (&in_range, minimum, 345_001, "income: minimum"),
        (&in_range, maximum, 344_999, "income: maximum"),
    ] {
        let mut public = case.public();
        public[input] = Fr::from(bound);
        assert_eq!(case.broken(&public, &case.private()), [part]);
    }
}
