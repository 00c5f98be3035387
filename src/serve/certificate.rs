//! Licence certificates over HTTP: the very bytes of `quorate license --certificate`. Whoever has one checks it with
//! `quorate check`, and believes nobody: so nothing is checked here.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::Response;
use serde::Deserialize;

use super::asked::{Asked, At};
use super::client::Client;
use super::desk::Desk;
use super::kinds;
use super::problem::Problem;
use super::read::{instant, json_text};
use crate::audit::{Certificate, GatherError, NotCertified, StoreSource, audit, may_certify, shown_until};
use crate::values::{Digest, Instant};
use crate::view::document::{self, Licence};

/// The most bytes of a log of which a certificate is made here, which takes some times as many of memory.
const MOST: u64 = 64 << 20;

/// As of which time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AsOf {
    at: Option<String>,
}

/// `GET …/certificate?at=`.
pub(super) async fn certificate(
    State(desk): State<Arc<Desk>>,
    At(name): At<String>,
    Asked(AsOf { at }): Asked<AsOf>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let found = desk.find(&name)?;
    let at = instant("at", at.as_deref())?;
    // It carries the whole log and rests on an audit of it, which nobody may ask for as often as they like.
    let (issuing, anchor) = (Arc::clone(&desk), found.feed.anchor);
    let text = desk.thinking.run(client, move || issue(&issuing, anchor, at)).await??;
    Ok(json_text(text.into()))
}

fn issue(desk: &Desk, anchor: Digest, at: Option<Instant>) -> Result<String, Problem> {
    let source = StoreSource { store: desk.registry.store(), anchor };
    let report = audit(&source, Some(anchor), &mut |_, _| {}).map_err(|error| Problem::unreadable(&error))?;
    let Some(state) = report.state.as_ref().filter(|_| report.passes()) else {
        return Err(Problem::unreadable(&"it does not pass its audit"));
    };
    let now = state.present(desk.registry.now());
    let at = at.unwrap_or_else(|| shown_until(state, &report.times).min(now));
    may_certify(state, &report.times, desk.registry.read_only(&anchor)?, at, now).map_err(
        |why| match why {
            NotCertified::Proven(why) => {
                Problem::new(&kinds::READ_ONLY, format!("no certificate is issued: {}", why.words()))
            }
            why => Problem::bad_request(why.to_string()).instead("leave `at` out"),
        },
    )?;
    let answer = Licence::of(state, report.head, at).ok_or_else(|| {
        Problem::not_found(format!("at {at} there was no agreement {} yet", state.agreement.name))
    })?;
    let (size, checkpoint) = (report.head.size, report.checkpoint.clone());
    let issued = Certificate::gather(&source, size, checkpoint, document::value(&answer), MOST);
    let issued = issued.map_err(|error| match error {
        GatherError::TooLong { most } => {
            let why = format!("no certificate is made here of a log that has more than {most} bytes");
            Problem::not_found(why).instead(format!(
                "`quorate license --agreement {} --certificate FILE --server {}` makes it",
                state.agreement.name, desk.origin
            ))
        }
        error => Problem::unreadable(&error),
    })?;
    issued.to_text().map_err(|error| Problem::unreadable(&error))
}
