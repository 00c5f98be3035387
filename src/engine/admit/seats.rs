//! The panel's life: nomination, acceptance, disclosure, recusal, stepping down.

use super::Admission;
use crate::engine::case::Subject;
use crate::engine::change::Change;
use crate::engine::clock::Moment;
use crate::engine::panel::{Dismissal, Place, same_person};
use crate::engine::refusal::all_of;
use crate::engine::state::Seating;
use crate::engine::{Refusal, State};
use crate::statement::body::Attachments;
use crate::statement::{AcceptSeat, By, Checked, Disclose, HolderRef, Nominate, Recuse, StepDown};
use crate::values::{Digest, Id, Instant};
use crate::workflow::words::jointly;

/// The name under which a disclosure is attached.
pub const DISCLOSURE: &str = "disclosure";

impl State {
    pub(super) fn judge_nominate(
        &self,
        at: Instant,
        checked: &Checked,
        nominate: &Nominate,
    ) -> Result<Admission, Refusal> {
        let seating = self.judge_seat(&nominate.seat)?;
        let filled = seating.nominee.filter(|_| seating.is_filled());
        if let Some(accepted) = filled.and_then(|nominee| nominee.accepted) {
            let why = format!("the seat {} is taken since entry {}", nominate.seat, accepted.entry);
            return Err(Refusal::new("seat-taken", why, "nominate for a vacant seat"));
        }
        let nominator = self.nominator(&seating, at);
        let by = &checked.statement().by;
        if *by != nominator {
            let why = format!("{by} cannot nominate for the seat {} now", nominate.seat);
            return Err(Refusal::new("wrong-nominator", why, self.nominates(&seating, by, at)));
        }
        let signers = self.signed_for(by, checked, |_| None, None)?;
        let renewed = self.holders.speaks_for(nominate.key.raw()) == Some(&nominate.seat);
        if !renewed {
            self.judge_new_key(&nominate.key)?;
        }
        judge_one_seat(&seating, &nominate.person)?;
        if seating.panel.affiliation_needed && nominate.affiliation.is_none() {
            let why = format!("it does not say for whom {} works", nominate.person);
            let instead = format!(
                "whoever is nominated for `{}` needs an affiliation: nominate with --affiliation NAME",
                seating.panel.name
            );
            return Err(Refusal::new("affiliation-missing", why, instead));
        }
        judge_not_dismissed(&seating, nominate)?;
        self.judge_not_subject(&seating, nominate)?;
        let change = Change::Nominated {
            seat: nominate.seat.clone(),
            person: nominate.person.clone(),
            key: nominate.key.clone(),
            by: nominator,
            affiliation: nominate.affiliation.clone(),
        };
        Ok(Admission { change, signers })
    }

    /// Whoever a running case is about does not come to a seat of that body meanwhile: they would be a new member, whom
    /// it is not about.
    fn judge_not_subject(&self, seating: &Seating<'_>, nominate: &Nominate) -> Result<(), Refusal> {
        let is = |it: &Subject| seating.body.is((&it.person, &it.key), &nominate.person, &nominate.key);
        match self.running_about(&nominate.seat).find(|(_, subject)| is(subject)) {
            Some((case, subject)) => {
                let why = format!("{case} is about “{}”, and has not ended", subject.person);
                let instead = "nominate somebody else, or wait until it has ended";
                Err(Refusal::new("case-about-them", why, instead))
            }
            None => Ok(()),
        }
    }

    /// Who may nominate now; and how several do it, where `by` is some of them.
    fn nominates(&self, seating: &Seating<'_>, by: &By, at: Instant) -> String {
        let right = self.nominator(seating, at);
        let whose = whose_right(seating, &jointly(right.actors()), at);
        if right.actors().len() == 1 || !right.includes(by) {
            return whose;
        }
        let names: Vec<&str> = right.actors().iter().map(Id::as_str).collect();
        format!("{whose}; nominate with --as {}, and have each of them sign it", names.join(","))
    }

    /// Who may nominate for a seat at an instant: its appointer, or several jointly; after too long a vacancy the filler.
    pub fn nominator(&self, seating: &Seating<'_>, at: Instant) -> By {
        let passed = seating.passing().is_some_and(|passes| passes <= Moment::of(at));
        let passed = seating.panel.vacancy.as_ref().filter(|_| passed);
        passed.map_or_else(|| By::of(seating.seat.by.clone()), |vacancy| By::One(vacancy.filled_by.clone()))
    }

    pub(super) fn judge_accept(&self, checked: &Checked, accept: &AcceptSeat) -> Result<Admission, Refusal> {
        let seating = self.judge_seat(&accept.seat)?;
        if let Some(done) = seating.nominee.and_then(|nominee| nominee.accepted) {
            let why = format!("the seat {} was accepted with entry {}", accept.seat, done.entry);
            return Err(Refusal::new("already-accepted", why, "nothing more is needed"));
        }
        let signers = self.signed_by_seat(checked, &accept.seat)?;
        let disclosure = if accept.attach.is_empty() { None } else { Some(only_disclosure(&accept.attach)?) };
        Ok(Admission { change: Change::Accepted { seat: accept.seat.clone(), disclosure }, signers })
    }

    pub(super) fn judge_disclose(
        &self,
        checked: &Checked,
        disclose: &Disclose,
    ) -> Result<Admission, Refusal> {
        self.judge_seat(&disclose.seat)?;
        let signers = self.signed_by_seat(checked, &disclose.seat)?;
        let disclosure = only_disclosure(&disclose.attach)?;
        Ok(Admission { change: Change::Disclosed { seat: disclose.seat.clone(), disclosure }, signers })
    }

