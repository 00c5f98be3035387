//! A writer in a process of its own: killed at any instant it loses nothing that it acknowledged, and traced
//! it shows that it acknowledges nothing before the disk has it.
#![allow(clippy::unwrap_used)] // the configuration exempts `#[test]` functions alone

mod store_support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use quorate::store::{Append, MAX_BATCH_WEIGHT, Store as _};
use quorate::values::Digest;
use store_support::{Log, open};

/// Two agreements that grow together: batch number `n` adds `n % 4` entries to one and `1 + n % 3` to the other, for
/// whose head a note is kept then.
struct Logs {
    a: Log,
    b: Log,
    batches: u64,
}

impl Logs {
    fn new() -> Self {
        let (mut a, mut b) = (Log::new("a"), Log::new("b"));
        (a.entry_bytes, b.entry_bytes) = (1_000, 5_000);
        Self { a, b, batches: 0 }
    }

    fn batch(&mut self) -> [Append; 2] {
        let number = self.batches;
        self.batches += 1;
        [self.a.append(number % 4), self.b.append(1 + number % 3)]
    }

    /// The note that is kept for a head, of several parts.
    fn note(size: u64) -> String {
        format!("{size:08}").repeat(1_000)
    }

    /// The logs after as many batches as `store` holds; whole batches, or the sizes would not agree.
    fn stored_in(store: &dyn quorate::store::Store) -> Self {
        let mut logs = Self::new();
        let size = |log: &Log| store.head(&log.anchor).unwrap().map_or(0, |stored| stored.head.size);
        let mut sizes = Vec::new();
        while logs.b.size < size(&logs.b) {
            logs.batch();
            sizes.push(logs.b.size);
        }
        logs.a.assert_in(store);
        logs.b.assert_in(store);
        // The last batch may be there without its note, and no other.
        let notes: Vec<_> = store.checkpoints(&logs.b.anchor).map(Result::unwrap).collect();
        assert!(notes.len() + 1 >= sizes.len(), "{} notes of {} heads", notes.len(), sizes.len());
        assert!(
            notes.iter().zip(&sizes).all(|((size, note), head)| size == head && *note == Self::note(*size))
        );
        logs
    }
}

/// Not a test of its own: the writer that the tests start, kill and trace. Prints the number of batches
/// that are acknowledged.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os("QUORATE_TEST_WRITE") else { return };
    let batches: u64 = std::env::var("QUORATE_TEST_BATCHES").unwrap().parse().unwrap();
    let store = open(Path::new(&folder)).unwrap();
    let mut logs = Logs::stored_in(&store);
    if logs.b.size > 0 {
        // Killed before it was kept.
        store.keep_checkpoint(&logs.b.anchor, logs.b.size, &Logs::note(logs.b.size)).unwrap();
    }
    for _ in 0..batches {
        store.append(&logs.batch()).unwrap();
        store.keep_checkpoint(&logs.b.anchor, logs.b.size, &Logs::note(logs.b.size)).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "acknowledged {}", logs.batches).unwrap();
        out.flush().unwrap();
    }
}

fn writer_command(program: &str, folder: &Path, batches: u64) -> Command {
    let mut command = Command::new(program);
    command.env("QUORATE_TEST_WRITE", folder).env("QUORATE_TEST_BATCHES", batches.to_string());
    command.stdout(Stdio::piped());
    command
}

const WRITER: [&str; 3] = ["--exact", "writer", "--nocapture"];

/// Starts the writer and kills it after `patience`, which counts from its start or, where it is `under_way`, from its first
/// acknowledgement, however slow this machine is today. Returns the last number that it acknowledged.
fn write_until_killed(folder: &Path, under_way: bool, patience: Duration) -> Option<u64> {
    let this = std::env::current_exe().unwrap();
    let mut child = writer_command(this.to_str().unwrap(), folder, 1_000_000).args(WRITER).spawn().unwrap();
    // A line cut off by the kill was not acknowledged to anybody.
    let mut acknowledged = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
    let first = if under_way { acknowledged.next() } else { None };
    let reader = std::thread::spawn(move || acknowledged.last());
    std::thread::sleep(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().or(first)
}

#[test]
fn a_writer_killed_at_any_instant_loses_nothing_and_invents_nothing() {
    let mut appended = 0;
    for folder_number in 0..6_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut before = 0;
        for run in 0..10_u64 {
            // From within the opening to some hundred batches later.
            let instant = Digest::of(&[folder_number, run].map(u64::to_be_bytes).concat()).0;
            let patience =
                Duration::from_micros(u64::from(u16::from_be_bytes([instant[0], instant[1]])) * 3 / 2);
            let under_way = !instant[2].is_multiple_of(4);
            let acknowledged = write_until_killed(folder.path(), under_way, patience).unwrap_or(before);
            let stored = Logs::stored_in(&open(folder.path()).unwrap()).batches;
            // One batch may be durable whose acknowledgement was never printed.
            assert!(
                (acknowledged..=acknowledged + 1).contains(&stored),
                "{acknowledged} acknowledged, {stored} stored"
            );
            appended += stored - before;
            before = stored;
        }
    }
    assert!(appended > 60, "only {appended} batches in all: the writer was killed before it wrote");
}

