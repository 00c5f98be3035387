//! What has still to be delivered to one webhook of one agreement: a file of records, one a line, each on stable storage
//! before anything counts on it.
//!
//! ```text
//! {"outbox":"quorate/outbox/v1","anchor":"sha256:…"}
//! {"seen":{"entries":14,"at":"…"},"message":{"id":"msg_…","body":"…"}}
//! {"delivered":"msg_…"}
//! ```
//!
//! A record says how far the agreement has been looked through and what is told of it, both at once, so that a licence that moves is
//! neither forgotten nor told under two names, wherever the process ends. Of the last line a crash may have left a part, on which
//! nobody has counted. The file is written anew, with what still waits, when it is opened, after a failure, and when
//! most of it has been delivered.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::store::{StoreError, replace_file};
use crate::values::{Digest, Instant};

/// How many messages wait at most. Further ones are made once there is room, of what has changed until then.
const MOST: usize = 1_000;

/// The first field of every file.
const FORM: &str = "quorate/outbox/v1";

/// What a file of the versions before had, `AGREEMENT.json`, which was replaced whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    anchor: Digest,
    seen: Option<Seen>,
    queue: VecDeque<Message>,
}

/// From how many bytes on the file is written anew where most of it has been delivered.
const LONG: u64 = 1 << 20;

/// The outbox of a webhook for an agreement.
pub(super) struct Outbox {
    path: PathBuf,
    /// Held while something becomes durable; only threads that may wait for a disk take it.
    writing: Mutex<Writing>,
    /// What has become durable. Held for a moment only.
    kept: Mutex<Kept>,
    changed: Notify,
}

/// The file, to which records are added; `None` where it has to be written anew.
#[derive(Default)]
struct Writing {
    file: Option<File>,
    length: u64,
}

/// What the file has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    anchor: Digest,
    seen: Option<Seen>,
    queue: VecDeque<Message>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    outbox: String,
    anchor: Digest,
}

/// Every other line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<String>,
}

/// How far the agreement has been looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// So many entries.
    pub entries: u64,
    /// Until this time.
    pub at: Instant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// Its name, the same each time it is sent.
    pub id: String,
    /// What is sent, to the byte.
    pub body: String,
}

impl Kept {
    fn new(anchor: Digest) -> Self {
        Self { anchor, seen: None, queue: VecDeque::new() }
    }

    fn take(&mut self, record: Record) {
        self.seen = record.seen.or(self.seen);
        self.queue.extend(record.message);
        if let Some(delivered) = record.delivered {
            self.queue.retain(|message| message.id != delivered);
        }
    }

    /// The whole file.
    fn text(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = line(&Head { outbox: FORM.to_owned(), anchor: self.anchor })?;
        if self.seen.is_some() {
            text.extend(line(&Record { seen: self.seen, ..Record::default() })?);
        }
        for message in &self.queue {
            text.extend(line(&Record { message: Some(message.clone()), ..Record::default() })?);
        }
        Ok(text)
    }

    /// What a file of a version before has; in words, why it is none.
    fn read_before(text: &[u8]) -> Result<Self, String> {
        let Before { anchor, seen, queue } =
            serde_json::from_slice(text).map_err(|error| error.to_string())?;
        Ok(Self { anchor, seen, queue })
    }

    /// What a file has; in words, why it is none.
    fn read(text: &[u8]) -> Result<Self, String> {
        // What a crash left of a last line has no end.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = text.get(..whole).unwrap_or_default();
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let head: Head = serde_json::from_slice(lines.next().unwrap_or_default())
            .map_err(|error| format!("line 1: {error}"))?;
        if head.outbox != FORM {
            return Err(format!("its form is `{}`, and this version knows `{FORM}`", head.outbox));
        }
        let mut kept = Self::new(head.anchor);
        for (line, number) in lines.zip(2..) {
            let record = serde_json::from_slice(line).map_err(|error| format!("line {number}: {error}"))?;
            kept.take(record);
        }
        Ok(kept)
    }
}

/// The file of a version before is not read again: what waited in it waits in the new one.
fn taken_over(before: &Path, path: &Path, is_first: bool) -> Result<(), StoreError> {
    if !before.exists() {
        return Ok(());
    }
    if !is_first {
        tracing::warn!(
            path = %before.display(), used = %path.display(),
            "the outbox of a webhook is there in the form of an earlier version as well, and is not read: what waited in it is \
             not told; look at it, and remove it"
        );
        return Ok(());
    }
    fs::remove_file(before).map_err(StoreError::io("remove", before))?;
    tracing::info!(
        path = %path.display(), before = %before.display(),
        "the outbox of a webhook was in the form of an earlier version, and was taken over: what waited in it is told"
    );
    Ok(())
}

