//! Proofs by what they are for: the short forms of a request for a proof.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::credential::{CountryCode, Credential, CurrencyCode, FieldElement, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::public_inputs::{Challenge, Scope};
use zapiki_core::signed_root::ListName;
use zapiki_core::statements::income::IncomeUnit;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::HolderSecret;

use super::credentials::CredentialSchema;
use super::examples;
use crate::forms::{As, Text};
use crate::parts::Part;
use crate::resources::short_forms::Terms;

/// A request in a short form.
pub(crate) trait ShortFormRequest {
    /// What is to be shown.
    fn part(&self) -> Part;
    /// The day on which it is to hold.
    fn as_of(&self) -> Option<Day>;
    /// What it says beside that.
    fn terms(self) -> Terms;
}

/// Declares short forms: each has fields of its own, and those of all.
macro_rules! short_forms {
    ($(
        $(#[$about:meta])*
        $name:ident {
            $($(#[$own_about:meta])* $own:ident: $type:ty,)*
        }
        day: $day:literal,
        part: |$request:ident| $part:expr;
    )+) => {$(
        $(#[$about])*
        #[derive(Debug, Object, Serialize, Deserialize)]
        #[oai(example)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$own_about])* $own: $type,)*
            #[doc = $day]
            #[oai(skip_serializing_if_is_none)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            as_of: Option<Text<Day>>,
            /// The verifier's challenge: POST /v1/challenges makes one.
            challenge: Text<Challenge>,
            /// Where the nullifier is comparable.
            scope: Text<Scope>,
            /// The proof system; default `groth16`.
            #[oai(skip_serializing_if_is_none)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            system: Option<Text<ProofSystem>>,
            /// Whether the proof system may be an experimental one; default false.
            #[oai(skip_serializing_if_is_none)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            allow_experimental: Option<bool>,
            /// The credential. Its issuer must be one that you trust.
            credential: As<Credential, CredentialSchema>,
            /// The secret behind the credential's holder commitment.
            holder_secret: As<HolderSecret, Text<FieldElement>>,
        }

        impl ShortFormRequest for $name {
            fn part(&self) -> Part {
                let $request = self;
                $part
            }

            fn as_of(&self) -> Option<Day> {
                self.as_of.map(|day| day.0)
            }

            fn terms(self) -> Terms {
                Terms {
                    challenge: self.challenge.0,
                    scope: self.scope.0,
                    system: self.system.map(|system| system.0),
                    pin: None,
                    allow_experimental: self.allow_experimental,
                    credential: self.credential.value,
                    holder_secret: self.holder_secret.value,
                }
            }
        }
    )+};
}

short_forms! {
    /// An age to be proved: the short form of a proof request.
    AgeVerificationRequest {
        /// Completed years of age, 1 to 120.
        #[oai(validator(minimum(value = "1"), maximum(value = "120")))]
        min_age: u8,
    }
    day: "The day on which the age must be reached; default today (UTC).",
    part: |request| Part::AgeOver(request.min_age);

    /// An income to be proved: the short form of a proof request.
    IncomeVerificationRequest {
        /// The least amount, in minor units such as cents; at least 1 if there is no greatest.
        #[oai(validator(maximum(value = "9007199254740991")))]
        minimum_minor: u64,
        /// The greatest amount, if there is one.
        #[oai(
            skip_serializing_if_is_none,
            validator(maximum(value = "9007199254740991"))
        )]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum_minor: Option<u64>,
        /// The currency of the amounts. Nothing is converted.
        currency: Text<CurrencyCode>,
        /// What the amounts are counted by.
        period: Text<IncomePeriod>,
    }
    day: "The day on which the credential must be valid; default today (UTC).",
    part: |request| {
        let minimum_minor = request.minimum_minor;
        let unit = IncomeUnit {
            currency: request.currency.0,
            period: request.period.0,
        };
        match request.maximum_minor {
            None => Part::IncomeAtLeast {
                minimum_minor,
                unit,
            },
            Some(maximum_minor) => Part::IncomeInRange {
                minimum_minor,
                maximum_minor,
                unit,
            },
        }
    };

    /// A residency to be proved: the short form of a proof request.
    ResidencyProofRequest {
        /// The countries of which it must be one. The proof does not say which.
        countries: Vec<Text<CountryCode>>,
    }
    day: "The day on which the credential must be valid; default today (UTC).",
    part: |request| Part::ResidentOf(request.countries.iter().map(|country| country.0).collect());

    /// An absence from a sanctions list to be proved: the short form of a proof request. The credential has a screening identity.
    SanctionsCheckRequest {
        /// The list, of which the newest root is taken: GET /v1/lists names them.
        list: Text<ListName>,
    }
    day: "The day on which the credential must be valid; default today (UTC).",
    part: |request| Part::NotSanctioned(request.list.0.clone());
}

examples! {
    AgeVerificationRequest => r#"{"min_age":18,"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    IncomeVerificationRequest => r#"{"minimum_minor":250000,"currency":"EUR","period":"month","as_of":"2026-11-24",
        "challenge":"@challenge","scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    ResidencyProofRequest => r#"{"countries":["ES","FR","PT"],"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    SanctionsCheckRequest => r#"{"list":"ofac-sdn","as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
}
