//! Who has signed a report, and whether that is whom the workflow asks for.

use super::content;
use super::kept::Kept;
use crate::cli::error::CliError;
use crate::engine::State;
use crate::engine::case::{Case, Filed};
use crate::report::Made;
use crate::statement::CaseRef;
use crate::values::{Id, Instant};
use crate::workflow::model::ReportSigner;

/// In whose name a report was filed, by which entry, when.
pub type Signed = (String, u64, Instant);

/// Who has filed this very document in the case: in whose name, by which entry, when; and the struck filings whose
/// documents are not here to be compared.
pub fn signed<'a>(
    log: &'a Kept,
    case: &CaseRef,
    report: &[u8],
) -> Result<(Vec<Signed>, Vec<&'a Filed>), CliError> {
    let (mut signed, mut erased) = (Vec::new(), Vec::new());
    for filed in log.state().case(case).into_iter().flat_map(|case| case.filed.iter()) {
        match content(log, &filed.digest)? {
            Some(content) if content == report => {
                signed.push((filed.by.clone(), filed.done.entry, filed.done.at));
            }
            None if filed.struck.is_some() => erased.push(filed),
            _ => {}
        }
    }
    Ok((signed, erased))
}

/// The panel whose signatures count: those who held its seats when the case ended, or while it goes on at the head of
/// the report. Who comes and goes later changes nothing.
pub struct Then {
    state: State,
    /// The time as of which seats are counted.
    pub at: Instant,
    /// Whether the case had ended.
    pub ended: bool,
}

impl Then {
    /// The panel that counts for a report; `None` where the log has no such head.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn of(log: &Kept, named: &Made) -> Result<Option<Self>, CliError> {
        let latest = log.state().at(named.at);
        let ended = latest.case(&named.case).and_then(|case| Some((case, case.ended?)));
        let (state, at) = match ended {
            Some((case, ended)) => (at_end(log, case, ended)?, ended),
            None => (log.until(named.head.size)?.map(|state| state.at(named.at).into_owned()), named.at),
        };
        Ok(state.map(|state| Self { state, at, ended: ended.is_some() }))
    }

    /// `seats that were filled when the case ended, 2026-05-25 09:00:00 UTC,`.
    pub fn plainly(&self, at: &str) -> String {
        let when = if self.ended { "when the case ended" } else { "as of the report" };
        format!("seats that were filled {when}, {at},")
    }
}

/// The state with which a case ended.
fn at_end(log: &Kept, case: &Case, ended: Instant) -> Result<Option<State>, CliError> {
    if let Some(entry) = case.path.last().and_then(|step| step.why.entry) {
        return log.until(entry.saturating_add(1));
    }
    // Time ended it: before the acts of that very instant, which shows in the state without them, or after these.
    let before = log.before(ended)?.map(|state| state.at(ended).into_owned());
    let early = |state: &State| state.case(&case.id).is_some_and(|case| case.ended.is_some());
    if before.as_ref().is_some_and(early) {
        return Ok(before);
    }
    let next = ended.next();
    Ok(log.before(next)?.map(|state| state.at(next).into_owned()))
}

/// Whose signature the workflow of the case asks for, and whether it is there.
///
/// # Errors
/// The log cannot be read.
pub fn asked(
    log: &Kept,
    then: Option<&Then>,
    case: &CaseRef,
    signed: &[Signed],
) -> Result<Option<(ReportSigner, bool)>, CliError> {
    let Some(signer) = log.state().case(case).and_then(Case::procedure).and_then(|it| it.report) else {
        return Ok(None);
    };
    let met = match signer {
        ReportSigner::Majority => {
            seats_signed(log, then, case, signed)?.is_some_and(|(signed, seats)| signed * 2 > seats)
        }
        ReportSigner::Chair => chair_signed(log, then, case, signed)?,
    };
    Ok(Some((signer, met)))
}

/// Whether whoever chaired the case when it ended has signed, or whoever chaired it when they signed.
fn chair_signed(
    log: &Kept,
    then: Option<&Then>,
    case: &CaseRef,
    signed: &[Signed],
) -> Result<bool, CliError> {
    let chairs = |state: &State| Some(state.around(state.case(case)?).seat_of_chair()?.clone());
    let ended = then.and_then(|then| Some((then, chairs(&then.state)?)));
    for (by, entry, _) in signed {
        if let Some((then, chair)) = &ended
            && sits(by, chair.as_str())
            && same(log, &then.state, case, chair, *entry)?
        {
            return Ok(true);
        }
        let chaired = log.until(entry.saturating_add(1))?.and_then(|state| chairs(&state));
        if chaired.is_some_and(|chair| sits(by, chair.as_str())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a statement by this holder was by the seat: `i1`, or in full `verification#1/i1`.
fn sits(by: &str, seat: &str) -> bool {
    by == seat || by.strip_suffix(seat).is_some_and(|before| before.ends_with('/'))
}

/// The nomination with which whoever holds a seat of the case's panel came.
fn nomination(state: &State, case: &CaseRef, seat: &Id) -> Option<u64> {
    let (_, seats) = state.panel_of(state.case(case)?)?;
    Some(seats.seats.get(seat)?.nominee.as_ref()?.nominated.entry)
}

/// Whether whoever held the seat in a state signed the entry as that seat, and nobody who came before or after.
fn same(log: &Kept, then: &State, case: &CaseRef, seat: &Id, entry: u64) -> Result<bool, CliError> {
    let Some(held) = nomination(then, case, seat).filter(|held| *held < entry) else { return Ok(false) };
    if nomination(log.state(), case, seat) == Some(held) {
        return Ok(true);
    }
    let signing = log.until(entry.saturating_add(1))?;
    Ok(signing.is_some_and(|state| nomination(&state, case, seat) == Some(held)))
}

/// How many of the seats of the case's panel that were filled then have signed, each once, and how many these are.
///
/// # Errors
/// The log cannot be read.
pub fn seats_signed(
    log: &Kept,
    then: Option<&Then>,
    case: &CaseRef,
    signed: &[Signed],
) -> Result<Option<(usize, usize)>, CliError> {
    let Some(state) = then.map(|then| &then.state) else { return Ok(None) };
    let Some((panel, seats)) = state.case(case).and_then(|case| state.panel_of(case)) else {
        return Ok(None);
    };
    let (mut count, mut filled) = (0, 0);
    for seat in panel.seats.iter().filter(|seat| seats.filled(panel, &seat.name).is_some()) {
        filled += 1;
        for (by, entry, _) in signed {
            if sits(by, seat.name.as_str()) && same(log, state, case, &seat.name, *entry)? {
                count += 1;
                break;
            }
        }
    }
    Ok(Some((count, filled)))
}
