use super::*;

fn at(second: i64) -> Instant {
    Instant::from_unix(second)
}

/// A case that stands still from 10 to 20, from 30 to 35, and from 50 on.
fn stops() -> [Stop; 3] {
    [(10, Some(20)), (30, Some(35)), (50, None)]
        .map(|(from, until)| Stop { from: at(from), until: until.map(at) })
}

fn moment(from: i64, span: u64, late: bool) -> Option<Moment> {
    moment_after(&stops(), &[], at(from), &Length::Time(Span::from_seconds(span)), late)
}

#[test]
fn what_has_run_is_what_lies_between_the_suspensions() {
    for (from, now, expected) in [
        (0, 5, 5),
        (0, 10, 10),
        (0, 15, 10),
        (0, 20, 10),
        (0, 33, 20),
        (15, 25, 5),
        (33, 60, 15),
        (55, 60, 0),
        (0, 60, 35),
    ] {
        assert_eq!(ran(&stops(), at(from), at(now)).seconds(), expected, "from {from} to {now}");
    }
    // A time has run out exactly where so much of it has run.
    for from in 0..50 {
        for span in 1..40 {
            let Some(moment) = moment(from, span, false) else { continue };
            assert_eq!(ran(&stops(), at(from), moment.at).seconds(), span, "{span} from {from}");
        }
    }
}

#[test]
fn a_clock_counts_what_lies_between_the_suspensions() {
    for (from, span, late, expected) in [
        (0, 5, true, Some(5)),
        // At the very instant of the first one: late comes after the act that suspends, early before it.
        (0, 10, false, Some(10)),
        (0, 10, true, Some(20)),
        (0, 11, true, Some(21)),
        (15, 0, false, Some(20)),
        (15, 3, false, Some(23)),
        (20, 3, true, Some(23)),
        (5, 20, false, Some(40)),
        (5, 15, false, Some(30)),
        (5, 15, true, Some(35)),
        (40, 10, false, Some(50)),
        (40, 10, true, None),
        (60, 1, false, None),
    ] {
        let found = moment(from, span, late);
        assert_eq!(found, expected.map(|it| Moment { at: at(it), late }), "{span} from {from}, {late}");
    }
}
