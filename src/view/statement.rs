//! A statement in words: what somebody is about to sign, or has signed.

use super::in_words;
use crate::statement::{Amend, Attachments, Body, CaseFate, GrantFate, Open, RosterLine, Statement};
use crate::values::Digest;
use crate::workflow::Workflow;
use crate::workflow::model::Nature;

/// What the statement itself tells of its agreement's nature: an opening or an amendment carries a workflow, no other one does.
pub fn nature(statement: &Statement) -> Option<Nature> {
    match &statement.body {
        Body::Open(open) => Workflow::parse(&open.workflow).ok().map(|workflow| workflow.nature),
        Body::Amend(amend) => Workflow::parse(&amend.to).ok().map(|workflow| workflow.nature),
        _ => None,
    }
}

/// Names and values, the most telling first.
pub fn fields(statement: &Statement) -> Vec<(&'static str, String)> {
    let mut fields = vec![("statement", statement.type_name().to_owned()), ("by", statement.by.to_string())];
    if let Some(header) = &statement.header {
        fields.push(("agreement", header.agreement.to_string()));
    }
    body(&statement.body, &mut fields);
    if let Some(header) = &statement.header {
        fields.push(("workflow", header.workflow.to_string()));
        fields.push(("after", in_words(&header.after)));
    }
    fields
}

