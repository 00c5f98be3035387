//! A witness over its real interface: every status of C2SP tlog-witness, many clients at once, a disk that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod witness_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorate::log::note::NoteSignature;
use quorate::log::{AddCheckpoint, Checkpoint, Hash, Head, LogKey, Note, SeenCheckpoint, tree};
use quorate::store::StoreError;
use quorate::values::{Digest, Instant};
use quorate::witness::{Limits, Logs, State, WitnessError, judge};
use witness_support::{History, NOW, ORIGIN, Response, Served, Shelf, read_response, request, send, signer};

fn served() -> (Served, Shelf, tempfile::TempDir) {
    let (shelf, folder) = (Shelf::new(), tempfile::tempdir().unwrap());
    (Served::on(&shelf, folder.path()), shelf, folder)
}

/// The notes that are kept of the log, by name.
fn evidence(folder: &Path) -> BTreeMap<String, String> {
    let log = folder.join(Digest::of(ORIGIN.as_bytes()).hex());
    let items = fs::read_dir(log).into_iter().flatten().map(|item| item.unwrap());
    items
        .map(|item| (item.file_name().into_string().unwrap(), fs::read_to_string(item.path()).unwrap()))
        .collect()
}

fn conflicts(answer: &Response, size: u64) {
    assert_eq!((answer.status, answer.body.as_str()), (409, format!("{size}\n").as_str()));
    assert_eq!(answer.content_type(), "text/x.tlog.size");
}

#[test]
fn a_log_that_only_grows_is_cosigned_at_every_size() {
    let (served, _, folder) = served();
    let history = History::new(40);
    assert_eq!(served.get(ORIGIN).status, 404, "nothing was cosigned yet");
    let mut old = 0;
    for size in [1, 2, 3, 7, 8, 8, 9, 33, 40] {
        served.clock.fetch_add(1, Ordering::SeqCst);
        let time = served.cosigns(&history, old, size);
        assert_eq!(i64::try_from(time.unix).unwrap(), served.clock.load(Ordering::SeqCst));
        old = size;
        // The monitoring interface shows the same head, signed by the log and by the witness.
        let shown = served.get(ORIGIN);
        assert_eq!(shown.status, 200);
        let checkpoint = Checkpoint::open(shown.body.as_bytes(), history.key.verifier()).unwrap();
        assert_eq!(checkpoint.head, history.head(size));
        let note = Note::parse(shown.body.as_bytes()).unwrap();
        assert_eq!(signer().verifier().cosignatures(&note).unwrap(), BTreeSet::from([time]));
    }
    assert!(evidence(folder.path()).is_empty());
}

#[test]
fn the_answer_is_one_signature_line() {
    let (served, _, _folder) = served();
    let answer = served.post(&History::new(1).body(0, 1));
    assert!(answer.body.starts_with("— wit.example/w1 ") && answer.body.ends_with('\n'), "{answer:?}");
    assert_eq!(answer.body.lines().count(), 1);
}

#[test]
fn the_request_in_the_formats_is_one() {
    let body = String::from_utf8(History::new(5).body(3, 5)).unwrap();
    let page = fs::read_to_string("docs/formats.md").unwrap();
    assert!(page.contains(&format!("```text\n{body}```\n")), "{body}");
}

