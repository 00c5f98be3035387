//! What people do on a stage, one method a statement.

use super::Stage;
use super::stage::{document, public, sign_with};
use crate::engine::admit::DISCLOSURE;
use crate::engine::state::State;
use crate::registry::{Receipted, SubmitError};
use crate::statement::{
    AcceptSeat, Act, Attachments, BallotRef, Blob, Body, By, CaseRef, Commit, Commitment, Disclose,
    HolderRef, Nominate, Reaffirm, Recuse, ReplaceKey, Replacement, Reveal, Salt, StepDown, Vote,
};
use crate::values::{Digest, Id};

/// The answer to what somebody does.
type Answer = Result<Receipted, SubmitError>;

impl Stage {
    /// `by` names a person for a seat; a second nomination names another person with another key.
    ///
    /// # Errors
    /// As [`crate::registry::Registry::submit`], here and below.
    pub fn nominate(&mut self, by: &Id, seat: &HolderRef) -> Answer {
        self.nominate_of(&By::One(by.clone()), seat, None)
    }

    /// As [`Stage::nominate`], by one or several jointly, saying for whom the person works.
    pub fn nominate_of(&mut self, by: &By, seat: &HolderRef, affiliation: Option<&Id>) -> Answer {
        let again = self.was_given_a_key(seat);
        let key = if again { self.next_key(seat) } else { self.key(seat) };
        let which = self.next_person(seat);
        let person = if again { format!("Panelist no. {which} {seat}") } else { format!("Panelist {seat}") };
        let affiliation = affiliation.cloned();
        let nominate = Nominate { seat: seat.clone(), person, key: public(&key), affiliation };
        let signers = self.signers(by, None)?;
        let receipted = self.say(by.clone(), Body::Nominate(nominate), &signers, Vec::new())?;
        if again {
            self.turn_key(seat);
        } else {
            self.give_key(seat);
        }
        Ok(receipted)
    }

    /// The nominee takes the seat, with a disclosure.
    pub fn accept(&self, seat: &HolderRef) -> Answer {
        self.accept_attaching(seat, &[Id::constant(DISCLOSURE)])
    }

    /// The nominee takes the seat, with documents under these names.
    pub fn accept_attaching(&self, seat: &HolderRef, attach: &[Id]) -> Answer {
        let (attach, blobs) = documents(attach, seat);
        let body = Body::AcceptSeat(AcceptSeat { seat: seat.clone(), attach });
        self.say(By::One(seat.name().clone()), body, std::slice::from_ref(seat), blobs)
    }

    /// The panelist files another disclosure.
    pub fn disclose(&self, seat: &HolderRef) -> Answer {
        let (attach, blobs) = documents(&[Id::constant(DISCLOSURE)], seat);
        let body = Body::Disclose(Disclose { seat: seat.clone(), attach });
        self.say(By::One(seat.name().clone()), body, std::slice::from_ref(seat), blobs)
    }

    /// The panelist stays out of a case.
    pub fn recuse(&self, seat: &HolderRef, case: &CaseRef) -> Answer {
        let reason = "a conflict of interest".to_owned();
        let body = Body::Recuse(Recuse { seat: seat.clone(), case: case.clone(), reason });
        self.say(By::One(seat.name().clone()), body, std::slice::from_ref(seat), Vec::new())
    }

    /// The panelist gives up the seat.
    pub fn step_down(&self, seat: &HolderRef) -> Answer {
        let body = Body::StepDown(StepDown { seat: seat.clone(), reason: "other work".to_owned() });
        self.say(By::One(seat.name().clone()), body, std::slice::from_ref(seat), Vec::new())
    }

    /// Somebody opens a case, takes a step or discharges a duty, with documents under these names.
    pub fn act(&self, case: &CaseRef, act: &Id, by: &By, attach: &[Id]) -> Answer {
        let signers = self.signers(by, Some(case))?;
        let (case, act) = (case.clone(), act.clone());
        let act = Act { case, act, seat: None, attach: Attachments::new(), strike: None };
        self.act_signed(act, by, attach, &signers)
    }

    /// An act with documents under these names, signed by these holders, be they those who may or not.
    pub fn act_signed(&self, act: Act, by: &By, attach: &[Id], signers: &[HolderRef]) -> Answer {
        let state = self.state()?;
        let of = format!("{} of {} by {by}", act.act, act.case);
        let (mut brought, mut blobs) = documents(attach, &of);
        let known = |digest: &Digest| {
            state.case(&act.case).is_some_and(|case| case.filed.iter().any(|filed| filed.digest == *digest))
        };
        if brought.values().any(known) {
            (brought, blobs) = documents(attach, &format!("{of}, entry {}", state.size));
        }
        self.say(by.clone(), Body::Act(Act { attach: brought, ..act }), signers, blobs)
    }

    /// The seat of this name votes on the paper of the ballot, with the documents that the ballot asks for; on a
    /// sealed ballot it commits to that vote.
    pub fn vote(&self, ballot: &BallotRef, seat: &Id, choice: &Id) -> Answer {
        self.vote_attaching(ballot, seat, choice, None)
    }

