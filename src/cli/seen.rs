//! What this machine has seen of agreements that servers keep, against which the next answer is held.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::{CliError, file_error, not_replaced};
use super::receipts;
use super::show::entries;
use crate::audit::{Report, signed_head};
use crate::cosign::Evidence;
use crate::log::{Checkpoint, Hash, Head};
use crate::store::replace_file;
use crate::values::{Digest, Id};

/// How the name of a checkpoint begins that one command was shown while another was shown a longer log.
const OVERTAKEN: &str = "overtaken-";

/// What this machine has seen of an agreement by a server: `seen/NAME/` in the data folder.
pub struct Seen {
    folder: PathBuf,
    receipts: PathBuf,
}

/// A signed checkpoint that was seen, and the file in which it is.
pub struct Kept {
    /// The checkpoint, or the receipt that has it.
    pub path: PathBuf,
    /// The note.
    pub note: String,
}

impl Seen {
    /// What was seen of the agreement of this name.
    pub fn of(data: &Path, agreement: &Id) -> Self {
        let folder = data.join("seen").join(agreement.as_str());
        Self { folder, receipts: receipts::folder(data, agreement) }
    }

    /// How one begins anew, with what somebody else has under this name.
    pub fn anew(&self) -> String {
        format!(
            "where you mean it all the same, move {} and {} away first",
            self.folder.display(),
            self.receipts.display()
        )
    }

