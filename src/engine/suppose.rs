//! Hypotheses: what would follow if somebody said something. It takes the way of every entry, through the one
//! admission, with a statement that nobody wrote or signed.

use std::collections::BTreeSet;

use super::admit::DISCLOSURE;
use super::ballot::Cast;
use super::panel::Done;
use super::possible::{Deed, Possible};
use crate::engine::{Heads, Refusal, State};
use crate::log::{Hash, Head};
use crate::statement::{
    AcceptSeat, Act, Attachments, BallotRef, Body, By, CaseRef, Checked, Commit, Commitment, Disclose,
    HolderRef, Nominate, PublicKey, RawKey, Recuse, ReplaceKey, Replacement, Reveal, Salt, Statement,
    StepDown, Vote,
};
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{AnswerKind, Ballot};

/// A log whose every head has the same root: a supposed statement names it.
struct Supposed;

const ROOT: Hash = Hash([0; 32]);

/// Of every supposed commitment: nobody has to guess it.
const SALT: Salt = Salt([0; 32]);

impl Heads for Supposed {
    fn root_at(&self, _: u64) -> Option<Hash> {
        Some(ROOT)
    }
}

impl State {
    /// This state, with papers of ballots left blank from here on: where everything is supposed nobody reads one, and
    /// writing them takes long.
    #[must_use]
    pub fn with_blank_papers(self) -> Self {
        Self { blank_papers: true, ..self }
    }

    /// Admits a statement that nobody signed, as if everybody whom it takes had, with documents that nobody wrote.
    /// Where an affiliation is needed, everybody named for a seat has one of their own, called as the seat.
    /// `key` is the key of somebody named for a seat; `opens` is the choice behind the commitment of whoever reveals one,
    /// where it is known: else all are tried.
    ///
    /// # Errors
    /// As [`State::admit`].
    pub fn suppose(
        &mut self,
        at: Instant,
        possible: &Possible,
        key: &dyn Fn(&HolderRef) -> PublicKey,
        opens: Option<&Id>,
    ) -> Result<(), Refusal> {
        let body = self.body(&possible.by, &possible.deed, key, opens);
        self.suppose_statement(at, possible.by.clone(), body)
    }

    /// As if these seats had voted so on an open ballot, each once, where they have not voted, have voted for something else or, on
    /// a sealed one, committed to it: what nothing has told yet can be supposed later.
    pub fn suppose_voted(&mut self, ballot: &BallotRef, votes: &[(&Id, &Id)]) {
        let Some(run) = self.ballot_run(ballot) else { return };
        let commitment = |(seat, choice): &(&Id, &Id)| {
            let committed = run.sealed.is_some() && !run.votes.contains_key(*seat);
            committed.then(|| self.opening(&By::One((*seat).clone()), ballot, choice).digest())
        };
        let commitments: Vec<Option<Digest>> = votes.iter().map(commitment).collect();
        let done = Done { at: self.moment.at, entry: self.size };
        self.with_ballot(ballot, |run, rules| {
            for ((seat, choice), commitment) in votes.iter().zip(commitments) {
                match (commitment, run.votes.get_mut(*seat)) {
                    (Some(commitment), _) => run.commit_instead(seat, commitment),
                    (None, Some(cast)) => (*choice).clone_into(&mut cast.choice),
                    (None, None) => {
                        run.cast(rules, (*seat).clone(), Cast { choice: (*choice).clone(), done });
                    }
                }
            }
        });
    }

    /// As [`State::suppose`], of any statement.
    ///
    /// # Errors
    /// As [`State::admit`].
    pub fn suppose_statement(&mut self, at: Instant, by: By, body: Body) -> Result<(), Refusal> {
        let signers = self.keys_of(&by, &body);
        let header = Some(self.header_of(&body, Head { size: self.size, root: ROOT }));
        self.admit(at, &Checked::supposed(Statement { by, header, body }, signers), &Supposed)
    }

