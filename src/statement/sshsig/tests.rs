//! Every way in which an SSH signature can be bent, each by its name.

use ed25519_dalek::Signer as _;
use proptest::prelude::*;

use super::*;
use crate::statement::RawKey;
use crate::statement::samples::{plain, secret, security, sign};

const TEXT: &str = r#"{"type":"vote"}"#;

fn check(armour: &str) -> Result<PublicKey, SignatureError> {
    verify(armour, TEXT.as_bytes())
}

/// The parts of an SSHSIG, each of which a test can bend before it is signed.
struct Parts {
    version: u32,
    key: Vec<u8>,
    namespace: &'static str,
    reserved: &'static [u8],
    hash: &'static str,
    digest: Vec<u8>,
    algorithm: &'static str,
    after_signature: Vec<u8>,
    after_blob: &'static [u8],
}

fn parts() -> Parts {
    Parts {
        version: 1,
        key: plain(1).blob(),
        namespace: NAMESPACE,
        reserved: b"",
        hash: "sha512",
        digest: Sha512::digest(TEXT).to_vec(),
        algorithm: "ssh-ed25519",
        after_signature: Vec::new(),
        after_blob: b"",
    }
}

impl Parts {
    fn signed_data(&self) -> Vec<u8> {
        let mut data = b"SSHSIG".to_vec();
        for field in [self.namespace.as_bytes(), self.reserved, self.hash.as_bytes(), &self.digest] {
            put_string(&mut data, field);
        }
        data
    }

    /// The armour, signed by key 1 over `message`: valid but for what was bent.
    fn armour_over(&self, message: &[u8]) -> String {
        self.armour_with(&secret(1).sign(message).to_bytes())
    }

    fn armour_with(&self, signature: &[u8]) -> String {
        let mut blob = b"SSHSIG".to_vec();
        blob.extend(self.version.to_be_bytes());
        for field in [&self.key, self.namespace.as_bytes(), self.reserved, self.hash.as_bytes()] {
            put_string(&mut blob, field);
        }
        let mut inner = Vec::new();
        put_string(&mut inner, self.algorithm.as_bytes());
        put_string(&mut inner, signature);
        inner.extend(&self.after_signature);
        put_string(&mut blob, &inner);
        blob.extend(self.after_blob);
        wrap(&blob)
    }

    fn armour(&self) -> String {
        self.armour_over(&self.signed_data())
    }
}

/// A security key's signature, composed by hand from `PROTOCOL.u2f`.
fn security_armour(flags: u8, signed_flags: u8, application: &str) -> String {
    let mut bent = parts();
    bent.key = PublicKey::security(plain(1).raw(), application.to_owned()).blob();
    bent.algorithm = "sk-ssh-ed25519@openssh.com";
    bent.after_signature = [&[flags][..], &9_u32.to_be_bytes()].concat();
    let mut message = Sha256::digest(application).to_vec();
    message.push(signed_flags);
    message.extend(9_u32.to_be_bytes());
    message.extend(Sha256::digest(bent.signed_data()));
    bent.armour_over(&message)
}

#[test]
fn a_plain_signature_is_accepted() {
    assert_eq!(parts().armour(), sign(1, TEXT));
    assert_eq!(check(&parts().armour()), Ok(plain(1)));
    assert_eq!(claimed_key(&parts().armour()), Ok(plain(1)));
}

#[test]
fn a_security_keys_signature_is_accepted() {
    assert_eq!(check(&security_armour(1, 1, "ssh:")), Ok(security(1)));
    for flags in [0x05, 0x09, 0x1d] {
        assert_eq!(check(&security_armour(flags, flags, "ssh:")), Ok(security(1)), "{flags:#x}");
    }
    let named = PublicKey::security(plain(1).raw(), "ssh:quorate".to_owned());
    assert_eq!(check(&security_armour(1, 1, "ssh:quorate")), Ok(named));
}

#[test]
fn a_security_keys_signature_without_touch_is_refused() {
    for flags in [0x00, 0x04, 0xfe] {
        assert_eq!(check(&security_armour(flags, flags, "ssh:")), Err(SignatureError::UserPresence));
    }
}

#[test]
fn flags_that_an_ssh_signature_cannot_carry_are_refused() {
    for flags in [0x02, 0x20, 0x40, 0x80] {
        assert_eq!(check(&security_armour(flags | 1, flags | 1, "ssh:")), Err(SignatureError::Flags(flags)));
    }
}

