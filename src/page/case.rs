//! A case: where it stands, who is to act, what comes by itself; its ballots, panel, way and picture.

use maud::{Markup, html};

use super::layout::{self, Here, live};
use super::parts::{
    case_address, diagram, document, facts, linked, table, to_case, to_entry, when, when_from,
};
use super::{About, ballot, panel, timeline};
use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, Obligation};
use crate::engine::outlook::{Ahead, Coming, Kind, Task};
use crate::statement::CaseRef;
use crate::view::status::{gathered, kind_word, suspended_words};
use crate::view::{by_cause, by_entry, time};
use crate::workflow::model::Trigger;

/// What lies ahead in all cases of an agreement.
pub(super) struct Outlook {
    tasks: Vec<Task>,
    ahead: Ahead,
}

impl Outlook {
    pub(super) fn of(about: &About<'_>) -> Self {
        Self { tasks: about.state.tasks(about.at), ahead: about.state.if_nobody_acts() }
    }

    /// What comes in one case, as far as what comes in all of them is listed.
    fn of_case(&self, case: &Case) -> Ahead {
        let coming = self.ahead.coming.iter().filter(|it| it.case == case.id).cloned().collect();
        Ahead { coming, more: self.ahead.more }
    }

    /// The same; where that is nothing since other cases come before it, what comes next in this one.
    fn with_next_of(&self, about: &About<'_>, case: &Case) -> Ahead {
        let listed = self.of_case(case);
        if !listed.more || !listed.coming.is_empty() {
            return listed;
        }
        let next = about.state.next_in(&case.id);
        Ahead { more: next.is_some(), coming: next.into_iter().collect() }
    }
}

/// The page of a case; `None` where there is none of this name.
pub fn case(about: &About<'_>, id: &CaseRef) -> Option<String> {
    let case = about.state.case(id)?;
    let outlook = Outlook::of(about);
    let title = case.procedure().and_then(|procedure| procedure.title.clone());
    let body = html! {
        (live("standing", "Where it stands", &html! {
            @if let Some(title) = title { p.lead { (title) } }
            (standing(about, case))
            p { a href=(format!("{}/report", case_address(about, id))) { "The report on this case" } ", to be read, printed and signed." }
            (to_act(about, &outlook, case, 3))
            (ahead(about, outlook.with_next_of(about, case), 3))
        }))
        @if !case.ballots.is_empty() { (live("ballots", "Ballots", &html! {
            @for run in case.ballots.iter().rev() { (ballot::whole(about, case, run)) }
        })) }
        @if about.state.panel_of(case).is_some() { (live("panel", "The panel", &panel::panel(about, case))) }
        (live("timeline", "What happened", &timeline::timeline(about, case)))
        @if !case.filed.is_empty() { (live("filed", "Filed in the case", &filed(about, case))) }
        (live("way", "The way that it can take", &picture(case)))
    };
    Some(layout::of(about, Here::Cases, &id.to_string(), &body))
}

/// A case on the page of its agreement.
pub(super) fn card(about: &About<'_>, outlook: &Outlook, case: &Case) -> Markup {
    html! {
        article.card aria-labelledby=(heading_id(case)) {
            h3 id=(heading_id(case)) { (to_case(about, &case.id)) ": " (case.state) }
            (standing(about, case))
            @for run in case.open_ballots() { (ballot::brief(about, case, run)) }
            (to_act(about, outlook, case, 4))
            (ahead(about, outlook.of_case(case), 4))
            p { a href=(case_address(about, &case.id)) { "The whole case " (case.id) ": panel, ballots, timeline, report" } }
        }
    }
}

fn heading_id(case: &Case) -> String {
    format!("case-{}-{}", case.id.procedure, case.id.number)
}

/// What the ballots of a case came to, each by its outcome.
pub(super) fn came_to(case: &Case) -> Markup {
    let outcome = |run: &BallotRun| {
        run.closed.as_ref()?.outcome.as_ref().map(|outcome| format!("{}: {outcome}", run.id.ballot))
    };
    let outcomes: Vec<String> = case.ballots.iter().map(|run| &**run).filter_map(outcome).collect();
    html! { (outcomes.join(", ")) }
}