    fn body(&self, by: &By, deed: &Deed, key: &dyn Fn(&HolderRef) -> PublicKey, opens: Option<&Id>) -> Body {
        let documents = |names: &[Id]| self.documents(names);
        let disclosure = || documents(&[Id::constant(DISCLOSURE)]);
        match deed {
            Deed::Act { case, act, seat, attach, strike } => Body::Act(Act {
                case: case.clone(),
                act: act.clone(),
                seat: seat.clone(),
                attach: documents(attach),
                strike: strike.as_ref().map(|(_, digest)| *digest),
            }),
            Deed::Vote { ballot, choice, attach } => {
                let run = self.ballot_run(ballot);
                let asks = self.ballot(ballot).map_or_else(String::new, |rules| rules.question.clone());
                let question = run.map_or(Digest([0; 32]), |run| run.paper);
                if run.is_some_and(|run| run.sealed.is_some()) {
                    let commitment = self.opening(by, ballot, choice).digest();
                    return Body::Commit(Commit { ballot: ballot.clone(), asks, question, commitment });
                }
                let (ballot, choice, attach) = (ballot.clone(), choice.clone(), documents(attach));
                Body::Vote(Vote { ballot, asks, question, choice, attach })
            }
            Deed::Reveal { ballot, attach } => {
                if let Some(choice) = opens.cloned() {
                    let (ballot, attach) = (ballot.clone(), documents(attach));
                    return Body::Reveal(Reveal { ballot, choice, salt: SALT, attach });
                }
                let rules = self.ballot(ballot);
                let choices = rules
                    .into_iter()
                    .flat_map(|rules| rules.choices.iter().chain(&rules.abstention))
                    .cloned();
                // Of answers, those that `possible` offers.
                let answers = rules.and_then(Ballot::answer_kind).into_iter().flat_map(AnswerKind::samples);
                let sealing = self.ballot_run(ballot).and_then(|run| run.sealed.as_ref());
                let committed = by.actors().first().and_then(|seat| sealing?.commitments.get(seat));
                let its = |choice: &Id| {
                    committed.is_some_and(|it| it.commitment == self.opening(by, ballot, choice).digest())
                };
                let choice = choices.chain(answers).find(its).unwrap_or_else(|| Id::constant("unknown"));
                let (ballot, attach) = (ballot.clone(), documents(attach));
                Body::Reveal(Reveal { ballot, choice, salt: SALT, attach })
            }
            Deed::Nominate(seat) => {
                let seating = self.seat(seat);
                let needed = seating.is_some_and(|seating| seating.panel.affiliation_needed);
                let affiliation = needed.then(|| seat.name().clone());
                // Whoever was dismissed does not come back, nor whom a running case is about: the first who is neither is
                // named, with another key.
                let dismissed = seating.iter().flat_map(|it| &it.body.dismissed).map(|it| &it.person);
                let barred = dismissed.chain(self.running_about(seat).map(|(_, subject)| &subject.person));
                let barred: BTreeSet<&String> = barred.collect();
                let (person, key) = if barred.is_empty() {
                    (format!("Panelist {seat}"), key(seat))
                } else {
                    let mut others = (1..=barred.len() + 1).map(|other| format!("Panelist {seat}, {other}"));
                    let free = others.find(|name| !barred.contains(name));
                    (free.unwrap_or_default(), self.fresh_key())
                };
                Body::Nominate(Nominate { seat: seat.clone(), person, key, affiliation })
            }
            Deed::Accept(seat) => Body::AcceptSeat(AcceptSeat { seat: seat.clone(), attach: disclosure() }),
            Deed::Disclose(seat) => Body::Disclose(Disclose { seat: seat.clone(), attach: disclosure() }),
            Deed::Recuse(seat, case) => {
                Body::Recuse(Recuse { seat: seat.clone(), case: case.clone(), reason: "supposed".to_owned() })
            }
            Deed::StepDown(seat) => {
                Body::StepDown(StepDown { seat: seat.clone(), reason: "supposed".to_owned() })
            }
            Deed::Recover(seat) => {
                let (holder, key) = (seat.clone(), self.fresh_key());
                Body::ReplaceKey(ReplaceKey { holder, key, how: Replacement::Recovery })
            }
        }
    }

