//! Who may read, in words.

use super::all_of;
use crate::values::Id;
use crate::workflow::model::{Access, Tier, Workflow};

impl Workflow {
    /// Who may read the agreement and what is filed in it: a sentence each. Nothing where anybody may.
    pub fn reading_words(&self) -> Vec<String> {
        let restricted = match self.access {
            Access::Public => return Vec::new(),
            Access::Restricted => {
                let offices: Vec<Id> = self.offices().map(|office| office.name.clone()).collect();
                let panels = match self.panels.as_slice() {
                    [] => "",
                    [_] => ", and whoever is named for a seat of the panel",
                    _ => ", and whoever is named for a seat of a panel",
                };
                format!(
                    "Those who keep the agreement give it to the officers of {}{panels}, and to nobody else.",
                    all_of(&offices)
                )
            }
        };
        [restricted].into_iter().chain(self.tiers.iter().map(Tier::words)).collect()
    }
}

impl Tier {
    /// `Documents of the tier secret (source-code) only buyer and experts may read; …`
    fn words(&self) -> String {
        let Self { name, documents, readers } = self;
        let documents: Vec<&str> = documents.iter().map(Id::as_str).collect();
        format!(
            "Documents of the tier {name} ({}) only {} may read; the others see the digest and the tier.",
            documents.join(", "),
            all_of(readers)
        )
    }
}
