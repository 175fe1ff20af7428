//! JSON bodies: bounded, strict, and silent about what is private.
//!
//! serde parses them, since its errors know where they are; poem-openapi describes them. A field that is at fault is named by
//! its path. What was in it is never repeated, and about private fields not even what was expected of the value is said.

use std::marker::PhantomData;
use std::ops::Deref;

use poem::error::ReadBodyError;
use poem::{FromRequest as _, Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;
use crate::resources::batches::BATCH_PATH;
use crate::state::Api;

/// As how many other bodies the body of a batch may be long: by default 16 KiB for each item, twice what the largest takes.
const BODIES_PER_BATCH: usize = 32;

/// The longest body that is read at this place, where others may have so many bytes.
pub(crate) fn bytes_max(path: &str, body_bytes_max: usize) -> usize {
    if path == BATCH_PATH {
        body_bytes_max.saturating_mul(BODIES_PER_BATCH)
    } else {
        body_bytes_max
    }
}

/// The longest path of a field that a problem repeats, in bytes. All that are documented are shorter.
const FIELD_BYTES_MAX: usize = 128;

/// The fields that hold private input, wherever they stand.
const PRIVATE_FIELDS: [&str; 3] = ["witness", "credential", "holder_secret"];

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T> {
    value: T,
    digest: [u8; 32],
}

impl<T> Body<T> {
    /// SHA-256 of the bytes, which tells one request from another.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The same of the bytes as they were sent to a place whose name stands in the URL.
    pub(crate) fn digest_at(&self, place: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.digest);
        digest.update(place);
        digest.finalize().into()
    }

    /// The value.
    pub(crate) fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Body<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = MetaMediaType {
            content_type: "application/json",
            schema: T::schema_ref(),
        };
        Some(MetaRequest {
            description: None,
            content: vec![json],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let is_json = request
            .content_type()
            .and_then(|text| text.split(';').next())
            .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            let detail = "The body must be JSON: send `Content-Type: application/json`.";
            return Err(Problem::new(ProblemCode::UnsupportedMediaType, detail).into());
        }
        let api = <&Api>::from_request_without_body(request).await?;
        let bytes_max = bytes_max(request.uri().path(), api.limits.body_bytes_max);
        let body = body.take()?;
        let bytes = body
            .into_bytes_limit(bytes_max)
            .await
            .map_err(|error| match error {
                ReadBodyError::PayloadTooLarge => too_large(bytes_max),
                _ => Problem::new(
                    ProblemCode::MalformedJson,
                    "The body could not be read to its end.",
                ),
            })?;
        let value = parse(&bytes)?;
        Ok(Self {
            value,
            digest: Sha256::digest(&bytes).into(),
        })
    }
}

/// The body is longer than it may be here.
pub(crate) fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("The body has more than {bytes_max} bytes.");
    Problem::new(ProblemCode::BodyTooLarge, detail)
}

/// The fields that are lists: of texts, of objects, and of numbers.
const LISTS_OF_TEXTS: [&str; 3] = ["countries", "siblings", "events"];
const LISTS_OF_NUMBERS: [&str; 1] = ["revoked"];
const LISTS_OF_OBJECTS: [&str; 3] = ["proofs", "statements", "items"];

/// JSON without lists but where there may be one.
///
/// serde takes a list for an object, its items for the fields in their order.
struct NoLists;

/// A list of such things.
struct ListOf<T>(PhantomData<T>);

impl<'de> Deserialize<'de> for NoLists {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for NoLists {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if LISTS_OF_TEXTS.contains(&name.as_str()) {
                map.next_value::<ListOf<String>>()?;
            } else if LISTS_OF_NUMBERS.contains(&name.as_str()) {
                map.next_value::<ListOf<u64>>()?;
            } else if LISTS_OF_OBJECTS.contains(&name.as_str()) {
                map.next_value::<ListOf<Self>>()?;
            } else {
                map.next_value::<Self>()?;
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _list: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &self))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<T>::deserialize(deserializer).map(|_items| Self(PhantomData))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    read::<NoLists>(bytes)?;
    read(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        problem(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| problem(".", &error))?;
    Ok(value)
}

/// What is wrong with a value that was read apart from its body, and where in it.
#[derive(Debug)]
pub(crate) struct FieldError {
    path: String,
    error: serde_json::Error,
}

impl FieldError {
    /// The problem, for a value that is told of by itself.
    pub(crate) fn at_top(&self) -> Problem {
        problem(&self.path, &self.error)
    }

    /// The problem, for a value that stands in this field of the body.
    pub(crate) fn within(&self, field: &str) -> Problem {
        match &*self.path {
            "." => problem(field, &self.error),
            path => problem(&format!("{field}.{path}"), &self.error),
        }
    }
}

/// Reads a value that was a part of a body.
pub(crate) fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(value).map_err(|error| FieldError {
        path: error.path().to_string(),
        error: error.into_inner(),
    })
}

