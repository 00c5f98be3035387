//! Room in memory: so many bytes of all, and of one address a part of what others leave.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::Client;
use crate::net::share::{Held, Share};

/// In what is counted, so that a number of them fits where it is kept.
const UNIT: u64 = 1024;

/// The part of what others leave that one address may hold, for more than one thing: so that a few who hold all that they may
/// leave room.
const SHARE: usize = 4;

/// Room for bytes.
pub(super) struct Room {
    all: Arc<Semaphore>,
    units: u32,
    held: Held,
}

/// A part of it, until this is dropped.
pub(super) type Taken = (OwnedSemaphorePermit, Share);

impl Room {
    /// For so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let units = units(bytes, u32::MAX >> 3);
        Self { all: Arc::new(Semaphore::new(units as usize)), units, held: Held::default() }
    }

    /// Room for one thing of so many bytes. What is longer than all room takes all of it.
    pub(super) fn take(&self, bytes: u64, client: Client) -> Option<Taken> {
        self.take_beside(0, bytes, client)
    }

    /// So much more for one thing, for which so many units are held.
    fn take_beside(&self, own: usize, bytes: u64, client: Client) -> Option<Taken> {
        let units = units(bytes, self.units);
        let free = self.all.available_permits();
        let most = |held: usize| if held <= own { usize::MAX } else { (held + free) / SHARE };
        let share = self.held.more(client.0, units as usize, most)?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(units).ok()?;
        Some((all, share))
    }

    #[cfg(test)]
    pub(super) fn is_free(&self) -> bool {
        self.all.available_permits() == self.units as usize
    }
}

fn units(bytes: u64, most: u32) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(most).min(most)
}

/// How much more is taken at a time for what grows.
const STEP: u64 = 64 * 1024;

/// Room that grows with what comes, for one client.
pub(super) struct Growing {
    room: Arc<Room>,
    client: Client,
    taken: Vec<Taken>,
    /// How many bytes of it are not used.
    left: u64,
}

impl Growing {
    /// Nothing yet.
    pub(super) fn new(room: &Arc<Room>, client: Client) -> Self {
        Self { room: Arc::clone(room), client, taken: Vec::new(), left: 0 }
    }

    /// So many more bytes; `false` where there is no room for them.
    pub(super) fn more(&mut self, bytes: u64) -> bool {
        while self.left < bytes {
            let own = self.taken.len() * usize::try_from(STEP / UNIT).unwrap_or(usize::MAX);
            let Some(taken) = self.room.take_beside(own, STEP, self.client) else { return false };
            self.taken.push(taken);
            self.left += STEP;
        }
        self.left -= bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn client(last: u8) -> Client {
        Client([192, 0, 2, last].into())
    }

    #[test]
    fn a_few_addresses_that_hold_all_that_they_may_leave_room_to_others() {
        let room = Room::new(256 * MIB);
        let mut held = Vec::new();
        let mut takes = |last| {
            let before = held.len();
            held.extend(std::iter::from_fn(|| room.take(15 * MIB, client(last))).take(100));
            held.len() - before
        };
        assert_eq!([1, 2, 3, 4].map(&mut takes), [4, 3, 2, 2]);
        assert_eq!((takes(5), takes(6)), (1, 1));
        held.clear();
        assert!(room.is_free());
    }

    #[test]
    fn what_grows_has_all_room_where_it_is_alone_and_shares_it_with_what_else_its_client_sends() {
        let room = Arc::new(Room::new(8 * MIB));
        let grows = |last| Growing::new(&room, client(last));
        let mut alone = grows(1);
        assert!((0..8).all(|_| alone.more(MIB)) && !alone.more(1));
        drop(alone);
        let (mut one, mut other, mut third) = (grows(1), grows(1), grows(2));
        assert!(one.more(MIB) && other.more(MIB), "a quarter of all");
        assert!(!one.more(MIB) && !other.more(MIB));
        assert!((0..5).all(|_| third.more(MIB)));
        drop((one, other, third));
        assert!(room.is_free());
    }
}
