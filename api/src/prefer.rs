//! `Prefer` (RFC 7240): whether and how long a caller waits. What we do not know we ignore, as the RFC says; what we know
//! must be well-formed.

use std::time::Duration;

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use zapiki_core::problem::ProblemCode;

use crate::headers::lines;
use crate::problem::Problem;

/// How a caller wants its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    respond_async: bool,
    wait: Option<Duration>,
}

/// What is made of it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// It did not say: wait as long as we do.
    None(Duration),
    /// At once.
    RespondAsync,
    /// Within this time, which is not longer than ours.
    Wait(Duration),
}

impl Prefer {
    fn parse(header: &str) -> Result<Self, Problem> {
        let mut prefer = Self::default();
        let mut is_quoted = false;
        let preferences = header.split(|c: char| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        for preference in preferences {
            // What follows a semicolon refines a preference; ours have nothing to refine.
            let token = preference.split(';').next().unwrap_or_default();
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            if name.trim().eq_ignore_ascii_case("respond-async") {
                prefer.respond_async = true;
            }
            // Of two the first counts.
            if name.trim().eq_ignore_ascii_case("wait") && prefer.wait.is_none() {
                prefer.wait = Some(seconds(value)?);
            }
        }
        Ok(prefer)
    }

    /// What it comes to for somebody who waits at most `wait_max`.
    ///
    /// Both together are one of the RFC's examples: answer asynchronously if it takes longer than that. A wait that is over
    /// ends like that in any case.
    pub(crate) fn within(self, wait_max: Duration) -> Preference {
        match (self.wait, self.respond_async) {
            (Some(wait), _) => Preference::Wait(wait.min(wait_max)),
            (None, true) => Preference::RespondAsync,
            (None, false) => Preference::None(wait_max),
        }
    }
}

fn seconds(value: &str) -> Result<Duration, Problem> {
    let digits = value.trim().trim_matches('"');
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let detail = "`wait` is a whole number of seconds, as in `Prefer: wait=5`.";
        return Err(Problem::new(ProblemCode::InvalidHeader, detail).at("Prefer"));
    }
    // More than fits is more than we wait.
    let seconds = digits.parse::<u32>().unwrap_or(u32::MAX);
    Ok(Duration::from_secs(u64::from(seconds)))
}

impl Preference {
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

impl<'a> ApiExtractor<'a> for Prefer {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            example: Some("respond-async".into()),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> poem::Result<Self> {
        // Several lines are one list.
        let header = lines(request, options.name)?.join(",");
        Ok(Self::parse(&header)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(20);

    #[test]
    fn the_header_is_read_as_the_rfc_says() {
        let parse = |header| Prefer::parse(header).unwrap().within(MAX);
        let wait = |seconds| Preference::Wait(Duration::from_secs(seconds));
        assert_eq!(parse(""), Preference::None(MAX));
        assert_eq!(parse("respond-async"), Preference::RespondAsync);
        assert_eq!(parse("Wait=5, handling=lenient"), wait(5));
        assert_eq!(parse("respond-async, wait=5"), wait(5));
        assert_eq!(parse("wait = \"5\"; foo, wait=7"), wait(5));
        assert_eq!(parse("wait=3600"), wait(20));
        assert_eq!(parse("wait=99999999999999999999"), wait(20));
        assert_eq!(parse("wait=0").wait(), Duration::ZERO);
        assert_eq!(
            parse("return=minimal; wait=soon, x=\"a,wait=soon\""),
            Preference::None(MAX)
        );
        for bad in ["wait", "wait=", "wait=-1", "wait=+1", "wait=soon"] {
            assert!(Prefer::parse(bad).is_err(), "{bad}");
        }
    }
}
