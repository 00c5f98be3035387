//! Every address of the interface for programs: who answers it, and what it takes and answers.

use serde_json::{Value, json};

use super::api::{Answer, Api, Doc, documents, entry, envelope, instant, number, word};
use super::kinds::{
    BAD_CHALLENGE, BAD_ENVELOPE, BAD_REQUEST, BAD_SIGNATURE, BUSY, CLOCK, FAILED, MEDIA_TYPE, NO_AGREEMENT,
    NO_OPENINGS, NO_RECEIPT, NOT_FOUND, QUOTA, READ_ONLY, REFUSED, STOPPED, STORAGE, TIER, TOO_LONG,
    TOO_SLOW,
};
use super::{certificate, documents, events, feed, health, pages, read, reports, sign_in, site, submit};
use crate::view::document::{Licence, Line, Status};

const ID: &str = "^[a-z0-9-]{1,64}$";

/// The whole interface.
pub(super) fn api() -> Api {
    log(agreement(statements(readers(operating(Api::default())))))
}

/// For whoever operates it.
fn operating(api: Api) -> Api {
    let plain = |says: &str| Answer::new(200, says).text("text/plain; charset=utf-8");
    api.get(
        "/healthz",
        health::alive,
        Doc::new("alive", "Whether the process answers").answer(plain("It does.")).without_limit(),
    )
    .get(
        "/readyz",
        health::ready,
        Doc::new("ready", "Whether statements are taken")
            .answer(plain(
                "They are. Each agreement to which nothing can be added is named, with the reason.",
            ))
            .problems(&[&BUSY, &FAILED, &READ_ONLY, &CLOCK, &STORAGE, &STOPPED])
            .without_limit(),
    )
}

/// How a reader shows whose key they have.
fn readers(api: Api) -> Api {
    let says = "A text to sign with SSHSIG in the namespace `quorate/request/v1`, its last newline included. It names this server, \
                and is good for a short time, once.";
    let text = Answer::new(200, "It is.").text("text/plain; charset=utf-8").never_kept();
    api.get(
        "/v1/challenge",
        sign_in::challenge,
        Doc::new("challenge", "What a reader of restricted agreements signs").says(says).answer(text).problems(&[&FAILED]),
    )
    .post(
        "/v1/token",
        sign_in::token,
        Doc::new("token", "A token for a signed challenge, whoever's key it is")
            .says("It is sent as `Authorization: Bearer TOKEN`. What it lets its holder read is looked at each time.")
            .takes_type::<sign_in::Signed>()
            .answer(Answer::new(200, "It is given.").json::<sign_in::Given>().never_kept())
            .problems(&[&BAD_REQUEST, &BAD_CHALLENGE, &BAD_SIGNATURE, &TOO_LONG, &TOO_SLOW, &MEDIA_TYPE, &FAILED]),
    )
}

/// Taking statements.
fn statements(api: Api) -> Api {
    let taken = |status: u16, says: &str| Answer::new(status, says).json::<submit::Taken>().never_kept();
    api.post(
        "/v1/statements",
        submit::submit,
        Doc::new("submit", "Take a statement")
            .says(
                "The envelope alone, or with the documents that the statement names, the envelope first. The same \
                 statement is taken once, however often it is submitted.",
            )
            .takes(&[("application/json", envelope()), ("multipart/form-data", documents())])
            .answer(taken(201, "The statement is in the log, on stable storage."))
            .answer(taken(200, "The log had the statement already."))
            .problems(&[
                &BAD_REQUEST, &NO_OPENINGS, &TOO_SLOW, &TOO_LONG, &QUOTA, &MEDIA_TYPE, &BAD_ENVELOPE, &REFUSED, &BUSY,
                &READ_ONLY, &CLOCK, &NO_RECEIPT, &STORAGE, &FAILED,
            ]),
    )
}

/// An address under an agreement.
fn of_agreement(name: &str, summary: &str) -> Doc {
    Doc::new(name, summary).part("agreement", "The agreement's name.", word(ID, "agi-2025")).problems(&[
        &NO_AGREEMENT,
        &FAILED,
        &BUSY,
    ])
}