    /// As [`Stage::vote`], with documents under these names instead of those that the ballot asks for.
    pub fn vote_attaching(
        &self,
        ballot: &BallotRef,
        seat: &Id,
        choice: &Id,
        attach: Option<&[Id]>,
    ) -> Answer {
        let state = self.state()?;
        let rules = state.ballot(ballot);
        if rules.is_some_and(|rules| rules.sealed.is_some()) {
            let commitment = opening_of(&state, ballot, seat, choice).digest();
            self.keep(commitment, choice);
            return self.commit(ballot, seat, commitment);
        }
        let run = state.ballot_run(ballot);
        let asked = attach.unwrap_or_else(|| rules.map_or(&[][..], |rules| &rules.attach));
        let (attach, blobs) = documents(asked, &format!("{choice} by {seat} on {ballot}"));
        let vote = Vote {
            ballot: ballot.clone(),
            asks: rules.map_or_else(String::new, |rules| rules.question.clone()),
            question: run.map_or(Digest([0; 32]), |run| run.paper),
            choice: choice.clone(),
            attach,
        };
        let by = By::One(seat.clone());
        let signers = self.signers(&by, Some(&ballot.case))?;
        self.say(by, Body::Vote(vote), &signers, blobs)
    }

    /// The seat commits to the vote of which this is the digest.
    pub fn commit(&self, ballot: &BallotRef, seat: &Id, commitment: Digest) -> Answer {
        let state = self.state()?;
        let commit = Commit {
            ballot: ballot.clone(),
            asks: state.ballot(ballot).map_or_else(String::new, |rules| rules.question.clone()),
            question: state.ballot_run(ballot).map_or(Digest([0; 32]), |run| run.paper),
            commitment,
        };
        let by = By::One(seat.clone());
        let signers = self.signers(&by, Some(&ballot.case))?;
        self.say(by, Body::Commit(commit), &signers, Vec::new())
    }

    /// The seat reveals the vote to which it has committed, or claims that it was `choice`; with documents under
    /// these names, or those that the ballot asks for.
    pub fn reveal_attaching(
        &self,
        ballot: &BallotRef,
        seat: &Id,
        choice: Option<&Id>,
        attach: Option<&[Id]>,
    ) -> Answer {
        let state = self.state()?;
        let rules = state.ballot(ballot);
        let sealing = state.ballot_run(ballot).and_then(|run| run.sealed.as_ref());
        let committed = sealing.and_then(|sealing| sealing.commitments.get(seat)).map(|it| it.commitment);
        let choices: Vec<&Id> =
            rules.into_iter().flat_map(|rules| rules.choices.iter().chain(&rules.abstention)).collect();
        // Answers cannot be tried, as choices can where another stage made the commitment.
        let kept = committed.and_then(|commitment| self.kept(commitment));
        let own = choices
            .iter()
            .copied()
            .find(|choice| Some(opening_of(&state, ballot, seat, choice).digest()) == committed);
        let none = Id::constant("none");
        let choice = choice.or(kept.as_ref()).or(own).or(choices.first().copied()).unwrap_or(&none);
        let asked = attach.unwrap_or_else(|| rules.map_or(&[][..], |rules| &rules.attach));
        let (attach, blobs) = documents(asked, &format!("{choice} by {seat} on {ballot}"));
        let salt = opening_of(&state, ballot, seat, choice).salt;
        let reveal = Reveal { ballot: ballot.clone(), choice: choice.clone(), salt, attach };
        let by = By::One(seat.clone());
        let signers = self.signers(&by, Some(&ballot.case))?;
        self.say(by, Body::Reveal(reveal), &signers, blobs)
    }

    /// All parties say that the workflow stands.
    pub fn reaffirm(&self, occasion: &str) -> Answer {
        let by = self.state()?.all_parties();
        let signers = self.signers(&by, None)?;
        let body = Body::Reaffirm(Reaffirm { occasion: occasion.to_owned(), attach: Attachments::new() });
        self.say(by, body, &signers, Vec::new())
    }

    /// The holder's key is replaced by its next one: rotated, or recovered by those who may.
    pub fn replace_key(&mut self, holder: &HolderRef, how: Replacement) -> Answer {
        let (by, mut signers) = match how {
            Replacement::Rotation => {
                (By::One(self.state()?.speaks_as(holder).clone()), vec![self.key(holder)])
            }
            Replacement::Recovery => {
                let by = self.state()?.who_recovers(holder);
                let signers = self.signers(&by, None)?;
                (by, signers.iter().map(|signer| self.key(signer)).collect())
            }
        };
        let new = self.next_key(holder);
        let replace = ReplaceKey { holder: holder.clone(), how, key: public(&new) };
        signers.push(new);
        let text = self.draft(by, Body::ReplaceKey(replace))?;
        let receipted = self.submit(sign_with(&text, &signers), Vec::new())?;
        self.turn_key(holder);
        Ok(receipted)
    }
}

/// What a seat commits to on this stage, where the salt is made from the names.
fn opening_of(state: &State, ballot: &BallotRef, seat: &Id, choice: &Id) -> Commitment {
    Commitment {
        agreement: state.agreement.clone(),
        ballot: ballot.clone(),
        question: state.ballot_run(ballot).map_or(Digest([0; 32]), |run| run.paper),
        seat: seat.clone(),
        choice: choice.clone(),
        salt: Salt(Digest::of(format!("salt of {choice} by {seat} on {ballot}").as_bytes()).0),
    }
}

fn documents(names: &[Id], of: &impl ToString) -> (Attachments, Vec<Blob>) {
    let of = of.to_string();
    let blob = |name: &Id| Some((name.clone(), document(&format!("{name} for {of}"))?));
    let documents: Vec<(Id, Blob)> = names.iter().filter_map(blob).collect();
    let attach = documents.iter().map(|(name, blob)| (name.clone(), blob.digest())).collect();
    (attach, documents.into_iter().map(|(_, blob)| blob).collect())
}
