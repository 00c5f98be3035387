//! A registry in a process of its own, over a store on the disk, with real signed statements: killed at any
//! instant it loses nothing that it acknowledged and invents nothing, and traced it shows that it
//! acknowledges nothing before the disk has it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/folders.rs"]
mod folders;
mod registry_support;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use folders::copy_folder;
use quorate::log::Receipt;
use quorate::scenario::Stage;
use quorate::store::SledStore;
use quorate::values::{Digest, Instant};
use registry_support::{
    Acknowledged, check, digest, entries, opened, seats, seed, spawn, start, statement, statement_of,
};

fn with_store<T>(folder: &Path, see: impl FnOnce(Arc<SledStore>) -> T) -> T {
    registry_support::with_store(&folder.join("store"), &folder.join("blobs"), see)
}

/// A folder with the agreement open, every seat filled and the ballot open, and the agreement's anchor.
fn template() -> (tempfile::TempDir, Digest) {
    let folder = tempfile::tempdir().unwrap();
    let anchor = with_store(folder.path(), |store| opened(store, &seats()).anchor());
    (folder, anchor)
}

/// This test binary again, to run one of the functions below that are not tests of their own.
fn child(program: &str, folder: &Path, anchor: Digest, run: u64) -> Command {
    let mut command = Command::new(program);
    command.env("QUORATE_TEST_FOLDER", folder).env("QUORATE_TEST_ANCHOR", anchor.to_string());
    command.env("QUORATE_TEST_RUN", run.to_string());
    command
}

/// What a child is given; `None` where the function runs as one of the tests.
fn resumed() -> Option<(PathBuf, Stage, u64)> {
    let folder = PathBuf::from(std::env::var_os("QUORATE_TEST_FOLDER")?);
    let anchor = std::env::var("QUORATE_TEST_ANCHOR").unwrap().parse().unwrap();
    let run: u64 = std::env::var("QUORATE_TEST_RUN").unwrap().parse().unwrap();
    // Every run begins an hour after the one before it.
    let at = Instant::from_unix(start().unix() + 3_600 * i64::try_from(run).unwrap());
    let store = SledStore::open(&folder.join("store"), &folder.join("blobs")).unwrap();
    Some((folder, Stage::resume(anchor, at, Arc::new(store)).unwrap(), run))
}

/// The file in which the submitters record what they submit and what they are told. Each line is one write.
struct Record(Mutex<File>);

impl Record {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn record_of(folder: &Path, run: u64) -> PathBuf {
    folder.join(format!("record-{run}.txt"))
}

/// Not a test of its own: sixteen panelists who submit at once, until they are killed.
#[test]
fn submitters() {
    let Some((folder, stage, run)) = resumed() else { return };
    let file = OpenOptions::new().append(true).create_new(true).open(record_of(&folder, run)).unwrap();
    let record = Record(Mutex::new(file));
    println!("ready");
    std::io::stdout().flush().unwrap();
    std::thread::scope(|scope| {
        for seat in seats() {
            let (stage, record) = (&stage, &record);
            scope.spawn(move || {
                // An end, for a child whose parent was killed.
                for number in run * 10_000..run * 10_000 + 2_000 {
                    let (envelope, blobs) = statement(stage, &seat, number).unwrap();
                    let name = digest(&envelope);
                    record.line(&format!("submitted {name}"));
                    let told = stage.submit(envelope, blobs).unwrap();
                    assert!(!told.known);
                    let receipt = Base64::encode_string(told.receipt.to_string().as_bytes());
                    record.line(&format!("acknowledged {name} {} {receipt}", told.index));
                }
            });
        }
    });
}

/// What the submitters of one run recorded. A line that the kill cut off was told to nobody.
fn recorded(folder: &Path, run: u64, submitted: &mut BTreeSet<Digest>, acknowledged: &mut Vec<Acknowledged>) {
    // There is none where the kill came while the store was being opened.
    let text = fs::read_to_string(record_of(folder, run)).unwrap_or_default();
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["submitted", name] => {
                submitted.insert(name.parse().unwrap());
            }
            ["acknowledged", name, index, receipt] => acknowledged.push(Acknowledged {
                statement: name.parse().unwrap(),
                index: index.parse().unwrap(),
                receipt: Receipt::parse(&Base64::decode_vec(receipt).unwrap()).unwrap(),
            }),
            _ => panic!("a whole line that says nothing: {line}"),
        }
    }
}

