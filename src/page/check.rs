//! The panel with which a reader checks the record in the browser, and how to check all of it.

use maud::{Markup, html};

use super::{About, assets, grants};

pub(super) fn panel(about: &About<'_>) -> Markup {
    let reasons: Vec<String> = grants::reasons(about).iter().map(u64::to_string).collect();
    let anchor = about.state.agreement.anchor;
    html! {
        section.card #check aria-labelledby="check-heading"
            data-script=(assets::check().address()) data-log=(about.log("")) data-anchor=(anchor) data-reasons=(reasons.join(" ")) {
            h2 #check-heading { "Check this yourself" }
            p {
                "Your browser can fetch the whole log and check that nothing in it was altered, left out or added unsigned. "
                span.scripted { "It takes a few seconds." }
                span.unscripted { "That takes JavaScript; the command below does not." }
            }
            p.scripted { button type="button" { "Check the record in this browser" } }
            div.result role="status" aria-live="polite" {}
            h3 { "What this checks" }
            ul {
                li { "the log’s signature of its newest checkpoint, by the key that the opening statement names" }
                li { "that the entries hash to the root of that checkpoint, and each to its place in the tree that the log gives out" }
                li { "every signature of every statement, by a key that the log has named by then" }
                li { "that each statement names a head of this very log, and that times never go back" }
                li { "that the opening statement is the one of the anchor, and that the entries named above as reasons are there" }
            }
            h3 { "What it does not" }
            ul {
                li { "the rules: that a signer could say this at that time, how votes were counted, and so what is in force; the command below replays all of it" }
                li { "whether this is the newest that there is, cosignatures of witnesses, and documents" }
                li { "itself: this script comes from the server that it checks, and a server that lies can serve a script that lies. The command comes from elsewhere" }
            }
            h3 { "Everything, replayed" }
            p { "The anchor is what the agreement is: take it from the contract or from a party, never from a server alone." }
            dl.facts { div { dt { "Anchor" } dd { code.digest #anchor { (anchor) } } } }
            pre.command tabindex="0" aria-label="The command that replays everything" {
                "quorate audit " span #server { "https://ADDRESS-OF-THIS-PAGE" } (about.log("")) " \\\n  --anchor " (anchor)
                @if about.state.is_restricted() { " --reader KEY" }
            }
        }
    }
}
