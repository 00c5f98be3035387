//! What people write: workflows and scenarios.

use quorate::engine::paper::Paper;
use quorate::scenario::Scenario;
use quorate::workflow::{Diagnostics, Workflow};

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Whatever is wrong is told, every caret within the text.
fn told(found: &Diagnostics, text: &str) {
    assert!(found.errors() > 0);
    for finding in found {
        assert!(finding.start <= finding.end && text.get(finding.start..finding.end).is_some(), "{finding}");
    }
    assert!(!found.render("fuzz.toml", text, false).is_empty());
}

pub fn workflow(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Workflow::parse(text) {
        Ok(workflow) => assert_eq!(Workflow::parse(text).as_ref(), Ok(&workflow), "read twice, the same"),
        Err(found) => told(&found, text),
    }
}

pub fn scenario(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Scenario::parse(text) {
        Ok(scenario) => assert_eq!(scenario.text(), text),
        Err(found) => told(&found, text),
    }
}

/// A ballot paper: what every voter signs the digest of.
pub fn paper(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(paper) = Paper::parse(text) {
        assert_eq!(paper.to_text(), text);
    }
}
