//! The explanation as a text of 80 columns.

use std::fmt;

use super::{Explained, Paragraph};

/// Wide enough for a sentence, narrow enough for a letter's page.
const COLUMNS: usize = 80;

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(f, "", "", &self.title)?;
        if self.specimen {
            block(f, "\n", "", "SPECIMEN: it binds nobody.")?;
        }
        self.preamble.iter().try_for_each(|text| block(f, "\n", "", text))?;
        for (section, number) in self.sections.iter().zip(1..) {
            block(f, "\n\n", &format!("{number}. "), &section.heading)?;
            section.paragraphs.iter().try_for_each(|paragraph| write_paragraph(f, paragraph))?;
        }
        Ok(())
    }
}

fn write_paragraph(f: &mut fmt::Formatter<'_>, paragraph: &Paragraph) -> fmt::Result {
    block(f, "\n", &format!("{:<5}", format!("{} ", paragraph.label)), &paragraph.text)?;
    for (item, place) in paragraph.items.iter().zip(0..) {
        block(f, "", &format!("     ({}) ", letters(place)), item)?;
    }
    Ok(())
}

/// `a` to `z`, then `aa`, `ab`, …
fn letters(place: u32) -> String {
    let last = char::from_u32(u32::from('a') + place % 26).unwrap_or('?');
    if place < 26 { last.to_string() } else { format!("{}{last}", letters(place / 26 - 1)) }
}

/// A block of lines under a label, which hangs out on the first of them.
fn block(f: &mut fmt::Formatter<'_>, before: &str, label: &str, text: &str) -> fmt::Result {
    let indent = label.chars().count();
    let mut column = indent;
    write!(f, "{before}{label}")?;
    for (word, first) in text.split_whitespace().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
        let length = word.chars().count();
        if first {
            write!(f, "{word}")?;
        } else if column + 1 + length > COLUMNS {
            write!(f, "\n{:indent$}{word}", "")?;
            column = indent;
        } else {
            write!(f, " {word}")?;
            column += 1;
        }
        column += length;
    }
    writeln!(f)
}
