//! The public inputs as the AIR has them, all derived from the typed ones and the signed root.
//!
//! A verifier never takes field elements from a prover. [`ToElements`] gives them to the transcript: winterfell hashes the
//! proof's context and these elements into the seed of the coin that every challenge comes from. So a proof is of one circuit, issuer
//! key, root, day, statement, challenge, scope and nullifier, whether a constraint mentions them or not. The issuer key, the
//! signature and the challenge are in no constraint: the transcript alone binds them.

use winterfell::math::ToElements;
use winterfell::math::fields::f64::BaseElement;
use zapiki_core::envelope::KeyDigest;
use zapiki_core::public_inputs::PublicInputs;
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::rescue_merkle::{BatchRoot, scope_elements};

use super::layout::byte_elements;

/// What a statement says of the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Birth date ≤ cutoff.
    AgeOver {
        /// Day number.
        cutoff: BaseElement,
    },
    /// Minimum ≤ amount, in this unit.
    IncomeAtLeast {
        /// ISO 4217 code.
        currency: BaseElement,
        /// 1 month, 2 year.
        period: BaseElement,
        /// Minor units.
        minimum: BaseElement,
    },
}

impl Bound {
    /// `None` of a statement that this backend has no circuit for.
    fn new(statement: &Statement) -> Option<Self> {
        match statement {
            Statement::AgeOver(statement) => Some(Self::AgeOver {
                cutoff: statement.birth_cutoff().number().into(),
            }),
            Statement::IncomeAtLeast(statement) => Some(Self::IncomeAtLeast {
                currency: statement.unit().currency.number().into(),
                period: statement.unit().period.number().into(),
                minimum: BaseElement::new(statement.minimum_minor()),
            }),
            _ => None,
        }
    }
}

/// All that prover and verifier both see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicElements {
    /// The circuit's digest.
    pub(crate) circuit: KeyDigest,
    /// The issuer's key.
    pub(crate) issuer: [u8; 32],
    /// The root above the leaf, with the issuer's word on it.
    pub(crate) root: BatchRoot,
    /// Day number.
    pub(crate) as_of: BaseElement,
    /// The statement's own.
    pub(crate) bound: Bound,
    /// The verifier's.
    pub(crate) challenge: [u8; 32],
    /// Where the nullifier is comparable, hashed to the field.
    pub(crate) scope: [BaseElement; 4],
    /// Of the holder, in the scope.
    pub(crate) nullifier: [BaseElement; 4],
}

impl PublicElements {
    /// `None` if the inputs are of another suite, or of a statement without a circuit here.
    pub(crate) fn new(circuit: KeyDigest, inputs: &PublicInputs, root: &BatchRoot) -> Option<Self> {
        let claim = &inputs.claim;
        let IssuerKey::RescueMerkleEd25519(issuer) = &claim.issuer else {
            return None;
        };
        Some(Self {
            circuit,
            issuer: issuer.to_bytes(),
            root: *root,
            as_of: claim.statement.as_of().number().into(),
            bound: Bound::new(&claim.statement)?,
            challenge: claim.challenge.0,
            scope: scope_elements(claim.scope.as_str()),
            nullifier: inputs.nullifier.to_digest()?.0,
        })
    }
}

impl ToElements<BaseElement> for PublicElements {
    fn to_elements(&self) -> Vec<BaseElement> {
        let mut elements: Vec<_> = byte_elements(&self.circuit.0).collect();
        elements.extend(byte_elements(&self.issuer));
        elements.extend(self.root.root.0);
        elements.push(self.root.signed_on.number().into());
        elements.extend(byte_elements(&self.root.signature.0));
        elements.push(self.as_of);
        // The circuit says which statement it is, and so how many elements there are.
        match self.bound {
            Bound::AgeOver { cutoff } => elements.push(cutoff),
            Bound::IncomeAtLeast {
                currency,
                period,
                minimum,
            } => elements.extend([currency, period, minimum]),
        }
        elements.extend(byte_elements(&self.challenge));
        elements.extend(self.scope);
        elements.extend(self.nullifier);
        elements
    }
}
