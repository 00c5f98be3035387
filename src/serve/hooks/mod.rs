//! Webhooks: other machines are told when a licence moves.
//!
//! | file | does |
//! |---|---|
//! | `watch` | compares what was told last with what is in force, at each entry and at each time that comes |
//! | `outbox` | keeps what has still to be delivered, on the disk |
//! | `deliver` | signs it and sends it, again and again until it is taken |
//!
//! Messages have the form of Standard Webhooks (<https://www.standardwebhooks.com>, version 1): the headers `webhook-id`,
//! `webhook-timestamp` and `webhook-signature`. They are delivered in their order, each at least once: one that was taken may
//! come again after a crash, under the same `webhook-id`. Whoever receives one still audits the log before it acts on it;
//! the message has the log's signed checkpoint for that.

mod deliver;
mod outbox;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use super::desk::Desk;
use crate::values::{Digest, Id};
pub use deliver::Secret;
use outbox::Outbox;

/// Whom to tell.
#[derive(Debug, Clone)]
pub struct Hook {
    /// What the operator calls it; names its folder among those of the outbox.
    pub name: Id,
    /// Where messages are sent.
    pub url: String,
    /// What signs them.
    pub secret: Secret,
    /// Of which agreements; where it names none, of all that anybody may read.
    pub agreements: Vec<Id>,
}

/// All hooks, and where what is not delivered yet is kept.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    /// The hooks.
    pub all: Vec<Arc<Hook>>,
    /// The folder of their outboxes.
    pub folder: PathBuf,
}

impl Hooks {
    /// The agreements that hooks name and that are not among these: each with the hook's name.
    pub fn strangers<'a>(&'a self, here: &'a [(Digest, Id)]) -> impl Iterator<Item = (&'a Id, &'a Id)> {
        let named = self.all.iter().flat_map(|hook| hook.agreements.iter().map(|it| (&hook.name, it)));
        named.filter(|(_, agreement)| !here.iter().any(|(_, name)| name == *agreement))
    }

    /// Tells every hook that wants to know of an agreement, as long as it is served.
    pub(super) fn follow(&self, desk: &Arc<Desk>, anchor: Digest, agreement: &Id) {
        let wanted =
            self.all.iter().filter(|hook| hook.agreements.is_empty() || hook.agreements.contains(agreement));
        for hook in wanted {
            let path = self.folder.join(hook.name.as_str()).join(format!("{agreement}.jsonl"));
            match Outbox::open(path, anchor) {
                Ok(outbox) => {
                    let outbox = Arc::new(outbox);
                    let named = hook.agreements.contains(agreement);
                    tokio::spawn(watch::watch(Arc::downgrade(desk), anchor, Arc::clone(&outbox), named));
                    let (desk, hook) = (Arc::downgrade(desk), Arc::clone(hook));
                    tokio::spawn(deliver::deliver(desk, hook, anchor, outbox, named));
                }
                Err(error) => {
                    tracing::error!(hook = %hook.name, %agreement, %error, "nothing is told to this webhook");
                }
            }
        }
    }
}
