//! The circuits, constraint by constraint: counts, agreement with the native relation, and what breaks each part.
//!
//! What is true of every circuit is tested of every one in [`cases`]: a new one gets these tests for free.

use ark_bn254::Fr;
use ark_ff::{Field as _, One as _, UniformRand as _, Zero as _};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_core::claim::{ClaimError, check_claim};
use zapiki_core::credential::{
    ATTRIBUTE_COUNT, Attributes, CountryCode, Credential, FieldElement, Income, IncomePeriod, Slot,
};
use zapiki_core::day::{DAY_BITS, Day};
use zapiki_core::gap_tree::{Absence, GapTree};
use zapiki_core::public_inputs::{Challenge, Claim, PublicInputs, Scope};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::statements::all_of::AllOf;
use zapiki_core::statements::income::{IncomeAtLeast, IncomeInRange, IncomeUnit};
use zapiki_core::statements::listed::{NotRevoked, NotSanctioned, revocation_value};
use zapiki_core::statements::resident_of::{LETTERS, ResidentOf};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{
    self, Scalar, SecretKey, Signature, base8, holder_commitment, poseidon,
};
use zapiki_core::witness::{Absences, HolderSecret, Witness};

use super::relation::{INPUTS_AFTER, INPUTS_BEFORE, PrivateInputs, Relation};
use super::*;
use crate::groth16::r1cs::{Combination, Mode};

mod all_of;
mod income;
mod listed;
mod resident_of;

/// A true claim with its witness, and what the documentation says of its circuit.
pub(in crate::groth16) struct Case {
    pub(in crate::groth16) relation: &'static Relation,
    pub(in crate::groth16) claim: Claim,
    pub(in crate::groth16) witness: Witness,
    issuer: SecretKey,
    /// The rows of the parts before the credential's hash, and after the signature.
    own_parts: [Vec<(&'static str, usize)>; 2],
    rows: usize,
    digest: &'static str,
    /// Which parts each of the statement's public inputs belongs to.
    bound_in: Vec<&'static [&'static str]>,
    /// The slots for which there is no witness.
    filled: &'static [Slot],
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A list of persons without the holder of [`case`], 1,500, and one of what the issuer revoked, without number 42.
const PERSONS: [u64; 3] = [1_000, 2_000, 3_000];
const REVOKED: [u64; 3] = [7, 40, 50];

fn persons() -> GapTree {
    GapTree::new(PERSONS.map(Fr::from)).unwrap()
}

fn revoked() -> GapTree {
    GapTree::new(REVOKED.map(revocation_value)).unwrap()
}

fn issuer() -> SecretKey {
    SecretKey::generate(&mut ChaCha20Rng::seed_from_u64(7))
}

fn signed(name: &str, tree: &GapTree, signer: &SecretKey) -> SignedRoot {
    let name = name.parse().unwrap();
    SignedRoot::sign(
        signer,
        name,
        tree.root(),
        tree.len() as u64,
        day("2026-11-20"),
    )
}

fn revocations(signer: &SecretKey) -> SignedRoot {
    let name = ListName::revocations_of(&signer.public_key());
    signed(name.as_str(), &revoked(), signer)
}

fn not_sanctioned() -> Statement {
    let list = signed("persons", &persons(), &SecretKey::from_bytes([8; 32]));
    Statement::NotSanctioned(NotSanctioned::new(list, day("2026-11-24")).unwrap())
}

fn not_revoked() -> Statement {
    let list = revocations(&issuer());
    Statement::NotRevoked(NotRevoked::new(list, day("2026-11-24")).unwrap())
}

fn absences(statement: &Statement, attributes: &Attributes) -> Absences {
    let trees = [persons(), revoked()];
    let tree_of = |list: &SignedRoot| trees.iter().find(|tree| tree.root() == list.root.0);
    Absences::gather(statement, attributes, tree_of).unwrap()
}

fn case(statement: Statement) -> Case {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let issuer = SecretKey::generate(&mut rng);
    let secret = HolderSecret::generate(&mut rng);
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(secret.expose())),
        birth_date: Some(day("2001-05-17")),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(Fr::from(1_500u32))),
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 42,
    };
    let (relation, own_parts, rows, digest, bound_in, filled) = about(&statement);
    let absences = absences(&statement, &attributes);
    let claim = Claim {
        statement,
        issuer: IssuerKey::BjjPoseidonBn254(issuer.public_key()),
        challenge: Challenge([9; 32]),
        scope: "tests".parse::<Scope>().unwrap(),
    };
    let credential = Credential::issue(attributes, &issuer).unwrap();
    Case {
        relation,
        claim,
        witness: Witness {
            credential,
            holder_secret: secret,
            absences,
        },
        issuer,
        own_parts,
        rows,
        digest,
        bound_in,
        filled,
    }
}

