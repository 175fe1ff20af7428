//! Templates: named, versioned, ready-made statements, each for one use.
//!
//! | file | subject |
//! | --- | --- |
//! | [`catalogue`] | the templates |
//! | [`inputs`], [`forms`] | what they take: parser and JSON Schema from one declaration |
//!
//! A template expands to [`Part`]s, as the short forms do, and goes the way of any request for a proof from there. It never says
//! more than its statement: there is no template for what credentials do not hold (net worth, accreditation).

mod catalogue;
mod forms;
mod inputs;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_core::day::Day;
use zapiki_core::statement::StatementKind;

use crate::body::{FieldError, read_value};
use crate::parts::Part;
use inputs::Inputs;

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum Category {
    /// An age is reached.
    Age,
    /// Somebody earns enough, or within bounds.
    Income,
    /// Somebody lives where they may be served.
    Residency,
    /// Somebody is on no sanctions list.
    Sanctions,
    /// A credential still counts.
    Credential,
    /// What opening an account asks for, in one proof.
    Onboarding,
}

impl Category {
    /// All of them, in the order in which they are listed.
    pub(crate) const ALL: [Self; 6] = [
        Self::Age,
        Self::Income,
        Self::Residency,
        Self::Sanctions,
        Self::Credential,
        Self::Onboarding,
    ];

    /// In a few words.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Age => "Age",
            Self::Income => "Income",
            Self::Residency => "Residency",
            Self::Sanctions => "Sanctions screening",
            Self::Credential => "Credential status",
            Self::Onboarding => "Onboarding",
        }
    }

    /// In a sentence.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Age => "The holder has reached an age. The birth date stays private.",
            Self::Income => "The holder earns enough, or within bounds. The amount stays private.",
            Self::Residency => {
                "The holder lives in one of some countries. Which one stays private."
            }
            Self::Sanctions => {
                "The holder is not on a sanctions list, by the identity that the issuer screens by."
            }
            Self::Credential => "The issuer has not taken the credential back.",
            Self::Onboarding => {
                "Several of the above in one proof, as opening an account asks for."
            }
        }
    }
}

/// A named, ready-made statement.
pub(crate) struct Template {
    /// Names it in a URL.
    pub(crate) id: &'static str,
    /// Rises with each change of what it asks for: the last number if only words changed, the first if the statement did.
    pub(crate) version: &'static str,
    /// What it is for.
    pub(crate) category: Category,
    /// In a few words.
    pub(crate) title: &'static str,
    /// What a proof of it shows.
    pub(crate) description: &'static str,
    /// The kind of its statement.
    pub(crate) statement: StatementKind,
    /// Inputs as an example.
    pub(crate) example: Value,
    /// The JSON Schema of its inputs.
    pub(crate) inputs: Value,
    read: fn(Value) -> Result<Draft, FieldError>,
}

/// What a template asks for with these inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The parts of its statement.
    pub(crate) parts: Vec<Part>,
    /// The day on which it must hold, if that is said.
    pub(crate) as_of: Option<Day>,
}

impl Template {
    /// What it asks for with these inputs.
    pub(crate) fn draft(&self, inputs: BTreeMap<String, Value>) -> Result<Draft, FieldError> {
        (self.read)(Value::Object(inputs.into_iter().collect()))
    }
}

/// All templates, by category.
pub(crate) fn all() -> &'static [Template] {
    static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(catalogue::templates);
    &TEMPLATES
}

/// The template of this name.
pub(crate) fn find(id: &str) -> Option<&'static Template> {
    all().iter().find(|template| template.id == id)
}

/// The parts that inputs of one type come to.
trait Expand: Inputs {
    fn draft(inputs: Value, expand: impl Fn(Self) -> Vec<Part>) -> Result<Draft, FieldError> {
        let inputs: Self = read_value(inputs)?;
        let as_of = inputs.as_of();
        let parts = expand(inputs);
        Ok(Draft { parts, as_of })
    }
}

impl<T: Inputs> Expand for T {}
