//! What an audit is of a log: its entries replayed, its checkpoint and its anchor held against what they give.

use super::replay::Replay;
use super::times::Times;
use super::{Finding, Place, Source, SourceError, signed_head};
use crate::engine::State;
use crate::log::{Checkpoint, CheckpointError, Head, MemoryTree, Note};
use crate::values::Digest;

/// What an audit did and found.
#[derive(Debug)]
pub struct Report {
    /// How many entries there are.
    pub entries: u64,
    /// How many signatures passed.
    pub signatures: u64,
    /// The size and root that the entries give.
    pub head: Head,
    /// The identity of the log by the opening statement.
    pub vkey: Option<String>,
    /// The anchor by the opening statement.
    pub anchor: Option<Digest>,
    /// Whether the anchor was compared with one that the auditor brought.
    pub anchor_checked: bool,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// What is wrong, by place. Those that are marked as following from another are no causes of their own.
    pub findings: Vec<Finding>,
    /// How many more there are: 10,000 of entries and as many of checkpoints are kept.
    pub more: u64,
    /// The state at which the replay arrives, leaving out the entries that are refused.
    pub state: Option<State>,
    /// The tree over the entries.
    pub tree: MemoryTree,
    /// How far witnesses vouch for the times in the log.
    pub times: Times,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn passes(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings that stand for themselves.
    pub fn causes(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.follows.is_none())
    }
}

/// Replays a log. `anchor` is the agreement's identity, if the auditor knows it from elsewhere;
/// `progress` is told how many entries have been replayed, and of how many.
///
/// # Errors
/// The source cannot be read at all. What is wrong with the log itself is in the report.
pub fn audit(
    source: &dyn Source,
    anchor: Option<Digest>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, SourceError> {
    audit_against(source, anchor, &[], progress)
}

/// [`audit`], and holds the log against signed checkpoints that were `brought` from elsewhere: their heads, and the times
/// at which witnesses have cosigned them, whatever the source itself keeps of these.
///
/// # Errors
/// As there.
pub fn audit_against(
    source: &dyn Source,
    anchor: Option<Digest>,
    brought: &[String],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, SourceError> {
    let checkpoint = source.checkpoint()?.unwrap_or_default();
    let replay = |by_bytes, progress: &mut dyn FnMut(u64, u64)| {
        let mut replay = Replay::new(source, &checkpoint, brought, by_bytes);
        replay.entries(progress)?;
        let differ = replay.leaves_differ;
        Ok::<_, SourceError>((replay.report(&checkpoint)?, differ))
    };
    let (mut report, differ) = replay(false, progress)?;
    if let Some(stated) = claimed(&checkpoint).ok().filter(|stated| differ && *stated != report.head) {
        // Either the bytes were altered or the hashes beside them, and the checkpoint tells which.
        let (by_bytes, _) = replay(true, progress)?;
        if by_bytes.head == stated {
            report = by_bytes;
        }
    }
    judge_checkpoint(&mut report);
    judge_anchor(&mut report, anchor);
    report.judge_subtrees(source)?;
    for checkpoint in brought {
        report.compare(checkpoint);
    }
    report.findings.sort_by_key(|finding| finding.place.order());
    Ok(report)
}

/// The head that the checkpoint claims, before anything of it is believed; or, in words, why it is no checkpoint.
pub(super) fn claimed(checkpoint: &str) -> Result<Head, String> {
    if checkpoint.is_empty() {
        return Err("there is no log here".to_owned());
    }
    let note = Note::parse(checkpoint.as_bytes()).map_err(|error| error.to_string())?;
    let checkpoint: Checkpoint =
        note.unverified_text().parse().map_err(|error: CheckpointError| error.to_string())?;
    Ok(checkpoint.head)
}

fn judge_checkpoint(report: &mut Report) {
    let fault = |rule: &str, what: String| Finding::new(Place::Checkpoint, rule, what);
    let Some(vkey) = &report.vkey else {
        match claimed(&report.checkpoint) {
            Err(error) => report.findings.push(fault("checkpoint", error)),
            // Nobody need have signed that there is nothing.
            Ok(head) if report.findings.is_empty() => {
                let what = format!(
                    "it is of {} entries, and there is no opening statement: nothing names the key by which it could be \
                     checked, nor an agreement",
                    head.size
                );
                report.findings.push(fault("not-open", what));
            }
            Ok(_) => {}
        }
        return;
    };
    match signed_head(&report.checkpoint, vkey) {
        Err(error) => report.findings.push(fault("checkpoint", error)),
        Ok(stated) if stated != report.head => {
            let what = format!(
                "it states {} entries and the root {}; the entries give {} and {}",
                stated.size, stated.root, report.head.size, report.head.root
            );
            report.findings.push(fault("tree", what));
        }
        Ok(_) => {}
    }
}

fn judge_anchor(report: &mut Report, expected: Option<Digest>) {
    let Some(expected) = expected else { return };
    let Some(anchor) = report.anchor else {
        let what =
            format!("no opening statement that can be read shows that this is the agreement {expected}");
        let follows = report.findings.iter().find_map(|finding| finding.place.first_entry());
        report.findings.push(Finding { follows, ..Finding::new(Place::Anchor, "anchor", what) });
        return;
    };
    report.anchor_checked = true;
    if expected != anchor {
        let what = format!("this is the agreement {anchor}, not {expected}: another one, whatever its name");
        report.findings.push(Finding::new(Place::Anchor, "anchor", what));
    }
}
