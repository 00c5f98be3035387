//! What the benchmarks share: a hall of seats that vote on one ballot, as often as anybody likes.
//!
//! Its workflow is the bench's own: a standing panel and a ballot that is open for ten years and in which votes
//! may be changed until it closes. So every vote is a real statement, signed and admitted like any other, and
//! there is no end to them. Fourteen grants hang on it, as many as on the AGI clause.
#![allow(dead_code)] // each benchmark uses a part of it
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, clippy::float_arithmetic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{SigningKey, VerifyingKey};
use quorate::log::Head;
use quorate::registry::{Receipted, Registry, Settings, Submission, SystemClock, log_key};
use quorate::scenario::{public, sign_with};
use quorate::statement::{
    AcceptSeat, Act, AgreementRef, Body, By, Entry, Envelope, Header, HolderRef, LogIdentity, Nominate, Open,
    RosterLine, Statement, Vote, sshsig,
};
use quorate::store::Store;
use quorate::values::{Digest, Id};

/// The name and the seed of the log that keeps halls.
pub const LOG_NAME: &str = "bench.example";
pub const SEED: [u8; 32] = [7; 32];
const GRANTS: usize = 14;
const QUESTION: &str = "Is the motion carried?";

/// A folder on the disk on which the project is built: never one in memory, whose fsync costs nothing.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// An open registry with an agreement, every seat filled and the ballot open.
pub struct Hall {
    pub registry: Arc<Registry>,
    pub anchor: Digest,
    voters: Voters,
}

/// Those who vote in one agreement: all that a signer knows.
#[derive(Clone)]
pub struct Voters {
    pub agreement: AgreementRef,
    workflow: Digest,
    paper: Digest,
    seats: Vec<(Id, SigningKey)>,
}

/// Opens the agreements of a store as a process does that starts. Must be called inside a tokio runtime.
pub fn registry(store: Arc<dyn Store>) -> Registry {
    Registry::open(store, SEED, Settings::new(LOG_NAME), Arc::new(SystemClock)).unwrap()
}

impl Hall {
    /// Opens the agreement and the ballot with `seats` panelists.
    pub async fn open(store: Arc<dyn Store>, seats: usize) -> Self {
        Self::open_in(Arc::new(registry(store)), "hall", seats).await
    }

    /// The same in a registry that has others, under another name.
    pub async fn open_in(registry: Arc<Registry>, name: &str, seats: usize) -> Self {
        let text = workflow(seats);
        let name = id(name);
        let key = log_key(LOG_NAME, &name, &SEED).unwrap();
        let host = secret("host");
        let open = Open {
            name: name.clone(),
            log: LogIdentity { origin: key.name().to_owned(), vkey: key.verifier().to_string() },
            policy: None,
            contract: Digest::of(b""),
            workflow: text.clone(),
            roster: vec![RosterLine {
                from: None,
                until: None,
                holder: office("host", "officer"),
                person: "The host".to_owned(),
                key: public(&host),
            }],
            nonce: Base64::encode_string(&[1; 32]),
        };
        let by = By::One(id("host"));
        let text_of_open = Statement { by, header: None, body: Body::Open(Box::new(open)) }.to_text();
        let opened = registry.submit(Submission::of(sign_with(&text_of_open, &[host]))).await.unwrap();
        let seats = (0..seats).map(seat).collect();
        let anchor = opened.anchor;
        let voters = Voters {
            agreement: AgreementRef { name, anchor },
            workflow: Digest::of(text.as_bytes()),
            paper: Digest([0; 32]),
            seats,
        };
        let mut hall = Self { registry, anchor, voters };
        hall.fill().await;
        hall
    }

    /// The host names every panelist, all accept, and the host opens the ballot.
    async fn fill(&mut self) {
        let host = secret("host");
        for (name, key) in self.voters.seats.clone() {
            let seat = office("hall", name.as_str());
            let person = format!("Panelist {name}");
            let body =
                Body::Nominate(Nominate { seat: seat.clone(), person, key: public(&key), affiliation: None });
            self.submit(self.sign("host", body, &host)).await;
            let body = Body::AcceptSeat(AcceptSeat { seat, attach: [].into() });
            self.submit(self.sign(name.as_str(), body, &key)).await;
        }
        let act = Act {
            case: "poll#1".parse().unwrap(),
            act: id("call"),
            seat: None,
            attach: [].into(),
            strike: None,
        };
        self.submit(self.sign("host", Body::Act(act), &host)).await;
        let published = self.registry.agreement(&self.anchor).unwrap();
        self.voters.paper = published.state.cases.values().next().unwrap().ballots[0].paper;
    }

    /// A vote of a seat after the newest head.
    pub fn vote(&self, seat: usize) -> Envelope {
        self.voters.vote(seat, self.head())
    }

    fn sign(&self, by: &str, body: Body, key: &SigningKey) -> Envelope {
        self.voters.sign(by, body, key, self.head())
    }

    fn head(&self) -> Head {
        self.registry.store().head(&self.anchor).unwrap().unwrap().head
    }

    pub async fn submit(&self, envelope: Envelope) -> Receipted {
        self.registry.submit(Submission::of(envelope)).await.unwrap()
    }

    /// The entries now.
    pub fn size(&self) -> u64 {
        self.head().size
    }

    /// Those who vote in it.
    pub fn voters(&self) -> Voters {
        self.voters.clone()
    }
}

