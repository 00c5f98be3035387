//! What goes wrong, as a page.

use maud::html;

use super::layout;
use super::parts::capital;

/// A page that says what is wrong and what to do instead, in the words of the problem document.
pub fn problem(title: &str, detail: &str, instead: Option<&str>) -> String {
    let top = html! { h1 { (title) } };
    let body = html! {
        p { (capital(detail)) "." }
        @if let Some(instead) = instead { p { (capital(instead)) "." } }
        p { a href="/" { "The agreements that are kept here" } }
    };
    layout::page(title, None, &top, &body)
}