const SANCTIONS: Parts = &[
    ("sanctions: identity", 1),
    ("sanctions: leaf", 240),
    ("sanctions: path", 3300),
    ("sanctions: root", 1),
    ("sanctions: order", 496),
];
const REVOCATION: Parts = &[
    ("revocation: leaf", 240),
    ("revocation: path", 3300),
    ("revocation: root", 1),
    ("revocation: order", 496),
];
const ATTRIBUTES: Parts = &[
    ("all: birth date", 21),
    ("all: income unit", 2),
    ("all: income minimum", 65),
    ("all: income maximum", 65),
    ("country: letters", 52),
    ("country: lookup", 79),
    ("all: country", 1),
];

type Parts = &'static [(&'static str, usize)];
type About = (
    &'static Relation,
    [Vec<(&'static str, usize)>; 2],
    usize,
    &'static str,
    Vec<&'static [&'static str]>,
    &'static [Slot],
);

/// The parts about a list in a circuit that serves several statements: what is compared is multiplied first.
fn asked(parts: Parts) -> Vec<(&'static str, usize)> {
    let products = |name: &str| match name.rsplit(": ").next() {
        Some("identity") => 1,
        Some("order") => 2,
        _ => 0,
    };
    let of = |(name, rows): &(&'static str, usize)| (*name, rows + products(name));
    parts.iter().map(of).collect()
}

/// What the documentation says of a statement's circuit. Rows never change within a version: keys and old proofs hang on
/// them.
fn about(statement: &Statement) -> About {
    match statement {
        Statement::AgeOver(_) => (
            &AGE_OVER,
            [vec![], vec![("birth date", 20)]],
            3832,
            "9538286a67546d1f55af470a3a72f37bbb7fc29ef58174948d1c3c85ce8bea42",
            vec![&["birth date"]],
            &[],
        ),
        Statement::IncomeAtLeast(_) => (
            &INCOME_AT_LEAST,
            [vec![], vec![("income: minimum", 64)]],
            3876,
            "d75e04e952a40fccb7fa718201a57fa3dab6de516428eabb2cea50b46e8e7598",
            vec![
                &["credential hash"],
                &["credential hash"],
                &["income: minimum"],
            ],
            &[Slot::IncomeCurrency, Slot::IncomePeriod],
        ),
        Statement::IncomeInRange(_) => (
            &INCOME_IN_RANGE,
            [
                vec![],
                vec![("income: minimum", 64), ("income: maximum", 64)],
            ],
            3940,
            "14a90039ae727f4a9d610d05849f7ef6d549a1d930642a9fef9d8ee4d43cced1",
            vec![
                &["credential hash"],
                &["credential hash"],
                &["income: minimum"],
                &["income: maximum"],
            ],
            &[Slot::IncomeCurrency, Slot::IncomePeriod],
        ),
        Statement::ResidentOf(_) => (
            &RESIDENT_OF,
            [
                vec![("country: letters", 52), ("country: lookup", 79)],
                vec![],
            ],
            3943,
            "ca5cf60072898bc2cf637b8bdb012c2807c90db6dbdbe21acce97c2442c55b38",
            vec![&["country: lookup"]; 26],
            &[Slot::Country],
        ),
        Statement::NotSanctioned(_) => (
            &NOT_SANCTIONED,
            [vec![], SANCTIONS.to_vec()],
            7850,
            "785afe274aca30253225f3088922c5769c2ef70d19659ea4bfbe5850e201e8c2",
            vec![&["sanctions: root"]],
            &[],
        ),
        Statement::NotRevoked(_) => (
            &NOT_REVOKED,
            [vec![], REVOCATION.to_vec()],
            7849,
            "9a38e4d03e9c2d4b5053c11f4db4750371af3f965ec11ad3ab457b8e435e80b5",
            vec![&["revocation: root"]],
            &[],
        ),
        Statement::AllOf(all) if !all.is_listed() => (
            &ALL_OF,
            [vec![], ATTRIBUTES.to_vec()],
            4097,
            "d8201d876ccbc2759575cf5d5f06fe91f54fb161e4a0dd09013d7756c2c69d75",
            all_of::attributes_bound_in(),
            &[],
        ),
        Statement::AllOf(_) => (
            &ALL_OF_LISTED,
            [
                vec![],
                [ATTRIBUTES, &asked(SANCTIONS), &asked(REVOCATION)].concat(),
            ],
            12177,
            "e44b4e9bc3ec32a61c11fb7df3ee19be8b3b88db8597349d3e680f4dd18c7eef",
            all_of::all_bound_in(),
            &[],
        ),
    }
}

fn age_over() -> Case {
    case(Statement::AgeOver(
        AgeOver::new(18, day("2026-11-24")).unwrap(),
    ))
}

/// One of each statement.
pub(in crate::groth16) fn cases() -> Vec<Case> {
    let as_of = day("2026-11-24");
    let unit = IncomeUnit {
        currency: "EUR".parse().unwrap(),
        period: IncomePeriod::Month,
    };
    let countries = ["ES", "PT", "FR"].map(|code| code.parse::<CountryCode>().unwrap());
    let attributes = vec![
        Statement::AgeOver(AgeOver::new(18, as_of).unwrap()),
        Statement::IncomeInRange(IncomeInRange::new(250_000, 350_000, unit, as_of).unwrap()),
        Statement::ResidentOf(ResidentOf::new(countries, as_of).unwrap()),
    ];
    let lists = vec![not_sanctioned(), not_revoked()];
    let mut cases = vec![age_over()];
    cases.extend(
        [
            Statement::IncomeAtLeast(IncomeAtLeast::new(250_000, unit, as_of).unwrap()),
            Statement::IncomeInRange(IncomeInRange::new(250_000, 350_000, unit, as_of).unwrap()),
            Statement::ResidentOf(ResidentOf::new(countries, as_of).unwrap()),
            not_sanctioned(),
            not_revoked(),
            Statement::AllOf(AllOf::new(attributes.clone()).unwrap()),
            Statement::AllOf(AllOf::new([attributes, lists].concat()).unwrap()),
        ]
        .map(case),
    );
    cases
}

impl Case {
    /// Signs changed attributes again, whatever an honest issuer would say to them.
    fn reissue(&mut self, change: impl FnOnce(&mut Attributes)) {
        let credential = &mut self.witness.credential;
        change(&mut credential.attributes);
        let signed = credential.signatures.bjj_poseidon_bn254.as_mut().unwrap();
        signed.signature = bjj_poseidon::sign(&self.issuer, &credential.attributes.digest());
    }

    /// Puts a value into a slot that no attribute encodes to, under a signature of the issuer's.
    fn private_with(&self, slot: Slot, value: Fr) -> PrivateInputs {
        let mut private = self.private();
        private.slots[slot as usize] = value;
        private.signature = bjj_poseidon::sign(&self.issuer, &poseidon(&private.slots));
        private
    }

    pub(in crate::groth16) fn public(&self) -> Vec<Fr> {
        let nullifier = bjj_poseidon::nullifier(
            self.witness.holder_secret.expose(),
            &self.claim.scope.to_field(),
        );
        let inputs = PublicInputs {
            claim: self.claim.clone(),
            nullifier: nullifier.into(),
        };
        self.relation.public_inputs(&inputs).unwrap()
    }

    pub(in crate::groth16) fn private(&self) -> PrivateInputs {
        PrivateInputs::new(&self.claim.statement, &self.witness).unwrap()
    }

    fn assignment(&self) -> Vec<Fr> {
        self.relation
            .build(Mode::Solve, &self.public(), &self.private())
            .into_assignment()
            .0
            .clone()
    }

    /// The parts whose rows fail for these inputs.
    fn broken(&self, public: &[Fr], private: &PrivateInputs) -> Vec<&'static str> {
        let build = self.relation.build(Mode::Solve, public, private);
        self.relation
            .shape()
            .broken_parts(&build.into_assignment().0)
    }

    /// The parts whose rows fail for the claim and the witness as they are.
    fn broken_now(&self) -> Vec<&'static str> {
        self.broken(&self.public(), &self.private())
    }

    /// Whether a public input may be anything for this witness: the rows of the table that are not the country's. The
    /// verifier says what they are.
    fn is_idle(&self, input: usize) -> bool {
        let table = match self.claim.statement {
            Statement::ResidentOf(_) => INPUTS_BEFORE,
            // Whether a country is asked for makes no difference to one that is allowed.
            Statement::AllOf(_) if input == INPUTS_BEFORE + all_of::COUNTRY => return true,
            Statement::AllOf(_) => INPUTS_BEFORE + all_of::COUNTRY + 1,
            _ => return false,
        };
        (table..table + LETTERS).contains(&input) && input != table + usize::from(b'P' - b'A')
    }

    /// The parts that a change of a slot by one breaks, beside the signature.
    fn broken_by(&self, slot: usize) -> &'static [&'static str] {
        match (&self.claim.statement, slot) {
            (Statement::AllOf(_), s) if s == Slot::IncomeCurrency as usize => &["all: income unit"],
            (Statement::AllOf(_), s) if s == Slot::IncomePeriod as usize => &["all: income unit"],
            (Statement::AllOf(_), s) if s == Slot::Country as usize => &["country: lookup"],
            _ => &[],
        }
    }

    /// What the prover says of lists: free but for what it must add up to.
    fn gaps(&self) -> Vec<Fr> {
        let private = self.private();
        let of_list = |absence: &Absence| {
            let mut numbers = vec![absence.low, absence.next];
            numbers.extend(absence.path.iter().flatten());
            numbers
        };
        [&private.sanctions, &private.revocations]
            .into_iter()
            .flatten()
            .flat_map(of_list)
            .collect()
    }

    /// Where the statement's public inputs end.
    fn after(&self) -> usize {
        INPUTS_BEFORE + self.relation.statement_inputs
    }
}

