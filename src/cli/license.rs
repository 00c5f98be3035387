//! `license`: every grant, its status, since when, because of what, and what could move it next.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::answer::Answer;
use super::certificate;
use super::context::Context;
use super::error::CliError;
use super::record::Record;
use super::show::{Page, Tone, header, time};
use crate::engine::State;
use crate::engine::licence::{AttributeState, Because, GrantState, Licence};
use crate::engine::refusal::alternatives;
use crate::values::{Id, Instant};
use crate::view::document::{self, Grant, KnownAt};
use crate::view::licence::{because, cause_story, event_story, nexts, office, one_line, reason, since};

/// Which rights are in force, since when, why, and what could move them next
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate license agi-2025\n  quorate license --at 2033-01-02 --json\n  \
    quorate license --why research-ip\n\n\
    --at tells what held, or will hold if nobody acts, by everything that the record shows today.\n\
    --known-at tells what the record showed then: not what was annulled or amended afterwards. With both, what held at \
    the one time as the record showed it at the other.")]
pub struct LicenseArgs {
    /// The agreement; may be left out where there is only one
    agreement: Option<String>,
    /// What is in force at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    at: Option<Instant>,
    /// By what the record showed at this time, instead of what it shows now; without --at, what held then
    #[arg(long, value_name = "TIME", value_parser = time::parse, conflicts_with = "certificate")]
    known_at: Option<Instant>,
    /// Tell one grant's whole story
    #[arg(long, value_name = "GRANT")]
    why: Option<Id>,
    /// Write a certificate: this answer with everything from which it follows, for somebody who has only the anchor
    #[arg(long, value_name = "FILE", conflicts_with = "why")]
    certificate: Option<PathBuf>,
}

/// Runs `license`.
///
/// # Errors
/// There is no such agreement or grant, or the log does not pass its audit.
pub fn run(context: &Context, args: &LicenseArgs) -> Result<Answer, CliError> {
    let record = Record::load(context, args.agreement.as_deref())?;
    let now = record.now(context);
    // What is certified is what the record shows, and no more.
    let default = if args.certificate.is_some() { record.shown_until().min(now) } else { now };
    let at = args.at.or(args.known_at).unwrap_or(default);
    let known = known(&record, args.known_at, now)?;
    let state = known.at(at.max(known.last)).into_owned();
    let licence = state.licence(at).ok_or_else(|| record.before_opening(at))?;
    let (mut page, mut json) = header(&record, &known, at, context.now());
    if let Some(known_at) = args.known_at {
        let from = known.size;
        let words = format!(
            "As the record showed it at {}, with {from} of its {} entries of today.",
            time::plain(known_at),
            record.state.size
        );
        page.line(Tone::Notice, &words);
        json.insert("known-at".to_owned(), json!(KnownAt { at: known_at, entries: from }));
    }
    if at > args.known_at.unwrap_or(now) {
        page.line(Tone::Notice, "A projection: what will be if nobody acts until then.");
    }
    json.insert("beyond-last-entry".to_owned(), json!(licence.beyond_last_entry));
    if let Some(name) = &args.why {
        let grant = licence.grants.iter().find(|grant| grant.grant.name == *name).ok_or_else(|| {
            let names = alternatives(licence.grants.iter().map(|grant| &grant.grant.name));
            CliError::usage(format!("there is no grant `{name}`; there are {names}"))
        })?;
        why(&mut page, &state, grant, at);
        json.insert("grants".to_owned(), json!([Grant::of(&state, grant)]));
        return Ok(Answer::done(page, Value::Object(json)));
    }
    page.blank();
    table(&mut page, &licence);
    if let Some(file) = &args.certificate {
        certificate::issue(&record, at, now, file)?;
        page.blank();
        page.line(Tone::Good, &format!("wrote the certificate {}", file.display()));
    }
    let mut document =
        document::Licence::of(&known, record.head, at).map(|it| document::fields(&it)).unwrap_or_default();
    // Not a certificate's business: it is no fact of the log.
    document.insert("read-only".to_owned(), json!(record.read_only));
    document.extend(json.remove_entry("known-at"));
    Ok(Answer::done(page, Value::Object(document)))
}

/// What the record showed at a time; what it shows now where none is asked for.
fn known(record: &Record, at: Option<Instant>, now: Instant) -> Result<Cow<'_, State>, CliError> {
    match at {
        None => Ok(Cow::Borrowed(&record.state)),
        Some(at) if at > now => Err(CliError::usage(format!(
            "--known-at {at} is still to come, here it is {now}: nobody knows what the record will show; ask with --at"
        ))),
        Some(at) => record.state_at(at).map(Cow::Owned),
    }
}