#[test]
fn what_is_no_request_is_refused_with_400() {
    let (served, shelf, _folder) = served();
    let history = History::new(9);
    let good = String::from_utf8(history.body(3, 9)).unwrap();
    served.cosigns(&history, 0, 3);
    let puts = shelf.puts();
    let hash = Hash::empty();
    let long = AddCheckpoint { proof: vec![hash; 64], ..history.request(3, 9) };
    for bad in [
        String::new(),
        "\n".to_owned(),
        good.replace("old 3", "old 03"),
        good.replace("old 3", "old  3"),
        good.replace("old 3", "size 3"),
        good.replace("old 3\n", "old 3\r\n"),
        good.replace("old 3\n", "old 3\nAAAA\n"),
        good.replacen("\n\n", "\n", 1),
        good.split("\n\n").next().unwrap().to_owned() + "\n\n",
        good.replace("\n9\n", "\n09\n"),
        good.replace("\n9\n", "\n18446744073709551616\n"),
        good.replace(ORIGIN, "").replace("—  ", "— a "),
        good.replace(&history.head(9).root.to_string(), "AAAA"),
        good.trim_end().to_owned(),
        String::from_utf8(long.to_bytes()).unwrap(),
        // The old size is larger than the checkpoint's.
        String::from_utf8(history.body(9, 3)).unwrap(),
        String::from_utf8(history.request(3, 2).to_bytes()).unwrap(),
    ] {
        assert_ne!(bad, good);
        served.refuses(bad.as_bytes(), 400);
    }
    served.refuses(b"old 3\n\n\xff\xfe\n", 400);
    assert_eq!(shelf.puts(), puts);
    served.cosigns(&history, 3, 9);
}

#[test]
fn an_unknown_log_is_not_found_until_it_is_added() {
    let (served, shelf, _folder) = served();
    let other = History::named("other.example/log", 5, 5);
    served.refuses(&other.body(0, 5), 404);
    // Its name is that of the key alone.
    let stolen = Checkpoint { origin: ORIGIN.to_owned(), head: other.head(5) };
    let note = other.key.sign(stolen.to_string()).unwrap();
    served.refuses(
        &AddCheckpoint { checkpoint: note.to_string().into_bytes(), ..other.request(0, 5) }.to_bytes(),
        403,
    );
    assert_eq!((shelf.puts(), served.get("other.example/log").status), (0, 404));
    let mut logs = Logs::default();
    logs.add("other.example/log", other.key.verifier().clone()).unwrap();
    *served.logs.write().unwrap() = Arc::new(logs);
    served.cosigns(&other, 0, 5);
    served.refuses(&History::new(1).body(0, 1), 404);
}

/// Anybody may ask, and what they ask stands in the answer and in the operator's terminal.
#[test]
fn what_a_stranger_calls_a_log_is_shown_and_obeyed_by_no_terminal() {
    let (served, _shelf, _folder) = served();
    let checkpoint = Checkpoint { origin: "\u{9b}31m\u{202e}log".to_owned(), head: History::new(5).head(5) };
    let note = History::new(5).key.sign(checkpoint.to_string()).unwrap();
    let request =
        AddCheckpoint { checkpoint: note.to_string().into_bytes(), ..History::new(5).request(0, 5) };
    let answer = served.post(&request.to_bytes());
    assert_eq!(answer.status, 404);
    assert!(answer.body.starts_with("the log `\\u{9b}31m\\u{202e}log` is not known"), "{answer:?}");
}

#[test]
fn a_checkpoint_that_its_log_has_not_signed_is_forbidden() {
    let (served, shelf, _folder) = served();
    let history = History::new(5);
    let (good, text) = (history.note(5), history.note(5).unverified_text().to_owned());
    let line = good.signatures()[0].clone();
    let mut altered = line.clone();
    altered.bytes[7] ^= 1;
    let mut short = line.clone();
    short.bytes.truncate(63);
    let stranger = LogKey::from_seed(ORIGIN, &[9; 32]).unwrap();
    let strangers = stranger.sign(text.clone()).unwrap().signatures()[0].clone();
    let renamed = NoteSignature { name: "log.example/other".to_owned(), ..line.clone() };
    let same_id = NoteSignature { id: line.id, ..strangers.clone() };
    let body = |lines: &[&NoteSignature]| {
        let note = lines.iter().fold(format!("{text}\n"), |note, line| format!("{note}{line}\n"));
        AddCheckpoint { checkpoint: note.into_bytes(), ..history.request(0, 5) }.to_bytes()
    };
    for bad in [
        vec![&strangers],
        vec![&renamed],
        vec![&altered],
        vec![&short],
        vec![&same_id],
        // A known key's bad signature makes the note malformed, whatever good one stands beside it.
        vec![&line, &altered],
        vec![&altered, &line],
    ] {
        served.refuses(&body(&bad), 403);
    }
    assert_eq!(shelf.puts(), 0);
    // Those of unknown keys are ignored, and not handed on.
    assert_eq!(served.refuses(&body(&[&strangers, &renamed, &line]), 200).status, 200);
    let shown = Note::parse(served.get(ORIGIN).body.as_bytes()).unwrap();
    assert_eq!(shown.signatures()[0], line);
    assert_eq!(shown.signatures().len(), 2);
}

