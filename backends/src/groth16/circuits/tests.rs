//! The circuit, constraint by constraint: counts, agreement with the native relation, and what breaks each part.

use ark_ff::{Field as _, One as _, UniformRand as _};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_core::claim::check_claim;
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::public_inputs::{Challenge, Claim, IssuerKey, Scope};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::bjj_poseidon::{
    self, Scalar, SecretKey, base8, holder_commitment, poseidon,
};
use zapiki_core::witness::HolderSecret;

use super::*;
use crate::groth16::r1cs::Combination;

/// A true claim with its witness.
struct Case {
    claim: Claim,
    witness: Witness,
    issuer: SecretKey,
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn case() -> Case {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let issuer = SecretKey::generate(&mut rng);
    let secret = HolderSecret::generate(&mut rng);
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(secret.expose())),
        birth_date: Some(day("2001-05-17")),
        income: None,
        country_of_residence: Some("CH".parse().unwrap()),
        screening_id: None,
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 42,
    };
    let claim = Claim {
        statement: Statement::AgeOver(AgeOver::new(18, day("2026-11-24")).unwrap()),
        issuer: IssuerKey {
            suite: SuiteId::BjjPoseidonBn254,
            key: issuer.public_key(),
        },
        challenge: Challenge([9; 32]),
        scope: "tests".parse::<Scope>().unwrap(),
    };
    let credential = Credential::issue(attributes, &issuer).unwrap();
    Case {
        claim,
        witness: Witness {
            credential,
            holder_secret: secret,
        },
        issuer,
    }
}

impl Case {
    /// Signs changed attributes again, whatever an honest issuer would say to them.
    fn reissue(&mut self, change: impl FnOnce(&mut Attributes)) {
        let credential = &mut self.witness.credential;
        change(&mut credential.attributes);
        let signed = credential
            .signatures
            .get_mut(&SuiteId::BjjPoseidonBn254)
            .unwrap();
        signed.signature = bjj_poseidon::sign(&self.issuer, &credential.attributes.digest());
    }

    fn public(&self) -> [Fr; PUBLIC_INPUT_COUNT] {
        let nullifier = bjj_poseidon::nullifier(
            self.witness.holder_secret.expose(),
            &self.claim.scope.to_field(),
        );
        let inputs = PublicInputs {
            claim: self.claim.clone(),
            nullifier: FieldElement(nullifier),
        };
        public_inputs(&inputs).unwrap()
    }

    fn private(&self) -> PrivateInputs {
        PrivateInputs::new(&self.witness).unwrap()
    }

    fn assignment(&self) -> Vec<Fr> {
        build(Mode::Solve, &self.public(), &self.private())
            .into_assignment()
            .0
            .clone()
    }
}

/// The parts whose rows fail for these inputs.
fn broken(public: &[Fr; PUBLIC_INPUT_COUNT], private: &PrivateInputs) -> Vec<&'static str> {
    let assignment = build(Mode::Solve, public, private).into_assignment();
    shape().broken_parts(&assignment.0)
}

#[test]
fn counts_per_part_are_what_the_documentation_says() {
    let shape = shape();
    assert_eq!(
        shape.parts(),
        [
            ("holder binding", 237),
            ("credential hash", 498),
            ("signature: challenge hash", 321),
            ("signature: challenge bits", 254),
            ("signature: public base", 1528),
            ("signature: fixed base", 668),
            ("signature: equation", 6),
            ("birth date", 20),
            ("validity: from", 20),
            ("validity: until", 20),
            ("nullifier", 259),
            ("challenge", 1),
        ]
    );
    assert_eq!(shape.rows.len(), 3832);
    assert_eq!(shape.domain_rows(), 3844);
    assert!(shape.domain_rows() <= 4096);
}

#[test]
fn both_modes_agree_on_the_variables() {
    assert_eq!(case().assignment().len(), shape().variables);
}

/// Rows never change within a version: keys and old proofs hang on them.
#[test]
fn the_relation_is_the_published_one() {
    assert_eq!(hex::encode(shape().digest()), RELATION_1_0_0);
}

const RELATION_1_0_0: &str = "9538286a67546d1f55af470a3a72f37bbb7fc29ef58174948d1c3c85ce8bea42";

