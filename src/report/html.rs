//! The report as one page of HTML: no script, nothing fetched, for a telephone, a screen and paper.

use std::fmt::Write as _;

use super::{CLOSING, Part, Report, behind};

// Light on every screen: it is a document to be signed, filed and printed, and whoever signs sees what the paper will show.
// `report --check` compares bytes, so there is one look and no script that changes it.
const STYLE: &str = "\
:root{color-scheme:light}\
body{margin:0;background:#fff;color:#111;font:16px/1.5 Georgia,'Times New Roman',serif;overflow-wrap:break-word}\
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #999}\
p{margin:.5rem 0}.specimen{border:2px solid #111;padding:.4rem .8rem;font-weight:bold;display:inline-block}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0;font-size:.9rem}dt{color:#555}dd{margin:0}\
.wide{overflow-x:auto}.digest,dd,p,blockquote{overflow-wrap:anywhere}table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.5rem 0}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #ddd}th{color:#555;font-weight:normal}\
td{min-width:2.5rem}.entry{color:#555;font-size:.85em;white-space:nowrap}\
blockquote{margin:.5rem 0 1rem;padding-left:1rem;border-left:3px solid #999;white-space:pre-wrap}footer{margin-top:2rem;font-size:.85rem;color:#555}\
@media(max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}thead{position:absolute;left:-9999px}\
tr{display:block;border-bottom:1px solid #999;padding:.3rem 0}td{display:block;border:0;padding:0}td[data-name]::before{content:attr(data-name) ': ';color:#555}td:empty{display:none}}\
@media print{main{max-width:none;padding:0}body{font-size:10.5pt}h2{break-after:avoid}tr,blockquote{break-inside:avoid}}";

pub(super) fn write(report: &Report) -> String {
    let title = format!("Report on {}", report.made.case);
    let mut out = format!(
        "<!doctype html>\n<!-- {} -->\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{STYLE}{}</style>\n</head>\n\
         <body>\n<main>\n<h1>{}</h1>\n<p>{}</p>\n",
        report.made,
        escaped(&title),
        pages(report),
        escaped(&title),
        escaped(&report.title)
    );
    if report.specimen {
        out.push_str("<p class=\"specimen\">SPECIMEN: it binds nobody.</p>\n");
    }
    out.push_str("<dl>\n");
    for (name, fact) in report.facts() {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&fact));
    }
    out.push_str("</dl>\n");
    for (section, number) in report.sections.iter().zip(1..) {
        let _ = writeln!(out, "<section>\n<h2>{number}. {}</h2>", escaped(&section.heading));
        section.parts.iter().for_each(|it| part(&mut out, it));
        out.push_str("</section>\n");
    }
    let _ = write!(out, "<footer>{}</footer>\n</main>\n</body>\n</html>\n", coded(CLOSING));
    out
}

/// What stands in the margins of every printed page: a page that lies alone still says what it is of, and whether it binds.
fn pages(report: &Report) -> String {
    // A case and an agreement are named by letters, digits, `-` and `#`: nothing in them ends a string of CSS.
    let of = format!("{}, {}", report.made.agreement.name, report.made.case);
    let specimen = if report.specimen { "@top-right{content:'SPECIMEN: it binds nobody.'}" } else { "" };
    format!(
        "@page{{margin:20mm;font:9pt Georgia,'Times New Roman',serif;{specimen}@bottom-left{{content:'{of}'}}\
         @bottom-right{{content:counter(page) ' / ' counter(pages)}}}}"
    )
}

fn part(out: &mut String, part: &Part) {
    match part {
        Part::Sentence { sentence, entries } => {
            let _ = writeln!(out, "<p>{}{}</p>", escaped(sentence), marked(entries));
        }
        Part::Table { columns, rows } => {
            let names = columns.iter().copied().chain(["entry"]);
            let heads: String = names
                .clone()
                .fold(String::new(), |heads, name| heads + "<th scope=\"col\">" + name + "</th>");
            let _ = writeln!(out, "<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>");
            for row in rows {
                let numbers: Vec<String> = row.entries.iter().map(u64::to_string).collect();
                let cells = row.cells.iter().cloned().chain([numbers.join(", ")]);
                let cells: String = cells.zip(names.clone()).map(|(cell, name)| one(name, &cell)).collect();
                let _ = writeln!(out, "<tr>{cells}</tr>");
            }
            out.push_str("</tbody></table></div>\n");
        }
        Part::Document { of, document, text } => {
            let missing = if text.is_none() { ": not at hand, or no text." } else { ":" };
            let _ = writeln!(out, "<p>{}, {document}{missing}</p>", escaped(of));
            if let Some(text) = text {
                let _ = writeln!(out, "<blockquote>{}</blockquote>", escaped(text.trim_end()));
            }
        }
    }
}

fn one(name: &str, cell: &str) -> String {
    let name = if name.is_empty() { String::new() } else { format!(" data-name=\"{name}\"") };
    let digest = if cell.contains("sha256:") { " class=\"digest\"" } else { "" };
    format!("<td{name}{digest}>{}</td>", escaped(cell))
}

fn marked(entries: &[u64]) -> String {
    if entries.is_empty() {
        String::new()
    } else {
        format!(" <span class=\"entry\">[{}]</span>", behind(entries))
    }
}

/// Words of ours, in which a command stands between backticks.
fn coded(text: &str) -> String {
    let parts = text.split('`').map(escaped).zip([false, true].into_iter().cycle());
    parts.map(|(part, code)| if code { format!("<code>{part}</code>") } else { part }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