/// What is told of an agreement.
fn agreement(api: Api) -> Api {
    let now = |says: &str| Answer::new(200, says).asked_again().public();
    let known = "The tag of an answer that is known already, or several.";
    let conditional = |doc: Doc| {
        let same = Answer::new(304, "What is known already is still so.").tagged().asked_again().public();
        doc.header("if-none-match", known, json!({ "type": "string" })).answer(same)
    };
    let at = "The time asked about; now, where it is left out.";
    api.get(
        "/v1/agreements",
        read::agreements,
        Doc::new("agreements", "The agreements that are kept here")
            .answer(now("They are.").json::<read::Agreements>().header(
                "vary",
                "Whoever asks with a token is told of others as well.",
                "^authorization, cookie$",
            )),
    )
    .get(
        "/v1/agreements/{agreement}",
        read::agreement,
        of_agreement("agreement", "What an agreement is, and where its log is")
            .answer(now("It is.").json::<read::About>()),
    )
    .get(
        "/v1/agreements/{agreement}/licence",
        read::licence,
        conditional(of_agreement(
            "licence",
            "What is in force: every grant, since when, why, and what could move it",
        ))
        .says("What `quorate license --json` tells.")
        .asked("at", at, instant())
        .asked(
            "known_at",
            "As the record showed it then: not what was annulled or amended afterwards.",
            instant(),
        )
        .answer(now("It is.").json::<Licence>().tagged())
        .problems(&[&BAD_REQUEST, &NOT_FOUND]),
    )
    .get(
        "/v1/agreements/{agreement}/certificate",
        certificate::certificate,
        of_agreement("certificate", "The licence as of a time, with everything from which it follows")
            .says(
                "What `quorate license --certificate` writes: whoever has the anchor replays it with `quorate check`, and \
                 believes nobody. It carries the whole log.",
            )
            .asked("at", "As of this time, which the record shows; the latest such, where it is left out.", instant())
            .answer(now("It is.").json_value(json!({ "type": "object" })))
            .problems(&[&BAD_REQUEST, &NOT_FOUND, &READ_ONLY]),
    )
    .get(
        "/v1/agreements/{agreement}/cases/{procedure}/{case}/report",
        reports::report,
        of_agreement("report", "The determination of a case as a document")
            .says("What `quorate report` writes, byte for byte. `quorate report --check` makes it again from the log.")
            .part("procedure", "The procedure's name in the workflow.", word(ID, "verification"))
            .part("case", "Which run of it, from 1.", number(1, u32::MAX.into()))
            .asked("at", "As of this time, from the last entry on; when the record last changed, where it is left out.", instant())
            .asked("format", "How it is written; Markdown, where it is left out.", json!({ "type": "string", "enum": ["md", "html", "json"] }))
            .asked("documents", "Whether the texts of the documents that votes carry are put into it.", json!({ "type": "boolean" }))
            .answer(
                Answer::new(200, "It is.")
                    .header(
                        "cache-control",
                        "May be kept, and is asked for again; with documents, which may be struck, it is not kept.",
                        "^(no-cache|no-store)$",
                    )
                    .text("text/markdown; charset=utf-8")
                    .text("text/html; charset=utf-8")
                    .json_value(json!({ "type": "object" })),
            )
            .problems(&[&BAD_REQUEST, &NOT_FOUND]),
    )
    .get(
        "/v1/agreements/{agreement}/status",
        read::status,
        conditional(of_agreement(
            "status",
            "Where each case stands, who has still to act, what happens if nobody does",
        ))
        .says("What `quorate status --json` tells.")
        .asked("at", at, instant())
        .answer(now("It is.").json::<Status>().tagged())
        .problems(&[&BAD_REQUEST, &NOT_FOUND]),
    )
    .get(
        "/v1/agreements/{agreement}/entries",
        read::entries,
        of_agreement("entries", "A page of the log, an entry on a line")
            .asked("from", "The first entry; 0, where it is left out.", number(0, u64::MAX))
            .asked("limit", "How many entries at most; 256, where it is left out.", number(1, read::PAGE))
            .answer(now("They are. None where the log ends before.").json::<read::Page>())
            .problems(&[&BAD_REQUEST]),
    )
    .get(
        "/v1/agreements/{agreement}/entries/{index}",
        read::entry,
        of_agreement("entry", "An entry as it is in the log")
            .part("index", "Its index, from 0.", number(0, u64::MAX))
            .answer(Answer::new(200, "It is.").json_value(entry()).for_ever().public())
            .problems(&[&NOT_FOUND]),
    )
    .get(
        "/v1/agreements/{agreement}/entries/{index}/receipt",
        read::receipt,
        of_agreement("receipt", "An entry's receipt against the newest head: a C2SP tlog-proof")
            .part("index", "Its index, from 0.", number(0, u64::MAX))
            .answer(now("It is.").text("text/plain; charset=utf-8"))
            .problems(&[&NOT_FOUND]),
    )
    .get(
        "/v1/agreements/{agreement}/ballots/{procedure}/{case}/{ballot}/{round}",
        read::paper,
        of_agreement("paper", "The ballot paper whose digest a vote signs")
            .part("procedure", "The procedure's name in the workflow.", word(ID, "verification"))
            .part("case", "Which run of it, from 1.", number(1, u32::MAX.into()))
            .part("ballot", "The ballot's name in the workflow.", word(ID, "finding"))
            .part("round", "Which round of it in this case, from 1.", number(1, u32::MAX.into()))
            .answer(now("It is.").text("application/toml"))
            .problems(&[&NOT_FOUND]),
    )
    .get("/v1/agreements/{agreement}/events", events::stream, listening())
    .get("/v1/agreements/{agreement}/badge.svg", pages::badge, badge())
}

