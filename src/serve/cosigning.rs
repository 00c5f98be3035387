//! Heads that witnesses cosign while agreements are served: what `quorate cosign` does, in the background. Whatever the
//! witnesses answer, or whether they do, statements are taken meanwhile.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::desk::Desk;
use super::feed::Feed;
use super::follow::Followed;
use crate::cosign::{
    Answer, Evidence, KeepError, Proof, Sizes, Subject, collect, keep, known_sizes, newest_cosigned,
};
use crate::log::Policy;
use crate::registry::{Published, SystemClock};
use crate::store::{ReadOnly, StoreError};
use crate::values::{Id, Instant, Span};

/// How witnesses are asked.
#[derive(Debug, Clone)]
pub struct Cosigning {
    /// How long passes at least between two rounds of an agreement.
    pub every: Span,
    /// After how long a head that has not changed is shown again, so that times stay bounded.
    pub again: Span,
    /// How long each witness has to answer.
    pub timeout: Duration,
    /// Who is asked about an agreement that relies on no witnesses of its own, where anybody may read it.
    pub policy: Option<Arc<Policy>>,
    /// Which agreements; all where none are named.
    pub agreements: Vec<Id>,
}

impl Cosigning {
    /// Whether witnesses are asked about the agreement of this name.
    pub(super) fn wants(&self, agreement: &Id) -> bool {
        self.agreements.is_empty() || self.agreements.contains(agreement)
    }

    /// Who is asked now: those on whom the parties rely, and where they rely on nobody, those whom the operator names.
    fn witnesses(
        &self,
        published: &Published,
        now: Instant,
        read_only: Option<ReadOnly>,
    ) -> Option<Arc<Policy>> {
        let own = published.state.witnesses.clone().filter(|policy| policy.witnesses().next().is_some());
        // Nobody but the parties' own witnesses can say that a restored copy may go on. And a checkpoint tells whoever
        // sees it the agreement's name: of a restricted one nobody learns it whom its parties have not named.
        let may = read_only != Some(ReadOnly::Restored) && !published.state.at(now).is_restricted();
        let other = self.policy.clone().filter(|_| may);
        own.or(other).filter(|policy| policy.witnesses().any(|witness| witness.url.is_some()))
    }
}

/// Has the heads of an agreement cosigned as long as it is served.
pub(super) async fn cosign(desk: Weak<Desk>, feed: Arc<Feed>, of: Arc<Cosigning>) {
    let Some(mut followed) = Followed::new(desk, feed.anchor) else { return };
    // What witnesses have seen, once it is known.
    let (mut sizes, mut failures) = (None, 0_u32);
    while let Some((now, published)) = followed.now() {
        let (asking, its, how) = (Arc::clone(&now), Arc::clone(&feed), Arc::clone(&of));
        let (known, agreement) = (sizes.take(), published.state.agreement.name.to_string());
        let asked = now.asking.run(move || {
            let round = Round { desk: &asking, feed: &its, of: &how, published: &published };
            let mut sizes = known;
            let done = round.asked(&mut sizes);
            (done, sizes)
        });
        let done = match asked.await {
            Ok((done, kept)) => {
                sizes = kept;
                done
            }
            Err(ended) => Err(Failure::Told(ended.to_string())),
        };
        let wait = match done {
            Ok(Done::Quorum) => {
                failures = 0;
                of.again.seconds()
            }
            Ok(Done::Nobody) => of.again.seconds(),
            Ok(Done::NoQuorum) => {
                failures = failures.saturating_add(1);
                retry(&of, failures)
            }
            Err(Failure::Lost(error)) => {
                tracing::error!(agreement, %error, "storage has failed");
                now.failed.notify_one();
                return;
            }
            Err(Failure::Told(error)) => {
                tracing::error!(agreement, error, "no witness was asked, or what it answered is not kept");
                failures = failures.saturating_add(1);
                retry(&of, failures)
            }
        };
        drop(now);
        tokio::time::sleep(Duration::from_secs(of.every.seconds())).await;
        if followed.growth_within(Duration::from_secs(wait)).await.is_none() {
            return;
        }
    }
}

