//! The walk: breadth first, so that the first behaviour that breaks an invariant is a shortest one.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::between;
use super::branch::{Branch, Turn};
use super::cone::groups;
use super::holds::holds;
use super::key::{futures, key};
use super::mixer::{ByKey, Mixer};
use super::scenes::{self, Scene};
use super::tree::{Stage, Tree};
use super::view::View;
use super::ways::{self, Ways};
use super::{Bounds, ExploreError, Progress, Report, Verdict, story, times};
use crate::engine::State;
use crate::scenario::{plain_key, supposed_agreement};
use crate::statement::{CaseRef, HolderRef, PublicKey};
use crate::values::Instant;
use crate::workflow::Workflow;
use crate::workflow::invariant::{Invariant, Promise};
use crate::workflow::model::{Exclusion, Formed};

/// A behaviour that shows something: the state that shows it, and the date that it is seen at where the walk takes
/// place at none.
#[derive(Debug, Clone, Copy)]
struct Shown {
    place: u32,
    date: Option<Instant>,
}

/// Walks through everything that can be done under a workflow, and looks whether its invariants hold. `progress` is
/// told now and then.
///
/// # Errors
/// The workflow does not pass, has no invariant, or cannot be opened.
pub fn explore(
    text: &str,
    bounds: Bounds,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ExploreError> {
    explore_until(text, bounds, &AtomicBool::new(false), progress)
}

/// The same, until `stop` is set by somebody else: what has been found by then is told.
///
/// # Errors
/// As above.
pub fn explore_until(
    text: &str,
    bounds: Bounds,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ExploreError> {
    let workflow = Workflow::parse(text).map_err(ExploreError::Workflow)?;
    if workflow.invariants.is_empty() {
        return Err(ExploreError::NoInvariant);
    }
    let all: BTreeSet<usize> = (0..workflow.invariants.len()).collect();
    let may_ease = bounds.states >= EASED_FROM
        && groups(&workflow, bounds, (&all, true)).iter().any(|it| it.eased.is_some());
    let kept_back = if may_ease { bounds.states / 2 } else { 0 };
    let first = Bounds { states: bounds.states - kept_back, ..bounds };
    let mut report = walked(text, &workflow, first, (&all, false), stop, progress)?;
    report.bounds = bounds;
    if kept_back == 0 || !report.cut_short || stop.load(Ordering::Relaxed) {
        return Ok(report);
    }
    let is_open = |place: &usize| matches!(report.verdicts.get(*place), Some(Verdict::Undecided));
    let open: BTreeSet<usize> = all.into_iter().filter(is_open).collect();
    let second = Bounds { states: kept_back, ..bounds };
    let eased = walked(text, &workflow, second, (&open, true), stop, progress)?;
    for (place, (verdict, of_it)) in report.verdicts.iter_mut().zip(eased.verdicts).enumerate() {
        if open.contains(&place) {
            *verdict = of_it;
        }
    }
    report.states += eased.states;
    report.visits += eased.visits;
    report.between |= eased.between;
    report.cut_short = report.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Undecided));
    Ok(report)
}

/// From how many states on half of them are kept back, for walks that leave out what only leads where nothing is to be learnt
/// any more, where those that leave out nothing do not come to their end.
const EASED_FROM: usize = 100_000;

/// What walks find for these invariants of a workflow, and whether it is walked `eased`.
fn walked(
    text: &str,
    workflow: &Workflow,
    bounds: Bounds,
    (of, eased): (&BTreeSet<usize>, bool),
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ExploreError> {
    let groups = groups(workflow, bounds, (of, eased));
    let views = groups.iter().map(|group| View::new(&group.part, workflow, &group.invariants, bounds));
    let views: Vec<_> = views.collect();
    let mut walks = Vec::new();
    let kept = bounds.kept / views.len().max(1);
    let mut openings: BTreeMap<Instant, State> = BTreeMap::new();
    for (group, view) in groups.iter().zip(&views) {
        let mut opening = match openings.entry(view.opened) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let opening = supposed_agreement(text, view.opened).map_err(ExploreError::Opening)?;
                new.insert(opening.with_blank_papers()).clone()
            }
        };
        if let Some(eased) = &group.eased {
            opening.workflow = Arc::new(eased.clone());
        }
        walks.push(Walk::new(view, &group.invariants, opening, kept));
    }
    share_out(&mut walks, bounds.states, stop, progress);
    // What no walk is for the file settles.
    let settled = (0..workflow.invariants.len()).map(|place| (place, Verdict::Kept));
    let mut verdicts: BTreeMap<usize, Verdict> = settled.collect();
    for (group, walk) in groups.iter().zip(&walks) {
        for (place, verdict) in
            group.places.iter().zip(walk.verdicts(workflow, group.eased.as_ref().map(|_| text))?)
        {
            verdicts.insert(*place, verdict);
        }
    }
    let cut_short = !walks.iter().all(Walk::is_done);
    let between = walks.iter().any(|walk| walk.between && !walk.all_shown());
    Ok(Report {
        verdicts: verdicts.into_values().collect(),
        states: walks.iter().map(Walk::states).sum(),
        visits: walks.iter().map(|walk| walk.visits).sum(),
        bounds,
        cut_short,
        between,
        complete: !cut_short && !between && groups.iter().all(|group| shows_all(&group.part)),
    })
}