#[test]
fn counts_per_part_are_what_the_documentation_says() {
    for case in cases() {
        let [before, after] = &case.own_parts;
        let mut parts = vec![("holder binding", 237)];
        parts.extend(before);
        parts.extend([
            ("credential hash", 498),
            ("signature: challenge hash", 321),
            ("signature: challenge bits", 254),
            ("signature: public base", 1528),
            ("signature: fixed base", 668),
            ("signature: equation", 6),
        ]);
        parts.extend(after);
        parts.extend([
            ("validity: from", 20),
            ("validity: until", 20),
            ("nullifier", 259),
            ("challenge", 1),
        ]);
        let shape = case.relation.shape();
        assert_eq!(shape.parts(), parts);
        assert_eq!(shape.rows.len(), case.rows);
        assert_eq!(
            shape.domain_rows(),
            case.rows + case.relation.input_count() + 1
        );
        let domain = match case.claim.statement.kind() {
            StatementKind::NotSanctioned | StatementKind::NotRevoked | StatementKind::AllOf => 8192,
            StatementKind::AllOfListed => 16_384,
            _ => 4096,
        };
        assert_eq!(shape.domain_rows().next_power_of_two(), domain);
    }
}

#[test]
fn both_modes_agree_on_the_variables() {
    for case in cases() {
        assert_eq!(case.assignment().len(), case.relation.shape().variables);
    }
}

