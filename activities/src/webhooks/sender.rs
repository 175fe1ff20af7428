//! One message to one receiver, by HTTP: bounded in time, without redirections, and only to addresses within reach.
//!
//! The address is judged where the connection is made, so that a name cannot lead elsewhere once it was looked at.

use std::error::Error as _;
use std::time::Duration;

use thiserror::Error;
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use zapiki_core::webhook::{DeliveryFailure, Reach, WebhookUrl, is_public};

use crate::tls;

/// How long a receiver may take. Shorter than the grace that a worker gives.
const TIMEOUT: Duration = Duration::from_secs(9);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A message as it travels.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) timestamp_s: i64,
    pub(super) signatures: String,
    pub(super) body: Vec<u8>,
}

/// Sends messages. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    agent: ureq::Agent,
}

impl Sender {
    /// As far as this.
    pub(super) fn new(reach: Reach) -> Self {
        Self::trusting(reach, tls::of_this_machine())
    }

    fn trusting(reach: Reach, tls: TlsConfig) -> Self {
        let config = ureq::Agent::config_builder()
            .user_agent(concat!("zapiki/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            // A proxy would resolve names for us.
            .proxy(None)
            .https_only(reach == Reach::Public)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(TIMEOUT))
            .build();
        let resolver = ReachResolver {
            names: DefaultResolver::default(),
            reach,
        };
        Self {
            agent: ureq::Agent::with_parts(config, DefaultConnector::default(), resolver),
        }
    }

    /// Sends it, and says what the receiver answered. Blocks.
    pub(super) fn send(&self, url: &WebhookUrl, letter: &Letter) -> Result<u16, DeliveryFailure> {
        let answer = self
            .agent
            .post(url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", &letter.id)
            .header("webhook-timestamp", letter.timestamp_s.to_string())
            .header("webhook-signature", &letter.signatures)
            .send(&letter.body[..]);
        match answer {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(kind_of(&error)),
        }
    }
}

/// None of the host's addresses is within reach.
#[derive(Debug, Error)]
#[error("the host has no address of the public internet")]
struct OutOfReach;

/// Resolves names to addresses within reach.
#[derive(Debug)]
struct ReachResolver {
    names: DefaultResolver,
    reach: Reach,
}

impl Resolver for ReachResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        if self.reach == Reach::Anywhere {
            return Ok(found);
        }
        let mut reached = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            reached.push(*address);
        }
        if reached.is_empty() {
            return Err(ureq::Error::Other(Box::new(OutOfReach)));
        }
        Ok(reached)
    }
}

