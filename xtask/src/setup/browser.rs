//! Chromium and its driver, in which tests look at the portal and at Temporal's UI.
//!
//! The one tool that is not installed into the checkout: a browser needs libraries of the system, which come as its packages.
//! Only the tests need it, so a machine without one can still run everything else.

use std::path::PathBuf;

use anyhow::bail;

use super::path_dirs;
use crate::{identity, process::Launch, ui};

/// By which names systems have it. Chrome will do: the driver drives both.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// The driver.
const DRIVER: &str = "chromedriver";
/// Where browsers are that are on nobody's PATH.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
/// What Debian calls them.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// A browser and its driver, of one version.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    /// The browser.
    pub(crate) chromium: PathBuf,
    /// What drives it.
    pub(crate) driver: PathBuf,
}

/// Those of the system, installed if need be and possible.
pub(crate) fn find_or_install() -> anyhow::Result<Browser> {
    if let Some(found) = find(&path_dirs()) {
        return Ok(found);
    }
    if can_install() {
        ui::note(
            "installing Chromium and its driver with apt-get, for the tests that look at pages",
        );
        apt_get(&["update", "--quiet"]).run()?;
        let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
        apt_get(&install).args(PACKAGES).run()?;
    }
    match find(&path_dirs()) {
        Some(found) => Ok(found),
        None => bail!(
            "the tests need Chromium (or Chrome) and chromedriver of the same version on PATH, and this account cannot install \
             them. On Debian: sudo apt-get install {}. On Ubuntu: sudo snap install chromium. On macOS: brew install --cask \
             google-chrome chromedriver. All other chores work without",
            PACKAGES.join(" ")
        ),
    }
}

fn find(dirs: &[PathBuf]) -> Option<Browser> {
    let on_path = |name: &str| {
        let mut files = dirs.iter().map(|dir| dir.join(name));
        files.find(|file| file.is_file())
    };
    let application = || {
        APPLICATIONS
            .map(PathBuf::from)
            .into_iter()
            .find(|file| file.is_file())
    };
    Some(Browser {
        chromium: BROWSERS
            .into_iter()
            .find_map(on_path)
            .or_else(application)?,
        driver: on_path(DRIVER)?,
    })
}

/// Whether packages can be installed without asking anybody.
fn can_install() -> bool {
    let has = |name: &str| path_dirs().iter().any(|dir| dir.join(name).is_file());
    let may = || identity::is_root() || has("sudo") && sudo(&["true"]).succeeds().unwrap_or(false);
    has("apt-get") && may()
}

fn apt_get(arguments: &[&str]) -> Launch {
    const QUIETLY: [&str; 3] = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if identity::is_root() {
        Launch::new("apt-get", QUIETLY[0])
            .args(&QUIETLY[1..])
            .args(arguments)
    } else {
        sudo(&QUIETLY).args(arguments)
    }
}

/// As root, if that takes no password.
fn sudo(arguments: &[&str]) -> Launch {
    Launch::new("sudo", "sudo").arg("-n").args(arguments)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_browser_is_found_with_its_driver_and_not_without() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = [dir.path().join("nowhere"), dir.path().to_owned()];
        let path = |name: &str| dir.path().join(name);
        fs::write(path("google-chrome"), "").unwrap();
        assert!(find(&dirs).is_none());
        fs::write(path(DRIVER), "").unwrap();
        assert_eq!(find(&dirs).unwrap().chromium, path("google-chrome"));
        fs::write(path("chromium"), "").unwrap();
        let found = find(&dirs).unwrap();
        assert_eq!(
            (found.chromium, found.driver),
            (path("chromium"), path(DRIVER))
        );
    }
}
