//! The pages of `quorate serve`: every link leads somewhere, every answer says how it may be used, and what people write stays text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod cli_support;
mod serve_support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use cli_support::{DECLARED, NOMINATED, PARTIES, Stage, nomination};
use serve_support::{SEATS, Server, operator_of, voting};

/// A name that would be a script, were it not text; and one that would end an attribute.
const HOSTILE: &str = "<script>alert(1)</script> & \"><img src=x onerror=alert(2)>";

fn start(stage: &Stage) -> Server {
    Server::of(&stage.path(""), &[])
}

fn get(server: &Server, path: &str) -> Answer {
    get_as(server, path, "text/html")
}

/// What a server answers, its headers too.
fn get_as(server: &Server, path: &str, accept: &str) -> Answer {
    get_with(server, path, &format!("accept: {accept}\r\n"))
}

fn get_with(server: &Server, path: &str, headers: &str) -> Answer {
    let mut stream = server.connect();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: log\r\n{headers}connection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let headers = rest.split("\r\n").filter_map(|line| line.split_once(": "));
    Answer {
        status: first.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
        body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
    }
}

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn is_page(&self) -> bool {
        self.header("content-type") == "text/html; charset=utf-8"
    }

    /// What its links, scripts, styles and pictures lead to on this server, each as it stands.
    fn leads_to(&self) -> BTreeSet<String> {
        let values = ["href=\"", "src=\"", "data-script=\""]
            .into_iter()
            .flat_map(|name| self.body.split(name).skip(1));
        let values = values.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
        values.collect()
    }
}

/// The tags of a page, in order: name, and whether it closes. A page that is not well-formed fails.
fn well_formed(path: &str, page: &str) {
    const VOID: [&str; 6] = ["meta", "input", "link", "img", "br", "hr"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap_or_else(|| panic!("{path}: {page}"));
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>') || !open.is_empty(), "{path}: {text}");
        let end = tag_end(&rest[start..]).unwrap_or_else(|| panic!("{path}: a tag without an end"));
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{path}");
            continue;
        }
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{path}: <{tag}>");
        for attribute in [" style=", " onclick=", " onerror=", " onload="] {
            assert!(!outside_quotes(tag).contains(attribute), "{path}: <{tag}>");
        }
        if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "{path}");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{path}: {ids:?}");
    assert_eq!(page.matches("<h1").count(), 1, "{path}");
}

fn tag_end(tag: &str) -> Option<usize> {
    let mut quoted = false;
    tag.char_indices().find_map(|(place, letter)| {
        quoted ^= letter == '"';
        (letter == '>' && !quoted).then_some(place)
    })
}

fn outside_quotes(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

/// A case about which hostile things are said, a finished ballot, and the licences moved.
fn stage() -> Stage {
    let mut stage = Stage::opened();
    stage.ok(&format!("reaffirm --occasion '{HOSTILE}' {PARTIES}"));
    stage.declare_and_seat();
    "2026-05-12T09:00:00Z".clone_into(&mut stage.clock);
    stage.write("why.md", "Because of <b>this</b>. SPECIMEN.\n");
    for seat in ["o1", "o2", "i1", "i2", "i3"] {
        stage.ok(&format!("vote --choice met --rationale why.md --key {seat}"));
    }
    stage
}

#[test]
fn every_link_of_every_page_leads_somewhere_and_every_page_is_whole_and_closed_to_others() {
    let stage = stage();
    let server = start(&stage);
    let (mut seen, mut next) = (BTreeSet::new(), vec!["/".to_owned()]);
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut fragments = BTreeSet::new();
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(&server, &path);
        assert_eq!(answer.status, 200, "{path}\n{}", answer.body);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        // Names are code there, headings included.
        for heading in answer.body.split("<h3>").skip(1).map(|rest| rest.split("</h3>").next().unwrap()) {
            assert!(!heading.contains('`'), "{path}: {heading}");
        }
        if !answer.is_page() {
            continue;
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        // One page has a form, which goes to this server.
        let signs = path == "/sign-in";
        let (forms, cached) =
            if signs { ("form-action 'self'", "no-store") } else { ("form-action 'none'", "no-cache") };
        for part in ["base-uri 'none'", "frame-ancestors 'none'", forms] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("cache-control"), cached, "{path}");
        if path.ends_with("/report") {
            assert!(policy.contains("style-src 'sha256-"), "{policy}");
            continue;
        }
        // What a program may ask, and how a reader signs in, is of no agreement.
        if path != "/docs/api" && !signs {
            assert!(answer.body.contains("SPECIMEN: it binds nobody."), "{path}");
        }
        well_formed(&path, &answer.body);
        for to in answer.leads_to() {
            assert!(to.starts_with('/') || to.starts_with('#'), "{path} leads to {to}");
            let (page, fragment) = to.split_once('#').unwrap_or((&to, ""));
            let page = if page.is_empty() { path.as_str() } else { page };
            if !fragment.is_empty() {
                fragments.insert((page.to_owned(), fragment.to_owned()));
            }
            next.push(page.to_owned());
        }
        ids.insert(path, answer.body);
    }
    for (page, fragment) in fragments {
        assert!(ids[&page].contains(&format!(" id=\"{fragment}\"")), "{page}#{fragment}");
    }
    for path in [
        "/agreements/agi-2025/grants/research-ip",
        "/agreements/agi-2025/cases/verification/1",
        "/agreements/agi-2025/cases/verification/1/report",
        "/agreements/agi-2025/workflow",
        "/agreements/agi-2025/entries/1",
        "/v1/agreements/agi-2025/entries/1/receipt",
        "/v1/agreements/agi-2025/badge.svg?grant=research-ip",
        "/v1/agreements/agi-2025/ballots/verification/1/finding/1",
    ] {
        assert!(seen.contains(path), "nothing leads to {path}: {seen:?}");
    }
}

