//! The description of the server's interface: as it is kept in `docs/openapi.json`, whole, and told on the page as well.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

const KEPT: &str = "docs/openapi.json";

fn description() -> Value {
    serde_json::from_str(&quorate::serve::description()).unwrap()
}

#[test]
fn the_description_is_the_one_that_is_kept() {
    let made = quorate::serve::description();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(KEPT, &made).unwrap();
    }
    let kept = fs::read_to_string(KEPT).unwrap_or_default();
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert!(kept == made, "{differs:?}; if that is meant: UPDATE=1 cargo test --test openapi");
}

/// Every value below this one.
fn walk<'a>(value: &'a Value, each: &mut impl FnMut(&'a Value)) {
    each(value);
    match value {
        Value::Array(list) => list.iter().for_each(|value| walk(value, each)),
        Value::Object(fields) => fields.values().for_each(|value| walk(value, each)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_type_is_referred_to_or_told() {
    let description = description();
    let mut referred = BTreeSet::new();
    walk(&description, &mut |value| {
        if let Some(place) = value.get("$ref").and_then(Value::as_str) {
            assert!(description.pointer(place.strip_prefix('#').unwrap()).is_some(), "{place}");
            referred.insert(place.rsplit('/').next().unwrap().to_owned());
        }
    });
    assert!(referred.len() > 20, "{referred:?}");
    let text = description.to_string();
    for name in description["components"]["schemas"].as_object().unwrap().keys() {
        assert!(referred.contains(name) || text.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_field_parameter_and_answer_says_what_it_is() {
    let description = description();
    let mut fields = 0;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        walk(schema, &mut |value| {
            for (field, its) in value.get("properties").and_then(Value::as_object).into_iter().flatten() {
                // Of what may be null, the other form says it.
                let says = its.get("description").or(its.pointer("/oneOf/0/description"));
                let described = says.and_then(Value::as_str).is_some_and(|says| !says.is_empty());
                assert!(described, "{name}.{field}");
                fields += 1;
            }
        });
    }
    assert!(fields > 100, "{fields}");
    for (path, item) in description["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names: BTreeSet<&str> =
                parameters.filter(|it| it["in"] == "path").map(|it| it["name"].as_str().unwrap()).collect();
            let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            assert_eq!(names, parts.collect(), "{path}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                assert!(!answer["description"].as_str().unwrap().is_empty(), "{path} {status}");
                assert_eq!(answer["headers"]["x-request-id"]["required"], true, "{path} {status}");
            }
        }
    }
}

#[test]
fn every_problem_is_told_in_the_docs() {
    let page = fs::read_to_string("docs/service.md").unwrap();
    let mut kinds = BTreeSet::new();
    walk(&description(), &mut |value| {
        for kind in value.get("enum").and_then(Value::as_array).into_iter().flatten() {
            kinds.extend(
                kind.as_str().and_then(|kind| kind.strip_prefix("urn:quorate:problem:")).map(str::to_owned),
            );
        }
    });
    assert!(kinds.len() > 10, "{kinds:?}");
    for kind in kinds {
        assert!(page.contains(&format!("| `{kind}` |")), "docs/service.md does not tell `{kind}`");
    }
}
