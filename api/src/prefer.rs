//! `Prefer` (RFC 7240): whether and how long a caller waits. What we do not know we ignore, as the RFC says; what we know
//! must be well-formed.

use std::time::Duration;

use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;

/// How a caller wants its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// It did not say: wait as long as we do.
    None(Duration),
    /// At once.
    RespondAsync,
    /// Within this time, which is not longer than ours.
    Wait(Duration),
}

impl Preference {
    /// Reads the header.
    pub(crate) fn parse(header: Option<&str>, wait_max: Duration) -> Result<Self, Problem> {
        let mut preference = Self::None(wait_max);
        for part in header.unwrap_or_default().split([',', ';']).map(str::trim) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if name.trim().eq_ignore_ascii_case("respond-async") {
                return Ok(Self::RespondAsync);
            }
            if name.trim().eq_ignore_ascii_case("wait") {
                let seconds: u32 = value.trim().trim_matches('"').parse().map_err(|_| {
                    let detail = "`wait` is a whole number of seconds, as in `Prefer: wait=5`.";
                    Problem::new(ProblemCode::InvalidHeader, detail).at("Prefer")
                })?;
                preference = Self::Wait(Duration::from_secs(u64::from(seconds)).min(wait_max));
            }
        }
        Ok(preference)
    }

    /// How long to wait.
    pub(crate) const fn wait(self) -> Duration {
        match self {
            Self::None(wait) | Self::Wait(wait) => wait,
            Self::RespondAsync => Duration::ZERO,
        }
    }

    /// What the answer says about it.
    pub(crate) fn applied(self) -> Option<String> {
        match self {
            Self::None(_) => None,
            Self::RespondAsync => Some("respond-async".to_owned()),
            Self::Wait(wait) => Some(format!("wait={}", wait.as_secs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(20);

    #[test]
    fn the_header_is_read_as_the_rfc_says() {
        let parse = |header| Preference::parse(header, MAX).unwrap();
        assert_eq!(parse(None), Preference::None(MAX));
        assert_eq!(parse(Some("respond-async")), Preference::RespondAsync);
        assert_eq!(
            parse(Some("Wait=5, handling=lenient")),
            Preference::Wait(Duration::from_secs(5))
        );
        assert_eq!(
            parse(Some("wait=5, respond-async")),
            Preference::RespondAsync
        );
        assert_eq!(parse(Some("wait=3600")), Preference::Wait(MAX));
        assert_eq!(parse(Some("wait=0")).wait(), Duration::ZERO);
        assert_eq!(parse(Some("return=minimal")), Preference::None(MAX));
        for bad in ["wait", "wait=", "wait=-1", "wait=soon"] {
            assert!(Preference::parse(Some(bad), MAX).is_err(), "{bad}");
        }
    }
}