#[test]
fn the_relations_are_the_published_ones() {
    let cases = cases();
    let computed: Vec<_> = cases
        .iter()
        .map(|case| hex::encode(case.relation.shape().digest()))
        .collect();
    let published: Vec<_> = cases.iter().map(|case| case.digest).collect();
    assert_eq!(computed, published);
}

#[test]
fn a_true_claim_satisfies_every_row() {
    for case in cases() {
        check_claim(&case.claim, &case.witness).unwrap();
        assert_eq!(case.broken_now(), [""; 0]);
    }
}

/// The public inputs of one statement are none of another's.
#[test]
fn a_relation_takes_its_own_statement_alone() {
    let cases = cases();
    for (i, case) in cases.iter().enumerate() {
        for (j, other) in cases.iter().enumerate() {
            let inputs = PublicInputs {
                claim: other.claim.clone(),
                nullifier: Fr::zero().into(),
            };
            let own = case.relation.public_inputs(&inputs);
            assert_eq!(own.is_some(), i == j);
        }
    }
}

#[test]
fn the_bounds_themselves_are_allowed() {
    for (birth_date, issued_at, expires_at) in [
        ("2008-11-24", "2026-11-24", "2026-11-24"),
        ("1900-01-01", "1900-01-01", "2999-12-31"),
    ] {
        let mut case = age_over();
        case.reissue(|attributes| {
            attributes.birth_date = Some(day(birth_date));
            attributes.issued_at = day(issued_at);
            attributes.expires_at = day(expires_at);
        });
        check_claim(&case.claim, &case.witness).unwrap();
        assert_eq!(case.broken_now(), [""; 0]);
    }
}

