//! A server that is killed at any instant while licences move: whoever is to know is told of each move, at least once, and under one name.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)] // helpers of tests

mod cli_support;
#[path = "serve_support/hooks.rs"]
mod hooks;
#[path = "shared/seed.rs"]
mod seed;
mod serve_support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hooks::{PATIENCE, Told, configured, receiver};
use quorate::values::Digest;
use serve_support::{Machine, Server, operator_of};

/// How many rights there are, each of which ends by an act of its own.
const GRANTS: usize = 24;

/// The usual workflow, with these rights, which either party can end.
fn with_grants(mut workflow: String) -> String {
    let (mut events, mut steps, mut grants) = (String::new(), String::new(), String::new());
    for number in 0..GRANTS {
        writeln!(events, "e{number} = \"Right {number} has ended\"").unwrap();
        writeln!(
            steps,
            "  {{ do = \"end-{number}\", by = [\"north\", \"south\"], emits = \"e{number}\", at-most = 1 }},"
        )
        .unwrap();
        write!(
            grants,
            "\n[grant.g{number}]\ntitle = \"Right {number}\"\nclause = \"Specimen\"\nsource = \"The test's own\"\nscope = \"All\"\n\
             status = [ {{ is = \"in force\" }}, {{ is = \"ended\", first-of = [\"e{number}\"] }} ]\n"
        )
        .unwrap();
    }
    workflow = workflow.replace("[event]\n", &format!("[event]\n{events}begun = \"The matter has begun\"\n"));
    workflow
        + &format!(
            "\n[procedure.matter]\nopen  = {{ do = \"begin\", by = \"north\", emits = \"begun\" }}\nstart = \"going\"\n\n\
         [procedure.matter.state.going]\nsteps = [\n{steps}  {{ after = \"90 days\", to = \"closed\" }},\n]\n\n\
         [procedure.matter.state.closed]\nends = true\n{grants}"
        )
}

/// Does each of these acts, however often the server goes away meanwhile.
fn act(
    people: &Machine,
    server: &Mutex<String>,
    party: &str,
    acts: impl Iterator<Item = usize>,
    done: &AtomicUsize,
) {
    for number in acts {
        loop {
            let people = Machine {
                server: Some(server.lock().unwrap().clone()),
                _folder: tempfile::tempdir().unwrap(),
                path: people.path.clone(),
            };
            let told = people.run(&format!("do end-{number} --case matter#1 --key {party}"));
            // Where nobody knew whether it was taken, it was, if it is refused now.
            if matches!(told.code, 0 | 3) {
                break;
            }
            assert_eq!(told.code, 4, "{told:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn each_licence_that_moves_is_told_under_one_name_however_often_the_server_is_killed() {
    let seed = seed::seed();
    let operator = operator_of(with_grants);
    operator.ok("do begin --key north");
    // Whoever is told refuses now and then, too.
    let (address, told) =
        receiver("127.0.0.1:0", (0..40).map(|n| if n % 3 == 1 { 500 } else { 204 }).collect());
    configured(&operator, address);
    let mut server = Server::start_with(&operator, &["--config", "server.toml"]);
    let url = Mutex::new(server.url.clone());
    let outbox = operator.path.join("data/webhooks/licensing/panel.jsonl");
    // It has looked once, so that it knows from where things move.
    let begun = Instant::now();
    while !std::fs::read_to_string(&outbox).is_ok_and(|text| text.contains("\"seen\"")) {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    let (done, mut kills) = (AtomicUsize::new(0), 0_u64);
    std::thread::scope(|scope| {
        for (place, party) in ["north", "south"].into_iter().enumerate() {
            let people = Machine::new(None);
            people.takes_key(&operator, party);
            let (url, done) = (&url, &done);
            scope.spawn(move || act(&people, url, party, (place..GRANTS).step_by(2), done));
        }
        while done.load(Ordering::SeqCst) < GRANTS {
            let instant = Digest::of(&[seed, kills].map(u64::to_be_bytes).concat()).0;
            let random = u64::from(u16::from_be_bytes([instant[0], instant[1]]));
            // Once one to three more are done, however quick this machine is today, or while the next is under way.
            let goal = done.load(Ordering::SeqCst) + 1 + usize::try_from(random % 3).unwrap();
            while done.load(Ordering::SeqCst) < goal.min(GRANTS) {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(random % 100));
            server.process.kill().unwrap();
            server.process.wait().unwrap();
            kills += 1;
            server = Server::start_with(&operator, &["--config", "server.toml"]);
            url.lock().unwrap().clone_from(&server.url);
        }
    });
    println!("{kills} kills");

    let mut names: Vec<String> = Vec::new();
    let mut bodies: BTreeMap<String, Told> = BTreeMap::new();
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    let begun = Instant::now();
    while moved.len() < GRANTS {
        assert!(begun.elapsed() < PATIENCE, "told of {} of {GRANTS}", moved.len());
        let Ok(message) = told.recv_timeout(Duration::from_secs(1)) else { continue };
        message.check();
        if let Some(before) = bodies.get(&message.id) {
            assert_eq!(before.body, message.body, "the same name, and another message");
            continue;
        }
        for change in message.json()["data"]["changes"].as_array().unwrap() {
            let change = change.as_str().unwrap().to_owned();
            let before = moved.insert(change.clone(), message.id.clone());
            assert_eq!(before, None, "{change} is told under two names");
        }
        names.push(message.id.clone());
        bodies.insert(message.id.clone(), message);
    }
    for number in 0..GRANTS {
        assert!(moved.contains_key(&format!("g{number}, status: in force → ended")), "{number}: {moved:?}");
    }
    // In the order in which they came about.
    let size = |name: &String| {
        let message = bodies[name].json();
        let checkpoint = message["data"]["checkpoint"].as_str().unwrap();
        checkpoint.lines().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let sizes: Vec<u64> = names.iter().map(size).collect();
    assert!(sizes.is_sorted() && kills > 2, "{kills} kills, {sizes:?}");
}