#[test]
fn another_old_size_is_told_the_right_one() {
    let (served, shelf, _folder) = served();
    let history = History::new(9);
    conflicts(&served.post(&history.body(3, 9)), 0);
    assert_eq!(served.get(ORIGIN).status, 404);
    served.cosigns(&history, 0, 5);
    let puts = shelf.puts();
    for (old, size) in [(0, 5), (0, 9), (4, 9), (6, 9), (9, 9), (0, 0), (4, 4)] {
        conflicts(&served.post(&history.body(old, size)), 5);
    }
    assert_eq!(shelf.puts(), puts);
    served.cosigns(&history, 5, 9);
    conflicts(&served.post(&history.body(5, 9)), 9);
}

#[test]
fn a_head_that_does_not_follow_is_unprocessable() {
    let (served, shelf, folder) = served();
    let history = History::new(9);
    let signed = |head: Head| {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), head };
        checkpoint.sign(&history.key).unwrap().to_string().into_bytes()
    };
    let refuses = |old: u64, proof: &[Hash], head: Head| {
        let body = AddCheckpoint { old, proof: proof.to_vec(), checkpoint: signed(head) };
        served.refuses(&body.to_bytes(), 422);
    };
    // The empty tree has one root.
    refuses(0, &[], Head { size: 0, root: Hash([7; 32]) });
    assert_eq!(evidence(folder.path()).len(), 1, "no log has that head");
    // From the empty tree no proof is needed, and none may be there.
    refuses(0, &[Hash([7; 32])], history.head(5));
    refuses(0, &[Hash([7; 32])], history.head(0));
    assert_eq!(shelf.puts(), 0);
    served.cosigns(&history, 0, 5);
    let puts = shelf.puts();
    let proof = tree::consistency_proof(5, 9, &history.tree).unwrap();
    refuses(5, &[], history.head(9));
    refuses(5, &proof[1..], history.head(9));
    refuses(5, &proof[..proof.len() - 1], history.head(9));
    refuses(5, &[proof.as_slice(), &[Hash([7; 32])]].concat(), history.head(9));
    let mut altered = proof.clone();
    altered[1].0[0] ^= 1;
    refuses(5, &altered, history.head(9));
    refuses(5, &proof, Head { size: 9, root: Hash([7; 32]) });
    // Of one size there is one root, and no proof.
    refuses(5, &[], Head { size: 5, root: Hash([7; 32]) });
    refuses(5, &proof, history.head(5));
    assert_eq!(shelf.puts(), puts);
    served.cosigns(&history, 5, 9);
}

#[test]
fn a_log_of_no_entries_is_cosigned_and_grows() {
    let (served, _, _folder) = served();
    let history = History::new(3);
    served.cosigns(&history, 0, 0);
    served.cosigns(&history, 0, 0);
    served.cosigns(&history, 0, 3);
    conflicts(&served.post(&history.body(0, 0)), 3);
}

#[test]
fn the_same_head_is_cosigned_anew_at_a_later_time() {
    let (served, shelf, _folder) = served();
    let history = History::new(5);
    let first = served.cosigns(&history, 0, 5);
    let puts = shelf.puts();
    assert_eq!(served.cosigns(&history, 5, 5), first, "within one second it is one cosignature");
    assert_eq!(shelf.puts(), puts);
    served.clock.fetch_add(100, Ordering::SeqCst);
    assert_eq!(served.cosigns(&history, 5, 5).unix, first.unix + 100);
    assert_eq!(shelf.puts(), puts + 1);
}

