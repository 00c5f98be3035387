//! Who takes part: parties, roles, panels.

use super::{Paragraph, Section};
use crate::values::Id;
use crate::workflow::model::{Effect, Filling, Formed, Office, Panel, Seat, Vacancy, Workflow};
use crate::workflow::words::{all_of, count, plainly_jointly, quoted};

pub(super) fn who(workflow: &Workflow) -> Section {
    let parties = workflow.parties.iter().map(|it| ("party", "a party to the contract", it));
    let roles = workflow.roles.iter().map(|it| ("role", "an office besides the parties", it));
    let told = parties.chain(roles).map(|(kind, what, office)| {
        let Office { name, title, needed, of } = office;
        let title =
            title.as_ref().map_or_else(|| quoted(name), |title| format!("{title}, {},", quoted(name)));
        let signs = match (needed, of) {
            (1, 1) => "One officer signs for it".to_owned(),
            (needed, of) if needed == of => format!("All of its {of} officers sign for it"),
            (1, of) => format!("Any one of its {of} officers signs for it"),
            (needed, of) => format!("Any {needed} of its {of} officers sign for it together"),
        };
        Paragraph::of(format!("{title} is {what}. {signs}.{}", workflow.marked(&format!("{kind}.{name}"))))
    });
    let marks = |(text, place): (String, String)| Paragraph::of(format!("{text}{}", workflow.marked(&place)));
    // A sentence on the agreement, then one on each tier.
    let tiers = workflow.tiers.iter().map(|tier| format!("tier.{}", tier.name));
    let places = ["access".to_owned()].into_iter().chain(tiers);
    let reading = workflow.reading_words().into_iter().zip(places).map(marks);
    Section { heading: "Who takes part".to_owned(), paragraphs: told.chain(reading).collect() }
}

pub(super) fn panels(workflow: &Workflow) -> Section {
    let heading = if workflow.panels.len() == 1 { "The panel" } else { "The panels" };
    let told = workflow.panels.iter().flat_map(|panel| {
        let Panel { name, formed: _, seats: _, chair, filled, vacancy, one_seat_each, affiliation_needed } =
            panel;
        let affiliation =
            if *affiliation_needed { " Whoever nominates says for whom the nominee works." } else { "" };
        let filled = Paragraph::of(format!(
            "A seat is filled once its nominee {}.{}{}{affiliation}",
            filled.iter().copied().map(filling).collect::<Vec<_>>().join(" and "),
            chaired(workflow, name, chair),
            if *one_seat_each {
                " One person holds one seat: nobody is nominated for a second one under the same name."
            } else {
                ""
            }
        ));
        [seats(workflow, panel), filled].into_iter().chain(vacancy.as_ref().map(vacant))
    });
    Section { heading: heading.to_owned(), paragraphs: told.collect() }
}

fn seats(workflow: &Workflow, panel: &Panel) -> Paragraph {
    let Panel { name, formed, seats, .. } = panel;
    let formed = match formed {
        Formed::PerCase => "is formed anew for each case",
        Formed::Standing => "is formed with the opening of the agreement and stays from case to case",
    };
    let weighs = if seats.iter().all(|seat| seat.weight == 1) {
        " Each has one vote.".to_owned()
    } else {
        let total: u64 = seats.iter().map(|seat| u64::from(seat.weight)).sum();
        format!(" Together their votes weigh {total}.")
    };
    let text = format!(
        "The panel {} {formed}. It has {}.{weighs}{}",
        quoted(name),
        count(seats.len() as u64, "seat"),
        workflow.marked(&format!("panel.{name}"))
    );
    let items = panel.groups().filter_map(|group| {
        let Seat { name: _, by, class, weight } = group.first()?;
        let names: Vec<&Id> = group.iter().map(|seat| &seat.name).collect();
        let class =
            class.as_ref().map_or_else(String::new, |class| format!("; of the class {}", quoted(class)));
        let each = if group.len() == 1 { "the vote" } else { "each vote" };
        let weight = if *weight == 1 { String::new() } else { format!("; {each} weighs {weight}") };
        Some(format!("{}: nominated by {}{class}{weight}", all_of(&names), plainly_jointly(by)))
    });
    Paragraph::listing(text, items.collect())
}

fn chaired(workflow: &Workflow, panel: &Id, seats: &[Id]) -> String {
    let out = out_of_the_chair(workflow, panel);
    let choosing = workflow.ballots.iter().filter(|ballot| ballot.candidates() && ballot.panel == *panel);
    let choosing: Vec<String> = choosing.map(|ballot| quoted(&ballot.name)).collect();
    let (chosen, the_seat, of_the_seats) = if choosing.is_empty() {
        (String::new(), "The seat", "Of the seats")
    } else {
        let chosen = format!(
            " Whoever is chosen in {} chairs the case in which that was, while they have the seat and are not {out}.",
            choosing.join(" or ")
        );
        (chosen, "Otherwise the seat", "Otherwise, of the seats")
    };
    let order = match seats {
        [] => return String::new(),
        [chair] => format!(
            " {the_seat} {} chairs; while it is not filled, or whoever has it is {out}, nobody does.",
            quoted(chair)
        ),
        seats => format!(
            " {of_the_seats} {}, in this order, the first chairs that is filled and whose panelist is not {out}; where there \
             is none, nobody does.",
            all_of(seats)
        ),
    };
    chosen + &order
}

/// What keeps whoever has a seat of a panel from chairing a case, as far as the workflow has it.
fn out_of_the_chair(workflow: &Workflow, panel: &Id) -> String {
    let before = || workflow.procedures.iter().filter(|it| it.panel.as_ref() == Some(panel));
    let mut steps = before().flat_map(|it| &it.states).flat_map(|state| &state.steps);
    let obliges = steps.any(|step| step.effect == Some(Effect::Obliges));
    let about = before().any(|it| it.about.is_some());
    let out = [
        Some("recused from the case"),
        obliges.then_some("obliged to abstain in the case"),
        about.then_some("whom the case is about"),
    ];
    let out: Vec<&str> = out.into_iter().flatten().collect();
    match out.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => out.concat(),
    }
}

fn filling(filling: Filling) -> &'static str {
    match filling {
        Filling::Accepted => "has accepted it",
        Filling::Disclosed => "has disclosed every interest that bears on independence",
    }
}

fn vacant(vacancy: &Vacancy) -> Paragraph {
    let Vacancy { after, filled_by, excluded } = vacancy;
    let instant = match (after.ends_with_a_day(), excluded) {
        (true, _) => "only once that time is over",
        (false, true) => "at that very instant already",
        (false, false) => "only after that instant",
    };
    Paragraph::of(format!(
        "Where nobody has filled a seat for {after}, the right to nominate for it passes to {}, {instant}. A nominee \
         who leaves without having filled it does not start that time anew.",
        quoted(filled_by)
    ))
}
