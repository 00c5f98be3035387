//! How the words of statements and logs look, for whoever reads a description of the interface.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::log::{Hash, Head};
use crate::statement::{AgreementRef, BallotRef, By, CaseRef, HolderRef};
use crate::values::{Digest, Id, Instant};

/// A type that is a text in JSON: its name, what it says, which texts it can be, one of them.
macro_rules! text {
    ($type:ty, $name:literal, $says:literal, $pattern:literal, $example:literal) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($says));
                text.pattern(Some($pattern)).examples([$example]).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

text!(Id, "Id", "A name in a workflow or of an agreement.", "^[a-z0-9-]{1,64}$", "research-ip");
text!(
    Digest,
    "Digest",
    "A SHA-256.",
    "^sha256:[0-9a-f]{64}$",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
);
text!(
    Hash,
    "Hash",
    "A hash of the log's tree (RFC 6962): 32 bytes in base64.",
    "^[A-Za-z0-9+/]{43}=$",
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
);
text!(
    Instant,
    "Instant",
    "An instant in UTC, in whole seconds, of the years 1 to 9999.",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    "2026-04-28T12:00:00Z"
);
text!(
    AgreementRef,
    "AgreementRef",
    "An agreement: its name, and its anchor, which is the SHA-256 of its opening statement.",
    "^[a-z0-9-]{1,64}@sha256:[0-9a-f]{64}$",
    "agi-2025@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
);
text!(
    CaseRef,
    "CaseRef",
    "A case: which run of a procedure, from 1.",
    "^[a-z0-9-]{1,64}#[1-9][0-9]*$",
    "verification#1"
);
text!(
    BallotRef,
    "BallotRef",
    "A ballot: its case, its name in the workflow, and which round of it, from 1.",
    "^[a-z0-9-]{1,64}#[1-9][0-9]*/[a-z0-9-]{1,64}#[1-9][0-9]*$",
    "verification#1/finding#1"
);
text!(
    HolderRef,
    "HolderRef",
    "A seat or an officer: of a panel of a case, `PROCEDURE#NUMBER/SEAT`; of a standing panel, party or role, `BODY/NAME`.",
    "^[a-z0-9-]{1,64}(#[1-9][0-9]*)?/[a-z0-9-]{1,64}$",
    "verification#1/i1"
);

impl PartialSchema for By {
    fn schema() -> RefOr<Schema> {
        let several = ArrayBuilder::new().items(Id::schema()).min_items(Some(2)).unique_items(true);
        let says = "In whose name a statement speaks: one party, role or seat, or several jointly, sorted.";
        OneOfBuilder::new().item(Id::schema()).item(several).description(Some(says)).into()
    }
}

impl ToSchema for By {}

impl PartialSchema for Head {
    fn schema() -> RefOr<Schema> {
        let size = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some("The number of entries."));
        let root = Ref::builder().ref_location_from_schema_name(Hash::name());
        let root = root.description(Some("The root hash of the tree over them.".to_owned())).build();
        ObjectBuilder::new()
            .property("size", size)
            .property("root", root)
            .required("size")
            .required("root")
            .description(Some(
                "A state of a log: how many entries it had, and the root of the tree over them.",
            ))
            .into()
    }
}

impl ToSchema for Head {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Hash::name().into(), Hash::schema()));
    }
}
