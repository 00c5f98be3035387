//! `quorate audit` on a real store that somebody has tampered with: with the disk alone, and with the log's key
//! too, so that tree and checkpoint fit the altered entries.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;

use cli_support::forge::{at_time, entries, overwrite, position, rebuild, signed_as};
use cli_support::{CLOSED, DECLARE, DECLARED, OPENED, PARTIES, Stage};
use serde_json::Value;

/// Both ways to alter a store.
#[derive(Debug, Clone, Copy)]
enum By {
    /// Other entries beside the old tree, head and checkpoint.
    Disk,
    /// Everything made anew and signed with the log's key.
    LogKey,
}

/// An agreement with three votes on an open ballot.
fn voted() -> Stage {
    let stage = Stage::voting();
    for seat in ["o1", "m1", "i1"] {
        stage.ok(&format!("vote --choice met --rationale why.md --key {seat}"));
    }
    stage
}

/// Puts `altered` in the place of the agreement's entries.
fn put(stage: &Stage, altered: &[Vec<u8>], by: By) {
    let (anchor, before) = entries(stage);
    match by {
        By::LogKey => rebuild(stage, anchor, altered),
        By::Disk => {
            let places = 0..before.len().max(altered.len());
            let changed = places.filter(|index| before.get(*index) != altered.get(*index));
            let changes: Vec<_> =
                changed.map(|index| (index as u64, altered.get(index).map(Vec::as_slice))).collect();
            overwrite(stage, &changes);
        }
    }
}

/// The audit fails, says so for people and machines, and one of the faults that stand for themselves is this entry's.
fn assert_named(stage: &Stage, entry: usize, what: &str) -> Value {
    let (plain, done) = (stage.run("audit"), stage.run("audit --json"));
    assert_eq!((plain.code, done.code), (1, 1), "{what}: {plain:?}");
    let report = done.json();
    assert_eq!(report["passes"], false);
    let findings = report["findings"].as_array().unwrap();
    let own = |finding: &Value| finding["follows"].is_null() && finding["entry"] == entry;
    let found = findings.iter().find(|finding| own(finding));
    let found = found.unwrap_or_else(|| panic!("{what}, entry {entry}: {findings:#?}"));
    assert!(plain.out.contains(found["place"].as_str().unwrap()), "{what}: {}", plain.out);
    // Nothing is read off a log that does not pass, and nothing is added to it.
    for line in ["license", "status", "log", "ballot"] {
        assert_eq!(stage.run(line).code, 1, "{what}: {line}");
    }
    let before = entries(stage).1;
    let vote = stage.run("vote --choice met --rationale why.md --key i2");
    assert!([1, 4].contains(&vote.code), "{what}: {vote:?}");
    assert_eq!(entries(stage).1, before, "{what}");
    report
}

#[test]
fn an_untouched_log_passes_and_says_what_was_checked() {
    let stage = voted();
    let report = stage.ok("audit");
    let anchor = report["anchor"].as_str().unwrap();
    assert_eq!((&report["passes"], &report["anchor-checked"]), (&true.into(), &false.into()));
    assert_eq!(report["entries"], entries(&stage).1.len());
    let signatures: usize = entries(&stage)
        .1
        .iter()
        .map(|bytes| cli_support::forge::entry(bytes).envelope.signatures.len())
        .sum();
    assert_eq!(report["signatures"], signatures);
    assert!(report["grants"].as_array().unwrap().len() > 10);

    let page = stage.run(&format!("audit --anchor {anchor}")).out;
    for field in ["anchor", "entries", "signatures", "root", "checkpoint key"] {
        assert!(page.lines().any(|line| line.starts_with(field)), "{field}: {page}");
    }
    for value in
        [anchor, report["head"]["root"].as_str().unwrap(), report["checkpoint-key"].as_str().unwrap()]
    {
        assert!(page.contains(value), "{value}: {page}");
    }
    assert!(page.contains("compared with the one you gave") && page.contains("compute-thresholds"), "{page}");

    // The very same entries with tree and checkpoint made anew pass too: the forger's tools are sound.
    let (anchor, all) = entries(&stage);
    rebuild(&stage, anchor, &all);
    assert_eq!(stage.ok("audit"), report);
}

#[test]
fn another_anchor_is_another_agreement() {
    let stage = Stage::opened();
    let done = stage.run(&format!("audit --json --anchor sha256:{}", "0".repeat(64)));
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(done.json()["findings"][0]["rule"], "anchor");
}

