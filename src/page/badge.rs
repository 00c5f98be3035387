//! A status as a small picture, for other people's pages.

use maud::html;

use super::About;
use crate::workflow::draw::Face;
use crate::workflow::model::Nature;

const FACE: Face = Face { size: 11, bold: false };
const HEIGHT: i32 = 20;
const ROOM: i32 = 8;

/// An attribute of a grant, the first where none is named; `None` where there is no such thing.
pub fn badge(about: &About<'_>, grant: &str, attribute: Option<&str>) -> Option<String> {
    let licence = about.state.licence(about.at)?;
    let grant = licence.grants.iter().find(|it| it.grant.name.as_str() == grant)?;
    let told = match attribute {
        Some(name) => grant.attributes.iter().find(|it| it.attribute.name.as_str() == name)?,
        None => grant.attributes.first()?,
    };
    let what = match attribute {
        Some(name) => format!("{}, {name}", grant.grant.name),
        None => grant.grant.name.to_string(),
    };
    let specimen = about.workflow().nature == Nature::Specimen;
    let value = if specimen { format!("{} (specimen)", told.value.is) } else { told.value.is.clone() };
    Some(drawn(&what, &value, &format!("{what}: {value}, as of {}", about.at)))
}

fn drawn(what: &str, value: &str, told: &str) -> String {
    let (left, right) = (FACE.width(what) + 2 * ROOM, FACE.width(value) + 2 * ROOM);
    let width = left + right;
    let text = |x: i32, fill: &'static str, words: &str| {
        html! {
            text x=(x) y="14" fill=(fill) textLength=(FACE.width(words)) lengthAdjust="spacingAndGlyphs" { (words) }
        }
    };
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(HEIGHT) viewBox=(format!("0 0 {width} {HEIGHT}"))
            role="img" aria-label=(told) font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size=(FACE.size) {
            title { (told) }
            rect width=(width) height=(HEIGHT) rx="3" fill="#fff" {}
            path d=(format!("M3 0H{left}V{HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z")) fill="#2b2a27" {}
            rect x="0.5" y="0.5" width=(width - 1) height=(HEIGHT - 1) rx="2.5" fill="none" stroke="#2b2a27" {}
            (text(ROOM, "#fff", what))
            (text(left + ROOM, "#111", value))
        }
    };
    svg.into_string()
}
