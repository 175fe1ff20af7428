//! The digest of a circuit: what names it, where other systems have a verifying key.
//!
//! There is no setup, so a verifier derives all it needs from the program. That both have the same program is what the digest
//! says. It must change with any constraint, and constraints are code: so it is taken over their *values* too, at two frames
//! of cells, selectors and public inputs that are drawn from a published seed. Two different polynomials of degree d agree
//! at a random point with probability d/p, below 2⁻⁶⁰.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest as _, Sha256};
use winter_air::proof::Context;
use winter_utils::Serializable as _;
use winterfell::math::FieldElement as _;
use winterfell::math::fields::f64::BaseElement;
use winterfell::{Air as _, ProofOptions, TraceInfo};
use zapiki_core::circuit::CircuitId;
use zapiki_core::day::Day;
use zapiki_core::envelope::KeyDigest;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::rescue_merkle::{BatchRoot, Digest, RootSignature};

use super::air::{CredentialAir, evaluate, parts};
use super::layout::{TRACE_LENGTH, WIDTH};
use super::params::OPTIONS;
use super::public::{Bound, PublicElements};
use super::structure::Shape;

const SEED: &[u8; 32] = b"zapiki: where a STARK is sampled";
const RELATION_TAG: &[u8] = b"ZAPIKI-V1-STARK-RELATION";
const KEY_TAG: &[u8] = b"ZAPIKI-V1-STARK-KEY";
const FRAMES: usize = 2;

/// What there is to know of a circuit.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    /// Names the constraints.
    pub(crate) relation: KeyDigest,
    /// Names constraints and parameters.
    pub(crate) digest: KeyDigest,
    pub(crate) context: Context,
    pub(crate) shape: Shape,
    /// Field elements in the transcript.
    pub(crate) public_inputs: usize,
}

/// `None` of a statement without a circuit here.
pub(crate) fn describe(id: CircuitId) -> Option<Description> {
    describe_under(id, OPTIONS)
}

/// The circuit under any parameters.
pub(crate) fn describe_under(id: CircuitId, options: ProofOptions) -> Option<Description> {
    let mut rng = ChaCha20Rng::from_seed(*SEED);
    let mut relation = Sha256::new();
    relation.update(RELATION_TAG);
    let public = sample_public(id.statement, &mut rng)?;
    let trace = TraceInfo::new(WIDTH, TRACE_LENGTH);
    let air = CredentialAir::new(trace.clone(), public.clone(), options.clone());
    let parts = parts(public.bound);
    for part in &parts {
        relation.update(format!(
            "{} {} {}\n",
            part.name, part.constraints, part.degree
        ));
    }
    let columns = air.get_periodic_column_values();
    for column in &columns {
        relation.update((column.len() as u64).to_be_bytes());
        update(&mut relation, column);
    }
    for assertion in air.get_assertions() {
        let place = [assertion.column(), assertion.first_step()];
        relation.update(format!("{place:?}"));
        update(&mut relation, assertion.values());
    }
    let constraints: usize = parts.iter().map(|part| part.constraints).sum();
    for _ in 0..FRAMES {
        let public = sample_public(id.statement, &mut rng)?;
        let mut values = vec![BaseElement::ZERO; constraints];
        let row = sample(WIDTH, &mut rng);
        let next = sample(WIDTH, &mut rng);
        let periodic = sample(columns.len(), &mut rng);
        evaluate(&public, &row, &next, &periodic, &mut values);
        update(&mut relation, &values);
    }
    let relation = KeyDigest(relation.finalize().into());

    let total = air.context().num_transition_constraints() + air.context().num_assertions();
    let context = Context::new::<BaseElement>(trace, options.clone(), total);
    let mut digest = Sha256::new();
    digest.update(KEY_TAG);
    digest.update(id.to_string());
    digest.update(relation.0);
    digest.update(context.to_bytes());
    digest.update(b"BLAKE3-256");

    let domain = air.lde_domain_size();
    let fri = options.to_fri_options();
    let fri_layers = fri.num_fri_layers(domain);
    let folding_log = fri.folding_factor().ilog2() as usize;
    let shape = Shape {
        context: context.to_bytes(),
        queries_max: options.num_queries(),
        composition: air.context().num_constraint_composition_columns(),
        domain_log: domain.ilog2() as usize,
        folding_log,
        fri_layers,
        remainder: TRACE_LENGTH >> (folding_log * fri_layers),
    };
    let public_inputs = winterfell::math::ToElements::to_elements(&public).len();
    Some(Description {
        relation,
        digest: KeyDigest(digest.finalize().into()),
        context,
        shape,
        public_inputs,
    })
}

fn update(hash: &mut Sha256, elements: &[BaseElement]) {
    for element in elements {
        hash.update(element.as_int().to_be_bytes());
    }
}

fn sample(count: usize, rng: &mut ChaCha20Rng) -> Vec<BaseElement> {
    let drawn = std::iter::repeat_with(|| Digest::random(rng).0);
    drawn.flatten().take(count).collect()
}

fn sample_public(statement: StatementKind, rng: &mut ChaCha20Rng) -> Option<PublicElements> {
    let Digest([as_of, a, b, c]) = Digest::random(rng);
    let bound = match statement {
        StatementKind::AgeOver => Bound::AgeOver { cutoff: a },
        StatementKind::IncomeAtLeast => Bound::IncomeAtLeast {
            currency: a,
            period: b,
            minimum: c,
        },
        _ => return None,
    };
    Some(PublicElements {
        circuit: KeyDigest([0; 32]),
        issuer: rng.r#gen(),
        root: BatchRoot {
            root: Digest::random(rng),
            signed_on: Day::from_number(0).ok()?,
            signature: RootSignature([0; 64]),
        },
        as_of,
        bound,
        challenge: rng.r#gen(),
        scope: Digest::random(rng).0,
        nullifier: Digest::random(rng).0,
    })
}
