//! A workflow as a picture: who decides, how a case goes from state to state, what hangs on it.
//!
//! Our own layout. A general one would place boxes first and then look for room for the labels of their lines; but
//! here the labels are the point: who may do what, by when. So each state is a card with a row for each of its
//! steps, every text stands inside a card, and only lines leave it, in lanes of their own beside the cards: nothing
//! can overlap or be cut off, whatever a workflow says. The same workflow always gives the same bytes.

mod mermaid;
mod svg;

pub use svg::Face;

use super::model::{Procedure, Workflow};
use crate::values::Id;

impl Workflow {
    /// The picture as SVG, as wide as an A4 page with margins (190 mm) and as long as it has to be. In black and white,
    /// and told in words to whoever cannot see it.
    pub fn draw_svg(&self) -> String {
        svg::draw(self, &[])
    }

    /// The same, in which states where cases stand stand out: each by its procedure and its name.
    pub fn draw_svg_lit(&self, lit: &[(&Id, &Id)]) -> String {
        svg::draw(self, lit)
    }

    /// One procedure of it alone, in which the state where a case stands stands out.
    pub fn draw_svg_of(&self, procedure: &Procedure, state: &Id) -> String {
        svg::one(self, procedure, state)
    }

    /// The same in pages of at most 250 mm, each a picture of its own that says which page of which workflow it is.
    pub fn draw_svg_pages(&self) -> Vec<String> {
        svg::pages(self)
    }

    /// The picture as a Mermaid flowchart, for pages that draw it themselves.
    pub fn draw_mermaid(&self) -> String {
        mermaid::draw(self)
    }
}

/// A text without the backticks that mark names in running words: in a picture names stand bare everywhere.
fn bare(text: &str) -> String {
    text.replace('`', "")
}

/// What the picture says of a workflow before anything else.
fn nature(workflow: &Workflow) -> &'static str {
    match workflow.nature {
        super::model::Nature::Specimen => {
            "SPECIMEN: it binds nobody. The contract prevails over the workflow."
        }
        super::model::Nature::Live => "The contract prevails over the workflow.",
    }
}
