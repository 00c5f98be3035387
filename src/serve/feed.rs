//! What is new in an agreement: every entry as it becomes durable, and what time alone brings about.
//!
//! One task an agreement takes each new entry once, whoever listens: from the writer, which had it in hand, or from the store
//! where it comes too late for that. The newest events are kept as the bytes that go out; a listener who is further behind
//! reads entries from the store again, so a slow one costs no memory and misses no entry.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::desk::Desk;
use super::follow::{Followed, until_next};
use super::newest::Newest;
use super::quota::{Coming, Kept};
use super::tokens::Caller;
use crate::engine::State;
use crate::engine::access::Access;
use crate::export::Signers;
use crate::registry::{Added, Published, Registry};
use crate::statement::{HolderRef, PublicKey, Statement};
use crate::store::Store;
use crate::values::{Digest, Instant};
use crate::view::changes;
use crate::view::document::Line;

/// How many events are kept for those who listen.
const KEPT: usize = 1_024;

/// What is new in an agreement.
pub(super) struct Feed {
    /// The agreement.
    pub(super) anchor: Digest,
    news: Mutex<News>,
    /// How many events there have been.
    count: watch::Sender<u64>,
    /// The documents of its entries.
    pub(super) documents: Arc<Kept>,
    /// Its licence as it is now.
    pub(super) licence: Newest,
    /// Who may read the agreement, as of a number of entries and a time.
    access: RwLock<((u64, Instant), Arc<Access>)>,
    /// The size of the newest head that a quorum of witnesses has cosigned, where witnesses are asked. Tells of every
    /// cosignature that is kept.
    pub(super) cosigned: watch::Sender<Option<u64>>,
}

#[derive(Default)]
struct News {
    /// The newest events.
    kept: VecDeque<Event>,
    /// The number of the first that is kept.
    first: u64,
    /// How many entries have been read.
    entries: u64,
    signers: Signers,
}

/// One event, in the bytes that go out.
struct Event {
    bytes: Bytes,
    /// The entry that it tells; `None` where it tells what entries or time brought about.
    entry: Option<u64>,
}

impl News {
    /// The number that the next event will have.
    fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// The number of the first event that is kept after the entries before this one: what those brought about, too.
    fn after(&self, entry: u64) -> u64 {
        let has = |event: &Event| event.entry.is_some_and(|told| told < entry);
        self.first + self.kept.iter().rposition(has).map_or(0, |last| last as u64 + 1)
    }

    /// The events from this number on, if all of them are kept.
    fn from(&self, event: u64) -> Option<impl Iterator<Item = &Event>> {
        let skipped = usize::try_from(event.checked_sub(self.first)?).ok()?;
        (skipped <= self.kept.len()).then(|| self.kept.range(skipped..))
    }
}

/// How far a listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the event that comes next; `None` where it has still to catch up, entry by entry.
    event: Option<u64>,
    /// The entry that comes next.
    entry: u64,
}

impl Feed {
    /// Of an agreement that nobody may read until it has been looked at.
    pub(super) fn new(anchor: Digest) -> Self {
        let ((count, _), (cosigned, _)) = (watch::channel(0), watch::channel(None));
        let access = RwLock::new(((0, Instant::MIN), Arc::new(Access::nobody())));
        let (news, documents, licence) = (Mutex::default(), Arc::default(), Newest::default());
        Self { anchor, news, count, documents, licence, access, cosigned }
    }

    /// Who may read the agreement now. It is kept here, and not asked of the state each time, so that asking takes as long
    /// for an agreement whose state is large, or has to be moved on, as for one that does not exist.
    pub(super) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Whether whoever asks may know of the agreement.
    pub(super) fn admits(&self, caller: Caller, now: Instant) -> bool {
        self.access().admits(caller.key(now), now)
    }

    /// Whether it is given to those whom it names alone.
    pub(super) fn is_restricted(&self) -> bool {
        self.access().is_restricted()
    }

