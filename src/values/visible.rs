use std::borrow::Cow;
use std::fmt::Write as _;

use super::is_hidden;

/// Words from elsewhere as a terminal may have them: whatever nobody sees, or what a terminal obeys instead of
/// showing, is written out (`␛`, `\u{202e}`). Line feeds stay.
pub fn visible(words: &str) -> Cow<'_, str> {
    let unseen = |c: char| c != '\n' && is_hidden(c);
    if !words.contains(unseen) {
        return Cow::Borrowed(words);
    }
    let mut shown = String::with_capacity(words.len() + 16);
    for c in words.chars() {
        match u32::from(c) {
            _ if !unseen(c) => shown.push(c),
            0x7f => shown.push('␡'),
            // Unicode has a picture of each of the first 32.
            control @ 0..0x20 => shown.push(char::from_u32(0x2400 + control).unwrap_or('\u{fffd}')),
            code => {
                let _ = write!(shown, "\\u{{{code:x}}}");
            }
        }
    }
    Cow::Owned(shown)
}

/// JSON in which nothing is hidden: the same document, with what JSON itself lets stand raw in a string escaped.
pub fn visible_json(document: &str) -> Cow<'_, str> {
    let unseen = |c: char| c != '\n' && is_hidden(c);
    if !document.contains(unseen) {
        return Cow::Borrowed(document);
    }
    let mut shown = String::with_capacity(document.len() + 16);
    let mut units = [0; 2];
    for c in document.chars() {
        if unseen(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        for (raw, shown) in [
            ("a line\nand another", "a line\nand another"),
            ("\u{1b}[2J\r\t\u{7f}", "␛[2J␍␉␡"),
            ("\u{9b}31m \u{202e}x\u{e0041}", "\\u{9b}31m \\u{202e}x\\u{e0041}"),
        ] {
            assert_eq!(visible(raw), shown);
        }
    }

    #[test]
    fn a_document_stays_the_same_document() {
        let value = serde_json::json!({ "what": "\u{1b}\u{9b}\u{202e}\u{e0041}é" });
        let text = value.to_string();
        let shown = visible_json(&text);
        assert!(!shown.contains(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