/// Every grant at a time, as a table.
pub fn page(page: &mut Page, state: &State, at: Instant) {
    if let Some(licence) = state.licence(at) {
        table(page, &licence);
    }
}

/// Every grant on a line, its further attributes below it.
fn table(page: &mut Page, licence: &Licence<'_>) {
    let rows = licence.grants.iter().flat_map(|grant| {
        grant.attributes.iter().enumerate().map(|(place, attribute)| {
            let name = match place {
                0 => grant.grant.name.to_string(),
                _ => format!("  {}", attribute.attribute.name),
            };
            row(name, attribute)
        })
    });
    page.table(&HEAD, rows.collect());
}

/// Only what the opening does not explain; says how many terms that is.
pub fn moved(page: &mut Page, licence: &Licence<'_>) -> usize {
    let attributes = licence.grants.iter().flat_map(|grant| {
        grant.attributes.iter().enumerate().map(move |(place, attribute)| (grant, place, attribute))
    });
    let moved = attributes.filter(|(_, _, attribute)| attribute.period.because != Because::Opening);
    let rows: Vec<_> = moved
        .map(|(grant, place, attribute)| {
            let name = match place {
                0 => grant.grant.name.to_string(),
                _ => format!("{}, {}", grant.grant.name, attribute.attribute.name),
            };
            row(name, attribute)
        })
        .collect();
    let count = rows.len();
    page.table(&HEAD, rows);
    count
}

const HEAD: [&str; 5] = ["grant", "status", "since, UTC", "because of", "moves with"];

fn row(name: String, attribute: &AttributeState<'_>) -> Vec<(String, Tone)> {
    vec![
        (name, Tone::Plain),
        (attribute.value.is.clone(), tone(attribute)),
        (since(&attribute.period), Tone::Plain),
        (because(&attribute.period.because), Tone::Plain),
        (nexts(attribute), Tone::Faint),
    ]
}

fn tone(attribute: &AttributeState<'_>) -> Tone {
    match attribute.period.because {
        Because::Opening => Tone::Plain,
        Because::Event(_) | Because::Instant(_) | Because::Amendment(_) => Tone::Notice,
        Because::Annulled(_) => Tone::Good,
    }
}

fn why(page: &mut Page, state: &State, grant: &GrantState<'_>, at: Instant) {
    let workflow = state.in_force_at(at).map_or(&state.workflow, |it| &it.workflow);
    let definition = grant.grant;
    page.title(&format!("{} ({})", definition.title, definition.name));
    let optional = [
        ("from", definition.from.as_ref().map(|from| office(state, from))),
        ("to", definition.to.as_ref().map(|to| office(state, to))),
        ("scope", definition.scope.clone()),
        ("clause", definition.clause.clone()),
        ("source", definition.source.clone()),
        ("our reading", definition.reading.clone()),
    ];
    page.fields(optional.into_iter().filter_map(|(name, value)| Some((name, one_line(&value?)))));
    for attribute in &grant.attributes {
        page.title(&format!("{}: {}", attribute.attribute.name, attribute.value.is));
        page.fields([
            ("since", time::from_now(attribute.period.since, at)),
            ("because", reason(state, &attribute.period.because)),
        ]);
        if let Some(reading) = &attribute.value.reading {
            page.fields([("our reading", one_line(reading))]);
        }
        for next in &attribute.next {
            page.line(
                Tone::Plain,
                &format!(
                    "It becomes “{}” with {}:",
                    next.value.is,
                    if next.all { "all of" } else { "the first of" }
                ),
            );
            for cause in &next.awaited {
                page.line(Tone::Plain, &format!("  {}", cause_story(workflow, cause)));
            }
            if let Some(reading) = &next.value.reading {
                page.fields([("our reading", one_line(reading))]);
            }
        }
        for back in attribute.undone_by() {
            let words = format!(
                "It rests on the event `{}`, which can be annulled, and the value is then derived anew, with:",
                back.rests_on
            );
            page.line(Tone::Plain, &words);
            page.line(Tone::Plain, &format!("  {}", event_story(workflow, back.by)));
        }
        if attribute.next.is_empty() && attribute.undone_by().next().is_none() {
            page.line(
                Tone::Plain,
                if definition.fixed { "Nothing moves it." } else { "Nothing moves it any further." },
            );
        }
    }
}
