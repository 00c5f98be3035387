//! `export`: the log as files that any static web server can serve and anybody can audit.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::error::{CliError, file_error, not_replaced};
use super::record::Record;
use super::show::{Page, Tone, entries, in_words, marked, title};
use crate::export::{ExportError, Publish, apart, compare, export};
use crate::log::{Frontier, Hash};
use crate::statement::{Entry, Statement, attachments};
use crate::store::{Append, MemoryStore, NewEntry, Store, replace_file};
use crate::values::Digest;

/// Write the log as a folder that any web server can serve and anybody can audit
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorate export public\n  quorate audit public --anchor sha256:34759fbf…\n\n\
    The folder is C2SP's tlog-tiles. A second export adds what is new, never rewrites a full tile, and replaces the \
    checkpoint last. It carries the cosignatures that `quorate cosign` has collected; with --cosigned nothing is \
    published that the policy's quorum has not seen. With --server it is the log that the server gives out, audited, \
    with the documents that you may read."
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
    apart(&args.dir, &context.data_path()?).map_err(refused)?;
    let record = Record::load(context, args.agreement.as_deref())?;
    let publish = if args.cosigned { Publish::Cosigned } else { Publish::Newest };
    let served;
    let store: &dyn Store = match context.server {
        Some(_) => {
            served = copied(&record, &args.dir)?;
            &served
        }
        None => record.store()?,
    };
    let done = export(store, &record.state, &args.dir, publish).map_err(refused)?;
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
        let why = match &context.server {
            Some(server) => {
                format!("{server} does not give it out, or not to you: whoever may read it exports it")
            }
            None => format!(
                "Nobody has struck it, so it was lost: put it back as blobs/{} of the data folder, from a backup or another \
                 export, and export again",
                it.digest.hex()
            ),
        };
        page.line(
            Tone::Bad,
            &format!(
                "not published, since it is not here: the document `{}` of entry {}, {}. {why}",
                it.name, it.entry, it.digest
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

/// What a server gave, and an audit has passed, to be exported from; with the documents that `folder` lacks put there, which
/// may be more than fits into memory.
fn copied(record: &Record, folder: &Path) -> Result<MemoryStore, CliError> {
    let (anchor, store) = (record.state.agreement.anchor, MemoryStore::new());
    let (mut frontier, mut documents) = (Frontier::default(), BTreeSet::new());
    let changed = || CliError::Faults("the log changed since the audit; nothing was exported".to_owned());
    for read in record.entries(0..record.head.size) {
        let (index, bytes) = read?;
        let statement = Entry::parse(&bytes).map_err(|_| changed())?.envelope.statement;
        let body = Statement::parse(&statement).map_err(|_| changed())?.body;
        documents.extend(attachments(&body).into_values());
        let closed = frontier.push(Hash::leaf(&bytes));
        let append = Append {
            anchor,
            first: index,
            nodes: closed.iter().map(|node| (node.level, node.index, node.hash)).collect(),
            head: frontier.head(),
            checkpoint: record.checkpoint.clone(),
            entries: vec![NewEntry { bytes, statement: Digest::of(statement.as_bytes()) }],
        };
        store.append(&[append])?;
    }
    if frontier.head() != record.head {
        return Err(changed());
    }
    store.keep_checkpoint(&anchor, record.head.size, &record.checkpoint)?;
    // That it is a folder for this log, before anything is written into it.
    compare(&store, &record.state, folder).map_err(refused)?;
    let blobs = folder.join("blobs");
    for digest in documents {
        let path = blobs.join(digest.hex());
        if path.exists() || record.state.documents.is_struck(&digest) {
            continue;
        }
        if let Some(bytes) = record.blob(&digest)? {
            fs::create_dir_all(&blobs).map_err(file_error("create", &blobs))?;
            replace_file(&path, &bytes).map_err(not_replaced)?;
        }
    }
    Ok(store)
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
