//! zapiki-backends.
