//! Procedures, their states, and what is owed there.

use super::actors::{Meant, by};
use super::step::{Asked, step, window};
use super::{Fields, Item, Reader, calendar};
use crate::values::{Id, Length};
use crate::workflow::model::{Duty, Opening, Procedure, ReportSigner, State, Suspends};

/// What the parts of one procedure know of it.
pub(super) struct Around<'p> {
    /// Its panel.
    pub panel: Option<&'p Id>,
    /// Whether a case is about one seat of a panel.
    pub about: bool,
    /// Its states.
    pub states: &'p [Id],
    /// Whether deadlines exclude their instant unless a step says otherwise.
    pub excluded: bool,
}

impl Around<'_> {
    /// Who can be meant once a case is open.
    pub(super) fn meant(&self) -> Meant<'_> {
        Meant { panel: self.panel, subject: self.about }
    }
}

pub(super) fn procedure(r: &mut Reader<'_>, name: Id, item: &Item<'_>, excluded: bool) -> Option<Procedure> {
    let mut fields = item.table(r)?;
    let title = fields.get("title").and_then(|item| item.text(r));
    let panels = r.names.panels();
    let before = fields.get("panel");
    let panel = before.as_ref().and_then(|item| r.known(item, "panel", &panels));
    // A name that is wrong has been said: the procedure is read on as if it had said one that there is.
    let assumed = panel.clone().or_else(|| before.and_then(|_| panels.first().cloned()));
    let named = fields.get("about");
    let about_seat = named.is_some();
    let about = named.and_then(|item| r.known(&item, "panel", &panels));
    let named = fields.need(r, "state", "A procedure has states: [procedure.NAME.state.NAME]");
    let named = named.map(|item| item.named(r)).unwrap_or_default();
    let states: Vec<Id> = named.iter().map(|(name, _)| name.clone()).collect();
    let around = Around { panel: assumed.as_ref(), about: about_seat, states: &states, excluded };
    let open = fields.need(r, "open", "Say what opens a case: open = { do = \"…\", by = \"…\" }");
    let open = open.and_then(|item| opening(r, &item, &around));
    let cases = fields.get("cases").map_or(Some(Cases::default()), |item| cases(r, &item));
    let suspends = fields.get("suspends").and_then(|item| suspends(r, &item, &name));
    let report = fields.get("report").and_then(|item| report(r, &item));
    let start = fields.need(r, "start", "Say in which state a case begins: start = \"…\"");
    let start = start.and_then(|item| r.known(&item, "state", &states));
    let states: Vec<Option<State>> = named.iter().map(|(name, item)| state(r, name, item, &around)).collect();
    r.reading(&mut fields);
    fields.close(r);
    let Cases { at_once, again_after, at_most } = cases?;
    Some(Procedure {
        name,
        title,
        open: open?,
        panel,
        about,
        at_once,
        again_after,
        at_most,
        suspends,
        report,
        start: start?,
        states: states.into_iter().collect::<Option<_>>()?,
    })
}

/// `open = { do = "declare", by = "openai", attach = ["declaration"], emits = "declared" }`.
fn opening(r: &mut Reader<'_>, item: &Item<'_>, around: &Around<'_>) -> Option<Opening> {
    let mut fields = item.table(r)?;
    let act = fields.need(r, "do", "Name the act: do = \"…\"").and_then(|item| item.id(r));
    let by = by(r, &mut fields, Meant { panel: around.panel, subject: false });
    let attach = attach(r, &mut fields);
    let emits = emits(r, &mut fields);
    let (within, not_before) = window(r, &mut fields, around).unwrap_or_default();
    fields.close(r);
    Some(Opening { act: act?, by: by?, attach, emits, within, not_before })
}

