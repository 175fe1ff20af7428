//! What the OpenAPI document says of every operation in the same way: how it can fail, and what headers its answers have.
//!
//! poem-openapi derives the rest from the operations themselves.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::registry::{
    MetaApi, MetaHeader, MetaMediaType, MetaOperation, MetaParamIn, MetaResponse, MetaSchema,
    MetaSchemaRef, MetaWebhook, Registry,
};
use poem_openapi::types::Type as _;
use poem_openapi::{OpenApi, Webhook};
use zapiki_core::problem::ProblemCode;

use crate::problem::{PROBLEM_JSON, ProblemDocument};

/// Operations whose description is complete.
pub(crate) struct Documented<T>(pub(crate) T);

impl<T: OpenApi> OpenApi for Documented<T> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = T::meta();
        let operations = apis
            .iter_mut()
            .flat_map(|api| &mut api.paths)
            .flat_map(|path| &mut path.operations);
        operations.for_each(complete);
        apis
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        ProblemDocument::register(registry);
        registry.schemas.values_mut().for_each(name_types);
    }

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        self.0.add_routes(routes);
    }
}

/// Messages that we send, whose description is complete.
pub(crate) struct DocumentedWebhooks<T>(PhantomData<T>);

impl<T: Webhook> Webhook for DocumentedWebhooks<T> {
    fn meta() -> Vec<MetaWebhook> {
        let mut webhooks = T::meta();
        let requests = webhooks
            .iter_mut()
            .filter_map(|webhook| webhook.operation.request.as_mut());
        requests
            .flat_map(|request| &mut request.content)
            .for_each(name_bare);
        webhooks
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        registry.schemas.values_mut().for_each(name_types);
    }
}

/// The registered name of a media type, which has no parameters and which generators know.
fn name_bare(body: &mut MetaMediaType) {
    body.content_type = body.content_type.split(';').next().unwrap_or_default();
}

/// Has each field name its type and nothing beside it.
///
/// poem-openapi writes a field's description a second time among the parts of its type, of which generators make a type of
/// its own for each field.
fn name_types(schema: &mut MetaSchema) {
    for (_, field) in &mut schema.properties {
        if let MetaSchemaRef::Inline(field) = field {
            field.all_of.retain(|part| match part {
                MetaSchemaRef::Reference(_) => true,
                MetaSchemaRef::Inline(part) => {
                    let bare = MetaSchema {
                        description: part.description,
                        ..MetaSchema::ANY
                    };
                    **part != bare
                }
            });
        }
    }
}

fn complete(operation: &mut MetaOperation) {
    for response in &mut operation.responses.responses {
        for header in &mut response.headers {
            header.name = title_case(&header.name);
        }
    }
    let mut by_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    let is_replayable = codes(operation).any(|code| code == ProblemCode::IdempotencyKeyReused);
    for code in codes(operation) {
        by_status.entry(code.status()).or_default().push(code);
    }
    let problems = by_status
        .into_iter()
        .map(|(status, codes)| problem(status, &codes, is_replayable));
    operation.responses.responses.extend(problems);
    for response in &mut operation.responses.responses {
        if response.description.is_empty()
            && let Some(body) = response.content.first()
            && let MetaSchemaRef::Reference(name) = &body.schema
        {
            response.description = kept(format!("A document of the form `{name}`."));
        }
        let is_stream = |body: &MetaMediaType| body.content_type == "text/event-stream";
        if response.description.is_empty() && response.content.iter().any(is_stream) {
            response.description = "Server-sent events.";
        }
        response.content.iter_mut().for_each(name_bare);
        response.headers.push(header(
            "X-Request-Id",
            "Names the request in our logs: yours, if you sent one.",
            MetaSchema::new("string"),
            true,
        ));
    }
}

/// The problems that an operation can answer with, in order of declaration.
fn codes(operation: &MetaOperation) -> impl Iterator<Item = ProblemCode> {
    use ProblemCode as P;
    let has = |place| operation.params.iter().any(|param| param.in_type == place);
    // Of the URL, of query parameters that there are not, and of `X-Request-Id`; and what can always happen.
    let mut codes = vec![
        P::ApiKeyMisplaced,
        P::InvalidField,
        P::InvalidHeader,
        P::Unavailable,
        P::Internal,
    ];
    if !operation.security.is_empty() {
        codes.extend([
            P::ApiKeyMissing,
            P::ApiKeyInvalid,
            P::ApiKeyRevoked,
            P::RateLimited,
        ]);
    }
    if operation.request.is_some() {
        codes.extend([P::MalformedJson, P::UnsupportedMediaType, P::BodyTooLarge]);
    }
    if has(MetaParamIn::Path) {
        codes.push(P::NotFound);
    }
    codes.extend(own_codes(operation.operation_id.unwrap_or_default()));
    let codes: BTreeSet<_> = codes.into_iter().map(P::as_str).collect();
    P::ALL
        .iter()
        .copied()
        .filter(move |code| codes.contains(code.as_str()))
}

