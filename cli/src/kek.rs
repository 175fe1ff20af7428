//! Where the key-encryption keys come from: a file, or a variable of the environment. They are read once, when a command starts.
//!
//! Every source gives the same text, that of a key file ([`zapiki_core::key_ring`]), so a rotation is the same everywhere: the
//! text is changed where it is kept, and services are started anew. A key service with an HTTP interface, such as Vault's, would
//! be one more variant: it names a URL and a file with a token, its `text` asks once, with a deadline, and fails the start when
//! nobody answers. `text` is asynchronous for that reason alone. Only files are written by `zapiki keys`.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use zapiki_store::KeyRing;
use zeroize::Zeroizing;

use crate::files;

/// The longest key file that is read, in bytes.
const KEK_FILE_BYTES_MAX: u64 = 64 * 1024;
/// The variable that holds the keys themselves. No option does: others see the arguments of a process.
const VARIABLE: &str = "ZAPIKI_KEK";

// The keys of a service. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Key-encryption keys")]
pub(crate) struct KekArgs {
    /// The keys that seal private input and what lies in Temporal, made by `zapiki dev kek`; mode 0600. The text of such a file may
    /// stand in ZAPIKI_KEK instead, not beside it
    #[arg(long, value_name = "FILE", env = "ZAPIKI_KEK_FILE")]
    kek_file: Option<PathBuf>,
}

impl KekArgs {
    /// Where the keys are.
    pub(crate) fn source(&self) -> Result<KeySource> {
        let variable = match std::env::var(VARIABLE) {
            Ok(text) => Some(SecretString::from(text)),
            Err(std::env::VarError::NotPresent) => None,
            // The error would quote it.
            Err(std::env::VarError::NotUnicode(_)) => bail!("{VARIABLE} is not text"),
        };
        KeySource::choose(self.kek_file.clone(), variable)
    }

    /// The keys.
    pub(crate) async fn key_ring(&self) -> Result<KeyRing> {
        self.source()?.key_ring().await
    }
}

/// One place that keys come from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// A file for its owner alone.
    File(PathBuf),
    /// What stood in the environment. An orchestrator puts it there; on a machine of one's own a file is better, since child
    /// processes inherit the environment.
    Environment(SecretString),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(_) => f.write_str(VARIABLE),
        }
    }
}

impl KeySource {
    fn choose(file: Option<PathBuf>, variable: Option<SecretString>) -> Result<Self> {
        // An empty variable is how some orchestrators say that there is none.
        let variable = variable.filter(|text| !text.expose_secret().trim().is_empty());
        match (file, variable) {
            (Some(path), None) => Ok(Self::File(path)),
            (None, Some(text)) => Ok(Self::Environment(text)),
            (Some(path), Some(_)) => bail!(
                "there are keys in {} (--kek-file, ZAPIKI_KEK_FILE) and in {VARIABLE}: say one place, they may differ",
                path.display()
            ),
            (None, None) => bail!(
                "no key-encryption keys: pass --kek-file (ZAPIKI_KEK_FILE), or their text in {VARIABLE}; `zapiki dev kek` makes some"
            ),
        }
    }

    /// The text of the keys.
    pub(crate) async fn text(&self) -> Result<Zeroizing<String>> {
        match self {
            Self::File(path) => read(path),
            Self::Environment(text) => Ok(Zeroizing::new(text.expose_secret().to_owned())),
        }
    }

    /// The keys.
    pub(crate) async fn key_ring(&self) -> Result<KeyRing> {
        KeyRing::parse(&self.text().await?).with_context(|| bad(self))
    }

    /// The file that the keys are in, for a command that changes them.
    pub(crate) fn file(&self) -> Result<&Path> {
        match self {
            Self::File(path) => Ok(path),
            Self::Environment(_) => bail!(
                "the keys stand in {VARIABLE}, which no command can change: write its text to a file, change that, and put it back"
            ),
        }
    }
}

/// The text of a key file.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>> {
    files::check_private(path)?;
    let bytes = files::read(path, KEK_FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes).with_context(|| bad(path.display()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// What is said of a text that holds no keys.
pub(crate) fn bad(place: impl fmt::Display) -> String {
    format!("no key-encryption keys can be read from {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "1:cafecafecafecafecafecafecafecafecafecafecafecafecafecafecafecafe";

    fn text(text: &str) -> Option<SecretString> {
        Some(SecretString::from(text))
    }

    #[tokio::test]
    async fn keys_come_from_a_file_or_from_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        let written = files::write(
            &path,
            format!("{KEY}\n").as_bytes(),
            files::Access::Private,
            files::Existing::Keep,
        );
        written.unwrap();
        for source in [
            KeySource::choose(Some(path.clone()), None).unwrap(),
            KeySource::choose(Some(path.clone()), text(" ")).unwrap(),
            KeySource::choose(None, text(KEY)).unwrap(),
        ] {
            assert_eq!(source.key_ring().await.unwrap().current(), 1);
        }
        assert!(KeySource::choose(Some(path), None).unwrap().file().is_ok());
        let variable = KeySource::choose(None, text(KEY)).unwrap();
        let error = variable.file().unwrap_err().to_string();
        assert!(error.contains(VARIABLE), "{error}");
    }

    #[test]
    fn two_places_at_once_are_refused_and_so_is_none() {
        let both = KeySource::choose(Some("kek".into()), text(KEY)).unwrap_err();
        let both = both.to_string();
        assert!(both.contains("kek") && both.contains(VARIABLE), "{both}");
        let none = KeySource::choose(None, None).unwrap_err().to_string();
        assert!(
            none.contains("--kek-file") && none.contains(VARIABLE),
            "{none}"
        );
    }

    #[tokio::test]
    async fn keys_are_never_quoted() {
        let source = KeySource::choose(None, text(&format!("{KEY}:bad"))).unwrap();
        let error = source.key_ring().await.unwrap_err();
        let said = format!("{error:#} {source:?} {source}");
        assert!(!said.contains("cafe") && said.contains("line 1"), "{said}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        std::fs::write(&path, KEY).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = KeySource::File(path).key_ring().await.unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}