#[test]
fn the_time_of_a_log_never_goes_back() {
    let (served, shelf, _folder) = served();
    let history = History::new(9);
    let first = served.cosigns(&history, 0, 5);
    served.clock.store(NOW - 60, Ordering::SeqCst);
    assert_eq!(
        served.cosigns(&history, 5, 6),
        first,
        "a clock a little behind signs the time that it signed"
    );
    let puts = shelf.puts();
    for behind in [NOW - 61, 1, 0, -5] {
        served.clock.store(behind, Ordering::SeqCst);
        served.refuses(&history.body(6, 9), 503);
    }
    assert_eq!(shelf.puts(), puts);
    served.clock.store(NOW + 1, Ordering::SeqCst);
    assert_eq!(served.cosigns(&history, 6, 9).unix, first.unix + 1);
}

#[test]
fn other_peoples_logs_have_keys_of_other_names_several_keys_and_extension_lines() {
    let (shelf, folder) = (Shelf::new(), tempfile::tempdir().unwrap());
    let keys = [3, 4].map(|seed| LogKey::from_seed("keys.example/a", &[seed; 32]).unwrap());
    let mut logs = Logs::default();
    for key in &keys {
        logs.add("strange log + 1", key.verifier().clone()).unwrap();
    }
    let served = Served::with(&shelf, folder.path(), logs, Limits::default());
    let history = History::new(9);
    let text = |size: u64| {
        let origin = "strange log + 1".to_owned();
        SeenCheckpoint { origin, head: history.head(size), extensions: vec!["more".to_owned()] }.to_string()
    };
    for (old, size, signers) in [(0, 3, &keys[..1]), (3, 5, &keys[1..]), (5, 9, &keys[..])] {
        let mut note = signers[0].sign(text(size)).unwrap();
        for other in &signers[1..] {
            note = note.with(other.sign(text(size)).unwrap().signatures().iter().cloned()).unwrap();
        }
        let body = AddCheckpoint { checkpoint: note.to_string().into_bytes(), ..history.request(old, size) };
        let answer = served.refuses(&body.to_bytes(), 200);
        // The extension lines are signed as well.
        answer.cosignature(&note, signer().verifier());
        let shown = Note::parse(served.get("strange log + 1").body.as_bytes()).unwrap();
        assert_eq!(shown.unverified_text(), text(size));
        assert_eq!(shown.signatures().len(), signers.len() + 1);
    }
    let long = SeenCheckpoint {
        origin: "strange log + 1".to_owned(),
        head: history.head(9),
        extensions: vec!["x".repeat(3_000)],
    };
    let note = keys[0].sign(long.to_string()).unwrap();
    let body = AddCheckpoint { checkpoint: note.to_string().into_bytes(), ..history.request(9, 9) };
    served.refuses(&body.to_bytes(), 400);
}

#[test]
fn two_histories_are_refused_and_the_proof_of_them_is_kept() {
    let (served, _, folder) = served();
    let (history, forked) = (History::new(9), History::forked(9, 4));
    served.cosigns(&history, 0, 5);
    served.refuses(&forked.body(5, 5), 422);
    let kept = evidence(folder.path());
    assert_eq!(kept.len(), 2);
    let heads: BTreeSet<String> = kept
        .values()
        .map(|note| Checkpoint::open(note.as_bytes(), history.key.verifier()).unwrap())
        .map(|checkpoint| {
            assert_eq!(checkpoint.head.size, 5);
            checkpoint.head.root.to_string()
        })
        .collect();
    assert_eq!(heads, BTreeSet::from([history.head(5), forked.head(5)].map(|head| head.root.to_string())));
    // A client that only asks for the size shows it just as well.
    conflicts(&served.post(&forked.body(0, 5)), 5);
    assert_eq!(evidence(folder.path()), kept, "the same evidence is kept once");
    // A larger head of the other history: with the proof that its log would give.
    served.refuses(&forked.body(5, 9), 422);
    assert_eq!(evidence(folder.path()).len(), 3);
    served.cosigns(&history, 5, 9);
    conflicts(&served.post(&forked.body(3, 9)), 9);
    assert_eq!(
        evidence(folder.path()).len(),
        4,
        "the other head of nine entries is there, its true one is added"
    );
}

