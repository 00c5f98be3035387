//! What shows whose key asks: challenges that this process has made up, and tokens for those who have signed one.
//!
//! Both are texts that carry their own proof, an HMAC by a key that is made when the process starts and never leaves it; so
//! asking costs no memory, and after a new start everybody signs anew. A token says whose key asks and until when, and
//! nothing of agreements: everybody who signs gets one. Of challenges only those are kept that were used, for as long as
//! they could be used again; where there are too many of them, those that expire first are forgotten, and none that expires
//! as early is taken any more. So nothing is taken twice, and a crowd that signs in makes time short, and shuts nobody out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::client::Client;
use super::kinds;
use super::problem::Problem;
use crate::net::share::{Held, Share};
use crate::statement::request::Challenge;
use crate::statement::sshsig::{self, Purpose};
use crate::statement::{RawKey, SignatureError};
use crate::values::{Instant, Span};

/// How long a challenge can be signed: for whoever does it by hand.
const CHALLENGE: Span = Span::from_seconds(5 * 60);

/// How long a token lasts.
const TOKEN: Span = Span::from_seconds(15 * 60);

/// How many used challenges are remembered. As fast as signatures can be checked, that is still some seconds of them: as long
/// as a program takes to sign.
const MOST_USED: usize = 65_536;

/// How many of them one address may have used, so that a few addresses do not make time short for everybody else.
const MOST_OF_ONE: usize = MOST_USED / 256;

/// After how long whoever signs in too often may come again, where nobody knows when a challenge of theirs is over.
const AGAIN: Duration = Duration::from_secs(29);

/// Random bytes of a challenge.
const RANDOM: usize = 16;

/// Bytes of an HMAC.
const MAC: usize = 32;

/// Whoever asks: with the key of a token, or as anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Caller(Option<(RawKey, Instant)>);

impl Caller {
    /// The key, as long as the token lasts.
    pub(super) fn key(&self, now: Instant) -> Option<&RawKey> {
        self.0.as_ref().filter(|(_, until)| now < *until).map(|(key, _)| key)
    }

    /// Once the token is over, if there is one; `now` is the time by which it ends.
    pub(super) async fn over(&self, now: Instant) {
        match self.0 {
            Some((_, until)) => {
                tokio::time::sleep(Duration::from_secs(until.since(now).seconds().max(1))).await;
            }
            None => std::future::pending().await,
        }
    }

    /// Until when the token lasts, if there is one.
    pub(super) fn until(&self) -> Option<Instant> {
        self.0.map(|(_, until)| until)
    }
}

/// A token as it is given out.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) until: Instant,
    /// For how many seconds it is good.
    pub(super) seconds: u64,
}

/// Makes challenges and tokens, and knows its own again.
pub(super) struct Tokens {
    /// The address of this server, which a challenge names: whoever signs it signs for no other.
    server: String,
    secret: Zeroizing<[u8; 64]>,
    used: Mutex<Used>,
}

/// Challenges that were used.
#[derive(Default)]
struct Used {
    /// Those that are not over, by when they will be, with what each takes of its address's share.
    all: BTreeMap<(Instant, [u8; RANDOM]), Share>,
    of: Held,
    /// Until when those were good that were forgotten before they were over: of them it is not known any more which were used.
    forgotten: Option<Instant>,
}

/// Why a challenge is not taken.
#[derive(Debug, PartialEq, Eq)]
enum Unused {
    /// It was used already.
    Again,
    /// It may have been: so many were used since it was given out.
    Forgotten,
    /// Its address has used so many.
    Often,
}

impl Used {
    /// Remembers a challenge as used, by somebody at this address.
    fn once(
        &mut self,
        random: [u8; RANDOM],
        expires: Instant,
        by: IpAddr,
        now: Instant,
    ) -> Result<(), Unused> {
        self.forget_until(now);
        let challenge = (expires, random);
        if self.all.contains_key(&challenge) {
            return Err(Unused::Again);
        }
        if self.forgotten.is_some_and(|forgotten| expires <= forgotten) {
            return Err(Unused::Forgotten);
        }
        let share = self.of.one_more(by, MOST_OF_ONE).ok_or(Unused::Often)?;
        self.all.insert(challenge, share);
        if self.all.len() > MOST_USED
            && let Some((&(first, _), _)) = self.all.first_key_value()
        {
            self.forgotten = Some(first);
            self.forget_until(first);
        }
        Ok(())
    }

