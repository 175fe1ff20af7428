//! Documents of issuers, holders and verifiers as JSON: credentials, witnesses, statements, signed roots, revocations.

use zapiki_core::credential::Credential;
use zapiki_core::lifecycle::Notices;
use zapiki_core::revocation::RevocationList;
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_core::witness::Witness;

use crate::read_twice;

/// Each reads back as what it is, and holds what its kind promises.
pub fn check(data: &[u8]) {
    if let Some(credential) = read_twice::<Credential>(data) {
        let shown = format!("{credential:?}");
        let attributes = &credential.attributes;
        // What is private is not shown.
        if let Some(day) = attributes.birth_date {
            assert!(!shown.contains(&day.to_string()), "the birth date shows");
        }
    }
    read_twice::<Witness>(data);
    read_twice::<IssuerKey>(data);
    read_twice::<Notices>(data);
    if let Some(statement) = read_twice::<Statement>(data) {
        let parts = statement.parts();
        assert!(!parts.is_empty());
        assert!(parts.iter().all(|part| part.as_of() == statement.as_of()));
        assert!(!statement.to_string().is_empty());
        assert!(statement.lists().all(|list| list.check().is_ok()));
    }
    if let Some(root) = read_twice::<SignedRoot>(data) {
        let _verdict = root.check();
    }
    if let Some(list) = read_twice::<RevocationList>(data)
        && let Ok(tree) = list.check()
    {
        assert_eq!(tree.len(), list.revoked.len());
        assert_eq!(tree.root(), list.list.root.0);
    }
}
