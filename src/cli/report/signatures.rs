//! Who has signed a report, and whether that is whom the workflow asks for.

use super::content;
use super::kept::Kept;
use crate::cli::error::CliError;
use crate::engine::State;
use crate::engine::case::Filed;
use crate::statement::CaseRef;
use crate::values::Instant;
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
    for filed in log.state().case(case).map_or(&[][..], |case| &case.filed) {
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

/// Whose signature the workflow of the case asks for, and whether it is there.
pub fn asked(state: &State, case: &CaseRef, signed: &[Signed]) -> Option<(ReportSigner, bool)> {
    let known = state.case(case)?;
    let signer = known.procedure()?.report?;
    let met = match signer {
        ReportSigner::Majority => {
            seats_signed(state, case, signed).is_some_and(|(signed, seats)| signed * 2 > seats)
        }
        ReportSigner::Chair => {
            let chair = state.around(known).seat_of_chair();
            chair.is_some_and(|chair| signed.iter().any(|(by, ..)| sits(by, chair.as_str())))
        }
    };
    Some((signer, met))
}

/// Whether a statement by this holder was by the seat: `i1`, or in full `verification#1/i1`.
fn sits(by: &str, seat: &str) -> bool {
    by == seat || by.strip_suffix(seat).is_some_and(|before| before.ends_with('/'))
}

/// How many filled seats of the case's panel have signed, each once, and how many there are.
pub fn seats_signed(state: &State, case: &CaseRef, signed: &[Signed]) -> Option<(usize, usize)> {
    let (panel, seats) = state.panel_of(state.case(case)?)?;
    let filled: Vec<&str> = panel
        .seats
        .iter()
        .filter(|seat| seats.filled(panel, &seat.name).is_some())
        .map(|seat| seat.name.as_str())
        .collect();
    let by = |seat: &&&str| signed.iter().any(|(by, ..)| sits(by, seat));
    Some((filled.iter().filter(by).count(), filled.len()))
}