/// Whether a walk that is done has seen all that can be.
fn shows_all(workflow: &Workflow) -> bool {
    let alone = !houses(workflow) && !persons(workflow);
    workflow.calendar.is_none() && alone && !opened_on_one_day(workflow)
}

/// Whether it matters when the agreement is opened, and a walk opens it on one day: times count from then, and other
/// things happen at dates.
pub(super) fn opened_on_one_day(workflow: &Workflow) -> bool {
    !times::after_opening(workflow).is_empty() && times::names_dates(workflow)
}

/// Whether panelists may count together, which no walk has: each works for a house of their own.
pub(super) fn houses(workflow: &Workflow) -> bool {
    workflow.ballots.iter().any(|ballot| ballot.per_affiliation)
}

/// Whether it matters that one person has two seats, whom no walk has: who is left out as the subject of a case is left out in
/// both.
pub(super) fn persons(workflow: &Workflow) -> bool {
    workflow.ballots.iter().any(|ballot| {
        let panel = workflow.panel(&ballot.panel);
        ballot.less.contains(&Exclusion::Subject) && panel.is_some_and(|panel| !panel.one_seat_each)
    })
}

/// Lets every walk go on until it is done, or all of them together have seen so many states. Each is given the same
/// share, and what one leaves of it the others have.
fn share_out(walks: &mut [Walk<'_>], most: usize, stop: &AtomicBool, progress: &mut dyn FnMut(Progress)) {
    loop {
        let left = most.saturating_sub(walks.iter().map(Walk::states).sum());
        let open = walks.iter().filter(|walk| !walk.is_done()).count();
        if left == 0 || open == 0 || stop.load(Ordering::Relaxed) {
            return;
        }
        let share = (left / open).max(1);
        for place in 0..walks.len() {
            let (states, visits) = walks
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .fold((0, 0), |(states, visits), (_, walk)| (states + walk.states(), visits + walk.visits));
            let Some(walk) = walks.get_mut(place).filter(|walk| !walk.is_done()) else { continue };
            let share = share.min(most.saturating_sub(states + walk.states()));
            walk.walk(walk.states() + share, stop, &mut |own| {
                progress(Progress { states: states + own.states, visits: visits + own.visits, ..own });
            });
        }
    }
}

struct Walk<'v> {
    view: &'v View<'v>,
    invariants: &'v [&'v Invariant],
    tree: Tree<'v>,
    seen: ByKey,
    ways: Ways,
    /// The place of the state that is gone on from next, and the turn with which.
    next: (u32, usize),
    visits: u64,
    depth: u32,
    last_of_depth: u32,
    shown: Vec<Option<Shown>>,
    /// Whether acts between the edges may show what those at them do not.
    between: bool,
}

/// After how many visits progress is told.
const TOLD_EVERY: u64 = 4_096;

