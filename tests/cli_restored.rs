//! A data folder that was damaged, lost or put back from an old copy, beside the receipts that it was given.

mod cli_support;

use std::fs;

use cli_support::{PARTIES, Stage, copy_folder};

#[test]
fn an_old_store_is_refused_beside_a_newer_receipt_and_the_receipt_stays() {
    let stage = Stage::opened();
    copy_folder(&stage.path("data/store"), &stage.path("old"));
    let reaffirm = |occasion: &str| format!("reaffirm --occasion {occasion} {PARTIES}");
    stage.ok(&reaffirm("one"));
    let receipt = stage.read("data/receipts/agi-2025/1.tlog-proof");
    fs::remove_dir_all(stage.path("data/store")).unwrap();
    let told = stage.fails("audit", 1);
    assert!(told.contains("receipts"), "{told}");

    copy_folder(&stage.path("old"), &stage.path("data/store"));
    let told = stage.fails(&reaffirm("two"), 1);
    assert!(told.contains("older than"), "{told}");
    let report = stage.run("audit --json");
    assert_eq!((report.code, &report.json()["findings"][0]["rule"]), (1, &"missing".into()));
    assert_eq!(stage.read("data/receipts/agi-2025/1.tlog-proof"), receipt);
}

#[test]
fn an_entry_whose_receipt_cannot_be_written_is_in_the_log_and_the_other_file_stays() {
    let stage = Stage::opened();
    stage.write("data/receipts/agi-2025/1.tlog-proof", "something else");
    let told = stage.fails(&format!("reaffirm --occasion one {PARTIES}"), 4);
    assert!(told.contains("Entry 1 is in the log and on stable storage"), "{told}");
    assert!(told.contains("quorate log show 1 --receipt"), "{told}");
    assert_eq!(stage.read("data/receipts/agi-2025/1.tlog-proof"), "something else");
    stage.ok("log show 1 --receipt 1.tlog-proof");
}

#[test]
fn a_flipped_bit_on_the_disk_is_told_by_every_reader_and_looking_changes_nothing() {
    let stage = Stage::opened();
    let db = stage.path("data/store/db");
    let mut bytes = fs::read(&db).unwrap();
    let place = bytes.windows(7).position(|window| window == b"Example").unwrap();
    bytes[place] ^= 1;
    fs::write(&db, &bytes).unwrap();
    let declare = "declare --attach declaration=interests.md --key openai-ceo --key openai-counsel";
    for command in ["audit", "license", "status", "log", declare] {
        let told = stage.fails(command, 1);
        assert!(told.contains("damaged") && told.contains("receipts"), "{command}: {told}");
        assert!(!told.contains("backtrace"), "{told}");
        assert!(fs::read(&db).unwrap() == bytes, "{command} changed the database");
    }
}