fn line(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

impl Outbox {
    /// The outbox in this file, which need not be there. What is there of another agreement is not this one's, and is set aside.
    pub(super) fn open(path: PathBuf, anchor: Digest) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        }
        let before = path.with_extension("json");
        let there = of_this(anchor, &path, read(&path, &Kept::read)?)?;
        let is_first = there.is_none();
        let kept =
            if is_first { of_this(anchor, &before, read(&before, &Kept::read_before)?)? } else { there };
        let kept = kept.unwrap_or_else(|| Kept::new(anchor));
        let writing = anew(&path, &kept)?;
        taken_over(&before, &path, is_first)?;
        Ok(Self { path, writing: Mutex::new(writing), kept: Mutex::new(kept), changed: Notify::new() })
    }

    /// How far the agreement has been looked through; `None` before the first time.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.kept().seen
    }

    /// Whether there is room for a message.
    pub(super) fn has_room(&self) -> bool {
        self.kept().queue.len() < MOST
    }

    /// Notes how far the agreement has been looked through, and what is to be told of it.
    pub(super) async fn add(
        self: &Arc<Self>,
        seen: Seen,
        message: Option<Message>,
    ) -> Result<(), StoreError> {
        self.keep(Record { seen: Some(seen), message, delivered: None }).await
    }

    /// The message that is delivered next.
    pub(super) fn first(&self) -> Option<Message> {
        self.kept().queue.front().cloned()
    }

    /// Takes out the message that has been delivered.
    pub(super) async fn delivered(self: &Arc<Self>, id: String) -> Result<(), StoreError> {
        self.keep(Record { delivered: Some(id), ..Record::default() }).await
    }

    /// Waits until something has been added or taken out.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a record, on a thread that may wait for the disk.
    async fn keep(self: &Arc<Self>, record: Record) -> Result<(), StoreError> {
        let outbox = Arc::clone(self);
        let kept = tokio::task::spawn_blocking(move || outbox.change(record)).await;
        kept.unwrap_or_else(|ended| Err(StoreError::io("write", &self.path)(io::Error::other(ended))))
    }

    /// Makes a record durable, and only then counts on it.
    fn change(&self, record: Record) -> Result<(), StoreError> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = line(&record).map_err(io::Error::from).map_err(StoreError::io("write", &self.path))?;
        // Taken out until all went well: what is left of a failed write is not to be built upon.
        if let Some(mut file) = writing.file.take().filter(|_| !self.is_mostly_delivered(writing.length)) {
            let written = file.write_all(&text).and_then(|()| file.sync_data());
            written.map_err(StoreError::io("write", &self.path))?;
            *writing = Writing { file: Some(file), length: writing.length + text.len() as u64 };
        } else {
            let mut next = self.kept().clone();
            next.take(record.clone());
            *writing = anew(&self.path, &next)?;
        }
        self.kept().take(record);
        drop(writing);
        self.changed.notify_one();
        Ok(())
    }

    fn is_mostly_delivered(&self, length: u64) -> bool {
        let waits: usize = self.kept().queue.iter().map(|message| message.body.len()).sum();
        length > LONG && (waits as u64).saturating_mul(4) < length
    }
}

/// Writes the file anew, to be added to.
fn anew(path: &Path, kept: &Kept) -> Result<Writing, StoreError> {
    let text = kept.text().map_err(io::Error::from).map_err(StoreError::io("write", path))?;
    replace_file(path, &text)?;
    let file = OpenOptions::new().append(true).open(path).map_err(StoreError::io("open", path))?;
    Ok(Writing { file: Some(file), length: text.len() as u64 })
}

/// What a file has; `None` where it is not there. One that is none is set aside: else nobody would be told anything more.
fn read(path: &Path, form: &dyn Fn(&[u8]) -> Result<Kept, String>) -> Result<Option<Kept>, StoreError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(StoreError::io("read", path))?,
    };
    let why = match form(&bytes) {
        Ok(kept) => return Ok(Some(kept)),
        Err(why) => why,
    };
    let aside = aside(path, ".broken")?;
    tracing::error!(
        path = %path.display(), %why, aside = %aside.display(),
        "the outbox of a webhook cannot be read and was set aside: it is told what changes from now on, and not what waited there"
    );
    Ok(None)
}

/// What a file has, if it is of this agreement. One of another, which had this name, is set aside: what waits in it is not this
/// one's to tell.
fn of_this(anchor: Digest, path: &Path, kept: Option<Kept>) -> Result<Option<Kept>, StoreError> {
    let Some(other) = kept.as_ref().filter(|kept| kept.anchor != anchor) else { return Ok(kept) };
    let (of, waits) = (other.anchor, other.queue.len());
    let aside = aside(path, &format!(".{}", of.hex()))?;
    tracing::warn!(
        path = %path.display(), %of, waits, aside = %aside.display(),
        "the outbox of a webhook is of another agreement of this name, and was set aside: what waits in it is not told; look at \
         it, and remove it"
    );
    Ok(None)
}

