//! Licence certificates: `license --certificate` issues one, `check` replays it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::answer::Answer;
use super::audit::seen_again;
use super::error::CliError;
use super::given::Given;
use super::license;
use super::parcel::write_new;
use super::record::Record;
use super::show::{Page, Tone, in_words, late, time, title, workflow_at};
use crate::audit::{
    Certificate, GatherError, NotCertified, Report, SLACK, Witnessed, audit, audit_against, may_certify,
    shown_until, witnessed,
};
use crate::engine::State;
use crate::log::{Checkpoint, Cosignature, Note};
use crate::registry::read_only;
use crate::values::{Digest, Instant};
use crate::view::document::{self, Licence};

/// Writes a certificate of the licence state at `at`, which is neither after `now` nor later than the record tells.
///
/// # Errors
/// The store is proven not to be the log's newest or only history, the instant is still to come, nothing shows what happened by then, or the file cannot be written.
pub fn issue(record: &Record, at: Instant, now: Instant, file: &Path) -> Result<(), CliError> {
    let may = may_certify(&record.state, &record.times, record.read_only, at, now);
    may.map_err(|why| not_certified(record, why))?;
    let answer = Licence::of(&record.state, record.head, at).ok_or_else(|| record.before_opening(at))?;
    let source = record.source();
    let (size, checkpoint) = (record.head.size, record.checkpoint.clone());
    let certificate = Certificate::gather(&*source, size, checkpoint, document::value(&answer), u64::MAX);
    let certificate = certificate.map_err(|error| match error {
        GatherError::Source(error) => error.into(),
        changed @ (GatherError::Changed(_) | GatherError::TooLong { .. }) => {
            CliError::Faults(changed.to_string())
        }
    })?;
    let text = certificate.to_text().map_err(|error| CliError::Storage(error.to_string()))?;
    write_new(file, text.as_bytes())
}

fn not_certified(record: &Record, why: NotCertified) -> CliError {
    let words = match why {
        NotCertified::Proven(why) => {
            let why = read_only(Some(&record.state.agreement.name), why);
            return CliError::Faults(format!("{why}; no certificate is issued from it"));
        }
        NotCertified::Beyond { witnessed: Witnessed::At(_) | Witnessed::NoQuorum, .. } => {
            "; leave --at out, or have the policy's witnesses cosign this head first"
        }
        NotCertified::Beyond { .. } | NotCertified::ToCome(_) => "; leave --at out",
    };
    CliError::usage(format!("{why}{words}"))
}

/// Replays a certificate, compares its answer with what follows, and its log with signed checkpoints that were `kept`; where
/// a server was asked for it, also with what was seen of that before, to which it is added.
///
/// # Errors
/// It cannot be replayed at all, or what was seen before cannot be read.
pub fn check(
    given: &Given,
    anchor: Option<Digest>,
    mut kept: Vec<String>,
    now: Instant,
) -> Result<Answer, CliError> {
    let certificate = match Certificate::parse(&given.bytes) {
        Ok(certificate) => certificate,
        Err(error) => return Ok(faulty(&error.to_string())),
    };
    let served = given.served.as_ref();
    let seen = served.map_or(Ok(Vec::new()), |served| served.seen.checkpoints())?;
    kept.extend(seen.iter().map(|seen| seen.note.clone()));
    let anchor = anchor.or(served.and_then(|served| served.known));
    let report = audit(&certificate, anchor, &mut |_, _| {})?;
    if let Some(first) = report.causes().next() {
        return Ok(faulty(&format!("its log does not pass: {first}")));
    }
    let mut report = match kept.as_slice() {
        [] => report,
        // Apart from the first, which tells what is wrong with the certificate alone.
        kept => audit_against(&certificate, anchor, kept, &mut |_, _| {})?,
    };
    if let Some(served) = served {
        seen_again(served, &seen, &report)?;
    }
    if let Some(first) = report.causes().next() {
        return Ok(faulty(&format!("what you kept contradicts it: {first}")));
    }
    let early = drop_times_to_come(&certificate, &mut report, now);
    let fault = compare(&certificate.answer, &report, now);
    match (fault, &report.state) {
        (None, Some(_)) => Ok(passed(&certificate.answer, &report, early, now)),
        (Some(fault), Some(_)) if early > 0 => Ok(faulty(&format!("{fault} ({})", to_come(early, now)))),
        (fault, _) => Ok(faulty(&fault.unwrap_or_else(|| "its log is empty".to_owned()))),
    }
}

/// Takes no word of witnesses for a time that is still to come, give or take [`SLACK`]: whoever signs ahead of the clock
/// says nothing of what happens by then. Gives how many have.
fn drop_times_to_come(certificate: &Certificate, report: &mut Report, now: Instant) -> usize {
    let Some(policy) = report.state.as_ref().and_then(|state| state.witnesses.as_deref()) else { return 0 };
    let notes = std::iter::once(&certificate.checkpoint).chain(&certificate.checkpoints);
    // They have passed the audit: whoever states this head signed it.
    let of_head = notes.filter_map(|note| {
        let note = Note::parse(note.as_bytes()).ok()?;
        let checkpoint: Checkpoint = note.unverified_text().parse().ok()?;
        (checkpoint.head == report.head).then_some(note)
    });
    let (latest, mut newest, mut early) = (now.plus(SLACK), None, BTreeSet::new());
    for note in of_head {
        let Ok(support) = policy.support(&note) else { continue };
        let ahead = |times: &BTreeSet<Cosignature>| times.iter().any(|it| it.time() > latest);
        let signed_ahead = support.witnesses().enumerate().filter(|(_, (_, times))| ahead(times));
        early.extend(signed_ahead.map(|(place, _)| place));
        newest = newest.max(support.newest_where(|it| it.time() <= latest).map(Cosignature::time));
    }
    report.times.newest_at = newest;
    early.len()
}

