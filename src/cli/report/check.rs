//! Whether a report is the one that the log gives, and who has signed it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::kept::Kept;
use super::missing::{Missing, missing};
use super::signatures::{Then, asked, seats_signed, signed};
use super::since::since;
use super::{content, made};
use crate::cli::answer::{self, Answer};
use crate::cli::documents::read_text;
use crate::cli::error::CliError;
use crate::cli::parcel::write_new;
use crate::cli::show::{Page, Tone, marked, time};
use crate::report::{EDITION, Format, Made, Report, texts};
use crate::statement::Attachments;
use crate::values::{Digest, Instant};

/// Makes the report in a file again from the log, writes it to `out` where that is asked, and compares.
///
/// # Errors
/// It is no report, or one on another agreement; or something cannot be read.
pub(super) fn check(
    log: &Kept,
    (file, now): (&Path, Instant),
    out: Option<&Path>,
) -> Result<Answer, CliError> {
    let text = read_text(file)?;
    let named = Made::find(&text)
        .map_err(|error| CliError::usage(format!("{} is no report: {error}", file.display())))?;
    if named.agreement != log.state().agreement {
        return Err(CliError::usage(format!(
            "it is a report on {}, and this is {}; name the other with --agreement",
            named.agreement,
            log.state().agreement
        )));
    }
    let format = match text.bytes().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Format::Json,
        _ if text.starts_with("<!doctype html>") => Format::Html,
        _ => Format::Markdown,
    };
    let report = again_with(log, &named, |attached| texts(attached, |digest| content(log, digest)))?;
    let text_now = report.as_ref().map(|report| report.write(format));
    if let Some(out) = out {
        let text_now = text_now.as_ref().ok_or_else(|| {
            CliError::usage(format!(
                "{} names a head that is not of this log: it cannot be made again",
                file.display()
            ))
        })?;
        write_new(out, text_now.as_bytes())?;
    }
    let verdict = verdict(log, &named, (format, &text), text_now.as_deref())?;
    let mut page = Page::default();
    page.specimen(&log.state().workflow);
    let (signed, erased) = signed(log, &named.case, text.as_bytes())?;
    tell(&mut page, &named, &verdict);
    // What was altered, or tells of what never was, says nothing of a time.
    let since = match verdict {
        Verdict::Same | Verdict::OtherEdition | Verdict::Missing(_) => since(log, &named, now)?,
        Verdict::Overtaken(_) | Verdict::Altered => None,
    };
    if let Some(since) = &since {
        since.tell(&mut page, &named);
    }
    if let Some(out) = out {
        page.line(Tone::Good, &format!("wrote {}: what the log gives.", out.display()));
    }
    page.fields([
        ("report", file.display().to_string()),
        ("digest", Digest::of(text.as_bytes()).to_string()),
        ("made from", named.to_string()),
        ("signed", times(signed.len())),
    ]);
    for (by, entry, at) in &signed {
        page.line(Tone::Plain, &format!("  by {by}, {} (entry {entry})", time::plain(*at)));
    }
    for it in &erased {
        let by = it.struck.map_or_else(String::new, |done| format!(", erased by entry {}", done.entry));
        page.line(
            Tone::Notice,
            &format!(
                "  {} filed `{}`, {} (entry {}){by}: that holds, and whether it was this report cannot be told any more",
                it.by, it.name, time::plain(it.done.at), it.done.entry
            ),
        );
    }
    let then = Then::of(log, &named)?;
    let then = then.as_ref();
    let panel = seats_signed(log, then, &named.case, &signed)?;
    if let Some(((signed, seats), then)) = panel.filter(|(signed, _)| *signed > 0).zip(then) {
        let most = if signed * 2 > seats { ", a majority of the panel" } else { "" };
        page.line(
            Tone::Plain,
            &format!("{signed} of {seats} {} have signed it{most}.", then.plainly(&time::plain(then.at))),
        );
    }
    let asked = asked(log, then, &named.case, &signed)?;
    if let Some((signer, met)) = asked {
        let who = signer.plainly();
        let (tone, words) = if met {
            (Tone::Good, format!("It is signed by {who}, as the workflow asks."))
        } else {
            (Tone::Bad, format!("It is not signed by {who}, as the workflow asks."))
        };
        page.line(tone, &words);
    }
    marked(&mut page, log.read_only());
    let signatures = signed.iter().map(|(by, entry, at)| json!({ "by": by, "entry": entry, "at": at }));
    let missing = if let Verdict::Missing(missing) = &verdict { missing.as_slice() } else { &[] };
    let passes = matches!(verdict, Verdict::Same);
    let json = json!({
        "passes": passes,
        "edition": named.edition,
        "other-edition": matches!(verdict, Verdict::OtherEdition),
        "overtaken": if let Verdict::Overtaken(time) = verdict { Some(time) } else { None },
        "digest": Digest::of(text.as_bytes()),
        "made": named,
        "out": out.map(answer::path),
        "since": since,
        "missing": missing.iter().map(|it| json!({ "entry": it.entry, "name": it.name, "digest": it.digest, "struck": it.struck })).collect::<Vec<Value>>(),
        "erased": erased.iter().map(|it| json!({ "by": it.by, "entry": it.done.entry, "name": it.name, "struck": it.struck.map(|done| done.entry) })).collect::<Vec<Value>>(),
        "signed": signatures.collect::<Vec<Value>>(),
        "seats": panel.map(|(signed, seats)| json!({ "signed": signed, "filled": seats, "as-of": then.map(|then| then.at) })),
        "asked": asked.map(|(signer, met)| json!({ "signed-by": signer.word(), "met": met })),
    });
    Ok(match (verdict, asked) {
        (Verdict::OtherEdition, _) => Answer::undecided(page, json),
        (Verdict::Same, Some((_, false))) => Answer::unsigned(page, json),
        (Verdict::Same, _) => Answer::done(page, json),
        (Verdict::Overtaken(_) | Verdict::Missing(_) | Verdict::Altered, _) => Answer::faults(page, json),
    })
}

