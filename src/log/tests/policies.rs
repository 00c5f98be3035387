//! Policies: what is read and refused, and whose cosignatures are enough.

use proptest::prelude::*;

use super::super::{CosignatureError, Note, Policy, PolicyError, SupportError, WitnessSigner};
use super::cosignatures::{checkpoint, cosigned, witness};
use super::vector::LOG;
use super::*;

fn key(seed: u8) -> WitnessSigner {
    witness(&format!("wit.example/{seed}"), seed)
}

fn vkey(seed: u8) -> String {
    key(seed).verifier().to_string()
}

/// Replaces `@1`, `@2`, … by the keys of those witnesses and `@log` by the log's.
fn filled(text: &str) -> String {
    (1..=9).fold(text.replace("@log", LOG), |text, seed| text.replace(&format!("@{seed}"), &vkey(seed)))
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(filled(text).as_bytes())
}

/// The checkpoint of 5 votes, cosigned by these witnesses, each at the time 100 × its number.
fn by(witnesses: &[u8]) -> Note {
    at(&witnesses.iter().map(|seed| (*seed, i64::from(*seed) * 100)).collect::<Vec<_>>())
}

fn at(times: &[(u8, i64)]) -> Note {
    let keys: Vec<(WitnessSigner, i64)> = times.iter().map(|(seed, time)| (key(*seed), *time)).collect();
    cosigned(&checkpoint(5), &keys.iter().map(|(key, time)| (key, *time)).collect::<Vec<_>>())
}

/// C2SP tlog-policy, "Example policy".
const EXAMPLE: &str = "log @log

witness X1 @1
witness X2 @2
witness X3 @3
group X-witnesses 2 X1 X2 X3

witness Y1 @4
witness Y2 @5
witness Y3 @6
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
";

#[test]
fn the_specifications_own_policy() {
    let policy = parse(EXAMPLE).unwrap();
    assert_eq!(policy.logs().iter().map(|log| log.key.to_string()).collect::<Vec<_>>(), [LOG]);
    assert_eq!(
        policy.witnesses().map(|witness| witness.name.to_string()).collect::<Vec<_>>(),
        ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    );
    let met = |witnesses: &[u8]| policy.support(&by(witnesses)).unwrap().met();
    for enough in [&[1, 2, 4][..], &[1, 3, 6], &[2, 3, 5], &[1, 2, 3, 4, 5, 6], &[6, 1, 2]] {
        assert!(met(enough), "{enough:?}");
    }
    for few in [&[][..], &[1, 2], &[1, 2, 3], &[1, 4], &[4, 5, 6], &[3, 4, 5, 6], &[7, 8, 4, 1]] {
        assert!(!met(few), "{few:?}");
    }
}

#[test]
fn a_policy_has_a_plain_spelling() {
    let wild = " # hints\t\n\n\t log\t @log   http://[x\n#quorum none\nwitness \u{212a} @2 ://\nwitness K @1\n group  all 02x K\n";
    assert!(matches!(parse(wild), Err(PolicyError::Threshold { line: 7, .. })));
    let wild = wild.replace(" 02x ", " any ") + "quorum all \ngroup G 1 \u{212a}\n\t";
    let plain = "log @log http://[x\nwitness \u{212a} @2 ://\nwitness K @1\ngroup all any K\ngroup G 1 \u{212a}\nquorum all\n";
    let policy = parse(&(wild + "\n")).unwrap();
    assert_eq!(String::from_utf8(policy.to_bytes()).unwrap(), filled(plain));
    assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
    // Bytes that are no UTF-8 are as good a name as any.
    let bytes = [b"witness \xff\xfe ", vkey(1).as_bytes(), b"\nquorum \xff\xfe\n"].concat();
    let policy = Policy::parse(&bytes).unwrap();
    assert_eq!(policy.to_bytes(), bytes);
    assert_eq!(policy.witnesses().next().unwrap().name.as_bytes(), b"\xff\xfe");
    for text in ["quorum none\n", "log @log\nquorum none\n"] {
        assert_eq!(parse(text).map(|policy| policy.to_bytes()), Ok(filled(text).into_bytes()));
    }
}

