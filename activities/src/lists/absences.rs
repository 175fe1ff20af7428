//! What shows that a credential is absent from the lists that its statement is about.

use std::sync::Arc;

use zapiki_core::failure::FailureKind;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::statement::Statement;
use zapiki_core::suites::bjj_poseidon::Fr;
use zapiki_core::witness::{Absences, Witness};
use zapiki_workflows::wire::ProofRef;

use super::ListTrees;
use crate::failures::store_kind;

/// Looks the credential up in each list. It never leaves this process: the trees come here.
pub(crate) async fn gather(
    trees: &ListTrees,
    proof: ProofRef,
    statement: &Statement,
    witness: &mut Witness,
) -> Result<(), FailureKind> {
    let mut known: Vec<(Fr, Arc<GapTree>)> = Vec::new();
    for list in statement.lists() {
        let tree = trees.tree(&list.root).await;
        let tree = tree.map_err(|error| store_kind(proof, &error))?;
        let tree = tree.ok_or(FailureKind::ListUnknown)?;
        known.push((list.root.0, tree));
    }
    let attributes = &witness.credential.attributes;
    let absences = Absences::gather(statement, attributes, |list| {
        let tree = known.iter().find(|(root, _)| *root == list.root.0);
        tree.map(|(_, tree)| Arc::clone(tree))
    });
    witness.absences = absences.map_err(|_| FailureKind::ListUnknown)?;
    Ok(())
}
