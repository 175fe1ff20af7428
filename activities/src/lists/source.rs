//! Where lists come from: `NAME=FORMAT:LOCATION`, several locations joined by `|`, several lists by commas.
//!
//! A location is a file or an `http(s)` URL. Reading is bounded in size and time. A download that leads from `https` to `http` is
//! refused: whoever can change a list can clear a person. URLs may hold passwords and are never shown.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use ureq::tls::TlsConfig;
use url::Url;
use zapiki_core::signed_root::{ListName, ListNameError};

use super::parse::{ListFormat, UnknownListFormat};
use crate::tls;

/// The longest file, in bytes. OFAC's longest has some 30 MB.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Below the activity's own.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);
const REDIRECTS_MAX: u32 = 5;

/// A list and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSource {
    /// What the list is called.
    pub name: ListName,
    /// Its form.
    pub format: ListFormat,
    /// Its files, in the order of the form.
    pub locations: Vec<Location>,
}

/// Where a file is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// On this machine.
    File(PathBuf),
    /// Elsewhere.
    Url(Url),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            // Without the URL: it may hold credentials.
            Self::Url(url) => write!(f, "Url({})", url.host_str().unwrap_or_default()),
        }
    }
}

/// The text is no configuration of lists.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListSourceError {
    /// Not of the form.
    #[error(
        "a list is configured as NAME=FORMAT:LOCATION, such as `ofac-sdn=ofac-xml:https://…/SDN.XML`"
    )]
    Form,
    /// The name.
    #[error(transparent)]
    Name(#[from] ListNameError),
    /// The name under which issuers publish what they revoked.
    #[error("`{0}` is no sanctions list: issuers publish their revocations under it")]
    Reserved(ListName),
    /// A name that is there twice.
    #[error("the list `{0}` is configured twice")]
    Repeated(ListName),
    /// The format.
    #[error(transparent)]
    Format(#[from] UnknownListFormat),
    /// The number of files.
    #[error(
        "the list `{name}` of the form {format} has {least} to {most} locations, joined by `|`"
    )]
    Files {
        /// Which list.
        name: ListName,
        /// Its form.
        format: ListFormat,
        /// At least so many.
        least: usize,
        /// At most so many.
        most: usize,
    },
    /// A location.
    #[error("a location of the list `{0}` is neither a path nor an http(s) URL")]
    Location(ListName),
}

/// The lists of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSources(pub Vec<ListSource>);

impl FromStr for ListSources {
    type Err = ListSourceError;
    fn from_str(text: &str) -> Result<Self, ListSourceError> {
        let mut sources: Vec<ListSource> = Vec::new();
        let texts = text.split(',').map(str::trim);
        for text in texts.filter(|text| !text.is_empty()) {
            let source: ListSource = text.parse()?;
            if sources.iter().any(|known| known.name == source.name) {
                return Err(ListSourceError::Repeated(source.name));
            }
            sources.push(source);
        }
        Ok(Self(sources))
    }
}

impl FromStr for ListSource {
    type Err = ListSourceError;
    fn from_str(text: &str) -> Result<Self, ListSourceError> {
        let (name, rest) = text.split_once('=').ok_or(ListSourceError::Form)?;
        let (format, locations) = rest.split_once(':').ok_or(ListSourceError::Form)?;
        let name: ListName = name.trim().parse()?;
        if name.is_of_revocations() {
            return Err(ListSourceError::Reserved(name));
        }
        let format: ListFormat = format.trim().parse()?;
        let locations = locations.split('|').map(|text| location(text.trim()));
        let locations = locations.collect::<Option<Vec<_>>>();
        let locations = locations.ok_or_else(|| ListSourceError::Location(name.clone()))?;
        let (least, most) = format.files();
        if !(least..=most).contains(&locations.len()) {
            return Err(ListSourceError::Files {
                name,
                format,
                least,
                most,
            });
        }
        Ok(Self {
            name,
            format,
            locations,
        })
    }
}

fn location(text: &str) -> Option<Location> {
    if text.contains("://") {
        let url: Url = text.parse().ok()?;
        return ["http", "https"]
            .contains(&url.scheme())
            .then_some(Location::Url(url));
    }
    (!text.is_empty()).then(|| Location::File(text.into()))
}

/// The source could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is not there, or does not answer.
    #[error("file {file} of the source could not be read: {reason}")]
    Unavailable {
        /// Which, from 1.
        file: usize,
        /// Why. Without the location.
        reason: String,
    },
    /// It is longer than a list may be.
    #[error("file {file} of the source has more than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// Which, from 1.
        file: usize,
    },
}

