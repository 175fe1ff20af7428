//! Altering single cells of an otherwise honest assignment: what a prover could do that does not keep to the program.

use std::cell::{Cell, RefCell};

use ff::Field;
use halo2_proofs::circuit::{Layouter, Value, floor_planner};
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment, Circuit, Column, ConstraintSystem, Error, Fixed,
    FloorPlanner, Instance, Selector,
};
use pasta_curves::pallas::Base;

use crate::plonk::circuit::CredentialCircuit;
use crate::plonk::config::Config;

/// Rows that a gate reads, from the one before its own to the one after.
pub(super) const REACH: usize = 3;

/// An advice cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// By its place among the regions.
    pub(super) region: usize,
    pub(super) column: usize,
    pub(super) row: usize,
}

/// Cells that are altered together: those of one column in every third row. No gate reads two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comb {
    pub(super) column: usize,
    /// Of the row, modulo [`REACH`].
    pub(super) residue: usize,
}

impl Comb {
    pub(super) const fn has(self, column: usize, row: usize) -> bool {
        self.column == column && row % REACH == self.residue
    }
}

/// What was assigned: every region by its name with its first row, and every cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) regions: Vec<(String, usize)>,
    pub(super) cells: Vec<Place>,
}

thread_local! {
    static ALTERED: Cell<Option<Comb>> = const { Cell::new(None) };
    static SEEN: RefCell<Seen> = const { RefCell::new(Seen { regions: Vec::new(), cells: Vec::new() }) };
}

/// Runs something with some cells altered, or none.
pub(super) fn altering<T>(comb: Option<Comb>, run: impl FnOnce() -> T) -> T {
    ALTERED.set(comb);
    let result = run();
    ALTERED.set(None);
    result
}

/// What was assigned last on this thread.
pub(super) fn seen() -> Seen {
    SEEN.take()
}

/// The circuit, laid out by a planner that alters.
pub(super) struct Tampered<const COUNTRIES: bool>(pub(super) CredentialCircuit<COUNTRIES>);

impl<const COUNTRIES: bool> Circuit<Base> for Tampered<COUNTRIES> {
    type Config = Config;
    type FloorPlanner = AlteringPlanner;

    fn without_witnesses(&self) -> Self {
        Self(self.0.without_witnesses())
    }

    fn configure(meta: &mut ConstraintSystem<Base>) -> Config {
        CredentialCircuit::<COUNTRIES>::configure(meta)
    }

    fn synthesize(&self, config: Config, layouter: impl Layouter<Base>) -> Result<(), Error> {
        self.0.synthesize(config, layouter)
    }
}

/// The circuits' own planner, over an assignment that alters.
pub(super) struct AlteringPlanner;

impl FloorPlanner for AlteringPlanner {
    fn synthesize<F: Field, CS: Assignment<F>, C: Circuit<F>>(
        cs: &mut CS,
        circuit: &C,
        config: C::Config,
        constants: Vec<Column<Fixed>>,
    ) -> Result<(), Error> {
        SEEN.take();
        let mut altering = Altering {
            inner: cs,
            namespaces: Vec::new(),
            is_in_region: false,
        };
        floor_planner::V1::synthesize(&mut altering, circuit, config, constants)
    }
}

/// The library shows a column's index and does not give it.
fn index_of(column: Column<Advice>) -> usize {
    let shown = format!("{column:?}");
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The library counts a region's rows from the first cell.
fn note_row(row: usize) {
    SEEN.with_borrow_mut(|seen| {
        if let Some((_, first)) = seen.regions.last_mut() {
            *first = row.min(*first);
        }
    });
}

/// An integer in the field. Each row adds another, so that no two altered copies of one value agree.
fn number<F: Field>(integer: usize) -> F {
    (0..integer).map(|_| F::ONE).sum()
}

struct Altering<'a, CS> {
    inner: &'a mut CS,
    namespaces: Vec<String>,
    is_in_region: bool,
}

impl<F: Field, CS: Assignment<F>> Assignment<F> for Altering<'_, CS> {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, name: N) {
        let name = name().into();
        let path = format!("{}/{name}", self.namespaces.join("/"));
        SEEN.with_borrow_mut(|seen| seen.regions.push((path, usize::MAX)));
        self.is_in_region = true;
        self.inner.enter_region(|| name);
    }

    fn exit_region(&mut self) {
        self.is_in_region = false;
        self.inner.exit_region();
    }

    fn enable_selector<A, AR>(&mut self, name: A, at: &Selector, row: usize) -> Result<(), Error>
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inner.enable_selector(name, at, row)
    }

    fn query_instance(&self, column: Column<Instance>, row: usize) -> Result<Value<F>, Error> {
        self.inner.query_instance(column, row)
    }

    fn assign_advice<V, VR, A, AR>(
        &mut self,
        name: A,
        column: Column<Advice>,
        row: usize,
        to: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<F>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let column_index = index_of(column);
        note_row(row);
        SEEN.with_borrow_mut(|seen| {
            seen.cells.push(Place {
                region: seen.regions.len() - 1,
                column: column_index,
                row,
            });
        });
        let is_altered = ALTERED
            .get()
            .is_some_and(|comb| comb.has(column_index, row));
        let added = if is_altered { number(row + 1) } else { F::ZERO };
        let to = || to().map(|value| value.into() + Assigned::Trivial(added));
        self.inner.assign_advice(name, column, row, to)
    }

    fn assign_fixed<V, VR, A, AR>(
        &mut self,
        name: A,
        column: Column<Fixed>,
        row: usize,
        to: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<F>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        // Constants come after the last region and are in none.
        if self.is_in_region {
            note_row(row);
        }
        self.inner.assign_fixed(name, column, row, to)
    }

    fn copy(
        &mut self,
        left: Column<Any>,
        left_row: usize,
        right: Column<Any>,
        right_row: usize,
    ) -> Result<(), Error> {
        self.inner.copy(left, left_row, right, right_row)
    }

    fn fill_from_row(
        &mut self,
        column: Column<Fixed>,
        row: usize,
        to: Value<Assigned<F>>,
    ) -> Result<(), Error> {
        self.inner.fill_from_row(column, row, to)
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, name: N) {
        let name = name().into();
        self.namespaces.push(name.clone());
        self.inner.push_namespace(|| name);
    }

    fn pop_namespace(&mut self, gadget: Option<String>) {
        self.namespaces.pop();
        self.inner.pop_namespace(gadget);
    }
}
