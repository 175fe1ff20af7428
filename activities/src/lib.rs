//! zapiki-activities.
