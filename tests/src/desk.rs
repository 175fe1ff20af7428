//! A folder of somebody's files, and commands that run in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// Vanishes with its files when it is dropped.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
}

/// A command that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// What it said, results and notes.
    pub said: String,
}

impl Default for Desk {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }
}

impl Desk {
    /// Where a file is, or would be.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a document there.
    pub fn write(&self, name: &str, document: &impl Serialize) {
        fs::write(self.path(name), serde_json::to_vec(document).unwrap()).unwrap();
    }

    /// Reads a document.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs the program here. Arguments have no spaces in them.
    #[must_use]
    pub fn zapiki(&self, arguments: &str) -> Ended {
        run(self.folder.path(), arguments)
    }

    /// Runs the program here, and it must do its work.
    pub fn zapiki_ok(&self, arguments: &str) -> String {
        let Ended { code, said } = self.zapiki(arguments);
        assert_eq!(code, 0, "zapiki {arguments}: {said}");
        said
    }
}

pub(crate) fn run(folder: &Path, arguments: &str) -> Ended {
    let output = crate::program()
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes text");
    Ended {
        code: output.status.code().expect("no signal ended it"),
        said: text(output.stdout) + &text(output.stderr),
    }
}