#[test]
fn evidence_is_bounded_and_doubts_leave_room_for_convictions() {
    let (served, _, folder) = served();
    let history = History::new(200);
    served.cosigns(&history, 0, 5);
    let signed = |head: Head| {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), head }.sign(&history.key).unwrap();
        checkpoint.to_string().into_bytes()
    };
    // Whoever has genuine checkpoints can send bad proofs of the right length with them.
    for size in 6..60 {
        let mut body = history.request(5, size);
        body.proof[0].0[0] ^= 1;
        served.refuses(&body.to_bytes(), 422);
    }
    assert_eq!(evidence(folder.path()).len(), 32);
    for number in 0..100 {
        let head = Head { size: 5, root: Hash([number; 32]) };
        let body = AddCheckpoint { old: 5, proof: Vec::new(), checkpoint: signed(head) };
        served.refuses(&body.to_bytes(), 422);
    }
    let kept = evidence(folder.path());
    assert_eq!(kept.len(), 64);
    assert_eq!(kept.keys().filter(|name| name.starts_with("5-")).count(), 33, "and the last doubts");
}

/// Whoever fills the room for doubts, the log or a stranger, does not fill it for good.
#[test]
fn the_oldest_doubt_makes_room_for_a_new_one_and_no_conviction_does() {
    let (served, _, folder) = served();
    let history = History::new(200);
    served.cosigns(&history, 0, 5);
    let doubt = |size| {
        let mut body = history.request(5, size);
        body.proof[0].0[0] ^= 1;
        served.refuses(&body.to_bytes(), 422);
    };
    let impossible = Head { size: 5, root: Hash([7; 32]) };
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), head: impossible }.sign(&history.key).unwrap();
    let forked = AddCheckpoint { old: 5, proof: Vec::new(), checkpoint: checkpoint.to_string().into_bytes() };
    served.refuses(&forked.to_bytes(), 422);
    let convicts = evidence(folder.path());
    assert_eq!(convicts.len(), 2);
    for size in 6..60 {
        doubt(size);
    }
    // Another history, of which there is no proof.
    let fork = History::forked(100, 3);
    served.refuses(&fork.body(5, 100), 422);
    let kept = evidence(folder.path());
    assert!(kept.values().any(|note| note.contains(&fork.head(100).root.to_string())));
    assert!(convicts.keys().all(|name| kept.contains_key(name)), "{kept:?}");
    assert_eq!(kept.len(), 2 + 32);
}

/// A log chooses its roots, so two that begin alike are no accident.
#[test]
fn roots_that_begin_alike_are_kept_beside_each_other() {
    let (served, _, folder) = served();
    let history = History::new(9);
    served.cosigns(&history, 0, 5);
    let mut alike = history.head(5);
    alike.root.0[31] ^= 1;
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), head: alike }.sign(&history.key).unwrap();
    let body = AddCheckpoint { old: 5, proof: Vec::new(), checkpoint: checkpoint.to_string().into_bytes() };
    served.refuses(&body.to_bytes(), 422);
    assert_eq!(evidence(folder.path()).len(), 2);
    let held = quorate::witness::Evidence::new(folder.path()).held().unwrap();
    assert_eq!((held[0].notes, &held[0].forks), (2, &vec![5]));
}

