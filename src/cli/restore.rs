//! `restore`: an agreement rebuilt from an exported copy, and who says that it may go on.

use clap::Args;
use serde_json::json;

use super::answer::{self, Answer};
use super::context::Context;
use super::cosign::{self, Asking, Round};
use super::error::{CliError, Code};
use super::receipts;
use super::record::{audited_source, name_of, open_store};
use super::show::{Page, Tone, time, title, visible};
use super::source;
use crate::cosign::Fault;
use crate::engine::State;
use crate::log::tree::root;
use crate::registry::{RestoreError, Restored, StoreNodes, log_key, read_only, restore};
use crate::store::data::DataDir;
use crate::store::{ReadOnly, SledStore, Store as _};
use crate::values::{Digest, Span};

/// Rebuild an agreement from an exported copy of its log
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate init --data new --log-name log.example.org\n  quorate restore public --data new --anchor sha256:34759fbf…\n  quorate restore --accept-fork-risk agi-2025\n\n\
    Put your copy of `log.key` into the new data folder first: no export has it. The copy is audited. Nobody can see from a copy whether the log went on after it, and going on from an older\n\
    one would fork the log: so the agreement can only be read until a quorum of the policy's witnesses, who had seen\n\
    this log, say that they know no newer head. `restore` asks them, and `quorate cosign` asks them again.\n\
    --accept-fork-risk is for a log whose witnesses cannot be asked. Receipts that were given after the copy was made\n\
    would then contradict the log: an entry of the same number would be another one, and whoever holds such a receipt\n\
    can prove that the log has two histories. A witness that proves more, by the log's own signature, is final. One that\n\
    says so and proves nothing is overridden only by name, --despite-witness, for each: ask its operator first."
)]
pub struct RestoreArgs {
    /// The folder of an export, or the address at which it is served; with --server, an agreement
    #[arg(
        value_name = "DIR|URL|AGREEMENT",
        required_unless_present = "accept_fork_risk",
        conflicts_with = "accept_fork_risk"
    )]
    copy: Option<String>,
    /// The identity that the agreement must have
    #[arg(long, value_name = "DIGEST", conflicts_with = "accept_fork_risk")]
    anchor: Option<Digest>,
    /// Go on with this restored agreement, named exactly, though nobody says that the copy was the newest
    #[arg(long, value_name = "AGREEMENT")]
    accept_fork_risk: Option<String>,
    /// Accept it against this witness of the policy too, which says without proof that there was more; again for each
    #[arg(long, value_name = "NAME", requires = "accept_fork_risk")]
    despite_witness: Vec<String>,
    /// How long each witness has to answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time::span)]
    timeout: Span,
}

/// Runs `restore`.
///
/// # Errors
/// The copy does not pass its audit, the key is another one, the agreement is there, or storage fails.
pub fn run(context: &Context, args: &RestoreArgs) -> Result<Answer, CliError> {
    match (&args.copy, &args.accept_fork_risk) {
        (Some(name), None) => rebuild(context, args, name),
        (_, Some(name)) => accept(context, args, name),
        (None, None) => Err(CliError::usage("name the folder of an export")),
    }
}

fn rebuild(context: &Context, args: &RestoreArgs, name: &str) -> Result<Answer, CliError> {
    let (copy, named) = source::copy(context, name)?;
    // From here on it is the data folder that is worked on.
    let context = &Context { server: None, ..context.clone() };
    let data = context.data()?;
    let report = audited_source(&copy, args.anchor.or(named))?;
    if let Some(first) = report.findings.first() {
        return Err(CliError::Faults(format!(
            "the copy does not pass its audit: {first}; nothing was restored; run `quorate audit {name}` for all of it, and \
             take another copy"
        )));
    }
    let state = report.state.clone().ok_or_else(|| CliError::Faults("the log is empty".to_owned()))?;
    let key = log_key(data.log_name(), &state.agreement.name, &*data.log_seed()?)?;
    let store = data.open_store()?;
    free_name(&store, &state)?;
    let blob = |digest: &Digest| copy.blob(digest);
    let restored = restore(&store, &copy, &report, &state, &key, context.now(), &blob);
    let restored = restored.map_err(restore_error)?;
    drop(store);
    let round = asked(context, args, &state)?;
    Ok(told(&state, report.anchor_checked, &restored, &round))
}

fn restore_error(error: RestoreError) -> CliError {
    match error {
        RestoreError::There { .. } | RestoreError::Key { .. } => CliError::usage(error.to_string()),
        RestoreError::Store(error) => error.into(),
        RestoreError::Source(error) => error.into(),
        other => CliError::Storage(other.to_string()),
    }
}

