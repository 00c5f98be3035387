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
use super::show::{Page, Tone, by_entry, facts, header, mark_json, time};
use crate::engine::State;
use crate::engine::event::Occurrence;
use crate::engine::licence::{AttributeState, Because, GrantState, Licence, Next, Period};
use crate::engine::refusal::alternatives;
use crate::log::Head;
use crate::values::{Id, Instant};
use crate::workflow::Workflow;
use crate::workflow::model::Cause;

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
    let now = context.now();
    // What is certified is what the record shows, and no more.
    let default = if args.certificate.is_some() { record.shown_until().min(now) } else { now };
    let at = args.at.or(args.known_at).unwrap_or(default);
    let known = known(&record, args.known_at, now)?;
    let state = known.at(at.max(known.last)).into_owned();
    let licence = state.licence(at).ok_or_else(|| record.before_opening(at))?;
    let (mut page, mut json) = header(&record, &known, at, now);
    if let Some(known_at) = args.known_at {
        let from = known.size;
        let words = format!(
            "As the record showed it at {}, with {from} of its {} entries of today.",
            time::plain(known_at),
            record.state.size
        );
        page.line(Tone::Notice, &words);
        json.insert("known-at".to_owned(), json!({ "at": known_at, "entries": from }));
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
        json.insert("grants".to_owned(), json!([grant_json(&state, grant)]));
        return Ok(Answer::done(page, Value::Object(json)));
    }
    page.blank();
    table(&mut page, &licence);
    if let Some(file) = &args.certificate {
        certificate::issue(&record, at, now, file)?;
        page.blank();
        page.line(Tone::Good, &format!("wrote the certificate {}", file.display()));
    }
    let mut document = document(&known, record.head, at).unwrap_or_default();
    // Not a certificate's business: it is no fact of the log.
    if let Value::Object(document) = &mut document {
        document.insert("read-only".to_owned(), mark_json(record.read_only));
        document.extend(json.remove_entry("known-at"));
    }
    Ok(Answer::done(page, document))
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

/// The whole answer for a machine: a function of the log up to `head` and of the time asked for alone. `None` before
/// the opening.
pub fn document(state: &State, head: Head, at: Instant) -> Option<Value> {
    let later = state.at(at);
    let licence = later.licence(at)?;
    let mut document = facts(state, head, at);
    document.insert("beyond-last-entry".to_owned(), json!(licence.beyond_last_entry));
    document.insert("grants".to_owned(), grants_json(&later, &licence));
    Some(Value::Object(document))
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

/// The day; where a date moved it and not an act, the hour matters as well.
fn since(period: &Period) -> String {
    let at = time::bare(period.since);
    match period.because {
        Because::Instant(_) => at,
        _ => at.chars().take(10).collect(),
    }
}

/// An instant as the workflow writes it, with spaces at which a narrow column can break it.
fn spaced(written: &str) -> String {
    let written = written.replace('T', " ");
    match written
        .char_indices()
        .rev()
        .find(|(place, letter)| *place > 10 && matches!(letter, '+' | '-' | 'Z'))
    {
        Some((place, _)) => {
            format!("{} {}", written.get(..place).unwrap_or(&written), written.get(place..).unwrap_or(""))
        }
        None => written,
    }
}

fn because(because: &Because) -> String {
    match because {
        Because::Opening => "opening".to_owned(),
        Because::Amendment(done) => format!("amendment{}", by_entry(Some(done.entry))),
        Because::Event(occurrence) => format!("{}{}", occurrence.event, by_entry(occurrence.why.entry)),
        Because::Instant(written) => spaced(written),
        Because::Annulled(occurrence) => {
            let by = occurrence.annulled.as_ref();
            let by = by.map_or_else(String::new, |by| format!(", {}{}", by.by, by_entry(by.why.entry)));
            format!("{} annulled{by}", occurrence.event)
        }
    }
}

fn nexts(attribute: &AttributeState<'_>) -> String {
    let causes = |next: &Next<'_>| {
        let causes: Vec<String> = next.causes.iter().map(|cause| cause_words(cause)).collect();
        causes.join(if next.all { " and " } else { " or " })
    };
    let mut each: Vec<String> = match attribute.next.as_slice() {
        [only] => vec![causes(only)],
        several => several.iter().map(|next| format!("{}: {}", next.value.is, causes(next))).collect(),
    };
    each.extend(attribute.back.map(|event| format!("back: {event}")));
    each.join("; ")
}

fn cause_words(cause: &Cause) -> String {
    match cause {
        Cause::Event(event) => event.to_string(),
        Cause::At(_, written) => spaced(written),
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
            for cause in &next.causes {
                page.line(Tone::Plain, &format!("  {}", cause_story(workflow, cause)));
            }
            if let Some(reading) = &next.value.reading {
                page.fields([("our reading", one_line(reading))]);
            }
        }
        if let Some(event) = attribute.back {
            page.line(Tone::Plain, "That event can be annulled, and the value is then derived anew, with:");
            page.line(Tone::Plain, &format!("  {}", event_story(workflow, event)));
        }
        if attribute.next.is_empty() && attribute.back.is_none() {
            page.line(
                Tone::Plain,
                if definition.fixed { "Nothing moves it." } else { "Nothing moves it any further." },
            );
        }
    }
}