fn kind_of(error: &ureq::Error) -> DeliveryFailure {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Other(error) if error.is::<OutOfReach>() => DeliveryFailure::AddressRefused,
        ureq::Error::Timeout(_) => DeliveryFailure::TimedOut,
        ureq::Error::HostNotFound => DeliveryFailure::NameNotResolved,
        ureq::Error::ConnectionFailed => DeliveryFailure::ConnectionFailed,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => DeliveryFailure::CertificateRefused,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable => DeliveryFailure::ConnectionFailed,
            ErrorKind::TimedOut => DeliveryFailure::TimedOut,
            // A certificate that is not trusted comes out of the handshake as an error of I/O.
            ErrorKind::InvalidData => DeliveryFailure::CertificateRefused,
            // What the system's resolver says has no kind.
            _ if error.source().is_none() && error.to_string().contains("lookup") => {
                DeliveryFailure::NameNotResolved
            }
            _ => DeliveryFailure::ConnectionBroken,
        },
        _ => DeliveryFailure::ConnectionBroken,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// A receiver that takes one message, answers with these bytes, and hands over what it got.
    fn receiver(answer: &'static str) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, got) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            sender.send(read(&mut stream)).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        (url, got)
    }

    fn read(stream: &mut TcpStream) -> String {
        let mut reader = BufReader::new(stream);
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut text).unwrap(), 0);
        }
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        text + &String::from_utf8(body).unwrap()
    }

    fn letter() -> Letter {
        Letter {
            id: "delivery_1".to_owned(),
            timestamp_s: 1_795_600_000,
            signatures: "v1,abc v1,def".to_owned(),
            body: b"{\"type\":\"webhook.test\"}".to_vec(),
        }
    }

    fn send(reach: Reach, url: &str) -> Result<u16, DeliveryFailure> {
        let url = WebhookUrl::parse(url, Reach::Anywhere).unwrap();
        Sender::trusting(reach, tls::trusting(&[])).send(&url, &letter())
    }

    #[test]
    fn a_message_arrives_with_its_headers() {
        let (url, got) = receiver("HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(send(Reach::Anywhere, &url), Ok(204));
        let got = got.recv().unwrap();
        for line in [
            "POST /hook HTTP/1.1",
            "content-type: application/json",
            "webhook-id: delivery_1",
            "webhook-timestamp: 1795600000",
            "webhook-signature: v1,abc v1,def",
        ] {
            assert!(got.lines().any(|l| l == line), "{line} in {got}");
        }
        assert!(
            got.ends_with("\r\n\r\n{\"type\":\"webhook.test\"}"),
            "{got}"
        );
    }

    #[test]
    fn a_redirection_is_an_answer_and_is_not_followed() {
        let (elsewhere, got) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n"
        );
        let (url, _got) = receiver(answer.leak());
        assert_eq!(send(Reach::Anywhere, &url), Ok(307));
        assert!(got.recv_timeout(Duration::from_millis(300)).is_err());
    }

    #[test]
    fn each_way_to_fail_has_its_name() {
        use DeliveryFailure as F;
        let (broken, _got) = receiver("no HTTP at all\r\n\r\n");
        assert_eq!(send(Reach::Anywhere, &broken), Err(F::ConnectionBroken));
        let nobody = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let refused = send(Reach::Anywhere, &format!("http://{nobody}/"));
        assert_eq!(refused, Err(F::ConnectionFailed));
        let unknown = send(Reach::Anywhere, "http://no-such-host.invalid/");
        assert_eq!(unknown, Err(F::NameNotResolved));
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        assert_eq!(send(Reach::Anywhere, &url), Err(F::TimedOut));
    }

    /// Names and numbers that lead to this machine are found out where the connection would be made.
    #[test]
    fn what_is_out_of_reach_is_not_called() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["localhost", "127.0.0.1", "2130706433"] {
            let refused = send(Reach::Public, &format!("https://{host}:{port}/"));
            assert_eq!(refused, Err(DeliveryFailure::AddressRefused), "{host}");
        }
        assert!(listener.accept().is_err(), "nobody came");
    }

    #[test]
    fn a_certificate_that_nobody_vouches_for_is_refused() {
        use rcgen::{CertifiedKey, generate_simple_self_signed};
        use rustls::pki_types::PrivateKeyDer;
        use std::sync::Arc;

        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "https://localhost:{}/",
            listener.local_addr().unwrap().port()
        );
        let config = Arc::new(config);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
                let mut tls = rustls::Stream::new(&mut tls, &mut stream);
                let mut bytes = [0; 4096];
                if tls.read(&mut bytes).is_ok() {
                    let _ = tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            }
        });
        assert_eq!(
            send(Reach::Anywhere, &url),
            Err(DeliveryFailure::CertificateRefused)
        );
        // With the certificate known, the same receiver is reached: it was that, and nothing else.
        let known = ureq::tls::Certificate::from_der(cert.der()).to_owned();
        let url = WebhookUrl::parse(&url, Reach::Anywhere).unwrap();
        let sender = Sender::trusting(Reach::Anywhere, tls::trusting(&[known]));
        assert_eq!(sender.send(&url, &letter()), Ok(200));
    }
}
