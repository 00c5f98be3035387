//! Parties and roles, and who may do something.

use super::names::Kind;
use super::{Fields, Item, Reader};
use crate::values::Id;
use crate::workflow::model::{Actor, Actors, Office};

/// `openai = { signatures = "2 of 3", title = "…" }`.
pub(super) fn office(r: &mut Reader<'_>, name: Id, item: &Item<'_>) -> Option<Office> {
    let mut fields = item.table(r)?;
    let signatures = fields
        .need(r, "signatures", "Say how many of its officers must sign: signatures = \"2 of 3\"")
        .and_then(|item| signatures(r, &item));
    let title = fields.get("title").and_then(|item| item.text(r));
    r.reading(&mut fields);
    fields.close(r);
    let (needed, of) = signatures?;
    Some(Office { name, title, needed, of })
}

/// More officers than any board has; every signature must fit in one entry.
const MOST_OFFICERS: u32 = 32;

fn signatures(r: &mut Reader<'_>, item: &Item<'_>) -> Option<(u32, u32)> {
    let raw = item.raw(r)?;
    let number =
        |word: &str| word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse::<u32>().ok()).flatten();
    let parts = raw.split_once(" of ").and_then(|(k, n)| Some((number(k)?, number(n)?)));
    let Some((needed, of)) = parts else {
        return item.wrong(r, "how many of how many", "Write \"2 of 3\": two of three officers must sign");
    };
    let help = match (needed, of) {
        (_, 0) | (0, _) => "At least one officer must sign: \"1 of 1\"".to_owned(),
        _ if needed > of => format!("Nobody could ever sign: write \"{of} of {of}\" or name more officers"),
        _ if of > MOST_OFFICERS => {
            format!("At most {MOST_OFFICERS} officers: all their signatures go into one entry")
        }
        _ => return Some((needed, of)),
    };
    r.refuse(&item.span(), format!("`{raw}` signatures cannot be given"), help)
}

/// Who can be meant: the seats of the procedure's panel, and perhaps whoever a case is about.
#[derive(Clone, Copy)]
pub(super) struct Meant<'p> {
    /// The procedure's panel.
    pub panel: Option<&'p Id>,
    /// Whether there is somebody whom the case is about.
    pub subject: bool,
}

/// `by` (any one of these) or `by-all` (these jointly).
pub(super) fn by(r: &mut Reader<'_>, fields: &mut Fields<'_>, meant: Meant<'_>) -> Option<Actors> {
    match (fields.get("by"), fields.get("by-all")) {
        (Some(item), None) => {
            let all = r.each_once(&item, |r, member| actor(r, member, meant));
            (!all.is_empty()).then_some(Actors::AnyOf(all))
        }
        (None, Some(item)) => {
            let all = jointly(r, &item, |r, member| acting_jointly(r, member, meant));
            (!all.is_empty()).then_some(Actors::AllOf(all))
        }
        (Some(_), Some(item)) => {
            let help = "`by` is any one of those named, `by-all` all of them together: keep one of the two";
            both(r, fields, &item, help)
        }
        (None, None) => {
            let help = "Say who: by = \"…\" (any one of several), or by-all = [\"…\", \"…\"] (jointly)";
            r.refuse(&fields.span, format!("`{}` does not say who may act", fields.place), help)
        }
    }
}

/// Refuses `by` beside `by-all`.
pub(super) fn both<T>(r: &mut Reader<'_>, fields: &Fields<'_>, all: &Item<'_>, help: &str) -> Option<T> {
    r.refuse(&all.key, format!("`{}` has both `by` and `by-all`", fields.place), help)
}

/// Those whom `by-all` names, each once, at least two.
pub(super) fn jointly<T: PartialEq>(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    read: impl FnMut(&mut Reader<'_>, &Item<'_>) -> Option<T>,
) -> Vec<T> {
    let all = r.each_once(item, read);
    if all.len() == 1 && item.one_or_many().len() == 1 {
        r.error(&item.span(), "`by-all` names one actor only", "Write `by`, or name the others");
    }
    all
}

fn acting_jointly(r: &mut Reader<'_>, item: &Item<'_>, meant: Meant<'_>) -> Option<Actor> {
    let actor = actor(r, item, meant)?;
    if actor != Actor::Panelist {
        return Some(actor);
    }
    let help = "A panel's name stands for any one panelist: list the seats, or let the panel vote";
    r.refuse(&item.span(), "a panel cannot act jointly with others", help)
}

const HELP: &str = "Name the panel in the procedure: panel = \"…\"";

fn actor(r: &mut Reader<'_>, item: &Item<'_>, meant: Meant<'_>) -> Option<Actor> {
    let Meant { panel, subject } = meant;
    let name = item.id(r)?;
    let refuse = |r: &mut Reader<'_>, message: String, help: &str| r.refuse(&item.span(), message, help);
    if name == "chair" {
        return match panel {
            None => refuse(r, "the procedure has no panel, and so no chair".to_owned(), HELP),
            Some(panel) if !r.names.has_chair(panel) => refuse(
                r,
                format!("the panel `{panel}` has no chair"),
                "Name the seat: chair = \"…\" in the panel. It chairs until a ballot has chosen somebody, and once they have left",
            ),
            Some(_) => Some(Actor::Chair),
        };
    }
    if name == "anyone" {
        let help = "This version cannot run it: name the parties and roles";
        return refuse(r, "`anyone` is kept for a later part of the language".to_owned(), help);
    }
    match r.names.kind(name.as_str()).cloned() {
        Some(Kind::Party | Kind::Role) => Some(Actor::Office(name)),
        Some(Kind::Panel) if panel == Some(&name) => Some(Actor::Panelist),
        Some(Kind::Seat { panel: of }) if panel == Some(&of) => Some(Actor::Seat(name)),
        Some(Kind::Panel) => refuse(r, format!("`{name}` is not the panel of this procedure"), HELP),
        Some(Kind::Seat { panel: of }) => {
            refuse(r, format!("`{name}` is a seat of `{of}`, which is not the panel of this procedure"), HELP)
        }
        // An actor of that name is meant where there is one.
        None if name == "subject" && subject => Some(Actor::Subject),
        None if name == "subject" => {
            let help =
                "A case is about a seat where its procedure says so (about = \"PANEL\"), once it is open";
            refuse(r, "there is nobody yet whom the case is about, or it is about nobody".to_owned(), help)
        }
        None => {
            let known = r.names.actors();
            r.unknown(item, "party, role, panel or seat", name.as_str(), &known);
            None
        }
    }
}
