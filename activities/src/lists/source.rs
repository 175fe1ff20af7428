//! Where lists come from: `NAME=FORMAT:LOCATION`, several locations joined by `|`, several lists by commas.
//!
//! A location is a file or an `http(s)` URL. Reading is bounded in size and time. A download that leads from `https` to `http` is
//! refused: whoever can change a list can clear a person. URLs may hold passwords and are never shown.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::redirect::Policy;
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use url::Url;
use zapiki_core::signed_root::{ListName, ListNameError};

use super::parse::{ListFormat, UnknownListFormat};

/// The longest file, in bytes. OFAC's longest has some 30 MB.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Below the activity's own.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);
const REDIRECTS_MAX: usize = 5;

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
    http: reqwest::Client,
    bytes_max: usize,
}

impl SourceReader {
    /// Sets up its HTTP client.
    ///
    /// # Errors
    /// The system's certificates cannot be used.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::with_limit(FILE_BYTES_MAX)
    }

    fn with_limit(bytes_max: usize) -> Result<Self, reqwest::Error> {
        // One provider per process: whoever came first has installed the same one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("zapiki/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_MAX)
            .timeout(DOWNLOAD_TIMEOUT)
            .redirect(Policy::custom(|attempt| {
                let was_safe = attempt.previous().iter().any(|url| url.scheme() == "https");
                if attempt.previous().len() > REDIRECTS_MAX {
                    attempt.error("too many redirections")
                } else if was_safe && attempt.url().scheme() != "https" {
                    attempt.error("a redirection from https to http")
                } else {
                    attempt.follow()
                }
            }))
            .build()?;
        Ok(Self { http, bytes_max })
    }

    /// Reads all files of a list.
    ///
    /// # Errors
    /// One cannot be read, or is too long.
    pub async fn read(&self, source: &ListSource) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut files = Vec::with_capacity(source.locations.len());
        for (index, location) in source.locations.iter().enumerate() {
            let bytes = match location {
                Location::File(path) => self
                    .read_file(path)
                    .await
                    .map_err(|error| error.kind().to_string()),
                // An error of the client quotes the URL.
                Location::Url(url) => self
                    .download(url)
                    .await
                    .map_err(|error| told(error.without_url())),
            };
            let file = index + 1;
            let bytes = bytes.map_err(|reason| ReadError::Unavailable { file, reason })?;
            files.push(bytes.ok_or(ReadError::TooLarge { file })?);
        }
        Ok(files)
    }

    /// The file, unless it is too long.
    async fn read_file(&self, path: &PathBuf) -> std::io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let file = tokio::fs::File::open(path).await?;
        // One more than may be there tells that it is too long.
        file.take(self.bytes_max as u64 + 1)
            .read_to_end(&mut bytes)
            .await?;
        Ok((bytes.len() <= self.bytes_max).then_some(bytes))
    }

    /// The document, unless it is too long.
    async fn download(&self, url: &Url) -> reqwest::Result<Option<Vec<u8>>> {
        let mut response = self
            .http
            .get(url.clone())
            .send()
            .await?
            .error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > self.bytes_max {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }
}

/// What went wrong with a download, with its causes and without its URL.
fn told(error: reqwest::Error) -> String {
    if let Some(status) = error.status() {
        return format!("the server answered {status}");
    }
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    if error.is_connect() {
        return "no connection could be had".to_owned();
    }
    if error.is_redirect() {
        return "it was redirected where it must not go".to_owned();
    }
    "the answer broke off".to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

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
            ("revocations=csv:/a", "revocations"),
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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                let _read = stream.read(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        format!("http://{address}")
    }

    fn ok(body: &str, length: usize) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    }

    async fn read(location: &str) -> Result<Vec<Vec<u8>>, ReadError> {
        let source = format!("l=csv:{location}").parse().unwrap();
        SourceReader::with_limit(10).unwrap().read(&source).await
    }

    #[tokio::test]
    async fn files_and_downloads_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        std::fs::write(&path, "0123456789").unwrap();
        let files = read(path.to_str().unwrap()).await.unwrap();
        assert_eq!(files, [b"0123456789".to_vec()]);

        let there = server(vec![ok("name\n", 5)]).await;
        let moved = format!(
            "HTTP/1.1 302 Found\r\nLocation: {there}/list.csv\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
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

        let found = |path: &str| {
            format!(
                "HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        };
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
}
