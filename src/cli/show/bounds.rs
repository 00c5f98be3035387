use crate::audit::{Between, Late, LateEntry, SLACK, Times};
use crate::values::Span;

/// How far witnesses vouch for the times of a log's entries, in words.
pub fn bounds(times: &Times, entries: u64) -> String {
    let Times { witnesses, cosigned_by, .. } = times;
    let Some((first, end)) = times.first.zip(times.end) else {
        return match witnesses {
            0 => "the log's word alone: the agreement relies on no witnesses".to_owned(),
            _ => "the log's word alone: no checkpoint here has the cosignatures of the policy's quorum"
                .to_owned(),
        };
    };
    let mut told = match times.between {
        Some(Between { entries: between, median, widest }) => format!(
            "{between} of {entries} entries were first shown between cosignatures by {cosigned_by} of {witnesses} \
             witnesses, within {} at most, half of them within {} (clocks may differ by {SLACK})",
            Span::from_seconds(widest),
            Span::from_seconds(median)
        ),
        None => format!(
            "no entry was first shown between two cosignatures by {cosigned_by} of {witnesses} witnesses"
        ),
    };
    for (from, to, side) in [(0, first, "before"), (end, entries, "after")] {
        let which = match to.saturating_sub(from) {
            0 => continue,
            1 => format!("; no cosignature came {side} entry {from}"),
            _ => format!("; no cosignature came {side} entries {from} to {}", to - 1),
        };
        told.push_str(&which);
    }
    told
}

/// The entries that witnesses were shown late, in words; `None` where there are none.
pub fn late(times: &Times) -> Option<String> {
    let Late { entries, named } = times.late.as_ref()?;
    let one = |LateEntry { entry, time, shown_after }: &LateEntry| {
        format!("entry {entry} says {time}, and a quorum of witnesses was first shown it after {shown_after}")
    };
    let mut told = named.iter().map(one).collect::<Vec<_>>().join("; ");
    let more = entries.saturating_sub(named.len() as u64);
    if more > 0 {
        let more = format!("; and so it is with {more} more");
        told.push_str(&more);
    }
    let each = if *entries == 1 { "it" } else { "each of them" };
    let why = format!(": {each} was backdated, or its log, and everybody else, showed it to them no earlier");
    told.push_str(&why);
    Some(told)
}
