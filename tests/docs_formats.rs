//! Every example of `docs/formats.md` is what the product writes, and is read back by the library.
//!
//! The examples come from one play on a stage whose keys, salts and times are made from names, so that it
//! always gives the same log. `UPDATE=1 cargo test --test docs_formats` writes them into the page anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use quorate::engine::paper::Paper;
use quorate::log::{Checkpoint, Hash, Receipt, VerifierKey};
use quorate::registry::{Receipted, SubmitError, log_key};
use quorate::scenario::Stage;
use quorate::statement::wire::TYPES;
use quorate::statement::{
    BallotRef, Blob, Body, By, CaseFate, CaseRef, Entry, Envelope, GrantFate, HolderRef, Refused,
    Replacement, RosterLine, Statement, sshsig,
};
use quorate::store::data::DataDir;
use quorate::store::{MemoryStore, Store as _};
use quorate::values::{Digest, Id, Instant, Span};

const PAGE: &str = "docs/formats.md";

/// Examples by name.
type Examples = BTreeMap<String, String>;

/// The workflow of the examples: the whole one of `docs/language.md`.
fn workflow() -> String {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let whole = page.split("```toml complete\n").nth(1).unwrap().split("\n```").next().unwrap();
    format!("{whole}\n")
}

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// The entry that a submission became.
fn entry(done: &Result<Receipted, SubmitError>) -> (Vec<u8>, Entry, Receipt) {
    let receipt = done.as_ref().unwrap().receipt.clone();
    let bytes = receipt.extra.clone().unwrap();
    let entry = Entry::parse(&bytes).unwrap();
    (bytes, entry, receipt)
}

/// Plays one case with a statement of every type but those of sealed ballots, and takes down what it leaves.
fn play() -> Examples {
    let store = Arc::new(MemoryStore::default());
    let opened: Instant = "2026-03-02T09:00:00Z".parse().unwrap();
    let mut stage = Stage::open(&workflow(), &id("bridge"), opened, store.clone()).unwrap();
    let anchor = stage.anchor();
    let case: CaseRef = "acceptance#1".parse().unwrap();
    let ballot: BallotRef = "acceptance#1/finding#1".parse().unwrap();
    let seats = ["b1", "s1", "c1"].map(|seat| format!("{case}/{seat}").parse::<HolderRef>().unwrap());
    let [b1, s1, c1] = &seats;
    let mut taken = Examples::new();
    let first = store.entry(&anchor, 0).unwrap().unwrap();
    taken.insert("statement-open".into(), Entry::parse(&first).unwrap().envelope.statement);
    // An hour passes after every statement.
    let take = |taken: &mut Examples, stage: &Stage, name: &str, done: Result<Receipted, SubmitError>| {
        let (bytes, entry, receipt) = entry(&done);
        taken.insert(format!("statement-{name}"), entry.envelope.statement.clone());
        stage.clock().pass(Span::from_seconds(3_600));
        (bytes, entry, receipt)
    };
    let done = stage.act(&case, &id("claim"), &By::One(id("seller")), &[id("report")]);
    take(&mut taken, &stage, "act", done);
    for (seat, by) in seats.iter().zip(["buyer", "seller", "chamber"]) {
        let done = stage.nominate(&id(by), seat);
        take(&mut taken, &stage, "nominate", done);
    }
    for seat in &seats {
        let done = stage.accept(seat);
        take(&mut taken, &stage, "accept-seat", done);
    }
    let paper = stage.state().unwrap().ballot_paper(&ballot).unwrap();
    taken.insert("paper".into(), paper);
    taken.insert("checkpoint".into(), store.head(&anchor).unwrap().unwrap().checkpoint);

    let done = stage.vote(&ballot, s1.name(), &id("yes"));
    let (bytes, entry, receipt) = take(&mut taken, &stage, "vote", done);
    taken.insert("signature".into(), entry.envelope.signatures[0].sig.clone());
    taken.insert("envelope".into(), entry.envelope.to_text());
    taken.insert("entry".into(), String::from_utf8(bytes).unwrap());
    taken.insert("receipt".into(), receipt.to_string());
    let again = stage.vote(&ballot, s1.name(), &id("no"));
    let Err(SubmitError::Refused { note: Some(refusal), .. }) = again else { panic!("{again:?}") };
    taken.insert("refusal".into(), refusal);
    let Body::Vote(vote) = Statement::parse(&entry.envelope.statement).unwrap().body else {
        panic!("no vote")
    };
    let rationale = vote.attach[&id("rationale")];
    let blob = store.blob(&rationale).unwrap().unwrap();
    taken.insert("blob".into(), dump(&blob));
    taken.insert("blob-name".into(), rationale.hex());

    let done = stage.disclose(c1);
    take(&mut taken, &stage, "disclose", done);
    let done = stage.reaffirm("Second meeting of the parties");
    take(&mut taken, &stage, "reaffirm", done);
    let done = stage.replace_key(c1, Replacement::Rotation);
    take(&mut taken, &stage, "replace-key", done);
    let done = stage.recuse(b1, &case);
    take(&mut taken, &stage, "recuse", done);
    let done = stage.step_down(s1);
    take(&mut taken, &stage, "step-down", done);
    let amended = workflow()
        .replace("participating >= 2", "participating >= 3")
        .replace("[grant.instalment]", "[grant.final]");
    let grants = [(id("instalment"), GrantFate::Becomes { grant: id("final"), moves: [].into() })];
    let cases = [(case.clone(), CaseFate::OldRules)];
    let done = stage.amend(&amended, (&grants, &cases), None, None);
    take(&mut taken, &stage, "amend", done);

    let Body::Open(open) = Statement::parse(&taken["statement-open"]).unwrap().body else {
        panic!("no open")
    };
    let officer = |line: &RosterLine| {
        format!(
            "[[officer]]\nholder = \"{}\"\nperson = \"{}\"\nkey = \"{}\"\n",
            line.holder, line.person, line.key
        )
    };
    taken.insert("roster".into(), open.roster.iter().map(officer).collect::<Vec<_>>().join("\n"));
    taken.insert("vkey".into(), open.log.vkey);
    let seed = Digest::of(b"stage log").0;
    taken.insert("log-key".into(), format!("quorate-log-key-v1 {}\n", Base64::encode_string(&seed)));
    taken.insert("config".into(), "log-name = \"stage.example\"\n".into());
    play_sealed(&mut taken);
    taken
}