    /// Documents that nobody wrote, different from any before.
    fn documents(&self, names: &[Id]) -> Attachments {
        let digest = |place: usize| {
            let mut bytes = [0; 32];
            let (entry, place) = (self.size.to_be_bytes(), place.to_be_bytes());
            bytes.iter_mut().zip(entry.into_iter().chain(place)).for_each(|(to, from)| *to = from);
            Digest(bytes)
        };
        names.iter().enumerate().map(|(place, name)| (name.clone(), digest(place))).collect()
    }

    /// A key that nobody has, different from any before.
    fn fresh_key(&self) -> PublicKey {
        let mut bytes = [0xff; 32];
        bytes.iter_mut().zip(self.size.to_be_bytes()).for_each(|(to, from)| *to = from);
        PublicKey::plain(RawKey(bytes))
    }

    /// What a supposed commitment binds.
    fn opening(&self, by: &By, ballot: &BallotRef, choice: &Id) -> Commitment {
        Commitment {
            agreement: self.agreement.clone(),
            ballot: ballot.clone(),
            question: self.ballot_run(ballot).map_or(Digest([0; 32]), |run| run.paper),
            seat: by.actors().first().cloned().unwrap_or_else(|| Id::constant("nobody")),
            choice: choice.clone(),
            salt: SALT,
        }
    }

    /// The keys of those who would sign: as many officers as an office needs, and the seats.
    fn keys_of(&self, by: &By, body: &Body) -> Vec<PublicKey> {
        if let Body::Reveal(reveal) = body
            && let Some(run) = self.ballot_run(&reveal.ballot)
            && let Some(sealing) = &run.sealed
            && let Some(committed) = by.actors().first().and_then(|seat| sealing.commitments.get(seat))
            && let Some(key) = &committed.leaver
        {
            return vec![key.clone()];
        }
        let mut keys = Vec::new();
        for actor in by.actors() {
            if let Some(office) = self.office(actor) {
                let officers = self.holders.iter().filter(
                    |(name, _)| matches!(name, HolderRef::Office { body, .. } if *body == office.name),
                );
                let needed = usize::try_from(office.needed).unwrap_or(usize::MAX);
                keys.extend(officers.take(needed).map(|(_, holder)| holder.key.clone()));
            } else if let Some(holder) = self.seat_of(actor, body).and_then(|seat| self.holders.get(&seat)) {
                keys.push(holder.key.clone());
            }
        }
        if let Body::ReplaceKey(replace) = body {
            keys.push(replace.key.clone());
        }
        keys
    }

    /// The seat that an actor's name means in a statement.
    fn seat_of(&self, actor: &Id, body: &Body) -> Option<HolderRef> {
        let in_case = |case: &CaseRef| Some(self.seat_name(self.case(case)?, actor));
        let before = |act: &Act| self.seat_before(self.procedure(&act.case)?, act.seat.as_ref(), actor);
        match body {
            Body::AcceptSeat(it) => Some(it.seat.clone()),
            Body::Disclose(it) => Some(it.seat.clone()),
            Body::Recuse(it) => Some(it.seat.clone()),
            Body::StepDown(it) => Some(it.seat.clone()),
            Body::Act(it) if self.case(&it.case).is_none() => before(it),
            Body::Act(it) => in_case(&it.case),
            Body::Vote(it) => in_case(&it.ballot.case),
            Body::Commit(it) => in_case(&it.ballot.case),
            Body::Reveal(it) => in_case(&it.ballot.case),
            _ => None,
        }
    }
}
