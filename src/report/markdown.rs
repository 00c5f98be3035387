//! The report as Markdown. Everything from elsewhere is escaped, so that no name or reason can pass for a part of the
//! report.

use std::fmt::Write as _;

use super::{CLOSING, Part, Report, Row, behind};

pub(super) fn write(report: &Report) -> String {
    let mut out = format!(
        "<!-- {} -->\n\n# Report on {}\n\n{}\n\n",
        report.made,
        escaped(&report.made.case.to_string()),
        escaped(&report.title)
    );
    if report.specimen {
        out.push_str("**SPECIMEN: it binds nobody.**\n\n");
    }
    for (name, fact) in report.facts() {
        let _ = writeln!(out, "- {name}: {}", escaped(&fact));
    }
    for (section, number) in report.sections.iter().zip(1..) {
        let _ = write!(out, "\n## {number}. {}\n", escaped(&section.heading));
        section.parts.iter().for_each(|it| part(&mut out, it));
    }
    let _ = write!(out, "\n---\n\n{CLOSING}\n");
    out
}

fn part(out: &mut String, part: &Part) {
    let _ = match part {
        Part::Sentence { sentence, entries } => {
            writeln!(out, "\n{}{}", escaped(sentence), bracketed(entries))
        }
        Part::Table { columns, rows } => {
            let _ = writeln!(out, "\n| {} | entry |", columns.join(" | "));
            let _ = writeln!(out, "|{}", "---|".repeat(columns.len() + 1));
            for it in rows {
                row(out, it);
            }
            Ok(())
        }
        Part::Document { of, document, text: None } => {
            writeln!(out, "\n{}, {}: not at hand, or no text.", escaped(of), escaped(&document.to_string()))
        }
        Part::Document { of, document, text: Some(text) } => {
            let _ = writeln!(out, "\n{}, {}:\n", escaped(of), escaped(&document.to_string()));
            text.lines().try_for_each(|line| writeln!(out, "{}", format!("> {}", escaped(line)).trim_end()))
        }
    };
}

fn row(out: &mut String, row: &Row) {
    let cells: Vec<String> = row.cells.iter().map(|cell| escaped(cell)).collect();
    let _ = writeln!(
        out,
        "| {} | {} |",
        cells.join(" | "),
        behind(&row.entries).trim_start_matches("entry ").trim_start_matches("entries ")
    );
}

fn bracketed(entries: &[u64]) -> String {
    if entries.is_empty() { String::new() } else { format!(" \\[{}\\]", behind(entries)) }
}

/// Whatever means something to Markdown, or to HTML in it, gets a backslash or is an entity; what means something only
/// at the beginning of a line, there.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let text = text.trim_start();
    let number = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let listed = number.len() < text.len() && number.starts_with(['.', ')']);
    if listed {
        out.push_str(text.get(..text.len() - number.len()).unwrap_or_default());
        out.push('\\');
    } else if text.starts_with(['#', '-', '+', '=']) {
        out.push('\\');
    }
    for letter in (if listed { number } else { text }).chars() {
        match letter {
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '`' => {
                out.push('\\');
                out.push(letter);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
