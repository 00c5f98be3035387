//! A statement on its way: plain files that people send each other.
//!
//! ```text
//! vote.json                  the statement's exact text: what is signed, with no newline after it
//! vote.json.sig              a signature, as `ssh-keygen -Y sign` names and writes it
//! vote.json.2.sig            further ones: every `vote.json*.sig` is taken
//! vote.json.documents/HEX    the documents that it names: salt and content, by digest
//! ```

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::answer::Answer;
use super::documents::{Documents, read, read_text};
use super::error::{CliError, file_error};
use super::show::{Page, Tone};
use crate::engine::Refusal;
use crate::registry::attachments;
use crate::statement::sshsig::{MAX_ARMOUR, NAMESPACE};
use crate::statement::{Blob, Envelope, Signature, Statement};
use crate::values::Digest;
use crate::workflow::model::Nature;

/// Writes a statement, its signatures and its documents. Nothing is overwritten. What is said to be `lacking` is told,
/// where somebody has signed already.
///
/// # Errors
/// A file is there already, or cannot be written.
pub fn write(
    file: &Path,
    text: &str,
    signatures: &[Signature],
    documents: Documents,
    nature: Nature,
    lacking: &[String],
) -> Result<Answer, CliError> {
    write_new(file, text.as_bytes())?;
    let mut written = vec![file.to_owned()];
    for signature in signatures {
        written.push(add_signature(file, &signature.sig)?);
    }
    let folder = beside(file, ".documents");
    let blobs = documents.into_blobs();
    if !blobs.is_empty() {
        DirBuilder::new().recursive(true).create(&folder).map_err(file_error("create", &folder))?;
        written.push(folder.clone());
    }
    for blob in blobs {
        write_new(&folder.join(blob.digest().hex()), blob.bytes())?;
    }
    let mut page = Page::default();
    page.nature(Some(nature));
    for path in &written {
        page.raw(&format!("wrote {}", path.display()));
    }
    page.blank();
    told(&mut page, file, signatures.is_empty(), lacking);
    let files: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    let digest = Digest::of(text.as_bytes());
    let specimen = nature == Nature::Specimen;
    Ok(Answer::done(
        page,
        json!({ "statement": digest, "specimen": specimen, "signatures": signatures.len(), "files": files }),
    ))
}

/// What to do with the files.
fn told(page: &mut Page, file: &Path, unsigned: bool, lacking: &[String]) {
    let name = file.display();
    if unsigned {
        page.raw("It is not signed yet. Sign it with either of");
        page.raw(&format!("  quorate sign {name} --key KEY"));
        page.raw(&format!("  ssh-keygen -Y sign -n {NAMESPACE} -f KEY {name}"));
        page.line(Tone::Plain, "and submit it, where the log is kept, with");
    } else if lacking.is_empty() {
        page.line(Tone::Plain, "Send these files to wherever the log is kept, and there run");
    } else {
        page.line(Tone::Plain, "It must still be signed by");
        for who in lacking {
            page.raw(&format!("  {who}"));
        }
        page.line(Tone::Plain, "Send them these files; each adds a signature with");
        page.raw(&format!("  quorate sign {name} --key KEY"));
        page.line(Tone::Plain, "and then all go to wherever the log is kept, and there run");
    }
    page.raw(&format!("  quorate submit {name}"));
}

/// Writes a signature under the first name that is free: `FILE.sig`, `FILE.2.sig`, …
///
/// # Errors
/// It cannot be written.
pub fn add_signature(file: &Path, armour: &str) -> Result<PathBuf, CliError> {
    for number in 1_u32.. {
        let suffix = if number == 1 { ".sig".to_owned() } else { format!(".{number}.sig") };
        let path = beside(file, &suffix);
        if !path.exists() {
            write_new(&path, armour.as_bytes())?;
            return Ok(path);
        }
    }
    Err(CliError::usage("there are too many signatures"))
}

