//! The exact text of a paper: TOML in the one form that is signed.

use std::fmt::Write as _;

use super::{AnswerLine, EaseLine, FiledLine, Paper, SealedLine};
use crate::values::Id;

impl Paper {
    /// The exact text.
    pub fn to_text(&self) -> String {
        let mut out = Writer(String::new());
        head(&mut out, self);
        rules(&mut out, self);
        for outcome in &self.outcomes {
            out.table("outcome");
            out.field("is", &quoted(outcome.is.as_str()));
            out.maybe("if", outcome.rule.as_deref().map(quoted));
            out.maybe("for", outcome.lasting.map(|time| quoted(&time.to_string())));
            out.maybe("eases", eases(&outcome.eases));
            out.maybe("gives", outcome.gives.as_deref().map(quoted));
        }
        for elector in &self.electors {
            out.table("elector");
            out.field("seat", &quoted(&elector.seat.to_string()));
            out.field("person", &quoted(&elector.person));
            out.field("key", &quoted(&elector.key));
            out.field("weight", &elector.weight.to_string());
            out.maybe("class", elector.class.as_ref().map(|class| quoted(class.as_str())));
            out.maybe("affiliation", elector.affiliation.as_ref().map(|name| quoted(name.as_str())));
            out.maybe("abstains", elector.abstains.as_deref().map(quoted));
        }
        for excluded in &self.excluded {
            out.table("excluded");
            out.field("seat", &quoted(&excluded.seat.to_string()));
            out.field("reason", &quoted(&excluded.reason));
        }
        for filed in &self.filed {
            filed.write(&mut out);
        }
        out.0
    }
}

impl FiledLine {
    /// The exact text that it adds to a paper, at its end.
    pub(super) fn to_text(&self) -> String {
        let mut out = Writer(String::new());
        self.write(&mut out);
        out.0
    }

    fn write(&self, out: &mut Writer) {
        out.table("filed");
        out.field("name", &quoted(self.name.as_str()));
        out.field("digest", &quoted(&self.digest.to_string()));
        out.field("by", &quoted(&self.by));
        out.field("entry", &self.entry.to_string());
    }
}

fn head(out: &mut Writer, paper: &Paper) {
    out.comment("Ballot paper. A vote names the SHA-256 of this text as its `question`.");
    if paper.nature == "specimen" {
        out.comment("SPECIMEN: it binds nobody.");
    }
    out.comment("The contract prevails over the workflow.");
    if paper.sealed.is_some() {
        out.comment(
            "SEALED: commit to a vote by `closes`; once nobody can any more, reveal it within `reveal-for`.",
        );
    }
    out.field("paper", &paper.paper.to_string());
    out.field("nature", &quoted(&paper.nature));
    out.field("agreement", &quoted(&paper.agreement.to_string()));
    out.field("workflow", &quoted(&paper.workflow.to_string()));
    out.field("title", &quoted(&paper.title));
    out.field("contract", &quoted(&paper.contract.to_string()));
    out.field("origin", &quoted(&paper.origin));
    out.field("vkey", &quoted(&paper.vkey));
    out.field("ballot", &quoted(&paper.ballot.to_string()));
    out.maybe("about", paper.about.as_ref().map(|seat| quoted(&seat.to_string())));
    out.maybe("person", paper.person.as_deref().map(quoted));
    out.field("asks", &quoted(&paper.asks));
}

fn rules(out: &mut Writer, paper: &Paper) {
    out.maybe("classes", (!paper.classes.is_empty()).then(|| list(&paper.classes)));
    out.field("choices", &list(&paper.choices));
    let answer = |line: &AnswerLine| {
        let unit = line.unit.as_ref().map_or_else(String::new, |unit| format!(", unit = {}", quoted(unit)));
        format!("{{ is = {}{unit}, decides = {} }}", quoted(&line.is), quoted(&line.decides))
    };
    out.maybe("answer", paper.answer.as_ref().map(answer));
    out.maybe("abstention", paper.abstention.as_ref().map(|name| quoted(name.as_str())));
    out.field("attach", &list(&paper.attach));
    out.field("opened", &quoted(&paper.opened.to_string()));
    out.field("closes", &quoted(&paper.closes.to_string()));
    out.maybe("open-for", paper.open_for.as_deref().map(quoted));
    if !paper.put_off_by.is_empty() {
        let acts: Vec<String> = paper.put_off_by.iter().map(|act| quoted(act)).collect();
        out.field("put-off-by", &format!("[{}]", acts.join(", ")));
    }
    if !paper.suspended_by.is_empty() {
        out.field("suspended-by", &list(&paper.suspended_by));
    }
    out.field("change", &quoted(&paper.change));
    out.maybe("new-evidence", paper.new_evidence.as_deref().map(quoted));
    out.field("early", &quoted(&paper.early));
    out.maybe("extend", paper.extend.as_deref().map(quoted));
    let sealed = |line: &SealedLine| {
        let (reveal_for, unrevealed) = (quoted(&line.reveal_for), quoted(&line.unrevealed));
        format!("{{ reveal-for = {reveal_for}, unrevealed = {unrevealed} }}")
    };
    out.maybe("sealed", paper.sealed.as_ref().map(sealed));
    out.maybe("count", paper.count.as_deref().map(quoted));
    out.maybe("quorum", paper.quorum.as_deref().map(quoted));
}

/// Writes TOML in the one form that is signed.
struct Writer(String);

impl Writer {
    fn comment(&mut self, words: &str) {
        let _ = writeln!(self.0, "# {words}");
    }

    fn table(&mut self, name: &str) {
        let _ = write!(self.0, "\n[[{name}]]\n");
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{name} = {value}");
    }

    fn maybe(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.field(name, &value);
        }
    }
}

/// A TOML basic string. Everything that could end it or is not printable ASCII punctuation is escaped
/// as TOML 1.0 asks; other characters stand as they are.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn eases(lines: &[EaseLine]) -> Option<String> {
    let ease = |line: &EaseLine| {
        format!("{{ after = {}, if = {} }}", quoted(&line.after.to_string()), quoted(&line.rule))
    };
    let eases: Vec<String> = lines.iter().map(ease).collect();
    (!eases.is_empty()).then(|| format!("[{}]", eases.join(", ")))
}

fn list(names: &[Id]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name.as_str())).collect();
    format!("[{}]", names.join(", "))
}
