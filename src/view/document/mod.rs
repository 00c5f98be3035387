//! What is told for machines: what `--json` prints and what a server answers, as typed documents. Their fields, in this
//! order and with these names, are an interface: they may grow, and nothing of them changes its meaning.
//!
//! Every field is there, with `null` where there is nothing to tell, unless it says otherwise.

mod ballot;
mod case;
mod entry;
mod facts;
mod grant;
mod licence;
mod names;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::values::Id;

pub use ballot::{Ballot, Closing, Commitment, Leaving, Phase, Sealed};
pub use case::{
    Ahead, Case, Cases, Chosen, Coming, Filed, Listening, Move, News, Seat, SinceVote, Status, Subject,
    Suspended, Task,
};
pub use entry::Line;
pub use facts::{Contract, Facts, InForce};
pub use grant::{Annulment, Attribute, Back, Because, Cause, Grant, Named, Next, Occurrence};
pub use licence::{KnownAt, Licence};

/// The document as a value.
pub fn value(document: &impl Serialize) -> Value {
    // Strings, numbers and lists of them: nothing that JSON could not write.
    serde_json::to_value(document).unwrap_or_default()
}

/// The document's fields, to which a command adds what is its own.
pub fn fields(document: &impl Serialize) -> Map<String, Value> {
    match value(document) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Pairs as an object, in their order.
fn as_object<S: Serializer>(pairs: &[(Id, u64)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
