//! What every request needs.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{MutexGuard, Notify, Semaphore};

use super::answers::Answers;
use super::client::Client;
use super::cosigning::{Cosigning, cosign};
use super::events::Streams;
use super::feed::{self, Feed};
use super::health::Health;
use super::metrics::Metrics;
use super::problem::Problem;
use super::rate::Rates;
use super::room::Room;
use super::tokens::{Caller, Tokens};
use super::work::{Background, Work};
use super::{Export, Hooks, Limits, Service, kinds, mirror};
use crate::engine::access::Access;
use crate::net::share::Held;
use crate::registry::{Published, Registry, Signed};
use crate::statement::RawKey;
use crate::values::{Digest, Id, Instant};

/// Room for documents that are on their way, in bytes; or for as many of the longest as one address leaves three others.
const ARRIVING: u64 = 256 << 20;

/// How much is done in the background at a time, of each kind.
const AT_A_TIME: usize = 16;

/// The agreements, and who follows them.
pub(super) struct Desk {
    pub(super) registry: Registry,
    /// The address by which clients ask this server.
    pub(super) origin: String,
    /// Whose key asks.
    pub(super) tokens: Tokens,
    pub(super) openings: bool,
    pub(super) limits: Limits,
    hooks: Hooks,
    export: Option<Export>,
    cosigning: Option<Arc<Cosigning>>,
    /// Where signed checkpoints are kept that contradict each other, in a folder for each agreement.
    pub(super) evidence: PathBuf,
    /// Told when storage has failed.
    pub(super) failed: Notify,
    following: Mutex<()>,
    /// Held by whoever opens an agreement.
    opening: tokio::sync::Mutex<()>,
    /// Room for submissions.
    pub(super) room: Semaphore,
    /// How many statements each address is sending the documents of.
    pub(super) receives: Held,
    /// Room for what counts and replays.
    pub(super) thinking: Work,
    /// Room for what checks many signatures.
    pub(super) checking: Work,
    /// Room for what reads the disk.
    pub(super) reading: Work,
    /// Asking witnesses.
    pub(super) asking: Background,
    /// Writing exported folders.
    pub(super) exporting: Background,
    /// Looking through logs where hooks have looked before.
    pub(super) resuming: Background,
    /// Telling the receivers of each hook, which wait for no other hook's.
    telling: HashMap<Id, Background>,
    /// Room for documents that are on their way.
    pub(super) arriving: Arc<Room>,
    /// Streams of events.
    pub(super) streams: Streams,
    /// Room for answers that are long.
    pub(super) answers: Answers,
    /// The proxies that are believed whom they speak for.
    pub(super) proxies: Vec<IpAddr>,
    /// How often an address asks.
    pub(super) asks: Rates<IpAddr>,
    /// How often an address submits.
    pub(super) submits: Rates<IpAddr>,
    /// How often a key signs.
    pub(super) signs: Rates<RawKey>,
    /// Whether statements are taken, as it was found last.
    pub(super) health: Health,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// By name, which is found in a time that says nothing of the others.
    feeds: RwLock<HashMap<Id, Arc<Feed>>>,
    /// What is asked of an agreement that does not exist, so that it is as much as of one that does.
    nobody: Arc<Feed>,
}

/// One agreement as it is published now.
pub(super) struct Found {
    pub(super) feed: Arc<Feed>,
    pub(super) published: Arc<Published>,
}

impl Found {
    /// Now: where the clock is behind the last entry, the time of that, so that nothing older is told than what is known.
    pub(super) fn now(&self, desk: &Desk) -> Instant {
        self.published.state.present(desk.registry.now())
    }
}