#[test]
fn every_alteration_is_found_with_its_entry() {
    for by in [By::Disk, By::LogKey] {
        // A byte of a signed statement: `met` becomes `mex`.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        let vote = position(&all, "\"type\":\"vote\"");
        let text = String::from_utf8(all[vote].clone()).unwrap();
        all[vote] = text.replace("\\\"choice\\\":\\\"met", "\\\"choice\\\":\\\"mex").into_bytes();
        put(&stage, &all, by);
        assert_named(&stage, vote, &format!("a flipped byte, {by:?}"));

        // Any other byte of it.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        let middle = all[vote].len() / 2;
        all[vote][middle] ^= 1;
        put(&stage, &all, by);
        assert_named(&stage, vote, &format!("a flipped bit, {by:?}"));

        // Two exchanged.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        all.swap(vote, vote + 1);
        put(&stage, &all, by);
        assert_named(&stage, vote, &format!("two exchanged, {by:?}"));

        // A vote repeated in the place of another one.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        all[vote + 2] = all[vote].clone();
        put(&stage, &all, by);
        assert_named(&stage, vote + 2, &format!("a repeated vote, {by:?}"));

        // The signature under the acceptance of i1 moved to i1's vote.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        let acceptance = position(&all, "\"type\":\"accept-seat\"");
        all[vote] = signed_as(&all[vote], &all[acceptance]);
        put(&stage, &all, by);
        assert_named(&stage, vote, &format!("a moved signature, {by:?}"));

        // A time that goes back.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        all[vote] = at_time(&all[vote], OPENED);
        put(&stage, &all, by);
        assert_named(&stage, vote, &format!("a time that goes back, {by:?}"));

        // A statement from another agreement with the same name and the same people.
        let stage = voted();
        let (_, mut all) = entries(&stage);
        let declaration = position(&all, "\"do\":\"declare\"");
        all[declaration] = foreign_declaration(&stage);
        put(&stage, &all, by);
        assert_named(&stage, declaration, &format!("a foreign statement, {by:?}"));
    }
}

/// The same people's declaration in another agreement of the same name, kept by the same log.
fn foreign_declaration(stage: &Stage) -> Vec<u8> {
    let mut other = stage.copy(OPENED);
    std::fs::remove_dir_all(other.path("data/store")).unwrap();
    std::fs::remove_dir_all(other.path("data/receipts")).unwrap();
    other.ok(&format!("{} {PARTIES}", cli_support::OPEN));
    DECLARED.clone_into(&mut other.clock);
    other.ok(DECLARE);
    let (anchor, all) = entries(&other);
    assert_ne!(anchor, entries(stage).0);
    all[1].clone()
}

#[test]
fn a_removed_entry_is_found_where_it_was() {
    let stage = voted();
    let (anchor, all) = entries(&stage);
    let vote = position(&all, "\"type\":\"vote\"");
    overwrite(&stage, &[(vote as u64, None)]);
    let report = assert_named(&stage, vote, "removed from the disk");
    assert_eq!(report["findings"][0]["rule"], "missing");

    // With the log's key: whoever spoke next had seen a head with it.
    let stage = voted();
    let mut fewer = all.clone();
    fewer.remove(vote);
    rebuild(&stage, anchor, &fewer);
    let report = assert_named(&stage, vote - 1, "removed with the log's key");
    assert_eq!(report["findings"][0]["place"], format!("entries {} to {vote}", vote - 1));
}

#[test]
fn an_inserted_vote_of_nobody_is_found() {
    let stage = voted();
    let (anchor, mut all) = entries(&stage);
    let vote = position(&all, "\"type\":\"vote\"");
    all.push(all[vote].clone());
    rebuild(&stage, anchor, &all);
    assert_named(&stage, all.len() - 1, "a vote repeated at the end");
}

/// What the log's key allows, and one source alone cannot show: entries dropped from the end, and times moved
/// between their neighbours. The receipt that somebody kept convicts.
#[test]
fn what_one_source_cannot_show_a_kept_receipt_does() {
    let stage = voted();
    let (anchor, mut all) = entries(&stage);
    // Beside the log it is compared unasked; here it is somebody else's.
    std::fs::rename(stage.path("data/receipts"), stage.path("kept")).unwrap();
    let receipt = format!("kept/agi-2025/{}.tlog-proof", all.len() - 1);
    stage.ok(&format!("audit --against {receipt}"));
    all.pop();
    rebuild(&stage, anchor, &all);
    assert_eq!(stage.ok("audit")["entries"], all.len());
    assert_eq!(stage.run(&format!("audit --against {receipt}")).code, 1);

    let last = all.len() - 1;
    all[last] = at_time(&all[last], "2026-05-12T09:30:00Z");
    rebuild(&stage, anchor, &all);
    assert_eq!(stage.ok("audit")["entries"], all.len());
    assert_eq!(stage.run(&format!("audit --against {receipt}")).code, 1);
}

#[test]
fn a_log_that_has_lost_its_checkpoint_or_its_tree_is_found() {
    let stage = voted();
    let data = stage.path("data/store");
    let db = sled::Config::new().path(&data).open().unwrap();
    let (key, value) = db.scan_prefix(b"h").next().unwrap().unwrap();
    let text = String::from_utf8_lossy(&value);
    let at = text.rfind('\n').unwrap();
    let mut bent = value.to_vec();
    let place = value.len() - (text.len() - at) - 4;
    bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
    db.insert(key, bent).unwrap();
    db.flush().unwrap();
    drop(db);
    let done = stage.run("audit --json");
    assert_eq!(done.code, 1, "{done:?}");
    let findings = done.json()["findings"].clone();
    assert_eq!(findings[0]["place"], "checkpoint", "{findings}");
}

#[test]
fn a_closed_ballot_is_audited_after_its_time() {
    let mut stage = voted();
    CLOSED.clone_into(&mut stage.clock);
    let report = stage.ok("audit");
    assert_eq!(report["passes"], true);
}
