//! zapiki-api.
