#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout)]
mod store_support;
use quorate::store::*;
use store_support::{Log, open};

#[test]
#[ignore]
fn raw_blobs() {
    let d = tempfile::tempdir().unwrap();
    let db = sled::Config::new().path(d.path()).flush_every_ms(None).open().unwrap();
    for size in [2000usize, 6000, 9000, 65535] {
        for i in 0..200u64 {
            let mut k = size.to_be_bytes().to_vec();
            k.extend(i.to_be_bytes());
            db.insert(k, vec![i as u8; size]).unwrap();
        }
        db.flush().unwrap();
        println!("{size}: {} blob files", std::fs::read_dir(d.path().join("blobs")).unwrap().count());
    }
}

#[test]
#[ignore]
fn space() {
    let d = tempfile::tempdir().unwrap();
    let store = open(d.path()).unwrap();
    let mut log = Log::new("a");
    log.entry_bytes = std::env::var("BYTES").unwrap().parse().unwrap();
    let n: u64 = std::env::var("N").unwrap().parse().unwrap();
    let total: u64 = std::env::var("TOTAL").unwrap().parse().unwrap();
    let t = std::time::Instant::now();
    for _ in 0..total / n {
        store.append(&[log.append(n)]).unwrap();
    }
    let e = t.elapsed();
    let db = std::fs::metadata(d.path().join("store/db")).unwrap().len();
    println!(
        "{} entries of {} in batches of {n}: {:.0}/s, db {} MB, payload {} MB, blobs {}",
        log.size,
        log.entry_bytes,
        log.size as f64 / e.as_secs_f64(),
        db >> 20,
        (log.size * log.entry_bytes as u64) >> 20,
        std::fs::read_dir(d.path().join("store/blobs")).unwrap().count()
    );
    let t = std::time::Instant::now();
    drop(store);
    let store = open(d.path()).unwrap();
    println!(
        "reopen {:?}; rss {}",
        t.elapsed(),
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmRSS"))
            .unwrap()
    );
    let t = std::time::Instant::now();
    println!("scan {} in {:?}", store.entries(&log.anchor, 0..u64::MAX).count(), t.elapsed());
}
#[test]
#[ignore]
fn full() {
    let d = std::path::PathBuf::from(std::env::var("DIR").unwrap());
    let store = open(&d).unwrap();
    let mut log = Log::new("a");
    log.entry_bytes = 20000;
    loop {
        let t = std::time::Instant::now();
        if let Err(e) = store.append(&[log.append(10)]) {
            println!("{e} after {} in {:?}", log.size, t.elapsed());
            break;
        }
    }
    let t = std::time::Instant::now();
    println!("{:?}", store.agreements().unwrap_err().to_string());
    drop(store);
    println!("dropped in {:?}", t.elapsed());
}

#[test]
#[ignore]
fn amp() {
    let d = tempfile::tempdir().unwrap();
    let store = open(d.path()).unwrap();
    let mut log = Log::new("a");
    log.entry_bytes = std::env::var("BYTES").unwrap().parse().unwrap();
    let pre: u64 = std::env::var("PRE").unwrap().parse().unwrap();
    let n = (MAX_BATCH_WEIGHT / (log.entry_bytes + 256 + 2 * 74)) as u64;
    for _ in 0..pre {
        loop {
            let mut l = log.clone();
            let a = l.append(n);
            if a.weight() > MAX_BATCH_WEIGHT {
                let a = log.append(n - 1);
                store.append(&[a]).unwrap();
                break;
            }
            log = l;
            store.append(&[a]).unwrap();
            break;
        }
    }
    println!("n {n} size {}", log.size);
}
