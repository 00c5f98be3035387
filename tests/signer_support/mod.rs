//! OpenSSH's own programs, and agents that answer whatever a test tells them.
#![allow(clippy::unwrap_used)] // helpers of tests
#![allow(dead_code)] // each test binary uses a part

#[path = "../shared/agents.rs"]
mod agents;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use agents::RealAgent;
use ed25519_dalek::{Signer as _, SigningKey};
use quorate::signer::{Agent, Places};
use quorate::statement::{PublicKey, RawKey};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use zeroize::Zeroizing;

pub const TEXT: &str = r#"{"type":"vote","choice":"met"}"#;
pub const NAMESPACE: &str = "quorate/statement/v1";

/// A folder with room for keys, and nothing in it.
pub struct Desk {
    pub folder: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The places of this folder, with an agent at the socket `agent` if one is there.
    pub fn places(&self) -> Places {
        let socket = self.path("agent");
        Places { keys: self.folder.path().to_owned(), agent: socket.exists().then(|| Agent::at(socket)) }
    }

    /// A key made by `ssh-keygen`.
    pub fn keygen(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        let path = self.path(name);
        let file = path.to_str().unwrap();
        run("ssh-keygen", &["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f", file], "");
        path
    }

    /// Whether `ssh-keygen -Y verify` takes the signature over the text for the key's own.
    pub fn openssh_accepts(&self, key: &PublicKey, sig: &str, text: &str) -> bool {
        let (allowed, file) = (self.path("allowed_signers"), self.path("signature"));
        fs::write(&allowed, format!("panelist {key}\n")).unwrap();
        fs::write(&file, sig).unwrap();
        let (allowed, file) = (allowed.to_str().unwrap(), file.to_str().unwrap());
        let arguments = ["-Y", "verify", "-n", NAMESPACE, "-I", "panelist", "-f", allowed, "-s", file];
        output("ssh-keygen", &arguments, text).status.success()
    }

    /// A real ssh-agent at the socket `agent`, until it is dropped.
    pub fn ssh_agent(&self) -> RealAgent {
        RealAgent::at(&self.path("agent"))
    }

    pub fn ssh_add(&self, arguments: &[&str]) {
        let socket = self.path("agent");
        let done = Command::new("ssh-add").args(arguments).env("SSH_AUTH_SOCK", socket).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// An agent at the socket `agent` that gives each request to `answer`, writes the bytes that come back
    /// just as they are, and closes the connection.
    pub fn fake_agent(&self, answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Agent {
        let socket = self.path("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut length = [0; 4];
                stream.read_exact(&mut length).unwrap();
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap();
                // The other side may have seen enough and be gone.
                drop(stream.write_all(&answer(&request)));
            }
        });
        Agent::at(socket)
    }
}

fn output(program: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What a program prints, which must succeed.
pub fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let done = output(program, arguments, input);
    assert!(done.status.success(), "{program} {arguments:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// For keys that have no passphrase.
pub fn nobody(path: &Path) -> io::Result<Zeroizing<String>> {
    Err(io::Error::other(format!("asked for the passphrase of {}", path.display())))
}

/// Somebody who answers with these passphrases in turn.
pub fn answers(passphrases: &[&str]) -> impl FnMut(&Path) -> io::Result<Zeroizing<String>> {
    let mut left: Vec<String> = passphrases.iter().rev().map(|text| (*text).to_owned()).collect();
    move |_| left.pop().map(Zeroizing::new).ok_or_else(|| io::Error::other("no answer left"))
}

/// An SSH string: its length, then itself.
pub fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length, bytes].concat()
}

/// An agent's answer that lists these keys.
pub fn listing(keys: &[PublicKey]) -> Vec<u8> {
    let mut message = vec![12];
    message.extend_from_slice(&u32::try_from(keys.len()).unwrap().to_be_bytes());
    for key in keys {
        message.extend(string(&key.blob()));
        message.extend(string(b"on the \x1bdesk"));
    }
    string(&message)
}

/// An agent's answer with this signature blob.
pub fn signed(blob: &[u8]) -> Vec<u8> {
    string(&[vec![14], string(blob)].concat())
}

/// The data that a signing request asks to have signed.
pub fn data_of(request: &[u8]) -> &[u8] {
    let length = |at: usize| u32::from_be_bytes(request[at..at + 4].try_into().unwrap()) as usize;
    let at = 1 + 4 + length(1);
    &request[at + 4..at + 4 + length(at)]
}

/// A security key, in software.
pub struct SecurityKey {
    private: SigningKey,
}

impl SecurityKey {
    pub fn new() -> Self {
        Self { private: SigningKey::from_bytes(&[7; 32]) }
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::security(RawKey(self.private.verifying_key().to_bytes()), "ssh:".to_owned())
    }

    /// The signature blob of `PROTOCOL.u2f`, with these flags and a counter of 5.
    pub fn sign(&self, data: &[u8], flags: u8) -> Vec<u8> {
        let mut message = Sha256::digest(b"ssh:").to_vec();
        message.extend_from_slice(&[flags, 0, 0, 0, 5]);
        message.extend_from_slice(&Sha256::digest(data));
        let signature = self.private.sign(&message).to_bytes();
        [string(b"sk-ssh-ed25519@openssh.com"), string(&signature), vec![flags, 0, 0, 0, 5]].concat()
    }
}