/// What comes of comparing a report with the one that the log gives.
enum Verdict {
    /// They are the same, byte for byte.
    Same,
    /// After its head the log has an entry of this time, which is before the time as of which the report tells.
    Overtaken(Instant),
    /// Another version of the program wrote it, in other words: there is nothing to compare.
    OtherEdition,
    /// They are the same but for the texts of these documents, which are not at hand.
    Missing(Vec<Missing>),
    /// They differ, or the log has no such head.
    Altered,
}

fn verdict(
    log: &Kept,
    named: &Made,
    (format, text): (Format, &str),
    now: Option<&str>,
) -> Result<Verdict, CliError> {
    let Some(now) = now else { return Ok(Verdict::Altered) };
    let other = named.edition != EDITION;
    if now == text || other {
        let overtaken = overtaken(log, named)?;
        return Ok(match overtaken {
            Some(time) => Verdict::Overtaken(time),
            None if other => Verdict::OtherEdition,
            None => Verdict::Same,
        });
    }
    let missing = missing(log, named, format, text)?;
    Ok(if missing.is_empty() { Verdict::Altered } else { Verdict::Missing(missing) })
}

fn tell(page: &mut Page, named: &Made, verdict: &Verdict) {
    match verdict {
        Verdict::Same => {
            page.line(Tone::Good, "It is what the log gives at the head that it names, byte for byte.");
        }
        Verdict::Overtaken(time) => {
            let words = format!(
                "It tells what would have been: it is as of {}, and after its head the log has an entry of {time}, which it \
                 does not know.",
                named.at
            );
            page.line(Tone::Bad, &words);
        }
        Verdict::OtherEdition => {
            let words = format!(
                "It was written by another version of the program: it is of edition {}, and this program writes edition \
                 {EDITION}. So whether it was altered cannot be told here. Check it with that version; or make it again with \
                 --out FILE, and compare the two. Who has signed this very file is told all the same:",
                named.edition
            );
            page.line(Tone::Notice, &words);
        }
        Verdict::Missing(missing) => {
            page.line(
                Tone::Bad,
                "Everything but the texts of these documents is what the log gives at the head that it names. Whether it \
                 quotes them rightly cannot be told, since they are not here:",
            );
            for it in missing {
                let why =
                    it.struck.map_or("not at hand".to_owned(), |entry| format!("erased by entry {entry}"));
                page.line(Tone::Plain, &format!("  {} of entry {}, {}: {why}", it.name, it.entry, it.digest));
            }
        }
        Verdict::Altered => {
            page.line(
                Tone::Bad,
                "It is not what the log gives at the head that it names: it was altered, or its head is not of this log.",
            );
        }
    }
}

/// The time of the next entry after a report's head, where that is before the time as of which the report tells.
fn overtaken(log: &Kept, named: &Made) -> Result<Option<Instant>, CliError> {
    if named.head.size >= log.head().size {
        return Ok(None);
    }
    let next = log.until(named.head.size + 1)?;
    Ok(next.map(|state| state.last).filter(|last| *last < named.at))
}

fn times(signed: usize) -> String {
    match signed {
        0 => "by nobody yet".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

/// The report that the log gives at the head, time and case that a line names; `None` where the log has no such head.
/// `texts` gives the documents that are put into it, where it has any.
pub(super) fn again_with(
    log: &Kept,
    named: &Made,
    texts: impl FnOnce(&BTreeMap<u64, Attachments>) -> Result<BTreeMap<Digest, String>, CliError>,
) -> Result<Option<Report>, CliError> {
    if named.head.size > log.head().size || named.head.size == 0 {
        return Ok(None);
    }
    let root = log.root(named.head.size)?;
    let before = log.until(named.head.size)?;
    let Some(before) = before.filter(|state| root == Some(named.head.root) && named.at >= state.last) else {
        return Ok(None);
    };
    let state = before.at(named.at);
    if state.case(&named.case).is_none() {
        return Ok(None);
    }
    made(log, &state, (named.head, named.at), &named.case, named.documents.then_some(texts)).map(Some)
}
