//! Who asks: the address at the other end, or the one that a proxy names which the operator trusts.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::net::share::counted;

/// Who asks: an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client(pub(super) IpAddr);

impl Client {
    /// What limits are counted by.
    pub(super) fn counted(self) -> IpAddr {
        counted(self.0)
    }
}

/// Whoever `peer` speaks for: itself, unless it is one of the proxies. Each proxy adds at the end whom it heard, so the last
/// address that is no proxy is the client, and what stands before it is the client's own word.
///
/// A proxy writes `Forwarded` (RFC 7239) or `X-Forwarded-For`, and may let the other pass as the client wrote it. So where
/// both are there and name different clients, nobody's word is taken: it is the proxy itself that counts.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Client {
    let trusted =
        |address: IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
    let heard = |mut named: Vec<Option<IpAddr>>| {
        let mut client = peer;
        while trusted(client) {
            let Some(next) = named.pop().flatten() else { break };
            client = next;
        }
        client
    };
    let clients = [forwarded(headers), forwarded_for(headers)].map(|named| named.map(heard));
    Client(match clients {
        [Some(one), Some(other)] if one.to_canonical() != other.to_canonical() => peer,
        [one, other] => one.or(other).unwrap_or(peer),
    })
}

/// The addresses that proxies have added in `Forwarded`, in order; `None` for what is none.
fn forwarded(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let of = |part: String| {
        let mut pairs = part.split(';').filter_map(|pair| pair.trim().split_once('='));
        let named = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1;
        address(named.trim_matches('"'))
    };
    Some(parts(headers, "forwarded")?.into_iter().map(of).collect())
}

/// The same of `X-Forwarded-For`.
fn forwarded_for(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    Some(parts(headers, "x-forwarded-for")?.iter().map(|part| address(part)).collect())
}

/// The parts of all headers of a name; `None` where there is none.
fn parts(headers: &HeaderMap, name: &str) -> Option<Vec<String>> {
    let mut lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).peekable();
    lines.peek()?;
    Some(lines.flat_map(|line| line.split(',')).map(str::trim).map(str::to_owned).collect())
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
    fn a_client_does_not_choose_its_address_by_the_header_that_its_proxy_does_not_write() {
        for named in ["for=203.0.113.1", "for=unknown", "for=10.0.0.1"] {
            let both = [("forwarded", named), ("x-forwarded-for", "192.0.2.7")];
            assert_eq!(asked("10.0.0.1", &both), "10.0.0.1", "{named}");
        }
        let both = [("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(asked("10.0.0.1", &both), "192.0.2.7");
    }

    #[test]
    fn where_a_proxy_names_nobody_it_is_the_client_itself() {
        for line in ["", "unknown", "192.0.2.7, _hidden"] {
            assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", line)]), "10.0.0.1", "{line}");
        }
        assert_eq!(asked("10.0.0.1", &[]), "10.0.0.1");
    }
}