#[test]
fn a_clock_that_jumps_ahead_is_believed_once_and_by_the_operators_word_alone() {
    let shelf = Shelf::new();
    let history = History::new(9);
    let mut logs = Logs::default();
    logs.add(ORIGIN, history.key.verifier().clone()).unwrap();
    let ask = |state: &mut State, old, size, now| {
        let submission = judge::read(&logs, &history.body(old, size)).unwrap();
        let answer = state.take(&[submission], Instant::from_unix(now)).unwrap().remove(0);
        answer.map_or_else(|turned| turned.refused.status(), |_| 200)
    };
    let open = || State::open(Box::new(shelf.clone()), signer()).unwrap();
    let days = 400 * 86_400;
    let mut state = open();
    assert_eq!(ask(&mut state, 0, 3, NOW), 200, "the first time is anything");
    assert_eq!(ask(&mut state, 3, 4, NOW + days + 1), 503);
    assert_eq!(ask(&mut state, 0, 4, NOW + days + 1), 409, "whoever asks for the size is told it");
    assert_eq!(ask(&mut state, 3, 4, NOW + days), 200);
    let mut state = open().accepting_clock_jump();
    assert_eq!(ask(&mut state, 4, 5, NOW + days + 1), 200);
    assert_eq!(ask(&mut state, 5, 6, NOW + 3 * days), 200);
    assert_eq!(ask(&mut state, 6, 7, NOW + 5 * days), 503, "once");
    assert_eq!(ask(&mut open(), 6, 7, NOW + 3 * days + 1), 200, "the memory has followed");
}

/// Sixty-four clients at once, with two histories of one log: what is signed is one history.
#[test]
fn of_two_conflicting_heads_of_one_size_one_is_ever_signed() {
    const CLIENTS: usize = 64;
    const SIZE: u64 = 24;
    let (served, shelf, _folder) = served();
    let histories = [History::new(SIZE), History::forked(SIZE, 1)];
    let signed: Mutex<Vec<(u64, Hash)>> = Mutex::new(Vec::new());
    let (cosigned, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (served, signed, cosigned, refused) = (&served, &signed, &cosigned, &refused);
            let history = &histories[client % 2];
            scope.spawn(move || {
                let mut old = 0;
                for size in 2..=SIZE {
                    let answer = served.post(&history.body(old, size));
                    match answer.status {
                        200 => {
                            answer.cosignature(&history.note(size), signer().verifier());
                            signed.lock().unwrap().push((size, history.head(size).root));
                            cosigned.fetch_add(1, Ordering::Relaxed);
                            old = size;
                        }
                        409 => {
                            old = answer.body.trim_end().parse().unwrap();
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        422 => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => panic!("{answer:?}"),
                    }
                    if old > size {
                        break;
                    }
                }
            });
        }
    });
    let mut roots: BTreeMap<u64, BTreeSet<Hash>> = BTreeMap::new();
    for (size, root) in signed.into_inner().unwrap() {
        roots.entry(size).or_default().insert(root);
    }
    assert!(roots.values().all(|roots| roots.len() == 1), "{roots:?}");
    // All of one history, too.
    let one = |history: &History| roots.iter().all(|(size, roots)| roots.contains(&history.head(*size).root));
    assert!(histories.iter().any(one));
    let (cosigned, refused) = (cosigned.into_inner(), refused.into_inner());
    println!("{cosigned} cosigned, {refused} refused, {} writes", shelf.puts());
    assert!(refused >= CLIENTS / 2);
}