fn to_come(witnesses: usize, now: Instant) -> String {
    let who =
        if witnesses == 1 { "one witness has".to_owned() } else { format!("{witnesses} witnesses have") };
    format!(
        "{who} cosigned its head at a time that is still to come, here it is {now}: such a cosignature does not count"
    )
}

/// What is wrong with the answer, if anything.
fn compare(answer: &Value, report: &Report, now: Instant) -> Option<String> {
    let at: Option<Instant> = answer.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok());
    let Some(at) = at else { return Some("its answer does not say of which time it is".to_owned()) };
    if at > now {
        return Some(format!("its answer is of {at}, which is still to come: that is a projection"));
    }
    let state = report.state.as_ref()?;
    let shown = shown_until(state, &report.times);
    if at > shown {
        return Some(format!(
            "its answer is of {at}, and its log shows nothing after {shown}: that is a projection"
        ));
    }
    let Some(follows) = Licence::of(state, report.head, at) else {
        return Some(format!("its answer is of {at}, before the agreement was opened"));
    };
    let follows = document::value(&follows);
    if follows == *answer {
        return None;
    }
    let grants =
        |document: &Value| document.get("grants").and_then(Value::as_array).cloned().unwrap_or_default();
    let differing = grants(&follows).into_iter().zip(grants(answer)).find(|(here, there)| here != there);
    let grant = differing.and_then(|(here, _)| Some(format!("`{}`", here.get("grant")?.as_str()?)));
    let where_ = grant.unwrap_or_else(|| "what stands above the grants".to_owned());
    Some(format!("its answer is not what follows from its own log: {where_} differs"))
}

fn passed(answer: &Value, report: &Report, early: usize, now: Instant) -> Answer {
    let mut page = Page::default();
    let at = answer.get("at").and_then(Value::as_str).unwrap_or_default();
    page.line(
        Tone::Good,
        &format!("The certificate passes: as of head {}, this is in force at {at}.", report.head.size),
    );
    if let Some(state) = &report.state {
        title(&mut page, workflow_at(state, at.parse().unwrap_or(state.last)));
        let anchor =
            if report.anchor_checked { "compared with yours" } else { "identity not checked: give --anchor" };
        let mut fields = vec![
            ("agreement", state.agreement.to_string()),
            ("anchor", anchor.to_owned()),
            ("head", in_words(&report.head)),
            ("as of", as_of(state, report)),
            ("last entry", time::from_now(state.last, now)),
            ("signatures", format!("{} checked", report.signatures)),
        ];
        fields.extend(late(&report.times).map(|late| ("shown late", late)));
        page.fields(fields);
        if early > 0 {
            page.line(Tone::Notice, &format!("To be told: {}.", to_come(early, now)));
        }
        if let Some(licence) = at.parse().ok().map(|at| (state.at(at), at)) {
            page.blank();
            license::page(&mut page, &licence.0, licence.1);
        }
    }
    page.blank();
    page.line(
        Tone::Faint,
        match report.times.newest_at {
            Some(_) => {
                "It shows what follows from the log up to this head. It cannot show what was added later, what had come \
                 before that time and nobody had shown the witnesses yet, that nobody was turned away, or that entries \
                 did not come later than they say."
            }
            None => {
                "It shows what follows from the log up to this head. It cannot show that the head was the newest at \
                 that time, that nobody was turned away, or that the log's times are right."
            }
        },
    );
    let head = json!(report.head);
    Answer::done(
        page,
        json!({
            "passes": true, "head": head, "as-of": report.times.newest_at, "times": report.times,
            "signed-ahead": early,
            "anchor-checked": report.anchor_checked, "answer": answer,
        }),
    )
}

/// As of when nobody had shown the witnesses more than what the answer follows from.
fn as_of(state: &State, report: &Report) -> String {
    let head = report.head.size;
    match witnessed(state, &report.times) {
        Witnessed::At(at) => format!(
            "{}: a quorum of its witnesses had been shown no newer head than {head} then",
            time::plain(at)
        ),
        Witnessed::NoQuorum => {
            format!(
                "head {head} alone: the policy's quorum has not cosigned it, so there may have been a newer one"
            )
        }
        Witnessed::Nobody => {
            format!("head {head} alone: the agreement names no witnesses, so there may have been a newer one")
        }
    }
}

fn faulty(fault: &str) -> Answer {
    let mut page = Page::default();
    page.line(Tone::Bad, &format!("The certificate does not pass: {fault}."));
    Answer::faults(page, json!({ "passes": false, "fault": fault }))
}
