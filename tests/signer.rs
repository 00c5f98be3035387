//! Keys in files and agents, against OpenSSH's own programs and against agents that misbehave.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // helpers of tests

mod signer_support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use quorate::signer::{AgentError, KeyFile, Signer, SignerError, generate, public};
use quorate::statement::{KeyError, PublicKey, SignatureError, sshsig};
use signer_support::{
    Desk, NAMESPACE, SecurityKey, TEXT, answers, data_of, listing, nobody, run, signed, string,
};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn find(desk: &Desk, value: &str) -> Result<Signer, SignerError> {
    Signer::find(value, &desk.places(), &mut nobody)
}

/// Signs, and lets OpenSSH judge.
fn assert_signs(desk: &Desk, signer: &Signer) {
    let signature = signer.sign(TEXT).unwrap();
    assert_eq!(signature.key, signer.public().fingerprint());
    assert_eq!(sshsig::verify(&signature.sig, TEXT.as_bytes()).as_ref(), Ok(signer.public()));
    assert!(desk.openssh_accepts(signer.public(), &signature.sig, TEXT));
    assert!(!desk.openssh_accepts(signer.public(), &signature.sig, "another text"));
}

// ---- key files

#[test]
fn a_new_key_is_one_that_openssh_reads_and_accepts() {
    let desk = Desk::new();
    for (name, passphrase) in [("plain", None), ("locked", Some("correct horse"))] {
        let path = desk.path(name);
        let public = generate(&path, "i1@example.org", passphrase).unwrap();
        let line = fs::read_to_string(desk.path(&format!("{name}.pub"))).unwrap();
        assert_eq!(line, format!("{public} i1@example.org\n"));
        assert_eq!((mode(&path), mode(&desk.path(&format!("{name}.pub")))), (0o600, 0o644));

        let file = path.to_str().unwrap();
        let derived = run("ssh-keygen", &["-y", "-P", passphrase.unwrap_or(""), "-f", file], "");
        assert_eq!(derived, line);
        let read = KeyFile::load(&path, &mut answers(&["correct horse"])).unwrap();
        assert_eq!(*read.public(), public);
        assert_signs(&desk, &Signer::File(read));
    }
}

#[test]
fn a_new_key_without_a_comment_leaves_no_space_behind_it() {
    let desk = Desk::new();
    let public = generate(&desk.path("key"), "", None).unwrap();
    assert_eq!(fs::read_to_string(desk.path("key.pub")).unwrap(), format!("{public}\n"));
}

#[test]
fn no_two_new_keys_are_the_same_and_none_says_its_passphrase() {
    let desk = Desk::new();
    let one = generate(&desk.path("one"), "", Some("correct horse")).unwrap();
    let two = generate(&desk.path("two"), "", Some("correct horse")).unwrap();
    assert_ne!(one, two);
    assert!(KeyFile::load(&desk.path("one"), &mut nobody).is_err());
}

#[test]
fn a_new_key_overwrites_nothing() {
    let desk = Desk::new();
    for taken in ["key", "key.pub"] {
        let desk = Desk::new();
        fs::write(desk.path(taken), "precious").unwrap();
        let error = generate(&desk.path("key"), "", None).unwrap_err();
        assert!(matches!(&error, SignerError::Exists { path } if *path == desk.path(taken)), "{error}");
        assert_eq!(fs::read_to_string(desk.path(taken)).unwrap(), "precious");
        assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 1, "half a pair is left");
    }
    symlink(desk.path("elsewhere"), desk.path("link")).unwrap();
    assert!(matches!(generate(&desk.path("link"), "", None), Err(SignerError::Exists { .. })));
    assert!(!desk.path("elsewhere").exists());
}

#[test]
fn a_new_key_refuses_what_would_spoil_it() {
    let desk = Desk::new();
    let made = |comment, passphrase| generate(&desk.path("key"), comment, passphrase);
    assert!(matches!(made("a\nssh-ed25519 AAAA", None), Err(SignerError::Comment { character: '\n' })));
    assert!(matches!(made("", Some("")), Err(SignerError::EmptyPassphrase)));
    assert!(!desk.path("key").exists());
}

