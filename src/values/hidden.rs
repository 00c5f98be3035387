/// Whether nobody sees `c` on a screen, or sees something else because of it: control characters, line
/// and paragraph separators, and whatever Unicode lets a renderer ignore (bidirectional marks, joiners,
/// zero-width spaces, fillers, variation selectors, tags).
///
/// The list is Unicode 16's `Default_Ignorable_Code_Point` with the categories Cc, Zl and Zp and the
/// interlinear annotation marks. It is spelt out, not taken from a table that grows with each release:
/// whether a statement is well-formed must be the same for every version that ever reads it.
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn what_nobody_sees_is_hidden() {
        let hidden = "\0\n\t\r\u{7f}\u{85}\u{ad}\u{200d}\u{200e}\u{2028}\u{202e}\u{2066}\u{feff}\u{e0041}";
        for c in hidden.chars() {
            assert!(is_hidden(c), "U+{:04X}", u32::from(c));
        }
        for c in " aé§–“”…字ع🗳".chars() {
            assert!(!is_hidden(c), "{c}");
        }
    }
}
