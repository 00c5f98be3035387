//! Whether those in whose name a statement speaks have signed it: each needed, each once.

use std::collections::BTreeSet;
use std::fmt;

use crate::engine::count::{Standing, heads, marks};
use crate::engine::{Refusal, State};
use crate::statement::{By, Checked, HolderRef, PublicKey, RawKey};
use crate::values::{Id, Instant};
use crate::workflow::model::Office;

/// Who may sign besides those in whose name the statement speaks: the new key of a replacement.
pub(super) type Besides<'a> = Option<&'a PublicKey>;

/// Whose signatures a statement still lacks to speak for a party or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// How many more must sign.
    pub more: u64,
    /// The officers who have not.
    pub others: Vec<HolderRef>,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others: Vec<String> = self.others.iter().map(ToString::to_string).collect();
        write!(f, "{} more of: {}", self.more, others.join(", "))
    }
}

fn is_of(name: &HolderRef, office: &Office) -> bool {
    matches!(name, HolderRef::Office { body, .. } if *body == office.name)
}

impl State {
    /// The holders who signed, if they are those who speak for `by` and nobody else. Seats that `by`
    /// names are looked up with `seat`.
    pub(super) fn signed_for(
        &self,
        by: &By,
        checked: &Checked,
        seat: impl Fn(&Id) -> Option<HolderRef>,
        besides: Besides<'_>,
    ) -> Result<BTreeSet<HolderRef>, Refusal> {
        let mut signers = BTreeSet::new();
        for key in checked.signers() {
            if besides != Some(key) {
                signers.insert(self.holder_of(key)?);
            }
        }
        let mut spoken = Vec::new();
        for actor in by.actors() {
            spoken.extend(match self.office(actor) {
                Some(office) => self.officers_signed(office, &signers)?,
                None => self.seat_signed(actor, &seat, &signers)?,
            });
        }
        match signers.iter().find(|holder| !spoken.contains(*holder)) {
            Some(stranger) => {
                let why = format!("{stranger} signed, but the statement speaks for {by}");
                Err(Refusal::new("needless-signature", why, "leave that signature out"))
            }
            None => Ok(signers),
        }
    }

    /// The holder behind a key, which must be of the registered type.
    fn holder_of(&self, key: &PublicKey) -> Result<HolderRef, Refusal> {
        let unknown = || {
            let why = format!("the key {} speaks for nobody in this agreement", key.fingerprint());
            Refusal::new("unknown-key", why, "sign with the key that the roster or the nomination names")
        };
        let name = self.holders.speaks_for(key.raw()).ok_or_else(unknown)?;
        let registered = &self.holders.get(name).ok_or_else(unknown)?.key;
        if registered != key {
            let why = format!(
                "{name} signs with a key of type {}, this is {}",
                registered.algorithm(),
                key.algorithm()
            );
            return Err(Refusal::new(
                "other-key-type",
                why,
                format!("sign with {}", registered.fingerprint()),
            ));
        }
        Ok(name.clone())
    }

    fn officers_signed(
        &self,
        office: &Office,
        signers: &BTreeSet<HolderRef>,
    ) -> Result<Vec<HolderRef>, Refusal> {
        if self.more_needed(office, signers) > 0 {
            let lacking = self.lacking(office, signers);
            let why = format!(
                "{} speaks with {} of {} signatures, this has {}",
                office.name,
                office.needed,
                office.of,
                u64::from(office.needed) - lacking.more
            );
            let instead = format!("have it signed by {lacking}");
            return Err(Refusal::new("too-few-signatures", why, instead));
        }
        Ok(signers.iter().filter(|name| is_of(name, office)).cloned().collect())
    }

    /// What a statement of these signers still lacks to speak for a party or role.
    pub fn lacking(&self, office: &Office, signers: &BTreeSet<HolderRef>) -> Lacking {
        let others = self.officers_of(office).filter(|name| !signers.contains(name));
        Lacking { more: self.more_needed(office, signers), others: others.cloned().collect() }
    }

    /// How many more officers must sign to speak for a party or role.
    fn more_needed(&self, office: &Office, signers: &BTreeSet<HolderRef>) -> u64 {
        let all = self.officers_of(office).map(|name| (name, Standing::ONE));
        let signed = signers.iter().filter(|name| is_of(name, office)).map(|name| (name, ()));
        u64::from(office.needed).saturating_sub(heads(&marks(all, signed)))
    }

    fn officers_of(&self, office: &Office) -> impl Iterator<Item = &HolderRef> {
        self.holders.iter().map(|(name, _)| name).filter(|name| is_of(name, office))
    }

