//! What the circuits prove, and the public inputs in which they differ.
//!
//! A verifier never takes field elements from a prover: all are derived from the typed public inputs of the envelope.

use pasta_curves::pallas::Base;
use zapiki_core::circuit::CircuitId;
use zapiki_core::credential::ATTRIBUTE_COUNT;
use zapiki_core::public_inputs::PublicInputs;
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::income::IncomeUnit;
use zapiki_core::statements::resident_of::LETTERS;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::pallas_poseidon::{
    HolderKey, Point, Signature, encode, hash_to_field, scope_element,
};
use zapiki_core::witness::Witness;
use zeroize::Zeroize as _;

const CIRCUIT_DST: &[u8] = b"ZAPIKI-V1-PLONK-CIRCUIT";

/// Rows of the instance column that every circuit has. The statement's own follow.
pub(crate) mod row {
    /// The circuit's name and version, hashed to the field: a constant of the circuit.
    pub(crate) const CIRCUIT: usize = 0;
    /// First coordinate of the issuer's key.
    pub(crate) const ISSUER_X: usize = 1;
    /// Second coordinate.
    pub(crate) const ISSUER_Y: usize = 2;
    /// Day number.
    pub(crate) const AS_OF: usize = 3;
    /// Hashed to the field. In no constraint but its copy.
    pub(crate) const CHALLENGE: usize = 4;
    /// Hashed to the field.
    pub(crate) const SCOPE: usize = 5;
    /// As it stands.
    pub(crate) const NULLIFIER: usize = 6;
    /// How many these are.
    pub(crate) const COUNT: usize = 7;
}

/// The statement of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// birth date ≤ cutoff.
    AgeOver,
    /// minimum ≤ amount, in the unit.
    IncomeAtLeast,
    /// minimum ≤ amount ≤ maximum, in the unit.
    IncomeInRange,
    /// The table allows the country.
    ResidentOf,
}

impl Relation {
    pub(crate) const fn statement(self) -> StatementKind {
        match self {
            Self::AgeOver => StatementKind::AgeOver,
            Self::IncomeAtLeast => StatementKind::IncomeAtLeast,
            Self::IncomeInRange => StatementKind::IncomeInRange,
            Self::ResidentOf => StatementKind::ResidentOf,
        }
    }

    /// Public inputs of the statement's own: the cutoff day; currency, period and bounds; the table's rows.
    pub(crate) const fn own_inputs(self) -> usize {
        match self {
            Self::AgeOver => 1,
            Self::IncomeAtLeast => 3,
            Self::IncomeInRange => 4,
            Self::ResidentOf => LETTERS,
        }
    }

    pub(crate) const fn input_count(self) -> usize {
        row::COUNT + self.own_inputs()
    }

    /// `None` of another statement.
    fn own(self, statement: &Statement) -> Option<Vec<Base>> {
        let small = |number: u32| Base::from(u64::from(number));
        let unit = |unit: IncomeUnit| {
            [
                small(unit.currency.number()),
                small(unit.period.number().into()),
            ]
        };
        Some(match (self, statement) {
            (Self::AgeOver, Statement::AgeOver(s)) => vec![small(s.birth_cutoff().number())],
            (Self::IncomeAtLeast, Statement::IncomeAtLeast(s)) => {
                [&unit(s.unit())[..], &[Base::from(s.minimum_minor())]].concat()
            }
            (Self::IncomeInRange, Statement::IncomeInRange(s)) => {
                let bounds = [s.minimum_minor(), s.maximum_minor()].map(Base::from);
                [unit(s.unit()), bounds].concat()
            }
            (Self::ResidentOf, Statement::ResidentOf(s)) => s.table().map(small).to_vec(),
            _ => return None,
        })
    }

    /// The instance column. `None` if the inputs are of another suite or statement.
    pub(crate) fn public_inputs(
        self,
        circuit: CircuitId,
        inputs: &PublicInputs,
    ) -> Option<Vec<Base>> {
        let claim = &inputs.claim;
        let IssuerKey::PallasPoseidon(issuer) = &claim.issuer else {
            return None;
        };
        let mut elements = vec![Base::zero(); row::COUNT];
        elements[row::CIRCUIT] = circuit_element(circuit);
        elements[row::ISSUER_X] = issuer.point().x();
        elements[row::ISSUER_Y] = issuer.point().y();
        elements[row::AS_OF] = Base::from(u64::from(claim.statement.as_of().number()));
        elements[row::CHALLENGE] = claim.challenge.to_pallas();
        elements[row::SCOPE] = scope_element(claim.scope.as_str());
        elements[row::NULLIFIER] = inputs.nullifier.to_pallas()?;
        elements.extend(self.own(&claim.statement)?);
        (elements.len() == self.input_count()).then_some(elements)
    }
}

/// A circuit's name as the circuit itself knows it.
pub(crate) fn circuit_element(circuit: CircuitId) -> Base {
    hash_to_field(CIRCUIT_DST, circuit.to_string().as_bytes())
}

/// What the circuit is told beside the public inputs. Wiped on drop.
#[derive(Clone)]
pub(crate) struct PrivateInputs {
    /// Public, but a point: the circuit has its coordinates only.
    pub(crate) issuer: Point,
    pub(crate) slots: [Base; ATTRIBUTE_COUNT],
    pub(crate) holder_key: Base,
    pub(crate) signature: Signature,
}

impl Drop for PrivateInputs {
    fn drop(&mut self) {
        self.slots.zeroize();
        self.holder_key.zeroize();
    }
}

impl PrivateInputs {
    /// `None` if the credential has no signature of the suite.
    pub(crate) fn new(witness: &Witness) -> Option<Self> {
        let credential = &witness.credential;
        let signed = credential.signatures.pallas_poseidon.as_ref()?;
        let holder_key = HolderKey::derive(&witness.holder_secret.to_bytes());
        Some(Self {
            issuer: *signed.issuer_key.point(),
            slots: encode(&credential.attributes, &signed.holder_commitment.0),
            holder_key: holder_key.expose(),
            signature: signed.signature.clone(),
        })
    }
}