/// A false claim, signed as if it were true, breaks the one part that is about it and no other.
#[test]
fn each_false_attribute_breaks_its_own_part() {
    type Change = fn(&mut Attributes);
    let changes: [(&str, Change); 2] = [
        ("birth date", |a| a.birth_date = Some(day("2008-11-25"))),
        ("birth date", |a| a.birth_date = None),
    ];
    for (part, change) in changes {
        let mut case = age_over();
        case.reissue(change);
        assert!(check_claim(&case.claim, &case.witness).is_err());
        assert_eq!(case.broken_now(), [part]);
    }
}

#[test]
fn every_circuit_checks_the_validity_period() {
    type Change = fn(&mut Attributes);
    let changes: [(&str, ClaimError, Change); 2] = [
        ("validity: from", ClaimError::NotYetValid, |a| {
            a.issued_at = day("2026-11-25")
        }),
        ("validity: until", ClaimError::Expired, |a| {
            a.expires_at = day("2026-11-23")
        }),
    ];
    for (part, error, change) in changes {
        for mut case in cases() {
            case.reissue(change);
            assert_eq!(check_claim(&case.claim, &case.witness), Err(error));
            assert_eq!(case.broken_now(), [part]);
        }
    }
}

/// Values that no `Day` can have, but that a forger may put into a witness under a signature of the issuer's.
#[test]
fn differences_do_not_wrap_around() {
    let case = age_over();
    let cutoff = case.public()[INPUTS_BEFORE];
    let width = Fr::from(1u32 << DAY_BITS);
    for birth_date in [
        cutoff + Fr::one(),
        cutoff - width,
        cutoff + width,
        -Fr::one() - width,
    ] {
        let private = case.private_with(Slot::BirthDate, birth_date);
        assert_eq!(case.broken(&case.public(), &private), ["birth date"]);
    }
}