/// Renames a file to one beside it, of a name that nothing there has.
fn aside(path: &Path, suffix: &str) -> Result<PathBuf, StoreError> {
    let named = |number: u16| {
        let mut aside = path.as_os_str().to_owned();
        aside.push(suffix);
        if number > 1 {
            aside.push(format!("-{number}"));
        }
        PathBuf::from(aside)
    };
    let aside = (1..u16::MAX).map(named).find(|aside| !aside.exists()).unwrap_or_else(|| named(u16::MAX));
    fs::rename(path, &aside).map_err(StoreError::io("rename", path))?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_of_another_agreement_of_this_name_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.jsonl"), Digest::of(b"other"));
        Outbox::open(path.clone(), other).unwrap().change(record(1, 10)).unwrap();
        let waits = fs::read(&path).unwrap();
        let outbox = Outbox::open(path.clone(), Digest::of(b"anchor")).unwrap();
        assert_eq!((outbox.first(), outbox.seen()), (None, None));
        let aside = folder.path().join(format!("a.jsonl.{}", other.hex()));
        assert_eq!(fs::read(aside).unwrap(), waits);
    }

    #[test]
    fn what_was_set_aside_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (path, anchor) = (folder.path().join("a.jsonl"), Digest::of(b"anchor"));
        for text in ["first", "second", "third"] {
            fs::write(&path, text).unwrap();
            Outbox::open(path.clone(), anchor).unwrap();
        }
        let kept = ["", "-2", "-3"]
            .map(|number| fs::read_to_string(folder.path().join(format!("a.jsonl.broken{number}"))).unwrap());
        assert_eq!(kept, ["first", "second", "third"]);
    }

    fn message(number: usize, bytes: usize) -> Message {
        Message { id: format!("msg_{number}"), body: "x".repeat(bytes) }
    }

    fn record(number: usize, bytes: usize) -> Record {
        let seen = Seen { entries: number as u64, at: Instant::from_unix(1_800_000_000) };
        Record { seen: Some(seen), message: Some(message(number, bytes)), delivered: None }
    }

    fn delivered(number: usize) -> Record {
        Record { delivered: Some(format!("msg_{number}")), ..Record::default() }
    }

    /// Wherever the process ends, the file has what was counted on, and in the order in which it was.
    #[test]
    fn every_beginning_of_the_file_is_what_was_there_at_some_time() {
        let folder = tempfile::tempdir().unwrap();
        let (path, anchor) = (folder.path().join("a.jsonl"), Digest::of(b"anchor"));
        let outbox = Outbox::open(path.clone(), anchor).unwrap();
        let begun = fs::read(&path).unwrap().len();
        let mut known = vec![(begun, outbox.kept().clone())];
        for change in [record(1, 10), record(2, 20), delivered(1), record(3, 5), delivered(2), delivered(3)] {
            outbox.change(change).unwrap();
            known.push((fs::read(&path).unwrap().len(), outbox.kept().clone()));
        }
        let whole = fs::read(&path).unwrap();
        for end in begun..=whole.len() {
            let cut = folder.path().join("cut.jsonl");
            fs::write(&cut, &whole[..end]).unwrap();
            let there = Outbox::open(cut, anchor).unwrap().kept().clone();
            let expected = &known.iter().rev().find(|(length, _)| *length <= end).unwrap().1;
            assert_eq!(there, *expected, "{end}");
        }
        assert_eq!(outbox.seen().unwrap().entries, 3);
    }

    #[test]
    fn what_was_delivered_does_not_make_the_file_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let outbox = Outbox::open(path.clone(), Digest::of(b"anchor")).unwrap();
        for number in 0..40 {
            outbox.change(record(number, 100_000)).unwrap();
            outbox.change(delivered(number)).unwrap();
        }
        assert!(fs::metadata(&path).unwrap().len() < 2 * LONG);
        assert_eq!(outbox.first(), None);
    }

    #[test]
    fn what_a_failed_write_left_is_not_built_upon() {
        let folder = tempfile::tempdir().unwrap();
        let (path, anchor) = (folder.path().join("a.jsonl"), Digest::of(b"anchor"));
        let outbox = Outbox::open(path.clone(), anchor).unwrap();
        outbox.change(record(1, 10)).unwrap();
        // Opened for reading alone: nothing can be written, and part of a line stands there.
        outbox.writing.lock().unwrap().file = Some(File::open(&path).unwrap());
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"seen\":").unwrap();
        assert!(outbox.change(record(2, 10)).is_err());
        assert_eq!(outbox.kept().queue.len(), 1);
        outbox.change(record(3, 10)).unwrap();
        let queue = Outbox::open(path, anchor).unwrap().kept().queue.clone();
        assert_eq!(queue, [message(1, 10), message(3, 10)]);
    }
}
