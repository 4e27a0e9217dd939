//! The OpenAPI document: as checked in, and as the list of routes says.

use ringback_api::routes::INVENTORY;
use serde_json::Value;
use std::path::PathBuf;

fn document() -> Value {
    serde_json::to_value(ringback_api::openapi()).expect("plain data")
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn the_document_is_the_one_that_is_checked_in() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../openapi/v1.json");
    let generated = ringback_api::openapi()
        .to_pretty_json()
        .expect("plain data")
        + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, &generated).expect("writable");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == generated,
        "openapi/v1.json is not what the code says: look at the difference that \
         `UPDATE_GOLDEN=1 cargo test -p ringback-api` makes, and commit it if it is meant"
    );
}

#[test]
fn the_inventory_lists_every_operation_and_no_other() {
    let mut found: Vec<_> = operations(&document())
        .into_iter()
        .map(|(method, path, operation)| {
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            (path, method, id)
        })
        .collect();
    found.sort();
    let mut listed: Vec<_> = INVENTORY
        .iter()
        .map(|(method, path, id)| (path.to_string(), method.to_string(), id.to_string()))
        .collect();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn every_operation_tells_what_may_go_wrong_as_a_problem() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        if path.starts_with("/health/") {
            continue;
        }
        for status in [
            "400", "401", "403", "404", "409", "422", "429", "500", "503",
        ] {
            let response = &operation["responses"][status]["$ref"];
            let pointer = response.as_str().and_then(|it| it.strip_prefix('#'));
            let response = pointer.and_then(|pointer| document.pointer(pointer));
            let response = response.unwrap_or_else(|| panic!("{method} {path} has no {status}"));
            let schema = &response["content"]["application/problem+json"]["schema"];
            assert_eq!(schema["$ref"], "#/components/schemas/Problem");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    let leads = |reference: &String| {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        document.pointer(pointer).is_some()
    };
    references.retain(|reference| !leads(reference));
    assert_eq!(references, [""; 0], "these lead nowhere");
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                references.push(reference.to_owned());
            }
            fields.values().for_each(|it| collect(it, references));
        }
        Value::Array(items) => items.iter().for_each(|it| collect(it, references)),
        _ => {}
    }
}

#[test]
fn operations_and_parameters_are_described() {
    for (method, path, operation) in operations(&document()) {
        let at = format!("{method} {path}");
        assert!(
            operation["summary"].is_string() || operation["description"].is_string(),
            "{at}"
        );
        assert!(operation["tags"].is_array(), "{at}");
        let body = &operation["requestBody"];
        assert!(
            body.is_null() || body["content"]["application/json"].is_object(),
            "{at}"
        );
    }
}
