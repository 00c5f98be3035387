//! Showing a server whose key asks, where it answers that there is nothing: a text of the server's is signed, and the token
//! that it gives for that goes with every request to it from then on. It is kept in memory, and nowhere else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::client::split_origin;
use super::{Client, NetError};

/// The most bytes of an answer: a text to sign, or a token.
const MOST: usize = 64 * 1024;

/// Whoever can sign what a server asks.
pub trait Signs: Send + Sync {
    /// Signs a challenge of the server that is asked under this origin.
    ///
    /// # Errors
    /// Why it is not signed, in words.
    fn sign(&self, origin: &str, challenge: &str) -> Result<String, String>;
}

/// Somebody's key, and the tokens that servers have given for it. Clones share them.
#[derive(Clone)]
pub(super) struct Key {
    signs: Arc<dyn Signs>,
    /// By origin; `None` of a server that gives none.
    tokens: Arc<Mutex<HashMap<String, Option<String>>>>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// What is sent for a token.
#[derive(Serialize)]
struct Signed<'a> {
    challenge: &'a str,
    signature: &'a str,
}

/// What is given for it.
#[derive(Deserialize)]
struct Given {
    token: String,
}

impl Key {
    pub(super) fn new(signs: Arc<dyn Signs>) -> Self {
        Self { signs, tokens: Arc::default() }
    }

    /// The token for an address, if there is one.
    pub(super) fn token(&self, url: &str) -> Option<String> {
        let (origin, _) = split_origin(url)?;
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&origin).cloned().flatten()
    }

    /// A token for an address, other than the one that did not do; `None` where its server gives none.
    pub(super) fn another(
        &self,
        client: &Client,
        url: &str,
        used: Option<&str>,
    ) -> Result<Option<String>, NetError> {
        let Some((origin, _)) = split_origin(url) else { return Ok(None) };
        // Whoever else waits for the same token takes it from here.
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.get(&origin) {
            Some(None) => return Ok(None),
            Some(Some(known)) if Some(known.as_str()) != used => return Ok(Some(known.clone())),
            _ => {}
        }
        let token = self.sign_in(client, &origin)?;
        tokens.insert(origin, token.clone());
        Ok(token)
    }

    fn sign_in(&self, client: &Client, origin: &str) -> Result<Option<String>, NetError> {
        let url = format!("{origin}/v1/challenge");
        let wrong = |why: String| NetError::SignIn { url: origin.to_owned(), why };
        let challenge = client.ask(&url, None, MOST)?;
        if matches!(challenge.status, 404 | 410) {
            // A web server with files, which knows of no readers.
            return Ok(None);
        }
        let text = String::from_utf8(challenge.body).ok().filter(|_| challenge.status == 200);
        let text =
            text.ok_or_else(|| wrong(format!("{url} answers with the status {}", challenge.status)))?;
        let signature = self.signs.sign(origin, &text).map_err(wrong)?;
        let body = serde_json::to_vec(&Signed { challenge: &text, signature: &signature });
        let body = body.map_err(|error| wrong(error.to_string()))?;
        let url = format!("{origin}/v1/token");
        let answer = client.post(&url, "application/json", &body, MOST)?;
        if answer.status != 200 {
            return Err(super::client::problem(url, &answer));
        }
        let given: Given = serde_json::from_slice(&answer.body).map_err(|error| wrong(error.to_string()))?;
        // It goes into a header.
        let fits = given.token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Some(given.token)).ok_or_else(|| wrong("its token is none".to_owned()))
    }
}