#[test]
fn every_malformed_policy_is_refused() {
    let refused = |text: &str| parse(text).unwrap_err();
    let two = "witness a @1\nwitness b @2\n";
    let with = |rest: &str| refused(&format!("{two}{rest}quorum none\n"));

    assert_eq!(Policy::parse(&[b'\n'; 65_536]), Err(PolicyError::TooLong { len: 65_536 }));
    assert_eq!(Policy::parse(&[b'\n'; 65_535]), Err(PolicyError::NoQuorum));
    assert_eq!(refused("quorum none\r\n"), PolicyError::Control { line: 1, byte: b'\r' });
    for byte in (0..32).filter(|byte| ![9, 10].contains(byte)).chain([127]) {
        let text = [b"quorum none\n# ", [byte].as_slice(), b"\n"].concat();
        assert_eq!(Policy::parse(&text), Err(PolicyError::Control { line: 2, byte }));
    }
    assert_eq!(refused(""), PolicyError::NoFinalNewline);
    assert_eq!(refused("quorum none"), PolicyError::NoFinalNewline);
    assert_eq!(refused("\n"), PolicyError::NoQuorum);
    assert_eq!(refused("#quorum none\n"), PolicyError::NoQuorum);
    assert_eq!(refused("quorum none\nquorum none\n"), PolicyError::SecondQuorum { line: 2 });
    assert_eq!(refused("quorum: none\n"), PolicyError::Word { line: 1, word: "quorum:".to_owned() });
    assert!(matches!(refused("Quorum none\n"), PolicyError::Word { .. }));
    // No-break space is a letter like others.
    assert!(matches!(refused("quorum\u{a0}none\n"), PolicyError::Word { .. }));
    for line in [
        "log",
        "log @log u v",
        "witness",
        "witness a",
        "witness c @3 u v",
        "group",
        "group g",
        "group g all",
        "group g 1",
        "quorum",
        "quorum a b",
        "quorum none none",
    ] {
        assert!(matches!(with(&format!("{line}\n")), PolicyError::Form { line: 3, .. }), "{line}");
    }
    for line in ["log @3", "log x", "witness c @log", "witness c x", "witness c \u{e9}", "witness @3 c"] {
        assert!(matches!(with(&format!("{line}\n")), PolicyError::Key { line: 3, .. }), "{line}");
    }
    assert!(matches!(Policy::parse(b"log \xff\nquorum none\n"), Err(PolicyError::Key { line: 1, .. })));
    // The same key under another name of its own, with another ID.
    let renamed = witness("elsewhere", 1).verifier().to_string();
    assert_eq!(with(&format!("witness c {renamed}\n")), PolicyError::SameKey { line: 3, first: 1 });
    assert_eq!(with("log @log\n\nlog @log url\n"), PolicyError::SameKey { line: 5, first: 3 });
    for line in [
        "witness a @3",
        "witness none @3",
        "group a any b",
        "group none any a",
        "group g any a\ngroup g any b",
    ] {
        assert!(matches!(with(&format!("{line}\n")), PolicyError::NameTaken { .. }), "{line}");
    }
    for line in ["group g any c", "group g any g", "group g any none", "group g any A", "group g any a,b"] {
        assert!(matches!(with(&format!("{line}\n")), PolicyError::Unknown { line: 3, .. }), "{line}");
    }
    assert!(matches!(refused("quorum a\nwitness a @1\n"), PolicyError::Unknown { line: 1, .. }));
    assert!(matches!(
        refused("group g any a\nwitness a @1\nquorum g\n"),
        PolicyError::Unknown { line: 1, .. }
    ));
    for lines in
        ["group g any a a", "group g any a\ngroup h any a", "group g any a\ngroup h any g\ngroup i all g b"]
    {
        assert!(matches!(with(&format!("{lines}\n")), PolicyError::Member { .. }), "{lines}");
    }
    for threshold in
        ["0", "3", "-1", "+1", "01", "1.0", "0x1", "ALL", "none", "18446744073709551616", "\u{661}"]
    {
        let found = with(&format!("group g {threshold} a b\n"));
        assert!(matches!(found, PolicyError::Threshold { line: 3, members: 2, .. }), "{threshold}");
    }
}

/// Far more than the 32 of each that the specification recommends, and a chain as deep as a text can hold.
#[test]
fn many_witnesses_and_deep_groups_are_read() {
    let mut text = String::new();
    for seed in 1..=200 {
        text += &format!("witness w{seed} {}\n", vkey(seed));
    }
    text +=
        &format!("group g0 150 {}\n", (1..=200).map(|seed| format!("w{seed}")).collect::<Vec<_>>().join(" "));
    for depth in 1..2_000 {
        text += &format!("group g{depth} all g{}\n", depth - 1);
    }
    text += "quorum g1999\n";
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert!(!policy.support(&by(&[1, 2, 3])).unwrap().met());
    let ninety: Vec<u8> = (1..=90).collect();
    assert!(!policy.support(&by(&ninety)).unwrap().met());
    let fewer = Policy::parse(text.replace(" 150 ", " 90 ").as_bytes()).unwrap();
    assert!(fewer.support(&by(&ninety)).unwrap().met());
    assert!(!fewer.support(&by(&ninety[1..])).unwrap().met());
}

#[test]
fn a_witness_counts_once() {
    let policy = parse("witness a @1\nwitness b @2\ngroup both 2 a b\nquorum both\n").unwrap();
    let often = at(&[(1, 10), (1, 20), (1, 30)]);
    let support = policy.support(&often).unwrap();
    assert!(!support.met());
    let times: Vec<usize> = support.witnesses().map(|(_, times)| times.len()).collect();
    assert_eq!(times, [3, 0]);
    assert!(policy.support(&at(&[(1, 10), (2, 20)])).unwrap().met());
}