    /// The anchor by which the name was first seen.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn anchor(&self) -> Result<Option<Digest>, CliError> {
        let path = self.folder.join("anchor");
        match fs::read(&path) {
            Ok(bytes) => {
                let anchor = String::from_utf8_lossy(&bytes).trim_end().parse();
                anchor.map(Some).map_err(|error| damaged(&path, &error))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// The newest head that was seen, that of the newest receipt, and those that were seen while a longer log was: an audit
    /// holds the log against them.
    ///
    /// # Errors
    /// One of them cannot be read. To go on without it would be to forget what it shows.
    pub fn checkpoints(&self) -> Result<Vec<Kept>, CliError> {
        let path = self.folder.join("checkpoint");
        let seen = match fs::read(&path) {
            Ok(bytes) => {
                Checkpoint::claimed(&bytes).map_err(|error| damaged(&path, &error))?;
                let note = String::from_utf8(bytes).map_err(|error| damaged(&path, &error))?;
                Some(Kept { path, note })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(file_error("read", &path)(error)),
        };
        let receipt = receipts::newest_of_all(&self.receipts)?;
        let mut kept: Vec<Kept> =
            seen.into_iter().chain(receipt.map(|(path, note)| Kept { path, note })).collect();
        for path in self.overtaken() {
            match fs::read_to_string(&path) {
                Ok(note) => kept.push(Kept { path, note }),
                // Another command has held the log against it meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(file_error("read", &path)(error)),
            }
        }
        Ok(kept)
    }

    /// The checkpoints that nothing has been held against as yet.
    fn overtaken(&self) -> Vec<PathBuf> {
        let items = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        let is = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(OVERTAKEN) && name.ends_with(".checkpoint")
        };
        items.map(|item| item.path()).filter(is).collect()
    }

    /// Whether the log, which is the agreement that was seen, can be held against all that was kept: that it has signed
    /// it.
    ///
    /// # Errors
    /// It has not, so the file here is damaged.
    pub fn signed(kept: &[Kept], report: &Report) -> Result<(), CliError> {
        let Some(vkey) = &report.vkey else { return Ok(()) };
        for Kept { path, note } in kept {
            signed_head(note, vkey).map_err(|error| damaged(path, &error))?;
        }
        Ok(())
    }

    /// Keeps the proof that the log contradicts what it has signed before; in words, where it is. Nothing where it does
    /// not.
    pub fn convict(&self, kept: &[Kept], report: &Report) -> String {
        let signed = report.vkey.as_ref().is_some_and(|vkey| signed_head(&report.checkpoint, vkey).is_ok());
        let Some(Kept { note, .. }) = kept.iter().find(|kept| signed && report.contradicts(&kept.note))
        else {
            return String::new();
        };
        self.proof(note, &report.checkpoint)
    }

    /// Keeps two checkpoints that contradict each other as evidence; in words, where.
    pub fn proof(&self, kept: &str, shown: &str) -> String {
        let evidence = Evidence { kept, shown };
        match evidence.write(&self.folder.join("evidence")) {
            Ok([kept, shown]) => format!(
                "; both signed checkpoints are kept as evidence, {} and {}: show them to the parties",
                kept.display(),
                shown.display()
            ),
            Err(error) => format!("; the signed checkpoints that show it could not be kept: {error}"),
        }
    }

    /// Keeps what was found now: the agreement, and the newest checkpoint, with what the log `shown` has at each size. It was
    /// `held` against these. Several commands may do so at a time, each of them held against what was there before: what is
    /// there by now is held against it here. What one of them has seen of a longer log stays, and the next command is held
    /// against both.
    ///
    /// # Errors
    /// Another command was shown another history meanwhile, or another agreement; or it cannot be written.
    pub fn keep(
        &self,
        anchor: Digest,
        checkpoint: &str,
        shown: &dyn Fn(u64) -> Option<Hash>,
        held: &[Kept],
    ) -> Result<(), CliError> {
        fs::create_dir_all(&self.folder).map_err(file_error("create", &self.folder))?;
        let path = self.folder.join("lock");
        let lock = File::create(&path).map_err(file_error("create", &path))?;
        // Let go when this returns, or the process ends.
        lock.lock().map_err(file_error("lock", &path))?;
        if let Some(known) = self.anchor()?.filter(|known| *known != anchor) {
            return Err(CliError::Faults(format!(
                "this is the agreement {anchor}, and by this name another command here has seen {known} meanwhile: it is \
                 another agreement; {}",
                self.anew()
            )));
        }
        let head = |note: &str, path: &Path| -> Result<Head, CliError> {
            Ok(Checkpoint::claimed(note.as_bytes()).map_err(|error| damaged(path, &error))?.head)
        };
        let path = self.folder.join("checkpoint");
        let ours = head(checkpoint, &path)?;
        let newer = match fs::read_to_string(&path) {
            Ok(there) => {
                let known = head(&there, &path)?;
                if known.size <= ours.size && shown(known.size) != Some(known.root) {
                    return Err(CliError::Faults(format!(
                        "the log has two histories: at {} another command here was shown the root {} meanwhile, and this one \
                         another{}",
                        entries(known.size),
                        known.root,
                        self.proof(&there, checkpoint)
                    )));
                }
                known.size > ours.size
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(file_error("read", &path)(error)),
        };
        replace_file(&self.folder.join("anchor"), format!("{anchor}\n").as_bytes()).map_err(not_replaced)?;
        if newer {
            let digest = Digest::of(checkpoint.as_bytes()).hex();
            let path = self.folder.join(format!("{OVERTAKEN}{}-{digest}.checkpoint", ours.size));
            replace_file(&path, checkpoint.as_bytes()).map_err(not_replaced)?;
        } else {
            replace_file(&path, checkpoint.as_bytes()).map_err(not_replaced)?;
        }
        // The log goes on from these, so what is kept of it now says what they did.
        for path in self.overtaken().iter().filter(|path| held.iter().any(|held| held.path == **path)) {
            fs::remove_file(path).map_err(file_error("remove", path))?;
        }
        Ok(())
    }
}

/// A file of this machine's that is not as it was written.
pub fn damaged(path: &Path, why: &dyn std::fmt::Display) -> CliError {
    CliError::Storage(format!(
        "{} is not as it was written here: {why}. It shows what the log had signed, so nothing goes on without it: put it \
         back from a copy of the data folder; where there is none, move it away, and whatever the log is by then is taken \
         for the first that was seen",
        path.display()
    ))
}