#[test]
fn keys_of_ssh_keygen_sign() {
    let desk = Desk::new();
    let plain = KeyFile::load(&desk.keygen("plain", "ed25519", ""), &mut nobody).unwrap();
    assert_signs(&desk, &Signer::File(plain));
    let locked = desk.keygen("locked", "ed25519", "correct horse");
    let locked = KeyFile::load(&locked, &mut answers(&["wrong", "", "correct horse"])).unwrap();
    assert_eq!(*locked.public(), public::read(&desk.path("locked.pub")).unwrap().key);
    assert_signs(&desk, &Signer::File(locked));
}

#[test]
fn every_cipher_of_openssh_is_read() {
    let desk = Desk::new();
    for cipher in [
        "aes128-ctr",
        "aes192-ctr",
        "aes256-cbc",
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
    ] {
        let path = desk.path(cipher);
        let file = path.to_str().unwrap();
        run("ssh-keygen", &["-q", "-t", "ed25519", "-Z", cipher, "-N", "correct horse", "-f", file], "");
        let key = KeyFile::load(&path, &mut answers(&["wrong", "correct horse"]))
            .unwrap_or_else(|error| panic!("{cipher}: {error}"));
        assert_signs(&desk, &Signer::File(key));
    }
}

#[test]
fn what_ssh_keygen_signs_passes() {
    let desk = Desk::new();
    let key = desk.keygen("key", "ed25519", "");
    let sig = run("ssh-keygen", &["-q", "-Y", "sign", "-n", NAMESPACE, "-f", key.to_str().unwrap()], TEXT);
    let signer = find(&desk, "key").unwrap();
    assert_eq!(sshsig::verify(&sig, TEXT.as_bytes()).as_ref(), Ok(signer.public()));
    // Ed25519 is deterministic: ours is the same, byte for byte.
    assert_eq!(signer.sign(TEXT).unwrap().sig, sig);
}

#[test]
fn three_wrong_passphrases_are_enough() {
    let desk = Desk::new();
    let path = desk.keygen("key", "ed25519", "correct horse");
    let error = KeyFile::load(&path, &mut answers(&["a", "b", "c", "correct horse"])).unwrap_err();
    assert!(matches!(error, SignerError::Passphrase { .. }), "{error}");
    let error = KeyFile::load(&path, &mut nobody).unwrap_err();
    assert!(matches!(error, SignerError::Ask { .. }), "{error}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let desk = Desk::new();
    let path = desk.keygen("key", "ed25519", "");
    for bits in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        let error = KeyFile::load(&path, &mut nobody).unwrap_err();
        assert!(matches!(error, SignerError::Permissions { mode, .. } if mode == bits), "{error}");
        assert!(error.to_string().contains(&format!("chmod 600 {}", path.display())));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyFile::load(&path, &mut nobody).is_ok());
}