#[test]
fn a_true_claim_satisfies_every_row() {
    let case = case();
    check_claim(&case.claim, &case.witness).unwrap();
    assert_eq!(broken(&case.public(), &case.private()), [""; 0]);
}

#[test]
fn the_bounds_themselves_are_allowed() {
    for (birth_date, issued_at, expires_at) in [
        ("2008-11-24", "2026-11-24", "2026-11-24"),
        ("1900-01-01", "1900-01-01", "2999-12-31"),
    ] {
        let mut case = case();
        case.reissue(|attributes| {
            attributes.birth_date = Some(day(birth_date));
            attributes.issued_at = day(issued_at);
            attributes.expires_at = day(expires_at);
        });
        check_claim(&case.claim, &case.witness).unwrap();
        assert_eq!(broken(&case.public(), &case.private()), [""; 0]);
    }
}

/// A false claim, signed as if it were true, breaks the one part that is about it and no other.
#[test]
fn each_false_attribute_breaks_its_own_part() {
    type Change = fn(&mut Attributes);
    let cases: [(&str, Change); 4] = [
        ("birth date", |a| a.birth_date = Some(day("2008-11-25"))),
        ("birth date", |a| a.birth_date = None),
        ("validity: from", |a| a.issued_at = day("2026-11-25")),
        ("validity: until", |a| a.expires_at = day("2026-11-23")),
    ];
    for (part, change) in cases {
        let mut case = case();
        case.reissue(change);
        assert!(check_claim(&case.claim, &case.witness).is_err());
        assert_eq!(broken(&case.public(), &case.private()), [part]);
    }
}

/// Values that no `Day` can have, but that a forger may put into a witness under a signature of the issuer's.
#[test]
fn differences_do_not_wrap_around() {
    let case = case();
    let cutoff = case.public()[7];
    let width = Fr::from(1u32 << DAY_BITS);
    for birth_date in [
        cutoff + Fr::one(),
        cutoff - width,
        cutoff + width,
        -Fr::one() - width,
    ] {
        let mut private = case.private();
        private.slots[Slot::BirthDate as usize] = birth_date;
        private.signature = bjj_poseidon::sign(&case.issuer, &poseidon(&private.slots));
        assert_eq!(broken(&case.public(), &private), ["birth date"]);
    }
}

#[test]
fn another_holder_secret_is_refused() {
    let case = case();
    let mut private = case.private();
    private.holder_secret += Fr::one();
    // The nullifier is that of the true secret; the commitment in the credential too.
    assert_eq!(
        broken(&case.public(), &private),
        ["signature: equation", "nullifier"]
    );

    let mut public = case.public();
    public[10] = bjj_poseidon::nullifier(&private.holder_secret, &case.claim.scope.to_field());
    assert_eq!(broken(&public, &private), ["signature: equation"]);
}

#[test]
fn an_attribute_that_was_not_signed_is_refused() {
    let case = case();
    for slot in 0..ATTRIBUTE_COUNT {
        let mut private = case.private();
        private.slots[slot] += Fr::one();
        let is_fixed = [Slot::Schema, Slot::HolderCommitment, Slot::Reserved]
            .map(|s| s as usize)
            .contains(&slot);
        // The fixed slots are not read from the witness at all.
        let expected: &[&str] = if is_fixed {
            &[]
        } else {
            &["signature: equation"]
        };
        assert_eq!(broken(&case.public(), &private), expected, "slot {slot}");
    }
}

/// A signature over another schema, another reserved value or another commitment is none over this credential.
#[test]
fn a_signature_over_other_fixed_slots_is_refused() {
    let case = case();
    for slot in [Slot::Schema, Slot::HolderCommitment, Slot::Reserved] {
        let mut private = case.private();
        let mut slots = private.slots;
        slots[slot as usize] += Fr::one();
        private.signature = bjj_poseidon::sign(&case.issuer, &poseidon(&slots));
        assert_eq!(broken(&case.public(), &private), ["signature: equation"]);
    }
}

