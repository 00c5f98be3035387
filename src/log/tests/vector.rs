//! The published test vector, to the byte. Its values were made by software that is not this.

use super::super::note::key_id;
use super::*;
use crate::log::{Note, VerifierKey};

pub(super) const LOG: &str = "log.example/votes+fe0831bc+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
pub(super) const WITNESS: &str = "wit.example/w1+ebd05df4+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";

/// The checkpoint of all 70,000 votes, with the log's signature and a witness's cosignature.
pub(super) const COSIGNED: &str = "log.example/votes
70000
1SCqnSgeNIT0AqOGVpMm/2A6SY+Ceem9sscDI12Szmg=

— log.example/votes /ggxvGMR7cbv/hoKY94FJSSR/VeXSBTm2AZzg7gYH+JDgm2uabI18xfj7v8Rnma9+08tyYX4CQZEbirrsy3tT1MtgAI=
— wit.example/w1 69Bd9AAAAABpUkfAw4hZJOMjBuIun70kclNYJiyjoGQ7mtUpAx5Xzt9ohg1Ge6bMtprEGc7aq5XL6/5XoWzB0zi92kxKh0WV5ho9BQ==
";

#[test]
fn the_logs_key() {
    assert_eq!(log_key().verifier().to_string(), LOG);
    assert_eq!(LOG.parse::<VerifierKey>().as_ref(), Ok(log_key().verifier()));
}

#[test]
fn the_witnesss_key_id() {
    let key = LogKey::from_seed("wit.example/w1", &[2; 32]).unwrap().verifier().raw();
    assert_eq!(key_id("wit.example/w1", 0x04, &key), 0xebd0_5df4);
    // A witness's key is no log's, and must not be taken for one.
    let refused = WITNESS.parse::<VerifierKey>().unwrap_err().to_string();
    assert_eq!(refused, "the key of wit.example/w1 has type 0x04: a log's key has type 0x01 (Ed25519)");
}

#[test]
fn roots_checkpoint_and_signature() {
    let tree = votes(70_000);
    let root = |size| tree.root_at(size).unwrap().to_string();
    assert_eq!(root(1000), "rw4Ge4Lb8Vuep6fHp1SlMvj5NpNOFUDPlJHDhTbTDVE=");
    assert_eq!(root(70_000), "1SCqnSgeNIT0AqOGVpMm/2A6SY+Ceem9sscDI12Szmg=");

    let checkpoint = Checkpoint { origin: "log.example/votes".to_owned(), head: tree.head() };
    let (signed, _witness) = COSIGNED.split_at(COSIGNED.find("— wit").unwrap());
    assert_eq!(checkpoint.sign(&log_key()).unwrap().to_string(), signed);
    // The witness's signature, unknown here, is ignored, and kept.
    assert_eq!(Checkpoint::open(COSIGNED.as_bytes(), log_key().verifier()), Ok(checkpoint));
    assert_eq!(Note::parse(COSIGNED.as_bytes()).unwrap().to_string(), COSIGNED);
}

/// The example in C2SP signed-note.
#[test]
fn the_specifications_own_note() {
    let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn\
                cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let text = Note::parse(note.as_bytes()).unwrap().open(&key.parse().unwrap()).map(str::to_owned);
    assert_eq!(text, Ok("This is an example message.\n".to_owned()));
}