/// What can become of any order for a proof.
const OF_ORDERS: &[ProblemCode] = &[
    ProblemCode::PublicInputTooLarge,
    ProblemCode::UnknownSystem,
    ProblemCode::UnknownCircuit,
    ProblemCode::CircuitRetired,
    ProblemCode::ExperimentalNotAllowed,
    ProblemCode::IssuerNotTrusted,
    ProblemCode::CredentialSuiteMissing,
    ProblemCode::CredentialSignatureInvalid,
    ProblemCode::CredentialNotYetValid,
    ProblemCode::CredentialExpired,
    ProblemCode::CredentialForeignHolder,
    ProblemCode::CredentialAttributeMissing,
    ProblemCode::StatementNotSatisfied,
    ProblemCode::IdempotencyKeyReused,
    ProblemCode::IdempotencyKeyInFlight,
    ProblemCode::ProofDeadLettered,
    ProblemCode::ProofCancelled,
];
/// What can become of one about an income.
const OF_INCOMES: &[ProblemCode] = &[
    ProblemCode::CredentialCurrencyDiffers,
    ProblemCode::CredentialPeriodDiffers,
];
/// What can be wrong with one about a list.
const OF_LISTS: &[ProblemCode] = &[ProblemCode::ListUnknown];
/// What can be wrong with one that names its statement and issuer itself; the short forms do not.
const OF_LONG_FORM: &[ProblemCode] = &[
    ProblemCode::UnknownStatement,
    ProblemCode::CredentialForeignIssuer,
    ProblemCode::RevocationsForeignIssuer,
];

/// The problems that are an operation's own.
fn own_codes(operation_id: &str) -> Vec<ProblemCode> {
    use ProblemCode as P;
    match operation_id {
        "create_proof" => [OF_LONG_FORM, OF_ORDERS, OF_INCOMES, OF_LISTS].concat(),
        "verify_income" => [OF_ORDERS, OF_INCOMES].concat(),
        "prove_template" => {
            let own = &[ProblemCode::RevocationsForeignIssuer];
            [OF_ORDERS, OF_INCOMES, OF_LISTS, own].concat()
        }
        "verify_age" | "prove_residency" => OF_ORDERS.to_vec(),
        "verify_proof" | "verify_proofs" => {
            vec![
                P::UnknownStatement,
                P::UnknownSystem,
                P::UnknownCircuit,
                P::ExperimentalNotAllowed,
            ]
        }
        "check_sanctions" => [OF_ORDERS, OF_LISTS].concat(),
        "publish_revocations" => vec![P::IssuerNotTrusted],
        "trust_issuer" => vec![P::IssuerExists],
        "redrive_failure" => vec![P::FailureResolved, P::UnknownCircuit],
        "discard_failure" => vec![P::FailureResolved],
        "cancel_job" => vec![P::JobFinished],
        "create_batch" => vec![
            P::UnknownStatement,
            P::UnknownSystem,
            P::UnknownCircuit,
            P::CircuitRetired,
            P::ExperimentalNotAllowed,
            P::IssuerNotTrusted,
            P::ListUnknown,
            P::IdempotencyKeyReused,
        ],
        "cancel_batch" => vec![P::BatchFinished],
        "create_webhook" => vec![P::WebhookLimit],
        "resend_delivery" => vec![P::DeliveryPending],
        _ => Vec::new(),
    }
}

fn problem(status: u16, codes: &[ProblemCode], is_replayable: bool) -> MetaResponse {
    let may_be_for_later = codes.contains(&ProblemCode::IdempotencyKeyInFlight);
    let codes: Vec<String> = codes
        .iter()
        .map(|code| format!("{} (`{code}`)", code.title()))
        .collect();
    let mut headers = Vec::new();
    if status == 401 {
        let description = "How to authenticate.";
        headers.push(header(
            "WWW-Authenticate",
            description,
            MetaSchema::new("string"),
            true,
        ));
    }
    let is_always_for_later = status == 429 || status == 503;
    if is_always_for_later || may_be_for_later {
        let description = "After how many seconds to try again.";
        let schema = MetaSchema::new_with_format("integer", "uint64");
        let name = "Retry-After";
        headers.push(header(name, description, schema, is_always_for_later));
    }
    if is_replayable {
        let description =
            "`true` if this is the answer to an earlier request under the same `Idempotency-Key`.";
        let schema = MetaSchema::new("boolean");
        headers.push(header("Idempotent-Replayed", description, schema, false));
    }
    MetaResponse {
        description: kept(format!("{}.", codes.join("; "))),
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: PROBLEM_JSON,
            schema: MetaSchemaRef::Reference(ProblemDocument::name().into_owned()),
        }],
        headers,
    }
}

/// `LOCATION`, as poem-openapi writes it, as everybody else does.
fn title_case(name: &str) -> String {
    let mut starts_a_word = true;
    name.chars()
        .map(|c| {
            let cased = if starts_a_word {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            starts_a_word = c == '-';
            cased
        })
        .collect()
}

/// A header as the document describes it.
pub(crate) fn header(
    name: &str,
    description: &str,
    schema: MetaSchema,
    required: bool,
) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(schema)),
    }
}

/// A line of the document, in which the bounds of integers are integers, as generators want them. poem-openapi writes `1.0`.
pub(crate) fn with_whole_bounds(line: &str) -> Cow<'_, str> {
    let is_bound = ["\"minimum\": ", "\"maximum\": "]
        .iter()
        .any(|bound| line.trim_start().starts_with(bound));
    if is_bound {
        line.replace(".0", "").into()
    } else {
        line.into()
    }
}

/// A text for as long as the process lives, which is how poem-openapi wants it; each one once.
pub(crate) fn kept(text: String) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let text: &'static str = text.leak();
    texts.insert(text);
    text
}
