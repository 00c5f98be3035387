//! `cosign`: the policy's witnesses are asked to cosign the log's head.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::context::Context;
use super::error::{CliError, Code, not_replaced};
use super::record::{audited, open_store};
use super::show::{Page, Tone, entries, in_words, time, title, visible};
use crate::cosign::{
    Answer as Answered, Evidence, Fault, KeepError, Kept, Proof, Sizes, Subject, SubjectError, collect, keep,
    known_sizes,
};
use crate::engine::State;
use crate::log::Head;
use crate::registry::read_only;
use crate::store::data::DataDir;
use crate::store::{ReadOnly, SledStore, Store as _, StoreError};
use crate::values::Span;

/// Ask the policy's witnesses to cosign the log's head, and keep what they answer
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate cosign && quorate export public\n  quorate cosign --every 1h\n\n\
    A cosignature says that at its time this head was the newest that the witness had seen: it bounds the times of the\n\
    entries, and shows a log that forks. The newest of each witness stands under the head's checkpoint, in receipts\n\
    and in exports.\n\
    Exit code 0: the policy's quorum has cosigned the head; 1: it has not, a witness shows that the log has forked,\n    or nobody is asked who can say that a restored agreement may go on."
)]
pub struct CosignArgs {
    /// The agreement, by name or anchor; may be left out where there is only one
    agreement: Option<String>,
    /// How long each witness has to answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time::span)]
    timeout: Span,
    /// Stay, and ask again after this time, for the same head too; submissions go on beside it
    #[arg(long, value_name = "TIME", value_parser = time::span)]
    every: Option<Span>,
    /// Answer with exit code 0 whether or not the quorum has cosigned
    #[arg(long)]
    without_quorum: bool,
}

/// How often a store that another command has open is asked for, each time for two seconds.
const PATIENCE: u32 = 15;

/// The longest time that a witness may be given.
pub const LONGEST: u64 = 600;

/// Runs `cosign`.
///
/// # Errors
/// There is no such agreement, its log does not pass its audit, or storage fails.
pub fn run(context: &Context, args: &CosignArgs) -> Result<Answer, CliError> {
    let mut asking = Asking::new(context, args.agreement.as_deref(), args.timeout)?;
    let Some(every) = args.every else {
        return Ok(told(&asking.round()?, args.without_quorum));
    };
    if every.seconds() == 0 {
        return Err(CliError::usage("--every takes a time of a second or more, such as 1h"));
    }
    loop {
        match asking.round() {
            Ok(round) => {
                let answer = told(&round, args.without_quorum);
                if forked(&round) {
                    return Ok(answer);
                }
                let text =
                    if context.json { format!("{}\n", answer.json) } else { format!("{}\n", answer.text) };
                super::write(&text)
                    .map_err(|error| CliError::Storage(format!("the answer cannot be written: {error}")))?;
            }
            // Somebody may mend it meanwhile: a full disk, a store in use. A store that may have lost a write is read
            // anew by another process.
            Err(error @ (CliError::Storage(_) | CliError::File { .. })) if !asking.lost => {
                let mut page = Page::default();
                page.line(Tone::Bad, &format!("error: {error}; asking again in {every}"));
                super::tell(page)?;
            }
            Err(error) => return Err(error),
        }
        thread::sleep(Duration::from_secs(every.seconds()));
    }
}

/// What is asked again and again of one agreement's witnesses.
pub struct Asking<'a> {
    context: &'a Context,
    data: DataDir,
    agreement: Option<String>,
    timeout: Duration,
    /// What the witnesses are known to have cosigned.
    sizes: Option<Sizes>,
    /// The head that was audited last, with the state after it: one that has not changed is not audited again.
    audited: Option<(Head, State)>,
    /// Whether a write may be lost, after which this process has nothing more to do with the store.
    lost: bool,
}

/// What came of one round.
pub struct Round {
    /// The state after the head's last entry.
    pub state: State,
    /// The head that the witnesses were shown.
    pub head: Head,
    /// What they answered.
    pub answers: Vec<Answered>,
    /// What was kept; `None` where there is nobody to ask.
    pub kept: Option<Kept>,
    /// Why nothing may be added to the agreement, where there is nobody to ask.
    marked: Option<ReadOnly>,
    /// Files with what proves that the log has forked.
    pub evidence: Vec<PathBuf>,
}

impl<'a> Asking<'a> {
    /// Prepares to ask the witnesses of an agreement.
    ///
    /// # Errors
    /// There is no data folder, or the time is too long.
    pub fn new(context: &'a Context, agreement: Option<&str>, timeout: Span) -> Result<Self, CliError> {
        let seconds = timeout.seconds();
        if !(1..=LONGEST).contains(&seconds) {
            return Err(CliError::usage(format!("--timeout takes 1 to {LONGEST} seconds, such as 10s")));
        }
        Ok(Self {
            context,
            data: context.data()?,
            agreement: agreement.map(str::to_owned),
            timeout: Duration::from_secs(seconds),
            sizes: None,
            audited: None,
            lost: false,
        })
    }

