//! zapiki-store.