pub(super) fn attach(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Id> {
    fields.get("attach").map(|item| r.each_once(&item, |r, member| member.id(r))).unwrap_or_default()
}

pub(super) fn emits(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Id> {
    let events = r.names.events.clone();
    fields.get("emits").map(|item| r.all_known(&item, "event", &events)).unwrap_or_default()
}

/// How many cases there may be, and when.
struct Cases {
    at_once: u32,
    again_after: Option<Length>,
    at_most: Option<u32>,
}

impl Default for Cases {
    fn default() -> Self {
        Self { at_once: 1, again_after: None, at_most: None }
    }
}

/// `suspends = { procedures = ["verification"], allow = ["file"] }`. Whether there are such acts, `check` looks at.
fn suspends(r: &mut Reader<'_>, item: &Item<'_>, own: &Id) -> Option<Suspends> {
    let mut fields = item.table(r)?;
    let help = "Name what stands still while a case runs: procedures = [\"…\"]";
    let known = r.names.procedures.clone();
    let procedures = fields.need(r, "procedures", help).map(|item| {
        r.each_once(&item, |r, member| {
            let named = r.known(member, "procedure", &known)?;
            if named != *own {
                return Some(named);
            }
            let help = "Two cases would wait for each other for ever: name other procedures";
            r.refuse(&member.span(), format!("`{own}` cannot suspend itself"), help)
        })
    });
    let allow = fields.get("allow").map(|item| r.each_once(&item, |r, member| member.id(r)));
    fields.close(r);
    Some(Suspends { procedures: procedures?, allow: allow.unwrap_or_default() })
}

/// `report = { signed-by = "chair" }`. Whether they can sign it, `check` looks at.
fn report(r: &mut Reader<'_>, item: &Item<'_>) -> Option<ReportSigner> {
    let mut fields = item.table(r)?;
    let help = "Say whose signature makes it the panel's: signed-by = \"chair\" or \"majority\"";
    let words = [ReportSigner::Chair, ReportSigner::Majority].map(|signer| (signer.word(), signer));
    let by = fields.need(r, "signed-by", help).and_then(|item| item.word(r, &words));
    fields.close(r);
    by
}

/// `cases = { at-once = 1, again-after = "180 days", at-most = 10 }`.
fn cases(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Cases> {
    let mut fields = item.table(r)?;
    let at_once = fields.get("at-once").map_or(Some(1), |item| item.number(r, 1, 1_000));
    let again_after = fields.get("again-after").and_then(|item| item.length(r));
    let at_most = fields.get("at-most").and_then(|item| item.number(r, 1, 1_000));
    fields.close(r);
    Some(Cases { at_once: at_once?, again_after, at_most })
}

fn state(r: &mut Reader<'_>, name: &Id, item: &Item<'_>, around: &Around<'_>) -> Option<State> {
    let mut fields = item.table(r)?;
    let ends = fields.get("ends").map_or(Some(false), |item| item.flag(r));
    let named = fields.get("ballot");
    let ballots = r.names.ballots.clone();
    let ballot = named.as_ref().and_then(|item| r.known(item, "ballot", &ballots));
    let several = fields.get("ballots");
    let together = several.as_ref().map(|item| r.all_known(item, "ballot", &ballots)).unwrap_or_default();
    if let Some(item) = several.as_ref().filter(|_| named.is_some() || together.len() == 1) {
        let help = "One ballot is ballot = \"…\"; several that run side by side are ballots = [\"…\", \"…\"]";
        r.error(&item.key, "a state opens one ballot, or several by `ballots`", help);
    }
    let asked = match &ballot {
        Some(ballot) => Asked::Ballot(ballot),
        None if named.is_some() => Asked::Unknown,
        None if several.is_some() => Asked::Several(&together),
        None => Asked::Nothing,
    };
    let steps = fields.get("steps").map(|item| item.list(r)).unwrap_or_default();
    let steps: Vec<_> = steps.iter().map(|item| step(r, item, around, &asked)).collect();
    let duties = fields.get("duties").map(|item| item.list(r)).unwrap_or_default();
    let duties: Vec<_> = duties.iter().map(|item| duty(r, item, around)).collect();
    r.reading(&mut fields);
    fields.close(r);
    Some(State {
        name: name.clone(),
        ends: ends?,
        ballot,
        together,
        steps: steps.into_iter().collect::<Option<_>>()?,
        duties: duties.into_iter().collect::<Option<_>>()?,
    })
}

/// `{ do = "sign-report", by = "chair", within = "30 days", emits = "signed", if-late = "not-signed" }`.
fn duty(r: &mut Reader<'_>, item: &Item<'_>, around: &Around<'_>) -> Option<Duty> {
    let mut fields = item.table(r)?;
    let act = fields.need(r, "do", "Name what is owed: do = \"…\"").and_then(|item| item.id(r));
    let by = by(r, &mut fields, around.meant());
    let attach = attach(r, &mut fields);
    let within = fields.need(r, "within", "Say by when it is owed: within = \"30 days\"");
    let within = within.and_then(|item| item.length(r));
    let emits = emits(r, &mut fields);
    let events = r.names.events.clone();
    let if_late = fields.get("if-late").map(|item| r.all_known(&item, "event", &events)).unwrap_or_default();
    let line = r.line(&fields);
    fields.close(r);
    let excluded = calendar::excluded(r, within.as_ref(), around.excluded, None);
    Some(Duty { act: act?, by: by?, attach, within: within?, excluded, emits, if_late, line })
}

impl Reader<'_> {
    /// The line on which a table begins, from 1.
    pub(super) fn line(&self, fields: &Fields<'_>) -> usize {
        let before = self.text.get(..fields.span.start).unwrap_or_default();
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
}
