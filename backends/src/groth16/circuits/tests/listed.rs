//! `not_sanctioned`, `not_revoked`: who is on the list has no witness, whatever gap is shown.

use zapiki_core::gap_tree::{DEPTH, HIGH};

use super::*;

fn sanctions() -> Case {
    case(not_sanctioned())
}

/// The witness of a case with another screening identity, under a signature of the issuer's, and a gap of the forger's.
fn forged(case: &Case, id: Fr, absence: Option<Absence>) -> PrivateInputs {
    let mut private = case.private_with(Slot::ScreeningId, id);
    private.sanctions = absence;
    private
}

#[test]
fn who_is_on_the_list_is_refused() {
    for id in PERSONS {
        let mut case = sanctions();
        let statement = case.claim.statement.clone();
        case.reissue(|a| a.screening_id = Some(FieldElement(Fr::from(id))));
        case.witness.absences = absences(&statement, &case.witness.credential.attributes);
        assert_eq!(
            check_claim(&case.claim, &case.witness),
            Err(ClaimError::NotSatisfied)
        );
        // The gaps on both sides, and one that the list does not have.
        let [before, after] = [id - 1, id + 1].map(|n| persons().absence(&Fr::from(n)).unwrap());
        let mut wide = before.clone();
        wide.next = after.next;
        for (absence, part) in [
            (before, "sanctions: order"),
            (after, "sanctions: order"),
            (wide, "sanctions: path"),
        ] {
            let private = forged(&case, Fr::from(id), Some(absence));
            assert_eq!(case.broken(&case.public(), &private), [part], "{id}");
        }
        let broken = case.broken(&case.public(), &forged(&case, Fr::from(id), None));
        assert_eq!(broken, ["sanctions: root", "sanctions: order"]);
    }
}

#[test]
fn the_ends_of_the_list_are_gaps_too() {
    for id in [1u64, 999, 3_001] {
        let case = sanctions();
        let absence = persons().absence(&Fr::from(id));
        let private = forged(&case, Fr::from(id), absence);
        assert_eq!(case.broken(&case.public(), &private), [""; 0], "{id}");
    }
}

/// Numbers that are no values of a list, next to its ends.
#[test]
fn comparisons_do_not_wrap_around() {
    let case = sanctions();
    let [first, last] = [1u64, 3_001].map(|n| persons().absence(&Fr::from(n)));
    let one = Fr::one();
    for (id, absence) in [
        (Fr::zero(), &first),
        (-one, &first),
        (*HIGH, &last),
        (*HIGH + one, &last),
        (*HIGH + *HIGH, &last),
        (-*HIGH, &first),
        (-one, &last),
    ] {
        let private = forged(&case, id, absence.clone());
        assert_eq!(case.broken(&case.public(), &private), ["sanctions: order"]);
    }
}

#[test]
fn without_a_screening_identity_nothing_is_shown() {
    let mut case = sanctions();
    case.reissue(|a| a.screening_id = None);
    assert_eq!(
        check_claim(&case.claim, &case.witness),
        Err(ClaimError::AttributeMissing)
    );
    let absent = *zapiki_core::credential::ABSENT;
    let private = forged(&case, absent, persons().absence(&absent));
    let broken = case.broken(&case.public(), &private);
    assert_eq!(broken, ["sanctions: identity"]);
}

#[test]
fn every_level_of_the_path_counts() {
    let case = sanctions();
    for level in 0..DEPTH {
        for child in 0..4 {
            let mut absence = case.private().sanctions.clone().unwrap();
            absence.path[level][child] += Fr::one();
            let private = forged(&case, Fr::from(1_500u32), Some(absence));
            let broken = case.broken(&case.public(), &private);
            let above = if level + 1 < DEPTH {
                "sanctions: path"
            } else {
                "sanctions: root"
            };
            assert!(
                broken.contains(&above) || broken.contains(&"sanctions: path"),
                "{level}"
            );
        }
    }
}

#[test]
fn a_path_leads_to_its_own_list() {
    let case = sanctions();
    let other = GapTree::new([1_000u64, 2_000].map(Fr::from)).unwrap();
    let private = forged(
        &case,
        Fr::from(1_500u32),
        other.absence(&Fr::from(1_500u32)),
    );
    assert_eq!(case.broken(&case.public(), &private), ["sanctions: root"]);
}

#[test]
fn a_revoked_credential_is_refused() {
    for id in REVOKED {
        let mut case = case(not_revoked());
        let statement = case.claim.statement.clone();
        case.reissue(|a| a.revocation_id = id);
        case.witness.absences = absences(&statement, &case.witness.credential.attributes);
        assert_eq!(
            check_claim(&case.claim, &case.witness),
            Err(ClaimError::NotSatisfied)
        );
        let mut private = case.private();
        private.revocations = revoked().absence(&revocation_value(id - 1));
        assert_eq!(case.broken(&case.public(), &private), ["revocation: order"]);
    }
    // 0 is a number like any other.
    let mut case = case(not_revoked());
    let statement = case.claim.statement.clone();
    case.reissue(|a| a.revocation_id = 0);
    case.witness.absences = absences(&statement, &case.witness.credential.attributes);
    check_claim(&case.claim, &case.witness).unwrap();
    assert_eq!(case.broken_now(), [""; 0]);
}

#[test]
fn nobody_but_the_issuer_says_what_it_revoked() {
    let list = revocations(&SecretKey::from_bytes([8; 32]));
    let statement = NotRevoked::new(list, day("2026-11-24")).unwrap();
    let case = case(Statement::NotRevoked(statement));
    assert_eq!(
        check_claim(&case.claim, &case.witness),
        Err(ClaimError::ForeignRevocations)
    );
    let inputs = PublicInputs {
        claim: case.claim.clone(),
        nullifier: Fr::zero().into(),
    };
    assert!(case.relation.public_inputs(&inputs).is_none());
}

#[test]
fn a_list_of_one_kind_is_none_of_the_other_and_a_forged_one_is_none() {
    let signer = issuer();
    let as_of = day("2026-11-24");
    let revocations = revocations(&signer);
    let mut list = signed("persons", &persons(), &signer);
    assert!(NotSanctioned::new(revocations, as_of).is_err());
    assert!(NotRevoked::new(list.clone(), as_of).is_err());
    list.dated = as_of;
    assert!(NotSanctioned::new(list, as_of).is_err());
}
