//! What happened in a case, in order, each with the entry behind it.

use maud::{Markup, html};

use super::About;
use super::parts::{linked, to_case, to_entry, when};
use crate::engine::case::Case;
use crate::values::Instant;
use crate::view::{by_cause, status::ballot_word};

/// Something that happened.
struct Happened {
    at: Instant,
    entry: Option<u64>,
    what: String,
    /// Whether the case moved by it.
    moves: bool,
}

impl Happened {
    fn new(at: Instant, entry: Option<u64>, what: String) -> Self {
        Self { at, entry, what, moves: false }
    }
}

pub(super) fn timeline(about: &About<'_>, case: &Case) -> Markup {
    html! {
        ol.timeline {
            @for it in happened(about, case) {
                li.moves[it.moves] {
                    (when(it.at)) " "
                    span { (linked(about, &it.what)) }
                    @if let Some(entry) = it.entry { " " span.by { (to_entry(about, entry)) } }
                    @else { " " span.by { "by itself" } }
                }
            }
        }
        @let others = case.stops.iter().any(|stop| stop.until.is_none());
        @if others { p { "It stands still while " (suspending(about, case)) " run." } }
    }
}

fn suspending(about: &About<'_>, case: &Case) -> Markup {
    html! {
        @for (place, (other, _)) in about.state.suspending(&case.id.procedure).enumerate() {
            @if place > 0 { " and " }
            (to_case(about, other))
        }
    }
}

fn happened(about: &About<'_>, case: &Case) -> Vec<Happened> {
    let mut all: Vec<Happened> = Vec::new();
    seats(about, case, &mut all);
    for filed in &*case.filed {
        let words = format!("{} files {}", filed.by, filed.name);
        all.push(Happened::new(filed.done.at, Some(filed.done.entry), words));
        if let Some(struck) = filed.struck {
            all.push(Happened::new(struck.at, Some(struck.entry), format!("{} is struck", filed.name)));
        }
    }
    for (seat, recusal) in &case.recused {
        let words = format!("{seat} stays out: {}", recusal.reason);
        all.push(Happened::new(recusal.done.at, Some(recusal.done.entry), words));
    }
    for (seat, obligation) in &case.obliged {
        let words = format!("{seat} is {}", obligation.words());
        all.push(Happened::new(obligation.done.at, Some(obligation.done.entry), words));
    }
    for duty in &*case.duties {
        if let Some(done) = duty.done {
            all.push(Happened::new(
                done.at,
                Some(done.entry),
                format!("{} does {}", duty.by.words(), duty.act),
            ));
        }
    }
    for stop in &case.stops {
        all.push(Happened::new(stop.from, None, "the case stands still".to_owned()));
        if let Some(until) = stop.until {
            all.push(Happened::new(until, None, "the case goes on".to_owned()));
        }
    }
    ballots(case, &mut all);
    for step in &*case.path {
        let words = format!("now in the state {}, {}", step.to, by_cause(&step.why.words));
        all.push(Happened { moves: true, ..Happened::new(step.at, step.why.entry, words) });
    }
    for occurrence in about.state.events.iter().filter(|occurrence| occurrence.case == case.id) {
        let meaning = case.workflow.events.iter().find(|event| event.name == occurrence.event);
        let meaning = meaning.map_or_else(String::new, |event| format!(": {}", event.meaning));
        all.push(Happened::new(
            occurrence.at,
            occurrence.why.entry,
            format!("event `{}`{meaning}", occurrence.event),
        ));
        if let Some(annulled) = &occurrence.annulled {
            let words = format!("event `{}` is annulled by `{}`", occurrence.event, annulled.by);
            all.push(Happened::new(annulled.at, annulled.why.entry, words));
        }
    }
    for run in &case.ballots {
        // It opens with the step that leads to its state.
        let led = case.path.iter().rev().find(|step| step.at == run.opened);
        let entry = led.and_then(|step| step.why.entry);
        all.push(Happened::new(run.opened, entry, format!("the ballot {} opens", run.id)));
    }
    // What time alone brings comes before the acts of its instant, and of what an entry brought the cause comes first.
    all.sort_by_key(|it| (it.at, it.entry));
    all
}

/// Who was named for the case's own seats, and took them.
fn seats(about: &About<'_>, case: &Case, all: &mut Vec<Happened>) {
    let Some((_, seats)) = about.state.panel_of(case).filter(|_| case.seats.is_some()) else { return };
    for (seat, place) in &*seats.seats {
        let Some(nominee) = &place.nominee else { continue };
        let person = &nominee.person;
        let named = format!("{} names {person} for {seat}", nominee.by);
        all.push(Happened::new(nominee.nominated.at, Some(nominee.nominated.entry), named));
        if let Some(accepted) = nominee.accepted {
            all.push(Happened::new(accepted.at, Some(accepted.entry), format!("{person} accepts {seat}")));
        }
        for (done, _) in &nominee.disclosures {
            if nominee.accepted.is_none_or(|accepted| accepted.entry != done.entry) {
                all.push(Happened::new(done.at, Some(done.entry), format!("{person} discloses as {seat}")));
            }
        }
    }
}

fn ballots(case: &Case, all: &mut Vec<Happened>) {
    for run in &case.ballots {
        if let Some(revealing) = run.revealing() {
            let words = format!("the votes on {} can be revealed", run.id);
            all.push(Happened::new(revealing.since, revealing.entry, words));
        }
        if let Some(end) = &run.closed {
            let words = format!("the ballot {} is {}", run.id, ballot_word(run));
            all.push(Happened::new(end.at, end.entry, words));
        }
    }
}
