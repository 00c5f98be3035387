//! `export`: the log as files that any static web server can serve and anybody can audit.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::record::Record;
use super::show::{Page, Tone, entries, in_words, marked, title};
use crate::export::{ExportError, Publish, apart, export};

/// Write the log as a folder that any web server can serve and anybody can audit
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate export public\n  quorate audit public --anchor sha256:34759fbf…\n\n\
    The folder is C2SP's tlog-tiles. A second export adds what is new, never rewrites a full tile, and replaces the \
    checkpoint last. It carries the cosignatures that `quorate cosign` has collected; with --cosigned nothing is\n    \
    published that the policy's quorum has not seen."
)]
pub struct ExportArgs {
    /// The folder, made where it is not there
    dir: PathBuf,
    /// The agreement, by name or anchor; may be left out where there is only one
    #[arg(long, value_name = "AGREEMENT")]
    agreement: Option<String>,
    /// Publish the newest head that the policy's quorum has cosigned, instead of the newest
    #[arg(long)]
    cosigned: bool,
}

/// Runs `export`.
///
/// # Errors
/// The log does not pass its audit, or the folder holds another one.
pub fn run(context: &Context, args: &ExportArgs) -> Result<Answer, CliError> {
    // Before a server is asked for what is then not used.
    let data = context.data()?;
    let record = Record::load(context, args.agreement.as_deref())?;
    let publish = if args.cosigned { Publish::Cosigned } else { Publish::Newest };
    let store = record.store()?;
    let done = apart(&args.dir, data.root())
        .and_then(|()| export(store, &record.state, &args.dir, publish))
        .map_err(refused)?;
    let mut page = Page::default();
    title(&mut page, &record.state.workflow);
    let added = done.head.size - done.before;
    page.line(
        Tone::Good,
        &format!("exported to {}: {added} new, {} in all", args.dir.display(), entries(done.head.size)),
    );
    page.fields([
        ("agreement", record.state.agreement.to_string()),
        ("head", in_words(&done.head)),
        ("files", format!("{} written", done.files)),
    ]);
    marked(&mut page, record.read_only);
    if done.behind > 0 {
        let words = format!(
            "not published, since the policy's quorum has not cosigned them: {}; `quorate cosign` asks it",
            entries(done.behind)
        );
        page.line(Tone::Notice, &words);
    }
    for it in &done.missing {
        page.line(
            Tone::Bad,
            &format!(
                "not published, since it is not here: the document `{}` of entry {}, {}. Nobody has struck it, so it was lost: \
                 put it back as blobs/{} of the data folder, from a backup or another export, and export again",
                it.name, it.entry, it.digest, it.digest.hex()
            ),
        );
    }
    page.blank();
    page.raw("Anybody audits it with");
    page.raw(&format!("  quorate audit {} --anchor {}", args.dir.display(), record.state.agreement.anchor));
    let missing = done.missing.iter();
    let missing = missing.map(|it| json!({ "entry": it.entry, "name": it.name, "digest": it.digest }));
    let json = json!({
        "dir": args.dir, "head": done.head, "before": done.before, "behind": done.behind, "files": done.files,
        "agreement": record.state.agreement, "read-only": record.read_only,
        "missing": missing.collect::<Vec<_>>(),
    });
    Ok(if done.missing.is_empty() { Answer::done(page, json) } else { Answer::faults(page, json) })
}

/// Why an agreement was not exported, with the exit code of that.
pub fn refused(error: ExportError) -> CliError {
    match error {
        ExportError::NotOurs { .. } | ExportError::DataFolder { .. } => CliError::usage(error.to_string()),
        ExportError::OtherHistory { .. }
        | ExportError::Missing(_)
        | ExportError::NotCosigned
        | ExportError::Published { .. } => CliError::Faults(error.to_string()),
        other => CliError::Storage(other.to_string()),
    }
}