impl Desk {
    /// `None` where the machine gives no randomness.
    pub(super) fn new(service: Service) -> Option<Self> {
        let Service {
            registry,
            origin,
            openings,
            limits,
            hooks,
            export,
            cosigning,
            evidence,
            proxies,
            metrics: _,
        } = service;
        let room = Semaphore::new(limits.submissions);
        let receives = Held::default();
        let (asks, submits) = (Rates::new(limits.requests), Rates::new(limits.submitted));
        let (signs, metrics) = (Rates::new(limits.statements), Arc::new(Metrics::new()));
        let told = Arc::clone(&metrics);
        registry.watch_flushes(move |statements, took| told.flushed(statements, took));
        let feeds = RwLock::default();
        let nobody = Arc::new(Feed::new(Digest([0; 32])));
        let telling = hooks.all.iter().map(|hook| (hook.name.clone(), Background::new(AT_A_TIME)));
        let telling = telling.collect();
        let tokens = Tokens::new(origin.clone())?;
        Some(Self {
            registry,
            origin,
            tokens,
            openings,
            limits,
            hooks,
            export,
            cosigning: cosigning.map(Arc::new),
            evidence,
            failed: Notify::new(),
            following: Mutex::new(()),
            opening: tokio::sync::Mutex::default(),
            room,
            receives,
            thinking: Work::thinking(Arc::clone(&metrics)),
            checking: Work::checking(Arc::clone(&metrics)),
            reading: Work::reading(Arc::clone(&metrics)),
            asking: Background::new(AT_A_TIME),
            exporting: Background::new(AT_A_TIME),
            resuming: Background::new(AT_A_TIME),
            telling,
            arriving: Arc::new(Room::new(ARRIVING.max(4 * limits.documents as u64))),
            streams: Streams::new(limits.listen),
            answers: Answers::new(Arc::clone(&metrics)),
            proxies,
            asks,
            submits,
            signs,
            health: Health::default(),
            metrics,
            feeds,
            nobody,
        })
    }

    /// Follows every agreement that nobody follows yet. Files are looked at, so it is for a thread that may wait.
    pub(super) fn follow_all(self: &Arc<Self>) {
        for (anchor, name) in self.registry.agreements() {
            self.follow(anchor, name);
        }
    }

    fn follow(self: &Arc<Self>, anchor: Digest, name: Id) {
        // One at a time, and without the lock that readers take: files are looked at.
        let _one = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        if self.feeds.read().unwrap_or_else(PoisonError::into_inner).contains_key(&name) {
            return;
        }
        let feed = Arc::new(Feed::new(anchor));
        self.hooks.follow(self, anchor, &name);
        if let Some(export) = &self.export {
            mirror::compare(self, export, &anchor, &name);
            let mirrored =
                mirror::mirror(Arc::downgrade(self), Arc::clone(&feed), export.clone(), name.clone());
            tokio::spawn(mirrored);
        }
        if let Some(cosigning) = self.cosigning.as_ref().filter(|cosigning| cosigning.wants(&name)) {
            tokio::spawn(cosign(Arc::downgrade(self), Arc::clone(&feed), Arc::clone(cosigning)));
        }
        // Before anybody finds it.
        let Some(told) = feed::begin(&self.registry, &feed) else { return };
        tokio::spawn(feed::follow(Arc::downgrade(self), Arc::clone(&feed), told));
        self.feeds.write().unwrap_or_else(PoisonError::into_inner).insert(name, feed);
    }

    /// Where messages of the hook of this name are sent.
    pub(super) fn telling(&self, hook: &Id) -> Background {
        self.telling.get(hook).cloned().unwrap_or_else(|| Background::new(AT_A_TIME))
    }

    fn look_at(&self, feed: &Feed) {
        let Some(published) = self.registry.agreement(&feed.anchor) else { return };
        let now = self.registry.now();
        feed.looked(&published.state.at(now), now);
    }

    /// Looks who may read an agreement that has grown, which is given back.
    pub(super) fn look(&self, anchor: &Digest) -> Option<Arc<Feed>> {
        let published = self.registry.agreement(anchor)?;
        let feed = self.feed(published.state.agreement.name.as_str())?;
        self.look_at(&feed);
        Some(feed)
    }

    fn feed(&self, name: &str) -> Option<Arc<Feed>> {
        let name: Id = name.parse().ok()?;
        self.feeds.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }

    /// Who may read the agreement of this name, and of this anchor where one is given; of one that does not exist nobody may. For
    /// both the same is asked; a comparison more for one that is there is long over when the [gate](super::gate) tells of it.
    fn access(&self, name: &str, anchor: Option<&Digest>) -> Arc<Access> {
        let name: Option<Id> = name.parse().ok();
        let feeds = self.feeds.read().unwrap_or_else(PoisonError::into_inner);
        let feed = name.and_then(|name| feeds.get(&name)).unwrap_or(&self.nobody);
        let feed = if anchor.is_none_or(|anchor| *anchor == feed.anchor) { feed } else { &self.nobody };
        feed.access()
    }

