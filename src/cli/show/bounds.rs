use crate::audit::{Between, SLACK, Times};
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
        Some(Between { entries: bounded, median, widest }) => format!(
            "{bounded} of {entries} entries lie between cosignatures by {cosigned_by} of {witnesses} witnesses, within \
             {} at most, half of them within {} (clocks may differ by {SLACK})",
            Span::from_seconds(widest),
            Span::from_seconds(median)
        ),
        None => format!("no entry lies between two cosignatures by {cosigned_by} of {witnesses} witnesses"),
    };
    for (from, to, side) in [(0, first, "above"), (end, entries, "below")] {
        let which = match to.saturating_sub(from) {
            0 => continue,
            1 => format!("; entry {from} is bounded from {side} alone"),
            _ => format!("; entries {from} to {} are bounded from {side} alone", to - 1),
        };
        told.push_str(&which);
    }
    told
}
