//! Restricted agreements on a server: who may read them, and that nobody else learns that they exist.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod serve_support;

use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quorate::statement::request::Challenge;
use quorate::statement::{Envelope, Signature};
use serde_json::Value;
use serve_support::restricted::{
    Answer, KEYS, ask, bearer, challenge, exchange, machine, operator, roster, signer, workflow,
};
use serve_support::{Machine, Server};

/// Another name of as many letters.
const NOBODY: &str = "pinel";

/// Every page of an agreement.
const PAGES: [&str; 9] = [
    "/agreements/panel",
    "/agreements/panel/grants/licence",
    "/agreements/panel/workflow",
    "/agreements/panel/cases/question/1",
    "/agreements/panel/cases/question/1/report",
    "/agreements/panel/entries",
    "/agreements/panel/entries/0",
    "/agreements/panel/entries?before=2",
    "/agreements/panel/documents/0000000000000000000000000000000000000000000000000000000000000000",
];

/// Every address of an agreement: those of the description that a server gives out, and the pages.
fn addresses() -> Vec<String> {
    let description: Value = serde_json::from_str(&quorate::serve::description()).unwrap();
    let of_agreement =
        description["paths"].as_object().unwrap().keys().filter(|path| path.contains("{agreement}"));
    let filled = of_agreement.map(|path| {
        let parts = [
            ("{agreement}", "panel"),
            ("/entries/{index}", "/entries/0"),
            ("{procedure}", "question"),
            ("{case}", "1"),
            ("{ballot}", "answer"),
            ("{round}", "1"),
            ("{size}", "1"),
            ("{level}", "0"),
            ("{index}", "000.p/1"),
            ("{hex}", &"0".repeat(64)),
        ];
        parts.into_iter().fold(path.clone(), |path, (part, value)| path.replace(part, value))
    });
    let all: Vec<String> = filled.chain(PAGES.map(str::to_owned)).collect();
    assert!(all.len() > 20 && all.iter().all(|path| !path.contains('{')), "{all:?}");
    all
}

fn statuses(server: &Server, path: &str, headers: &[&str]) -> u16 {
    ask(server, "GET", path, headers, b"").status
}

#[test]
fn whoever_may_not_read_it_gets_the_answer_of_an_agreement_that_does_not_exist() {
    let operator = operator();
    let server = Server::start(&operator);
    let stranger = bearer(&server, &operator, "outsider");
    let kinds: [&[&str]; 6] = [
        &[],
        &["Accept: text/html"],
        &["If-None-Match: *", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"],
        &["Range: bytes=0-1", "Origin: https://elsewhere.example"],
        &["Last-Event-ID: 0"],
        &[&stranger],
    ];
    let mut compared = 0;
    for path in addresses() {
        let there = format!("{path}{}", if path.ends_with("badge.svg") { "?grant=licence" } else { "" });
        let not_there = there.replace("panel", NOBODY);
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            for headers in kinds {
                let (one, other) = (
                    ask(&server, method, &there, headers, b""),
                    ask(&server, method, &not_there, headers, b""),
                );
                assert_eq!(one, other, "{method} {there} {headers:?}");
                assert_eq!(
                    one.status,
                    if matches!(method, "GET" | "HEAD") { 404 } else { 405 },
                    "{method} {there}"
                );
                // By the very table that makes the router.
                let allowed = (one.status == 405).then_some("GET,HEAD");
                assert_eq!(one.header("allow").as_deref(), allowed, "{method} {there}");
                compared += 1;
            }
        }
        // What is asked for badly is no agreement's either.
        for odd in [format!("{there}/"), format!("{there}%00"), format!("{there}?at=x&known_at=y&from=-1")] {
            let other = odd.replace("panel", NOBODY);
            assert_eq!(ask(&server, "GET", &odd, &[], b""), ask(&server, "GET", &other, &[], b""), "{odd}");
        }
    }
    assert!(compared > 800, "{compared}");
    // And those who may read it find it at every one of these that has something.
    let reader = bearer(&server, &operator, "press");
    for path in addresses() {
        let path = format!("{path}{}", if path.ends_with("badge.svg") { "?grant=licence" } else { "" });
        if path.ends_with("/events") {
            continue;
        }
        let answer = ask(&server, "GET", &path, &[&reader], b"");
        let none = ["policy", "checkpoints/1", "tile/0/000.p/1", &"0".repeat(64)]
            .iter()
            .any(|it| path.ends_with(it));
        assert!(answer.status == 200 || none, "{path} {answer:?}");
        assert!(!answer.text().contains("no agreement of this name"), "{path}");
        if answer.status == 200 {
            // Nobody in between keeps it, and no page of others reads it.
            assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        }
    }
}

