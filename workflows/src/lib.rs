//! zapiki-workflows.
