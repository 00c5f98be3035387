//! `answer` of a ballot.

use super::{Item, Reader};
use crate::workflow::model::{Answer, AnswerKind, Decides};

/// `{ is = "number", unit = "EUR", decides = "median" }`.
pub(super) fn answer(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Answer> {
    let mut fields = item.table(r)?;
    let is = fields.need(r, "is", "Say what can be answered: is = \"number\", \"date\" or \"text\"");
    let kinds = [AnswerKind::Number, AnswerKind::Date, AnswerKind::Text].map(|kind| (kind.word(), kind));
    let is = is.and_then(|item| item.word(r, &kinds));
    let unit = fields.get("unit").map_or(Some(None), |item| item.text(r).map(Some));
    let decides =
        fields.need(r, "decides", "Say which answer is the ballot's: decides = \"median\" or \"leading\"");
    let decides = decides.and_then(|item| {
        let decides = item.word(r, &[Decides::Median, Decides::Leading].map(|it| (it.word(), it)))?;
        if decides == Decides::Median && is == Some(AnswerKind::Text) {
            let help = "Write decides = \"leading\": the text that has most votes";
            return r.refuse(&item.span(), "no text stands in the middle of others", help);
        }
        Some(decides)
    });
    fields.close(r);
    Some(Answer { is: is?, unit: unit?, decides: decides? })
}