/// Writes a file that is not there yet.
///
/// # Errors
/// It is there already, or cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::usage(format!("{} is there already; name another file, or remove it", path.display()))
        }
        _ => file_error("create", path)(error),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error("write", path))
}

/// Reads a parcel: an envelope, or a statement with the signatures and documents beside it.
///
/// # Errors
/// It is neither, or a file cannot be read.
pub fn open(file: &Path) -> Result<(Envelope, Vec<Blob>), CliError> {
    let text = read_text(file)?;
    let envelope = if is_envelope(&text) {
        Envelope::parse(&text).map_err(|error| malformed(file, &error, SEND_AGAIN))?
    } else {
        let signatures = signatures(file)?;
        Envelope::new(text, signatures)
    };
    let statement = Statement::parse(&envelope.statement).map_err(|error| malformed(file, &error, MEND))?;
    let mut blobs = Vec::new();
    for digest in attachments(&statement.body).into_values() {
        let path = beside(file, ".documents").join(digest.hex());
        if path.exists() {
            let blob = Blob::open(read(&path)?, &digest).ok_or_else(|| {
                CliError::usage(format!(
                    "{} is not the document that its name says; copy it again",
                    path.display()
                ))
            })?;
            blobs.push(blob);
        }
    }
    Ok((envelope, blobs))
}

fn is_envelope(text: &str) -> bool {
    text.starts_with("{\"statement\":")
}

const MEND: &str = "mend the statement or sign it again";
const SEND_AGAIN: &str = "copy the file again as it was written, without a newline after it";
const NO_SIGNATURE: &str = "copy that file again as it was written; if it is no signature of this statement, take it \
                            away: every `.sig` that begins like the statement's name is taken";

fn malformed(file: &Path, error: &dyn std::error::Error, instead: &str) -> CliError {
    Refusal::new("bad-envelope", format!("{}: {error}", file.display()), instead).into()
}

/// The signatures in every `FILE*.sig` beside a statement.
fn signatures(file: &Path) -> Result<Vec<Signature>, CliError> {
    let mut signatures = Vec::new();
    for path in signature_files(file)? {
        let armour = read_text(&path)?;
        if armour.len() > MAX_ARMOUR {
            return Err(CliError::usage(format!("{} is too long for a signature", path.display())));
        }
        let signature =
            Signature::from_armour(armour).map_err(|error| malformed(&path, &error, NO_SIGNATURE))?;
        signatures.push(signature);
    }
    Ok(signatures)
}

/// Every `FILE.sig` and `FILE.*.sig`, by name.
fn signature_files(file: &Path) -> Result<Vec<PathBuf>, CliError> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(file_error("list", folder))? {
        let path = entry.map_err(file_error("list", folder))?.path();
        let other = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = other.strip_prefix(&name).and_then(|rest| rest.strip_suffix(".sig"));
        if number.is_some_and(|number| number.is_empty() || number.starts_with('.')) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A refusal for its signatures also tells from which files they were taken: one may have been left behind by an
/// earlier statement of the same name.
pub fn with_files(error: CliError, file: &Path) -> CliError {
    // An envelope brought its own.
    let alone = read_text(file).is_ok_and(|text| !is_envelope(&text));
    let files = if alone { signature_files(file).unwrap_or_default() } else { Vec::new() };
    match error {
        CliError::Refused { mut refusal, note }
            if FOR_SIGNATURES.contains(&refusal.rule) && !files.is_empty() =>
        {
            let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
            let taken = format!(
                "{}; the signatures were taken from {}: take away one that does not belong to it",
                refusal.instead,
                names.join(", ")
            );
            refusal.instead = taken;
            CliError::Refused { refusal, note }
        }
        other => other,
    }
}

/// The rules that a signature too many can break.
const FOR_SIGNATURES: [&str; 5] =
    ["bad-envelope", "needless-signature", "unknown-key", "wrong-key", "other-key-type"];

/// `FILE` with `suffix` put after its name: `vote.json.sig`.
pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
