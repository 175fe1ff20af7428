//! Where messages may be sent.

use std::fmt;

use ::url::{Host, Url};
use thiserror::Error;

use super::address::is_public;

/// The longest URL, in bytes.
const BYTES_MAX: usize = 2048;

/// How far webhooks reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// The public internet, by https.
    #[default]
    Public,
    /// Anywhere, this machine and the network around it included, and by http, too: for tests and for one's own network.
    Anywhere,
}

/// The URL of a webhook. Its path or query may hold a password: only its host is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.0.host_str().unwrap_or_default())
    }
}

/// No messages are sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookUrlError {
    /// Not a URL, or too long a one.
    #[error("a webhook's URL is absolute and has at most {BYTES_MAX} bytes")]
    Form,
    /// Messages would travel in the clear.
    #[error("a webhook's URL begins with https://")]
    Scheme,
    /// `user:password@`.
    #[error("a webhook's URL holds no user and no password: messages are signed instead")]
    Credentials,
    /// `#…`, which is never sent.
    #[error("a webhook's URL has no fragment")]
    Fragment,
    /// An address that is not of the public internet.
    #[error(
        "a webhook is sent to the public internet, not to this machine or the network around it"
    )]
    Address,
}

impl WebhookUrl {
    /// Reads one that is within reach. A name is resolved when a message is sent, and its addresses are judged then.
    ///
    /// # Errors
    /// No messages are sent there.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, WebhookUrlError> {
        let url: Url = text.parse().map_err(|_| WebhookUrlError::Form)?;
        if text.len() > BYTES_MAX {
            return Err(WebhookUrlError::Form);
        }
        let is_open = reach == Reach::Anywhere;
        if url.scheme() != "https" && !(is_open && url.scheme() == "http") {
            return Err(WebhookUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookUrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(WebhookUrlError::Fragment);
        }
        let is_reached = match url.host() {
            None => return Err(WebhookUrlError::Form),
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            // RFC 6761: always this machine.
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name != "localhost" && !name.ends_with(".localhost")
            }
        };
        if !is_reached && !is_open {
            return Err(WebhookUrlError::Address);
        }
        Ok(Self(url))
    }

    /// As it is sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_within_reach_is_a_webhook() {
        use WebhookUrlError as E;
        let public = |text: &str| WebhookUrl::parse(text, Reach::Public).map(|_| ());
        let anywhere = |text: &str| WebhookUrl::parse(text, Reach::Anywhere).map(|_| ());
        for text in [
            "https://hooks.example.com/zapiki?token=abc",
            "https://1.1.1.1:8443/",
            "https://[2606:4700::1111]/x",
        ] {
            assert_eq!((public(text), anywhere(text)), (Ok(()), Ok(())), "{text}");
        }
        // As browsers read them: other spellings of addresses are the addresses.
        for text in [
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
        ] {
            let read = (public(text), anywhere(text));
            assert_eq!(read, (Err(E::Address), Ok(())), "{text}");
        }
        assert_eq!(public("http://hooks.example.com/"), Err(E::Scheme));
        assert_eq!(anywhere("http://hooks.example.com/"), Ok(()));
        for (text, error) in [
            ("ftp://hooks.example.com/", E::Scheme),
            ("file:///etc/passwd", E::Scheme),
            ("https://user@hooks.example.com/", E::Credentials),
            ("https://:word@hooks.example.com/", E::Credentials),
            ("https://hooks.example.com/#here", E::Fragment),
            ("hooks.example.com", E::Form),
            ("", E::Form),
        ] {
            assert_eq!(
                (public(text), anywhere(text)),
                (Err(error), Err(error)),
                "{text}"
            );
        }
        let long = format!("https://hooks.example.com/{}", "x".repeat(BYTES_MAX));
        assert_eq!(public(&long), Err(E::Form));
    }

    #[test]
    fn only_its_host_is_shown() {
        let url = WebhookUrl::parse("https://hooks.example.com/T/secret?k=secret", Reach::Public);
        assert_eq!(
            format!("{:?}", url.unwrap()),
            "WebhookUrl(hooks.example.com)"
        );
    }
}
