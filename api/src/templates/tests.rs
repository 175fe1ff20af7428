//! What the schemas say and what is read are one: of the examples, and of whatever can be made of them.

use std::collections::BTreeSet;

use boon::{Compiler, Draft as SchemaDraft, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::{Map, json};
use zapiki_core::credential::JSON_INTEGER_MAX;

use super::*;
use crate::parts;

/// A template's schema, compiled.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    /// Fails if it is no schema of JSON Schema 2020-12.
    fn new(template: &Template) -> Self {
        let place = "urn:template";
        let mut compiler = Compiler::new();
        compiler.set_default_draft(SchemaDraft::V2020_12);
        let schema = template.inputs.clone();
        compiler.add_resource(place, schema).unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile(place, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn is_valid(&self, inputs: &Value) -> bool {
        self.schemas.validate(inputs, self.index).is_ok()
    }
}

/// Whether the service takes such inputs.
fn is_taken(template: &Template, inputs: &Value) -> bool {
    let object = serde_json::from_value::<BTreeMap<String, Value>>(inputs.clone());
    object.is_ok_and(|inputs| template.draft(inputs).is_ok())
}

#[test]
fn schemas_are_schemas_and_examples_are_of_them() {
    for template in all() {
        let id = template.id;
        assert!(Validator::new(template).is_valid(&template.example), "{id}");
        assert!(is_taken(template, &template.example), "{id}");
        for property in template.inputs["properties"].as_object().unwrap().values() {
            assert!(property["description"].is_string(), "{id}: {property}");
        }
    }
}

#[test]
fn names_are_names_and_no_two_are_the_same() {
    let mut ids = BTreeSet::new();
    for template in all() {
        assert!(ids.insert(template.id), "{} twice", template.id);
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(template.id.bytes().all(is_name), "{}", template.id);
        assert!(
            template
                .version
                .parse::<zapiki_core::circuit::CircuitVersion>()
                .is_ok()
        );
        assert_eq!(find(template.id).map(|found| found.id), Some(template.id));
    }
    assert!(find("categories").is_none(), "it has a route of its own");
    let categories: Vec<_> = all()
        .iter()
        .map(|template| template.category as usize)
        .collect();
    assert!(categories.is_sorted(), "by category");
    for category in Category::ALL {
        assert!(
            all().iter().any(|template| template.category == category),
            "{category:?}"
        );
    }
}

/// Every statement has a template, and every template says which statement it is.
#[test]
fn every_statement_has_a_template() {
    let mut kinds = BTreeSet::new();
    for template in all() {
        let draft = (template.read)(template.example.clone()).unwrap();
        assert_eq!(
            parts::kind(&draft.parts),
            template.statement,
            "{}",
            template.id
        );
        kinds.insert(template.statement);
    }
    assert_eq!(kinds.len(), StatementKind::ALL.len());
}

#[test]
fn templates_ask_for_what_their_names_say() {
    let drafted = |id: &str, inputs: Value| {
        let template = find(id).unwrap();
        (template.read)(inputs).unwrap()
    };
    let parts = |id: &str, inputs: Value| drafted(id, inputs).parts;
    assert_eq!(parts("age-over-18", json!({})), [Part::AgeOver(18)]);
    assert_eq!(parts("age-over-21", json!({})), [Part::AgeOver(21)]);
    assert_eq!(
        parts("age-over", json!({"min_age": 67.0})),
        [Part::AgeOver(67)]
    );
    let [Part::ResidentOf(union)] = &parts("eu-resident", json!({}))[..] else {
        panic!("a residence");
    };
    assert_eq!(union.len(), 27);
    let [Part::ResidentOf(area)] = &parts("eea-resident", json!({}))[..] else {
        panic!("a residence");
    };
    assert_eq!(area.len(), 30);
    let most = JSON_INTEGER_MAX / 3;
    let rent = json!({"rent_minor": most, "currency": "EUR"});
    let [Part::IncomeAtLeast { minimum_minor, .. }] = parts("rent-affordable", rent)[..] else {
        panic!("an income");
    };
    assert_eq!(minimum_minor, most * 3);
    let band = json!({"from_minor": 5, "width_minor": 0, "currency": "EUR", "period": "year"});
    assert!(matches!(
        parts("income-band", band)[..],
        [Part::IncomeInRange {
            minimum_minor: 5,
            maximum_minor: 5,
            ..
        }]
    ));
    let older = json!({"countries": ["PT"], "min_age": 21, "as_of": "2026-11-24"});
    let older = drafted("onboarding", older);
    assert_eq!(older.parts[0], Part::AgeOver(21));
    assert_eq!(older.as_of, Some("2026-11-24".parse().unwrap()));
}

/// A value that somebody might put where another belongs.
fn any_value() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        (0u64..400).prop_map(|number| json!(number as f64 / 2.0)),
        (0u64..200).prop_map(|number| json!(number)),
        (JSON_INTEGER_MAX / 3 - 1..JSON_INTEGER_MAX / 3 + 2).prop_map(|number| json!(number)),
        (JSON_INTEGER_MAX / 2 - 1..JSON_INTEGER_MAX / 2 + 2).prop_map(|number| json!(number)),
        (JSON_INTEGER_MAX - 1..JSON_INTEGER_MAX + 2).prop_map(|number| json!(number)),
    ];
    let texts = prop_oneof![
        "[A-Z]{2,3}".prop_map(|text| json!(text)),
        "[A-Za-z\n]{0,4}".prop_map(|text| json!(text)),
        "(month|year|week|PT|XK|EUR)".prop_map(|text| json!(text)),
        "(revocations-)?[a-z0-9_-]{0,65}".prop_map(|text| json!(text)),
        "(20|21|19|30)[0-9]{2}-[01][0-9]-[0-3][0-9]\n?".prop_map(|text| json!(text)),
        ".{0,8}".prop_map(|text| json!(text)),
    ];
    let countries = prop::collection::vec("(PT|ES|FR|XK|pt|P)", 0..4);
    prop_oneof![
        numbers,
        texts,
        countries.prop_map(|countries| json!(countries)),
        Just(Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, "PT"])),
    ]
}

/// What becomes of an example: a field is set, taken away, or called something else.
fn mutated(
    example: &Map<String, Value>,
    names: &[String],
    changes: &[(usize, u8, Value)],
) -> Value {
    let mut inputs = example.clone();
    for (place, what, value) in changes {
        let name = &names[place % names.len()];
        match what % 8 {
            0 => {
                inputs.remove(name);
            }
            1 => {
                inputs.insert(format!("{name}s"), value.clone());
            }
            _ => {
                inputs.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(inputs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// What the schema takes is what the service takes, whatever template and whatever was changed.
    #[test]
    fn the_schema_and_the_parser_agree(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<usize>(), any::<u8>(), any_value()), 0..3),
        instead in prop::option::weighted(0.02, any_value()),
    ) {
        static VALIDATORS: LazyLock<Vec<Validator>> =
            LazyLock::new(|| all().iter().map(Validator::new).collect());
        let index = which.index(all().len());
        let template = &all()[index];
        let properties = template.inputs["properties"].as_object().unwrap();
        let names: Vec<String> = properties.keys().cloned().collect();
        let example = template.example.as_object().unwrap();
        let inputs = instead.unwrap_or_else(|| mutated(example, &names, &changes));
        prop_assert_eq!(
            VALIDATORS[index].is_valid(&inputs),
            is_taken(template, &inputs),
            "{}: {}", template.id, inputs
        );
    }
}
