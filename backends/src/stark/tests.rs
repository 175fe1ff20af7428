//! The AIR, cell by cell and part by part: what each cell is good for, and what a forger breaks who lacks one thing only.
//!
//! What is true of every circuit is tested of every one in [`cases`]: a new one gets these tests for free.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use winterfell::math::fields::f64::BaseElement;
use winterfell::math::{FieldElement as _, ToElements as _, polynom};
use winterfell::{
    Air as _, BatchingMethod, FieldExtension, Proof, ProofOptions, Prover as _, TraceInfo,
    TraceTable, VerifierError,
};
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::check_claim;
use zapiki_core::credential::{
    Attributes, Credential, FieldElement, Income, IncomePeriod, JSON_INTEGER_MAX,
};
use zapiki_core::day::{DAY_BITS, Day};
use zapiki_core::envelope::KeyDigest;
use zapiki_core::public_inputs::{Challenge, Claim, PublicInputs};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::statements::income::{IncomeAtLeast, IncomeUnit};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::rescue_merkle::{
    ABSENT, Domain, HolderKey, Place, RATE, SecretKey, holder_commitment, initial_state,
    scope_elements,
};
use zapiki_core::witness::{HolderSecret, Witness};

use super::air::{CredentialAir, bound_bits, parts};
use super::backend::{CIRCUITS, verify_stark};
use super::describe::{describe, describe_under};
use super::layout::*;
use super::params::{Coin, Commitment, OPTIONS, Security, TraceHash, acceptable};
use super::prover::CredentialProver;
use super::public::{Bound, PublicElements};
use super::structure::Misshape;
use super::trace::{PrivateElements, Table, fill};
use crate::backend::InvalidReason;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

const ONE: BaseElement = BaseElement::ONE;

/// A claim with its witness, and the trace inputs that come from both.
struct Case {
    public: PublicElements,
    private: PrivateElements,
}

fn attributes() -> Attributes {
    Attributes {
        holder_commitment: FieldElement(0u8.into()),
        birth_date: Some(day("2001-05-17")),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: None,
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 42,
    }
}

fn age_over(min_age: u8, as_of: &str) -> Statement {
    Statement::AgeOver(AgeOver::new(min_age, day(as_of)).unwrap())
}

fn income_at_least(minimum: u64) -> Statement {
    let unit = IncomeUnit {
        currency: "EUR".parse().unwrap(),
        period: IncomePeriod::Month,
    };
    Statement::IncomeAtLeast(IncomeAtLeast::new(minimum, unit, day("2026-11-24")).unwrap())
}

fn claim_and_witness(statement: Statement, attributes: Attributes) -> (Claim, Witness) {
    let mut rng = rng();
    let issuer = SecretKey::generate(&mut rng);
    let secret = HolderSecret::generate(&mut rng);
    let commitment = holder_commitment(&HolderKey::derive(&secret.to_bytes()));
    // The sixth of its batch: a path with turns.
    let mut batch = vec![(Credential::unsigned(attributes).unwrap(), commitment); 6];
    Credential::sign_batch(&mut batch, &issuer, day("2026-01-02"), &mut rng).unwrap();
    let credential = batch.remove(5).0;
    let claim = Claim {
        statement,
        issuer: IssuerKey::RescueMerkleEd25519(issuer.public_key()),
        challenge: Challenge([9; 32]),
        scope: "tests".parse().unwrap(),
    };
    (claim, Witness::new(credential, secret))
}

/// The trace inputs of a claim, true or not.
fn case_with(statement: Statement, attributes: Attributes) -> Case {
    let (claim, witness) = claim_and_witness(statement, attributes);
    let key = HolderKey::derive(&witness.holder_secret.to_bytes());
    let nullifier = zapiki_core::suites::rescue_merkle::nullifier(&key, claim.scope.as_str());
    if let Ok(checked) = check_claim(&claim, &witness) {
        assert_eq!(checked, nullifier.into());
    }
    let inputs = PublicInputs {
        claim,
        nullifier: nullifier.into(),
    };
    let signed = witness.credential.signatures.rescue_merkle_ed25519.as_ref();
    let root = signed.unwrap().root;
    Case {
        public: PublicElements::new(KeyDigest([5; 32]), &inputs, &root).unwrap(),
        private: PrivateElements::new(&witness).unwrap(),
    }
}

fn case(statement: Statement) -> Case {
    case_with(statement, attributes())
}

