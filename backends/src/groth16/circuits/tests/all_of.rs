//! `all_of`: every selection of statements, each demanding its own and nothing of what is not asked for.

use super::*;

/// Where the bit of the countries stands among the statement's public inputs.
pub(super) const COUNTRY: usize = 8;

pub(super) fn attributes_bound_in() -> Vec<&'static [&'static str]> {
    let mut parts: Vec<&[&str]> = vec![
        &["all: birth date"],
        &["all: birth date"],
        // The unit's rows compare what is equal: times anything.
        &["all: income minimum"],
        &["all: income unit"],
        &["all: income unit"],
        &["all: income minimum"],
        &["all: income maximum"],
        &["all: income maximum"],
        &["all: country"],
    ];
    parts.extend([&["country: lookup"][..]; LETTERS]);
    parts
}

pub(super) fn all_bound_in() -> Vec<&'static [&'static str]> {
    let mut parts = attributes_bound_in();
    parts.extend([
        &["sanctions: identity", "sanctions: order"][..],
        &["sanctions: root"],
        &["revocation: order"],
        &["revocation: root"],
    ]);
    parts
}

/// A statement, a change of the credential that makes it false, and the parts that say so.
type Part = (Statement, fn(&mut Attributes), &'static [&'static str]);

fn parts() -> [Part; 6] {
    let as_of = day("2026-11-24");
    let unit = IncomeUnit {
        currency: "EUR".parse().unwrap(),
        period: IncomePeriod::Month,
    };
    let income = IncomeAtLeast::new(250_000, unit, as_of).unwrap();
    let range = IncomeInRange::new(250_000, 350_000, unit, as_of).unwrap();
    let countries = ["PT".parse().unwrap()];
    [
        (
            Statement::AgeOver(AgeOver::new(18, as_of).unwrap()),
            |a| a.birth_date = Some(day("2008-11-25")),
            &["all: birth date"],
        ),
        (
            Statement::IncomeAtLeast(income),
            |a| a.income.as_mut().unwrap().amount_minor = 249_999,
            &["all: income minimum"],
        ),
        (
            Statement::IncomeInRange(range),
            |a| a.income.as_mut().unwrap().amount_minor = 350_001,
            &["all: income maximum"],
        ),
        (
            Statement::ResidentOf(ResidentOf::new(countries, as_of).unwrap()),
            |a| a.country_of_residence = Some("ES".parse().unwrap()),
            &["country: lookup"],
        ),
        (
            not_sanctioned(),
            |a| a.screening_id = Some(FieldElement(Fr::from(2_000u32))),
            &["sanctions: root", "sanctions: order"],
        ),
        (
            not_revoked(),
            |a| a.revocation_id = 40,
            &["revocation: root", "revocation: order"],
        ),
    ]
}

/// Every selection of two or more, but for the two about an income together.
fn selections() -> Vec<Vec<usize>> {
    (0u8..64)
        .map(|bits| (0..6).filter(|i| bits >> i & 1 == 1).collect())
        .filter(|chosen: &Vec<usize>| chosen.len() > 1)
        .filter(|chosen| !(chosen.contains(&1) && chosen.contains(&2)))
        .collect()
}

fn all_of(chosen: &[usize]) -> Case {
    let chosen = chosen.iter().map(|i| parts()[*i].0.clone()).collect();
    case(Statement::AllOf(AllOf::new(chosen).unwrap()))
}

#[test]
fn every_selection_demands_its_own_statements_and_no_others() {
    let shapes = [ALL_OF.shape(), ALL_OF_LISTED.shape()];
    for chosen in selections() {
        let honest = all_of(&chosen);
        let shape = &shapes[usize::from(honest.claim.statement.lists().next().is_some())];
        let broken_now = |case: &Case| shape.broken_parts(&case.assignment());
        check_claim(&honest.claim, &honest.witness).unwrap();
        assert_eq!(broken_now(&honest), [""; 0], "{chosen:?}");
        for (i, (_, change, broken)) in parts().into_iter().enumerate() {
            // Above the cap is above the minimum.
            let matters = chosen.contains(&i) || (i == 1 && chosen.contains(&2));
            let mut case = all_of(&chosen);
            let statement = case.claim.statement.clone();
            case.reissue(change);
            case.witness.absences = absences(&statement, &case.witness.credential.attributes);
            let checked = check_claim(&case.claim, &case.witness);
            assert_eq!(checked.is_err(), matters, "{chosen:?} {i}");
            let broken = if matters { broken } else { &[] };
            assert_eq!(broken_now(&case), broken, "{chosen:?} {i}");
        }
    }
}

#[test]
fn what_is_not_asked_for_need_not_be_there() {
    let mut case = all_of(&[0, 5]);
    case.reissue(|a| {
        a.income = None;
        a.country_of_residence = None;
        a.screening_id = None;
    });
    check_claim(&case.claim, &case.witness).unwrap();
    assert_eq!(case.broken_now(), [""; 0]);
    // And what is asked for must be.
    let mut case = all_of(&[1, 3]);
    case.reissue(|a| {
        a.birth_date = None;
        a.income = None;
        a.country_of_residence = None;
    });
    assert_eq!(
        check_claim(&case.claim, &case.witness),
        Err(ClaimError::AttributeMissing)
    );
    let broken = case.broken_now();
    for part in ["all: income unit", "all: income minimum", "all: country"] {
        assert!(broken.contains(&part), "{part}");
    }
}

/// An income in another currency, or of another period, is none in this one.
#[test]
fn the_unit_is_part_of_the_statement() {
    type Change = fn(&mut Income);
    let changes: [(ClaimError, Change); 2] = [
        (ClaimError::CurrencyDiffers, |i| {
            i.currency = "USD".parse().unwrap()
        }),
        (ClaimError::PeriodDiffers, |i| i.period = IncomePeriod::Year),
    ];
    for (error, change) in changes {
        let mut case = all_of(&[0, 1]);
        case.reissue(|a| change(a.income.as_mut().unwrap()));
        assert_eq!(check_claim(&case.claim, &case.witness), Err(error));
        assert_eq!(case.broken_now(), ["all: income unit"]);
    }
}

/// Letters of an allowed country beside another one in the credential.
#[test]
fn the_letters_are_those_of_the_credential() {
    let case = all_of(&[0, 3]);
    let shape = case.relation.shape();
    let assignment = case.assignment();
    let mut private = case.private();
    private.slots[Slot::Country as usize] += Fr::one();
    let other = case
        .relation
        .build(Mode::Solve, &case.public(), &private)
        .into_assignment();
    // The other credential's slot, signature and hash with the honest letters: rows say that they disagree.
    let mut mixed = other.0.clone();
    for row in shape
        .rows
        .iter()
        .filter(|row| row.part.starts_with("country: "))
    {
        row.variables()
            .filter(|v| *v > 0)
            .for_each(|v| mixed[v] = assignment[v]);
    }
    assert!(shape.broken_parts(&mixed).contains(&"all: country"));
    assert!(!shape.broken_parts(&mixed).contains(&"country: lookup"));
}
