//! What a server counts, as Prometheus reads it: at an address of its own, for its operator alone. No label has more values
//! than there are routes, rules and agreements: of what clients write only the names of agreements become one, which whoever
//! opens one chooses.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::desk::Desk;
use super::tokens::Caller;

type Labels = Vec<(&'static str, String)>;

/// The bounds of times, in seconds.
const SECONDS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0];

/// The bounds of how many statements share a flush.
const STATEMENTS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 512.0];

/// Everything that is counted.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    request_seconds: Family<Labels, Histogram, fn() -> Histogram>,
    submissions: Family<Labels, Counter>,
    limited: Family<Labels, Counter>,
    flushed: Histogram,
    flush_seconds: Histogram,
    entries: Family<Labels, Gauge>,
    cosigned: Family<Labels, Gauge>,
    witnesses: Family<Labels, Counter>,
    waiting: Gauge,
    listeners: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let times: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut made = Self {
            registry: Registry::with_prefix("quorate"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(times),
            submissions: Family::default(),
            limited: Family::default(),
            flushed: Histogram::new(STATEMENTS),
            flush_seconds: times(),
            entries: Family::default(),
            cosigned: Family::default(),
            witnesses: Family::default(),
            waiting: Gauge::default(),
            listeners: Gauge::default(),
        };
        let all = &mut made.registry;
        let seconds = Unit::Seconds;
        all.register("requests", "Requests by route and class of status", made.requests.clone());
        let says = "From a request's head to the head of its answer, by route";
        all.register_with_unit("request", says, seconds.clone(), made.request_seconds.clone());
        let says = "Statements that were submitted: admitted, known, or the rule or problem by which they were not taken";
        all.register("submissions", says, made.submissions.clone());
        all.register("limited", "Requests that were refused by a limit", made.limited.clone());
        all.register(
            "flush_statements",
            "Statements that became durable with one flush",
            made.flushed.clone(),
        );
        let says = "How long making them durable took: writing, flushing, fsync";
        all.register_with_unit("flush", says, seconds, made.flush_seconds.clone());
        all.register("log_entries", "Entries of each agreement's log", made.entries.clone());
        let says = "How many of these entries the newest head has that a quorum of witnesses has cosigned, where they are asked";
        all.register("log_cosigned_entries", says, made.cosigned.clone());
        let says = "What witnesses came to that were asked to cosign a head: cosigned, or not";
        all.register("witness_answers", says, made.witnesses.clone());
        all.register("submissions_waiting", "Submissions that are being taken now", made.waiting.clone());
        all.register("event_listeners", "Streams of events that are open", made.listeners.clone());
        made
    }

    /// A request was answered.
    pub(super) fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        let route = ("route", route.to_owned());
        let class = ("status", format!("{}xx", status.as_u16() / 100));
        self.requests.get_or_create(&vec![route.clone(), class]).inc();
        self.request_seconds.get_or_create(&vec![route]).observe(took.as_secs_f64());
    }

    /// A submission came to this: `admitted`, `known`, or why it was not taken.
    pub(super) fn submitted(&self, result: &str) {
        self.submissions.get_or_create(&vec![("result", result.to_owned())]).inc();
    }

    /// A limit refused something.
    pub(super) fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&vec![("limit", limit.to_owned())]).inc();
    }

    /// So many statements became durable together.
    pub(super) fn flushed(&self, statements: u32, took: Duration) {
        self.flushed.observe(f64::from(statements));
        self.flush_seconds.observe(took.as_secs_f64());
    }

    /// A witness was asked.
    pub(super) fn witness_answered(&self, cosigned: bool) {
        let result = if cosigned { "cosigned" } else { "not" };
        self.witnesses.get_or_create(&vec![("result", result.to_owned())]).inc();
    }

    /// Somebody listens, until what is given back is dropped.
    pub(super) fn listening(&self) -> Listening {
        self.listeners.inc();
        Listening(self.listeners.clone())
    }

    fn text(&self, desk: &Desk) -> String {
        // What is counted may be shown to many: a restricted agreement is not named there, nor once it has become one.
        self.entries.clear();
        self.cosigned.clear();
        for name in desk.names(Caller::default()) {
            let Ok(found) = desk.find(name.as_str()) else { continue };
            let entries = i64::try_from(found.published.head.size).unwrap_or(i64::MAX);
            let agreement = vec![("agreement", name.to_string())];
            self.entries.get_or_create(&agreement).set(entries);
            if let Some(cosigned) = *found.feed.cosigned.borrow() {
                self.cosigned.get_or_create(&agreement).set(i64::try_from(cosigned).unwrap_or(i64::MAX));
            }
        }
        let waiting = desk.limits.submissions.saturating_sub(desk.room.available_permits());
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.written()
    }

    /// Everything as it is written.
    pub(super) fn written(&self) -> String {
        let mut text = String::new();
        // Nothing that a string could not take.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A stream of events that is open.
pub(super) struct Listening(Gauge);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What is served at the operator's address.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(desk)
}

async fn metrics(State(desk): State<Arc<Desk>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], desk.metrics.text(&desk)).into_response()
}