/// A true claim for each circuit.
fn cases() -> [Case; 2] {
    [
        case(age_over(18, "2026-11-24")),
        case(income_at_least(250_000)),
    ]
}

impl Case {
    fn table(&self) -> Table {
        fill(&self.public, &self.private, &mut rng())
    }

    fn air(&self) -> CredentialAir {
        let info = TraceInfo::new(WIDTH, TRACE_LENGTH);
        CredentialAir::new(info, self.public.clone(), OPTIONS)
    }

    /// Takes the root of the table for the public one: what an issuer could have signed.
    fn adopt_root(&mut self, table: &Table) {
        for i in 0..4 {
            self.public.root.root.0[i] = table.0[RATE_START + i][ROOT_ROW];
        }
    }

    /// The parts that the table breaks, and `cell` for a public cell that differs.
    fn broken(&self, table: &Table) -> BTreeSet<&'static str> {
        let checker = Checker::new(self);
        let mut broken = checker.cells(table);
        for row in 0..TRACE_LENGTH - 1 {
            broken.extend(checker.row(table, row).into_iter().map(|(name, _)| name));
        }
        broken
    }
}

/// The constraints with all that their evaluation needs.
struct Checker {
    air: CredentialAir,
    periodic: Vec<Vec<BaseElement>>,
    names: Vec<&'static str>,
}

impl Checker {
    fn new(case: &Case) -> Self {
        let air = case.air();
        let names = parts(case.public.bound)
            .into_iter()
            .flat_map(|part| std::iter::repeat_n(part.name, part.constraints))
            .collect();
        Self {
            periodic: air.get_periodic_column_values(),
            air,
            names,
        }
    }

    /// The constraints that a row and the next break: name and place in the list.
    fn row(&self, table: &Table, row: usize) -> Vec<(&'static str, usize)> {
        let cells = |row: usize| table.0.iter().map(|column| column[row]).collect();
        let frame = winterfell::EvaluationFrame::from_rows(cells(row), cells(row + 1));
        let periodic: Vec<_> = self
            .periodic
            .iter()
            .map(|column| column[row % column.len()])
            .collect();
        let mut values = vec![BaseElement::ZERO; self.names.len()];
        self.air.evaluate_transition(&frame, &periodic, &mut values);
        let broken = self.names.iter().zip(values).enumerate();
        broken
            .filter(|(_, (_, value))| *value != BaseElement::ZERO)
            .map(|(index, (name, _))| (*name, index))
            .collect()
    }

    fn cells(&self, table: &Table) -> BTreeSet<&'static str> {
        let assertions = self.air.get_assertions();
        let differs = assertions.iter().any(|assertion| {
            table.0[assertion.column()][assertion.first_step()] != assertion.values()[0]
        });
        differs.then_some("cell").into_iter().collect()
    }
}

#[test]
fn an_honest_trace_breaks_nothing() {
    for case in cases() {
        assert_eq!(case.broken(&case.table()), BTreeSet::new());
    }
}

/// The library's own check of a trace, which takes periodic columns as the polynomials that they become.
#[test]
fn the_library_agrees_that_it_is_valid() {
    for case in cases() {
        let air = case.air();
        let checker = Checker::new(&case);
        let g = air.trace_domain_generator();
        for (column, polynomial) in checker.periodic.iter().zip(air.get_periodic_column_polys()) {
            for row in [0, 7, 31, 32, 40, 167, 168, 511] {
                let cycles = (TRACE_LENGTH / column.len()) as u64;
                let x = g.exp(row as u64).exp(cycles);
                let value = polynom::eval(&polynomial, x);
                assert_eq!(value, column[row % column.len()]);
            }
        }
        use winterfell::Trace as _;
        TraceTable::init(case.table().0).validate::<_, BaseElement>(&air, None);
    }
}

/// Whether nothing says what is in the cell.
fn is_free(case: &Case, column: usize, row: usize) -> bool {
    let is_digit = |bits: usize| (digits_start(bits)..=DIGITS_END).contains(&row);
    match column {
        _ if column < SECRET => row > ROOT_ROW,
        _ if column < DIRECTION => row > NULLIFIER_END + 1,
        DIRECTION => !row.is_multiple_of(CYCLE) || !(LEAF_END + 1..=ROOT_ROW).contains(&row),
        FROM | UNTIL => !is_digit(DAY_BITS),
        BOUND => !is_digit(bound_bits(case.public.bound)),
        _ => true,
    }
}

