//! Sending messages: signed, in their order, again and again until each is taken.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Hook;
use super::outbox::{Message, Outbox};
use crate::net::{Client, NetError};
use crate::serve::desk::Desk;
use crate::serve::work::Background;
use crate::values::{Digest, Instant};

/// How long whoever is told may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long after the first failure a message is sent again; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// The most of an answer that is read. Nothing of it matters but the status.
const MOST_ANSWERED: usize = 64 * 1024;

/// What signs the messages of a webhook: 24 to 64 bytes that its receiver has too.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The secret in its usual form, `whsec_` and base64; `None` where it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(Base64::decode_vec(text.strip_prefix("whsec_")?).ok()?);
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The value of `webhook-signature`.
    fn sign(&self, id: &str, sent: i64, body: &str) -> String {
        // Keys of every length are taken, so there is always one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{sent}.{body}").as_bytes());
        format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Delivers what is in the outbox, and what comes into it. What waits of an agreement that has been restricted since is
/// for nobody any more who is not told of it by `named`: see [`watch`](super::watch::watch).
pub(super) async fn deliver(
    desk: Weak<Desk>,
    hook: Arc<Hook>,
    anchor: Digest,
    outbox: Arc<Outbox>,
    named: bool,
) {
    let client = Client::new(TIMEOUT);
    let mut failures = 0;
    loop {
        let Some(message) = outbox.first() else {
            outbox.changed().await;
            continue;
        };
        let id = message.id.clone();
        let Some((now, may, telling)) = desk.upgrade().map(|desk| {
            let now = desk.registry.now();
            (now, named || !is_restricted(&desk, &anchor, now), desk.telling(&hook.name))
        }) else {
            return;
        };
        if !may {
            tracing::info!(hook = %hook.name, id, "not told any more: its agreement has been restricted since");
            if let Err(error) = outbox.delivered(id.clone()).await {
                tracing::error!(hook = %hook.name, id, %error, "it is not told, and that it is not cannot be kept");
                tokio::time::sleep(wait(0)).await;
            }
            continue;
        }
        match send(&client, &hook, message, now, &telling).await {
            Ok(()) => {
                tracing::info!(hook = %hook.name, id, "told");
                failures = 0;
                if let Err(error) = outbox.delivered(id.clone()).await {
                    // It is sent again, which its receiver knows by its name.
                    tracing::error!(hook = %hook.name, id, %error, "told, and that it is cannot be kept");
                    tokio::time::sleep(wait(failures)).await;
                }
            }
            Err(error) => {
                // 410: whoever is told wants no more; they may be wrong about that, so they are still asked now and then.
                let gone = matches!(error, NetError::Status { status: 410, .. });
                let wait = if gone { LONGEST_WAIT } else { wait(failures) };
                failures = failures.saturating_add(1);
                tracing::warn!(hook = %hook.name, id, %error, failures, again_in = wait.as_secs(), "not told yet");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

fn is_restricted(desk: &Desk, anchor: &Digest, now: Instant) -> bool {
    desk.registry.agreement(anchor).is_some_and(|published| published.state.at(now).is_restricted())
}

/// How long to wait after so many failures before this one.
fn wait(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_WAIT)
}

/// Sends a message once.
async fn send(
    client: &Client,
    hook: &Arc<Hook>,
    message: Message,
    now: Instant,
    telling: &Background,
) -> Result<(), NetError> {
    let (client, hook, url) = (client.clone(), Arc::clone(hook), hook.url.clone());
    let sent = telling.run(move || {
        let Message { id, body } = message;
        let sent = now.unix();
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", &id),
            ("webhook-timestamp", &sent.to_string()),
            ("webhook-signature", &hook.secret.sign(&id, sent, &body)),
        ];
        let answer = client.post_with(&hook.url, &headers, body.as_bytes(), MOST_ANSWERED)?;
        match answer.status {
            200..300 => Ok(()),
            status => Err(NetError::Status { url: hook.url.clone(), status }),
        }
    });
    sent.await.unwrap_or_else(|ended| Err(NetError::unreachable(&url, &ended)))
}
