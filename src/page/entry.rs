//! One entry of the log: who said what, with which signatures, and what proves it.

use maud::{Markup, html};

use super::layout::Here;
use super::parts::{digest, document, facts, table, when_from};
use super::{About, layout};
use crate::statement::{HolderRef, Statement, attachments};
use crate::values::{Digest, Instant};
use crate::view::statement::{fields, summary};

/// An entry, read.
#[derive(Debug)]
pub struct Shown {
    /// Its index.
    pub index: u64,
    /// Its time.
    pub time: Instant,
    /// The exact text that was signed.
    pub text: String,
    /// What it says.
    pub statement: Statement,
    /// Who signed it.
    pub signatures: Vec<Signed>,
}

/// A signature.
#[derive(Debug)]
pub struct Signed {
    /// The fingerprint of its key.
    pub key: String,
    /// Everybody for whom the log names that key.
    pub holders: Vec<HolderRef>,
    /// The signature as OpenSSH writes it.
    pub sig: String,
}

/// The page of an entry.
pub fn entry(about: &About<'_>, shown: &Shown) -> String {
    let body = html! {
        p.lead { (shown.statement.by) " " (summary(&shown.statement)) }
        section aria-labelledby="says" { h2 #says { "What it says" } (says(about, shown)) }
        section aria-labelledby="signed" { h2 #signed { "Who signed it" } (signed(about, shown)) }
        section aria-labelledby="proof" { h2 #proof { "What proves it" } (proof(about, shown)) }
        section aria-labelledby="exact" {
            h2 #exact { "The exact text that was signed" }
            pre.exact { (shown.text) }
        }
        (around(about, shown.index))
    };
    layout::of(about, Here::Record, &format!("Entry {}", shown.index), &body)
}

fn says(about: &About<'_>, shown: &Shown) -> Markup {
    let mut known = vec![("time", when_from(shown.time, about.at))];
    let told = fields(&shown.statement).into_iter().filter(|(name, _)| *name != "document");
    known.extend(told.map(|(name, words)| (if name.is_empty() { "also" } else { name }, html! { (words) })));
    for (name, digest) in attachments(&shown.statement.body) {
        known.push(("document", document(about, name.as_str(), &digest)));
    }
    known.push(("digest", digest(&Digest::of(shown.text.as_bytes()))));
    facts(known)
}

fn signed(about: &About<'_>, shown: &Shown) -> Markup {
    let row = |signed: &Signed| {
        let named: Vec<String> = signed.holders.iter().map(|holder| named(about, holder)).collect();
        vec![
            html! { @if named.is_empty() { "nobody whom the log names" } @else { (named.join("; ")) } },
            html! { code.digest { (signed.key) } },
            html! { details { summary { "as OpenSSH writes it" } pre.exact { (signed.sig) } } },
        ]
    };
    let rows: Vec<_> = shown.signatures.iter().map(row).collect();
    html! {
        (table("Signatures", &["Key named in the log for", "Key", "Signature"], &rows))
        p.note { "The log took the statement only after each signature had passed, by a key that spoke for its signer at that time." }
    }
}

fn named(about: &About<'_>, holder: &HolderRef) -> String {
    let person = about.state.holders.get(holder).map(|known| known.person.clone());
    person.map_or_else(|| holder.to_string(), |person| format!("{holder} ({person})"))
}

fn proof(about: &About<'_>, shown: &Shown) -> Markup {
    let entry = about.interface(&format!("/entries/{}", shown.index));
    html! {
        ul {
            li { a href=(format!("{entry}/receipt")) { "Its receipt" } ": that it is in the log, to be kept, and checked offline with " code { "quorate check" } }
            li { a href=(entry) { "The entry as it is in the log" } }
            li { a href=(about.log("/allowed_signers")) { "Everybody’s keys" } ", with which " code { "ssh-keygen -Y verify" } " checks a signature" }
            li { a href=(about.page("#check")) { "Check the whole record" } }
        }
    }
}

fn around(about: &About<'_>, index: u64) -> Markup {
    let to = |index: u64| about.page(&format!("/entries/{index}"));
    html! {
        nav.pages aria-label="Entries around" {
            @if let Some(before) = index.checked_sub(1) { a rel="prev" href=(to(before)) { "Entry " (before) } }
            @if index + 1 < about.head.size { a rel="next" href=(to(index + 1)) { "Entry " (index + 1) } }
        }
    }
}