    /// Asks once. The data folder is needed before and after, and is let go while the network answers.
    ///
    /// # Errors
    /// There is no such agreement, its log does not pass its audit, or storage fails.
    pub fn round(&mut self) -> Result<Round, CliError> {
        let (store, anchor) = open_store(self.context, self.agreement.as_deref())?;
        let state = self.state(&store, anchor)?;
        let subject = Subject::of(&store, &state).map_err(subject_error)?;
        let head = subject.head;
        let policy = state.witnesses.clone().filter(|policy| policy.witnesses().any(|it| it.url.is_some()));
        let Some(policy) = policy else {
            let marked = store.read_only(&anchor)?;
            return Ok(Round { state, head, answers: Vec::new(), kept: None, marked, evidence: Vec::new() });
        };
        if self.sizes.is_none() {
            self.sizes = Some(known_sizes(&store, &anchor, &policy)?);
        }
        let sizes = self.sizes.get_or_insert_default();
        let clock = self.context.clock();
        let mut answers = collect(&subject, &policy, sizes, &*clock, self.timeout);
        let asked = subject.asked();
        drop(store);
        let store = open_patiently(&self.data)?;
        let folder = self.data.root().join("evidence").join(state.agreement.name.as_str());
        let own = asked.checkpoint().to_string();
        let mut evidence = Ok(Vec::new());
        let mut write = |proofs: &[Proof]| evidence = write_evidence(&folder, &own, proofs);
        let kept = keep(&store, &asked, &policy, &mut answers, &mut write);
        let kept = kept.map_err(|error| match error {
            KeepError::Store(error) => {
                self.lost = error.is_fatal();
                error.into()
            }
            other => CliError::Faults(other.to_string()),
        })?;
        drop(store);
        // Told only now: the mark does not wait for a disk that has room.
        Ok(Round { state, head, answers, kept: Some(kept), marked: None, evidence: evidence? })
    }

    fn state(&mut self, store: &SledStore, anchor: crate::values::Digest) -> Result<State, CliError> {
        let head = store.head(&anchor)?.map(|stored| stored.head);
        if let Some((_, state)) = self.audited.as_ref().filter(|(known, _)| Some(*known) == head) {
            return Ok(state.clone());
        }
        let report = audited(store, anchor, None)?;
        if let Some(first) = report.findings.first() {
            return Err(CliError::Faults(format!(
                "the log does not pass its audit: {first}; no witness is shown it; run `quorate audit` for all of it"
            )));
        }
        let state = report.state.ok_or_else(|| CliError::Faults("the log is empty".to_owned()))?;
        self.audited = Some((report.head, state.clone()));
        Ok(state)
    }
}

/// Keeps what proves a fork, each proof beside the checkpoint that is here; the files.
fn write_evidence(folder: &Path, own: &str, proofs: &[Proof]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for proof in proofs {
        let [kept, shown] = Evidence { kept: own, shown: &proof.note }.write(folder).map_err(not_replaced)?;
        files.extend([shown, kept]);
    }
    Ok(files)
}

fn subject_error(error: SubjectError) -> CliError {
    match error {
        SubjectError::Store(error) => error.into(),
        other => CliError::Faults(other.to_string()),
    }
}

/// Opens the store for writing, however busy others keep it for a while: what was collected would be lost.
fn open_patiently(data: &DataDir) -> Result<SledStore, CliError> {
    let mut left = PATIENCE;
    loop {
        match data.open_store() {
            Err(StoreError::Busy { .. }) if left > 0 => left -= 1,
            other => return Ok(other?),
        }
    }
}

/// What one round brought, for a person and for a machine.
fn told(round: &Round, without_quorum: bool) -> Answer {
    let Round { state, head, answers, evidence, .. } = round;
    let mut page = Page::default();
    title(&mut page, &state.workflow);
    page.fields([("agreement", state.agreement.to_string()), ("head", in_words(head))]);
    witnesses(&mut page, answers);
    page.blank();
    let met = verdict(&mut page, round);
    files(&mut page, evidence);
    let contradicted = answers.iter().any(|it| it.outcome.as_ref().is_err_and(Fault::contradicts));
    // Where witnesses are relied on, their quorum is what was asked for.
    let relies = state.witnesses.as_ref().is_some_and(|policy| policy.asks_witnesses());
    let done = met && (relies || read_only_by(round).is_none());
    let code =
        if !contradicted && !forked(round) && (done || without_quorum) { Code::Done } else { Code::Faults };
    Answer { text: page.into_text(), json: document(round, met), code }
}

/// Whether it is known that nothing may be added to this store, whatever witnesses answer.
fn forked(round: &Round) -> bool {
    read_only_by(round).is_some_and(ReadOnly::is_proven)
}

/// Why nothing may be added to the agreement, after this round.
fn read_only_by(round: &Round) -> Option<ReadOnly> {
    round.kept.as_ref().map_or(round.marked, |kept| kept.read_only)
}

