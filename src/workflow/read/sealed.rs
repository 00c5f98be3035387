//! `sealed` of a ballot.

use super::{Item, Reader};
use crate::values::Id;
use crate::workflow::model::{Sealed, Unrevealed};

const ABSTAINS: &str = "abstains";
const HAS_NOT_VOTED: &str = "has not voted";

/// `{ reveal-for = "3 days", unrevealed = "abstains" }`.
pub(super) fn sealed(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    choices: &[Id],
    abstention: Option<&Id>,
) -> Option<Sealed> {
    let mut fields = item.table(r)?;
    let reveal_for =
        fields.need(r, "reveal-for", "Say how long votes may be revealed: reveal-for = \"3 days\"");
    let help = "Nobody can reveal a vote in no time: reveal-for = \"3 days\"";
    let reveal_for = reveal_for.and_then(|item| item.some_length(r, help));
    let help = "Say what a vote counts as that nobody reveals: unrevealed = \"abstains\"";
    let unrevealed = fields.need(r, "unrevealed", help);
    let unrevealed = unrevealed.and_then(|item| unrevealed_of(r, &item, choices, abstention));
    fields.close(r);
    Some(Sealed { reveal_for: reveal_for?, unrevealed: unrevealed? })
}

fn unrevealed_of(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    choices: &[Id],
    abstention: Option<&Id>,
) -> Option<Unrevealed> {
    match item.raw(r)? {
        HAS_NOT_VOTED => return Some(Unrevealed::HasNotVoted),
        ABSTAINS if choices.iter().any(|choice| *choice == ABSTAINS) => {
            let help = "Give the choice another name: here the word means that nobody is chosen";
            return r.refuse(&item.span(), "`abstains` is a choice of this ballot as well", help);
        }
        ABSTAINS if abstention.is_none() => {
            let help = "Name the abstention (abstention = \"abstain\"), or let it count otherwise";
            return r.refuse(&item.span(), "nobody can abstain in this ballot", help);
        }
        ABSTAINS => return Some(Unrevealed::Abstains),
        _ => {}
    }
    let words = [(HAS_NOT_VOTED, None), (ABSTAINS, None)];
    let choices = choices.iter().map(|choice| (choice.as_str(), Some(choice)));
    let all: Vec<(&str, Option<&Id>)> = words.into_iter().chain(choices).collect();
    item.word(r, &all)?.cloned().map(Unrevealed::Chooses)
}
