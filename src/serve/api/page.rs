//! The description as a page: every address with what it takes and answers. Nothing is loaded for it, and nothing in it
//! is a program.

use std::fmt::Write as _;

use serde_json::Value;

/// What the page may load: nothing but its own style.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:0 auto;padding:1rem}\
    code{font-size:.95em;overflow-wrap:anywhere}h2{border-top:1px solid;padding-top:1rem;margin-top:2rem}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .7rem .2rem 0}";

/// The page.
pub(super) fn page(description: &Value) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Quorate: the interface for programs</title>\n<style>{STYLE}</style>\n<main>\n\
         <h1>The interface for programs</h1>\n<p>{}</p>\n<p>For programs: <a href=\"/v1/openapi.json\">OpenAPI 3.1</a>.</p>\n",
        words(description, "/info/description")
    );
    for (path, item) in object(description, "/paths") {
        for (method, operation) in object(item, "") {
            address(&mut page, path, method, operation);
        }
    }
    page.push_str("<h2 id=\"types\">Types</h2>\n");
    for (name, schema) in object(description, "/components/schemas") {
        let _ = write!(
            page,
            "<h3 id=\"{0}\"><code>{0}</code></h3>\n<p>{1}</p>\n",
            escaped(name),
            words(schema, "/description")
        );
        fields(&mut page, schema);
    }
    page.push_str("</main>\n</html>\n");
    page
}

fn address(page: &mut String, path: &str, method: &str, operation: &Value) {
    let id = words(operation, "/operationId");
    let _ = write!(
        page,
        "<h2 id=\"{id}\"><code>{} {}</code></h2>\n<p>{}. {}</p>\n",
        method.to_uppercase(),
        escaped(path),
        words(operation, "/summary"),
        words(operation, "/description")
    );
    let parameters = operation.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rows =
        parameters.iter().map(|it| [code(&words(it, "/name")), words(it, "/in"), words(it, "/description")]);
    table(page, ["parameter", "in", ""], rows);
    let bodies = object(operation, "/requestBody/content").map(|(kind, body)| {
        [
            code(&escaped(kind)),
            kind_of(body.get("schema").unwrap_or(&Value::Null)),
            words(body, "/schema/description"),
        ]
    });
    table(page, ["body", "", ""], bodies);
    let answers = object(operation, "/responses").map(|(status, answer)| {
        let content = object(answer, "/content").map(|(kind, body)| {
            format!("{} {}", code(&escaped(kind)), kind_of(body.get("schema").unwrap_or(&Value::Null)))
        });
        [code(&escaped(status)), content.collect::<Vec<_>>().join("<br>"), words(answer, "/description")]
    });
    table(page, ["status", "body", ""], answers);
}

/// The fields of a schema, those of its parts included.
fn fields(page: &mut String, schema: &Value) {
    let parts = ["allOf", "oneOf"].into_iter().filter_map(|name| schema.get(name)?.as_array()).flatten();
    let rows: Vec<[String; 3]> = object(schema, "/properties")
        .map(|(name, field)| {
            // Of what may be null, the other form says it.
            let says = if field.get("oneOf").is_some() { "/oneOf/0/description" } else { "/description" };
            [code(&escaped(name)), kind_of(field), words(field, says)]
        })
        .collect();
    table(page, ["field", "", ""], rows.into_iter());
    for part in parts {
        if part.get("$ref").is_some() {
            let _ = writeln!(page, "<p>{}</p>", kind_of(part));
        }
        fields(page, part);
    }
}

fn table<const N: usize>(page: &mut String, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str("<table>\n<tr>");
    for name in head {
        let _ = write!(page, "<th scope=\"col\">{name}");
    }
    for row in rows {
        page.push_str("\n<tr>");
        for cell in row {
            let _ = write!(page, "<td>{cell}");
        }
    }
    page.push_str("\n</table>\n");
}

/// A schema in a word or two, with a link to what it refers to.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    }
    for (name, word) in [("oneOf", " or "), ("allOf", ", ")] {
        if let Some(parts) = schema.get(name).and_then(Value::as_array) {
            let parts: Vec<String> = parts.iter().map(kind_of).filter(|part| !part.is_empty()).collect();
            return parts.join(word);
        }
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", kind_of(items));
    }
    match schema.get("type") {
        Some(Value::String(kind)) => escaped(kind),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).map(escaped).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}

fn object<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn words(value: &Value, pointer: &str) -> String {
    escaped(value.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}

fn code(text: &str) -> String {
    format!("<code>{text}</code>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