/// The table of witnesses, and under it why any has not cosigned.
pub fn witnesses(page: &mut Page, answers: &[Answered]) {
    if answers.is_empty() {
        return;
    }
    page.blank();
    let row = |answer: &Answered| {
        let (told, tone, at) = match &answer.outcome {
            Ok(given) => ("cosigned", Tone::Good, time::bare(given.at.time())),
            Err(_) => ("did not", Tone::Bad, "-".to_owned()),
        };
        vec![
            (answer.witness.name.to_string(), Tone::Plain),
            (told.to_owned(), tone),
            (at, Tone::Plain),
            (format!("{} ms", answer.took.as_millis()), Tone::Faint),
        ]
    };
    page.table(&["witness", "answer", "at (UTC)", "took"], answers.iter().map(row).collect());
    for answer in answers {
        if let Err(fault) = &answer.outcome {
            page.line(Tone::Bad, &format!("{}: {}", answer.witness.name, visible(&fault.to_string())));
        }
    }
}

/// The last word of a round; `true` where nothing more is needed.
fn verdict(page: &mut Page, round: &Round) -> bool {
    let asks = round.state.witnesses.as_ref().is_some_and(|policy| policy.asks_witnesses());
    let Some(kept) = &round.kept else {
        let why = match &round.state.witnesses {
            None => "The agreement has no witness policy: there is nobody to ask.",
            Some(_) => "The policy gives no address of any witness: there is nobody to ask.",
        };
        page.line(if asks { Tone::Bad } else { Tone::Plain }, why);
        if let Some(why) = round.marked {
            page.line(Tone::Bad, &unreleased(&round.state, why));
        }
        return !asks;
    };
    match (asks, kept.quorum) {
        (false, _) => page.line(Tone::Plain, "The policy asks for no quorum."),
        (true, true) => page.line(Tone::Good, "The policy's quorum has cosigned this head."),
        (true, false) => page.line(Tone::Bad, "The policy's quorum has not cosigned this head."),
    };
    if kept.behind > 0 {
        let words =
            format!("The log has grown by {} since: ask again for the newer head.", entries(kept.behind));
        page.line(Tone::Plain, &words);
    }
    released(page, round, kept);
    kept.quorum
}

/// Whether the agreement takes statements.
pub fn released(page: &mut Page, round: &Round, kept: &Kept) {
    if kept.released {
        page.line(
            Tone::Good,
            "A quorum that knew this log says that this is its newest head: it takes statements again.",
        );
        for answer in round.answers.iter().filter(|it| it.outcome.as_ref().is_err_and(Fault::claims)) {
            let words = "says otherwise and proves nothing, so the quorum counts: ask its operator.";
            page.line(Tone::Notice, &format!("{} {words}", answer.witness.name));
        }
    } else if let Some(why) = kept.read_only {
        page.line(Tone::Bad, &unreleased(&round.state, why));
    }
}

/// Why the agreement can still only be read. Where no witnesses are relied on, or none can be asked, nobody but the
/// operator can say that a restored one may go on.
pub fn unreleased(state: &State, why: ReadOnly) -> String {
    let name = &state.agreement.name;
    let policy = state.witnesses.as_ref().filter(|policy| policy.asks_witnesses());
    let confirmable = policy.is_some_and(|policy| policy.witnesses().any(|it| it.url.is_some()));
    if why == ReadOnly::Restored && !confirmable {
        return format!(
            "the agreement {name} can only be read: {}. No quorum of witnesses can confirm it here, and where its log went on \
             after that copy, going on here would fork it; `quorate restore --accept-fork-risk {name}` takes \
             that risk at once, and `quorate restore --help` says what it is",
            why.words()
        );
    }
    read_only(Some(name), why)
}

/// The files that prove a fork.
pub fn files(page: &mut Page, evidence: &[PathBuf]) {
    for path in evidence {
        page.line(Tone::Bad, &format!("kept as evidence: {}", path.display()));
    }
}

/// What a round brought, for a machine.
pub fn document(round: &Round, met: bool) -> Value {
    let kept = round.kept.as_ref();
    let one = |answer: &Answered| {
        let given = answer.outcome.as_ref().ok();
        json!({
            "name": answer.witness.name.to_string(),
            "key": answer.witness.key,
            "cosigned-at": given.map(|given| given.at.time()),
            "fault": answer.outcome.as_ref().err().map(ToString::to_string),
            "milliseconds": u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
        })
    };
    json!({
        "agreement": round.state.agreement,
        "head": round.head,
        "quorum": met,
        "checkpoint": kept.map(|kept| kept.note.to_string()),
        "behind": kept.map(|kept| kept.behind),
        "read-only": read_only_by(round),
        "released": kept.is_some_and(|kept| kept.released),
        "witnesses": round.answers.iter().map(one).collect::<Vec<_>>(),
        "evidence": round.evidence.iter().map(|path: &PathBuf| answer::path(Path::new(path))).collect::<Vec<_>>(),
    })
}
