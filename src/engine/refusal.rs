//! Why a statement is not admitted.

/// A refusal: which rule, why here, and what would have been acceptable. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}; {instead} [{rule}]")]
pub struct Refusal {
    /// The rule's stable name, such as `ballot-closed`; listed in `docs/refusals.md`.
    pub rule: &'static str,
    /// What is wrong with this statement, with the names and instants that matter.
    pub why: String,
    /// What would have been accepted, or what to do next.
    pub instead: String,
}

impl Refusal {
    /// A refusal by `rule`.
    pub fn new(rule: &'static str, why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { rule, why: why.into(), instead: instead.into() }
    }
}

/// `a`, `a or b`, `a, b or c`: the alternatives that a refusal offers.
pub fn alternatives<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.to_string())).collect();
    match names.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