impl Voters {
    /// A vote of a seat after this head.
    pub fn vote(&self, seat: usize, after: Head) -> Envelope {
        let (name, key) = &self.seats[seat];
        let vote = Vote {
            ballot: "poll#1/motion#1".parse().unwrap(),
            asks: QUESTION.to_owned(),
            question: self.paper,
            choice: id(if seat.is_multiple_of(2) { "for" } else { "against" }),
            attach: [].into(),
        };
        self.sign(name.as_str(), Body::Vote(vote), key, after)
    }

    fn sign(&self, by: &str, body: Body, key: &SigningKey, after: Head) -> Envelope {
        let header = Header { agreement: self.agreement.clone(), workflow: self.workflow, after };
        let statement = Statement { by: By::One(id(by)), header: Some(header), body };
        sign_with(&statement.to_text(), std::slice::from_ref(key))
    }
}

/// When people stop voting.
#[derive(Clone, Copy)]
pub enum Until {
    /// At an instant.
    Time(Instant),
    /// When the log has so many entries, exactly.
    Size(u64),
}

/// Every seat votes, and votes again as soon as its vote has its receipt. Returns how long each vote took from
/// its submission to its receipt.
pub async fn vote_all(hall: &Arc<Hall>, until: Until) -> Vec<Duration> {
    let begun = Arc::new(AtomicU64::new(hall.size()));
    let seats = 0..hall.voters.seats.len();
    let voting: Vec<_> = seats
        .map(|seat| {
            let (hall, begun) = (Arc::clone(hall), Arc::clone(&begun));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while match until {
                    Until::Time(end) => Instant::now() < end,
                    Until::Size(size) => begun.fetch_add(1, Ordering::SeqCst) < size,
                } {
                    let envelope = hall.vote(seat);
                    let start = Instant::now();
                    hall.submit(envelope).await;
                    took.push(start.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for seat in voting {
        took.extend(seat.await.unwrap());
    }
    took
}

/// So many in a second.
pub fn per_second(count: usize, took: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss)] // for people to read
    let count = count as f64;
    count / took.as_secs_f64()
}

/// The time that the cores have worked for this process so far.
pub fn cpu_time() -> Duration {
    cpu_time_of("self")
}

/// The time that the cores have worked for a process so far, on Linux; zero elsewhere. Unlike the time on the
/// wall it hardly depends on what else the machine does.
pub fn cpu_time_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // proc_pid_stat(5): after the name in parentheses, fields 14 and 15 are user and system time in ticks of 10 ms.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    Duration::from_millis(10 * fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>())
}

/// A signature with nothing left to do but to verify it.
pub struct Signed {
    key: VerifyingKey,
    message: Vec<u8>,
    signature: ed25519_dalek::Signature,
}

impl Signed {
    /// The first signature of an entry.
    pub fn of(entry: &[u8]) -> Self {
        let envelope = Entry::parse(entry).unwrap().envelope;
        let armour = &envelope.signatures.first().unwrap().sig;
        let key = sshsig::claimed_key(armour).unwrap().raw().verifying().unwrap();
        // The signature's 64 bytes end the blob (PROTOCOL.sshsig §2).
        let base64: String = armour.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = Base64::decode_vec(&base64).unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(blob.last_chunk().unwrap());
        Self { key, message: sshsig::signed_data(envelope.statement.as_bytes()), signature }
    }

    pub fn verify(&self) {
        self.key.verify_strict(&self.message, &self.signature).unwrap();
    }
}

fn workflow(seats: usize) -> String {
    let names: Vec<String> = (0..seats).map(|number| format!("\"{}\"", seat(number).0)).collect();
    let grants: Vec<String> = (1..=GRANTS)
        .map(|number| {
            format!(
                "[grant.right-{number}]\nstatus = [ {{ is = \"in force\" }}, \
                 {{ is = \"ended\", first-of = [\"carried\", 2090-01-01T00:00:00Z] }} ]\n"
            )
        })
        .collect();
    format!(
        r#"language = 1
title    = "A hall that votes for ten years"
nature   = "specimen"
contract = {{ digest = "{contract}", prevails = true }}

[party]
host = {{ signatures = "1 of 1" }}

[panel.hall]
formed = "standing"
seats  = [ {{ names = [{names}], by = "host" }} ]

[event]
called  = "The host has called the poll"
carried = "The motion is carried"
lost    = "The motion is lost"

[procedure.poll]
open  = {{ do = "call", by = "host", emits = "called" }}
panel = "hall"
start = "voting"

[procedure.poll.state.voting]
ballot = "motion"
steps  = [
  {{ outcome = "carried", to = "closed", emits = "carried" }},
  {{ outcome = ["lost", "no-quorum"], to = "closed", emits = "lost" }},
]

[procedure.poll.state.closed]
ends = true

[ballot.motion]
question = "{QUESTION}"
electors = {{ of = "hall" }}
choices  = ["for", "against"]
open-for = "3650 days"
change   = "until close"
quorum   = "participating >= 1/2 of electors"
outcomes = [
  {{ is = "carried", if = "for > 1/2 of electors" }},
  {{ is = "lost" }},
]

{grants}"#,
        contract = Digest::of(b""),
        names = names.join(", "),
        grants = grants.concat(),
    )
}

fn seat(number: usize) -> (Id, SigningKey) {
    let name = format!("s{}", number + 1);
    let key = secret(&name);
    (id(&name), key)
}

fn secret(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Digest::of(format!("bench key of {name}").as_bytes()).0)
}

fn office(body: &str, name: &str) -> HolderRef {
    HolderRef::Office { body: id(body), name: id(name) }
}

fn id(name: &str) -> Id {
    name.parse().unwrap()
}
