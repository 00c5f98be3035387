//! A log recorded once and never changed, replayed: whatever gives it another meaning is noticed here.
//! `keys/README.md` says what it is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use quorate::audit::{Entries, Report, Source, SourceError, audit};
use quorate::engine::licence::Because;
use quorate::log::Hash;
use quorate::statement::Entry;
use quorate::values::Digest;

const FOLDER: &str = "tests/data/agi-2025";

/// The entries of one bundle (C2SP tlog-tiles, "Log Entries") under one checkpoint.
struct Recorded {
    checkpoint: String,
    entries: Vec<Vec<u8>>,
}

impl Recorded {
    fn read() -> Self {
        let folder = Path::new(FOLDER);
        let bundle = fs::read(folder.join("tile/entries/000.p/27")).unwrap();
        let mut rest = bundle.as_slice();
        let mut entries = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            entries.push(entry.to_vec());
            rest = after;
        }
        Self { checkpoint: fs::read_to_string(folder.join("checkpoint")).unwrap(), entries }
    }
}

impl Source for Recorded {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap().min(self.entries.len());
        Box::new((from..).zip(&self.entries[range]).map(|(index, bytes)| Ok((index, bytes.clone()))))
    }

    fn leaf(&self, _: u64) -> Result<Option<Hash>, SourceError> {
        Ok(None)
    }
}

fn replayed() -> Report {
    let anchor: Digest = fs::read_to_string("keys/agi-2025.anchor").unwrap().trim().parse().unwrap();
    audit(&Recorded::read(), Some(anchor), &mut |_, _| {}).unwrap()
}

#[test]
fn the_recorded_log_passes() {
    let report = replayed();
    assert!(report.passes(), "{:#?}", report.findings);
    assert_eq!((report.entries, report.signatures, report.anchor_checked), (27, 40, true));
    let vkey = fs::read_to_string("keys/agi-2025.vkey").unwrap();
    assert_eq!(report.vkey.as_deref(), Some(vkey.trim()));
    assert_eq!(report.state.unwrap().workflow_text.as_ref(), recorded_workflow());
}

/// The workflow's text travels in the opening statement; the file that ships may go on from there.
fn recorded_workflow() -> String {
    let opening = Entry::parse(&Recorded::read().entries[0]).unwrap().envelope.statement;
    let opening: serde_json::Value = serde_json::from_str(&opening).unwrap();
    opening["workflow"].as_str().unwrap().to_owned()
}

#[test]
fn the_recorded_log_means_what_it_meant() {
    let state = replayed().state.unwrap();
    let mut told = String::new();
    for at in ["2025-10-28T16:00:00Z", "2026-03-02T09:00:00Z", "2026-06-02T09:00:00Z", "2033-01-02T00:00:00Z"]
    {
        let at = at.parse().unwrap();
        let later = state.at(at);
        writeln!(told, "at {at}").unwrap();
        for grant in later.licence(at).unwrap().grants {
            for attribute in grant.attributes {
                let because = match attribute.period.because {
                    Because::Opening => "opening".to_owned(),
                    Because::Amendment(done) => format!("amendment by entry {}", done.entry),
                    Because::Instant(written) => written,
                    Because::Event(event) => format!("{} by entry {:?}", event.event, event.why.entry),
                    Because::Annulled(event) => format!("{} annulled", event.event),
                };
                writeln!(
                    told,
                    "  {}.{} = {}, since {}, {because}",
                    grant.grant.name, attribute.attribute.name, attribute.value.is, attribute.period.since
                )
                .unwrap();
            }
        }
    }
    let recorded = format!("{FOLDER}/licence.txt");
    if std::env::var_os("UPDATE").is_some() && !Path::new(&recorded).exists() {
        fs::write(&recorded, &told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(recorded).unwrap());
}

#[test]
fn the_recorded_receipt_passes_and_ssh_keygen_accepts_the_vote_in_it() {
    let quorate = |receipt: &str| {
        let anchor = fs::read_to_string("keys/agi-2025.anchor").unwrap();
        let arguments =
            ["check", receipt, "--json", "--log-key", "keys/agi-2025.vkey", "--anchor", anchor.trim()];
        Command::new(env!("CARGO_BIN_EXE_quorate")).args(arguments).output().unwrap()
    };
    let output = quorate(&format!("{FOLDER}/25.tlog-proof"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["entry"], &told["anchor-checked"]), (&25.into(), &true.into()));

    let folder = tempfile::tempdir().unwrap();
    let envelope = Entry::parse(&Recorded::read().entries[25]).unwrap().envelope;
    let signature = folder.path().join("vote.sig");
    fs::write(&signature, &envelope.signatures[0].sig).unwrap();
    let statement = folder.path().join("vote.json");
    fs::write(&statement, &envelope.statement).unwrap();
    let mut ssh_keygen = Command::new("ssh-keygen");
    ssh_keygen.args(["-Y", "verify", "-n", "quorate/statement/v1", "-I", "m2"]);
    ssh_keygen.args(["-f", "keys/agi-2025.panel.allowed_signers", "-s"]).arg(signature);
    let verified = ssh_keygen.stdin(fs::File::open(statement).unwrap()).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