/// Reads sources. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SourceReader {
    tls: TlsConfig,
    bytes_max: usize,
}

impl SourceReader {
    /// With the certificates that this machine trusts. Without any, only files and `http` can be read.
    #[must_use]
    pub fn new() -> Self {
        Self::with(tls::of_this_machine(), FILE_BYTES_MAX)
    }

    const fn with(tls: TlsConfig, bytes_max: usize) -> Self {
        Self { tls, bytes_max }
    }

    /// Reads all files of a list.
    ///
    /// # Errors
    /// One cannot be read, or is too long.
    pub async fn read(&self, source: &ListSource) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut files = Vec::with_capacity(source.locations.len());
        for (location, file) in source.locations.iter().cloned().zip(1..) {
            let reader = self.clone();
            let reading = tokio::task::spawn_blocking(move || match location {
                Location::File(path) => reader.read_file(&path),
                Location::Url(url) => reader.download(&url),
            });
            let bytes = reading
                .await
                .unwrap_or_else(|_| Err("reading it panicked".to_owned()));
            let bytes = bytes.map_err(|reason| ReadError::Unavailable { file, reason })?;
            files.push(bytes.ok_or(ReadError::TooLarge { file })?);
        }
        Ok(files)
    }

    /// The file, unless it is too long.
    fn read_file(&self, path: &Path) -> Result<Option<Vec<u8>>, String> {
        let mut bytes = Vec::new();
        // One more than may be there tells that it is too long.
        File::open(path)
            .and_then(|file| file.take(self.bytes_max as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| error.kind().to_string())?;
        Ok((bytes.len() <= self.bytes_max).then_some(bytes))
    }

    /// The document, unless it is too long. The reason of a failure does not quote the URL.
    fn download(&self, url: &Url) -> Result<Option<Vec<u8>>, String> {
        let config = ureq::Agent::config_builder()
            .user_agent(concat!("zapiki/", env!("CARGO_PKG_VERSION")))
            .tls_config(self.tls.clone())
            .proxy(None)
            // Of redirections too.
            .https_only(url.scheme() == "https")
            .max_redirects(REDIRECTS_MAX)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_read(Some(SILENCE_MAX))
            .timeout_global(Some(DOWNLOAD_TIMEOUT))
            .build();
        let answer = config.new_agent().get(url.as_str()).call();
        let read = answer.and_then(|answer| {
            let body = answer.into_body().into_with_config();
            body.limit(self.bytes_max as u64).read_to_vec()
        });
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ureq::Error::BodyExceedsLimit(_)) => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }
}

impl Default for SourceReader {
    fn default() -> Self {
        Self::new()
    }
}