    pub(super) fn judge_recuse(&self, checked: &Checked, recuse: &Recuse) -> Result<Admission, Refusal> {
        let seating = self.judge_seat(&recuse.seat)?;
        let case = self.case(&recuse.case).filter(|case| {
            seating.case.is_none_or(|own| self.body_of(case).is_some_and(|body| body.id == own.id))
                && self.panel_of(case).is_some_and(|(panel, _)| panel.name == seating.panel.name)
        });
        let Some(case) = case else {
            let why = format!("the seat {} has no part in a case {}", recuse.seat, recuse.case);
            return Err(Refusal::new("unknown-case", why, "name a case of the panel on which you sit"));
        };
        if case.ended.is_some() {
            let why = format!("the case {} has ended", recuse.case);
            return Err(Refusal::new("case-ended", why, "one can stay out of a running case only"));
        }
        let signers = self.signed_by_seat(checked, &recuse.seat)?;
        if seating.nominee.is_none_or(|nominee| nominee.accepted.is_none()) {
            let why = format!("the seat {} is not accepted yet", recuse.seat);
            let instead = "accept the seat first; whoever does not want it need not accept";
            return Err(Refusal::new("not-accepted", why, instead));
        }
        if let Some(recusal) = case.recused.get(recuse.seat.name()) {
            let why = format!("{} is out of {} since entry {}", recuse.seat, recuse.case, recusal.done.entry);
            return Err(Refusal::new("already-recused", why, "nothing more is needed"));
        }
        let change = Change::Recused {
            seat: recuse.seat.clone(),
            case: recuse.case.clone(),
            reason: recuse.reason.clone(),
        };
        Ok(Admission { change, signers })
    }

    pub(super) fn judge_step_down(
        &self,
        checked: &Checked,
        step_down: &StepDown,
    ) -> Result<Admission, Refusal> {
        self.judge_seat(&step_down.seat)?;
        let signers = self.signed_by_seat(checked, &step_down.seat)?;
        Ok(Admission { change: Change::SteppedDown { seat: step_down.seat.clone() }, signers })
    }

    /// The seat, if it exists and its panel still sits.
    pub(super) fn judge_seat(&self, name: &HolderRef) -> Result<Seating<'_>, Refusal> {
        let Some(seating) = self.seat(name) else {
            let why = format!("there is no seat {name}");
            let names = self.seats();
            let instead = if names.is_empty() {
                "there are none while no case runs".to_owned()
            } else {
                format!("the seats now are {}", all_of(names))
            };
            return Err(Refusal::new("unknown-seat", why, instead));
        };
        if let Some(case) = seating.case.filter(|case| case.at_rest()) {
            let why = format!("the panel of {} is dissolved: the case has ended", case.id);
            return Err(Refusal::new("case-ended", why, "a new case forms a new panel"));
        }
        Ok(seating)
    }
}

/// Whose right it is to nominate, and where that changes with time, when.
fn whose_right(seating: &Seating<'_>, nominator: &str, at: Instant) -> String {
    let passing = seating.panel.vacancy.as_ref().filter(|vacancy| vacancy.changes(seating.seat));
    let Some(vacancy) = passing else { return format!("that is up to {nominator}") };
    let Some(passes) = seating.passing() else {
        return format!("that is up to {nominator} while the case is suspended");
    };
    if passes <= Moment::of(at) {
        return format!(
            "the seat has been vacant for more than {}: that is up to {nominator}",
            vacancy.after
        );
    }
    format!("that is up to {nominator} until {}, and after that to {}", passes.at, vacancy.filled_by)
}

/// Where the panel says so, nobody is named for a second seat of the body. That keys differ is looked at anyway, and
/// says nothing of the person: whoever nominates under another spelling deceives, and the record shows it.
fn judge_one_seat(seating: &Seating<'_>, person: &str) -> Result<(), Refusal> {
    if !seating.panel.one_seat_each {
        return Ok(());
    }
    let named = |place: &Place| place.nominee.as_ref().is_some_and(|it| same_person(&it.person, person));
    let mut others = seating.body.seats.iter().filter(|(name, _)| **name != seating.seat.name);
    match others.find(|(_, place)| named(place)) {
        Some((other, _)) => {
            let why =
                format!("“{person}” is named for the seat `{other}` of the panel `{}`", seating.panel.name);
            Err(Refusal::new("person-seated", why, "one person holds one seat: nominate somebody else"))
        }
        None => Ok(()),
    }
}

/// Whoever was dismissed from a body does not come back to it, in whatever seat.
fn judge_not_dismissed(seating: &Seating<'_>, nominate: &Nominate) -> Result<(), Refusal> {
    let mut dismissed = seating.body.dismissed.iter();
    let again = |it: &&Dismissal| seating.body.is((&it.person, &it.key), &nominate.person, &nominate.key);
    match dismissed.find(again) {
        Some(dismissal) => {
            let why =
                format!("“{}” was dismissed by {} on {}", dismissal.person, dismissal.case, dismissal.at);
            Err(Refusal::new("dismissed", why, "nominate somebody else"))
        }
        None => Ok(()),
    }
}

fn only_disclosure(attach: &Attachments) -> Result<Digest, Refusal> {
    match attach.iter().next() {
        Some((name, digest)) if attach.len() == 1 && *name == DISCLOSURE => Ok(*digest),
        _ => {
            let why = format!("it attaches {}", all_of(attach.keys()));
            Err(Refusal::new("wrong-attachments", why, "attach one document, named `disclosure`"))
        }
    }
}