/// Plays the same case with a sealed ballot, up to the first vote that is revealed.
fn play_sealed(taken: &mut Examples) {
    let sealed =
        "early      = \"all voted\"\nsealed     = { reveal-for = \"3 days\", unrevealed = \"abstains\" }";
    let workflow = workflow().replace("early      = \"all voted\"", sealed);
    let opened: Instant = "2026-03-02T09:00:00Z".parse().unwrap();
    let mut stage = Stage::open(&workflow, &id("bridge"), opened, Arc::new(MemoryStore::default())).unwrap();
    let case: CaseRef = "acceptance#1".parse().unwrap();
    let ballot: BallotRef = "acceptance#1/finding#1".parse().unwrap();
    stage.act(&case, &id("claim"), &By::One(id("seller")), &[id("report")]).unwrap();
    for (seat, by) in [("b1", "buyer"), ("s1", "seller"), ("c1", "chamber")] {
        let seat = format!("{case}/{seat}").parse().unwrap();
        stage.nominate(&id(by), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    let mut statements = Vec::new();
    for seat in ["b1", "c1", "s1"] {
        statements.push(entry(&stage.vote(&ballot, &id(seat), &id("yes"))).1.envelope.statement);
    }
    statements.push(entry(&stage.reveal_attaching(&ballot, &id("s1"), None, None)).1.envelope.statement);
    let [.., commit, reveal] = &statements[..] else { panic!("{statements:?}") };
    taken.insert("statement-commit".into(), commit.clone());
    taken.insert("statement-reveal".into(), reveal.clone());
    let (Body::Commit(commit), Body::Reveal(reveal)) =
        (Statement::parse(commit).unwrap().body, Statement::parse(reveal).unwrap().body)
    else {
        panic!("{statements:?}")
    };
    let header = Statement::parse(&statements[0]).unwrap().header.unwrap();
    // Written by hand here, as other software would.
    let text = format!(
        "quorate/commitment/v1\nagreement {}\nballot {}\nquestion {}\nseat s1\nchoice {}\nsalt {}\n",
        header.agreement, commit.ballot, commit.question, reveal.choice, reveal.salt
    );
    assert_eq!(Digest::of(text.as_bytes()), commit.commitment);
    taken.insert("commitment".into(), text);
}

/// Bytes as `xxd` shows them: 16 a line.
fn dump(bytes: &[u8]) -> String {
    let line = |(at, line): (usize, &[u8])| {
        let pairs: Vec<String> = line.chunks(2).map(hex).collect();
        let shown: String =
            line.iter().map(|byte| if (32..127).contains(byte) { char::from(*byte) } else { '.' }).collect();
        format!("{:08x}: {:<39}  {shown}\n", at * 16, pairs.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect::<Vec<_>>().concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The page with every example replaced by `with`, and the examples that stood there.
fn rewrite(page: &str, with: &Examples) -> (String, Examples) {
    let (mut out, mut found) = (String::new(), Examples::new());
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        out.push_str(line);
        let Some((_, name)) = line.trim_end().split_once(" example=").filter(|_| line.starts_with("```"))
        else {
            continue;
        };
        let text: String = lines.by_ref().take_while(|line| *line != "```\n").collect();
        found.insert(name.to_owned(), text);
        out.push_str(with.get(name).map_or("", |text| text.trim_end()));
        out.push_str("\n```\n");
    }
    (out, found)
}

#[test]
fn every_example_of_the_formats_is_what_the_product_writes() {
    let played = play();
    let page = fs::read_to_string(PAGE).unwrap();
    let (new, found) = rewrite(&page, &played);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PAGE, &new).unwrap();
        return;
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), played.keys().collect::<Vec<_>>());
    for (name, text) in &played {
        assert_eq!(found[name].trim_end(), text.trim_end(), "{name}: UPDATE=1 writes it anew");
    }
}

/// The examples as the page has them.
fn examples() -> Examples {
    let (_, mut found) = rewrite(&fs::read_to_string(PAGE).unwrap(), &Examples::new());
    // A statement, an envelope and an entry end with their last brace.
    for (name, text) in &mut found {
        if name.starts_with("statement-") || name == "envelope" || name == "entry" {
            text.truncate(text.trim_end().len());
        }
    }
    found
}

#[test]
fn there_is_an_example_of_every_type_of_statement() {
    let examples = examples();
    for kind in TYPES {
        let text = &examples[&format!("statement-{kind}")];
        let statement = Statement::parse(text).unwrap();
        assert_eq!((statement.type_name(), &statement.to_text()), (kind, text));
    }
}

#[test]
fn the_vote_can_be_followed_from_its_paper_to_its_receipt() {
    let examples = examples();
    let vote = &examples["statement-vote"];
    let statement = Statement::parse(vote).unwrap();
    let Body::Vote(body) = statement.body else { panic!("no vote") };
    let header = statement.header.unwrap();
    assert_eq!(header.agreement.anchor, Digest::of(examples["statement-open"].as_bytes()));

    assert_eq!(body.question, Digest::of(examples["paper"].as_bytes()));
    let paper: Paper = toml::from_str(&examples["paper"]).unwrap();
    assert_eq!((&paper.asks, &paper.agreement), (&body.asks, &header.agreement));
    let key: VerifierKey = examples["vkey"].trim_end().parse().unwrap();
    assert_eq!(paper.vkey, key.to_string());
    assert_eq!(Checkpoint::open(examples["checkpoint"].as_bytes(), &key).unwrap().head, header.after);

    let signer = sshsig::verify(&examples["signature"], vote.as_bytes()).unwrap();
    let envelope = Envelope::parse(&examples["envelope"]).unwrap();
    assert_eq!((&envelope.statement, &envelope.signatures[0].sig), (vote, &examples["signature"]));
    assert_eq!(envelope.check().unwrap().signers(), [signer]);

    let bytes = examples["entry"].as_bytes();
    assert_eq!(Entry::parse(bytes).unwrap().envelope, envelope);
    let receipt = Receipt::parse(examples["receipt"].as_bytes()).unwrap();
    assert_eq!(receipt.extra.as_deref(), Some(bytes));
    receipt.verify(Hash::leaf(bytes), &key).unwrap();

    let refused = Refused::open(examples["refusal"].as_bytes(), &key).unwrap();
    assert_eq!((refused.agreement, refused.rule), (header.agreement, id("already-voted")));

    let digits: String = examples["blob"].lines().flat_map(|line| line[10..49].split(' ')).collect();
    let blob = unhex(&digits);
    let blob = Blob::open(blob, &body.attach[&id("rationale")]).unwrap();
    assert!(blob.content().starts_with(b"rationale for yes"));
    assert_eq!(examples["blob-name"].trim_end(), blob.digest().hex());
}

#[test]
fn the_files_of_a_data_folder_are_read() {
    let examples = examples();
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::init(folder.path(), "other.example").unwrap();
    fs::write(folder.path().join("config.toml"), &examples["config"]).unwrap();
    fs::write(data.log_key_path(), &examples["log-key"]).unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let key = log_key(data.log_name(), &id("bridge"), &data.log_seed().unwrap()).unwrap();
    assert_eq!(key.verifier().to_string(), examples["vkey"].trim_end());
}

#[test]
fn the_roster_file_has_the_lines_of_the_opening_statement() {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Roster {
        officer: Vec<RosterLine>,
    }
    let examples = examples();
    let Body::Open(open) = Statement::parse(&examples["statement-open"]).unwrap().body else {
        panic!("no open")
    };
    assert_eq!(toml::from_str::<Roster>(&examples["roster"]).unwrap().officer, open.roster);
}
