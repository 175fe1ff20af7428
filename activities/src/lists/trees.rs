//! The trees of lists, made of stored keys and kept in memory.
//!
//! A root names its tree for ever, so a tree is made once and shared. What was stored is not believed: the signature has to hold,
//! and the tree to have the root that was signed.

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};
use zapiki_core::credential::FieldElement;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::suites::bjj_poseidon::Fr;
use zapiki_store::{Store, StoreError};

/// How many trees are kept: the newest of a few lists, and those of the day before. One of 20,000 keys takes 1.6 MB.
const TREES_MAX: usize = 8;

type Slot = Arc<OnceCell<Arc<GapTree>>>;

/// The trees. Cheap to clone; clones share what is kept.
#[derive(Debug, Clone)]
pub struct ListTrees {
    store: Store,
    /// Last used last.
    slots: Arc<Mutex<Vec<(Fr, Slot)>>>,
}

impl ListTrees {
    /// None yet; made of what this store has.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self {
            store,
            slots: Arc::default(),
        }
    }

    /// The tree of a list's newest root, or of this one, with the newest signature of it; `None` if there is no such list or
    /// root. Whether the signer is to be trusted is for the caller to judge.
    ///
    /// # Errors
    /// The database did not answer, or what is stored was damaged.
    pub async fn tree(
        &self,
        list: &ListName,
        root: Option<Fr>,
    ) -> Result<Option<(SignedRoot, Arc<GapTree>)>, StoreError> {
        let found = match root {
            None => self.store.list(list).await?,
            Some(root) => self.store.list_with_root(list, &FieldElement(root)).await?,
        };
        let Some(found) = found else { return Ok(None) };
        let signed = found.signed;
        let is_as_asked = signed.name == *list && root.is_none_or(|root| root == signed.root.0);
        if !is_as_asked || signed.check().is_err() {
            return Err(StoreError::Corrupt("the signed root of a list"));
        }
        let slot = self.slot(signed.root.0).await;
        let tree = slot.get_or_try_init(|| self.make(signed.root)).await?;
        Ok(Some((signed, tree.clone())))
    }

    /// The place of a root's tree, which others may be filling.
    async fn slot(&self, root: Fr) -> Slot {
        let mut slots = self.slots.lock().await;
        let known = slots.iter().position(|(of, _)| *of == root);
        let entry = match known {
            Some(place) => slots.remove(place),
            None => (root, Slot::default()),
        };
        let slot = entry.1.clone();
        slots.push(entry);
        if slots.len() > TREES_MAX {
            slots.remove(0);
        }
        slot
    }

    async fn make(&self, root: FieldElement) -> Result<Arc<GapTree>, StoreError> {
        const DAMAGED: StoreError = StoreError::Corrupt("the keys of a list");
        let keys = self.store.list_keys(&root).await?.ok_or(DAMAGED)?;
        let making = tokio::task::spawn_blocking(move || {
            GapTree::new(keys.iter().map(|key| key.to_field()))
        });
        let tree = making.await.ok().and_then(Result::ok).ok_or(DAMAGED)?;
        if tree.root() == root.0 {
            Ok(Arc::new(tree))
        } else {
            Err(DAMAGED)
        }
    }
}