#[test]
fn what_the_witnesses_times_say() {
    let policy = parse("witness a @1\nwitness b @2\nwitness c @3\ngroup g 2 a b c\nquorum g\n").unwrap();
    let bounds = |times: &[(u8, i64)]| {
        let note = at(times);
        let support = policy.support(&note).unwrap();
        let unix = |time: Option<crate::log::Cosignature>| time.map(|time| time.unix);
        (unix(support.existed_by()), unix(support.newest_at()))
    };
    assert_eq!(bounds(&[]), (None, None));
    assert_eq!(bounds(&[(1, 10), (1, 99)]), (None, None), "one witness is no quorum, however often");
    assert_eq!(bounds(&[(1, 10), (2, 30)]), (Some(30), Some(10)));
    assert_eq!(bounds(&[(1, 10), (2, 30), (3, 20)]), (Some(20), Some(20)));
    assert_eq!(bounds(&[(1, 10), (1, 80), (2, 30), (2, 90)]), (Some(30), Some(80)));
    let note = at(&[(1, 10), (2, 30)]);
    let support = policy.support(&note).unwrap();
    assert!(support.met_where(|time| time.unix <= 30));
    assert!(!support.met_where(|time| time.unix < 30));

    let none = parse("witness a @1\nquorum none\n").unwrap();
    assert!(!none.asks_witnesses() && policy.asks_witnesses());
    let support = none.support(&note).unwrap();
    assert!(support.met() && none.support(&checkpoint(5)).unwrap().met());
    assert_eq!((support.existed_by(), support.newest_at()), (None, None));
}

#[test]
fn a_checkpoint_is_valid_by_log_and_quorum() {
    let policy = parse("log @log\nwitness a @1\nwitness b @2\ngroup g all a b\nquorum g\n").unwrap();
    let open = |policy: &Policy, note: &Note| {
        policy.open(note.to_string().as_bytes()).map(|(checkpoint, _)| checkpoint.head.size)
    };
    assert_eq!(open(&policy, &by(&[1, 2])), Ok(5));
    let unmet = open(&policy, &by(&[2, 3])).unwrap_err();
    assert_eq!(unmet, SupportError::Unmet { missing: vec!["a".to_owned()] });
    assert!(unmet.to_string().contains("missing are some of a;"), "{unmet}");

    // Cosigned, but by no log that the policy names: another origin, or another key of that name.
    let no_log = parse("witness a @1\nquorum a\n").unwrap();
    let other_log = SupportError::OtherLog { origin: "log.example/votes".to_owned() };
    assert_eq!(open(&no_log, &by(&[1])), Err(other_log));
    let forged = LogKey::from_seed("log.example/votes", &[9; 32]).unwrap();
    let head = Checkpoint { origin: forged.name().to_owned(), head: votes(5).head() };
    let note = cosigned(&head.sign(&forged).unwrap(), &[(&key(1), 1), (&key(2), 2)]);
    assert!(matches!(open(&policy, &note), Err(SupportError::Checkpoint(_))));
    // Where the policy names both keys, either will do.
    let both = format!("log @log\nlog {}\nquorum none\n", forged.verifier());
    assert_eq!(open(&parse(&both).unwrap(), &note), Ok(5));
    assert_eq!(open(&parse(&both).unwrap(), &by(&[])), Ok(5));

    // One bad cosignature rejects the note, though the rest would be enough.
    let mut bad = key(2).cosign(&checkpoint(4), crate::values::Instant::from_unix(1)).unwrap();
    bad.id = key(2).verifier().id();
    let spoilt = by(&[1, 2]).with([bad]).unwrap();
    assert!(matches!(open(&policy, &spoilt), Err(SupportError::Cosignature(CosignatureError::Bad { .. }))));
    assert!(matches!(policy.open(b"no note"), Err(SupportError::Checkpoint(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Thresholds of groups of groups against counting them by hand.
    #[test]
    fn groups_count_as_they_read(first in 1..=3_u8, second in 1..=3_u8, both in 1..=2_u8, bits in 0..64_u8) {
        let text = format!(
            "witness a @1\nwitness b @2\nwitness c @3\nwitness d @4\nwitness e @5\nwitness f @6\n\
             group l {first} a b c\ngroup r {second} d e f\ngroup q {both} l r\nquorum q\n"
        );
        let policy = parse(&text).unwrap();
        let signed: Vec<u8> = (1..=6).filter(|seed| bits >> (seed - 1) & 1 == 1).collect();
        let left = signed.iter().filter(|seed| **seed <= 3).count() >= usize::from(first);
        let right = signed.iter().filter(|seed| **seed > 3).count() >= usize::from(second);
        let expected = u8::from(left) + u8::from(right) >= both;
        prop_assert_eq!(policy.support(&by(&signed)).unwrap().met(), expected);
    }
}
