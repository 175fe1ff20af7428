//! What templates take: one type per set of inputs, from which both the parser and the JSON Schema are made.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zapiki_core::credential::{CurrencyCode, IncomePeriod, JSON_INTEGER_MAX};
use zapiki_core::day::Day;
use zapiki_core::statements::age_over::MIN_AGE_YEARS_MAX;

use super::forms::{AsOf, Countries, Form, SanctionsList, Whole, present};

type Age = Whole<1, { MIN_AGE_YEARS_MAX as u64 }>;
type Amount = Whole<1, JSON_INTEGER_MAX>;
/// An amount of which there may be two without leaving the integers of JSON.
type HalfAmount = Whole<0, { JSON_INTEGER_MAX / 2 }>;
/// An amount of which there may be three.
type ThirdOfAmount = Whole<1, { JSON_INTEGER_MAX / 3 }>;

/// The inputs of a template.
pub(super) trait Inputs: DeserializeOwned {
    /// All that is read as such inputs, and nothing else: a schema of JSON Schema 2020-12.
    fn schema() -> Value;
    /// The day on which the statement is to hold, if it is said.
    fn as_of(&self) -> Option<Day>;
}

/// Declares inputs: those that are required, then those that are not, each with its description.
macro_rules! inputs {
    ($(
        $name:ident {
            $($(#[doc = $about:literal])+ $field:ident: $type:ty,)*
        } optional {
            $($(#[doc = $maybe_about:literal])+ $maybe:ident: $maybe_type:ty,)*
        }
    )+) => {$(
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $(pub(super) $field: $type,)*
            $(#[serde(default, deserialize_with = "present")]
            pub(super) $maybe: Option<$maybe_type>,)*
            #[serde(default, deserialize_with = "present")]
            as_of: Option<AsOf>,
        }

        impl Inputs for $name {
            fn schema() -> Value {
                let described = |mut schema: Value, about: &str| {
                    schema["description"] = json!(about.trim());
                    schema
                };
                json!({
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "type": "object",
                    "properties": {
                        $(stringify!($field): described(<$type>::schema(), concat!($($about),+)),)*
                        $(stringify!($maybe): described(<$maybe_type>::schema(), concat!($($maybe_about),+)),)*
                        "as_of": described(
                            AsOf::schema(),
                            "The day on which it must hold and the credential be valid; default today (UTC).",
                        ),
                    },
                    "required": [$(stringify!($field)),*],
                    "additionalProperties": false,
                })
            }

            fn as_of(&self) -> Option<Day> {
                self.as_of.map(|day| day.0)
            }
        }
    )+};
}

inputs! {
    NoInputs {} optional {}

    AgeInputs {
        /// Completed years of age.
        min_age: Age,
    } optional {}

    IncomeInputs {
        /// The least amount, in minor units such as cents.
        minimum_minor: Amount,
        /// The currency, ISO 4217. Nothing is converted.
        currency: CurrencyCode,
        /// What the amount is counted by.
        period: IncomePeriod,
    } optional {}

    BandInputs {
        /// The least amount, in minor units such as cents.
        from_minor: HalfAmount,
        /// How much more it may be, in minor units.
        width_minor: HalfAmount,
        /// The currency, ISO 4217. Nothing is converted.
        currency: CurrencyCode,
        /// What the amounts are counted by.
        period: IncomePeriod,
    } optional {}

    RentInputs {
        /// The rent of a month, in minor units such as cents.
        rent_minor: ThirdOfAmount,
        /// The currency, ISO 4217. Nothing is converted.
        currency: CurrencyCode,
    } optional {}

    CountriesInputs {
        /// The countries of which it must be one, ISO 3166-1 alpha-2.
        countries: Countries,
    } optional {}

    ListInputs {
        /// The list, of which the newest root is taken: GET /v1/lists names them.
        list: SanctionsList,
    } optional {}

    OnboardingInputs {
        /// The countries of which it must be one, ISO 3166-1 alpha-2.
        countries: Countries,
    } optional {
        /// Completed years of age; default 18.
        min_age: Age,
    }

    ScreenedOnboardingInputs {
        /// The countries of which it must be one, ISO 3166-1 alpha-2.
        countries: Countries,
        /// The sanctions list, of which the newest root is taken: GET /v1/lists names them.
        list: SanctionsList,
    } optional {
        /// Completed years of age; default 18.
        min_age: Age,
    }
}

impl Whole<1, { MIN_AGE_YEARS_MAX as u64 }> {
    /// The age as statements have it.
    pub(super) const fn years(self) -> u8 {
        // At most 120, as its type says.
        self.0 as u8
    }
}