fn problem(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        let detail = format!(
            "The body is not JSON: look at line {}, column {}.",
            error.line(),
            error.column()
        );
        return Problem::new(ProblemCode::MalformedJson, detail);
    }
    let message = error.to_string();
    if let Some(private) = private_part(path) {
        // The path below it is made of schema names only as long as it parsed; name the top.
        let detail = "The field is missing a part or is not of the documented form. See /docs for its schema.";
        return Problem::new(ProblemCode::InvalidField, detail).at(private);
    }
    let code = if message.starts_with("unknown variant") && path.ends_with("statement.type") {
        ProblemCode::UnknownStatement
    } else if message.starts_with("unknown proof system") {
        ProblemCode::UnknownSystem
    } else {
        ProblemCode::InvalidField
    };
    let field = match (path, quoted(&message)) {
        // A field that is missing or unknown stands in the message, not in the path.
        (".", Some(name)) => name.to_owned(),
        (".", None) => String::new(),
        (path, Some(name)) if is_about_a_field(&message) && !path.ends_with(name) => {
            format!("{path}.{name}")
        }
        (path, _) => path.to_owned(),
    };
    let problem = Problem::new(code, expectation(&message));
    if field.is_empty() || field.len() > FIELD_BYTES_MAX {
        problem
    } else {
        problem.at(field)
    }
}

/// The path as far as the first private field on it, if there is one.
fn private_part(path: &str) -> Option<&str> {
    let mut end = 0;
    for segment in path.split_inclusive(['.', '[']) {
        let name = segment.trim_end_matches(['.', '[']);
        if PRIVATE_FIELDS.contains(&name) {
            return path.get(..end + name.len());
        }
        end += segment.len();
    }
    None
}

fn is_about_a_field(message: &str) -> bool {
    message.starts_with("missing field") || message.starts_with("unknown field")
}

/// The name of the field that serde's message is about.
fn quoted(message: &str) -> Option<&str> {
    if !is_about_a_field(message) {
        return None;
    }
    message.split('`').nth(1)
}

/// What serde expected, without what it got and where: that can quote the value.
fn expectation(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message);
    if message.starts_with("missing field") {
        return "The field is missing.".to_owned();
    }
    if message.starts_with("unknown field") {
        let known = message
            .split_once(", expected ")
            .map_or("", |(_, known)| known);
        return format!("There is no such field; expected {known}.");
    }
    match message.rsplit_once("expected ") {
        Some((_, expected)) => {
            format!("The field is not of the documented form: expected {expected}.")
        }
        // Our own parsers' messages are constants.
        None => format!("The field is not valid: {message}."),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::forms::Text;
    use zapiki_core::day::Day;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Sample {
        day: Text<Day>,
        count: u8,
        witness: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Inner {
        birth_date: Text<Day>,
    }

    fn fails(text: &str) -> String {
        let problem = parse::<Sample>(text.as_bytes()).unwrap_err();
        format!("{problem:?}")
    }

    #[test]
    fn the_field_is_named_and_its_value_is_not() {
        for (text, code, field) in [
            (r#"{"day":"2026-11-24"}"#, "InvalidField", "\"count\""),
            (r#"{"day":"CANARY","count":1}"#, "InvalidField", "\"day\""),
            (
                r#"{"day":"2026-11-24","count":"CANARY"}"#,
                "InvalidField",
                "\"count\"",
            ),
            (
                r#"{"day":"2026-11-24","count":1,"extra":"CANARY"}"#,
                "InvalidField",
                "\"extra\"",
            ),
            (
                r#"{"day":"2026-11-24","count":1,"witness":{"birth_date":"CANARY"}}"#,
                "InvalidField",
                "\"witness\"",
            ),
            (
                r#"{"day":"2026-11-24","count":1,"witness":{"CANARY":1}}"#,
                "InvalidField",
                "\"witness\"",
            ),
            (
                r#"{"day":"2026-11-24","count":1,"witness":"CANARY"}"#,
                "InvalidField",
                "\"witness\"",
            ),
            (
                r#"["2026-11-24",1,{"birth_date":"2001-05-17"}]"#,
                "InvalidField",
                "None",
            ),
            (
                r#"{"day":"2026-11-24","count":1,"witness":["2001-05-17"]}"#,
                "InvalidField",
                "\"witness\"",
            ),
            (r#"{"day":CANARY"#, "MalformedJson", "None"),
            (
                r#"{"day":"2026-11-24","count":1} CANARY"#,
                "MalformedJson",
                "None",
            ),
            ("", "MalformedJson", "None"),
        ] {
            let problem = fails(text);
            assert!(
                problem.contains(code) && problem.contains(field),
                "{text}: {problem}"
            );
            assert!(!problem.contains("CANARY"), "{problem}");
        }
    }
}