#[test]
fn another_holder_secret_is_refused() {
    for case in cases() {
        let mut private = case.private();
        private.holder_secret += Fr::one();
        // The nullifier is that of the true secret; the commitment in the credential too.
        assert_eq!(
            case.broken(&case.public(), &private),
            ["signature: equation", "nullifier"]
        );

        let mut public = case.public();
        let nullifier = case.after() + INPUTS_AFTER - 1;
        public[nullifier] =
            bjj_poseidon::nullifier(&private.holder_secret, &case.claim.scope.to_field());
        assert_eq!(case.broken(&public, &private), ["signature: equation"]);
    }
}

const FIXED: [Slot; 3] = [Slot::Schema, Slot::HolderCommitment, Slot::Reserved];

#[test]
fn an_attribute_that_was_not_signed_is_refused() {
    for case in cases() {
        for slot in 0..ATTRIBUTE_COUNT {
            let is_one_of = |slots: &[Slot]| slots.iter().any(|s| *s as usize == slot);
            if is_one_of(case.filled) {
                // What the statement says stands there; its own tests change that.
                continue;
            }
            let mut private = case.private();
            private.slots[slot] += Fr::one();
            // The fixed slots are not read from the witness at all.
            let expected = if is_one_of(&FIXED) {
                Vec::new()
            } else {
                [&["signature: equation"], case.broken_by(slot)].concat()
            };
            let broken = case.broken(&case.public(), &private);
            assert_eq!(broken, expected, "slot {slot}");
        }
    }
}

/// A signature over another schema, another reserved value, another commitment, or what the statement does not say, is
/// none over this credential.
#[test]
fn a_signature_over_other_fixed_slots_is_refused() {
    for case in cases() {
        for slot in FIXED.iter().chain(case.filled) {
            let mut private = case.private();
            let mut slots = private.slots;
            slots[*slot as usize] += Fr::one();
            private.signature = bjj_poseidon::sign(&case.issuer, &poseidon(&slots));
            assert_eq!(
                case.broken(&case.public(), &private),
                ["signature: equation"]
            );
        }
    }
}

#[test]
fn forged_and_foreign_signatures_are_refused() {
    cases().iter().for_each(forge);
}

fn forge(case: &Case) {
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
        let broken = case.broken(&case.public(), &private);
        assert!(
            broken.contains(&"signature: equation"),
            "forgery {index} breaks {broken:?}"
        );
    }
}

/// Each public input, changed under an honest assignment, breaks the parts that it belongs to and no other.
#[test]
fn every_public_input_is_bound() {
    for case in cases() {
        let mut parts: Vec<&[&str]> = vec![
            &["signature: challenge hash"],
            &["signature: challenge hash"],
            &["signature: public base"],
            &["signature: public base"],
            &["signature: public base"],
            &["signature: public base"],
            &["validity: from", "validity: until"],
        ];
        parts.extend(&case.bound_in);
        parts.extend([&["challenge"][..], &["nullifier"], &["nullifier"]]);
        assert_eq!(parts.len(), case.relation.input_count());
        let shape = case.relation.shape();
        let assignment = case.assignment();
        for (input, parts) in parts.into_iter().enumerate() {
            // Far enough to leave every range.
            let far = Fr::from(1u128 << 70);
            for change in [far, -far] {
                let mut tampered = assignment.clone();
                tampered[1 + input] += change;
                let broken = shape.broken_parts(&tampered);
                let expected = if case.is_idle(input) { &[] } else { parts };
                assert_eq!(broken, expected, "public input {input}");
            }
        }
    }
}

