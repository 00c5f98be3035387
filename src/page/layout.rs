//! What stands around every page: its head, where one can go, and what it is of.

use maud::{DOCTYPE, Markup, html};

use super::About;
use super::assets;
use super::parts::when;
use crate::values::Instant;
use crate::view::{SPECIMEN, entries};
use crate::workflow::model::Nature;

/// A page of an agreement that says below its heading of what it is, and as of when.
pub(super) fn of(about: &About<'_>, here: Here, heading: &str, body: &Markup) -> String {
    let title = format!("{heading}, {}", about.name());
    let top = html! {
        p.of { a href=(about.page("")) { (about.workflow().title) } }
        h1 { (heading) }
        (standing(about))
    };
    page(&title, Some((about, here)), &top, body)
}

/// That it binds nobody, as of when it is told, and whether the log may go on.
pub(super) fn standing(about: &About<'_>) -> Markup {
    html! {
        @if about.workflow().nature == Nature::Specimen { p.specimen { strong { (SPECIMEN) } } }
        p.asof { (as_of(about.at)) "The log has " (entries(about.head.size)) "." }
        @if let Some(why) = about.read_only { p.specimen { strong { "READ-ONLY: " (why.words()) } } }
    }
}

/// As of when a page tells.
pub(super) fn as_of(at: Instant) -> Markup {
    html! { "As of " (when(at)) ". " }
}

/// A whole page. `top` is its heading and what belongs to it.
pub(super) fn page(title: &str, of: Option<(&About<'_>, Here)>, top: &Markup, body: &Markup) -> String {
    let about = of.map(|(about, _)| about);
    let events = about.map(|about| format!("{}?from={}", about.interface("/events"), about.head.size));
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(assets::style().address());
                link rel="icon" type="image/svg+xml" href=(assets::sign().address());
                script type="module" src=(assets::script().address()) {}
            }
            body data-events=[events] {
                a.skip href="#main" { "Skip to the content" }
                header.site {
                    p.brand { a href="/" { "Quorate" } }
                    @if let Some((about, here)) = of { (navigation(about, here)) }
                }
                main #main tabindex="-1" {
                    div #top data-live { (top) }
                    (body)
                }
                footer.site {
                    p {
                        "Nothing here has to be believed: statements carry their signers’ own signatures, and "
                        @if let Some(about) = about { a href=(about.page("#check")) { "anybody can check the record" } }
                        @else { "anybody can check the record" }
                        "."
                    }
                    p { "For programs: " a href="/docs/api" { "the interface" } ". " a href="/sign-in" { "Read with your key" } }
                    p #live role="status" {}
                }
            }
        }
    };
    whole.into_string()
}

/// To which part of an agreement a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    InForce,
    Cases,
    Record,
    Workflow,
}

fn navigation(about: &About<'_>, here: Here) -> Markup {
    let parts = [
        (Here::InForce, "In force", ""),
        (Here::Cases, "Cases", "#cases"),
        (Here::Record, "Record", "/entries"),
        (Here::Workflow, "Workflow", "/workflow"),
    ];
    html! {
        nav aria-label="This agreement" {
            ul {
                @for (part, name, address) in parts {
                    li { a href=(about.page(address)) aria-current=[(part == here).then_some("true")] { (name) } }
                }
                li { a href=(about.page("#check")) { "Check" } }
            }
        }
    }
}

/// A part of a page that is renewed as the record grows.
pub(super) fn live(id: &str, heading: &str, body: &Markup) -> Markup {
    html! {
        section #(id) data-live aria-labelledby=(format!("{id}-heading")) {
            h2 id=(format!("{id}-heading")) { (heading) }
            (body)
        }
    }
}
