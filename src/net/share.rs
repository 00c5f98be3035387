//! What each client holds at a time, so that one does not hold all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// What limits are counted by: of IPv6 the network that one customer has (/64), in which they choose addresses freely.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// How many of something each address holds, as it is [`counted`].
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Held {
    /// One more for this address, until what is given back is dropped; `None` where it holds `most` already.
    pub fn one_more(&self, address: IpAddr, most: usize) -> Option<Share> {
        self.more(address, 1, |_| most)
    }

    /// So many more for this address, until what is given back is dropped; `None` where it would hold more by them than it may
    /// by what it holds (`most`), unless it holds nothing else.
    pub fn more(&self, address: IpAddr, number: usize, most: impl FnOnce(usize) -> usize) -> Option<Share> {
        let address = counted(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.get(&address).copied().unwrap_or(0);
        let after = count.saturating_add(number);
        if count > 0 && after > most(count) {
            return None;
        }
        held.insert(address, after);
        Some(Share { all: self.clone(), address, number })
    }
}

/// A part of what an address holds.
#[derive(Debug)]
pub struct Share {
    all: Held,
    address: IpAddr,
    number: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count = count.saturating_sub(self.number);
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let told = |text: &str| counted(address(text)).to_string();
        assert_eq!(told("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(told("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(told("192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn what_is_more_than_one_may_hold_is_held_alone() {
        let held = Held::default();
        let long = held.more(address("192.0.2.7"), 9, |_| 4);
        assert!(long.is_some() && held.more(address("192.0.2.7"), 1, |_| 4).is_none());
        assert!(held.more(address("192.0.2.8"), 1, |_| 4).is_some());
        drop(long);
        let short = held.more(address("192.0.2.7"), 3, |_| 4);
        assert!(short.is_some() && held.more(address("192.0.2.7"), 2, |_| 4).is_none());
        assert!(held.more(address("192.0.2.7"), 1, |_| 4).is_some());
    }

    #[test]
    fn a_network_holds_no_more_by_its_many_addresses() {
        let held = Held::default();
        let first = held.one_more(address("2001:db8:1:2::3"), 2);
        let second = held.one_more(address("2001:db8:1:2::4"), 2);
        assert!(first.is_some() && second.is_some());
        assert!(held.one_more(address("2001:db8:1:2::5"), 2).is_none());
        assert!(held.one_more(address("2001:db8:1:3::5"), 2).is_some());
        drop(first);
        assert!(held.one_more(address("2001:db8:1:2::5"), 2).is_some());
        drop(second);
        assert!(held.0.lock().expect("nobody failed").is_empty());
    }
}