/// Whoever waits for the disk shares its next write, and is judged by what stands before it in the queue.
#[test]
fn a_batch_is_judged_in_turn_and_written_once() {
    let shelf = Shelf::new();
    let mut state = State::open(Box::new(shelf.clone()), signer()).unwrap();
    let histories: Vec<History> = ["a", "b"].map(|name| History::named(name, 9, 9)).into();
    let forked = History::named("a", 9, 1);
    let mut logs = Logs::default();
    for history in &histories {
        logs.add(history.key.name(), history.key.verifier().clone()).unwrap();
    }
    let batch = [
        histories[0].body(0, 3),
        forked.body(0, 3),
        histories[1].body(0, 5),
        histories[0].body(3, 4),
        forked.body(4, 4),
        histories[0].body(3, 5),
    ];
    let batch = batch.map(|body| judge::read(&logs, &body).unwrap());
    let answers = state.take(&batch, Instant::from_unix(NOW)).unwrap();
    let statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(|turned| turned.refused.status(), |_| 200))
        .collect();
    assert_eq!(statuses, [200, 409, 200, 200, 422, 409]);
    assert_eq!(shelf.puts(), 1);
    let again = State::open(Box::new(shelf), signer()).unwrap();
    assert_eq!(again.last(), state.last());
    let sizes: BTreeSet<u64> = again.last().values().map(|last| last.head.size).collect();
    assert_eq!(sizes, BTreeSet::from([4, 5]));
}

#[test]
fn after_a_failure_of_the_disk_nothing_is_signed_and_the_server_ends() {
    let history = History::new(9);
    for persisted in [false, true] {
        let (shelf, folder) = (Shelf::new(), tempfile::tempdir().unwrap());
        let mut served = Served::on(&shelf, folder.path());
        served.cosigns(&history, 0, 3);
        shelf.failing(2, persisted);
        let answer = served.post(&history.body(3, 5));
        assert!(answer.status != 200 && !answer.body.contains('—'), "{answer:?}");
        let ended = served.ended();
        assert!(matches!(ended, Err(WitnessError::Store(StoreError::Lost { .. }))), "{ended:?}");
        assert_eq!(served.post(&history.body(3, 5)).status, 0, "nobody is there");
        assert_eq!(shelf.puts(), 2, "a failed write is not tried again");
        // What the disk has is what counts when it is started again.
        shelf.repaired();
        let served = Served::on(&shelf, folder.path());
        let size = if persisted { 5 } else { 3 };
        conflicts(&served.post(&history.body(9, 9)), size);
        served.cosigns(&history, size, 9);
    }
}

#[test]
fn when_the_disk_fails_under_many_clients_none_of_them_is_told_a_signature() {
    let (shelf, folder) = (Shelf::new(), tempfile::tempdir().unwrap());
    let mut served = Served::on(&shelf, folder.path());
    shelf.failing(1, false);
    let history = History::new(40);
    std::thread::scope(|scope| {
        for size in 1..40 {
            let (served, history) = (&served, &history);
            scope.spawn(move || {
                let answer = served.post(&history.body(0, size));
                assert!(answer.status != 200 && !answer.body.contains('—'), "{answer:?}");
            });
        }
    });
    served.ended().unwrap_err();
}

#[test]
fn a_memory_of_another_witness_or_of_none_is_refused() {
    let shelf = Shelf::new();
    let other = quorate::log::WitnessSigner::from_seed("wit.example/w2", &[3; 32]).unwrap();
    let refused = State::open(Box::new(shelf), other).err().unwrap().to_string();
    assert!(refused.contains("wit.example/w1") && refused.contains("wit.example/w2"), "{refused}");
    let refused = State::open(Box::new(Shelf::default()), signer()).err().unwrap().to_string();
    assert!(refused.contains("of no witness"), "{refused}");
}

#[test]
fn a_connection_answers_several_requests() {
    let (served, _, _folder) = served();
    let history = History::new(3);
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    for size in 1..=3 {
        stream.write_all(&request(&history.body(size - 1, size), "keep-alive")).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        while !read_response(&answer).body.ends_with('\n') {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0);
            answer.extend_from_slice(&buffer[..read]);
        }
        assert_eq!(read_response(&answer).status, 200);
    }
}