/// The envelope of a statement, signed by these keys.
fn envelope(operator: &Machine, text: &str, keys: &[&str]) -> String {
    let sign = |key: &&str| signer(operator, key).sign(text).unwrap();
    let signatures: Vec<Signature> = keys.iter().map(sign).collect();
    Envelope::new(text.to_owned(), signatures).to_text()
}

fn submit(server: &Server, kind: &str, body: &[u8]) -> Answer {
    ask(server, "POST", "/v1/statements", &[&format!("Content-Type: {kind}")], body)
}

#[test]
fn what_others_submit_is_refused_as_of_an_agreement_that_is_not_kept_there() {
    let operator = operator();
    let anchor = operator.ok("status")["agreement"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    operator.ok("recuse --case question#1 --reason 'Mine to say' --seat n1 --key n1 --out said.json");
    let text = fs::read_to_string(operator.path.join("said.json")).unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    let elsewhere = text.replace(&anchor, &other);
    let server = Server::start(&operator);
    // What the answers name is the anchor, which is the asker's own word.
    let told = |answer: &Answer, anchor: &str| {
        let short: String = anchor.chars().take(19).collect();
        Answer { body: answer.text().replace(&short, "ANCHOR").into_bytes(), ..answer.clone() }
    };
    let form = |envelope: &str| {
        let part = "content-disposition: form-data; name=\"envelope\"\r\n\r\n";
        format!("--cut\r\n{part}{envelope}\r\n--cut--\r\n").into_bytes()
    };
    let signed = |text: &str| envelope(&operator, text, &["outsider"]);
    let broken = |text: &str| signed(text).replace("AAAA", "AAAB");
    let attached = |text: &str| text.replace("\"reason\":\"Mine to say\"", "\"reason\":\"\"");
    let pairs: [(&str, Vec<u8>, Vec<u8>); 5] = [
        ("application/json", signed(&text).into_bytes(), signed(&elsewhere).into_bytes()),
        ("application/json", broken(&text).into_bytes(), broken(&elsewhere).into_bytes()),
        (
            "application/json",
            signed(&attached(&text)).into_bytes(),
            signed(&attached(&elsewhere)).into_bytes(),
        ),
        ("multipart/form-data; boundary=cut", form(&signed(&text)), form(&signed(&elsewhere))),
        ("text/plain", signed(&text).into_bytes(), signed(&elsewhere).into_bytes()),
    ];
    for (kind, one, two) in pairs {
        let (one, two) = (submit(&server, kind, &one), submit(&server, kind, &two));
        let without_length = |answer: Answer| {
            let headers =
                answer.headers.into_iter().filter(|line| !line.starts_with("content-length")).collect();
            Answer { headers, ..answer }
        };
        let (one, two) = (without_length(told(&one, &anchor)), without_length(told(&two, &other)));
        assert_eq!(one, two, "{kind}");
        assert!(!one.text().contains("\"note\""), "{one:?}");
    }
    // Signed by whom it is of, it is taken; and whoever sends the same again is told so only where they may read it.
    let theirs = envelope(&operator, &text, &["n1"]);
    let taken = submit(&server, "application/json", theirs.as_bytes());
    assert_eq!(taken.status, 201, "{taken:?}");
    // A refusal is signed for those who may know of the log.
    let refused = submit(
        &server,
        "application/json",
        envelope(&operator, &text.replace("Mine", "Ours"), &["n1"]).as_bytes(),
    );
    assert!(refused.status == 422 && refused.text().contains("\"note\""), "{refused:?}");
}

/// Both answers come when the same time has passed since they were asked for, longer than it takes to find out.
#[test]
fn that_it_is_not_there_is_told_only_after_a_time() {
    let operator = operator();
    operator.ok("recuse --case question#1 --reason 'Mine to say' --seat n1 --key n1 --out said.json");
    let said = fs::read_to_string(operator.path.join("said.json")).unwrap();
    let said = envelope(&operator, &said, &["outsider"]);
    let server = Server::start(&operator);
    let after = |ask: &dyn Fn() -> Answer, status: u16| {
        let begun = Instant::now();
        assert_eq!(ask().status, status);
        begun.elapsed()
    };
    for name in ["panel", NOBODY] {
        let licence = format!("/v1/agreements/{name}/licence");
        let took = after(&|| ask(&server, "GET", &licence, &[], b""), 404);
        assert!(took >= Duration::from_millis(4), "{took:?} for {name}");
    }
    let took = after(&|| submit(&server, "application/json", said.as_bytes()), 422);
    assert!(took >= Duration::from_millis(4), "{took:?}");
    // Whoever sends the envelope late learns nothing by it: the time runs from its end on.
    let mut stream = server.connect();
    let length = said.len();
    write!(
        stream,
        "POST /v1/statements HTTP/1.1\r\nHost: log\r\nConnection: close\r\nContent-Type: application/json\r\n"
    )
    .unwrap();
    write!(stream, "Content-Length: {length}\r\n\r\n{}", &said[..length - 1]).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    write!(stream, "{}", &said[length - 1..]).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    let took = begun.elapsed();
    assert!(told.starts_with("HTTP/1.1 422") && took >= Duration::from_millis(4), "{took:?} {told}");
}

#[test]
fn what_opened_it_gets_its_receipt_for_those_who_may_read_it_alone() {
    let operator = operator();
    let log = operator.ok("log show 0 panel --envelope opened.json");
    assert_eq!(log["entry"]["index"], 0);
    let opened = fs::read_to_string(operator.path.join("opened.json")).unwrap();
    let text = Envelope::parse(&opened).unwrap().statement;
    let other = text.replacen("\"name\":\"panel\"", "\"name\":\"board\"", 1);
    assert_ne!(other, text);
    let server = Server::start_with(&operator, &["--openings"]);
    let send = |text: &str, keys: &[&str]| {
        submit(&server, "application/json", envelope(&operator, text, keys).as_bytes())
    };
    // Whoever has a copy of it and is no reader is told what they are told of any statement that is to open one of this name.
    let stranger = send(&text, &["outsider"]);
    assert!(stranger.status == 422 && stranger.text().contains("name-taken"), "{stranger:?}");
    assert!(!stranger.text().contains("note") && !stranger.text().contains("receipt"), "{stranger:?}");
    let form = format!(
        "--cut\r\ncontent-disposition: form-data; name=\"envelope\"\r\n\r\n{}\r\n--cut--\r\n",
        envelope(&operator, &text, &["outsider"])
    );
    let formed = submit(&server, "multipart/form-data; boundary=cut", form.as_bytes());
    assert_eq!((formed.status, formed.text()), (422, stranger.text()));
    for key in ["north", "press"] {
        let reader = send(&text, &[key]);
        assert!(reader.status == 200 && reader.text().contains("\"known\":true"), "{reader:?}");
    }
    // One that is to open an agreement which is not here is judged as ever.
    let board = send(&other, &["outsider"]);
    assert!(board.status == 422 && !board.text().contains("name-taken"), "{board:?}");
}

#[test]
fn a_document_of_one_agreement_is_no_other_agreements_to_name() {
    let operator = operator();
    // A second agreement, which anybody may read, whose party knows the digest of a document of the first.
    let open =
        workflow().replace("access   = \"restricted\"\n", "").split("\n[tier").next().unwrap().to_owned();
    fs::write(operator.path.join("open.toml"), open).unwrap();
    operator.ok("open board --workflow open.toml --contract contract.txt --roster roster.toml --key north --key south");
    operator.ok("do ask --agreement board --key north");
    operator.ok("do file --agreement board --case question#1 --attach exhibit=exhibit.md --key north --out named.json");
    let log = operator.ok("log panel");
    let named = document(&log, "plans");
    let text = fs::read_to_string(operator.path.join("named.json")).unwrap();
    let own = text.split("\"exhibit\":\"").nth(1).unwrap().split('"').next().unwrap();
    let text = text.replace(own, &named);
    let server = Server::start(&operator);
    let answer = submit(&server, "application/json", envelope(&operator, &text, &["north"]).as_bytes());
    assert!(answer.status == 422 && answer.text().contains("document-absent"), "{answer:?}");
}

/// The digest of the document that an entry of a log names so.
fn document(log: &Value, name: &str) -> String {
    let documents =
        log["entries"].as_array().unwrap().iter().flat_map(|entry| entry["documents"].as_array().unwrap());
    let mut found =
        documents.filter(|it| it["name"] == name).map(|it| it["digest"].as_str().unwrap().to_owned());
    found.next_back().unwrap_or_else(|| panic!("{name}: {log}"))
}

#[test]
fn it_is_read_by_those_who_can_sign_in_it_and_nobody_else_as_people_come_and_go() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = machine(&operator, &server, &KEYS);
    let reads = |key: &str| {
        let done = people.run(&format!("status panel --reader {key}"));
        assert!(matches!(done.code, 0 | 2), "{done:?}");
        let header = bearer(&server, &operator, key);
        // At once, and whatever was seen of it before.
        assert_eq!(
            statuses(&server, "/v1/agreements/panel", &[&header]),
            if done.code == 0 { 200 } else { 404 }
        );
        done.code == 0
    };
    let all = || KEYS.into_iter().filter(|key| reads(key)).collect::<Vec<_>>();
    assert_eq!(all(), ["north", "south", "n1", "n2", "press"]);
    let none = people.fails("status panel", 2);
    assert!(none["what"].as_str().unwrap().contains("--reader KEY"), "{none}");
    // By its full name, too, whoever may not read it is told of the server that was asked, and what to do there.
    let anchor = people.ok("status panel --reader press")["agreement"].as_str().unwrap().to_owned();
    for (options, told) in
        [("", "show it to everybody"), ("--reader outsider", "show it to the key with which you read")]
    {
        let none = people.fails(&format!("status {anchor} {options}"), 2);
        let what = none["what"].as_str().unwrap();
        assert!(what.contains(&format!("the server {} has no agreement panel", server.url)), "{none}");
        assert!(what.contains(told) && !what.contains("export"), "{none}");
        assert_eq!(what.contains("--reader KEY"), options.is_empty(), "{none}");
    }
    // Nobody is told of it in a list but they.
    let listed = |key: Option<&str>| {
        let header = key.map(|key| bearer(&server, &operator, key));
        let headers: Vec<&str> = header.as_deref().into_iter().collect();
        let api = ask(&server, "GET", "/v1/agreements", &headers, b"").text().contains("panel@");
        assert_eq!(ask(&server, "GET", "/", &headers, b"").text().contains("/agreements/panel"), api);
        api
    };
    assert_eq!([None, Some("outsider"), Some("press")].map(listed), [false, false, true]);
    // Such a list is kept by nobody in between, and read by no page of others; and each is another for another token.
    for (key, kept) in [("outsider", "no-cache"), ("press", "no-store")] {
        let header = bearer(&server, &operator, key);
        let cookie = header.replace("Authorization: Bearer ", "Cookie: quorate-token=");
        for (path, header) in [("/v1/agreements", &header), ("/", &header), ("/", &cookie)] {
            let answer = ask(&server, "GET", path, &[header], b"");
            assert_eq!(answer.header("cache-control").as_deref(), Some(kept), "{answer:?}");
            assert_eq!(answer.header("vary").as_deref(), Some("authorization, cookie"), "{answer:?}");
            let others = answer.header("access-control-allow-origin").is_some();
            assert_eq!(others, key == "outsider" && path != "/", "{answer:?}");
        }
    }

    // Whoever is named can read before they accept; whoever steps down cannot any more.
    people.ok("nominate n3 --person n3 --nominee-key data/keys/n3.pub --key north");
    people.ok("step-down --seat n1 --reason 'Other work' --key n1");
    assert_eq!(all(), ["north", "south", "n2", "n3", "press"]);
    // A key that was replaced reads no more, and the one in its place does.
    people.ok("key new second --no-passphrase");
    people.ok("key replace jury/n2 --new-key second --key n2");
    fs::copy(people.path.join("data/keys/second"), operator.path.join("data/keys/second")).unwrap();
    assert!(!reads("n2") && reads("second"));
    // An amendment names a new reader, and leaves the former one out.
    let amended = workflow().replace("[role.press]\n", "[role.regulator]\n");
    fs::write(people.path.join("second.toml"), amended).unwrap();
    fs::write(people.path.join("contract.txt"), "The test's own contract.\n").unwrap();
    let lines = roster(&operator, &["outsider"]).replace("outsider/officer", "regulator/officer");
    fs::write(people.path.join("regulator.toml"), lines).unwrap();
    people.ok(
        "amend --to second.toml --contract contract.txt --occasion 'Another reader' --roster regulator.toml \
         --case 'question#1=old rules' --key north --key south",
    );
    assert_eq!(all(), ["north", "south", "n3", "outsider"]);
    // Another one opens all of it to anybody.
    let open =
        workflow().replace("access   = \"restricted\"\n", "").split("\n[tier").next().unwrap().to_owned();
    let open = open.replace("[role.press]\nsignatures = \"1 of 1\"\n\n", "");
    fs::write(people.path.join("third.toml"), open).unwrap();
    people.ok(
        "amend --to third.toml --contract contract.txt --occasion 'It is public now' --case 'question#1=old rules' \
         --key north --key south",
    );
    assert_eq!(all(), KEYS);
    assert_eq!(statuses(&server, "/v1/agreements/panel", &[]), 200);
}