fn body(body: &Body, fields: &mut Vec<(&'static str, String)>) {
    match body {
        Body::Open(open) => opening(open, fields),
        Body::Nominate(nominate) => {
            fields.push(("seat", nominate.seat.to_string()));
            fields.push(("person", nominate.person.clone()));
            fields.push(("key", nominate.key.fingerprint()));
            fields.extend(nominate.affiliation.iter().map(|name| ("affiliation", name.to_string())));
        }
        Body::AcceptSeat(accept) => {
            fields.push(("seat", accept.seat.to_string()));
            attachments(&accept.attach, fields);
        }
        Body::Disclose(disclose) => {
            fields.push(("seat", disclose.seat.to_string()));
            attachments(&disclose.attach, fields);
        }
        Body::Recuse(recuse) => {
            fields.push(("seat", recuse.seat.to_string()));
            fields.push(("from", recuse.case.to_string()));
            fields.push(("reason", recuse.reason.clone()));
        }
        Body::StepDown(step_down) => {
            fields.push(("seat", step_down.seat.to_string()));
            fields.push(("reason", step_down.reason.clone()));
        }
        Body::Act(act) => {
            fields.push(("do", act.act.to_string()));
            fields.push(("case", act.case.to_string()));
            fields.extend(act.seat.as_ref().map(|seat| ("about", seat.to_string())));
            attachments(&act.attach, fields);
            fields.extend(act.strike.map(|digest| ("strikes", digest.to_string())));
        }
        Body::Vote(vote) => {
            fields.push(("question", vote.asks.clone()));
            fields.push(("choice", vote.choice.to_string()));
            fields.push(("ballot", vote.ballot.to_string()));
            fields.push(("paper", vote.question.to_string()));
            attachments(&vote.attach, fields);
        }
        Body::Commit(commit) => {
            fields.push(("question", commit.asks.clone()));
            fields.push(("ballot", commit.ballot.to_string()));
            fields.push(("commitment", commit.commitment.to_string()));
            fields.push(("paper", commit.question.to_string()));
        }
        Body::Reveal(reveal) => {
            fields.push(("choice", reveal.choice.to_string()));
            fields.push(("ballot", reveal.ballot.to_string()));
            fields.push(("salt", reveal.salt.to_string()));
            attachments(&reveal.attach, fields);
        }
        Body::Reaffirm(reaffirm) => {
            fields.push(("occasion", reaffirm.occasion.clone()));
            attachments(&reaffirm.attach, fields);
        }
        Body::Amend(amend) => amendment(amend, fields),
        Body::ReplaceKey(replace) => {
            fields.push(("holder", replace.holder.to_string()));
            fields.push(("how", replace.how.to_string()));
            fields.push(("new key", replace.key.fingerprint()));
        }
    }
}

/// An amendment: the digest of the new text, and every grant and case with what becomes of it.
fn amendment(amend: &Amend, fields: &mut Vec<(&'static str, String)>) {
    fields.push(("occasion", amend.occasion.clone()));
    fields.push(("contract", amend.contract.to_string()));
    fields.push(("amended to", Digest::of(amend.to.as_bytes()).to_string()));
    for (grant, fate) in &amend.grants {
        let fate = match fate {
            GrantFate::Ends(value) => format!("{grant} ends: {value}"),
            GrantFate::Becomes { grant: new, moves } => {
                let goes_on = if grant == new { "goes on".to_owned() } else { format!("becomes {new}") };
                let moves = moves.iter().map(|(attribute, value)| format!("; {attribute} is now: {value}"));
                format!("{grant} {goes_on}{}", moves.collect::<String>())
            }
        };
        fields.push(("grant", fate));
    }
    for (case, fate) in &amend.cases {
        let fate = match fate {
            CaseFate::OldRules => "goes on under the old rules".to_owned(),
            CaseFate::Enters(state) => format!("enters the state {state} of the new workflow"),
        };
        fields.push(("case", format!("{case} {fate}")));
    }
    officers(&amend.roster, fields);
    attachments(&amend.attach, fields);
}

fn officers(roster: &[RosterLine], fields: &mut Vec<(&'static str, String)>) {
    for line in roster {
        let from = line.from.map(|from| format!(", from {from}")).unwrap_or_default();
        let until = line.until.map(|until| format!(", until {until}")).unwrap_or_default();
        let key = line.key.fingerprint();
        fields.push(("officer", format!("{}, {}, {key}{from}{until}", line.holder, line.person)));
    }
}

fn opening(open: &Open, fields: &mut Vec<(&'static str, String)>) {
    fields.push(("name", open.name.to_string()));
    fields.push(("log", open.log.origin.clone()));
    fields.push(("log key", open.log.vkey.clone()));
    fields.push(("contract", open.contract.to_string()));
    fields.push(("workflow", Digest::of(open.workflow.as_bytes()).to_string()));
    fields.push(("policy", open.policy.as_deref().map_or_else(|| "none".to_owned(), policy)));
    let lines = open.policy.as_deref().into_iter().flat_map(str::lines);
    let telling = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    fields.extend(telling.take(MOST_LINES).map(|line| ("", line.to_owned())));
    officers(&open.roster, fields);
}

/// How many lines of a policy are shown.
const MOST_LINES: usize = 12;

/// A policy by its digest and length; its first telling lines follow.
fn policy(text: &str) -> String {
    format!("{}, {} lines", Digest::of(text.as_bytes()), text.lines().count())
}

fn attachments(attach: &Attachments, fields: &mut Vec<(&'static str, String)>) {
    fields.extend(attach.iter().map(|(name, digest)| ("document", format!("{name}, {digest}"))));
}

/// The statement on one line, for a table: `voted met on verification#1/finding#1`.
pub fn summary(statement: &Statement) -> String {
    match &statement.body {
        Body::Open(open) => format!("opened the agreement {}", open.name),
        Body::Nominate(nominate) => format!("nominated {} for {}", nominate.person, nominate.seat),
        Body::AcceptSeat(accept) if accept.attach.is_empty() => format!("accepted the seat {}", accept.seat),
        Body::AcceptSeat(accept) => format!("accepted the seat {}, with a disclosure", accept.seat),
        Body::Disclose(disclose) => format!("disclosed as {}", disclose.seat),
        Body::Recuse(recuse) => format!("stays out of {} as {}: {}", recuse.case, recuse.seat, recuse.reason),
        Body::StepDown(step_down) => format!("gave up the seat {}: {}", step_down.seat, step_down.reason),
        Body::Act(act) => {
            let about = act.seat.as_ref().map(|seat| format!(" about {seat}")).unwrap_or_default();
            format!("did “{}” in {}{about}", act.act, act.case)
        }
        Body::Vote(vote) => format!("voted {} on {}", vote.choice, vote.ballot),
        Body::Commit(commit) => format!("committed to a vote on {}", commit.ballot),
        Body::Reveal(reveal) => format!("revealed the vote {} on {}", reveal.choice, reveal.ballot),
        Body::Reaffirm(reaffirm) => format!("reaffirmed: {}", reaffirm.occasion),
        Body::Amend(amend) => format!("amended the workflow: {}", amend.occasion),
        Body::ReplaceKey(replace) => format!("{} of the key of {}", replace.how, replace.holder),
    }
}
