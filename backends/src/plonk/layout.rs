//! What a circuit takes up: the rows in use, and those of each part.
//!
//! The floor planner puts regions of different columns side by side, so the parts' rows add up to more than there are.

use std::collections::BTreeMap;

use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment, Circuit as _, Column, ConstraintSystem, Error, Fixed,
    FloorPlanner as _, Instance, Selector,
};
use pasta_curves::pallas::Base;

use super::circuit::CredentialCircuit;

/// The top namespaces of the circuits, in order.
const PARTS: [&str; 14] = [
    "words",
    "public inputs",
    "holder secret",
    "holder binding",
    "country",
    "attributes",
    "credential hash",
    "signature",
    "birth date",
    "income: minimum",
    "income: maximum",
    "validity: from",
    "validity: until",
    "nullifier",
];

/// The rows of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Rows up to the last one in use.
    pub(crate) rows: usize,
    /// The heights of each part's regions, added up.
    pub(crate) parts: Vec<(&'static str, usize)>,
}

impl Layout {
    /// Lays the circuit out. `None` if the library refuses it.
    pub(crate) fn measure<const COUNTRIES: bool>(
        circuit: &CredentialCircuit<COUNTRIES>,
    ) -> Option<Self> {
        type Planner = halo2_proofs::circuit::floor_planner::V1;
        let mut system = ConstraintSystem::default();
        let config = CredentialCircuit::<COUNTRIES>::configure(&mut system);
        let constants = vec![config.constants];
        let mut ruler = Ruler::default();
        Planner::synthesize(&mut ruler, circuit, config, constants).ok()?;
        let part = |name| Some((name, *ruler.parts.get(name)?));
        Some(Self {
            rows: ruler.rows,
            parts: PARTS.into_iter().filter_map(part).collect(),
        })
    }
}

/// Notes where cells are.
#[derive(Default)]
struct Ruler {
    namespaces: Vec<String>,
    /// First and last row of the region that is being assigned.
    region: Option<(usize, usize)>,
    rows: usize,
    parts: BTreeMap<String, usize>,
}

impl Ruler {
    fn note(&mut self, row: usize) {
        self.rows = self.rows.max(row + 1);
        let (first, last) = self.region.unwrap_or((row, row));
        self.region = Some((first.min(row), last.max(row)));
    }
}

impl Assignment<Base> for Ruler {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {
        self.region = None;
    }

    fn exit_region(&mut self) {
        if let (Some((first, last)), Some(part)) = (self.region.take(), self.namespaces.first()) {
            *self.parts.entry(part.clone()).or_default() += last + 1 - first;
        }
    }

    fn enable_selector<A, AR>(&mut self, _: A, _: &Selector, row: usize) -> Result<(), Error>
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.note(row);
        Ok(())
    }

    fn query_instance(&self, _: Column<Instance>, _: usize) -> Result<Value<Base>, Error> {
        Ok(Value::unknown())
    }

    fn assign_advice<V, VR, A, AR>(
        &mut self,
        _: A,
        _: Column<Advice>,
        row: usize,
        _: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<Base>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.note(row);
        Ok(())
    }

    fn assign_fixed<V, VR, A, AR>(
        &mut self,
        _: A,
        _: Column<Fixed>,
        row: usize,
        _: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<Base>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.note(row);
        Ok(())
    }

    fn copy(&mut self, _: Column<Any>, _: usize, _: Column<Any>, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn fill_from_row(
        &mut self,
        _: Column<Fixed>,
        _: usize,
        _: Value<Assigned<Base>>,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, name: N) {
        self.namespaces.push(name().into());
    }

    fn pop_namespace(&mut self, _: Option<String>) {
        self.namespaces.pop();
    }
}