#[test]
fn a_signature_is_good_for_this_server_once_and_for_nothing_else() {
    let operator = operator();
    let server = Server::start(&operator);
    let refused = |answer: Answer, kind: &str| {
        assert!(answer.text().contains(&format!("urn:quorate:problem:{kind}")), "{answer:?}");
        assert!(matches!(answer.status, 400 | 403 | 413 | 415), "{answer:?}");
        answer.text()
    };
    let key = signer(&operator, "press");
    let given = challenge(&server);
    assert_eq!(given.server, server.url);
    let sign = |challenge: &Challenge| key.sign_request(challenge).unwrap().sig;
    let elsewhere = Challenge { server: "https://log.example.org".to_owned(), ..given.clone() };
    let told = refused(exchange(&server, &elsewhere.to_text(), &sign(&elsewhere)), "bad-challenge");
    assert!(told.contains("another server"), "{told}");
    let later = Challenge { expires: "2099-01-01T00:00:00Z".parse().unwrap(), ..given.clone() };
    let told = refused(exchange(&server, &later.to_text(), &sign(&later)), "bad-challenge");
    assert!(told.contains("not made here"), "{told}");
    let over = Challenge { expires: "2026-01-01T00:00:00Z".parse().unwrap(), ..given.clone() };
    let told = refused(exchange(&server, &over.to_text(), &sign(&over)), "bad-challenge");
    assert!(told.contains("is over"), "{told}");
    refused(exchange(&server, "quorate/request/v1\n", "x"), "bad-challenge");
    // As a statement's signature it is none, nor over another text, nor altered.
    let statement = key.sign(&given.to_text()).unwrap().sig;
    let told = refused(exchange(&server, &given.to_text(), &statement), "bad-signature");
    assert!(told.contains("quorate/request/v1"), "{told}");
    refused(exchange(&server, &given.to_text(), &sign(&challenge(&server))), "bad-signature");
    refused(exchange(&server, &given.to_text(), "no signature"), "bad-signature");
    // Once, and never again; what was refused before did not use it up.
    let good = sign(&given);
    assert_eq!(exchange(&server, &given.to_text(), &good).status, 200);
    let told = refused(exchange(&server, &given.to_text(), &good), "bad-challenge");
    assert!(told.contains("used already"), "{told}");
    let json = &["Content-Type: application/json"][..];
    refused(ask(&server, "POST", "/v1/token", json, b"{"), "bad-request");
    refused(ask(&server, "POST", "/v1/token", json, &vec![b' '; 100_000]), "too-long");
    refused(ask(&server, "POST", "/v1/token", &["Content-Type: text/plain"], b"{}"), "media-type");

    // A token that is none is refused whatever is asked for, and the same everywhere.
    let answers = ["/v1/agreements/panel", "/v1/agreements/pinel", "/v1/agreements", "/"].map(|path| {
        let answer = ask(&server, "GET", path, &["Authorization: Bearer AAAA"], b"");
        assert_eq!(
            (answer.status, answer.header("www-authenticate").as_deref()),
            (401, Some("Bearer")),
            "{path}"
        );
        answer
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // What a proxy in between is told is nothing to this server.
    let basic = "Authorization: Basic cHJveHk6c2VjcmV0";
    assert_eq!(["/", "/v1/agreements/panel"].map(|path| statuses(&server, path, &[basic])), [200, 404]);
    let other = Server::start(&serve_support::operator());
    let header = bearer(&server, &operator, "press");
    assert_eq!(statuses(&server, "/v1/agreements/panel", &[&header]), 200);
    assert_eq!(statuses(&other, "/v1/agreements/panel", &[&header]), 401);

    // The server's log has none of it.
    drop(server);
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    assert!(log.contains("/v1/token"), "{log}");
    for secret in [given.nonce.as_str(), header.rsplit(' ').next().unwrap(), &good[60..100]] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn a_document_of_a_tier_is_given_to_those_of_the_tier_and_the_others_see_its_digest() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = machine(&operator, &server, &KEYS);
    let log = people.ok("log panel --reader n1");
    let path =
        |name: &str| format!("/a/panel/blobs/{}", document(&log, name).strip_prefix("sha256:").unwrap());
    let page = |name: &str| path(name).replace("/a/panel/blobs/", "/agreements/panel/documents/");
    for (key, exhibit, plans) in [
        ("north", 200, 200),
        ("south", 200, 200),
        ("n1", 200, 403),
        ("press", 200, 403),
        ("outsider", 404, 404),
    ] {
        let header = bearer(&server, &operator, key);
        for (name, status) in [("exhibit", exhibit), ("plans", plans)] {
            for address in [path(name), page(name)] {
                assert_eq!(statuses(&server, &address, &[&header]), status, "{key} {address}");
            }
        }
    }
    let n1 = bearer(&server, &operator, "n1");
    let told = ask(&server, "GET", &path("plans"), &[&n1], b"").text();
    assert!(
        told.contains("problem:tier") && told.contains("the tier secret, which north, south may read"),
        "{told}"
    );
    // Whoever files the same document again under another name opens it to nobody: the log has it, so it need not come.
    fs::write(people.path.join("exhibit.md"), "Another exhibit. SPECIMEN.\n").unwrap();
    people.ok("do file --agreement panel --case question#1 --attach exhibit=exhibit.md --key north --out again.json");
    let text = fs::read_to_string(people.path.join("again.json")).unwrap();
    let own = text.split("\"exhibit\":\"").nth(1).unwrap().split('"').next().unwrap();
    let text = text.replace(own, &document(&log, "plans"));
    let taken = submit(&server, "application/json", envelope(&operator, &text, &["north"]).as_bytes());
    assert_eq!(taken.status, 201, "{taken:?}");
    assert_eq!(statuses(&server, &path("plans"), &[&n1]), 403);
}

#[test]
fn a_stream_of_events_ends_with_the_right_to_read() {
    let operator = operator();
    let server = Server::start(&operator);
    let people = machine(&operator, &server, &KEYS);
    let header = bearer(&server, &operator, "n1");
    let mut stream = server.connect();
    let head = format!("GET /v1/agreements/panel/events HTTP/1.1\r\nHost: log\r\n{header}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut events = serve_support::Events(std::io::BufReader::new(stream));
    events.until("listening");
    people.ok("nominate n3 --person n3 --nominee-key data/keys/n3.pub --key north");
    events.until("event: entry");
    people.ok("step-down --seat n1 --reason 'Other work' --key n1");
    let mut rest = String::new();
    while events.0.read_line(&mut rest).unwrap() > 0 {}
    assert!(!rest.contains("step"), "{rest}");
}

#[test]
fn what_is_given_out_unasked_leaves_it_out() {
    let operator = operator();
    let config = "listen = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n[export]\nfolder = \"public\"\nrestricted = \"private\"\nevery = \"1s\"\n";
    fs::write(operator.path.join("server.toml"), config).unwrap();
    let server = Server::start_with(&operator, &["--config", "server.toml"]);
    let private = operator.path.join("private/panel/checkpoint");
    for _ in 0..600 {
        if private.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(private.exists());
    assert!(!operator.path.join("public/panel").exists());
    assert_eq!(fs::metadata(operator.path.join("private")).unwrap().permissions().mode() & 0o777, 0o700);
    // Nor is it named where things are counted.
    let log = fs::read_to_string(operator.path.join("serve.log")).unwrap();
    let plain = ["\u{1b}[3m", "\u{1b}[0m", "\u{1b}[2m"].iter().fold(log, |log, code| log.replace(code, ""));
    let address = plain.split("metrics=").nth(1).unwrap().split_whitespace().next().unwrap();
    let client = serve_support::client();
    let counted = client.get(&format!("http://{address}/metrics"), 1 << 20).unwrap().unwrap();
    let counted = String::from_utf8(counted).unwrap();
    assert!(counted.contains("quorate_event_listeners") && !counted.contains("panel\""), "{counted}");
    // That it can only be read is said of it to nobody.
    assert_eq!(ask(&server, "GET", "/readyz", &[], b"").text(), "ready\n");
    drop(server);
    for (wrong, told) in [
        ("restricted = \"public/inside\"", "a folder of its own"),
        ("restricted = \"data/copy\"", "export.restricted"),
    ] {
        fs::write(operator.path.join("server.toml"), config.replace("restricted = \"private\"", wrong))
            .unwrap();
        let error = operator.fails("serve --config server.toml", 2);
        assert!(error["what"].as_str().unwrap().contains(told), "{error}");
    }
}

#[test]
fn people_work_in_it_with_their_keys_as_in_any_other() {
    let operator = operator();
    let server = Server::start(&operator);
    let n1 = machine(&operator, &server, &["n1"]);
    // Without --reader, the key that signs reads as well.
    n1.ok("vote --choice yes --agreement panel --key n1");
    n1.ok("ballot panel --out paper.toml --reader n1");
    n1.fails("vote --choice yes --agreement panel --key n1 --reader nobody", 4);
    let press = machine(&operator, &server, &["press"]);
    let alone = Machine { server: None, ..press };
    alone.ok(&format!("audit {}/a/panel --reader press", server.url));
    alone.ok(&format!("monitor {}/a/panel --state seen --reader press", server.url));
    alone.fails(&format!("audit {}/a/panel", server.url), 2);
    // An address behind which another server stands is not signed for.
    let other = server.url.replace("127.0.0.1", "localhost");
    let error = alone.fails(&format!("audit {other}/a/panel --reader press"), 4);
    assert!(error["what"].as_str().unwrap().contains("not signed for anybody else"), "{error}");
}

#[test]
fn a_browser_signs_in_with_what_ssh_keygen_prints() {
    let operator = operator();
    let server = Server::start(&operator);
    let page = ask(&server, "GET", "/sign-in", &[], b"");
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self'"), "{page:?}");
    let command =
        page.text().split("printf ").nth(1).unwrap().split("</pre>").next().unwrap().replace("&#39;", "'");
    let command = format!("printf {}", command.replace("~/.ssh/id_ed25519", "data/keys/press"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).current_dir(&operator.path).stdin(Stdio::null()).stderr(Stdio::null());
    let signature = String::from_utf8(shell.output().unwrap().stdout).unwrap();
    let challenge = page
        .text()
        .split("name=\"challenge\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    // As a browser sends a form: lines end in CR LF.
    let encoded = |text: &str| {
        let text = text.replace('\n', "\r\n");
        text.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
    };
    let form = format!("challenge={}&signature={}", encoded(&challenge), encoded(signature.trim()));
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let from_here = format!("Origin: {}", server.url);
    let others: [&[&str]; 5] = [
        &["Origin: https://elsewhere.example"],
        &["Origin: null"],
        &["Sec-Fetch-Site: cross-site"],
        &["Sec-Fetch-Site: same-site", &from_here],
        &["Sec-Fetch-Site: cross-site", "Origin: null"],
    ];
    for other in others {
        let answer = ask(&server, "POST", "/sign-in", &[&[kind], other].concat(), form.as_bytes());
        assert!(answer.status == 400 && answer.header("set-cookie").is_none(), "{answer:?}");
    }
    // What a browser makes of the form of a page with this policy; with `no-referrer` it would be `Origin: null`.
    assert_eq!(page.header("referrer-policy").as_deref(), Some("same-origin"), "{page:?}");
    let answer =
        ask(&server, "POST", "/sign-in", &[kind, &from_here, "Sec-Fetch-Site: same-origin"], form.as_bytes());
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/")), "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    for says in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=900"] {
        assert!(cookie.contains(says), "{cookie}");
    }
    let cookie = format!("Cookie: a=b; {}", cookie.split(';').next().unwrap());
    let front = ask(&server, "GET", "/", &[&cookie], b"").text();
    assert!(front.contains("/agreements/panel"), "{front}");
    assert!(ask(&server, "GET", "/sign-in", &[&cookie], b"").text().contains("You are signed in until"));
    // A second time it is told on the page, with another challenge.
    let again = ask(&server, "POST", "/sign-in", &[kind, &from_here], form.as_bytes());
    assert!(
        again.status == 403 && again.text().contains("used already") && !again.text().contains(&challenge)
    );
    // A cookie that is over is as good as none.
    assert_eq!(statuses(&server, "/", &["Cookie: quorate-token=AAAA"]), 200);
}