    fn seat_signed(
        &self,
        actor: &Id,
        seat: impl Fn(&Id) -> Option<HolderRef>,
        signers: &BTreeSet<HolderRef>,
    ) -> Result<Vec<HolderRef>, Refusal> {
        let Some(name) = seat(actor) else {
            let why = format!("`{actor}` is no party, role or seat that can speak here");
            return Err(Refusal::new(
                "unknown-actor",
                why,
                "name the party, role or seat in whose name you sign",
            ));
        };
        let Some(holder) = self.holders.get(&name) else {
            let why = format!("the seat {name} is vacant: nobody speaks for it");
            return Err(Refusal::new(
                "not-seated",
                why,
                "somebody is nominated for it first, who then signs",
            ));
        };
        if !signers.contains(&name) {
            let why = format!("it speaks for {name} but is not signed with that seat's key");
            return Err(Refusal::new("wrong-key", why, format!("sign it with {}", holder.key.fingerprint())));
        }
        Ok(vec![name])
    }

    /// Officers speak for their party or role while the roster says so, the first and the last instant included.
    pub(super) fn judge_authority(&self, at: Instant, signers: &BTreeSet<HolderRef>) -> Result<(), Refusal> {
        for name in signers {
            let Some(holder) = self.holders.get(name) else { continue };
            if let Some(from) = holder.authority.from.filter(|from| at < *from) {
                let why = format!("the authority of {name} begins on {from}, as the roster says");
                let instead = "wait until then, or have another officer sign in place of this one";
                return Err(Refusal::new("too-early", why, instead));
            }
            if let Some(until) = holder.authority.until.filter(|until| at > *until) {
                let why = format!("the authority of {name} ended on {until}, as the roster says");
                return Err(Refusal::new(
                    "authority-expired",
                    why,
                    "have it signed by officers whose authority lasts",
                ));
            }
        }
        Ok(())
    }

    /// The signers of a statement about one seat, signed with the key of that seat.
    pub(super) fn signed_by_seat(
        &self,
        checked: &Checked,
        seat: &HolderRef,
    ) -> Result<BTreeSet<HolderRef>, Refusal> {
        let by = &checked.statement().by;
        if by.actors() != std::slice::from_ref(seat.name()) {
            let why = format!("it speaks for {by} about the seat {seat}");
            return Err(Refusal::new("not-your-seat", why, "only whoever sits there can sign this"));
        }
        self.signed_for(by, checked, |_| Some(seat.clone()), None)
    }

    /// Refuses a key that already speaks for somebody.
    pub(super) fn judge_new_key(&self, key: &PublicKey) -> Result<(), Refusal> {
        match self.in_use(key.raw()) {
            Some(holder) => {
                let why = format!("the key {} already speaks for {holder}", key.fingerprint());
                Err(Refusal::new("key-in-use", why, "one key speaks for one holder: use another key"))
            }
            None => self.judge_no_witness(key),
        }
    }

    /// Refuses the key of a witness: it speaks for the witness, whatever type wraps it.
    fn judge_no_witness(&self, key: &PublicKey) -> Result<(), Refusal> {
        let mut witnesses = self.witnesses.iter().flat_map(|policy| policy.witnesses());
        match witnesses.find(|witness| witness.key.raw() == key.raw().0) {
            Some(witness) => {
                let why = format!(
                    "the key {} already speaks for the witness `{}`",
                    key.fingerprint(),
                    witness.name
                );
                Err(Refusal::new("key-in-use", why, "one key speaks for one holder: use another key"))
            }
            None => Ok(()),
        }
    }

    /// The holder for whom a key speaks and still has something to say: a seat of a case that is at
    /// rest keeps its key only until somebody else is given it.
    fn in_use(&self, key: RawKey) -> Option<&HolderRef> {
        self.holders.speaks_for(key).filter(|holder| match holder {
            HolderRef::CaseSeat { case, .. } => self.case(case).is_none_or(|case| !case.at_rest()),
            HolderRef::Office { .. } => true,
        })
    }
}

/// The reveal of whoever has left a seat, signed with the key that they had in it and no other. It binds no holder: who
/// has the seat now has signed nothing, and one vote is revealed but once.
pub(super) fn signed_by_leaver(
    checked: &Checked,
    seat: &HolderRef,
    key: &PublicKey,
) -> Result<BTreeSet<HolderRef>, Refusal> {
    if !checked.signers().contains(key) {
        let why =
            format!("it speaks for whoever left {seat} but is not signed with the key that they had then");
        return Err(Refusal::new("wrong-key", why, format!("sign it with {}", key.fingerprint())));
    }
    match checked.signers().iter().find(|signer| *signer != key) {
        Some(stranger) => {
            let why =
                format!("{} signed, but the vote is that of whoever left {seat}", stranger.fingerprint());
            Err(Refusal::new("needless-signature", why, "leave that signature out"))
        }
        None => Ok(BTreeSet::new()),
    }
}