    /// Takes over who may read it by a state, as of a time; an older one than is known changes nothing.
    pub(super) fn looked(&self, state: &State, at: Instant) {
        let (as_of, found) = ((state.size, at), Arc::new(state.access()));
        let mut known = self.access.write().unwrap_or_else(PoisonError::into_inner);
        if known.0 <= as_of {
            *known = (as_of, found);
        }
    }

    /// The number of events, to be told when there are more.
    pub(super) fn count(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// See [`Signers::allowed_signers`].
    pub(super) fn allowed_signers(&self) -> String {
        self.news().signers.allowed_signers()
    }

    /// See [`Signers::named_for`].
    pub(super) fn named_for(&self, key: &PublicKey) -> Vec<HolderRef> {
        self.news().signers.named_for(key)
    }

    /// Where somebody listens from: from this entry on, or from now on. Whoever goes on (`again`) is told what the entries
    /// before it brought about, which they may not have heard.
    pub(super) fn place(&self, entry: Option<u64>, again: bool) -> Place {
        let news = self.news();
        let entry = entry.unwrap_or(news.entries);
        let event = if again { news.after(entry) } else { news.end() };
        Place { event: (entry >= news.entries).then_some(event), entry }
    }

    /// What comes next at this place, about `most` bytes of it, and the place after it; `None` where it is not kept any more.
    pub(super) fn kept(&self, mut place: Place, most: usize) -> Option<(Vec<u8>, Place)> {
        let news = self.news();
        let mut next = place.event?;
        let mut bytes = Vec::new();
        for event in news.from(next)? {
            if !bytes.is_empty() && bytes.len() + event.bytes.len() > most {
                break;
            }
            next += 1;
            // Published already when they came, and read by the feed a moment later: they have it.
            if event.entry.is_some_and(|entry| entry < place.entry) {
                continue;
            }
            bytes.extend_from_slice(&event.bytes);
            place.entry = event.entry.map_or(place.entry, |entry| entry + 1);
        }
        place.event = Some(next);
        Some((bytes, place))
    }

    /// The same from the store, for a thread that may wait.
    pub(super) fn catch_up(&self, store: &dyn Store, mut place: Place, most: usize) -> (Vec<u8>, Place) {
        let mut bytes = Vec::new();
        let known = self.news().entries;
        for read in store.entries(&self.anchor, place.entry..known) {
            let Ok((index, entry)) = read else { break };
            // What cannot be read is told by an audit.
            let event = Line::parse(index, &entry).and_then(|line| entry_event(&line));
            bytes.extend(event.into_iter().flat_map(|event| event.bytes));
            place.entry = index + 1;
            if bytes.len() > most {
                break;
            }
        }
        let news = self.news();
        place.event = (place.entry >= news.entries).then(|| news.after(place.entry));
        (bytes, place)
    }

    /// Holds room for the documents that came with an entry until it has been read, and they count as its.
    pub(super) fn until_counted(self: &Arc<Self>, entry: u64, coming: Coming) {
        let (feed, mut count) = (Arc::clone(self), self.count());
        tokio::spawn(async move {
            while !feed.has_read(entry) && count.changed().await.is_ok() {}
            drop(coming);
        });
    }

    fn has_read(&self, entry: u64) -> bool {
        self.news().entries > entry
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what is new: the entries up to `entries`, and what is to be told.
    fn tell(&self, entries: u64, events: Vec<Event>) {
        let mut news = self.news();
        news.entries = entries;
        news.kept.extend(events);
        while news.kept.len() > KEPT {
            news.kept.pop_front();
            news.first += 1;
        }
        let end = news.end();
        drop(news);
        self.count.send_replace(end);
    }
}

/// What was told of an agreement last: its state, and as of when.
pub(super) type Told = (State, Instant);

/// Reads what an agreement has, before anybody can find it: whoever listens hears of every entry after what they have, whose keys
/// have spoken is known, and what its documents take. Nothing of it is told: nobody could listen.
pub(super) fn begin(registry: &Registry, feed: &Feed) -> Option<Told> {
    let ((published, added), at) = (registry.grown(&feed.anchor)?, registry.now());
    let state = published.state.at(at).into_owned();
    feed.looked(&state, at);
    let known = entries(registry, feed, (&published, &added), |_| {});
    feed.tell(known, Vec::new());
    Some((state, at))
}

/// Follows an agreement as long as it is served, from where it [began](begin).
pub(super) async fn follow(desk: Weak<Desk>, feed: Arc<Feed>, told: Told) {
    let Some(mut followed) = Followed::new(desk, feed.anchor) else { return };
    let mut before = told;
    while let Some((now, _)) = followed.now() {
        let Some((published, added)) = now.registry.grown(&feed.anchor) else { return };
        // A clock that was set back brings nothing about.
        let at = now.registry.now().max(before.1);
        let state = published.state.at(at).into_owned();
        // Before anybody is told of it: whom it lets in is told, and whom it dismisses is not.
        feed.looked(&state, at);
        let mut events = Vec::new();
        let known = entries(&now.registry, &feed, (&published, &added), |line| {
            events.extend(entry_event(line));
        });
        events.extend(changed((&before.0, before.1), (&state, at), published.head.size));
        feed.tell(known, events);
        let sleep = until_next(&now.registry, &state);
        before = (state, at);
        drop((published, now));
        if followed.growth_within(sleep).await.is_none() {
            return;
        }
    }
}

/// Takes the entries that are new, from the store where they are not at hand, and says how many there are now.
fn entries(
    registry: &Registry,
    feed: &Feed,
    (published, added): (&Published, &[Arc<Added>]),
    mut each: impl FnMut(&Line),
) -> u64 {
    let mut new = |index, time, said: &Statement, digest| {
        feed.news().signers.add(said);
        feed.documents.entry(said, &published.state, registry.store());
        each(&Line::of(index, time, said, digest));
    };
    let mut known = feed.news().entries;
    let at_hand = added.first().map_or(published.head.size, |entry| entry.index);
    for read in registry.store().entries(&feed.anchor, known..at_hand) {
        let (index, bytes) = match read {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "an entry cannot be read, and is not told to those who listen");
                return known;
            }
        };
        // What cannot be read is told by an audit.
        if let Some((time, said, digest)) = Line::read(&bytes) {
            new(index, time, &said, digest);
        }
        known = index + 1;
    }
    let from = known;
    for entry in added.iter().filter(|entry| entry.index >= from) {
        new(entry.index, entry.time, entry.checked.statement(), entry.checked.digest());
        known = entry.index + 1;
    }
    known
}

