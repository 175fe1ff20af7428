//! zapiki-tests.
