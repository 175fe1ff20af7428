//! Cell by cell: whichever is altered, something breaks, and every constraint of every gate is what breaks for one of them.

use std::collections::BTreeSet;

use halo2_proofs::dev::{CircuitGates, VerifyFailure};
use pasta_curves::pallas::Base;

use super::tampering::{Comb, Place, REACH, Seen, altering, seen};
use super::{CIRCUITS, inputs};
use crate::plonk::circuit::CredentialCircuit;

/// Gates of the curve gadget that no row enables: there is no fixed base, and no point that may be the identity is witnessed.
const IDLE: [&str; 7] = [
    "witness point",
    "incomplete addition",
    "Running sum coordinates check",
    "Full-width fixed-base scalar mul",
    "Short fixed-base mul gate",
    "Canonicity checks",
    "range check",
];

/// What only amounts need: their last four bits.
const SHORT: &str = "Short lookup bitshift";

/// The gates, in order, each with the number of its constraints, as the library itself lists them.
fn gates(with_countries: bool) -> Vec<(String, usize)> {
    let gates = if with_countries {
        CircuitGates::collect::<Base, CredentialCircuit<true>>()
    } else {
        CircuitGates::collect::<Base, CredentialCircuit<false>>()
    };
    let mut list: Vec<(String, usize)> = Vec::new();
    for line in gates.to_string().lines() {
        if line.starts_with("- ") {
            list.last_mut().unwrap().1 += 1;
        } else if !line.starts_with("  ")
            && let Some(name) = line.strip_suffix(':')
        {
            list.push((name.to_owned(), 0));
        }
    }
    list
}

/// A constraint of a gate, by the gate's name and its own place.
type Constraint = (String, usize);

/// What a failure says: the constraint, if it is one; and the row, with the column if it is a copy.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    constraint: Option<Constraint>,
    column: Option<usize>,
    row: usize,
}

/// The number that follows a word.
fn number_after(text: &str, word: &str) -> Option<usize> {
    let (_, rest) = text.split_once(word)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The library's fields are its own; it prints them. `None` of what is outside every region, or no advice.
fn read(failure: &VerifyFailure, seen: &Seen) -> Option<Failure> {
    let (location, constraint, column) = match failure {
        VerifyFailure::ConstraintNotSatisfied {
            constraint,
            location,
            ..
        } => {
            let text = constraint.to_string();
            let (_, gate) = text.rsplit_once(" ('")?;
            let index = number_after(&text, "Constraint ")?;
            let gate = gate.strip_suffix("')")?.to_owned();
            (location, Some((gate, index)), None)
        }
        VerifyFailure::Permutation { column, location } => {
            let column = number_after(&column.to_string(), "Column('Advice', ")?;
            (location, None, Some(column))
        }
        VerifyFailure::Lookup { location, .. } => (location, None, None),
        other => panic!("{other}"),
    };
    let text = location.to_string();
    let region = number_after(&text, "in Region ")?;
    let row = seen.regions[region].1 + number_after(&text, "at offset ")?;
    Some(Failure {
        constraint,
        column,
        row,
    })
}

impl Failure {
    /// Whether the altered cell is why: it is the only one of its comb that a gate in this row reads.
    fn is_of(&self, cell: &Place) -> bool {
        match self.column {
            Some(column) => column == cell.column && self.row == cell.row,
            None => self.row.abs_diff(cell.row) <= 1,
        }
    }
}

/// Alters every cell, and gives the constraints that broke and the cells that nothing depends on.
fn alter_all(circuit: usize) -> (BTreeSet<Constraint>, Vec<(String, usize, usize)>) {
    let inputs = inputs(circuit);
    assert!(altering(None, || inputs.broken()).is_empty());
    let seen = seen();
    let (mut constraints, mut free) = (BTreeSet::new(), Vec::new());
    for column in 0..10 {
        for residue in 0..REACH {
            let comb = Comb { column, residue };
            let broken = altering(Some(comb), || inputs.broken());
            let failures: Vec<_> = broken.iter().filter_map(|one| read(one, &seen)).collect();
            let altered = seen.cells.iter().filter(|at| comb.has(at.column, at.row));
            for cell in altered {
                if !failures.iter().any(|failure| failure.is_of(cell)) {
                    let (region, first) = &seen.regions[cell.region];
                    free.push((region.clone(), cell.column, cell.row - first));
                }
            }
            constraints.extend(failures.into_iter().filter_map(|one| one.constraint));
        }
    }
    (constraints, free)
}

/// Whether the cell may be anything: a complete addition witnesses inverses, and that of zero is multiplied by zero. The first
/// addition of a multiplication is a doubling, the last one may add the identity.
fn is_inverse_of_zero((region, column, offset): &(String, usize, usize)) -> bool {
    let inverses = 5..=8;
    let incomplete_rows = 1..=127;
    region.ends_with("/variable-base scalar mul")
        && inverses.contains(column)
        && !incomplete_rows.contains(offset)
}

fn test_circuit(circuit: usize) {
    let spec = &CIRCUITS[circuit];
    let all = gates(spec.has_countries());
    for idle in IDLE {
        assert!(
            all.iter().any(|(name, _)| name == idle),
            "{idle} is no gate"
        );
    }
    let has_amounts = spec.id.statement.to_string().starts_with("income");
    let is_idle = |name: &str| IDLE.contains(&name) || (name == SHORT && !has_amounts);
    let expected = all
        .into_iter()
        .filter(|(name, _)| !is_idle(name))
        .flat_map(|(name, count)| (0..count).map(move |index| (name.clone(), index)))
        .collect::<BTreeSet<_>>();
    let (broken, mut free) = alter_all(circuit);
    let unbroken: Vec<_> = expected.difference(&broken).collect();
    assert!(unbroken.is_empty(), "{}: {unbroken:?}", spec.id);
    let surprising: Vec<_> = broken.difference(&expected).collect();
    assert!(surprising.is_empty(), "{}: {surprising:?}", spec.id);
    free.retain(|cell| !is_inverse_of_zero(cell));
    assert_eq!(free, [], "{}", spec.id);
}

#[test]
fn age_over_binds_every_cell_by_every_gate() {
    test_circuit(0);
}

#[test]
fn income_at_least_binds_every_cell_by_every_gate() {
    test_circuit(1);
}

#[test]
fn income_in_range_binds_every_cell_by_every_gate() {
    test_circuit(2);
}

#[test]
fn resident_of_binds_every_cell_by_every_gate() {
    test_circuit(3);
}
