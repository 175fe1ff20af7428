//! The trees of lists, made of stored keys and kept in memory.
//!
//! A root names its tree for ever, so a tree is made once and shared. What was stored is not believed: the tree has to have the
//! root that was asked for. Whose signature a root carries is the statement's matter, not the tree's.

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};
use zapiki_core::credential::FieldElement;
use zapiki_core::gap_tree::GapTree;
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

    /// The tree with this root; `None` if none is stored. Asks the database once per root.
    ///
    /// # Errors
    /// The database did not answer, or what is stored was damaged.
    pub async fn tree(&self, root: &FieldElement) -> Result<Option<Arc<GapTree>>, StoreError> {
        let slot = self.slot(root.0).await;
        let made = slot.get_or_try_init(|| self.make(root)).await;
        match made {
            Ok(tree) => Ok(Some(tree.clone())),
            Err(MakeError::Unknown) => Ok(None),
            Err(MakeError::Store(error)) => Err(error),
        }
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

    async fn make(&self, root: &FieldElement) -> Result<Arc<GapTree>, MakeError> {
        const DAMAGED: StoreError = StoreError::Corrupt("the keys of a list");
        let keys = self.store.list_keys(root).await?;
        let keys = keys.ok_or(MakeError::Unknown)?;
        let making = tokio::task::spawn_blocking(move || {
            GapTree::new(keys.iter().map(|key| key.to_field()))
        });
        let tree = making.await.ok().and_then(Result::ok).ok_or(DAMAGED)?;
        if tree.root() == root.0 {
            Ok(Arc::new(tree))
        } else {
            Err(DAMAGED.into())
        }
    }
}

/// Why there is no tree. A place that stays empty is filled by the next one who asks.
enum MakeError {
    /// No keys with this root are stored.
    Unknown,
    /// The database did not answer, or what is stored was damaged.
    Store(StoreError),
}

impl From<StoreError> for MakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
