//! The interface for programs as a page: every address with what it takes and answers, from its description (`OpenAPI` 3.1).

use maud::{Markup, html};
use serde_json::Value;

use super::layout;
use super::parts::{coded, table};

/// The page of a description.
pub fn programs(description: &Value) -> String {
    let top = html! {
        h1 { "The interface for programs" }
        p { (coded(words(description, "/info/description"))) }
        p { "For programs themselves: " a href="/v1/openapi.json" { "OpenAPI 3.1" } "." }
    };
    let body = html! {
        @for (path, item) in object(description, "/paths") {
            @for (method, operation) in object(item, "") { (address(path, method, operation)) }
        }
        h2 #types { "Types" }
        @for (name, schema) in object(description, "/components/schemas") {
            h3 id=(name) { code { (name) } }
            p { (coded(words(schema, "/description"))) }
            (fields(name, schema))
        }
    };
    layout::page("The interface for programs", None, &top, &body)
}

fn address(path: &str, method: &str, operation: &Value) -> Markup {
    let parameters = operation.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let parameters: Vec<_> = parameters
        .iter()
        .map(|it| {
            vec![
                html! { code { (words(it, "/name")) } },
                html! { (words(it, "/in")) },
                coded(words(it, "/description")),
            ]
        })
        .collect();
    let bodies: Vec<_> = object(operation, "/requestBody/content")
        .map(|(kind, body)| {
            let schema = body.get("schema").unwrap_or(&Value::Null);
            vec![html! { code { (kind) } }, kind_of(schema), coded(words(schema, "/description"))]
        })
        .collect();
    let answers: Vec<_> = object(operation, "/responses")
        .map(|(status, answer)| {
            let content = html! {
                @for (place, (kind, body)) in object(answer, "/content").enumerate() {
                    @if place > 0 { ", " }
                    code { (kind) } " " (kind_of(body.get("schema").unwrap_or(&Value::Null)))
                }
            };
            vec![html! { code { (status) } }, content, coded(words(answer, "/description"))]
        })
        .collect();
    html! {
        h2 id=(words(operation, "/operationId")) { code { (method.to_uppercase()) " " (path) } }
        p { (words(operation, "/summary")) ". " (coded(words(operation, "/description"))) }
        @for (caption, first, second, rows) in
            [("Parameters", "Parameter", "In", parameters), ("Bodies", "Body", "Type", bodies), ("Answers", "Status", "Body", answers)] {
            @if !rows.is_empty() { (table(caption, &[first, second, "What it is"], &rows)) }
        }
    }
}

/// The fields of a schema, those of its parts included.
fn fields(name: &str, schema: &Value) -> Markup {
    let parts: Vec<&Value> =
        ["allOf", "oneOf"].into_iter().filter_map(|name| schema.get(name)?.as_array()).flatten().collect();
    let rows: Vec<_> = object(schema, "/properties")
        .map(|(name, field)| {
            // Of what may be null, the other form says it.
            let says = if field.get("oneOf").is_some() { "/oneOf/0/description" } else { "/description" };
            vec![html! { code { (name) } }, kind_of(field), coded(words(field, says))]
        })
        .collect();
    html! {
        @if !rows.is_empty() { (table(&format!("Fields of {name}"), &["Field", "Type", "What it is"], &rows)) }
        @for part in parts {
            @if part.get("$ref").is_some() { p { (kind_of(part)) } }
            (fields(name, part))
        }
    }
}

/// A schema in a word or two, with a link to what it refers to.
fn kind_of(schema: &Value) -> Markup {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next()) {
        return html! { a href=(format!("#{name}")) { (name) } };
    }
    for (name, word) in [("oneOf", " or "), ("allOf", ", ")] {
        if let Some(parts) = schema.get(name).and_then(Value::as_array) {
            let parts = parts.iter().map(kind_of).filter(|part| !part.0.is_empty());
            return html! { @for (place, part) in parts.enumerate() { @if place > 0 { (word) } (part) } };
        }
    }
    if let Some(items) = schema.get("items") {
        return html! { "list of " (kind_of(items)) };
    }
    match schema.get("type") {
        Some(Value::String(kind)) => html! { (kind) },
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            html! { (kinds.join(" or ")) }
        }
        _ => html! {},
    }
}

fn object<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn words<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
