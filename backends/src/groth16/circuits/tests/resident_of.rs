//! `resident_of`: every country, every neighbour in the table, and codes that are none.

use super::*;

fn resident_of(countries: &[&str]) -> Case {
    let countries = countries.iter().map(|code| code.parse().unwrap());
    let statement = ResidentOf::new(countries, day("2026-11-24")).unwrap();
    case(Statement::ResidentOf(statement))
}

#[test]
fn one_of_the_countries_is_enough_and_no_other_is() {
    for (countries, holds) in [
        (&["PT"][..], true),
        (&["AD", "PT", "ZW"], true),
        // The same first letter, the same second, both but apart.
        (&["PL"], false),
        (&["MT"], false),
        (&["PL", "MT"], false),
        (&["ES", "FR"], false),
    ] {
        let case = resident_of(countries);
        let expected: &[&str] = if holds { &[] } else { &["country: lookup"] };
        assert_eq!(case.broken_now(), expected, "{countries:?}");
        assert_eq!(check_claim(&case.claim, &case.witness).is_ok(), holds);
    }
}

#[test]
fn each_letter_is_read_from_its_own_place() {
    for code in ["AZ", "ZA", "AA", "ZZ", "QA"] {
        let mut case = resident_of(&["AD"]);
        case.reissue(|a| a.country_of_residence = Some(code.parse().unwrap()));
        let mut public = case.public();
        let table = INPUTS_BEFORE..case.after();
        let letters = code.as_bytes().iter().map(|b| usize::from(b - b'A'));
        let [first, second] = <[usize; 2]>::try_from(letters.collect::<Vec<_>>()).unwrap();
        // Every bit but the country's: refused. That bit alone: allowed.
        for (row, number) in public[table.clone()].iter_mut().enumerate() {
            let all = (1u32 << LETTERS) - 1;
            let bit = if row == first { 1 << second } else { 0 };
            *number = Fr::from(all - bit);
        }
        assert_eq!(case.broken(&public, &case.private()), ["country: lookup"]);
        for (row, number) in public[table].iter_mut().enumerate() {
            *number = Fr::from(if row == first { 1u32 << second } else { 0 });
        }
        assert_eq!(case.broken(&public, &case.private()), [""; 0], "{code}");
    }
}

#[test]
fn without_a_country_nothing_is_shown() {
    let mut case = resident_of(&["PT"]);
    case.reissue(|a| a.country_of_residence = None);
    assert_eq!(
        check_claim(&case.claim, &case.witness),
        Err(ClaimError::AttributeMissing)
    );
    assert!(case.broken_now().contains(&"signature: equation"));
}

/// Codes that are not two letters, under a signature of the issuer's: no bits of letters make them.
#[test]
fn a_code_that_is_no_two_letters_has_no_witness() {
    let case = resident_of(&["PT"]);
    let code = |first: u8, second: u8| Fr::from(u32::from(first) << 8 | u32::from(second));
    for value in [
        Fr::zero(),
        code(b'P', b'T') + Fr::from(1u32 << 16),
        code(b'P' + 26, b'T'),
        code(b'p', b't'),
        -Fr::one(),
    ] {
        let private = case.private_with(Slot::Country, value);
        let broken = case.broken(&case.public(), &private);
        assert!(broken.contains(&"signature: equation"), "{value}");
    }
}

/// A forger who sets two letters at once, or none, or half of one.
#[test]
fn letters_are_bits_of_which_one_is_set() {
    let case = resident_of(&["PT"]);
    let shape = case.relation.shape();
    let honest = case.assignment();
    // The bits come right after the commitment's variables, 25 for each letter.
    let rows = shape.rows.iter().filter(|r| r.part == "country: letters");
    let mut bits: Vec<usize> = rows
        .flat_map(|row| row.variables())
        .filter(|v| *v > 0)
        .collect();
    bits.sort_unstable();
    bits.dedup();
    assert_eq!(bits.len(), 2 * (LETTERS - 1));
    for letter in bits.chunks(LETTERS - 1) {
        let set = letter.iter().position(|bit| honest[*bit].is_one()).unwrap();
        let other = (set + 1) % letter.len();
        let half = Fr::from(2u8).inverse().unwrap();
        type Change<'a> = &'a dyn Fn(&mut Vec<Fr>);
        let changes: [Change<'_>; 3] = [
            &|a| a[letter[other]] = Fr::one(),
            &|a| {
                a[letter[set]] = half;
                a[letter[other]] = half;
            },
            &|a| {
                a[letter[set]] = Fr::from(2u8);
                a[letter[other]] = -Fr::one();
            },
        ];
        for change in changes {
            let mut forged = honest.clone();
            change(&mut forged);
            assert!(shape.broken_parts(&forged).contains(&"country: letters"));
        }
    }
}