#[test]
fn forged_and_foreign_signatures_are_refused() {
    let case = case();
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let digest = case.witness.credential.attributes.digest();
    let honest = case.private().signature.clone();
    let torsion = {
        // (0, −1) has order two.
        let point = bjj_poseidon::Point::new_unchecked(Fr::zero(), -Fr::one());
        assert!(point.is_on_curve());
        point
    };
    let forged = [
        bjj_poseidon::sign(&SecretKey::generate(&mut rng), &digest),
        bjj_poseidon::sign(&case.issuer, &(digest + Fr::one())),
        Signature {
            r8: honest.r8,
            s: honest.s + Scalar::one(),
        },
        Signature {
            r8: honest.r8,
            s: -honest.s,
        },
        Signature {
            r8: (honest.r8 + base8()).into(),
            s: honest.s,
        },
        Signature {
            r8: (honest.r8 + torsion).into(),
            s: honest.s,
        },
        Signature {
            r8: -honest.r8,
            s: honest.s,
        },
        Signature {
            r8: bjj_poseidon::Point::new_unchecked(Fr::rand(&mut rng), Fr::rand(&mut rng)),
            s: honest.s,
        },
        Signature {
            r8: bjj_poseidon::Point::new_unchecked(Fr::zero(), Fr::one()),
            s: Scalar::from(0u8),
        },
    ];
    for (index, signature) in forged.into_iter().enumerate() {
        let mut private = case.private();
        private.signature = signature;
        // S = 0 has no digits either: the last window's guard keeps the identity out.
        let broken = broken(&case.public(), &private);
        assert!(
            broken.contains(&"signature: equation"),
            "forgery {index} breaks {broken:?}"
        );
    }
}

/// Each public input, changed under an honest assignment, breaks the parts that it belongs to and no other.
#[test]
fn every_public_input_is_bound() {
    let parts: [&[&str]; PUBLIC_INPUT_COUNT] = [
        &["signature: challenge hash"],
        &["signature: challenge hash"],
        &["signature: public base"],
        &["signature: public base"],
        &["signature: public base"],
        &["signature: public base"],
        &["validity: from", "validity: until"],
        &["birth date"],
        &["challenge"],
        &["nullifier"],
        &["nullifier"],
    ];
    let shape = shape();
    let assignment = case().assignment();
    for (input, parts) in parts.into_iter().enumerate() {
        // Far enough to leave every range.
        for change in [Fr::from(1u32 << DAY_BITS), -Fr::from(1u32 << DAY_BITS)] {
            let mut tampered = assignment.clone();
            tampered[1 + input] += change;
            assert_eq!(shape.broken_parts(&tampered), parts, "public input {input}");
        }
    }
}

/// A prover who starts from another public input, and makes the rest of the witness fit, fails at what it says.
#[test]
fn no_witness_fits_other_public_inputs() {
    type Change = fn(&mut [Fr; PUBLIC_INPUT_COUNT]);
    let cases: [(&str, Change); 12] = [
        ("signature: equation", |p| p[0] += Fr::one()),
        ("signature: equation", |p| p[1] += Fr::one()),
        ("signature: equation", |p| p[2] += Fr::one()),
        ("signature: equation", |p| p[3] += Fr::one()),
        ("signature: equation", |p| p[4] += Fr::one()),
        ("signature: equation", |p| p[5] += Fr::one()),
        ("validity: from", |p| {
            p[6] = Fr::from(day("2025-12-31").number())
        }),
        ("validity: until", |p| {
            p[6] = Fr::from(day("2027-01-02").number())
        }),
        ("birth date", |p| {
            p[7] = Fr::from(day("2001-05-16").number())
        }),
        ("nullifier", |p| {
            p[9] = "other".parse::<Scope>().unwrap().to_field()
        }),
        ("nullifier", |p| p[10] += Fr::one()),
        // The one of the same holder elsewhere.
        ("nullifier", |p| {
            let elsewhere = "other".parse::<Scope>().unwrap().to_field();
            p[10] = bjj_poseidon::nullifier(case().witness.holder_secret.expose(), &elsewhere);
        }),
    ];
    let case = case();
    for (index, (part, change)) in cases.into_iter().enumerate() {
        let mut public = case.public();
        change(&mut public);
        assert_eq!(broken(&public, &case.private()), [part], "change {index}");
    }
}