/// What the writer did to `store/db` between two acknowledgements.
#[derive(Debug, Default)]
struct Traced {
    /// Whether every write so far had ended before an fsync began that has ended as well.
    durable: bool,
    /// Whether an fsync is under way that began after every write had ended.
    syncing: bool,
    /// The 512 KiB segments of the file that were written to.
    segments: BTreeSet<u64>,
}

impl Traced {
    fn wrote(&mut self, line: &str) {
        (self.durable, self.syncing) = (false, false);
        let place = line.rsplit(", ").next().and_then(|last| last.split([')', ' ']).next());
        self.segments
            .extend(place.and_then(|place| place.parse::<u64>().ok()).map(|place| place / SEGMENT_BYTES));
    }
}

/// How sled divides its file.
const SEGMENT_BYTES: u64 = 512 * 1024;

/// Runs the writer under strace and calls `acknowledged` with what came before each acknowledgement.
fn trace(folder: &Path, batches: u64, test: &str, mut acknowledged: impl FnMut(&Traced)) {
    let log = folder.join("strace.txt");
    let this = std::env::current_exe().unwrap();
    let calls = "trace=pwrite64,pwritev,write,writev,fsync,fdatasync,ftruncate";
    let mut strace = writer_command("strace", folder, batches);
    strace.args(["-f", "-y", "-s", "32", "-e", calls, "-o"]).arg(&log).arg(this).args([
        "--exact",
        test,
        "--nocapture",
    ]);
    let output = strace.output();
    assert!(output.is_ok(), "this test needs strace: install the package `strace`");
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut between = Traced { durable: true, ..Traced::default() };
    // Threads with a call on the file that another thread's call interrupted: such a call has two lines.
    let mut unfinished = BTreeSet::new();
    for line in fs::read_to_string(log).unwrap().lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        let begins = call.contains("/store/db>");
        let ends = if begins { !call.ends_with("<unfinished ...>") } else { unfinished.remove(thread) };
        if begins && !ends {
            unfinished.insert(thread.to_owned());
        }
        if !begins && !ends {
            if call.starts_with("write(1<") && call.contains("\"acknowledged ") {
                acknowledged(&between);
                between.segments.clear();
            }
        } else if call.contains("fdatasync") || call.contains("fsync") {
            between.syncing |= begins;
            assert!(!ends || call.ends_with("= 0"), "{call}");
            between.durable |= ends && between.syncing;
        } else {
            between.wrote(call);
        }
    }
}

#[test]
fn nothing_is_acknowledged_before_fdatasync_of_everything_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    trace(folder.path(), 100, "writer", |before| {
        assert!(before.durable && !before.segments.is_empty(), "batch {count}: {before:?}");
        count += 1;
    });
    assert_eq!(count, 100);
}

/// Not a test of its own: a writer of the heaviest batches that are allowed.
#[test]
fn heavy_writer() {
    let Some(folder) = std::env::var_os("QUORATE_TEST_WRITE") else { return };
    let store = open(Path::new(&folder)).unwrap();
    for (number, entry_bytes) in [100, 1_000, 4_090, 9_000, 64_000].into_iter().enumerate() {
        let mut log = Log::new(&number.to_string());
        log.entry_bytes = entry_bytes;
        for batch in 0..60 {
            // As many entries as the limit allows.
            let mut count = 1;
            while log.clone().append(count + 1).weight() <= MAX_BATCH_WEIGHT {
                count += 1;
            }
            store.append(&[log.append(count)]).unwrap();
            println!("acknowledged {batch}");
        }
    }
}

/// sled takes a segment into use again once what replaced its pages is three segments further; if all that
/// happened between two syncs, a power cut could leave neither the old pages nor the new ones.
#[test]
fn one_batch_never_writes_to_more_than_three_segments() {
    let folder = tempfile::tempdir().unwrap();
    let mut most = 0;
    trace(folder.path(), 0, "heavy_writer", |before| {
        assert!(before.durable);
        most = most.max(before.segments.len());
    });
    assert!((2..=3).contains(&most), "{most} segments");
}
