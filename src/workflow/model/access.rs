//! Who may read an agreement and what is filed in it.

use crate::values::Id;

/// `access`: to whom those who keep the agreement give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// `public`: to anybody.
    #[default]
    Public,
    /// `restricted`: to those whom its roster and its nominations name, and to nobody else; nobody else learns that it
    /// exists.
    Restricted,
}

impl Access {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Restricted => "restricted",
        }
    }
}

/// `[tier.NAME]`: documents that fewer may read than may read the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its name.
    pub name: Id,
    /// The names under which statements attach them; each is of one tier at most.
    pub documents: Vec<Id>,
    /// The parties, roles and panels that may read them.
    pub readers: Vec<Id>,
}