fn badge() -> Doc {
    let picture = Answer::new(200, "It is.").text("image/svg+xml").public();
    of_agreement("badge", "A status as a small picture for other people's pages")
        .needs("grant", "The right or term.", word(ID, "research-ip"))
        .asked(
            "attribute",
            "What is said of it; its first attribute, where it is left out.",
            word(ID, "status"),
        )
        .answer(
            picture
                .header("cache-control", "As old as a page may be that shows it.", "^public, max-age=60$")
                .header("content-security-policy", "It loads nothing.", "^default-src 'none'"),
        )
        .problems(&[&BAD_REQUEST, &NOT_FOUND])
}

fn listening() -> Doc {
    let stream = Answer::new(200, "The stream, which ends when the server does.").text("text/event-stream");
    of_agreement("events", "What is new, as server-sent events")
        .says(
            "`event: entry` has an `EntryLine` as its data and the entry's index as its `id`; `event: state` tells after it, as \
             a `Changed`, what it, or time alone, brought about. A line comes every 20 seconds at least.",
        )
        .asked("from", "Tells every entry from this one on first, instead of what is new alone.", number(0, u64::MAX))
        .header("last-event-id", "The last entry that the listener has: the next one is told first.", json!({ "type": "string" }))
        .answer(stream.asked_again().public())
        .type_of::<Line>()
        .type_of::<feed::Changed>()
        .problems(&[&BAD_REQUEST])
}

/// The log as files of C2SP tlog-tiles.
fn log(api: Api) -> Api {
    let text = |says: &str| Answer::new(200, says).text("text/plain; charset=utf-8").asked_again().public();
    let bytes = |says: &str| Answer::new(200, says).bytes().public();
    let place = "The number in groups of three digits, all but the last after an `x`; of a partial one, `.p/` and its width.";
    let level = "Of hashes, the level from 0; `entries`, of the entries themselves.";
    api.get(
        "/a/{agreement}/checkpoint",
        site::checkpoint,
        of_agreement("checkpoint", "The log's newest checkpoint, with the cosignatures that it has")
            .answer(text("It is.")),
    )
    .get(
        "/a/{agreement}/checkpoints/{size}",
        site::checkpoint_at,
        of_agreement("checkpoint_at", "The cosigned checkpoint of an earlier size")
            .part("size", "How many entries the log had.", number(0, u64::MAX))
            .answer(text("It is."))
            .problems(&[&NOT_FOUND]),
    )
    .get("/a/{agreement}/log.vkey", site::vkey, of_agreement("vkey", "The log's key").answer(text("It is.")))
    .get(
        "/a/{agreement}/policy",
        site::policy,
        of_agreement("policy", "Whose cosignatures the parties rely on: a C2SP tlog-policy")
            .answer(text("It is."))
            .problems(&[&NOT_FOUND]),
    )
    .get(
        "/a/{agreement}/allowed_signers",
        site::allowed_signers,
        of_agreement("allowed_signers", "Whose keys have spoken for whom, as OpenSSH reads it")
            .answer(text("They are.")),
    )
    .get(
        "/a/{agreement}/tile/{level}/{*index}",
        site::tile,
        of_agreement("tile", "A tile of the tree, or a bundle of entries")
            .part("level", level, word("^([0-9]|[1-5][0-9]|6[0-3]|entries)$", "0"))
            .part("index", place, tile_index())
            .answer(bytes("It is.").for_ever())
            .problems(&[&NOT_FOUND]),
    )
    .get(
        "/a/{agreement}/blobs/{hex}",
        documents::salted,
        of_agreement("document", "A document that an entry names: its salt, then its content")
            .says("None where it was struck, or is not kept here.")
            .part("hex", "The SHA-256 of both, in hexadecimal.", word("^[0-9a-f]{64}$", &"0".repeat(64)))
            .answer(bytes("It is.").never_kept().header(
                "content-disposition",
                "It is not to be shown.",
                "^attachment$",
            ))
            .problems(&[&NOT_FOUND, &TIER]),
    )
}

fn tile_index() -> Value {
    word("^(x[0-9]{3}/)*[0-9]{3}(\\.p/[1-9][0-9]{0,2})?$", "000.p/27")
}