impl<'v> Walk<'v> {
    fn new(view: &'v View<'v>, invariants: &'v [&'v Invariant], opening: State, kept: usize) -> Self {
        let root = Branch {
            state: opening,
            now: view.opened,
            left: 0,
            committed: Arc::default(),
            stilled: Arc::default(),
        };
        Self {
            view,
            invariants,
            tree: Tree::new(view, root, kept, seat_keys(view)),
            seen: ByKey::default(),
            ways: Ways::default(),
            next: (0, 0),
            visits: 0,
            depth: 0,
            last_of_depth: 0,
            shown: vec![None; invariants.len()],
            between: false,
        }
    }

    /// How many different states were seen.
    fn states(&self) -> usize {
        self.tree.len()
    }

    /// Whether nothing more can be seen, or nothing more learnt.
    fn is_done(&self) -> bool {
        let all_gone_on_from = usize::try_from(self.next.0).is_ok_and(|next| next >= self.tree.len());
        self.tree.len() > 0 && (all_gone_on_from || self.all_shown())
    }

    /// Whether of every invariant something was shown.
    fn all_shown(&self) -> bool {
        self.shown.iter().all(Option::is_some)
    }

    /// Goes on until so many states were seen, it is done, or it is to stop.
    fn walk(&mut self, most: usize, stop: &AtomicBool, progress: &mut dyn FnMut(Progress)) {
        if self.tree.len() == 0 {
            let root = self.tree.root().clone();
            let its = futures(self.view, &root);
            self.arrive((root, its), (0, None), most);
        }
        while !self.is_done()
            && !stop.load(Ordering::Relaxed)
            && let Some(stage) = self.tree.stage(self.next.0)
        {
            if stage.place > self.last_of_depth {
                self.depth += 1;
                self.last_of_depth = u32::try_from(self.tree.len()).unwrap_or(u32::MAX).saturating_sub(1);
            }
            for (number, turn) in stage.turns.iter().enumerate().skip(self.next.1) {
                let Some(next) = self.tree.take(&stage.branch, turn) else { continue };
                if !self.go(&stage, turn, next, (most, progress)) {
                    self.next = (stage.place, number);
                    return;
                }
            }
            self.next = (stage.place + 1, 0);
        }
        if self.is_done() {
            self.tree.let_go();
        }
    }

    /// Goes to a state by a turn; where votes come to count by it of which nothing was told, to one for each way in which they
    /// can have been cast. `false` as in [`Walk::arrive`].
    fn go(
        &mut self,
        stage: &Stage,
        turn: &Turn,
        next: Branch,
        (most, progress): (usize, &mut dyn FnMut(Progress)),
    ) -> bool {
        if let Some(chosen) = ways::chosen(self.view, &mut self.ways, &stage.branch, turn, &next) {
            drop(next);
            for turn in &chosen {
                let Some(next) = self.tree.take(&stage.branch, turn) else { continue };
                if !self.go(stage, turn, next, (most, progress)) {
                    return false;
                }
            }
            return true;
        }
        let its = futures(self.view, &next);
        self.between = self.between || between::matters(self.view, &self.tree, stage, turn, (&next, its));
        if !self.arrive((next, its), (stage.place, Some(turn)), most) {
            return false;
        }
        self.visits += 1;
        if self.visits.is_multiple_of(TOLD_EVERY) {
            let (states, visits, depth) = (self.tree.len(), self.visits, self.depth);
            progress(Progress { states, visits, depth });
        }
        true
    }

    /// A state was reached, with these futures, from a place by a turn: a new one is looked at, and gone on from later. `false`
    /// where it is new, and no more are to be looked at.
    fn arrive(
        &mut self,
        (branch, its): (Branch, Mixer),
        (from, turn): (u32, Option<&Turn>),
        most: usize,
    ) -> bool {
        let key = key(self.view, &branch, its);
        if self.seen.contains(&key) {
            return true;
        }
        if self.tree.len() >= most {
            return false;
        }
        self.seen.insert(key);
        let place = u32::try_from(self.tree.len()).unwrap_or(u32::MAX);
        for (invariant, shown) in self.invariants.iter().zip(&mut self.shown) {
            if shown.is_none() {
                let date = shows(self.view, invariant, &branch);
                *shown = date.map(|date| Shown { place, date: (date != branch.now).then_some(date) });
            }
        }
        self.tree.push(branch, from, turn);
        true
    }

    /// What is found of each invariant. `eased` is the text of the workflow where less of it was walked: what that shows counts
    /// only if it comes true when it is played, and what it does not show may yet be.
    fn verdicts(&self, workflow: &Workflow, eased: Option<&str>) -> Result<Vec<Verdict>, ExploreError> {
        let pairs = self.invariants.iter().zip(&self.shown);
        // Another day of the calendar, people of one house, or an act between can show what this walk does not.
        let all = !self.between && eased.is_none() && shows_all(self.view.workflow);
        let told = |invariant: &Invariant, shown: Shown| {
            story::tell(workflow, invariant, &self.behaviour(shown)).map_err(ExploreError::Story)
        };
        pairs
            .map(|(invariant, shown)| match (&invariant.promise, shown) {
                (_, None) if !self.is_done() => Ok(Verdict::Undecided),
                (Promise::Reaches(_), None) if !all => Ok(Verdict::Undecided),
                (_, None) if !all => Ok(Verdict::KeptAsWalked),
                (Promise::Reaches(_), None) => Ok(Verdict::Unreached),
                (Promise::Never(_) | Promise::Always(_) | Promise::Ends { .. }, None) => Ok(Verdict::Kept),
                (Promise::Reaches(_), Some(_)) if eased.is_none() => Ok(Verdict::Kept),
                (promise, Some(shown)) => {
                    let story = told(invariant, *shown)?;
                    let comes_true = |text: &str| story.run(text).is_ok_and(|outcome| outcome.met > 0);
                    Ok(match promise {
                        _ if !eased.is_none_or(comes_true) => Verdict::Undecided,
                        Promise::Reaches(_) => Verdict::Kept,
                        _ => Verdict::Broken(Box::new(story)),
                    })
                }
            })
            .collect()
    }

    /// The whole behaviour that leads to a state.
    fn behaviour(&self, shown: Shown) -> story::Behaviour {
        let (done, end) = self.tree.told(shown.place);
        let mut scenes = Vec::new();
        for (place, (_, turn)) in done.iter().enumerate() {
            let (turn, votes) = match turn {
                Turn::Chosen(turn, votes) => (&**turn, &**votes),
                turn => (turn, &[][..]),
            };
            scenes::tell(&mut scenes, done.get(..=place).unwrap_or_default(), (turn, votes));
        }
        let deeds = scenes.into_iter().flat_map(Scene::deeds).collect();
        let dates = (!self.view.dates.is_empty()).then(|| (shown.date, self.view.dates.first().copied()));
        story::Behaviour {
            opened: self.view.opened,
            deeds,
            end,
            dates: dates.unwrap_or_default(),
            anchored: !self.view.anchored.is_empty() || self.view.workflow.calendar.is_some(),
        }
    }
}

