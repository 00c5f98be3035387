use super::{Page, Tone, time};
use crate::engine::State;
use crate::engine::outlook::Ahead;
use crate::values::Instant;

/// What comes by itself if nobody acts, in a table.
pub fn ahead(page: &mut Page, title: &str, state: &State, at: Instant) {
    page.title(title);
    let Ahead { coming, more } = state.if_nobody_acts();
    let listed = coming.len();
    if coming.is_empty() {
        page.line(Tone::Plain, "Nothing happens in any case by itself.");
    }
    let rows = coming.into_iter().map(|it| {
        // The distance has a column of its own, as no date breaks then.
        [time::plain(it.at), time::distance(it.at, at), it.case.to_string(), it.what]
            .map(|text| (text, Tone::Plain))
            .to_vec()
    });
    page.table(&["when", "", "case", "what"], rows.collect());
    if more {
        page.line(Tone::Faint, &format!("And more after that: these are the first {listed}."));
    }
}