#[test]
fn other_methods_and_addresses_are_no_requests() {
    let (served, _, _folder) = served();
    let ask = |line: &str| {
        send(served.address, format!("{line} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes())
            .status
    };
    assert_eq!(ask("GET /add-checkpoint"), 405);
    assert_eq!(ask("POST /0000/checkpoint"), 405);
    for path in
        ["/", "/add-checkpoint/", "/checkpoint", "/..%2f..%2fwitness.key/checkpoint", "/%ff/checkpoint"]
    {
        assert!((400..500).contains(&ask(&format!("GET {path}"))), "{path}");
    }
    let upper = Digest::of(ORIGIN.as_bytes()).hex().to_uppercase();
    served.cosigns(&History::new(1), 0, 1);
    assert_eq!(ask(&format!("GET /{upper}/checkpoint")), 404, "a log's address has one spelling");
}

#[test]
fn more_bytes_than_a_request_can_have_are_not_read() {
    let (served, _, _folder) = served();
    let history = History::new(3);
    let mut large = history.body(0, 3);
    large.resize(128 * 1024 + 1, b'a');
    assert_eq!(served.post(&large).status, 413);
    let head =
        "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{}\r\n0\r\n\r\n", 128 * 1024 + 1, "a".repeat(128 * 1024 + 1));
    assert_eq!(send(served.address, chunked.as_bytes()).status, 413);
    let headers = format!("GET / HTTP/1.1\r\nHost: w\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
    assert!(matches!(send(served.address, headers.as_bytes()).status, 0 | 400..500));
}

#[test]
fn a_client_can_keep_neither_time_nor_places_from_the_others() {
    let (shelf, folder) = (Shelf::new(), tempfile::tempdir().unwrap());
    let mut logs = Logs::default();
    let history = History::new(9);
    logs.add(ORIGIN, history.key.verifier().clone()).unwrap();
    let short = Duration::from_secs(1);
    let limits = Limits { connections: 2, head: short, body: short, connection: 3 * short, end: short };
    let mut served = Served::with(&shelf, folder.path(), logs, limits);

    // Connections on which nothing comes, and as much of a request as keeps it waiting: all are closed in time, and
    // while they have every place, whoever waits is served afterwards.
    let half = request(&history.body(0, 3), "close");
    for bytes in [&b""[..], b"POST /add-", &half[..half.len() / 2]] {
        let idle: Vec<TcpStream> = (0..4)
            .map(|_| {
                let mut stream = TcpStream::connect(served.address).unwrap();
                stream.write_all(bytes).unwrap();
                stream
            })
            .collect();
        let answer = served.post(&history.body(9, 9));
        assert!(answer.status == 409, "{answer:?}");
        for mut stream in idle {
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(matches!(read_response(&answer).status, 0 | 408), "{answer:?}");
        }
    }
    served.cosigns(&history, 0, 3);

    // Between two requests as well.
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(&request(&history.body(3, 3), "keep-alive")).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(read_response(&answer).status, 200);

    // Clients that ask and never read the answers.
    let log = Digest::of(ORIGIN.as_bytes()).hex();
    let ask = format!("GET /{log}/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n").repeat(1_000);
    let unread = [(); 2].map(|()| {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.set_write_timeout(Some(short)).unwrap();
        while stream.write_all(ask.as_bytes()).is_ok() {}
        stream
    });
    served.cosigns(&history, 3, 5);
    drop(unread);
    served.stop().unwrap();
}

#[test]
fn a_request_under_way_is_answered_when_the_witness_ends() {
    let (mut served, shelf, folder) = served();
    let history = History::new(9);
    let whole = String::from_utf8(request(&history.body(0, 3), "keep-alive")).unwrap();
    let whole = whole.replacen("\r\n", "\r\nExpect: 100-continue\r\n", 1);
    let (head, rest) = whole.split_at(whole.find("\r\n\r\n").unwrap() + 4);
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // The body is awaited.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    served.cosigns(&history, 0, 2);
    served.stopping();
    while TcpStream::connect(served.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    conflicts(&read_response(&answer), 2);
    served.stop().unwrap();
    let served = Served::on(&shelf, folder.path());
    served.cosigns(&history, 2, 9);
}