fn standing(about: &About<'_>, case: &Case) -> Markup {
    let state = about.state;
    let mut known =
        vec![("State", html! { strong { (case.state) } ", since " (when_from(case.entered, about.at)) })];
    if let Some(step) = case.path.last() {
        let words = format!("{}{}", by_cause(&step.why.words), by_entry(step.why.entry));
        known.push(("Entered", linked(about, &words)));
    }
    if let Some(since) = case.suspended() {
        known.push(("Suspended", linked(about, &suspended_words(state, case, since))));
    }
    if case.ended.is_none() && case.workflow.digest != state.workflow.digest {
        known.push(("Rules", html! { "goes on under the workflow " (case.workflow.digest.short()) ", “" (case.workflow.title) "”" }));
    }
    if let Some(subject) = &case.subject {
        let gone = if state.subject_seated(case) { "" } else { ", who has the seat no longer" };
        known.push(("About", html! { (subject.seat) ": " (subject.person) (gone) }));
    }
    if let Some((panel, seats)) = state.panel_of(case) {
        let filled = panel.seats.iter().filter(|seat| seats.filled(panel, &seat.name).is_some()).count();
        known
            .push(("Panel", html! { (panel.name) ": " (filled) " of " (panel.seats.len()) " seats filled" }));
    }
    if let Some(chosen) = state.around(case).chosen() {
        known.push(("Chair", html! { (chosen.seat) ", chosen by " (chosen.ballot) }));
    }
    for (seat, recusal) in &case.recused {
        known.push((
            "Stays out",
            html! { (seat) ": " (recusal.reason) ", " (to_entry(about, recusal.done.entry)) },
        ));
    }
    for (seat, obligation) in &case.obliged {
        let words = Obligation::words(obligation);
        known.push(("Abstains", html! { (seat) ", " (words) ", " (to_entry(about, obligation.done.entry)) }));
    }
    for step in case.listening() {
        let to = step.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        if let Trigger::On(_) = step.trigger {
            known.push(("Waits for", html! { (step.trigger.words()) (to) }));
        }
    }
    facts(known)
}

/// Who is to act, what is owed first. `level` is that of the heading.
fn to_act(about: &About<'_>, outlook: &Outlook, case: &Case, level: u8) -> Markup {
    let own: Vec<_> = outlook.tasks.iter().filter(|task| task.case == case.id).cloned().collect();
    let rows: Vec<_> = gathered(&own)
        .into_iter()
        .map(|task| {
            vec![
                html! { (task.what) },
                html! { (task.who.join(", ")) },
                html! { @if task.kind == Kind::Overdue { strong { (kind_word(task.kind)) } } @else { (kind_word(task.kind)) } },
                html! { @if let Some(until) = task.until { (when_from(until, about.at)) } },
            ]
        })
        .collect();
    html! {
        (heading(level, "Who is to act"))
        @if rows.is_empty() { p { "Nobody." } }
        @else { (table("Who is to act", &["What", "Who", "It is", "Until"], &rows)) }
    }
}

/// What happens if nobody acts.
fn ahead(about: &About<'_>, Ahead { coming, more }: Ahead, level: u8) -> Markup {
    let row = |it: &Coming| {
        vec![when(it.at), html! { (time::distance(it.at, about.at)) }, html! { (it.what.as_str()) }]
    };
    let rows: Vec<_> = coming.iter().map(row).collect();
    html! {
        (heading(level, "If nobody acts"))
        @if !rows.is_empty() { (table("What happens if nobody acts", &["When", "From now", "What"], &rows)) }
        @match (rows.is_empty(), more) {
            (true, false) => { p { "Nothing happens in this case by itself." } },
            (true, true) => { p { "Much comes in other cases first: the page of this one tells what comes next in it." } },
            (false, true) => { p { "More may come in it after that, which is not listed here." } },
            (false, false) => {},
        }
    }
}

fn heading(level: u8, words: &str) -> Markup {
    html! { @if level == 3 { h3 { (words) } } @else { h4 { (words) } } }
}

fn filed(about: &About<'_>, case: &Case) -> Markup {
    let rows: Vec<_> = case
        .filed
        .iter()
        .map(|filed| {
            let name = html! {
                @if filed.struck.is_some() { (filed.name) } @else { (document(about, filed.name.as_str(), &filed.digest)) }
            };
            let struck = html! {
                @if let Some(struck) = filed.struck { "struck " (when(struck.at)) ", " (to_entry(about, struck.entry)) }
                @else { "stands" }
            };
            vec![name, html! { (filed.by) }, html! { (when(filed.done.at)) ", " (to_entry(about, filed.done.entry)) }, struck]
        })
        .collect();
    table("Documents filed in the case", &["Document", "By", "When", "State"], &rows)
}

/// The procedure as a picture, the present state lit.
fn picture(case: &Case) -> Markup {
    let Some(procedure) = case.procedure() else { return html! {} };
    diagram("The procedure as a picture", &case.workflow.draw_svg_of(procedure, &case.state))
}