fn office(state: &State, name: &Id) -> String {
    state.office(name).and_then(|office| office.title.clone()).unwrap_or_else(|| name.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn reason(state: &State, because: &Because) -> String {
    match because {
        Because::Opening => "so it was when the agreement was opened (entry 0)".to_owned(),
        Because::Amendment(done) => {
            let occasion =
                state.workflows.iter().find(|it| it.from == *done).and_then(|it| it.occasion.as_ref());
            let occasion = occasion.map_or_else(String::new, |occasion| format!(": {occasion}"));
            format!("the parties amended the workflow{}{occasion}", by_entry(Some(done.entry)))
        }
        Because::Instant(written) => format!("the instant {written} came"),
        Because::Event(occurrence) => story(state, occurrence),
        Because::Annulled(occurrence) => {
            let annulled = occurrence.annulled.as_ref();
            let by = annulled.map_or_else(String::new, |by| {
                format!(" by the event `{}`: {}{}", by.by, by.why.words, by_entry(by.why.entry))
            });
            format!("the event `{}` was annulled{by}", occurrence.event)
        }
    }
}

fn story(state: &State, occurrence: &Occurrence) -> String {
    let events = &state.workflow_of(&occurrence.case).events;
    let meaning = events.iter().find(|event| event.name == occurrence.event);
    let meaning = meaning.map_or_else(String::new, |event| format!(": {}", event.meaning));
    let ballot =
        occurrence.why.ballot.as_ref().map_or_else(String::new, |ballot| format!(" of the ballot {ballot}"));
    format!(
        "the event `{}` of {}{meaning}; by {}{ballot}{}",
        occurrence.event,
        occurrence.case,
        occurrence.why.words,
        by_entry(occurrence.why.entry)
    )
}

fn cause_story(workflow: &Workflow, cause: &Cause) -> String {
    match cause {
        Cause::At(_, written) => format!("the instant {written}"),
        Cause::Event(event) => event_story(workflow, event),
    }
}

fn event_story(workflow: &Workflow, event: &Id) -> String {
    let emitters = workflow.emitters(event);
    let emitters: Vec<String> =
        emitters.map(|(procedure, words)| format!("{words} in {procedure}")).collect();
    format!("the event `{event}`, from {}", emitters.join(", or "))
}

/// The licence as JSON: what `--json` prints under `grants`.
pub fn grants_json(state: &State, licence: &Licence<'_>) -> Value {
    licence.grants.iter().map(|grant| grant_json(state, grant)).collect()
}

fn grant_json(state: &State, grant: &GrantState<'_>) -> Value {
    let definition = grant.grant;
    let attributes = grant.attributes.iter().map(|attribute| {
        json!({
            "attribute": attribute.attribute.name,
            "value": attribute.value.is,
            "since": attribute.period.since,
            "because": because_json(state, &attribute.period),
            "reading": attribute.value.reading,
            "next": attribute.next.iter().map(next_json).collect::<Vec<_>>(),
            "back": attribute.back.map(|event| json!({ "event": event })),
        })
    });
    json!({
        "grant": definition.name,
        "title": definition.title,
        "from": definition.from,
        "to": definition.to,
        "scope": definition.scope,
        "clause": definition.clause,
        "source": definition.source,
        "reading": definition.reading,
        "fixed": definition.fixed,
        "attributes": attributes.collect::<Vec<_>>(),
    })
}

fn because_json(state: &State, period: &Period) -> Value {
    let occurrence = |occurrence: &Occurrence| {
        json!({
            "event": occurrence.event,
            "case": occurrence.case,
            "at": occurrence.at,
            "by": occurrence.why.words,
            "ballot": occurrence.why.ballot,
            "entry": occurrence.why.entry,
            "line": occurrence.why.line,
        })
    };
    match &period.because {
        Because::Opening => json!({ "opening": state.opened, "entry": 0 }),
        Because::Amendment(done) => json!({ "amendment": done.at, "entry": done.entry }),
        Because::Instant(written) => json!({ "instant": written }),
        Because::Event(event) => occurrence(event),
        Because::Annulled(event) => {
            let by = event.annulled.as_ref();
            let by = by
                .map(|by| json!({ "event": by.by, "at": by.at, "by": by.why.words, "entry": by.why.entry }));
            json!({ "annulled": occurrence(event), "by": by })
        }
    }
}

fn next_json(next: &Next<'_>) -> Value {
    let causes: Vec<Value> = next
        .causes
        .iter()
        .map(|cause| match cause {
            Cause::Event(event) => json!({ "event": event }),
            Cause::At(at, written) => json!({ "instant": at, "written": written }),
        })
        .collect();
    let how = if next.all { "all-of" } else { "first-of" };
    json!({ "value": next.value.is, how: causes })
}