    /// Forgets all that are over by then.
    fn forget_until(&mut self, end: Instant) {
        while let Some(first) = self.all.first_entry().filter(|first| first.key().0 <= end) {
            first.remove();
        }
    }
}

impl Tokens {
    /// Of the server with this address. `None` where the machine gives no randomness.
    pub(super) fn new(server: String) -> Option<Self> {
        let mut secret = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *secret).ok()?;
        Some(Self { server, secret, used: Mutex::default() })
    }

    /// A challenge that nobody else has.
    pub(super) fn challenge(&self, now: Instant) -> Result<Challenge, Problem> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).map_err(|_| Problem::failed("this machine gives no random numbers"))?;
        let expires = now.plus(CHALLENGE);
        let proof = self.mac("challenge", &random, expires);
        let nonce = Base64::encode_string(&[&random[..], &proof].concat());
        Ok(Challenge { server: self.server.clone(), nonce, expires })
    }

    /// A token for the key that has signed a challenge of this server, once.
    ///
    /// # Errors
    /// It is none of this server's, is over, was used, or is not signed; or its address has used too many.
    pub(super) fn exchange(
        &self,
        text: &str,
        armour: &str,
        client: Client,
        now: Instant,
    ) -> Result<Token, Problem> {
        let wrong = |why: &str| {
            let anew = "take a challenge from `GET /v1/challenge`, and sign it as it is";
            Problem::new(&kinds::BAD_CHALLENGE, why).instead(anew)
        };
        let challenge = Challenge::parse(text).ok_or_else(|| wrong("this is no challenge"))?;
        if challenge.server != self.server {
            return Err(wrong("the challenge is another server's"));
        }
        if challenge.expires <= now {
            return Err(wrong("the challenge is over"));
        }
        let bytes = Base64::decode_vec(&challenge.nonce).unwrap_or_default();
        let parts = bytes.split_first_chunk::<RANDOM>();
        let made_here =
            parts.filter(|(random, proof)| self.holds("challenge", *random, challenge.expires, proof));
        let (random, _) =
            made_here.ok_or_else(|| wrong("the challenge was not made here, or before a new start"))?;
        let signed = sshsig::verify_for(Purpose::Request, armour, text.as_bytes());
        let key = signed.map_err(|error| unsigned(&error))?.raw();
        self.use_once(*random, challenge.expires, client, now).map_err(|why| match why {
            Unused::Again => wrong("the challenge was used already"),
            Unused::Forgotten => {
                wrong("so many have signed in since this challenge was given out that it is over early")
            }
            Unused::Often => Problem::too_many("this address signs in more often than one may", AGAIN),
        })?;
        let until = now.plus(TOKEN);
        let proof = self.mac("token", &key.0, until);
        let text =
            Base64UrlUnpadded::encode_string(&[&key.0[..], &until.unix().to_be_bytes(), &proof].concat());
        Ok(Token { text, until, seconds: TOKEN.seconds() })
    }

    /// Whoever a token of this server's is of; `None` where it is none, or is over.
    pub(super) fn caller(&self, token: &str, now: Instant) -> Option<Caller> {
        let bytes = Base64UrlUnpadded::decode_vec(token).ok()?;
        let (key, rest) = bytes.split_first_chunk::<32>()?;
        let (until, proof) = rest.split_first_chunk::<8>()?;
        let until = i64::from_be_bytes(*until);
        let end = Instant::from_unix(until);
        (end.unix() == until && self.holds("token", key, end, proof) && now < end)
            .then_some(Caller(Some((RawKey(*key), end))))
    }

    fn use_once(
        &self,
        random: [u8; RANDOM],
        expires: Instant,
        client: Client,
        now: Instant,
    ) -> Result<(), Unused> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).once(random, expires, client.0, now)
    }

    fn mac(&self, what: &str, of: &[u8], until: Instant) -> [u8; MAC] {
        self.hmac(what, of, until).finalize().into_bytes().into()
    }

    /// In a time that tells nothing of the proof.
    fn holds(&self, what: &str, of: &[u8], until: Instant, proof: &[u8]) -> bool {
        self.hmac(what, of, until).verify_slice(proof).is_ok()
    }

    fn hmac(&self, what: &str, of: &[u8], until: Instant) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&(*self.secret).into());
        for part in [what.as_bytes(), of, &until.unix().to_be_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

fn unsigned(error: &SignatureError) -> Problem {
    Problem::new(&kinds::BAD_SIGNATURE, error.to_string()).instead(
        "sign the challenge as it is, its last newline included: `ssh-keygen -Y sign -n quorate/request/v1`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_servers_own_until_it_is_over() {
        let tokens = Tokens::new("http://one.example".to_owned()).unwrap();
        let other = Tokens::new("http://one.example".to_owned()).unwrap();
        let now = Instant::from_unix(1_800_000_000);
        let until = now.plus(TOKEN);
        let key = RawKey([7; 32]);
        let text = |tokens: &Tokens| {
            let proof = tokens.mac("token", &key.0, until);
            Base64UrlUnpadded::encode_string(&[&key.0[..], &until.unix().to_be_bytes(), &proof].concat())
        };
        let caller = tokens.caller(&text(&tokens), now).unwrap();
        assert_eq!((caller.key(now), caller.key(until), caller.until()), (Some(&key), None, Some(until)));
        assert_eq!(tokens.caller(&text(&tokens), until), None);
        assert_eq!(other.caller(&text(&tokens), now), None);
        for broken in ["", "A", &text(&tokens)[1..], &format!("{}A", text(&tokens))] {
            assert_eq!(tokens.caller(broken, now), None, "{broken}");
        }
        // A challenge's proof is no token's.
        let proof = tokens.mac("challenge", &key.0, until);
        let crossed =
            Base64UrlUnpadded::encode_string(&[&key.0[..], &until.unix().to_be_bytes(), &proof].concat());
        assert_eq!(tokens.caller(&crossed, now), None);
    }

    fn client(number: usize) -> Client {
        let [.., a, b] = (number / MOST_OF_ONE).to_be_bytes();
        Client([10, 0, a, b].into())
    }

    #[test]
    fn a_crowd_that_signs_in_makes_time_short_and_shuts_nobody_out() {
        let tokens = Tokens::new(String::new()).unwrap();
        let now = Instant::from_unix(0);
        let random = |number: usize| (number as u128).to_be_bytes();
        // As many a second as are remembered of four.
        let each = MOST_USED / 4;
        let expires = |number: usize| CHALLENGE.seconds() + (number / each) as u64;
        let at = |number: usize| now.plus(Span::from_seconds(expires(number)));
        for number in 0..5 * MOST_USED {
            assert_eq!(tokens.use_once(random(number), at(number), client(number), now), Ok(()), "{number}");
            assert!(tokens.used.lock().unwrap().all.len() <= MOST_USED);
        }
        // Whoever comes new with a challenge of now is let in, and of the oldest nobody is, whether or not it was used.
        let newest = 5 * MOST_USED - 1;
        let somebody = Client([192, 0, 2, 7].into());
        assert_eq!(tokens.use_once(random(newest + 1), at(newest), somebody, now), Ok(()));
        assert_eq!(tokens.use_once(random(newest), at(newest), somebody, now), Err(Unused::Again));
        for number in [0, usize::MAX] {
            assert_eq!(tokens.use_once(random(number), at(0), somebody, now), Err(Unused::Forgotten));
        }
        // Three seconds are remembered at the least.
        let before = newest - 2 * each;
        assert_eq!(tokens.use_once(random(before), at(before), somebody, now), Err(Unused::Again));
        assert_eq!(tokens.use_once(random(usize::MAX), at(before), somebody, now), Ok(()));
        // What is over is not kept, and what one address has used is bounded as long as it is not.
        let end = at(newest).plus(Span::from_seconds(1));
        for number in 0..MOST_OF_ONE {
            assert_eq!(tokens.use_once(random(number), end.plus(CHALLENGE), somebody, end), Ok(()));
        }
        assert_eq!(tokens.used.lock().unwrap().all.len(), MOST_OF_ONE);
        assert_eq!(tokens.use_once(random(newest), end.plus(CHALLENGE), somebody, end), Err(Unused::Often));
    }
}
