//! What the parties say together, and the replacement of keys.

use super::Admission;
use crate::engine::change::Change;
use crate::engine::{Refusal, State};
use crate::statement::{By, Checked, HolderRef, RawKey, Reaffirm, ReplaceKey, Replacement};

impl State {
    pub(super) fn judge_reaffirm(
        &self,
        checked: &Checked,
        reaffirm: &Reaffirm,
    ) -> Result<Admission, Refusal> {
        judge_by(checked, &self.all_parties())?;
        let signers = self.signed_for(&checked.statement().by, checked, |_| None, None)?;
        Ok(Admission { change: Change::Reaffirmed { occasion: reaffirm.occasion.clone() }, signers })
    }

    /// Every party, jointly.
    pub fn all_parties(&self) -> By {
        By::of(self.workflow.party_names())
    }

    pub(super) fn judge_replace_key(
        &self,
        checked: &Checked,
        replace: &ReplaceKey,
    ) -> Result<Admission, Refusal> {
        let name = &replace.holder;
        let Some(holder) = self.holders.get(name) else {
            let why = format!("nobody is {name} in this agreement");
            return Err(Refusal::new("unknown-holder", why, "name an officer or a seated panelist"));
        };
        if let HolderRef::CaseSeat { case, .. } = name
            && self.case(case).is_some_and(crate::engine::case::Case::at_rest)
        {
            let why = format!("the panel of {case} is dissolved: the case has ended");
            return Err(Refusal::new("case-ended", why, "a seat of an ended case needs no key any more"));
        }
        self.judge_new_key(&replace.key)?;
        if !checked.signers().contains(&replace.key) {
            let why = "the new key has not signed";
            return Err(Refusal::new(
                "new-key-absent",
                why,
                "the new key signs too: it proves that somebody holds it",
            ));
        }
        let recovered = replace.how == Replacement::Recovery;
        let signers = if recovered {
            let needed = self.who_recovers(name);
            judge_by(checked, &needed)?;
            let signers = self.signed_for(&needed, checked, |_| None, Some(&replace.key))?;
            if signers.contains(name) {
                let why = format!("{name} signed with the key that is said to be lost");
                return Err(Refusal::new("needless-signature", why, "a key that can still sign is rotated"));
            }
            signers
        } else {
            self.judge_rotation(checked, replace, holder.key.raw())?;
            [name.clone()].into()
        };
        let change = Change::KeyReplaced { holder: name.clone(), key: replace.key.clone(), recovered };
        Ok(Admission { change, signers })
    }

    /// Rotation is up to the holder alone: the old key and the new one, and nobody else.
    fn judge_rotation(&self, checked: &Checked, replace: &ReplaceKey, old: RawKey) -> Result<(), Refusal> {
        let name = &replace.holder;
        judge_by(checked, &By::One(self.speaks_as(name).clone()))?;
        if checked.signers().len() == 2 && checked.is_signed_by(old) {
            return Ok(());
        }
        let why = format!("rotating the key of {name} takes the old key and the new one, and no other");
        Err(Refusal::new("wrong-key", why, "sign with both; if the old key is lost, use `--recovery`"))
    }

    /// Whose signatures recover a lost key: the appointer's and all parties'. The remaining officers of
    /// a party speak for it; a party of which one officer is all cannot be overruled by the others.
    pub fn who_recovers(&self, name: &HolderRef) -> By {
        let mut actors = self.workflow.party_names();
        actors.extend(self.seat(name).into_iter().flat_map(|seating| seating.seat.by.clone()));
        By::of(actors)
    }
}

fn judge_by(checked: &Checked, needed: &By) -> Result<(), Refusal> {
    if checked.statement().by == *needed {
        return Ok(());
    }
    let why = format!("it speaks for {}", checked.statement().by);
    Err(Refusal::new("not-entitled", why, format!("it takes the signatures of {needed}")))
}
