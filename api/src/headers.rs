//! Headers that an operation reads.
//!
//! A header that is there and cannot be read is refused, not passed over: a retry whose `Idempotency-Key` nobody saw would
//! make a second proof.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;

const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;

/// Every line of a header.
pub(crate) fn lines<'a>(request: &'a Request, name: &'static str) -> Result<Vec<&'a str>, Problem> {
    request
        .headers()
        .get_all(name)
        .iter()
        .map(|line| {
            line.to_str().map_err(|_| {
                let detail = "The header has characters that are not printable ASCII.";
                Problem::new(ProblemCode::InvalidHeader, detail).at(name)
            })
        })
        .collect()
}

/// The caller's name for its request.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl<'a> ApiExtractor<'a> for IdempotencyKey {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(1),
            max_length: Some(IDEMPOTENCY_KEY_CHARS_MAX),
            pattern: Some("^[!-~]+$".to_owned()),
            example: Some("order-1".into()),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> poem::Result<Self> {
        let key = match lines(request, options.name)?[..] {
            [] => return Ok(Self(None)),
            [key] => key,
            _ => return Err(malformed(options.name).into()),
        };
        let is_well_formed = (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_graphic());
        if is_well_formed {
            Ok(Self(Some(key.to_owned())))
        } else {
            Err(malformed(options.name).into())
        }
    }
}

fn malformed(name: &'static str) -> Problem {
    let detail = format!(
        "Send one {name} of 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII characters without spaces."
    );
    Problem::new(ProblemCode::InvalidHeader, detail).at(name)
}
