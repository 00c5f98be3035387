//! A data folder that a stage filled, served by a process of its own, and what is sent to it.
#![allow(dead_code)] // each test binary uses a part of it

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use quorate::scenario::{LOG_NAME, log_seed};
use quorate::statement::{Blob, Envelope};
use quorate::store::SledStore;

use crate::registry_support;

/// Makes a data folder of the log that stages keep, and fills its store.
pub fn data_folder<T>(folder: &Path, fill: impl FnOnce(Arc<SledStore>) -> T) -> T {
    fs::write(folder.join("config.toml"), format!("log-name = \"{LOG_NAME}\"\n")).unwrap();
    let key = folder.join("log.key");
    fs::write(&key, format!("quorate-log-key-v1 {}\n", Base64::encode_string(&log_seed()))).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir_all(folder.join("keys")).unwrap();
    with_store(folder, fill)
}

/// Opens the folder's store and gives it to `see`; it is closed afterwards.
pub fn with_store<T>(folder: &Path, see: impl FnOnce(Arc<SledStore>) -> T) -> T {
    registry_support::with_store(&folder.join("store"), &folder.join("blobs"), see)
}

/// The server of a data folder, at any port.
pub fn serve(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data", "."]).args(options).current_dir(folder);
    for name in ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_SERVER", "QUORATE_LOG"] {
        command.env_remove(name);
    }
    command.env("QUORATE_LOG", "error");
    command
}

/// What ends each part of a form.
const BOUNDARY: &str = "one-part-ends-and-another-begins";

/// The content type and the bytes with which a statement and its documents are sent.
pub fn form(envelope: &Envelope, blobs: &[Blob]) -> (String, Vec<u8>) {
    if blobs.is_empty() {
        return ("application/json".to_owned(), envelope.to_text().into_bytes());
    }
    let mut body = Vec::new();
    let mut part = |name: &str, bytes: &[u8]| {
        let file = if name == "document" { "; filename=\"document\"" } else { "" };
        body.extend(
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n");
    };
    part("envelope", envelope.to_text().as_bytes());
    for blob in blobs {
        part("document", blob.bytes());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
