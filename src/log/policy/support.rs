use std::collections::BTreeSet;

use super::{Defined, Group, Policy, PolicyWitness, Quorum, Threshold};
use crate::log::{Checkpoint, CheckpointError, Cosignature, CosignatureError, Note, NoteError};
use crate::values::count::{Standing, heads, marks};

/// Which of a policy's witnesses have cosigned one checkpoint, and when: what the policy makes of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support<'p> {
    policy: &'p Policy,
    /// For each of the policy's definitions, the times at which this witness cosigned; none for a group.
    times: Vec<BTreeSet<Cosignature>>,
}

/// Why a policy does not make a checkpoint valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupportError {
    /// The checkpoint cannot be read, or the log's signature is not good.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A known witness's cosignature is not good.
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
    /// The checkpoint is of a log that the policy does not name.
    #[error("the policy names no log `{origin}`: check that checkpoint and policy belong together")]
    OtherLog {
        /// The checkpoint's origin.
        origin: String,
    },
    /// Too few cosignatures, or not those that are needed.
    #[error(
        "the policy's quorum has not cosigned the checkpoint: missing are some of {}; fetch the checkpoint \
         again with their cosignatures", .missing.join(", ")
    )]
    Unmet {
        /// The policy's names of those that have not cosigned.
        missing: Vec<String>,
    },
}

impl Policy {
    /// Which of the witnesses have cosigned this note. One bad cosignature by any of them rejects the note.
    ///
    /// Whether a log of the policy has signed it is not asked: [`open`](Self::open) does that.
    pub fn support(&self, note: &Note) -> Result<Support<'_>, CosignatureError> {
        let times = self.defined.iter().map(|defined| match defined {
            Defined::Witness(witness) => witness.key.cosignatures(note),
            Defined::Group(_) => Ok(BTreeSet::new()),
        });
        Ok(Support { policy: self, times: times.collect::<Result<_, _>>()? })
    }

    /// Reads a checkpoint that is valid by this policy: signed by a log that it names, and cosigned by its quorum.
    pub fn open(&self, note: &[u8]) -> Result<(Checkpoint, Support<'_>), SupportError> {
        let parsed = Note::parse(note).map_err(CheckpointError::Note)?;
        let Checkpoint { origin, .. } = parsed.unverified_text().parse()?;
        let mut opened = Err(SupportError::OtherLog { origin: origin.clone() });
        for log in self.logs.iter().filter(|log| log.key.name() == origin) {
            match Checkpoint::open(note, &log.key) {
                // Another key of the same name may have signed it.
                Err(error @ CheckpointError::Note(NoteError::NotSigned { .. })) => {
                    opened = opened.or(Err(error.into()));
                }
                Err(error) => return Err(error.into()),
                Ok(checkpoint) => opened = Ok(checkpoint),
            }
        }
        let (checkpoint, support) = (opened?, self.support(&parsed)?);
        if support.met() {
            Ok((checkpoint, support))
        } else {
            Err(SupportError::Unmet { missing: support.missing() })
        }
    }

    /// Whether those witnesses whose place in `defined` is marked make up the quorum.
    fn met(&self, cosigned: &[bool]) -> bool {
        let mut witnessed: Vec<bool> = Vec::with_capacity(self.defined.len());
        // A group's members stand before it, so that theirs is known.
        for (defined, cosigned) in self.defined.iter().zip(cosigned) {
            let one = match defined {
                Defined::Witness(_) => *cosigned,
                Defined::Group(group) => group.met(&witnessed),
            };
            witnessed.push(one);
        }
        match self.quorum {
            Quorum::None => true,
            Quorum::Of(place) => witnessed.get(place) == Some(&true),
        }
    }
}

impl Group {
    fn met(&self, witnessed: &[bool]) -> bool {
        let entitled = self.members.iter().map(|member| (*member, Standing::ONE));
        let made = self.members.iter().filter(|member| witnessed.get(**member) == Some(&true));
        let count = heads(&marks(entitled, made.map(|member| (*member, ()))));
        match self.threshold {
            Threshold::All => usize::try_from(count) == Ok(self.members.len()),
            Threshold::Any => count >= 1,
            Threshold::Number(number) => count >= number,
        }
    }
}

impl Support<'_> {
    /// Whether the policy's quorum has cosigned, at whatever time. Always where it says `quorum none`.
    pub fn met(&self) -> bool {
        self.met_where(|_| true)
    }

    /// Whether the policy's quorum has cosigned, taking only cosignatures whose time is good: those before now,
    /// say, or those of a given day.
    pub fn met_where(&self, good: impl Fn(Cosignature) -> bool) -> bool {
        let cosigned = self.times.iter().map(|times| times.iter().any(|time| good(*time)));
        self.policy.met(&cosigned.collect::<Vec<_>>())
    }

    /// Every witness of the policy with the times at which it cosigned, earliest first; none where it has not.
    pub fn witnesses(&self) -> impl Iterator<Item = (&PolicyWitness, &BTreeSet<Cosignature>)> {
        self.policy.defined.iter().zip(&self.times).filter_map(|(defined, times)| match defined {
            Defined::Witness(witness) => Some((&**witness, times)),
            Defined::Group(_) => None,
        })
    }

    /// The time by which the head was there, on a quorum's word: the earliest with a quorum up to it. The log's
    /// entries up to that head are no later. `None` without a quorum, and where none is asked for.
    pub fn existed_by(&self) -> Option<Cosignature> {
        self.needed(self.all_times().into_iter(), |time, until| time <= until)
    }

    /// The time at which a quorum had been shown no larger head: the latest with a quorum from it on. It does not say
    /// that there was none: anybody can show a head again, and nobody need show a newer one. `None` without a quorum,
    /// and where none is asked for.
    pub fn newest_at(&self) -> Option<Cosignature> {
        self.newest_where(|_| true)
    }

    /// The same, taking only cosignatures whose time is good.
    pub fn newest_where(&self, good: impl Fn(Cosignature) -> bool) -> Option<Cosignature> {
        let bounds = self.all_times().into_iter().rev().filter(|time| good(*time));
        self.needed(bounds, |time, from| time >= from && good(time))
    }

    fn needed(
        &self,
        mut bounds: impl Iterator<Item = Cosignature>,
        good: impl Fn(Cosignature, Cosignature) -> bool,
    ) -> Option<Cosignature> {
        if !self.policy.asks_witnesses() {
            return None;
        }
        bounds.find(|bound| self.met_where(|time| good(time, *bound)))
    }

    fn all_times(&self) -> BTreeSet<Cosignature> {
        self.times.iter().flatten().copied().collect()
    }

    fn missing(&self) -> Vec<String> {
        let missing = self.witnesses().filter(|(_, times)| times.is_empty());
        missing.map(|(witness, _)| witness.name.to_string()).collect()
    }
}