/// What went wrong with a download, in words of ours: the client's may quote the URL.
fn told(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(status) => format!("the server answered {status}"),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            "no connection could be had".to_owned()
        }
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "no connection could be had".to_owned()
        }
        // A certificate that is not trusted comes out of the handshake as an error of I/O.
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            "the server could not prove who it is".to_owned()
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "the server could not prove who it is".to_owned()
        }
        ureq::Error::RequireHttpsOnly(_)
        | ureq::Error::RedirectFailed
        | ureq::Error::TooManyRedirects => "it was redirected where it must not go".to_owned(),
        _ => "the answer broke off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use ureq::tls::Certificate;

    use super::*;

    fn sources(text: &str) -> Result<ListSources, ListSourceError> {
        text.parse()
    }

    #[test]
    fn a_configuration_is_read() {
        let text = " ofac-sdn=ofac-xml:https://u:p@lists.example/SDN.XML?a=b:c , internal=csv:/srv/list.csv,\n\
                    old = ofac-csv: /a/SDN.CSV | http://lists.example/ALT.CSV ,";
        let ListSources(read) = sources(text).unwrap();
        let url = |text: &str| Location::Url(text.parse().unwrap());
        assert_eq!(read.len(), 3);
        assert_eq!(
            read[0].locations,
            [url("https://u:p@lists.example/SDN.XML?a=b:c")]
        );
        assert_eq!(read[0].format, ListFormat::OfacXml);
        assert_eq!(read[1].locations, [Location::File("/srv/list.csv".into())]);
        assert_eq!(read[2].name.as_str(), "old");
        assert_eq!(
            read[2].locations,
            [
                Location::File("/a/SDN.CSV".into()),
                url("http://lists.example/ALT.CSV")
            ]
        );
        assert_eq!(sources("").unwrap(), ListSources::default());
        // Passwords in URLs are not shown.
        assert!(!format!("{read:?}").contains("u:p"));
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for (text, says) in [
            ("ofac", "NAME=FORMAT:LOCATION"),
            ("ofac=xml", "NAME=FORMAT:LOCATION"),
            ("OFAC=csv:/a", "not a list's name"),
            ("revocations-0=csv:/a", "revocations"),
            ("a=csv:/a,a=csv:/b", "twice"),
            (
                "a=xml:/a",
                "unknown form of a list; known: ofac-xml, ofac-csv, csv",
            ),
            ("a=csv:", "neither a path"),
            ("a=csv:ftp://lists.example/a", "neither a path"),
            ("a=csv:/a|/b", "1 to 1 locations"),
            ("a=ofac-csv:/a", "2 to 3 locations"),
        ] {
            let error = sources(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    /// Answers each connection with the next of these, and tells where it listens.
    async fn server(answers: Vec<String>) -> String {
        serve("http://127.0.0.1", None, answers).await
    }

    async fn serve(host: &str, tls: Option<TlsAcceptor>, answers: Vec<String>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            for text in answers {
                let (stream, _) = listener.accept().await.unwrap();
                match &tls {
                    None => answer(stream, &text).await,
                    Some(tls) => {
                        // Whoever does not trust us hangs up.
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, &text).await;
                        }
                    }
                }
            }
        });
        format!("{host}:{port}")
    }

    async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) {
        let mut request = [0; 1024];
        let _read = stream.read(&mut request).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let _closed = stream.shutdown().await;
    }

    fn found(location: &str) -> String {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    }

    fn ok(body: &str, length: usize) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    }

    async fn read(location: &str) -> Result<Vec<Vec<u8>>, ReadError> {
        read_trusting(&[], location).await
    }

    async fn read_trusting(
        roots: &[Certificate<'static>],
        location: &str,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let source = format!("l=csv:{location}").parse().unwrap();
        SourceReader::with(tls::trusting(roots), 10)
            .read(&source)
            .await
    }

    #[tokio::test]
    async fn files_and_downloads_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        std::fs::write(&path, "0123456789").unwrap();
        let files = read(path.to_str().unwrap()).await.unwrap();
        assert_eq!(files, [b"0123456789".to_vec()]);

        let there = server(vec![ok("name\n", 5)]).await;
        let moved = found(&format!("{there}/list.csv"));
        let here = server(vec![moved]).await;
        assert_eq!(read(&here).await.unwrap(), [b"name\n".to_vec()]);
    }

    #[tokio::test]
    async fn what_is_not_there_or_too_long_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        let missing = read(path.to_str().unwrap()).await;
        assert!(matches!(
            missing,
            Err(ReadError::Unavailable { file: 1, .. })
        ));
        std::fs::write(&path, "0123456789x").unwrap();
        let too_large = read(path.to_str().unwrap()).await;
        assert!(matches!(too_large, Err(ReadError::TooLarge { file: 1 })));

        let gone =
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
        for (answers, says) in [
            (vec![gone], "404"),
            // Cut off: whoever is missing would pass.
            (vec![ok("name\n", 9)], "broke off"),
            (vec![found("/"); 9], "redirected"),
        ] {
            let url = server(answers).await;
            let error = read(&url).await.unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
            assert!(!error.contains("127.0.0.1"), "{error}");
        }
        let url = server(vec![ok("0123456789x", 11)]).await;
        assert!(matches!(
            read(&url).await,
            Err(ReadError::TooLarge { file: 1 })
        ));
        let error = read("http://127.0.0.1:1/").await.unwrap_err().to_string();
        assert!(error.contains("no connection"), "{error}");
    }
    #[tokio::test]
    async fn a_server_must_be_trusted_and_may_not_lead_to_plain_text() {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let trusted = [Certificate::from_der(cert.der()).to_owned()];
        let serve = |answers| serve("https://localhost", Some(tls.clone()), answers);

        let url = serve(vec![ok("name\n", 5)]).await;
        assert_eq!(
            read_trusting(&trusted, &url).await.unwrap(),
            [b"name\n".to_vec()]
        );

        let url = serve(vec![ok("name\n", 5)]).await;
        let error = read(&url).await.unwrap_err().to_string();
        assert!(error.contains("prove who it is"), "{error}");

        let plain = server(vec![ok("name\n", 5)]).await;
        let url = serve(vec![found(&plain)]).await;
        let error = read_trusting(&trusted, &url).await.unwrap_err().to_string();
        assert!(error.contains("redirected"), "{error}");
    }
}
