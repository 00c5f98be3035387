//! The server under load, beside programs that everybody knows: `benches/load/run` installs and starts those, and this.
//!
//! Submissions: `quorate serve` takes votes that were signed before, and `PostgreSQL` inserts the same bytes, one row a
//! transaction. The same client sends to both over loopback, one request at a time on each of its connections, which stay open;
//! it waits for each answer, and looks whether that has the receipt, or says that a row was inserted. The disk is the same.
//! Reads: `quorate serve` gives out a licence, and nginx the same bytes as a file; wrk asks both.
//!
//! Everything alternates, so that whatever else the machine does meets both.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, clippy::float_arithmetic)]
#![allow(clippy::cast_precision_loss)] // for people to read

#[path = "../hall/mod.rs"]
mod hall;
mod server;
mod wire;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hall::per_second;
use server::Served;
use wire::{Line, Spoken};

/// How many connections there are, each with one request under way.
const CLIENTS: usize = 64;
/// How many agreements the server keeps, and how many seats of each vote on one ballot.
const AGREEMENTS: usize = 8;
const SEATS: usize = 64;

/// What `benches/load/run` has started.
struct Others {
    /// `PostgreSQL`'s port, and its first process.
    postgres: (u16, u32),
    /// nginx's port, its first process, and the folder whose files it gives out.
    nginx: (u16, u32),
    files: PathBuf,
    rounds: usize,
    /// How long each is measured in each round.
    each: Duration,
}

impl Others {
    fn started() -> Option<Self> {
        let of = |name: &str| std::env::var(format!("QUORATE_LOAD_{name}")).ok();
        let number = |name: &str| of(name)?.parse().ok();
        let one = |name: &str| Some((number(&format!("{name}_PORT"))?, number(&format!("{name}_PID"))?));
        let narrow = |(port, process): (u32, u32)| Some((u16::try_from(port).ok()?, process));
        Some(Self {
            postgres: narrow(one("POSTGRES")?)?,
            nginx: narrow(one("NGINX")?)?,
            files: of("FILES")?.into(),
            rounds: number("ROUNDS").unwrap_or(3) as usize,
            each: Duration::from_secs(number("SECONDS").unwrap_or(5).into()),
        })
    }
}

