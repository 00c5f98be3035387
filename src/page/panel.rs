//! The panel of a case: who sits where, named by whom, with disclosures and recusals.

use maud::{Markup, html};

use super::About;
use super::parts::{document, table, to_entry, when};
use crate::engine::case::Case;
use crate::engine::panel::{Nominee, named_by};
use crate::workflow::model::{Filling, Seat};

pub(super) fn panel(about: &About<'_>, case: &Case) -> Markup {
    let Some((panel, seats)) = about.state.panel_of(case) else { return html! {} };
    let chair = about.state.around(case).seat_of_chair();
    let row = |seat: &Seat| {
        let nominee = seats.seats.get(&seat.name).and_then(|place| place.nominee.as_deref());
        let name = html! {
            (seat.name)
            @if chair == Some(&seat.name) { " (chairs)" }
            @if let Some(class) = &seat.class { " " span.part { (class) } }
        };
        let stands = html! {
            @match nominee {
                None => {
                    "vacant"
                    @if let Some(lost) = seats.dismissal(&seat.name) { ": " (lost.person) " was dismissed by " (lost.case) }
                },
                Some(nominee) => {
                    @let missing = nominee.missing(panel);
                    @if missing.is_empty() { "sits" }
                    @for (place, filling) in missing.iter().enumerate() {
                        @if place > 0 { ", " }
                        @match filling { Filling::Accepted => "has not accepted", Filling::Disclosed => "has not disclosed" }
                    }
                },
            }
            @if let Some(recusal) = case.recused.get(&seat.name) {
                "; stays out of this case: " (recusal.reason) ", " (to_entry(about, recusal.done.entry))
            }
            @if let Some(obliged) = case.obliged.get(&seat.name) {
                "; " (obliged.words()) ", " (to_entry(about, obliged.done.entry))
            }
        };
        let by = named_by(seat, nominee);
        vec![
            name,
            html! { @if let Some(nominee) = nominee { (nominee.person) (works_for(nominee)) } },
            html! { (by) @if let Some(nominee) = nominee { ", " (to_entry(about, nominee.nominated.entry)) } },
            html! { @if let Some(nominee) = nominee { (disclosed(about, nominee)) } },
            stands,
        ]
    };
    let rows: Vec<_> = panel.seats.iter().map(row).collect();
    table("The panel", &["Seat", "Person", "Named by", "Disclosed", "Stands"], &rows)
}

fn works_for(nominee: &Nominee) -> Markup {
    html! { @if let Some(affiliation) = &nominee.affiliation { ", works for " (affiliation) } }
}

fn disclosed(about: &About<'_>, nominee: &Nominee) -> Markup {
    html! {
        @if nominee.disclosures.is_empty() { "nothing" }
        @for (place, (done, digest)) in nominee.disclosures.iter().enumerate() {
            @if place > 0 { "; " }
            (document(about, "disclosure", digest)) ", " (when(done.at)) ", " (to_entry(about, done.entry))
        }
    }
}