/// `event: entry`, by whose `id` a listener who was cut off goes on.
fn entry_event(line: &Line) -> Option<Event> {
    let (index, data) = (line.entry, serde_json::to_string(line).ok()?);
    let bytes = Bytes::from(format!("id: {index}\nevent: entry\ndata: {data}\n\n"));
    Some(Event { bytes, entry: Some(index) })
}

/// What entries or time alone brought about: the data of `event: state`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    /// How many entries the log had then.
    entries: u64,
    /// What came about, each in words: `verification#1 is now in the state closed: outcome verified`.
    changes: Vec<String>,
    /// Whether the value of any grant is another one now.
    licence: bool,
}

/// `event: state`: what the entries before it, or time alone, brought about.
fn changed(before: (&State, Instant), after: (&State, Instant), size: u64) -> Option<Event> {
    let (told, licence) = changes::all(before, after);
    if told.is_empty() {
        return None;
    }
    let changed = Changed { entries: size, changes: told, licence };
    let data = serde_json::to_string(&changed).ok()?;
    Some(Event { bytes: Bytes::from(format!("event: state\ndata: {data}\n\n")), entry: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Quota;

    #[tokio::test]
    async fn room_for_what_came_is_held_until_its_entry_counts() {
        let feed = Arc::new(Feed::new(Digest([0; 32])));
        let quota = Quota { agreement: 10, party: 10 };
        let mut coming = feed.documents.coming("north".to_owned());
        assert!(coming.more(10, quota));
        feed.until_counted(1, coming);
        let mut next = feed.documents.coming("north".to_owned());
        for known in [0, 1, 2] {
            feed.tell(known, Vec::new());
            // Nothing else runs here, so that is enough for whoever waits.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert_eq!(next.more(1, quota), known == 2);
        }
    }
}