/// After how long a round that brought no quorum comes again: soon at first, and at last as for an unchanged head.
fn retry(of: &Cosigning, failures: u32) -> u64 {
    let wait = of.every.seconds().max(1).saturating_mul(2_u64.saturating_pow(failures.min(32)));
    wait.min(of.again.seconds())
}

/// What came of a round.
enum Done {
    /// The policy's quorum has cosigned the head.
    Quorum,
    /// It has not.
    NoQuorum,
    /// There is nobody to ask.
    Nobody,
}

/// Why a round came to nothing.
enum Failure {
    /// A write may be lost: the process is to end.
    Lost(StoreError),
    /// Anything else.
    Told(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_fatal() { Self::Lost(error) } else { Self::Told(error.to_string()) }
    }
}

struct Round<'a> {
    desk: &'a Desk,
    feed: &'a Feed,
    of: &'a Cosigning,
    published: &'a Published,
}

impl Round<'_> {
    /// Asks once, and keeps what is answered.
    fn asked(&self, sizes: &mut Option<Sizes>) -> Result<Done, Failure> {
        let (store, anchor) = (self.desk.registry.store(), &self.feed.anchor);
        let (now, read_only) = (self.desk.registry.now(), self.desk.registry.read_only(anchor)?);
        let policy = self.of.witnesses(self.published, now, read_only);
        let Some(policy) = policy else { return Ok(Done::Nobody) };
        let sizes = if let Some(known) = sizes {
            known
        } else {
            let known = known_sizes(store, anchor, &policy)?;
            let newest = newest_cosigned(store, anchor, &policy)?;
            self.feed.cosigned.send_replace(Some(newest.map_or(0, |(size, _)| size)));
            sizes.insert(known)
        };
        let subject = Subject::of(store, &self.published.state);
        let subject = subject.map_err(|error| Failure::Told(error.to_string()))?;
        let mut answers = collect(&subject, &policy, sizes, &SystemClock, self.of.timeout);
        let mut kept_evidence = Ok(());
        let mut write = |proofs: &[Proof]| kept_evidence = self.keep_evidence(&subject, proofs);
        let kept = keep(store, &subject.asked(), &policy, &mut answers, &mut write);
        let kept = kept.map_err(|error| match error {
            KeepError::Store(error) => error.into(),
            other => Failure::Told(other.to_string()),
        })?;
        self.told(&answers);
        if let Some(why) = kept.read_only.filter(|why| why.is_proven()) {
            let agreement = &self.published.state.agreement.name;
            tracing::error!(%agreement, why = why.words(), "nothing is added to this agreement: it can only be read");
        }
        self.feed.cosigned.send_modify(|size| {
            if kept.quorum {
                *size = (*size).max(Some(subject.head.size));
            }
        });
        kept_evidence?;
        Ok(if kept.quorum { Done::Quorum } else { Done::NoQuorum })
    }

    fn keep_evidence(&self, subject: &Subject<'_>, proofs: &[Proof]) -> Result<(), StoreError> {
        let own = subject.asked().checkpoint().to_string();
        let folder = self.desk.evidence.join(self.published.state.agreement.name.as_str());
        proofs
            .iter()
            .try_for_each(|proof| Evidence { kept: &own, shown: &proof.note }.write(&folder).map(drop))
    }

    fn told(&self, answers: &[Answer]) {
        let agreement = &self.published.state.agreement.name;
        for Answer { witness, outcome, .. } in answers {
            self.desk.metrics.witness_answered(outcome.is_ok());
            match outcome {
                Ok(_) => tracing::debug!(%agreement, witness = %witness.name, "cosigned"),
                Err(fault) => {
                    tracing::warn!(%agreement, witness = %witness.name, %fault, "a witness has not cosigned");
                }
            }
        }
    }
}
