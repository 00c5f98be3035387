//! Who is told by webhooks: takes messages at an address of this machine.
#![allow(dead_code)] // each test binary uses a part of it

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::serve_support::Machine;

/// How long something may take before it counts as never coming.
pub const PATIENCE: Duration = Duration::from_secs(60);

const SECRET: [u8; 32] = [7; 32];

/// What somebody was told, and how.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: String,
    sent: String,
    signature: String,
    pub body: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// That it is signed as Standard Webhooks says, by an HMAC that is written out here (RFC 2104).
    pub fn check(&self) {
        let pad = |byte: u8| -> Vec<u8> {
            let mut block = [0_u8; 64];
            block[..SECRET.len()].copy_from_slice(&SECRET);
            block.iter().map(|key| key ^ byte).collect()
        };
        let text = format!("{}.{}.{}", self.id, self.sent, self.body);
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
        let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
        assert_eq!(self.signature, format!("v1,{}", Base64::encode_string(&outer)));
    }
}

/// Takes messages at an address, and answers each with the next of these statuses; with 204 once they are used up.
pub fn receiver(address: &str, mut statuses: Vec<u16>) -> (SocketAddr, Receiver<Told>) {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let (told, all) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                head.push(line.trim().to_owned());
            }
            let header = |name: &str| {
                let line =
                    head.iter().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
                line.map(|line| line[name.len() + 2..].to_owned()).unwrap_or_default()
            };
            let mut body = vec![0; header("content-length").parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            let status = if statuses.is_empty() { 204 } else { statuses.remove(0) };
            write!(stream.get_mut(), "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
            let message = Told {
                id: header("webhook-id"),
                sent: header("webhook-timestamp"),
                signature: header("webhook-signature"),
                body: String::from_utf8(body).unwrap(),
            };
            if told.send(message).is_err() {
                return;
            }
        }
    });
    (address, all)
}

/// Tells this address of every licence that moves.
pub fn configured(operator: &Machine, address: SocketAddr) {
    let secret = operator.path.join("hook.secret");
    fs::write(&secret, format!("whsec_{}\n", Base64::encode_string(&SECRET))).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "[export]\nfolder = \"public\"\nevery = \"1s\"\n\n\
         [[webhook]]\nname = \"licensing\"\nurl = \"http://{address}/quorate\"\nsecret-file = \"hook.secret\"\n"
    );
    fs::write(operator.path.join("server.toml"), config).unwrap();
}
