//! The templates there are. A published one keeps its name and meaning: what it asks for changes with its version alone.

use serde_json::json;
use zapiki_core::credential::{CountryCode, IncomePeriod};
use zapiki_core::statement::StatementKind;
use zapiki_core::statements::income::IncomeUnit;

use super::inputs::{
    AgeInputs, BandInputs, CountriesInputs, IncomeInputs, Inputs as _, ListInputs, NoInputs,
    OnboardingInputs, RentInputs, ScreenedOnboardingInputs,
};
use super::{Category, Expand as _, Template};
use crate::parts::Part;

/// The member states of the European Union, of 2020-02-01 on.
const EU: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The other states of the European Economic Area.
const EFTA_IN_EEA: [&str; 3] = ["IS", "LI", "NO"];

/// The age of majority, where nothing else is said.
const ADULT: u8 = 18;

/// How many times the rent an income is asked to be.
const INCOME_PER_RENT: u64 = 3;

fn residents_of<'a>(codes: impl IntoIterator<Item = &'a str>) -> Part {
    // Each of them is a code: a test sees to it.
    let countries = codes.into_iter().filter_map(|code| code.parse().ok());
    Part::ResidentOf(countries.collect::<Vec<CountryCode>>())
}

/// All of them, by category.
#[expect(
    clippy::too_many_lines,
    reason = "a table, of which each entry is read on its own"
)]
pub(super) fn templates() -> Vec<Template> {
    vec![
        Template {
            id: "age-over-18",
            version: "1.0.0",
            category: Category::Age,
            title: "18 or older",
            description: "The holder has completed 18 years, by the real calendar.",
            statement: StatementKind::AgeOver,
            example: json!({}),
            inputs: NoInputs::schema(),
            read: |inputs| NoInputs::draft(inputs, |_| vec![Part::AgeOver(ADULT)]),
        },
        Template {
            id: "age-over-21",
            version: "1.0.0",
            category: Category::Age,
            title: "21 or older",
            description: "The holder has completed 21 years, by the real calendar.",
            statement: StatementKind::AgeOver,
            example: json!({}),
            inputs: NoInputs::schema(),
            read: |inputs| NoInputs::draft(inputs, |_| vec![Part::AgeOver(21)]),
        },
        Template {
            id: "age-over",
            version: "1.0.0",
            category: Category::Age,
            title: "An age of your choice or older",
            description: "The holder has completed so many years, by the real calendar.",
            statement: StatementKind::AgeOver,
            example: json!({"min_age": 25}),
            inputs: AgeInputs::schema(),
            read: |inputs| AgeInputs::draft(inputs, |i| vec![Part::AgeOver(i.min_age.years())]),
        },
        Template {
            id: "income-at-least",
            version: "1.0.0",
            category: Category::Income,
            title: "An income of at least so much",
            description: "The holder earns at least so much, in the stated currency and period.",
            statement: StatementKind::IncomeAtLeast,
            example: json!({"minimum_minor": 250_000, "currency": "EUR", "period": "month"}),
            inputs: IncomeInputs::schema(),
            read: |inputs| {
                IncomeInputs::draft(inputs, |i| {
                    let unit = IncomeUnit {
                        currency: i.currency,
                        period: i.period,
                    };
                    vec![Part::IncomeAtLeast {
                        minimum_minor: i.minimum_minor.0,
                        unit,
                    }]
                })
            },
        },
        Template {
            id: "rent-affordable",
            version: "1.0.0",
            category: Category::Income,
            title: "A rent within a third of the income",
            description: "The holder earns at least three times the rent a month, in its currency.",
            statement: StatementKind::IncomeAtLeast,
            example: json!({"rent_minor": 110_000, "currency": "EUR"}),
            inputs: RentInputs::schema(),
            read: |inputs| {
                RentInputs::draft(inputs, |i| {
                    let unit = IncomeUnit {
                        currency: i.currency,
                        period: IncomePeriod::Month,
                    };
                    vec![Part::IncomeAtLeast {
                        minimum_minor: i.rent_minor.0 * INCOME_PER_RENT,
                        unit,
                    }]
                })
            },
        },
        Template {
            id: "income-band",
            version: "1.0.0",
            category: Category::Income,
            title: "An income within a band",
            description: "The holder earns at least `from_minor`, and at most `width_minor` more. Both ends are included.",
            statement: StatementKind::IncomeInRange,
            example: json!({"from_minor": 300_000, "width_minor": 100_000, "currency": "EUR", "period": "month"}),
            inputs: BandInputs::schema(),
            read: |inputs| {
                BandInputs::draft(inputs, |i| {
                    let unit = IncomeUnit {
                        currency: i.currency,
                        period: i.period,
                    };
                    vec![Part::IncomeInRange {
                        minimum_minor: i.from_minor.0,
                        maximum_minor: i.from_minor.0 + i.width_minor.0,
                        unit,
                    }]
                })
            },
        },
        Template {
            id: "resident-of",
            version: "1.0.0",
            category: Category::Residency,
            title: "A resident of one of your countries",
            description: "The holder lives in one of these countries; the proof does not say in which.",
            statement: StatementKind::ResidentOf,
            example: json!({"countries": ["ES", "FR", "PT"]}),
            inputs: CountriesInputs::schema(),
            read: |inputs| {
                CountriesInputs::draft(inputs, |i| vec![Part::ResidentOf(i.countries.0)])
            },
        },
        Template {
            id: "eu-resident",
            version: "1.0.0",
            category: Category::Residency,
            title: "A resident of the European Union",
            description: "The holder lives in one of the 27 member states; the proof does not say in which.",
            statement: StatementKind::ResidentOf,
            example: json!({}),
            inputs: NoInputs::schema(),
            read: |inputs| NoInputs::draft(inputs, |_| vec![residents_of(EU)]),
        },
        Template {
            id: "eea-resident",
            version: "1.0.0",
            category: Category::Residency,
            title: "A resident of the European Economic Area",
            description: "The holder lives in one of the 27 member states of the Union, in Iceland, Liechtenstein or Norway; the \
                          proof does not say in which.",
            statement: StatementKind::ResidentOf,
            example: json!({}),
            inputs: NoInputs::schema(),
            read: |inputs| {
                NoInputs::draft(inputs, |_| {
                    vec![residents_of(EU.into_iter().chain(EFTA_IN_EEA))]
                })
            },
        },
        Template {
            id: "not-sanctioned",
            version: "1.0.0",
            category: Category::Sanctions,
            title: "Not on a sanctions list",
            description: "The holder is not on the list as it is now, by the identity that the issuer screens by.",
            statement: StatementKind::NotSanctioned,
            example: json!({"list": "sample"}),
            inputs: ListInputs::schema(),
            read: |inputs| ListInputs::draft(inputs, |i| vec![Part::NotSanctioned(i.list.0)]),
        },
        Template {
            id: "not-revoked",
            version: "1.0.0",
            category: Category::Credential,
            title: "A credential that still counts",
            description: "The credential is not among those that its issuer has revoked, by the newest list that it published here.",
            statement: StatementKind::NotRevoked,
            example: json!({}),
            inputs: NoInputs::schema(),
            read: |inputs| NoInputs::draft(inputs, |_| vec![Part::NotRevoked]),
        },
        Template {
            id: "onboarding",
            version: "1.0.0",
            category: Category::Onboarding,
            title: "Of age, and living where you serve",
            description: "The holder has completed 18 years, or as many as you say, and lives in one of these countries: one proof.",
            statement: StatementKind::AllOf,
            example: json!({"countries": ["ES", "FR", "PT"]}),
            inputs: OnboardingInputs::schema(),
            read: |inputs| {
                OnboardingInputs::draft(inputs, |i| {
                    vec![
                        Part::AgeOver(i.min_age.map_or(ADULT, |age| age.years())),
                        Part::ResidentOf(i.countries.0),
                    ]
                })
            },
        },
        Template {
            id: "onboarding-screened",
            version: "1.0.0",
            category: Category::Onboarding,
            title: "Of age, living where you serve, and not sanctioned",
            description: "The holder has completed 18 years, or as many as you say, lives in one of these countries, and is not on \
                          the sanctions list as it is now: one proof.",
            statement: StatementKind::AllOfListed,
            example: json!({"countries": ["ES", "FR", "PT"], "list": "sample"}),
            inputs: ScreenedOnboardingInputs::schema(),
            read: |inputs| {
                ScreenedOnboardingInputs::draft(inputs, |i| {
                    vec![
                        Part::AgeOver(i.min_age.map_or(ADULT, |age| age.years())),
                        Part::ResidentOf(i.countries.0),
                        Part::NotSanctioned(i.list.0),
                    ]
                })
            },
        },
    ]
}
