//! The circuit: what every statement has in common, and what is its own.
//!
//! Each cell is bound by a gate, a copy or a constant; the tests alter cells one by one. Namespaces at the top are the circuit's
//! parts.

use halo2_proofs::circuit::{Layouter, Value, floor_planner};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use pasta_curves::pallas::Base;
use zapiki_core::circuit::CircuitId;
use zapiki_core::credential::{ATTRIBUTE_COUNT, Slot};
use zapiki_core::statements::resident_of::LETTERS;
use zapiki_core::suites::pallas_poseidon::{HOLDER_TAG, NULLIFIER_TAG, SCHEMA_PERSON_V1};

use super::config::{Config, Number};
use super::gadgets::country::letters_of;
use super::gadgets::hash::hash;
use super::gadgets::range::{enforce_amounts_in_order, enforce_days_in_order};
use super::gadgets::signature::{IssuerCells, enforce_signature};
use super::relation::{PrivateInputs, Relation, circuit_element, row};

/// The circuit of a statement; `COUNTRIES` if it has the gate of the table.
pub(crate) struct CredentialCircuit<const COUNTRIES: bool> {
    pub(crate) id: CircuitId,
    pub(crate) relation: Relation,
    pub(crate) private: Value<PrivateInputs>,
}

impl<const COUNTRIES: bool> Circuit<Base> for CredentialCircuit<COUNTRIES> {
    type Config = Config;
    type FloorPlanner = floor_planner::V1;

    fn without_witnesses(&self) -> Self {
        Self {
            id: self.id,
            relation: self.relation,
            private: Value::unknown(),
        }
    }

    fn configure(meta: &mut ConstraintSystem<Base>) -> Config {
        Config::configure(meta, COUNTRIES)
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Base>) -> Result<(), Error> {
        let private = self.private.as_ref();
        config.load_table(layouter.namespace(|| "words"))?;

        let public = self.assign_public(&config, layouter.namespace(|| "public inputs"))?;
        let (shared, own) = public.split_at(row::COUNT);

        let (secret, tags) = assign_secret(
            &config,
            layouter.namespace(|| "holder secret"),
            private.map(|private| private.holder_key),
        )?;
        let [holder_tag, nullifier_tag] = tags;
        let namespace = layouter.namespace(|| "holder binding");
        let commitment = hash(&config, namespace, [holder_tag, secret.clone()])?;

        // The commitment stands in the credential as computed, so there is nothing to compare. So do the public values.
        let mut filled: [Option<Number>; ATTRIBUTE_COUNT] = Default::default();
        filled[Slot::HolderCommitment as usize] = Some(commitment);
        match self.relation {
            Relation::AgeOver => {}
            Relation::IncomeAtLeast | Relation::IncomeInRange => {
                filled[Slot::IncomeCurrency as usize] = own.first().cloned();
                filled[Slot::IncomePeriod as usize] = own.get(1).cloned();
            }
            Relation::ResidentOf => {
                let country = config.country.as_ref().ok_or(Error::Synthesis)?;
                let table: &[Number; LETTERS] = own.try_into().map_err(|_| Error::Synthesis)?;
                let letters =
                    private.map(|private| letters_of(&private.slots[Slot::Country as usize]));
                let code = country.assign(layouter.namespace(|| "country"), table, letters)?;
                filled[Slot::Country as usize] = Some(code);
            }
        }
        let slots = assign_slots(
            &config,
            layouter.namespace(|| "attributes"),
            filled,
            private.map(|private| private.slots),
        )?;

        let namespace = layouter.namespace(|| "credential hash");
        let digest = hash(&config, namespace, slots.clone())?;
        let issuer = IssuerCells {
            point: private.map(|private| private.issuer),
            x: shared[row::ISSUER_X].clone(),
            y: shared[row::ISSUER_Y].clone(),
        };
        enforce_signature(
            &config,
            layouter.namespace(|| "signature"),
            &issuer,
            digest,
            private.map(|private| &private.signature),
        )?;

        let slot = |slot: Slot| &slots[slot as usize];
        let amount = slot(Slot::IncomeAmount);
        match self.relation {
            Relation::AgeOver => {
                let namespace = layouter.namespace(|| "birth date");
                enforce_days_in_order(&config, namespace, slot(Slot::BirthDate), &own[0])?;
            }
            Relation::IncomeAtLeast | Relation::IncomeInRange => {
                let namespace = layouter.namespace(|| "income: minimum");
                enforce_amounts_in_order(&config, namespace, &own[2], amount)?;
                if let Some(maximum) = own.get(3) {
                    let namespace = layouter.namespace(|| "income: maximum");
                    enforce_amounts_in_order(&config, namespace, amount, maximum)?;
                }
            }
            Relation::ResidentOf => {}
        }

        let as_of = &shared[row::AS_OF];
        let namespace = layouter.namespace(|| "validity: from");
        enforce_days_in_order(&config, namespace, slot(Slot::IssuedAt), as_of)?;
        let namespace = layouter.namespace(|| "validity: until");
        enforce_days_in_order(&config, namespace, as_of, slot(Slot::ExpiresAt))?;

        let scope = shared[row::SCOPE].clone();
        let namespace = layouter.namespace(|| "nullifier");
        let nullifier = hash(&config, namespace, [nullifier_tag, secret, scope])?;
        layouter.constrain_instance(nullifier.cell(), config.instance, row::NULLIFIER)
    }
}

