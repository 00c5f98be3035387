//! A statement that comes as a form with its documents: what comes is bounded before it is kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use futures_util::StreamExt as _;

use super::desk::Desk;
use super::kinds;
use super::problem::Problem;
use super::quota::Coming;
use super::room::Growing;
use super::submit::MAX_ENVELOPE;
use super::work::blocking;
use crate::registry::{Signed, attachments};
use crate::statement::Blob;

/// What stands around the envelope, and around all documents: heads of parts and what separates them.
const MAX_AROUND: usize = 64 * 1024;

/// The most bytes of a form beside its documents.
pub(super) const MAX_FORM: usize = MAX_ENVELOPE + 2 * MAX_AROUND;

/// A form, whose first part has been read.
pub(super) struct Parcel {
    parts: Multipart,
    left: Left,
}

impl Parcel {
    /// Reads the first part, which is the envelope. No more is taken than an envelope has, wherever parts begin: what is in
    /// no part is kept as well until one is found.
    ///
    /// # Errors
    /// It is none, or longer.
    pub(super) async fn open(mut request: Request) -> Result<(Self, Vec<u8>), Problem> {
        let left = Left::new(MAX_ENVELOPE + MAX_AROUND);
        DefaultBodyLimit::disable().apply(&mut request);
        let request = request.map(|body| left.bound(body));
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|error| Problem::bad_request(error.body_text()))?;
        let first = parts.next_field().await.map_err(|error| left.wrong(&error))?;
        let first = first.filter(|part| part.name() == Some("envelope"));
        let first = first.ok_or_else(|| Problem::bad_request("the first part is to be `envelope`"))?;
        let envelope = part(first, MAX_ENVELOPE, &left, |_| Ok(())).await?;
        Ok((Self { parts, left }, envelope))
    }

    /// Reads the documents, each of which the statement names; `coming` is what they take of a quota, and `room` in memory.
    ///
    /// # Errors
    /// One is not named, too long, or more than there is room for.
    pub(super) async fn documents(
        &mut self,
        desk: &Desk,
        signed: &Signed,
        mut coming: Option<&mut Coming>,
        room: &mut Growing,
    ) -> Result<Vec<Blob>, Problem> {
        let Self { parts, left } = self;
        left.more(desk.limits.documents.saturating_add(MAX_AROUND));
        let mut wanted: Vec<_> = attachments(&signed.statement().body).into_values().collect();
        let (mut blobs, mut most) = (Vec::new(), desk.limits.documents);
        while let Some(next) = parts.next_field().await.map_err(|error| left.wrong(&error))? {
            if next.name() != Some("document") {
                return Err(Problem::bad_request("every part after the first is to be a `document`"));
            }
            let fits = |bytes: usize| {
                if !room.more(bytes as u64) {
                    desk.metrics.limited("arriving");
                    return Err(Problem::busy());
                }
                if coming.as_mut().is_none_or(|coming| coming.more(bytes as u64, desk.limits.quota)) {
                    return Ok(());
                }
                desk.metrics.limited("documents");
                Err(Problem::new(&kinds::QUOTA, kinds::QUOTA.means)
                    .instead("file less, or ask the operator for more room"))
            };
            let bytes = part(next, desk.limits.document.min(most), left, fits).await?;
            most -= bytes.len();
            let blob = blocking(move || Blob::of(bytes)).await?;
            let place = |blob: &Blob| wanted.iter().position(|named| *named == blob.digest());
            let Some((blob, place)) = blob.and_then(|blob| place(&blob).map(|place| (blob, place))) else {
                return Err(Problem::bad_request("a document is none that the statement names").instead(
                    "send each document that it names once, its salt first, as `FILE.documents/` holds them",
                ));
            };
            wanted.swap_remove(place);
            if let (Some(coming), Some(kept)) =
                (&mut coming, desk.registry.store().blob_size(&blob.digest())?)
            {
                coming.kept_already(kept);
            }
            blobs.push(blob);
        }
        Ok(blobs)
    }

    /// Reads the rest of what was sent and keeps nothing of it: many clients hear no answer before they have sent all.
    pub(super) async fn drain(mut self, desk: &Desk) {
        self.left.drop.store(true, Relaxed);
        self.left.more(desk.limits.documents.saturating_add(MAX_AROUND));
        while let Ok(Some(_)) = self.parts.next_field().await {}
    }
}

/// The bytes of a part, of which there are at most so many; `fits` is asked of each that comes, before it is kept.
async fn part(
    mut field: Field<'_>,
    most: usize,
    left: &Left,
    mut fits: impl FnMut(usize) -> Result<(), Problem>,
) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| left.wrong(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(Problem::too_long(format!("a part has more than the {most} bytes that it can have")));
        }
        fits(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How much of a body may still come, which bounds what a form's reader keeps of it.
#[derive(Clone)]
struct Left {
    bytes: Arc<AtomicI64>,
    /// Whether what comes is dropped.
    drop: Arc<AtomicBool>,
}

impl Left {
    fn new(bytes: usize) -> Self {
        let left = Self { bytes: Arc::default(), drop: Arc::default() };
        left.more(bytes);
        left
    }

    fn more(&self, bytes: usize) {
        self.bytes.fetch_add(i64::try_from(bytes).unwrap_or(i64::MAX / 4), Relaxed);
    }

    /// The body, as far as it may come.
    fn bound(&self, body: Body) -> Body {
        let left = self.clone();
        Body::from_stream(body.into_data_stream().filter_map(move |chunk| {
            let chunk = chunk.map_err(io::Error::other).and_then(|chunk| {
                let bytes = i64::try_from(chunk.len()).unwrap_or(i64::MAX / 4);
                let fits = left.bytes.fetch_sub(bytes, Relaxed) >= bytes;
                fits.then_some(chunk).ok_or_else(|| io::Error::other("longer than what is taken"))
            });
            let dropped = chunk.is_ok() && left.drop.load(Relaxed);
            std::future::ready((!dropped).then_some(chunk))
        }))
    }

    /// Why a form could not be read on.
    fn wrong(&self, error: &MultipartError) -> Problem {
        if self.bytes.load(Relaxed) < 0 {
            return Problem::too_long("a form has an envelope and its documents, and this one is longer");
        }
        Problem::bad_request(error.body_text())
    }
}