/// One name, one log: as for opening.
fn free_name(store: &SledStore, state: &State) -> Result<(), CliError> {
    for anchor in store.agreements()? {
        let same = name_of(store, anchor)?.is_some_and(|name| name == state.agreement.name);
        if same && anchor != state.agreement.anchor {
            return Err(CliError::usage(format!(
                "this data folder has another agreement named {}, {anchor}: restore into a new data folder",
                state.agreement.name
            )));
        }
    }
    Ok(())
}

/// Asks the witnesses whether the head is the newest that they know; `None` where that cannot be asked now.
fn asked(context: &Context, args: &RestoreArgs, state: &State) -> Result<Round, CliError> {
    let name = state.agreement.anchor.to_string();
    Asking::new(context, Some(&name), args.timeout)?.round()
}

fn told(state: &State, anchor_checked: bool, restored: &Restored, round: &Round) -> Answer {
    let mut page = Page::default();
    title(&mut page, &state.workflow);
    let again = if restored.before > 0 {
        format!(" ({} were there of an attempt that was interrupted)", restored.before)
    } else {
        String::new()
    };
    page.line(Tone::Good, &format!("restored {} entries{again}", round.head.size));
    let identity = if anchor_checked { "" } else { "; identity not checked: give --anchor" };
    page.fields([
        ("agreement", format!("{}{identity}", state.agreement)),
        ("head", format!("{} entries, root {}", round.head.size, round.head.root)),
        ("documents", documents(restored)),
        ("cosigned heads", restored.checkpoints.to_string()),
    ]);
    for (digest, altered) in &restored.altered {
        page.line(
            Tone::Bad,
            &format!(
                "altered: instead of the document `{}` of entry {}, {digest}, the copy has {}; keep that copy, it speaks \
                 against whoever gave it, and ask the parties for the document",
                altered.name,
                altered.entry,
                visible(&altered.instead)
            ),
        );
    }
    for (size, witness) in &restored.future {
        page.line(
            Tone::Bad,
            &format!(
                "left out: a cosignature of {size} entries by {} from the future: its clock was wrong, or this one is",
                visible(witness)
            ),
        );
    }
    cosign::witnesses(&mut page, &round.answers);
    page.blank();
    let open = last_word(&mut page, state, round);
    cosign::files(&mut page, &round.evidence);
    let json = json!({
        "agreement": state.agreement,
        "anchor-checked": anchor_checked,
        "head": round.head,
        "documents": restored.blobs,
        "absent": restored.absent,
        "altered": restored.altered.iter().map(|(digest, it)| json!({
            "document": digest, "entry": it.entry, "name": it.name, "instead": it.instead,
        })).collect::<Vec<_>>(),
        "cosigned-heads": restored.checkpoints,
        "from-the-future": restored.future.iter().map(|(size, name)| json!({ "size": size, "witness": name })).collect::<Vec<_>>(),
        "writable": open,
        "witnesses": cosign::document(round, open).get("witnesses"),
        "evidence": round.evidence.iter().map(|path| answer::path(path)).collect::<Vec<_>>(),
    });
    let whole = round.evidence.is_empty() && restored.altered.is_empty();
    let code = if whole { Code::Done } else { Code::Faults };
    Answer { text: page.into_text(), json, code }
}

fn documents(restored: &Restored) -> String {
    match restored.absent.len() {
        0 => restored.blobs.to_string(),
        absent => format!(
            "{}; {absent} that entries name are not in the copy: erased, or never copied",
            restored.blobs
        ),
    }
}

/// Whether the agreement takes statements, and if not, why.
fn last_word(page: &mut Page, state: &State, round: &Round) -> bool {
    if let Some(kept) = &round.kept {
        cosign::released(page, round, kept);
        kept.read_only.is_none()
    } else {
        page.line(Tone::Bad, &cosign::unreleased(state, ReadOnly::Restored));
        false
    }
}

