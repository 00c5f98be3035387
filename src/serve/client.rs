//! Who asks: the address at the other end, or the one that a proxy names which the operator trusts.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// Who asks: an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client(pub(super) IpAddr);

impl Client {
    /// What limits are counted by: of IPv6 the network that one customer has (/64), in which they choose addresses freely.
    pub(super) fn counted(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            address @ IpAddr::V4(_) => address,
        }
    }
}

/// Whoever `peer` speaks for: itself, unless it is one of the proxies. Each proxy adds at the end whom it heard, so the last
/// address that is no proxy is the client, and what stands before it is the client's own word.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Client {
    let trusted =
        |address: IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
    let mut client = peer;
    let mut named = named(headers);
    while trusted(client) {
        let Some(next) = named.pop().flatten() else { break };
        client = next;
    }
    Client(client)
}

/// The addresses that proxies have added, in order; `None` for what is none. `Forwarded` (RFC 7239), where it is there, and
/// `X-Forwarded-For` otherwise.
fn named(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let all = |name: &str| {
        let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        lines.flat_map(|line| line.split(',')).map(str::trim).map(str::to_owned).collect::<Vec<_>>()
    };
    let forwarded = all("forwarded");
    if forwarded.is_empty() {
        return all("x-forwarded-for").iter().map(|part| address(part)).collect();
    }
    let of = |part: &String| {
        let pairs = part.split(';').filter_map(|pair| pair.trim().split_once('='));
        let named = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1;
        address(named.trim_matches('"'))
    };
    forwarded.iter().map(of).collect()
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.split_once(']').map(|(address, _)| address)?.parse().ok();
    let with_port = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    text.parse().ok().or_else(with_port).or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        client(peer.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn what_a_stranger_says_of_others_is_not_heard() {
        assert_eq!(asked("198.51.100.9", &[("x-forwarded-for", "192.0.2.7")]), "198.51.100.9");
        assert_eq!(asked("198.51.100.9", &[("forwarded", "for=192.0.2.7")]), "198.51.100.9");
    }

    #[test]
    fn a_proxy_names_whom_it_heard_last() {
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
        // What stands before that, the client has written itself.
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "203.0.113.1, 192.0.2.7")]), "192.0.2.7");
        let twice = [("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(asked("10.0.0.1", &twice), "192.0.2.7");
        // Through two proxies.
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "192.0.2.7, 10.0.0.2")]), "192.0.2.7");
        for (line, client) in [
            ("for=192.0.2.7;proto=https", "192.0.2.7"),
            ("for=203.0.113.1, For=\"[2001:db8::7]:4711\";by=10.0.0.1", "2001:db8::7"),
            ("for=192.0.2.7:80", "192.0.2.7"),
        ] {
            assert_eq!(asked("10.0.0.1", &[("forwarded", line)]), client, "{line}");
        }
    }

    #[test]
    fn where_a_proxy_names_nobody_it_is_the_client_itself() {
        for line in ["", "unknown", "192.0.2.7, _hidden"] {
            assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", line)]), "10.0.0.1", "{line}");
        }
        assert_eq!(asked("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let counted = |text: &str| Client(text.parse().unwrap()).counted().to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
    }
}