fn main() {
    let Some(others) = Others::started() else {
        println!("load: needs PostgreSQL, nginx and wrk; benches/load/run starts them and this");
        return;
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("load: {CLIENTS} clients over loopback, {cores} cores; votes of {AGREEMENTS} agreements");
    let folder = hall::folder();
    let served = Served::start(folder.path(), AGREEMENTS, SEATS);
    submissions(&others, &served, folder.path());
    reads(&others, &served);
}

/// What one side did in a round.
struct Measured {
    rate: f64,
    /// CPU of its processes for each request, in microseconds.
    cpu: f64,
}

fn submissions(others: &Others, served: &Served, folder: &Path) {
    println!(
        "\nsubmissions: answered a second, each durable; CPU of the server's processes for each, in microseconds"
    );
    println!(
        "{:>5}  {:>9}  {:>10}  {:>7}  {:>10}  {:>7}  {:>5}",
        "round", "fsync / s", "quorate/s", "CPU", "postgres/s", "CPU", "ratio"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut all, mut bytes, mut sent) = (Vec::new(), 0, 0);
    for round in 1..=others.rounds {
        let syncs = syncs_per_second(folder, others.each / 5);
        let mut waves = Vec::new();
        let process = served.process();
        let ours = runtime.block_on(async {
            let mut lines = Line::open_all(CLIENTS, served.port(), Spoken::Http).await;
            let mut took = Duration::ZERO;
            let before = wire::cpu_of_all(process);
            while took < others.each {
                let (wave, its) = wire::send_all(&mut lines, served.wave()).await;
                took += its;
                waves.push(wave);
            }
            let count = waves.iter().map(Vec::len).sum();
            measured(count, took, wire::cpu_of_all(process).saturating_sub(before))
        });
        let theirs = runtime.block_on(async {
            let (port, process) = others.postgres;
            let mut lines = Line::open_all(CLIENTS, port, Spoken::Postgres).await;
            let mut took = Duration::ZERO;
            let before = wire::cpu_of_all(process);
            for wave in &mut waves {
                let (sent, its) = wire::send_all(&mut lines, std::mem::take(wave)).await;
                took += its;
                *wave = sent;
            }
            let count = waves.iter().map(Vec::len).sum();
            measured(count, took, wire::cpu_of_all(process).saturating_sub(before))
        });
        sent += waves.iter().map(Vec::len).sum::<usize>();
        bytes += waves.iter().flatten().map(Vec::len).sum::<usize>();
        let ratio = ours.rate / theirs.rate;
        println!(
            "{round:>5}  {syncs:>9.0}  {:>10.0}  {:>7.0}  {:>10.0}  {:>7.0}  {ratio:>5.2}",
            ours.rate, ours.cpu, theirs.rate, theirs.cpu
        );
        all.push(ratio);
    }
    println!("median of the ratios: {:.2}; {} bytes each on average", median(all), bytes / sent.max(1));
}

fn measured(count: usize, took: Duration, cpu: Duration) -> Measured {
    Measured { rate: per_second(count, took), cpu: 1e6 * cpu.as_secs_f64() / count.max(1) as f64 }
}

fn reads(others: &Others, served: &Served) {
    let (path, licence) = served.licence();
    std::fs::write(others.files.join("licence.json"), &licence).unwrap();
    println!("\nreads: a licence of {} bytes, answers a second", licence.len());
    println!(
        "{:>5}  {:>10}  {:>7}  {:>10}  {:>7}  {:>5}",
        "round", "quorate/s", "CPU", "nginx/s", "CPU", "ratio"
    );
    let (ours, theirs) = (
        format!("http://127.0.0.1:{}{path}", served.port()),
        format!("http://127.0.0.1:{}/licence.json", others.nginx.0),
    );
    let mut all = Vec::new();
    for round in 1..=others.rounds {
        let ours = asked(&ours, served.process(), others.each);
        let theirs = asked(&theirs, others.nginx.1, others.each);
        let ratio = ours.rate / theirs.rate;
        println!(
            "{round:>5}  {:>10.0}  {:>7.1}  {:>10.0}  {:>7.1}  {ratio:>5.2}",
            ours.rate, ours.cpu, theirs.rate, theirs.cpu
        );
        all.push(ratio);
    }
    println!("median of the ratios: {:.2}", median(all));
}

/// What wrk finds; every answer must be a good one.
fn asked(url: &str, process: u32, each: Duration) -> Measured {
    let before = wire::cpu_of_all(process);
    let wrk = Command::new("wrk")
        .args(["-t1", "-c", &CLIENTS.to_string(), "-d", &format!("{}s", each.as_secs()), url])
        .output()
        .unwrap();
    let cpu = wire::cpu_of_all(process).saturating_sub(before);
    let told = String::from_utf8(wrk.stdout).unwrap();
    assert!(!told.contains("Non-2xx") && !told.contains("Socket errors"), "{told}");
    let count = told.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    let rate = told.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    let count: usize = count.unwrap();
    Measured { rate: rate.unwrap(), cpu: 1e6 * cpu.as_secs_f64() / count.max(1) as f64 }
}

/// The same disk without a database: a file that grows by about an entry, made durable again and again.
fn syncs_per_second(folder: &Path, time: Duration) -> f64 {
    let mut file = File::create(folder.join("bare")).unwrap();
    let (record, start) = ([0x55; 2048], Instant::now());
    let mut count = 0;
    while start.elapsed() < time {
        file.write_all(&record).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    per_second(count, start.elapsed())
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap()
}
