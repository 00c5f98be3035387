use std::path::PathBuf;

use serde_json::json;

use super::candidates;
use crate::cli::answer::Answer;
use crate::cli::check::{CheckArgs, Known, log_key};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::given::Given;
use crate::cli::show::{Page, Tone, in_words, statement as words, time};
use crate::statement::{Checked, Envelope, PublicKey, Refused};
use crate::values::{Digest, Instant};
use crate::workflow::model::Nature;

/// Checks a refusal: that the log has signed it, and of which statement it is.
///
/// # Errors
/// No key is known, or the statement that is named cannot be read.
pub fn check(context: &Context, given: &Given, args: &CheckArgs) -> Result<Answer, CliError> {
    let note = &given.bytes;
    // What is no refusal needs no key to be told so.
    if let Err(error) = Refused::parse(note) {
        return Ok(faulty(&error.to_string()));
    }
    let known = log_key(args, given)?;
    let refused = match Refused::open(note, &known.key) {
        Ok(refused) => refused,
        Err(error) => return Ok(faulty(&error.to_string())),
    };
    let anchors = args.anchor.into_iter().chain(known.agreement.as_ref().map(|it| it.anchor));
    if let Some(other) = anchors.into_iter().find(|anchor| *anchor != refused.agreement.anchor) {
        let found = refused.agreement.anchor;
        let fault = format!("it is of the agreement {found}, not of {other}: another one, whatever its name");
        return Ok(faulty(&fault));
    }
    let named: Vec<PathBuf> = args.statement.clone().into_iter().collect();
    let envelopes = candidates(given.file.as_deref(), &named, &refused)?;
    let digest = |envelope: &Envelope| Digest::of(envelope.statement.as_bytes());
    if let (Some(file), Some(other)) = (&args.statement, envelopes.first())
        && digest(other) != refused.statement
    {
        let what = file.display();
        return Ok(faulty(&format!(
            "it refuses the statement {}, and {what} is {}",
            refused.statement,
            digest(other)
        )));
    }
    let nature = known.nature(context, refused.agreement.anchor);
    Ok(passed(&refused, args, &known, &envelopes, nature, context.now()))
}

fn passed(
    refused: &Refused,
    args: &CheckArgs,
    known: &Known,
    envelopes: &[Envelope],
    nature: Option<Nature>,
    now: Instant,
) -> Answer {
    let Refused { agreement, statement, envelope, time: at, head, rule, why, instead } = refused;
    let sent = envelopes.iter().find(|envelope| refused.is_of(envelope));
    let mut page = Page::default();
    page.nature(nature);
    page.line(Tone::Good, "The refusal passes: the log has signed that it turned this statement away.");
    page.fields([
        ("log key", format!("{} ({})", known.key, known.from)),
        ("agreement", agreement.to_string()),
        ("statement", statement.to_string()),
        ("refused", time::from_now(*at, now)),
        ("after", in_words(head)),
        ("rule", rule.to_string()),
        ("why", why.clone()),
        ("instead", instead.clone()),
    ]);
    if args.anchor.is_some() && !known.given {
        page.line(
            Tone::Notice,
            "The anchor agrees, but the log's key came with the refusal: anybody can write both. Give --log-key.",
        );
    }
    match sent.map(|envelope| envelope.check().map_err(|error| error.to_string())) {
        Some(Ok(checked)) => said(&mut page, &checked),
        Some(Err(error)) => {
            page.blank();
            page.line(Tone::Plain, &format!("What was submitted does not pass by itself: {error}."));
        }
        None if args.statement.is_some() => {
            page.blank();
            page.line(
                Tone::Notice,
                "It is this statement, which was submitted with other signatures than those that are beside it.",
            );
        }
        None => {}
    }
    page.blank();
    page.line(
        Tone::Faint,
        "A refusal shows that the log turned the statement away, when, and for which reason. Whether the rules refuse \
         it is what `quorate audit --against` with this file replays.",
    );
    let compared = args.statement.is_some() || sent.is_some();
    Answer::done(
        page,
        json!({
            "passes": true,
            "refusal": {
                "agreement": agreement, "statement": statement, "envelope": envelope, "time": at, "head": head,
                "rule": rule, "why": why, "instead": instead,
            },
            "log-key": known.key.to_string(), "key-from": known.from,
            "statement-checked": compared, "signatures-checked": sent.is_some(),
            "anchor": agreement.anchor, "anchor-checked": args.anchor.is_some() && known.given,
        }),
    )
}

fn said(page: &mut Page, checked: &Checked) {
    page.title("What was refused");
    let signers: Vec<String> = checked.signers().iter().map(PublicKey::fingerprint).collect();
    let mut fields = words::fields(checked.statement());
    fields.push(("signed with", signers.join(", ")));
    page.fields(fields);
}

fn faulty(fault: &str) -> Answer {
    let mut page = Page::default();
    page.line(Tone::Bad, &format!("The refusal does not pass: {fault}."));
    Answer::faults(page, json!({ "passes": false, "fault": fault }))
}