/// A prover who starts from another public input, and makes the rest of the witness fit, fails at what it says.
#[test]
fn no_witness_fits_other_public_inputs() {
    for case in cases() {
        let (scope, nullifier) = (case.after() + 1, case.after() + 2);
        let number = |text: &str| Fr::from(day(text).number());
        let elsewhere = "other".parse::<Scope>().unwrap().to_field();
        let of_holder = bjj_poseidon::nullifier(case.witness.holder_secret.expose(), &elsewhere);
        let honest = case.public();
        let mut changes: Vec<(&str, usize, Fr)> = (0..6)
            .map(|input| ("signature: equation", input, honest[input] + Fr::one()))
            .collect();
        changes.extend([
            ("validity: from", 6, number("2025-12-31")),
            ("validity: until", 6, number("2027-01-02")),
            ("nullifier", scope, elsewhere),
            ("nullifier", nullifier, honest[nullifier] + Fr::one()),
            // The one of the same holder elsewhere.
            ("nullifier", nullifier, of_holder),
        ]);
        for (part, input, value) in changes {
            let mut public = honest.clone();
            public[input] = value;
            assert_eq!(
                case.broken(&public, &case.private()),
                [part],
                "public input {input}"
            );
        }
    }
    let case = age_over();
    let mut public = case.public();
    public[INPUTS_BEFORE] = Fr::from(day("2001-05-16").number());
    assert_eq!(case.broken(&public, &case.private()), ["birth date"]);
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
    let text = include_str!("../../../../core/tests/vectors/circomlibjs.json");
    let vectors: Vectors = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.witnesses.len(), 2);
    for v in vectors.witnesses {
        let public = AGE_OVER.public_inputs(&v.public_inputs).unwrap();
        let private = PrivateInputs::new(&v.public_inputs.claim.statement, &v.witness).unwrap();
        assert_eq!(age_over().broken(&public, &private), [""; 0]);
    }
}

/// Nothing in the circuit is a free variable: a change of any one of them breaks a row.
#[test]
fn no_variable_is_free() {
    cases().iter().for_each(change_each_variable);
}

fn change_each_variable(case: &Case) {
    let shape = case.relation.shape();
    let assignment = case.assignment();
    let mut rows_of = vec![Vec::new(); shape.variables];
    for row in &shape.rows {
        for variable in row.variables() {
            rows_of[variable].push(row);
        }
    }
    for (variable, rows) in rows_of.iter().enumerate() {
        if variable > 0 && case.is_idle(variable - 1) {
            continue;
        }
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
    cases().iter().for_each(follow_each_variable);
}

fn follow_each_variable(case: &Case) {
    let shape = case.relation.shape();
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

    let chosen: Vec<Fr> = (1 + case.relation.input_count()..shape.variables)
        .filter(|variable| !follows[*variable])
        .map(|variable| assignment[variable])
        .collect();
    let private = case.private();
    let mut fixed = FIXED.to_vec();
    fixed.extend(case.filled);
    let mut known = vec![private.holder_secret];
    // A unit that is compared with the statement's is not the prover's to choose.
    known.extend(
        (0..ATTRIBUTE_COUNT)
            .filter(|slot| fixed.iter().all(|s| *s as usize != *slot))
            .filter(|slot| case.broken_by(*slot) != ["all: income unit"])
            .map(|slot| private.slots[slot]),
    );
    // R8 is hashed before the equation forces it.
    known.extend([private.signature.r8.x, private.signature.r8.y]);
    known.extend(case.gaps());
    assert_eq!(chosen, known);
}

/// No row is vacuous: each can be broken through one of its variables.
#[test]
fn every_row_can_be_broken() {
    cases().iter().for_each(break_each_row);
}

fn break_each_row(case: &Case) {
    let shape = case.relation.shape();
    let assignment = case.assignment();
    for (index, row) in shape.rows.iter().enumerate() {
        let breaks = |variable: usize| {
            let mut changed = assignment.clone();
            changed[variable] += Fr::from(3u8);
            !row.holds(&changed)
        };
        assert!(row.variables().any(breaks), "row {index} of {}", row.part);
    }
}
