//! Tells cargo that the embedded migrations are part of this crate, and names the set of them.
//!
//! `embed_migrations!` is not run again by itself when a migration is added.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

const MIGRATIONS: &str = "../migrations";

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let mut found = Vec::new();
    files(Path::new(MIGRATIONS), &mut found)?;
    found.sort();
    let mut hasher = DefaultHasher::new();
    for path in found {
        (&path, fs::read(&path)?).hash(&mut hasher);
    }
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    println!(
        "cargo::rustc-env=ZAPIKI_MIGRATIONS_FINGERPRINT={:016x}",
        hasher.finish()
    );
    Ok(())
}