#[test]
fn the_page_says_what_the_command_line_says() {
    let stage = stage();
    // One process has a store open: the command line asks a copy.
    let mut asked = stage.copy(DECLARED);
    let server = start(&stage);
    let page = get(&server, "/agreements/agi-2025").body;
    // The server's clock is the machine's.
    let now = page.split("As of <time datetime=\"").nth(1).unwrap().split('"').next().unwrap();
    now.clone_into(&mut asked.clock);
    let licence = asked.ok("license");
    let of = |name: &str| {
        let grants = licence["grants"].as_array().unwrap();
        let grant = grants.iter().find(|grant| grant["grant"] == name).unwrap();
        grant["attributes"][0].clone()
    };
    let moved = of("compute-thresholds");
    assert_eq!(moved["value"], "lifted");
    let row = page.split("compute-thresholds</code>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">lifted</strong>"), "{row}");
    assert!(row.contains(&format!("datetime=\"{}\"", moved["since"].as_str().unwrap())), "{row}");
    assert!(row.contains(&format!("/entries/{}\"", moved["because"]["entry"])), "{row}");
    // Its case is over, and nobody can withdraw what was declared any more.
    assert!(moved["back"]["event"] == "withdrawn" && !row.contains("back:"), "{row}");

    asked.ok("report verification#1 --format html --out report.html");
    let report = get(&server, "/agreements/agi-2025/cases/verification/1/report");
    assert_eq!(report.body, asked.read("report.html"));

    let badge = get(&server, "/v1/agreements/agi-2025/badge.svg?grant=compute-thresholds");
    assert_eq!(badge.header("content-type"), "image/svg+xml");
    assert!(badge.body.contains(">lifted (specimen)</text>"), "{}", badge.body);
    assert_eq!(get(&server, "/v1/agreements/agi-2025/badge.svg?grant=none").status, 404);
}

#[test]
fn a_sealed_ballot_counts_nothing_before_votes_are_revealed_and_says_so() {
    let operator = operator_of(|workflow| {
        workflow.replace(
            "change   = \"until close\"",
            "early    = \"all voted\"\nsealed   = { reveal-for = \"3 days\", unrevealed = \"has not voted\" }",
        )
    });
    let server = Server::start(&operator);
    let people = voting(&operator, &server);
    let pages = || {
        ["/agreements/panel", "/agreements/panel/cases/question/1"].map(|path| {
            let page = get(&server, path).body;
            well_formed(path, &page);
            page
        })
    };
    people.ok("vote --choice yes --key n1");
    for page in pages() {
        assert!(page.contains("1 of 10 electors have committed"), "{page}");
        assert!(page.contains("counted once votes are revealed") && page.contains("participating"), "{page}");
        assert!(!page.contains("does not hold"), "{page}");
    }
    for seat in &SEATS[1..] {
        people.ok(&format!("vote --choice yes --key {seat}"));
    }
    people.ok("reveal --key n1");
    for page in pages() {
        assert!(page.contains("does not hold: 1, and it takes 9"), "{page}");
        assert!(!page.contains("counted once votes are revealed"), "{page}");
    }
}

#[test]
fn what_people_write_stays_text() {
    let mut stage = Stage::opened();
    stage.ok(&format!("reaffirm --occasion '{HOSTILE}' {PARTIES}"));
    DECLARED.clone_into(&mut stage.clock);
    stage.write("declaration.md", "<script>alert(3)</script>\n");
    stage.ok(cli_support::DECLARE);
    NOMINATED.clone_into(&mut stage.clock);
    stage.ok(&nomination("o1", "o1").replace("Panelist o1", HOSTILE));
    let server = start(&stage);
    let shown = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&gt;&lt;img src=x onerror=alert(2)&gt;";
    for path in [
        "/agreements/agi-2025/cases/verification/1",
        "/agreements/agi-2025/entries",
        "/agreements/agi-2025/entries/1",
    ] {
        let answer = get(&server, path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.contains(shown), "{path}\n{}", answer.body);
        assert!(!answer.body.contains("<script>alert"), "{path}");
        well_formed(path, &answer.body);
    }
    // A document is text, and never a page of this server's.
    let case = get(&server, "/agreements/agi-2025/cases/verification/1").body;
    let document =
        case.split("href=\"/agreements/agi-2025/documents/").nth(1).unwrap().split('"').next().unwrap();
    let answer = get(&server, &format!("/agreements/agi-2025/documents/{document}"));
    assert_eq!(answer.body, "<script>alert(3)</script>\n");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.header("content-security-policy").ends_with("; sandbox"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn what_is_not_there_is_a_page_for_people_and_a_problem_for_programs() {
    let server = start(&Stage::opened());
    for path in [
        "/agreements/nobody",
        "/agreements/nobody/entries",
        "/agreements/%FF",
        "/agreements/agi-2025/entries/999",
        "/agreements/agi-2025/entries/x",
        "/agreements/agi-2025/cases/verification/1",
        "/agreements/agi-2025/cases/%3Cscript%3E/0",
        "/agreements/agi-2025/cases/verification/1/report",
        "/agreements/agi-2025/grants/none",
        "/agreements/agi-2025/documents/00",
        "/elsewhere",
    ] {
        let answer = get(&server, path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.is_page(), "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; "), "{path}");
        assert!(!answer.body.contains("<script>"), "{path}");
        well_formed(path, &answer.body);
    }
    let answer = get(&server, "/agreements/agi-2025/entries?before=1&before=2");
    assert_eq!((answer.status, answer.is_page()), (400, true), "{}", answer.body);
    let answer = get_as(&server, "/elsewhere", "application/json");
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
    let answer = get(&server, "/assets/page-0000000000000000.css");
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
}

#[test]
fn the_first_view_is_small_and_its_files_are_kept_for_ever() {
    let server = start(&Stage::opened());
    let page = get(&server, "/agreements/agi-2025");
    let assets: BTreeSet<String> =
        page.leads_to().into_iter().filter(|to| to.starts_with("/assets/")).collect();
    let mut view = page.body.len();
    for path in &assets {
        let answer = get(&server, path);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        // The check is fetched by whoever asks for it.
        if !path.contains("/check-") {
            view += answer.body.len();
        }
    }
    assert_eq!(assets.len(), 4, "{assets:?}");
    assert!(view < 60 * 1024, "{view} bytes");
}

#[test]
fn a_page_that_is_known_is_not_sent_again_and_one_of_a_longer_log_is() {
    let operator = serve_support::operator();
    let server = Server::start(&operator);
    let people = serve_support::Machine::new(Some(&server));
    people.takes_key(&operator, "north");
    people.takes_key(&operator, "n1");
    let page = "/agreements/panel/entries";
    let known = |tag: &str, path: &str| get_with(&server, path, &format!("if-none-match: {tag}\r\n"));
    // A page says as of when it is, so its tag is of a minute: this one may just begin.
    let same = (0..5).any(|_| {
        let tag = get(&server, page).header("etag").to_owned();
        assert!(tag.starts_with("W/\"1-"), "{tag}");
        let answer = known(&tag, page);
        answer.status == 304 && answer.body.is_empty() && answer.header("etag") == tag
    });
    assert!(same);
    let tag = get(&server, page).header("etag").to_owned();
    assert_eq!(known(&tag, "/agreements/panel/workflow").status, 200, "the tag of another page");
    people.ok("nominate n1 --person n1 --nominee-key data/keys/n1.pub --key north");
    let answer = known(&tag, page);
    assert_eq!(answer.status, 200);
    assert!(answer.header("etag").starts_with("W/\"2-"), "{}", answer.header("etag"));
    // What is not there has no tag, and a document is never kept.
    assert_eq!(get(&server, "/agreements/panel/entries/9").header("etag"), "");
}

#[test]
fn a_picture_scrolls_in_its_own_box_which_a_keyboard_reaches_and_a_telephone_is_told_of() {
    let server = start(&stage());
    for page in ["/agreements/agi-2025/workflow", "/agreements/agi-2025/cases/verification/1"] {
        let body = get(&server, page).body;
        let (before, after) = body.split_once("<div class=\"wide diagram\"").unwrap();
        assert!(before.ends_with("scrolls sideways.</p>"), "{page}");
        let tag = after.split('>').next().unwrap();
        assert!(tag.contains("role=\"region\"") && tag.contains("tabindex=\"0\""), "{page}: {tag}");
    }
}
