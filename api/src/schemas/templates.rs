//! Templates, and proofs that are asked for by one.

use std::collections::BTreeMap;

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_core::circuit::CircuitPin;
use zapiki_core::credential::{Credential, FieldElement};
use zapiki_core::public_inputs::{Challenge, Scope};
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::HolderSecret;

use super::credentials::CredentialSchema;
use super::examples;
use crate::forms::{As, Text};
use crate::templates::Category;

/// A named, versioned, ready-made statement.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Template {
    /// Its name.
    pub(crate) id: String,
    /// Its version: the first number rises when it asks for something else.
    pub(crate) version: String,
    /// What it is for.
    pub(crate) category: Category,
    /// In a few words.
    pub(crate) title: String,
    /// What a proof of it shows.
    pub(crate) description: String,
    /// The statement that it expands to.
    pub(crate) statement: Text<StatementKind>,
    /// The proof systems that have a circuit for it.
    pub(crate) systems: Vec<Text<ProofSystem>>,
    /// What it takes: a schema of JSON Schema 2020-12.
    pub(crate) inputs: BTreeMap<String, Value>,
    /// Inputs as an example.
    pub(crate) example: BTreeMap<String, Value>,
}

/// The templates, by category.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Templates {
    /// All of them, or those of the category that was asked for.
    pub(crate) templates: Vec<Template>,
}

/// What templates are for.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct TemplateCategory {
    /// Its name.
    pub(crate) id: Category,
    /// In a few words.
    pub(crate) title: String,
    /// In a sentence.
    pub(crate) description: String,
    /// The names of its templates.
    pub(crate) templates: Vec<String>,
}

/// The categories of templates.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct TemplateCategories {
    /// All of them.
    pub(crate) categories: Vec<TemplateCategory>,
}

/// A proof to be made by a template.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateProofRequest {
    /// The template's inputs, of its schema; default none.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inputs: Option<BTreeMap<String, Value>>,
    /// The version of the template that you wrote this for: refused if the template asks for something else by now.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) template_version: Option<String>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// The proof system; default `groth16`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// The circuit; default the newest one of the statement.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) circuit: Option<Text<CircuitPin>>,
    /// Whether the proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// The credential. Its issuer must be one that you trust.
    pub(crate) credential: As<Credential, CredentialSchema>,
    /// The secret behind the credential's holder commitment.
    pub(crate) holder_secret: As<HolderSecret, Text<FieldElement>>,
}

const TEMPLATE: &str = r#"{"id":"age-over","version":"1.0.0","category":"age","title":"An age of your choice or older",
    "description":"The holder has completed so many years, by the real calendar.","statement":"age_over","systems":["groth16"],
    "inputs":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
        "properties":{"min_age":{"type":"integer","minimum":1,"maximum":120}},"required":["min_age"],
        "additionalProperties":false},
    "example":{"min_age":25}}"#;
const CATEGORY: &str = r#"{"id":"age","title":"Age","description":"The holder has reached an age. The birth date stays private.",
    "templates":["age-over-18","age-over-21","age-over"]}"#;

examples! {
    Template => TEMPLATE;
    Templates => &format!(r#"{{"templates":[{TEMPLATE}]}}"#);
    TemplateCategory => CATEGORY;
    TemplateCategories => &format!(r#"{{"categories":[{CATEGORY}]}}"#);
    TemplateProofRequest => r#"{"inputs":{},"template_version":"1.0.0","challenge":"@challenge","scope":"shop.example/sign-up",
        "credential":"@credential","holder_secret":"@secret"}"#;
}