/// Each single cell, altered: those with a meaning break something, the others nothing. And each single constraint is broken by
/// some cell.
#[test]
fn every_cell_is_bound_or_random() {
    for case in cases() {
        let checker = Checker::new(&case);
        let mut table = case.table();
        let mut hit = BTreeSet::new();
        for column in 0..WIDTH {
            for row in 0..TRACE_LENGTH {
                // By two: a direction by one would be the other direction.
                table.0[column][row] += ONE.double();
                let mut broken = Vec::new();
                if row > 0 {
                    broken.extend(checker.row(&table, row - 1));
                }
                if row < TRACE_LENGTH - 1 {
                    broken.extend(checker.row(&table, row));
                }
                let is_bound = !broken.is_empty() || !checker.cells(&table).is_empty();
                let free = is_free(&case, column, row);
                assert_eq!(is_bound, !free, "column {column}, row {row}");
                hit.extend(broken.into_iter().map(|(_, index)| index));
                table.0[column][row] -= ONE.double();
            }
        }
        let all: BTreeSet<_> = (0..checker.names.len()).collect();
        assert_eq!(hit, all);
    }
}

/// Random cells of each column, and what is opened of it: at 44 positions, and at two points of the cubic extension.
#[test]
fn every_column_has_more_random_cells_than_openings() {
    let openings = OPTIONS.num_queries() + 2 * 3;
    // Constraints tie the next row to a current one: with it, too.
    let with_next = 2 * OPTIONS.num_queries() + 3 * 3;
    assert_eq!((openings, with_next), (50, 97));
    for case in cases() {
        for column in 0..WIDTH {
            let free = (0..TRACE_LENGTH).filter(|row| is_free(&case, column, *row));
            assert!(free.count() > with_next, "column {column}");
        }
        // And they do differ from one proof to the next.
        let (one, other) = (case.table(), {
            let mut other = ChaCha20Rng::seed_from_u64(8);
            fill(&case.public, &case.private, &mut other)
        });
        for column in 0..WIDTH {
            for row in 0..TRACE_LENGTH {
                let same = one.0[column][row] == other.0[column][row];
                assert_eq!(same, !is_free(&case, column, row));
            }
        }
    }
}