/// Starts the submitters and kills them: while they open the store, or after they have begun.
fn submit_until_killed(folder: &Path, anchor: Digest, run: u64, instant: [u8; 32]) {
    let this = std::env::current_exe().unwrap();
    let mut command = child(this.to_str().unwrap(), folder, anchor, run);
    command.args(["--exact", "submitters", "--nocapture"]).stdout(Stdio::piped());
    let mut child = spawn(&mut command);
    let random = u64::from(u32::from_be_bytes([0, instant[0], instant[1], instant[2]]));
    if instant[3].is_multiple_of(8) {
        std::thread::sleep(Duration::from_micros(random % 200_000));
    } else {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("ready")), "the submitters have not begun");
        std::thread::sleep(Duration::from_micros(5_000 + random % 145_000));
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "they ended before they were killed: {status}");
}

const FOLDERS: u64 = 26;
/// Few enough that the log, which every start audits, stays small.
const RUNS: u64 = 8;

#[test]
fn a_registry_killed_208_times_loses_nothing_that_it_acknowledged_and_invents_nothing() {
    let seed = seed();
    let (template, anchor) = template();
    let opening: BTreeSet<Digest> = with_store(template.path(), |store| {
        entries(&*store, &anchor).iter().map(|entry| statement_of(entry)).collect()
    });
    let totals = [const { AtomicU64::new(0) }; 3];
    let [kills, acknowledged, stored] = &totals;
    let play = |number: u64| {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(template.path(), folder.path());
        let (mut submitted, mut told) = (opening.clone(), Vec::new());
        for run in 0..RUNS {
            let instant = Digest::of(&[seed, number, run].map(u64::to_be_bytes).concat()).0;
            submit_until_killed(folder.path(), anchor, run, instant);
            recorded(folder.path(), run, &mut submitted, &mut told);
            let size = with_store(folder.path(), |store| check(&*store, anchor, &submitted, &told));
            kills.fetch_add(1, Ordering::Relaxed);
            if run + 1 == RUNS {
                acknowledged.fetch_add(told.len() as u64, Ordering::Relaxed);
                stored.fetch_add(size - opening.len() as u64, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for lane in 0..2 {
            scope.spawn(move || (lane..FOLDERS).step_by(2).for_each(play));
        }
    });
    let [kills, acknowledged, stored] = totals.map(AtomicU64::into_inner);
    println!("{kills} kills; {stored} statements stored, {acknowledged} of them acknowledged");
    assert_eq!(kills, FOLDERS * RUNS);
    assert!(acknowledged > 200, "only {acknowledged} statements were acknowledged before the kills");
}

/// Not a test of its own: one panelist after the other, with marks around each submission.
#[test]
fn one_by_one() {
    let Some((folder, stage, _)) = resumed() else { return };
    let mut marks = File::create(folder.join("marks")).unwrap();
    for (number, seat) in (0..STATEMENTS).zip(seats().iter().cycle()) {
        let (envelope, blobs) = statement(&stage, seat, number).unwrap();
        let documents: Vec<String> = blobs.iter().map(|blob| format!(" {}", blob.digest().hex())).collect();
        marks.write_all(format!("ARRIVED {number}{}.", documents.concat()).as_bytes()).unwrap();
        let told = stage.submit(envelope, blobs).unwrap();
        assert!(!told.known);
        marks.write_all(format!("ACK {number}.").as_bytes()).unwrap();
    }
}

const STATEMENTS: u64 = 24;

/// A system call: the lines of the trace on which it began and ended, and its text.
#[derive(Debug, Clone)]
struct Call {
    began: usize,
    ended: usize,
    text: String,
}

impl Call {
    fn is(&self, names: &[&str]) -> bool {
        self.text.split_once('(').is_some_and(|(name, _)| names.contains(&name))
    }

    /// A sync, of the file or folder whose path ends so, that succeeded.
    fn syncs(&self, path: &str) -> bool {
        self.is(&["fsync", "fdatasync"]) && self.text.contains(&format!("{path}>")) && self.succeeded()
    }

    fn writes(&self, path: &str) -> bool {
        let names = ["write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "fallocate"];
        self.is(&names) && self.text.contains(&format!("{path}>"))
    }

    fn succeeded(&self) -> bool {
        self.text.ends_with("= 0")
    }
}

/// The calls of a trace, in the order in which they began; a call that another thread's interrupts has two lines.
fn calls(trace: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: Vec<(&str, usize)> = Vec::new();
    for (place, line) in trace.lines().enumerate() {
        let (thread, text) = line.split_once(' ').unwrap();
        let text = text.trim_start();
        if let Some(rest) = text.strip_prefix("<... ") {
            let at = unfinished.iter().position(|(other, _)| *other == thread).unwrap();
            let call = &mut calls[unfinished.remove(at).1];
            call.ended = place;
            call.text.push_str(rest.split_once("resumed>").unwrap().1);
        } else if let Some(beginning) = text.strip_suffix(" <unfinished ...>") {
            unfinished.push((thread, calls.len()));
            calls.push(Call { began: place, ended: usize::MAX, text: beginning.to_owned() });
        } else {
            calls.push(Call { began: place, ended: place, text: text.to_owned() });
        }
    }
    calls
}

/// Traces the panelists, and gives the calls on files of the folder.
fn trace(folder: &Path, anchor: Digest) -> Vec<Call> {
    let log = folder.join("strace.txt");
    let mut strace = child("strace", folder, anchor, 1);
    let watched = "trace=write,writev,pwrite64,pwritev,pwritev2,ftruncate,fallocate,fsync,fdatasync,rename,\
                   renameat,renameat2";
    strace.args(["-f", "-y", "-s", "200", "-e", watched, "-o"]).arg(&log);
    strace.arg(std::env::current_exe().unwrap()).args(["--exact", "one_by_one", "--nocapture"]);
    // Where strace is missing this panics with its name: it is a package of that name.
    let output = spawn(strace.stdout(Stdio::null()).stderr(Stdio::piped())).wait_with_output().unwrap();
    let trace = fs::read_to_string(&log).unwrap_or_default();
    assert!(
        output.status.success() && trace.contains("ARRIVED 0"),
        "strace could not trace the test's own child ({}); where ptrace is not permitted, as in some \
         containers, permit it (--cap-add=SYS_PTRACE) and run this test again: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    calls(&trace)
}

#[test]
fn a_statement_and_its_documents_are_synced_between_its_arrival_and_its_acknowledgement() {
    let (folder, anchor) = template();
    let calls = trace(folder.path(), anchor);
    let mark = |text: &str| {
        let call = calls.iter().find(|call| call.writes("/marks") && call.text.contains(text));
        call.unwrap_or_else(|| panic!("the trace has no {text}")).clone()
    };
    let mut documents_seen = 0;
    for number in 0..STATEMENTS {
        let (arrived, ack) = (mark(&format!("\"ARRIVED {number}")), mark(&format!("\"ACK {number}.")));
        let between: Vec<&Call> =
            calls.iter().filter(|call| call.began > arrived.ended && call.ended < ack.began).collect();
        let after = |place: usize, what: &dyn Fn(&Call) -> bool| {
            between.iter().find(|call| call.began > place && what(call)).map(|call| call.ended)
        };
        let late = calls
            .iter()
            .find(|call| call.writes("/store/db") && call.began < ack.began && call.ended > ack.began);
        assert!(
            late.is_none(),
            "statement {number}: a write was under way when it was acknowledged: {late:?}"
        );
        let writes: Vec<&&Call> = between.iter().filter(|call| call.writes("/store/db")).collect();
        let last = writes.iter().map(|call| call.ended).max();
        let last = last.unwrap_or_else(|| panic!("statement {number}: nothing was written: {between:#?}"));
        let synced = after(last, &|call| call.syncs("/store/db"));
        assert!(synced.is_some(), "statement {number}: no fsync after its last write: {between:#?}");

        let first = writes.iter().map(|call| call.began).min().unwrap();
        let named = arrived.text.split('"').nth(1).unwrap().trim_end_matches('.');
        for document in named.split(' ').skip(2) {
            documents_seen += 1;
            let part = format!("/blobs/{document}.");
            let content = after(arrived.ended, &|call| {
                call.is(&["fsync", "fdatasync"]) && call.text.contains(&part) && call.succeeded()
            });
            let renamed = content.and_then(|place| {
                after(place, &|call| {
                    call.is(&["rename", "renameat", "renameat2"])
                        && call.text.contains(&part)
                        && call.succeeded()
                })
            });
            let folder = renamed.and_then(|place| after(place, &|call| call.syncs("/blobs")));
            assert!(
                folder.is_some_and(|synced| synced < first),
                "statement {number}: its document was not synced, renamed and its folder synced before the entry \
                 was written: {between:#?}"
            );
        }
    }
    assert_eq!(documents_seen, STATEMENTS / 4);
}