/// The operator's word, against which the receipts and any witness that proves more stand.
fn accept(context: &Context, args: &RestoreArgs, name: &str) -> Result<Answer, CliError> {
    let data = context.data()?;
    let (store, anchor) = open_store(context, Some(name))?;
    let exact = name_of(&store, anchor)?.is_some_and(|known| known == name);
    if !exact {
        return Err(CliError::usage(format!("name the agreement exactly as it is called, not `{name}`")));
    }
    is_restored(&store, &anchor, name)?;
    drop(store);
    let round = Asking::new(context, Some(name), args.timeout)?.round()?;
    let mut page = Page::default();
    title(&mut page, &round.state.workflow);
    cosign::witnesses(&mut page, &round.answers);
    let overridden = overridden(args, name, &round)?;
    if !released(&round) {
        let store = data.open_store()?;
        // Others had the store while the witnesses were asked: what is accepted is this copy, and no fork found since.
        is_restored(&store, &anchor, name)?;
        if store.head(&anchor)?.map(|stored| stored.head) != Some(round.head) {
            return Err(CliError::Faults(format!(
                "{name} has changed while the witnesses were asked: nothing was accepted; try again"
            )));
        }
        agree_with_receipts(&data, &store, &round.state)?;
        store.set_read_only(&anchor, None)?;
    }
    page.blank();
    let words = if released(&round) {
        "No risk was needed: a quorum that knew this log says that this is its newest head."
    } else {
        "Accepted: should the log have gone on after this copy, it is forked by the next entry, and whoever holds a \
         receipt from then can prove it."
    };
    page.line(Tone::Notice, words);
    for witness in &overridden {
        page.line(Tone::Notice, &format!("Against the word of the witness {}.", visible(witness)));
    }
    page.line(Tone::Good, &format!("{name} takes statements again, from entry {} on.", round.head.size));
    let json = json!({ "agreement": round.state.agreement, "head": round.head, "writable": true, "despite": overridden });
    Ok(Answer::done(page, json))
}

/// Only the mark of a restored copy can be taken away.
fn is_restored(store: &SledStore, anchor: &Digest, name: &str) -> Result<(), CliError> {
    match store.read_only(anchor)? {
        Some(ReadOnly::Restored) => Ok(()),
        Some(why) => Err(CliError::Faults(read_only(Some(&parsed(name)?), why))),
        None => Err(CliError::usage(format!("{name} takes statements already: there is nothing to accept"))),
    }
}

/// The witnesses against whose mere word the operator goes on, each of which was named.
fn overridden(args: &RestoreArgs, agreement: &str, round: &Round) -> Result<Vec<String>, CliError> {
    let witnesses: Vec<String> = round.answers.iter().map(|it| it.witness.name.to_string()).collect();
    if let Some(unknown) = args.despite_witness.iter().find(|name| !witnesses.contains(name)) {
        return Err(CliError::usage(format!(
            "--despite-witness {unknown}: the policy has no witness of that name that was asked; it has {}",
            if witnesses.is_empty() { "none".to_owned() } else { witnesses.join(", ") }
        )));
    }
    let mut overridden = Vec::new();
    for answer in &round.answers {
        let name = answer.witness.name.to_string();
        match &answer.outcome {
            Err(fault) if fault.proof().is_some() => return Err(refused(&name, fault, round)),
            Err(fault) if fault.claims() && !released(round) => {
                if !args.despite_witness.contains(&name) {
                    return Err(CliError::Faults(format!(
                        "the witness {name} contradicts this copy: {fault}. Where its operator says that this is a mistake, \
                         accept the risk against its word by name: `quorate restore --accept-fork-risk {agreement} \
                         --despite-witness {name}`"
                    )));
                }
                overridden.push(name);
            }
            _ => {}
        }
    }
    Ok(overridden)
}

fn released(round: &Round) -> bool {
    round.kept.as_ref().is_some_and(|kept| kept.released)
}

fn parsed(name: &str) -> Result<crate::values::Id, CliError> {
    name.parse().map_err(|error: crate::values::ValueError| CliError::usage(error.to_string()))
}

fn refused(witness: &str, fault: &Fault, round: &Round) -> CliError {
    let files: Vec<String> = round.evidence.iter().map(|path| path.display().to_string()).collect();
    let evidence =
        if files.is_empty() { String::new() } else { format!("; kept as evidence: {}", files.join(", ")) };
    CliError::Faults(format!(
        "the witness {witness} contradicts this copy, and proves it, so nobody can accept the risk: {fault}{evidence}; \
         restore a newer copy into a new data folder"
    ))
}

/// Receipts of this folder are the log's own word as well.
fn agree_with_receipts(data: &DataDir, store: &SledStore, state: &State) -> Result<(), CliError> {
    let Ok(key) = state.log.vkey.parse() else { return Ok(()) };
    let nodes = StoreNodes { store, anchor: &state.agreement.anchor };
    receipts::check(&receipts::folder(data.root(), &state.agreement.name), &key, state.size, |size| {
        root(size, &nodes).map_err(|error| CliError::Storage(error.to_string()))
    })
}
