//! Whom this program trusts when it calls others by https.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// The certificates that this machine trusts. Without any, only `http` works.
pub(crate) fn of_this_machine() -> TlsConfig {
    let trusted = rustls_native_certs::load_native_certs();
    for error in &trusted.errors {
        tracing::warn!(%error, "a certificate that this machine trusts cannot be read");
    }
    let roots: Vec<_> = trusted
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    trusting(&roots)
}

/// These certificates alone.
pub(crate) fn trusting(roots: &[Certificate<'static>]) -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(roots))
        // Its own: a process-wide one would be everybody's.
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