#[test]
fn flags_other_than_the_signed_ones_are_refused() {
    assert_eq!(check(&security_armour(0x01, 0x00, "ssh:")), Err(SignatureError::Wrong));
    assert_eq!(check(&security_armour(0x05, 0x01, "ssh:")), Err(SignatureError::Wrong));
}

#[test]
fn a_key_for_a_web_site_is_refused() {
    for application in ["example.com", "", "SSH:", "ssh:\u{202e}"] {
        assert_eq!(check(&security_armour(1, 1, application)), Err(KeyError::Application.into()));
    }
}

#[test]
fn a_security_key_without_flags_and_counter_is_refused() {
    let mut bent = parts();
    bent.key = security(1).blob();
    bent.algorithm = "sk-ssh-ed25519@openssh.com";
    assert_eq!(check(&bent.armour()), Err(SignatureError::Malformed("flags")));
    bent.after_signature = vec![1, 0, 0, 0];
    assert_eq!(check(&bent.armour()), Err(SignatureError::Malformed("counter")));
}

#[test]
fn another_text_is_refused() {
    for other in ["", " ", "{\"type\":\"vote\"}\n"] {
        assert_eq!(verify(&sign(1, TEXT), other.as_bytes()), Err(SignatureError::Wrong));
    }
}

#[test]
fn another_version_is_refused() {
    for version in [0, 2, u32::MAX] {
        assert_eq!(check(&Parts { version, ..parts() }.armour()), Err(SignatureError::Version(version)));
    }
}

#[test]
fn another_namespace_is_refused() {
    for namespace in ["", "file", "quorate/statement/v2", "quorate/statement/v1\0", "Quorate/statement/v1"] {
        let refused = Err(SignatureError::Namespace { found: namespace.to_owned(), wanted: NAMESPACE });
        assert_eq!(check(&Parts { namespace, ..parts() }.armour()), refused);
    }
}

#[test]
fn a_signed_reserved_field_is_refused() {
    assert_eq!(check(&Parts { reserved: b"x", ..parts() }.armour()), Err(SignatureError::Reserved));
}

#[test]
fn another_hash_is_refused() {
    let digest = Sha256::digest(TEXT).to_vec();
    let bent = Parts { hash: "sha256", digest, ..parts() };
    assert_eq!(check(&bent.armour()), Err(SignatureError::Hash("sha256".to_owned())));
    assert_eq!(
        check(&Parts { hash: "SHA512", ..parts() }.armour()),
        Err(SignatureError::Hash("SHA512".to_owned()))
    );
}

#[test]
fn an_algorithm_other_than_the_keys_is_refused() {
    for algorithm in ["sk-ssh-ed25519@openssh.com", "ssh-rsa", "ssh-ed25519-cert-v01@openssh.com", ""] {
        let refusal = check(&Parts { algorithm, ..parts() }.armour());
        assert!(matches!(refusal, Err(SignatureError::Algorithm { key: "ssh-ed25519", .. })), "{algorithm}");
    }
    let bent = Parts { key: security(1).blob(), ..parts() };
    assert!(matches!(check(&bent.armour()), Err(SignatureError::Algorithm { .. })));
}

#[test]
fn keys_of_other_types_are_refused() {
    for kind in ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed448", "ssh-ed25519-cert-v01@openssh.com"] {
        let mut key = Vec::new();
        put_string(&mut key, kind.as_bytes());
        put_string(&mut key, &plain(1).raw().0);
        assert_eq!(check(&Parts { key, ..parts() }.armour()), Err(KeyError::Type(kind.to_owned()).into()));
    }
}

#[test]
fn trailing_data_is_refused_wherever_it_stands() {
    assert_eq!(
        check(&Parts { after_blob: b"x", ..parts() }.armour()),
        Err(SignatureError::Trailing("last field"))
    );
    let after_signature = vec![1, 0, 0, 0, 0];
    assert_eq!(
        check(&Parts { after_signature, ..parts() }.armour()),
        Err(SignatureError::Trailing("signature"))
    );
    let mut key = plain(1).blob();
    key.push(0);
    assert_eq!(check(&Parts { key, ..parts() }.armour()), Err(KeyError::Malformed.into()));
}

#[test]
fn signatures_and_keys_of_another_length_are_refused() {
    for length in [0, 63, 65, 128] {
        let refusal = check(&parts().armour_with(&vec![1; length]));
        assert_eq!(refusal, Err(SignatureError::Malformed("signature bytes")));
    }
    let mut key = Vec::new();
    put_string(&mut key, b"ssh-ed25519");
    put_string(&mut key, &[1; 31]);
    assert_eq!(check(&Parts { key, ..parts() }.armour()), Err(KeyError::Malformed.into()));
}