/// A forged trace that breaks nothing but the part that is named with it.
type Forgery = (&'static str, fn(Case) -> (Case, Table));

/// What a forger would do who is free of one part.
const FORGERIES: [Forgery; 12] = [
    ("round", |case| {
        let mut table = case.table();
        // Beside the digest, in the last row: nothing else looks at it.
        table.0[STATE + 11][ROOT_ROW] += ONE;
        (case, table)
    }),
    ("capacity", |mut case| {
        // Another hash in the last level.
        let mut table = case.table();
        let first = ROOT_ROW + 1 - CYCLE;
        let mut state: [BaseElement; 12] = std::array::from_fn(|i| table.0[i][first]);
        state[2] += ONE;
        table.permute(first, state, &[]);
        case.adopt_root(&table);
        (case, table)
    }),
    ("secret: held", |mut case| {
        // The nullifier of another secret, which becomes the right one on the way.
        let mut table = case.table();
        let other = [ONE; 4];
        let inputs = [&other[..], &case.public.scope].concat();
        let state = table.permute(0, initial_state(Domain::Nullifier, RATE), &inputs);
        case.public.nullifier = std::array::from_fn(|i| state[RATE_START + i]);
        for (i, element) in other.into_iter().enumerate() {
            table.0[SECRET + i][..4].fill(element);
        }
        (case, table)
    }),
    ("secret: nullifier", |mut case| {
        let mut table = case.table();
        let inputs = [&[ONE; 4][..], &case.public.scope].concat();
        let state = table.permute(0, initial_state(Domain::Nullifier, RATE), &inputs);
        case.public.nullifier = std::array::from_fn(|i| state[RATE_START + i]);
        (case, table)
    }),
    ("secret: commitment", |mut case| {
        let mut table = case.table();
        let initial = initial_state(Domain::HolderCommitment, 4);
        let state = table.permute(CYCLE, initial, &[ONE; 4]);
        let mut leaf = case.private.leaf;
        leaf[..4].copy_from_slice(&state[RATE_START..RATE_START + 4]);
        table.put_leaf_and_path(&leaf, &case.private.path);
        case.adopt_root(&table);
        (case, table)
    }),
    ("leaf: commitment", |mut case| {
        // Somebody else's credential.
        let mut table = case.table();
        let mut leaf = case.private.leaf;
        leaf[..4].fill(ONE);
        table.put_leaf_and_path(&leaf, &case.private.path);
        case.adopt_root(&table);
        (case, table)
    }),
    ("leaf: constants", |mut case| {
        case.private.leaf[Place::Schema as usize] += ONE;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
    ("path: direction", |mut case| {
        // Neither left nor right: 2·right − left is the node.
        let mut table = case.table();
        let first = ROOT_ROW + 1 - CYCLE;
        let node: [BaseElement; 4] = std::array::from_fn(|i| table.0[RATE_START + i][first - 1]);
        let left = [ONE; 4];
        let right = node.map(|x| (x + ONE) / BaseElement::new(2));
        let inputs = [left, right].concat();
        table.permute(first, initial_state(Domain::Node, RATE), &inputs);
        table.0[DIRECTION][first] = BaseElement::new(2);
        case.adopt_root(&table);
        (case, table)
    }),
    ("path: node", |mut case| {
        // A node that is not above the leaf.
        let mut table = case.table();
        let first = ROOT_ROW + 1 - CYCLE;
        table.permute(first, initial_state(Domain::Node, RATE), &[ONE; RATE]);
        case.adopt_root(&table);
        (case, table)
    }),
    ("validity: digits", |mut case| {
        // Not yet valid, and a negative number of days in one step.
        case.private.leaf[Place::IssuedAt as usize] = case.public.as_of + ONE;
        let mut table = case.table();
        case.adopt_root(&table);
        table.0[FROM][DIGITS_END] = -ONE;
        (case, table)
    }),
    ("validity: from", |mut case| {
        case.private.leaf[Place::IssuedAt as usize] = case.public.as_of + ONE;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
    ("validity: until", |mut case| {
        case.private.leaf[Place::ExpiresAt as usize] = case.public.as_of - ONE;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
];

const AGE_FORGERIES: [Forgery; 2] = [
    ("birth date: digits", |mut case| {
        let Bound::AgeOver { cutoff } = case.public.bound else {
            panic!("another statement");
        };
        case.private.leaf[Place::BirthDate as usize] = cutoff + ONE;
        let mut table = case.table();
        case.adopt_root(&table);
        table.0[BOUND][DIGITS_END] = -ONE;
        (case, table)
    }),
    ("birth date", |mut case| {
        case.private.leaf[Place::BirthDate as usize] = ABSENT;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
];

const INCOME_FORGERIES: [Forgery; 3] = [
    ("income: digits", |mut case| {
        let Bound::IncomeAtLeast { minimum, .. } = case.public.bound else {
            panic!("another statement");
        };
        case.private.leaf[Place::IncomeAmount as usize] = minimum - ONE;
        let mut table = case.table();
        case.adopt_root(&table);
        table.0[BOUND][DIGITS_END] = -ONE;
        (case, table)
    }),
    ("income: minimum", |mut case| {
        case.private.leaf[Place::IncomeAmount as usize] = ABSENT;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
    ("income: unit", |mut case| {
        case.private.leaf[Place::IncomeCurrency as usize] += ONE;
        let table = case.table();
        case.adopt_root(&table);
        (case, table)
    }),
];

fn own_forgeries(bound: Bound) -> &'static [Forgery] {
    match bound {
        Bound::AgeOver { .. } => &AGE_FORGERIES,
        Bound::IncomeAtLeast { .. } => &INCOME_FORGERIES,
    }
}

/// Every part is needed: each forgery breaks its part and no other, and there is one for each part. And the library's verifier
/// accepts none of them.
#[test]
fn each_part_alone_stops_a_forgery() {
    for at in 0..cases().len() {
        let [ref age, ref income] = cases();
        let bound = [age, income][at].public.bound;
        let mut forgeries = FORGERIES.to_vec();
        forgeries.extend(own_forgeries(bound));
        let names: Vec<_> = forgeries.iter().map(|(name, _)| *name).collect();
        let all: Vec<_> = parts(bound).iter().map(|part| part.name).collect();
        assert_eq!(names, all);
        for (name, forge) in forgeries {
            let [age, income] = cases();
            let (case, table) = forge(if at == 0 { age } else { income });
            assert_eq!(case.broken(&table), BTreeSet::from([name]));
            assert!(!is_proved(&case, table), "{name}");
        }
    }
}

/// Other public cells than the trace's.
#[test]
fn each_public_cell_is_bound() {
    type Change = fn(&mut PublicElements);
    let changes: [Change; 3] = [
        |p| p.scope[3] += ONE,
        |p| p.nullifier[3] += ONE,
        |p| p.root.root.0[3] += ONE,
    ];
    for change in changes {
        for mut case in cases() {
            let table = case.table();
            change(&mut case.public);
            assert_eq!(case.broken(&table), BTreeSet::from(["cell"]));
            assert!(!is_proved(&case, table));
        }
    }
}

/// Whether a prover who does not look gets a proof past the verifier. The library's prover may give up on the way.
fn is_proved(case: &Case, table: Table) -> bool {
    let made = catch_unwind(AssertUnwindSafe(|| prove(case, table, OPTIONS)));
    match made {
        Ok(proof) => verify_stark(&proof.to_bytes(), case.public.clone()).is_ok(),
        Err(_) => false,
    }
}

fn prove(case: &Case, table: Table, options: ProofOptions) -> Proof {
    let prover = CredentialProver {
        public: case.public.clone(),
        options,
    };
    prover.prove(TraceTable::init(table.0)).unwrap()
}

#[test]
fn an_honest_prover_is_believed() {
    for case in cases() {
        assert!(is_proved(&case, case.table()));
    }
}

/// Constraints and native check agree at every edge.
#[test]
fn bounds_hold_to_the_day_and_the_cent() {
    let check = |statement: Statement, attributes: Attributes| {
        let (claim, witness) = claim_and_witness(statement.clone(), attributes.clone());
        let native = check_claim(&claim, &witness).is_ok();
        let case = case_with(statement, attributes);
        let broken = case.broken(&case.table());
        assert_eq!(broken.is_empty(), native, "{broken:?}");
        (native, broken)
    };
    let none = BTreeSet::new();
    for (as_of, fails) in [
        ("2019-05-16", Some("birth date")),
        ("2019-05-17", None),
        ("2025-12-31", Some("validity: from")),
        ("2026-01-01", None),
        ("2027-01-01", None),
        ("2027-01-02", Some("validity: until")),
        ("2999-12-31", Some("validity: until")),
    ] {
        let mut attributes = attributes();
        if as_of < "2020" {
            attributes.birth_date = Some(day("2001-05-17"));
            attributes.issued_at = day("2019-01-01");
        }
        let (_, broken) = check(age_over(18, as_of), attributes);
        assert_eq!(broken, fails.into_iter().collect(), "{as_of}");
    }
    for (amount, minimum, holds) in [
        (345_000, 345_000, true),
        (345_000, 345_001, false),
        (0, 1, false),
        (1, 1, true),
        (JSON_INTEGER_MAX, JSON_INTEGER_MAX, true),
        (JSON_INTEGER_MAX, 1, true),
        (1, JSON_INTEGER_MAX, false),
        (JSON_INTEGER_MAX - 1, JSON_INTEGER_MAX, false),
    ] {
        let mut attributes = attributes();
        attributes.income.as_mut().unwrap().amount_minor = amount;
        let (native, broken) = check(income_at_least(minimum), attributes);
        assert_eq!(native, holds);
        if holds {
            assert_eq!(broken, none);
        } else {
            assert_eq!(broken, BTreeSet::from(["income: minimum"]));
        }
    }
    let mut yearly = attributes();
    yearly.income.as_mut().unwrap().period = IncomePeriod::Year;
    let (_, broken) = check(income_at_least(1), yearly);
    assert_eq!(broken, BTreeSet::from(["income: unit"]));
    let mut nothing = attributes();
    nothing.birth_date = None;
    nothing.income = None;
    let (_, broken) = check(age_over(1, "2026-11-24"), nothing.clone());
    assert_eq!(broken, BTreeSet::from(["birth date"]));
    let (_, broken) = check(income_at_least(1), nothing);
    assert_eq!(broken, BTreeSet::from(["income: minimum", "income: unit"]));
}

/// What an absent attribute stands for is out of every range check, whatever the bound.
#[test]
fn absent_is_below_no_bound_and_above_none() {
    for bits in [DAY_BITS, super::air::AMOUNT_BITS] {
        assert!(bits < 62);
        let top = BaseElement::new((1 << bits) - 1);
        for bound in [BaseElement::ZERO, ONE, top] {
            for difference in [ABSENT - bound, bound - ABSENT] {
                assert!(difference.as_int() >> 62 > 0);
            }
        }
    }
}

/// The seed of the transcript has every public input: none can be exchanged, even those in no constraint.
#[test]
fn the_transcript_has_every_public_input() {
    type Change = fn(&mut PublicElements);
    let changes: [Change; 10] = [
        |p| p.circuit.0[31] ^= 1,
        |p| p.issuer[0] ^= 1,
        |p| p.root.root.0[0] += ONE,
        |p| p.root.signed_on = "2026-01-03".parse().unwrap(),
        |p| p.root.signature.0[63] ^= 1,
        |p| p.as_of += ONE,
        |p| match &mut p.bound {
            Bound::AgeOver { cutoff } => *cutoff += ONE,
            Bound::IncomeAtLeast { currency, .. } => *currency += ONE,
        },
        |p| p.challenge[31] ^= 1,
        |p| p.scope = scope_elements("elsewhere"),
        |p| p.nullifier[0] += ONE,
    ];
    for case in cases() {
        let proof = prove(&case, case.table(), OPTIONS).to_bytes();
        assert_eq!(verify_stark(&proof, case.public.clone()), Ok(()));
        for (i, change) in changes.iter().enumerate() {
            let mut other = case.public.clone();
            change(&mut other);
            assert_ne!(other.to_elements(), case.public.to_elements(), "{i}");
            let verdict = verify_stark(&proof, other);
            assert_eq!(verdict, Err(InvalidReason::EquationFailed), "{i}");
        }
    }
}

/// A proof under weaker parameters is well made, and refused thrice: by its first bytes, by the estimates, by the library.
#[test]
fn weaker_parameters_are_refused() {
    let [case, _] = cases();
    let with = |queries, grinding, extension| {
        let linear = BatchingMethod::Linear;
        ProofOptions::new(queries, 16, grinding, extension, 8, 31, linear, linear)
    };
    for options in [
        with(16, 16, FieldExtension::Cubic),
        with(44, 16, FieldExtension::None),
    ] {
        let proof = prove(&case, case.table(), options);
        let bytes = proof.to_bytes();
        let description = describe(CIRCUITS[0]).unwrap();
        assert_eq!(description.shape.check(&bytes), Err(Misshape::Context));
        assert_eq!(
            verify_stark(&bytes, case.public.clone()),
            Err(InvalidReason::ParametersMismatch)
        );
        let verify = winterfell::verify::<CredentialAir, TraceHash, Coin, Commitment>;
        let refused = verify(proof.clone(), case.public.clone(), &acceptable());
        assert!(matches!(
            refused,
            Err(VerifierError::InsufficientConjecturedSecurity(96, _))
        ));
        // It is a proof: who asks for less gets it.
        let lax = winterfell::AcceptableOptions::MinConjecturedSecurity(1);
        assert!(verify(proof, case.public.clone(), &lax).is_ok());
    }
    // Conjectured well, proved less: fewer queries than the second estimate wants.
    let proof = prove(&case, case.table(), with(32, 16, FieldExtension::Quadratic));
    let security = Security::of_proof(&proof);
    assert!(security.conjectured_bits >= 96 && security.proven_bits < 96);
    assert_eq!(
        verify_stark(&proof.to_bytes(), case.public.clone()),
        Err(InvalidReason::ParametersMismatch)
    );
}

/// Lengths that a proof does not have, each at its place: the library never sees them.
#[test]
fn the_walk_refuses_every_other_length() {
    let [case, _] = cases();
    let proof = prove(&case, case.table(), OPTIONS);
    let bytes = proof.to_bytes();
    let shape = describe(CIRCUITS[0]).unwrap().shape;
    assert_eq!(shape.check(&bytes), Ok(()));
    for cut in [1, 8, 9, 100, bytes.len() - shape.context.len()] {
        let cut = &bytes[..bytes.len() - cut];
        assert_eq!(shape.check(cut), Err(Misshape::Lengths));
    }
    assert_eq!(shape.check(&bytes[..10]), Err(Misshape::Context));
    assert_eq!(
        shape.check(&[&bytes[..], &[0]].concat()),
        Err(Misshape::Lengths)
    );
    let start = shape.context.len();
    let altered = |at: usize, byte: u8| {
        let mut altered = bytes.clone();
        altered[at] = byte;
        shape.check(&altered)
    };
    // Number of queries, length of the commitments, of the values of the trace.
    for at in [start, start + 1, start + 2, start + 3 + 5 * 32] {
        for byte in [0, 1, 0x7f, 0xff] {
            if byte != bytes[at] {
                assert!(altered(at, byte).is_err(), "{at}: {byte}");
            }
        }
    }
    // The first list of digests claims to have 2⁵⁶ of them.
    let values = usize::from(bytes[start]) * WIDTH * 8;
    let vint = |at: usize| bytes[at].trailing_zeros() as usize + 1;
    let at = start + 3 + 5 * 32;
    let opening = at + vint(at) + values;
    let lists = opening + vint(opening) + 1;
    assert_eq!(bytes[lists - 1], 13, "the depth of the tree");
    let mut altered = bytes.clone();
    altered.splice(lists..lists + vint(lists), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(shape.check(&altered), Err(Misshape::Lengths));
    assert_eq!(
        altered_last(&bytes, 9, 1, &shape),
        Err(Misshape::Lengths),
        "partitions"
    );
}

fn altered_last(
    bytes: &[u8],
    from_end: usize,
    byte: u8,
    shape: &super::structure::Shape,
) -> Result<(), Misshape> {
    let mut altered = bytes.to_vec();
    let at = altered.len() - from_end;
    assert_eq!(altered[at], 0);
    altered[at] = byte;
    shape.check(&altered)
}

/// The circuits as published. A change here needs a new version: old proofs hang on all of it.
#[test]
fn the_circuits_are_locked() {
    let locked = CIRCUITS.iter().map(|id| {
        let description = describe(*id).unwrap();
        let [age, income] = cases();
        let case = match id.statement.as_str() {
            "age_over" => age,
            _ => income,
        };
        let air = case.air();
        let context = air.context();
        format!(
            "{id}: {WIDTH} x {TRACE_LENGTH}, {} constraints, {} cells, {} periodic, {} composition, {} inputs, {}, {}",
            context.num_transition_constraints(),
            context.num_assertions(),
            air.get_periodic_column_values().len(),
            context.num_constraint_composition_columns(),
            description.public_inputs,
            description.relation,
            description.digest,
        )
    });
    assert_eq!(locked.collect::<Vec<_>>(), LOCKED);
    let security = Security::of_context(&describe(CIRCUITS[0]).unwrap().context);
    assert_eq!(
        (security.conjectured_bits, security.proven_bits),
        (128, 103)
    );
}

const LOCKED: [&str; 2] = [
    "age_over@1.0.0: 23 x 512, 50 constraints, 19 cells, 34 periodic, 7 composition, 40 inputs, \
     sha256:dc8d5b5ec4a053db8f6fed93b426d078af81660cb971a014e3498be5c28c9182, \
     sha256:cbbcfd873383de9856c72b830c5f9c0b43ff43cf390682bcb6d41a2456f8151c",
    "income_at_least@1.0.0: 23 x 512, 52 constraints, 19 cells, 34 periodic, 7 composition, 42 inputs, \
     sha256:3e805daa8709a9799a96ddab8069bc62f50d36ba7426a742b2666f7913825e8d, \
     sha256:3d65fd7401d91e2d1f5412554eb3a9aaec78a599f5e78dadf47240c0e994e0e1",
];

#[test]
fn the_digest_names_constraints_and_parameters() {
    let [age, income] = [CIRCUITS[0], CIRCUITS[1]];
    let (one, other) = (describe(age).unwrap(), describe(income).unwrap());
    assert_ne!(one.relation, other.relation);
    assert_ne!(one.digest, other.digest);
    let linear = BatchingMethod::Linear;
    let more = ProofOptions::new(45, 16, 16, FieldExtension::Cubic, 8, 31, linear, linear);
    let stronger = describe_under(age, more).unwrap();
    assert_eq!(stronger.relation, one.relation);
    assert_ne!(stronger.digest, one.digest);
    let renamed = CircuitId {
        version: "1.0.1".parse().unwrap(),
        ..age
    };
    assert_ne!(describe(renamed).unwrap().digest, one.digest);
}

/// The leaf holds the commitment as computed: what the credential says of it is under another root.
#[test]
fn the_commitment_in_the_leaf_is_the_one_that_was_computed() {
    let [mut case, _] = cases();
    case.private.leaf[..4].fill(ONE);
    assert_eq!(case.broken(&case.table()), BTreeSet::new());
}
