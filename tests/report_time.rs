//! As of when a report is written unless somebody asks for another time.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod registry_support;

use std::sync::Arc;

use quorate::report::last_change;
use quorate::scenario::Stage;
use quorate::statement::By;
use quorate::store::MemoryStore;
use quorate::values::{Instant, Span};
use registry_support::{WORKFLOW, ballot, case, id, nominator, seats, start};

#[test]
fn what_comes_at_the_very_instant_of_the_last_entry_is_in_it() {
    let workflow = WORKFLOW.replace("3650 days", "3 days");
    let mut stage = Stage::open(&workflow, &id("panel"), start(), Arc::new(MemoryStore::new())).unwrap();
    for seat in seats() {
        stage.nominate(&nominator(&seat), &seat).unwrap();
        stage.accept(&seat).unwrap();
    }
    stage.act(&case(), &id("ask"), &By::One(id("north")), &[]).unwrap();
    let closes = start().plus(Span::from_seconds(3 * 86_400));
    for (number, seat) in seats().iter().enumerate() {
        let at = if number + 1 == seats().len() { closes } else { start() };
        stage.clock().set(at);
        stage.vote(&ballot(), seat.name(), &id("yes")).unwrap();
    }
    let state = stage.state().unwrap();
    let closed = |at: Instant| state.at(at).case(&case()).unwrap().ended.is_some();
    // At that instant votes still come; a second later the ballot is closed, and a report written much later says so.
    assert!(!closed(closes) && closed(closes.next()));
    let later = closes.plus(Span::from_seconds(30 * 86_400));
    assert_eq!(last_change(&state, later), closes.next());
    assert_eq!(last_change(&state, closes), closes);
}
