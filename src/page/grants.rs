//! What is in force: every grant with its value, since when, why, and what could move it next.

use maud::{Markup, html};

use super::layout::Here;
use super::parts::{facts, linked, table, to_entry, when_from};
use super::{About, layout};
use crate::engine::licence::{AttributeState, Because, GrantState};
use crate::values::Id;
use crate::view::licence::{cause_story, event_story, nexts, office, one_line, reason, since};

/// Every grant as a table, each with a way to its whole story.
pub(super) fn table_of_all(about: &About<'_>) -> Markup {
    let Some(licence) = about.state.licence(about.at) else { return html! {} };
    let rows: Vec<_> = licence
        .grants
        .iter()
        .flat_map(|grant| {
            let each = grant.attributes.iter().enumerate();
            each.map(|(place, attribute)| row(about, grant, attribute, place == 0))
        })
        .collect();
    table("What is in force", &["Right or term", "Is", "Since", "Because of", "Could move with"], &rows)
}

fn row(
    about: &About<'_>,
    grant: &GrantState<'_>,
    attribute: &AttributeState<'_>,
    first: bool,
) -> Vec<Markup> {
    let name = html! {
        @if first {
            a href=(address(about, &grant.grant.name)) { (grant.grant.title) }
            @if grant.grant.title != grant.grant.name.as_str() { " " code { (grant.grant.name) } }
        } @else {
            span.part { (attribute.attribute.name) } span.unseen { " of " (grant.grant.title) }
        }
    };
    let moved = attribute.period.because != Because::Opening;
    let value = html! {
        strong.value { (attribute.value.is) }
        @if moved { " " span.moved { "moved" } }
    };
    let since = html! { time datetime=(attribute.period.since) { (since(&attribute.period)) } };
    let why = match &attribute.period.because {
        // As nearly all of them are at first: in the fewest words.
        Because::Opening => html! { "the opening, " (to_entry(about, 0)) },
        because => linked(about, &reason(about.state, because)),
    };
    // Names of events: what each means, and from what it comes, the grant's own page says.
    let nexts = nexts(attribute);
    let nexts = html! { @if !nexts.is_empty() { a href=(address(about, &grant.grant.name)) { (nexts) } } };
    vec![name, value, since, why, nexts]
}

/// The address of a grant's story.
fn address(about: &About<'_>, grant: &Id) -> String {
    about.page(&format!("/grants/{grant}"))
}

/// One grant's whole story; `None` where there is none of this name.
pub fn grant(about: &About<'_>, name: &str) -> Option<String> {
    let licence = about.state.licence(about.at)?;
    let grant = licence.grants.iter().find(|grant| grant.grant.name.as_str() == name)?;
    let definition = grant.grant;
    let known = [
        ("From", definition.from.as_ref().map(|from| office(about.state, from))),
        ("To", definition.to.as_ref().map(|to| office(about.state, to))),
        ("Scope", definition.scope.clone()),
        ("Clause", definition.clause.clone()),
        ("Source", definition.source.clone()),
        ("Our reading", definition.reading.clone()),
    ];
    let known = known.into_iter().filter_map(|(name, text)| Some((name, one_line(&text?))));
    let body = html! {
        div #grant data-live {
            (facts(known.map(|(name, text)| (name, html! { (text) }))))
            @for attribute in &grant.attributes { (story(about, attribute, definition.fixed)) }
            p.badge {
                "For other pages: " img src=(badge(about, name)) alt=(alternative(grant)) height="20";
                " at " code { (badge(about, name)) }
            }
        }
    };
    Some(layout::of(about, Here::InForce, &definition.title, &body))
}

fn badge(about: &About<'_>, grant: &str) -> String {
    about.interface(&format!("/badge.svg?grant={grant}"))
}

fn alternative(grant: &GrantState<'_>) -> String {
    let status = grant.attributes.first().map_or("", |attribute| attribute.value.is.as_str());
    format!("{}: {status}", grant.grant.name)
}

fn story(about: &About<'_>, attribute: &AttributeState<'_>, fixed: bool) -> Markup {
    let workflow = about.workflow();
    html! {
        section {
            h2 { (attribute.attribute.name) ": " (attribute.value.is) }
            (facts([
                ("Since", when_from(attribute.period.since, about.at)),
                ("Because", linked(about, &reason(about.state, &attribute.period.because))),
            ]))
            @if let Some(reading) = &attribute.value.reading {
                (facts([("Our reading", html! { (one_line(reading)) })]))
            }
            @for next in &attribute.next {
                p { "It becomes “" (next.value.is) "” with " @if next.all { "all of:" } @else { "the first of:" } }
                ul { @for cause in &next.awaited { li { (linked(about, &cause_story(workflow, cause))) } } }
                @if let Some(reading) = &next.value.reading {
                    (facts([("Our reading", html! { (one_line(reading)) })]))
                }
            }
            @for back in attribute.undone_by() {
                p {
                    "It rests on the event " code { (back.rests_on) }
                    ", which can be annulled, and the value is then derived anew, with:"
                }
                ul { li { (linked(about, &event_story(workflow, back.by))) } }
            }
            @if attribute.next.is_empty() && attribute.undone_by().next().is_none() {
                p { @if fixed { "Nothing moves it." } @else { "Nothing moves it any further." } }
            }
        }
    }
}

/// The entries on which the values of today rest.
pub(super) fn reasons(about: &About<'_>) -> Vec<u64> {
    let Some(licence) = about.state.licence(about.at) else { return Vec::new() };
    let attributes = licence.grants.iter().flat_map(|grant| &grant.attributes);
    let mut entries: Vec<u64> = attributes.flat_map(|attribute| behind(&attribute.period.because)).collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}

fn behind(because: &Because) -> Vec<u64> {
    match because {
        Because::Opening | Because::Instant(_) => vec![0],
        Because::Amendment(done) => vec![done.entry],
        Because::Event(occurrence) => occurrence.why.entry.into_iter().collect(),
        Because::Annulled(occurrence) => {
            let by = occurrence.annulled.as_ref().and_then(|annulled| annulled.why.entry);
            occurrence.why.entry.into_iter().chain(by).collect()
        }
    }
}
