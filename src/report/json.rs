//! The report as JSON: `docs/formats.md` says what is in it.

use super::Report;

pub(super) fn write(report: &Report) -> String {
    // Nothing in a report can fail to be written: no map has keys that are no strings.
    serde_json::to_string_pretty(report).map_or_else(|_| String::new(), |text| format!("{text}\n"))
}
