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

    /// What to do instead, as a sentence of its own: with a capital, without a full stop.
    pub fn remedy(&self) -> String {
        let mut letters = self.instead.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// `a`, `a or b`, `a, b or c`: the alternatives that a refusal offers; `nothing` where there is none.
pub fn alternatives<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    joined(names, "or")
}

/// `a`, `a and b`, `a, b and c`: all of several; `nothing` where there is none.
pub fn all_of<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    joined(names, "and")
}

fn joined<T: ToString>(names: impl IntoIterator<Item = T>, word: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.to_string())).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}