/// Whether a state shows that an invariant is broken, or that what it says is reached: the date at which it does, which
/// is another than now only where everything would have happened later.
fn shows(view: &View<'_>, invariant: &Invariant, branch: &Branch) -> Option<Instant> {
    let (state, now) = (&branch.state, branch.now);
    let (proposition, wanted) = match &invariant.promise {
        Promise::Never(it) | Promise::Reaches(it) => (it, true),
        Promise::Always(it) => (it, false),
        Promise::Ends { procedure, within } => {
            let mut running = state.running.iter().filter(|case| case.procedure == *procedure);
            let open_too_long = running.any(|case| {
                let opened = state.case(case).map_or(now, |case| case.opened.at);
                within.is_some_and(|within| now > opened.plus(within)) || state.next_due().is_none()
            });
            return open_too_long.then_some(now);
        }
    };
    if holds(state, now, now, &proposition.holds) == wanted {
        return Some(now);
    }
    let mut dates = view.dates.iter().copied();
    dates.find(|date| holds(state, now, *date, &proposition.holds) == wanted)
}

/// The keys of whoever may be named for a seat, which take long to make.
fn seat_keys(view: &View<'_>) -> BTreeMap<HolderRef, PublicKey> {
    let mut keys = BTreeMap::new();
    let mut add = |holder: HolderRef| {
        let key = plain_key(&holder);
        keys.insert(holder, key);
    };
    for panel in &view.workflow.panels {
        let before = view.workflow.procedures.iter().filter(|it| it.panel.as_ref() == Some(&panel.name));
        for seat in panel.seats.iter().map(|seat| &seat.name) {
            if panel.formed == Formed::Standing {
                add(HolderRef::Office { body: panel.name.clone(), name: seat.clone() });
                continue;
            }
            for procedure in before.clone() {
                for number in (1..=view.bounds.cases).filter_map(NonZeroU32::new) {
                    let case = CaseRef { procedure: procedure.name.clone(), number };
                    add(HolderRef::CaseSeat { case, seat: seat.clone() });
                }
            }
        }
    }
    keys
}