/// Credentials and signatures that circomlibjs made, with the digests and nullifiers that it computed.
#[test]
fn witnesses_of_an_independent_implementation_satisfy_every_row() {
    #[derive(serde::Deserialize)]
    struct Vectors {
        witnesses: Vec<Vector>,
    }
    #[derive(serde::Deserialize)]
    struct Vector {
        public_inputs: PublicInputs,
        witness: Witness,
    }
    let text = include_str!("../../../../../core/tests/vectors/circomlibjs.json");
    let vectors: Vectors = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.witnesses.len(), 2);
    for v in vectors.witnesses {
        let public = public_inputs(&v.public_inputs).unwrap();
        let private = PrivateInputs::new(&v.witness).unwrap();
        assert_eq!(broken(&public, &private), [""; 0]);
    }
}

/// Nothing in the circuit is a free variable: a change of any one of them breaks a row.
#[test]
fn no_variable_is_free() {
    let shape = shape();
    let assignment = case().assignment();
    let mut rows_of = vec![Vec::new(); shape.variables];
    for row in &shape.rows {
        for variable in row.variables() {
            rows_of[variable].push(row);
        }
    }
    for (variable, rows) in rows_of.iter().enumerate() {
        for change in [Fr::one(), -Fr::one(), Fr::from(2u8).inverse().unwrap()] {
            let mut changed = assignment.clone();
            changed[variable] += change;
            assert!(
                rows.iter().any(|row| !row.holds(&changed)),
                "variable {variable}"
            );
        }
    }
}

/// Nothing in the circuit is left to the prover but what the prover knows: every other variable is a bit, or some row
/// gives it one value once all variables before it have theirs.
///
/// This sees what changing one variable at a time cannot: a slope that nothing defines would still be mentioned by the rows
/// that use it, and a forger would change all of them at once.
#[test]
fn every_variable_follows_from_those_before_it() {
    let case = case();
    let shape = shape();
    let assignment = case.assignment();

    let mut follows = vec![false; shape.variables];
    for row in &shape.rows {
        let Some(last) = row.variables().max().filter(|last| *last > 0) else {
            continue;
        };
        // The row as an equation for its last variable: (a + a'x)(b + b'x) = c + c'x.
        let split = |terms: &Combination| {
            let (factor, rest): (Vec<_>, Vec<_>) = terms.iter().partition(|(v, _)| *v == last);
            let rest: Fr = rest.iter().map(|(v, f)| assignment[*v] * f).sum();
            (rest, factor.iter().map(|(_, f)| *f).sum::<Fr>())
        };
        let [(a, a_x), (b, b_x), (_, c_x)] = [&row.a, &row.b, &row.c].map(split);
        let is_linear = a_x.is_zero() || b_x.is_zero();
        let is_bit = row.variables().all(|v| v == 0 || v == last) && row.c.is_empty();
        follows[last] |= is_bit || (is_linear && a_x * b + a * b_x != c_x);
    }

    let chosen: Vec<Fr> = (1 + PUBLIC_INPUT_COUNT..shape.variables)
        .filter(|variable| !follows[*variable])
        .map(|variable| assignment[variable])
        .collect();
    let private = case.private();
    let fixed = [Slot::Schema, Slot::HolderCommitment, Slot::Reserved].map(|slot| slot as usize);
    let mut known = vec![private.holder_secret];
    known.extend(
        (0..ATTRIBUTE_COUNT)
            .filter(|slot| !fixed.contains(slot))
            .map(|slot| private.slots[slot]),
    );
    // R8 is hashed before the equation forces it.
    known.extend([private.signature.r8.x, private.signature.r8.y]);
    assert_eq!(chosen, known);
}

/// No row is vacuous: each can be broken through one of its variables.
#[test]
fn every_row_can_be_broken() {
    let shape = shape();
    let assignment = case().assignment();
    for (index, row) in shape.rows.iter().enumerate() {
        let breaks = |variable: usize| {
            let mut changed = assignment.clone();
            changed[variable] += Fr::from(3u8);
            !row.holds(&changed)
        };
        assert!(row.variables().any(breaks), "row {index} of {}", row.part);
    }
}
