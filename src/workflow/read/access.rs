//! `access`, and the tiers of documents.

use super::{Fields, Item, Reader};
use crate::values::Id;
use crate::workflow::model::{Access, Tier};

/// `access = "restricted"`.
pub(super) fn access(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Access> {
    let Some(item) = fields.get("access") else { return Some(Access::Public) };
    let words = [Access::Public, Access::Restricted].map(|access| (access.word(), access));
    item.word(r, &words)
}

/// `[tier.secret]` with `documents` and `readers`.
pub(super) fn tier(r: &mut Reader<'_>, name: Id, item: &Item<'_>) -> Option<Tier> {
    let mut fields = item.table(r)?;
    let help = "Name what statements attach: documents = [\"source-code\"]";
    let documents = fields.need(r, "documents", help).map(|item| r.each_once(&item, |r, it| it.id(r)));
    let mut known = r.names.offices();
    known.extend(r.names.panels());
    let help = "Name the parties, roles and panels that may read them: readers = [\"…\"]";
    let readers = fields.need(r, "readers", help);
    let readers = readers.map(|item| r.all_known(&item, "party, role or panel", &known));
    r.reading(&mut fields);
    fields.close(r);
    Some(Tier { name, documents: documents?, readers: readers? })
}
