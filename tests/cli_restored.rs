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