fn hex(text: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

#[test]
fn keys_of_small_order_are_refused_by_name() {
    // R of order 1 and S = 0: holds over every text wherever the check is not strict.
    let mut identity = [0; 64];
    identity[0] = 1;
    for point in SMALL_ORDER {
        let key = PublicKey::plain(RawKey(point)).blob();
        let armour = Parts { key, ..parts() }.armour_with(&identity);
        assert_eq!(check(&armour), Err(KeyError::SmallOrder.into()), "{point:?}");
    }
}

#[test]
fn keys_in_a_second_spelling_are_refused_by_name() {
    for first in 0xed..=0xff {
        for last in [0x7f, 0xff] {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (first, last);
            let armour = Parts { key: PublicKey::plain(RawKey(point)).blob(), ..parts() }.armour();
            assert_eq!(check(&armour), Err(KeyError::NonCanonical.into()));
        }
    }
    // x = 0 with its sign set: the points of order 1 and 2.
    let mut identity = SMALL_ORDER[0];
    identity[31] = 0x80;
    assert!(RawKey(identity).verifying().is_err());
}

#[test]
fn a_key_off_the_curve_is_refused_by_name() {
    let key = PublicKey::plain(RawKey([2; 32])).blob();
    assert_eq!(check(&Parts { key, ..parts() }.armour()), Err(KeyError::NotAPoint.into()));
}

#[test]
fn a_signature_with_a_point_of_small_order_is_refused() {
    let mut signature = [0; 64];
    signature[0] = 1;
    assert_eq!(check(&parts().armour_with(&signature)), Err(SignatureError::Wrong));
}

/// A signature whose R is the neutral point, by whoever has the key: S = k × a, k being the hash of R, key and text.
fn over_the_neutral_point(message: &[u8]) -> Signature {
    fn number<S: Copy + From<u64> + std::ops::Mul<Output = S> + std::ops::Add<Output = S>>(
        of_type: S,
        bytes: &[u8],
    ) -> S {
        let _ = of_type;
        let digits = bytes.iter().rev().map(|byte| S::from(u64::from(*byte)));
        digits.fold(S::from(0), |number, digit| number * S::from(256) + digit)
    }
    let (secret, point) = (secret(1), SMALL_ORDER[0]);
    let hash = [point.as_slice(), secret.verifying_key().as_bytes(), message].concat();
    let scalar = secret.to_scalar();
    let s = number(scalar, &Sha512::digest(hash)) * scalar;
    Signature::from_components(point, s.to_bytes())
}

#[test]
fn a_point_of_small_order_is_refused_where_the_equation_holds() {
    let (message, key) = (parts().signed_data(), secret(1).verifying_key());
    let signature = over_the_neutral_point(&message);
    assert!(key.verify(&message, &signature).is_ok());
    assert!(key.verify_strict(&message, &signature).is_err());
    assert_eq!(check(&parts().armour_with(&signature.to_bytes())), Err(SignatureError::Wrong));
}

#[test]
fn the_points_of_small_order_are_eight_of_small_order() {
    let points: std::collections::BTreeSet<[u8; 32]> = SMALL_ORDER.into();
    assert_eq!(points.len(), 8);
    assert!(points.iter().all(|point| VerifyingKey::from_bytes(point).unwrap().is_weak()));
}

proptest! {
    /// Every byte of every signature can be bent, and R can be any point at all, small ones as well.
    #[test]
    fn a_signature_holds_exactly_where_verify_strict_says_so(
        text: Vec<u8>,
        at in 0..64_usize,
        bit in 0..8_u32,
        bent in 0..4_u8,
        small in 0..8_usize,
    ) {
        let key = secret(1).verifying_key();
        let mut bytes = secret(1).sign(&text).to_bytes();
        match bent {
            0 => {}
            1 => bytes[at] ^= 1 << bit,
            2 => bytes[..32].copy_from_slice(&SMALL_ORDER[small]),
            _ => bytes = over_the_neutral_point(&text).to_bytes(),
        }
        let signature = Signature::from_bytes(&bytes);
        prop_assert_eq!(holds(&key, &text, &signature), key.verify_strict(&text, &signature).is_ok());
        prop_assert_eq!(holds(&key, &text, &signature), bent == 0);
    }

    /// What is taken is what would be written, wherever a character is put in, taken out or another.
    #[test]
    fn an_armour_is_taken_only_as_it_is_written(at in 0..400_usize, with in "[A-Za-z0-9+/=\n -]{0,2}", out in 0..3_usize) {
        let mut armour = sign(1, TEXT);
        let at = at % armour.len();
        armour.replace_range(at..(at + out).min(armour.len()), &with);
        if let Ok(blob) = unwrap(&armour) {
            prop_assert_eq!(wrap(&blob), armour);
        }
    }
}

#[test]
fn a_signature_moved_by_the_order_of_the_group_is_refused() {
    // L = 2²⁵² + 27742317777372353535851937790883648493, little-endian: S + L verifies where S < L is not asked.
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut signature = secret(1).sign(&parts().signed_data()).to_bytes();
    assert_eq!(check(&parts().armour_with(&signature)), Ok(plain(1)));
    let mut carry = 0;
    for (digit, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*digit) + u16::from(add) + carry;
        (*digit, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(check(&parts().armour_with(&signature)), Err(SignatureError::Wrong));
}

#[test]
fn armour_with_windows_line_ends_is_refused() {
    let armour = sign(1, TEXT).replace('\n', "\r\n");
    assert_eq!(check(&armour), Err(SignatureError::CarriageReturn));
    assert_eq!(check(&armour.replacen('\r', "", 1)), Err(SignatureError::CarriageReturn));
}

#[test]
fn armour_with_other_lines_around_is_refused() {
    let armour = sign(1, TEXT);
    assert_eq!(check(armour.trim_end()), Err(SignatureError::NoFinalNewline));
    for bent in [
        format!("{armour}\n"),
        format!("\n{armour}"),
        format!(" {armour}"),
        format!("Comment: x\n{armour}"),
        armour.replacen("SSH SIGNATURE", "PGP SIGNATURE", 1),
        armour.replacen("-----BEGIN", "----BEGIN", 1),
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n".to_owned(),
        String::new(),
    ] {
        assert_eq!(check(&bent), Err(SignatureError::Armour), "{bent}");
    }
}

#[test]
fn base64_that_is_wrapped_or_written_otherwise_is_refused() {
    let armour = sign(1, TEXT);
    let body: String = armour.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(body.ends_with("=="), "the sample must have a padding for the test to bend");
    let at = body.len() - 3;
    let next = char::from(body.as_bytes()[at] + 1);
    let with = |body: &str, columns: usize| {
        let lines: Vec<String> =
            body.chars().collect::<Vec<_>>().chunks(columns).map(|line| line.iter().collect()).collect();
        format!("{BEGIN}{}{END}", lines.join("\n"))
    };
    assert_eq!(with(&body, 70), armour);
    for bent in [
        with(&body, 64),
        with(&body, 76),
        with(&body, 1_000),
        with(body.trim_end_matches('='), 70),
        with(&format!("{body}="), 70),
        with(&format!("{}{next}==", &body[..at]), 70),
        with(&body.replacen('A', "-", 1), 70),
        with(&body.replacen('A', " A", 1), 70),
        armour.replacen('\n', "\n\n", 1),
        armour.replacen("\n-----END", "\n\n-----END", 1),
        armour.replacen("\n-----END", " \n-----END", 1),
    ] {
        assert_eq!(check(&bent), Err(SignatureError::Base64), "{bent}");
    }
}

#[test]
fn an_armour_beyond_any_signature_is_not_read() {
    let armour = format!("{BEGIN}{}{END}", "A".repeat(5_000));
    assert_eq!(check(&armour), Err(SignatureError::TooLong { bytes: armour.len() }));
}

#[test]
fn a_signature_that_is_cut_short_is_refused() {
    let blob = unwrap(&sign(1, TEXT)).unwrap();
    for length in 0..blob.len() {
        assert!(check(&wrap(&blob[..length])).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), blob in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(check(&text).is_err());
        prop_assert!(check(&wrap(&blob)).is_err());
    }

    #[test]
    fn one_changed_byte_is_one_refusal(at in any::<prop::sample::Index>(), change in 1_u8..) {
        for armour in [sign(1, TEXT), security_armour(1, 1, "ssh:")] {
            let mut blob = unwrap(&armour).unwrap();
            let at = at.index(blob.len());
            blob[at] ^= change;
            prop_assert!(check(&wrap(&blob)).is_err());
        }
    }

    #[test]
    fn whatever_is_read_is_written_the_same(application in "ssh:[ -~]{0,200}") {
        let key = PublicKey::security(plain(1).raw(), application.clone());
        prop_assert_eq!(PublicKey::from_blob(&key.blob()), Ok(key.clone()));
        prop_assert_eq!(key.to_string().parse(), Ok(key.clone()));
        prop_assert_eq!(check(&security_armour(1, 1, &application)), Ok(key));
    }
}
