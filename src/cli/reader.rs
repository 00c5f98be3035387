//! `--reader`: the key with which restricted agreements are read.

use std::sync::{Arc, Mutex, PoisonError};

use super::context::Context;
use super::keyring::{only_key, signer_of};
use crate::net::Signs;
use crate::signer::Signer;
use crate::statement::request::Challenge;

/// A key that is looked for, and unlocked, when a server first answers that there is nothing.
struct Reader {
    context: Context,
    key: String,
    signer: Mutex<Option<Signer>>,
}

impl Context {
    /// Whoever signs what servers ask of readers; `None` where no key is named.
    pub fn reads_with(&self) -> Option<Arc<dyn Signs>> {
        let key = self.reader.clone()?;
        Some(Arc::new(Reader { context: self.clone(), key, signer: Mutex::default() }))
    }

    /// The same command, which reads with the key with which it signs, unless another is named.
    #[must_use]
    pub fn reading_as_signed(&self, keys: &[String]) -> Self {
        let mut context = self.clone();
        if context.server.is_some() && context.reader.is_none() {
            context.reader = keys.first().cloned().or_else(|| only_key(self).ok());
        }
        context
    }
}

impl Signs for Reader {
    /// What names another server is not signed: whoever stands in between would read as the one who signs.
    fn sign(&self, origin: &str, text: &str) -> Result<String, String> {
        let challenge = Challenge::parse(text).ok_or("what it gives to be signed is no challenge")?;
        if challenge.server != origin {
            return Err(format!(
                "it gives the challenge of {} to be signed, which is not signed for anybody else: ask that address, or have \
                 its operator say `origin`",
                challenge.server
            ));
        }
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        if signer.is_none() {
            *signer = Some(signer_of(&self.context, &self.key).map_err(|error| error.to_string())?);
        }
        let signed = signer.as_ref().map(|signer| signer.sign_request(&challenge));
        let signed = signed.ok_or("there is no such key")?.map_err(|error| error.to_string())?;
        Ok(signed.sig)
    }
}