#[test]
fn keys_that_cannot_sign_are_refused_before_a_passphrase_is_asked_for() {
    let desk = Desk::new();
    for (kind, name) in [("rsa", "ssh-rsa"), ("ecdsa", "ecdsa-sha2-nistp256")] {
        let path = desk.keygen(kind, kind, "correct horse");
        let error = KeyFile::load(&path, &mut nobody).unwrap_err();
        let SignerError::Key { cause, .. } = error else { panic!("{error}") };
        assert_eq!(cause, KeyError::Type(name.to_owned()));
        let error = public::read(&desk.path(&format!("{kind}.pub"))).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let path = desk.path("pem");
    let file = path.to_str().unwrap();
    run("ssh-keygen", &["-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", file], "");
    let error = KeyFile::load(&path, &mut nobody).unwrap_err();
    assert!(error.to_string().contains("another format"), "{error}");
}

/// Writes bytes as a private key file.
fn armoured(path: &Path, bytes: &[u8]) {
    let base64 = Base64::encode_string(bytes);
    let text = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{base64}\n-----END OPENSSH PRIVATE KEY-----\n");
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_handle_of_a_security_key_sends_its_owner_to_the_agent() {
    let desk = Desk::new();
    let key = SecurityKey::new().public();
    let head = [string(b"none"), string(b"none"), string(b""), vec![0, 0, 0, 1], string(&key.blob())];
    armoured(&desk.path("key"), &[b"openssh-key-v1\0".to_vec(), head.concat(), string(&[0; 64])].concat());
    fs::write(desk.path("key.pub"), format!("{key} mine\n")).unwrap();
    let error = find(&desk, "key").unwrap_err();
    assert!(matches!(error, SignerError::Handle { .. }), "{error}");
    let error = find(&desk, "key.pub").unwrap_err().to_string();
    assert!(
        error.contains("SSH_AUTH_SOCK is not set") && error.contains("a handle for a security key"),
        "{error}"
    );
}

#[test]
fn a_damaged_key_file_is_an_error_wherever_it_is_damaged() {
    let desk = Desk::new();
    let path = desk.keygen("key", "ed25519", "");
    let text = fs::read_to_string(&path).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = Base64::decode_vec(&base64).unwrap();
    let good = find(&desk, "key").unwrap().public().clone();
    for at in 0..bytes.len() {
        armoured(&path, &bytes[..at]);
        assert!(find(&desk, "key").is_err(), "cut at {at}");
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x11;
        armoured(&path, &damaged);
        // The comment is free; everything else must fit.
        if let Ok(signer) = find(&desk, "key") {
            assert_eq!(*signer.public(), good, "altered at {at}");
            signer.sign(TEXT).unwrap();
        }
    }
}

#[test]
fn what_is_no_key_file_is_refused_with_what_to_do() {
    let desk = Desk::new();
    let key = generate(&desk.path("key"), "", None).unwrap();
    let text = fs::read_to_string(desk.path("key")).unwrap();
    let cut = text.trim_end().strip_suffix('-').unwrap().to_owned();
    for (name, contents, expected) in [
        ("empty", String::new(), "name the file that `ssh-keygen"),
        ("prose", "not a key".to_owned(), "name the file that `ssh-keygen"),
        ("public", key.to_string(), "it is a public key"),
        ("long", "x".repeat(70_000), "more than 65536 bytes"),
        ("cut", cut, "last line is missing"),
        ("letters", text.replace("AAAA", "A§AA"), "base64"),
    ] {
        fs::write(desk.path(name), contents).unwrap();
        let error = find(&desk, name).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    fs::create_dir(desk.path("folder")).unwrap();
    assert!(matches!(find(&desk, "folder"), Err(SignerError::NotAFile { .. })));
    // Opened, it would wait for a writer for ever.
    run("mkfifo", &[desk.path("pipe").to_str().unwrap()], "");
    assert!(matches!(find(&desk, "pipe"), Err(SignerError::NotAFile { .. })));
}

// ---- public keys

#[test]
fn public_keys_are_read_from_a_line() {
    let key = SecurityKey::new().public();
    for (text, comment) in [
        (format!("{key}"), ""),
        (format!("{key} \n"), ""),
        (format!("{key} anna's key\r\n"), "anna's key"),
        (format!("  {}\tanna\n", key.to_string().replace(' ', "\t")), "anna"),
    ] {
        let line = public::parse(&text).unwrap();
        assert_eq!((line.key, line.comment.as_str()), (key.clone(), comment));
    }
    assert_eq!(public::given(&key.to_string()).unwrap().key, key);
}

#[test]
fn what_is_no_public_key_is_refused_with_what_to_do() {
    let desk = Desk::new();
    let key = generate(&desk.path("key"), "", None).unwrap();
    let private = fs::read_to_string(desk.path("key")).unwrap();
    let zero = PublicKey::plain(quorate::statement::RawKey([0; 32]));
    for (text, expected) in [
        (String::new(), "not one line"),
        (format!("{key}\n{key}"), "not one line"),
        (private, "a private key"),
        ("ssh-ed25519".to_owned(), "begins with its type"),
        (format!("no-pty {key}"), "no options"),
        ("ssh-ed25519 AAAA".to_owned(), "damaged"),
        (key.to_string().replace("ssh-", "sk-ssh-"), "damaged"),
        (key.to_string()[..70].to_owned(), "damaged"),
        (zero.to_string(), "small order"),
    ] {
        let error = public::parse(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = public::given("ssh-ed25519 AAAA").unwrap_err().to_string();
    assert!(error.starts_with("`ssh-ed25519 AAAA`"), "{error}");
    let error = public::given(desk.path("nowhere.pub").to_str().unwrap()).unwrap_err().to_string();
    assert!(error.contains("nowhere.pub"), "{error}");
}

// ---- finding

#[test]
fn a_key_is_found_by_path_and_by_name() {
    let desk = Desk::new();
    let key = generate(&desk.path("anna"), "", None).unwrap();
    let path = desk.path("anna").display().to_string();
    for value in ["anna", "anna.pub", &path, &format!("{path}.pub")] {
        assert_eq!(*find(&desk, value).unwrap().public(), key, "{value}");
    }
}

#[test]
fn a_key_that_is_nowhere_says_where_it_was_looked_for() {
    let desk = Desk::new();
    let key = SecurityKey::new().public();
    fs::write(desk.path("sk.pub"), key.to_string()).unwrap();
    let folder = desk.folder.path().display().to_string();
    for (value, expected) in [
        ("anna", vec![format!("{folder}/anna does not exist"), "anna.pub does not exist".to_owned()]),
        ("sk", vec!["SSH_AUTH_SOCK is not set".to_owned(), format!("{folder}/sk does not exist")]),
        (&key.fingerprint(), vec!["SSH_AUTH_SOCK is not set".to_owned(), "ssh-add -l".to_owned()]),
        (&key.to_string(), vec!["SSH_AUTH_SOCK is not set".to_owned(), "ssh-add FILE".to_owned()]),
    ] {
        let error = find(&desk, value).unwrap_err();
        assert!(matches!(error, SignerError::NotFound { .. }), "{error}");
        for part in expected {
            assert!(error.to_string().contains(&part), "{error}");
        }
    }
}

#[test]
fn a_public_file_beside_another_private_key_is_refused() {
    let desk = Desk::new();
    generate(&desk.path("anna"), "", None).unwrap();
    generate(&desk.path("ben"), "", None).unwrap();
    fs::copy(desk.path("ben.pub"), desk.path("anna.pub")).unwrap();
    assert!(matches!(find(&desk, "anna.pub"), Err(SignerError::NotAPair { .. })));
}

// ---- agents

#[test]
fn a_real_agent_signs() {
    let desk = Desk::new();
    let _agent = desk.ssh_agent();
    let key = generate(&desk.path("anna"), "anna@example.org", None).unwrap();
    desk.ssh_add(&["-q", desk.path("anna").to_str().unwrap()]);
    desk.ssh_add(&["-q", desk.keygen("rsa", "rsa", "").to_str().unwrap()]);
    let held = desk.places().agent.unwrap().keys().unwrap();
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!((held[0].public(), held[0].comment()), (&key, "anna@example.org"));

    fs::remove_file(desk.path("anna")).unwrap();
    for value in ["anna", "anna.pub", &key.fingerprint(), &key.to_string()] {
        let signer = find(&desk, value).unwrap();
        assert!(matches!(signer, Signer::Agent(_)), "{value}: {signer:?}");
        assert_signs(&desk, &signer);
    }

    let stranger = SecurityKey::new().public().fingerprint();
    let error = find(&desk, &stranger).unwrap_err().to_string();
    assert!(error.contains("has it not among its 1 Ed25519 keys"), "{error}");

    let signer = find(&desk, "anna").unwrap();
    desk.ssh_add(&["-q", "-D"]);
    let error = signer.sign(TEXT).unwrap_err();
    assert!(matches!(error, SignerError::Agent { cause: AgentError::Refused, .. }), "{error}");
    let error = find(&desk, &key.fingerprint()).unwrap_err().to_string();
    assert!(error.contains("shows no Ed25519 key"), "{error}");
}

#[test]
fn an_agent_that_is_gone_is_one_more_place_without_the_key() {
    let desk = Desk::new();
    let key = generate(&desk.path("anna"), "", None).unwrap();
    drop(desk.ssh_agent());
    assert!(desk.path("agent").exists(), "the socket outlives its agent");
    assert!(matches!(find(&desk, "anna.pub").unwrap(), Signer::File(_)));
    let error = find(&desk, &key.fingerprint()).unwrap_err().to_string();
    assert!(error.contains("cannot connect") && error.contains("eval $(ssh-agent)"), "{error}");
}

/// Has an agent that lists a security key sign with it, and answers the request with `answer`.
fn sign_with(answer: impl Fn(&SecurityKey, &[u8]) -> Vec<u8> + Send + 'static) -> Result<(), SignerError> {
    let desk = Desk::new();
    let key = SecurityKey::new();
    let public = key.public();
    desk.fake_agent(move |request| match request[0] {
        11 => listing(&[key.public()]),
        _ => answer(&key, data_of(request)),
    });
    let signer = find(&desk, &public.fingerprint())?;
    let signature = signer.sign(TEXT)?;
    assert_eq!(sshsig::verify(&signature.sig, TEXT.as_bytes()), Ok(public.clone()));
    assert!(desk.openssh_accepts(&public, &signature.sig, TEXT));
    Ok(())
}

#[test]
fn a_security_key_signs_when_it_is_touched() {
    sign_with(|key, data| signed(&key.sign(data, 0x01))).unwrap();
    // With its PIN as well.
    sign_with(|key, data| signed(&key.sign(data, 0x05))).unwrap();
}

#[test]
fn a_signature_that_does_not_hold_is_not_handed_out() {
    let faulty = |answer: fn(&SecurityKey, &[u8]) -> Vec<u8>| match sign_with(answer) {
        Err(SignerError::Faulty { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(faulty(|key, data| signed(&key.sign(data, 0x00))), SignatureError::UserPresence);
    assert_eq!(faulty(|key, _| signed(&key.sign(b"another", 0x01))), SignatureError::Wrong);
    let plain = |_: &SecurityKey, _: &[u8]| signed(&sshsig::plain_blob(&[0; 64]));
    assert!(matches!(faulty(plain), SignatureError::Algorithm { .. }));
    assert!(matches!(faulty(|_, _| signed(b"")), SignatureError::Malformed(_)));
    assert!(matches!(faulty(|_, _| signed(&[0xff; 100])), SignatureError::Malformed(_)));
    assert!(matches!(faulty(|_, _| signed(&vec![0; 200_000])), SignatureError::TooLong { .. }));
    let longer = |key: &SecurityKey, data: &[u8]| signed(&[key.sign(data, 0x01), vec![0]].concat());
    assert!(matches!(faulty(longer), SignatureError::Trailing(_)));
}

#[test]
fn an_agent_that_does_not_sign_is_an_error() {
    let failed = |answer: fn(&SecurityKey, &[u8]) -> Vec<u8>| match sign_with(answer) {
        Err(SignerError::Agent { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    assert!(matches!(failed(|_, _| string(&[5])), AgentError::Refused));
    assert!(matches!(failed(|_, _| string(&[])), AgentError::Malformed));
    assert!(matches!(failed(|_, _| string(&[12, 0, 0, 0, 0])), AgentError::Malformed));
    assert!(matches!(failed(|_, _| string(&[14, 0xff, 0xff, 0xff, 0xff, 1])), AgentError::Malformed));
    let longer =
        |key: &SecurityKey, data: &[u8]| string(&[vec![14], string(&key.sign(data, 0x01)), vec![0]].concat());
    assert!(matches!(failed(longer), AgentError::Malformed));
    assert!(matches!(failed(|_, _| vec![0xff; 4]), AgentError::TooLong(u32::MAX)));
    assert!(matches!(failed(|_, _| b"HTTP/1.1 400 Bad Request\r\n".to_vec()), AgentError::TooLong(_)));
    assert!(matches!(failed(|_, _| Vec::new()), AgentError::Closed));
    assert!(matches!(failed(|_, _| vec![0, 0]), AgentError::Closed));
    assert!(matches!(failed(|_, _| vec![0, 0, 0, 9, 14, 0]), AgentError::Closed));
}

#[test]
fn an_agent_that_does_not_list_is_an_error() {
    for (answer, expected) in [
        (string(&[5]), "unlock it with `ssh-add -X`"),
        (string(&[14]), "cannot be read"),
        (string(&[12]), "cannot be read"),
        (string(&[12, 0xff, 0xff, 0xff, 0xff]), "cannot be read"),
        (string(&[12, 0, 0, 0, 0, 0]), "cannot be read"),
        (vec![0x7f, 0xff, 0xff, 0xff], "announces an answer of 2147483647 bytes"),
        (Vec::new(), "without an answer"),
    ] {
        let desk = Desk::new();
        let agent = desk.fake_agent(move |_| answer.clone());
        let error = agent.keys().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_listing_is_read_whole_or_not_at_all() {
    let key = SecurityKey::new().public();
    let plain = PublicKey::plain(key.raw());
    let whole = listing(&[key.clone(), plain.clone()]);
    let desk = Desk::new();
    let agent = desk.fake_agent(move |_| whole.clone());
    let keys = agent.keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.public().clone()).collect::<Vec<_>>(), [key.clone(), plain]);
    assert_eq!(keys[0].comment(), "on the desk");

    let message = listing(&[key])[4..].to_vec();
    for end in 0..message.len() {
        let (desk, cut) = (Desk::new(), string(&message[..end]));
        let agent = desk.fake_agent(move |_| cut.clone());
        let error = agent.keys().unwrap_err();
        assert!(matches!(error, SignerError::Agent { cause: AgentError::Malformed, .. }), "{end}: {error}");
    }
}