    /// Who may read the agreement of this name, where whoever asks may know of it. One of which they may not and one that
    /// does not exist come to the same by the same way.
    pub(super) fn gate(&self, name: &str, caller: Caller, now: Instant) -> Option<Arc<Access>> {
        let access = self.access(name, None);
        let admitted = access.admits(caller.key(now), now);
        admitted.then_some(access)
    }

    /// Whether one of those who have signed a statement may read its agreement. An opening statement has none, unless it is
    /// here already.
    pub(super) fn signed_by_a_reader(&self, signed: &Signed) -> bool {
        let opens = signed.opens();
        let Some(agreement) = signed.agreement().or(opens.as_ref()) else { return true };
        let access = self.access(agreement.name.as_str(), Some(&agreement.anchor));
        if opens.is_some() && Arc::ptr_eq(&access, &self.nobody.access()) {
            return true;
        }
        let now = self.registry.now();
        // Of one that does not exist nobody may, which is what the log says then.
        signed.keys().any(|key| access.admits(Some(&key), now))
    }

    /// Whether whoever asks may read a document of an agreement that they may read.
    ///
    /// # Errors
    /// It is of a tier of others.
    pub(super) fn may_read(&self, found: &Found, document: &Digest, caller: Caller) -> Result<(), Problem> {
        let now = self.registry.now();
        let Some(tier) = found.published.state.tier_of(document) else { return Ok(()) };
        if found.feed.access().admits_to(tier, caller.key(now), now) {
            return Ok(());
        }
        let readers = tier.readers.iter().map(Id::as_str).collect::<Vec<_>>().join(", ");
        let why = format!("this document is of the tier {}, which {readers} may read", tier.name);
        Err(Problem::new(&kinds::TIER, why)
            .instead("ask one of them: its digest shows whether what they give you is it"))
    }

    /// Whether anybody may read an agreement.
    pub(super) fn is_public(&self, name: &Id) -> bool {
        self.feed(name.as_str()).is_some_and(|feed| !feed.is_restricted())
    }

    /// That an address does not submit or sign in more often than one may.
    ///
    /// # Errors
    /// It does.
    pub(super) fn may_submit(&self, client: Client) -> Result<(), Problem> {
        let may = self.submits.take(client.counted(), std::time::Instant::now());
        may.map_err(|wait| self.limited("submissions", "this address submits more often than one may", wait))
    }

    /// That another agreement may be opened: one at a time, until what is given back is dropped.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub(super) async fn may_open(&self) -> Result<MutexGuard<'_, ()>, Problem> {
        let one = self.opening.lock().await;
        let most = self.limits.agreements;
        if self.registry.agreements().len() < most {
            return Ok(one);
        }
        self.metrics.limited("agreements");
        let why = format!(
            "this server keeps {most} agreements, which is as many as its operator lets be opened here"
        );
        Err(Problem::new(&kinds::NO_OPENINGS, why).instead("ask its operator for room (`limits.agreements`)"))
    }

    /// What a limit answers, which is counted.
    pub(super) fn limited(&self, limit: &'static str, what: &str, wait: Duration) -> Problem {
        self.metrics.limited(limit);
        Problem::too_many(what, wait)
    }

    /// The agreement of this name. Whether whoever asks may know of it the [gate](super::gate) has looked at before.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn find(&self, name: &str) -> Result<Found, Problem> {
        let found = self.feed(name).and_then(|feed| {
            let published = self.registry.agreement(&feed.anchor)?;
            Some(Found { feed, published })
        });
        found.ok_or_else(Problem::no_agreement)
    }

    /// The names of all agreements of which somebody may know.
    pub(super) fn names(&self, caller: Caller) -> Vec<Id> {
        let (feeds, now) = (self.feeds.read().unwrap_or_else(PoisonError::into_inner), self.registry.now());
        let seen = feeds.iter().filter(|(_, feed)| feed.admits(caller, now));
        let mut names: Vec<Id> = seen.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }
}