impl<const COUNTRIES: bool> CredentialCircuit<COUNTRIES> {
    /// Copies every public input into a cell. The first must be the circuit's own name.
    fn assign_public(
        &self,
        config: &Config,
        mut layouter: impl Layouter<Base>,
    ) -> Result<Vec<Number>, Error> {
        let (count, name) = (self.relation.input_count(), circuit_element(self.id));
        layouter.assign_region(
            || "public inputs",
            |mut region| {
                let mut cells = Vec::with_capacity(count);
                for at in 0..count {
                    let (instance, column) = (config.instance, config.advices[0]);
                    let name = || "public input";
                    cells.push(region.assign_advice_from_instance(name, instance, at, column, at)?);
                }
                region.constrain_constant(cells[row::CIRCUIT].cell(), name)?;
                Ok(cells)
            },
        )
    }
}

/// The holder's secret, and the tags of the two hashes that it goes into.
fn assign_secret(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    secret: Value<Base>,
) -> Result<(Number, [Number; 2]), Error> {
    layouter.assign_region(
        || "secret and tags",
        |mut region| {
            let column = config.advices[0];
            let secret = region.assign_advice(|| "secret", column, 0, || secret)?;
            let mut tag =
                |at, tag: Base| region.assign_advice_from_constant(|| "tag", column, at, tag);
            Ok((secret, [tag(1, *HOLDER_TAG)?, tag(2, *NULLIFIER_TAG)?]))
        },
    )
}

/// The credential's numbers: what is filled already, the constants, and the rest as the prover has it.
fn assign_slots(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    filled: [Option<Number>; ATTRIBUTE_COUNT],
    values: Value<[Base; ATTRIBUTE_COUNT]>,
) -> Result<[Number; ATTRIBUTE_COUNT], Error> {
    layouter.assign_region(
        || "attributes",
        |mut region| {
            let column = config.advices[0];
            let mut offset = 0;
            let mut slots = Vec::with_capacity(ATTRIBUTE_COUNT);
            for (slot, filled) in filled.iter().enumerate() {
                let constant = match slot {
                    _ if slot == Slot::Schema as usize => Some(*SCHEMA_PERSON_V1),
                    _ if slot == Slot::Reserved as usize => Some(Base::zero()),
                    _ => None,
                };
                let name = || "attribute";
                let number = match (filled, constant) {
                    (Some(number), _) => number.clone(),
                    (None, Some(constant)) => {
                        region.assign_advice_from_constant(name, column, offset, constant)?
                    }
                    (None, None) => {
                        let value = values.map(|values| values[slot]);
                        region.assign_advice(name, column, offset, || value)?
                    }
                };
                offset += usize::from(filled.is_none());
                slots.push(number);
            }
            slots.try_into().map_err(|_| Error::Synthesis)
        },
    )
}
