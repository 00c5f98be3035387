//! How wide a text is, without a font at hand: by the widths of Helvetica, to which Arial and Liberation Sans are
//! metric-compatible. Each line carries its width too (`textLength`), so that another font is fitted into it.

/// In thousandths of the font size, for the characters from space to `~`.
const PLAIN: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The same of Helvetica-Bold, which is wider by what differs from letter to letter.
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
    556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// What any other character may take at most.
const OTHER: u16 = 1000;

/// A way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Face {
    /// The font size.
    pub size: i32,
    /// Whether it is bold.
    pub bold: bool,
}

impl Face {
    /// The width of a text, rounded up.
    pub fn width(self, text: &str) -> i32 {
        let widths = if self.bold { &BOLD } else { &PLAIN };
        let thousandths: i64 = text.chars().map(|letter| i64::from(width(widths, letter))).sum();
        let units = thousandths * i64::from(self.size) / 1000 + 1;
        i32::try_from(units).unwrap_or(i32::MAX)
    }

    /// From one line to the next.
    pub fn line(self) -> i32 {
        self.size + 3
    }

    /// The text in lines of at most `room`. A word that is longer breaks, after a hyphen where it has one.
    pub fn wrap(self, text: &str, room: i32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let with = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&with) <= room {
                line = with;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            let mut pieces = self.broken(word, room);
            line = pieces.pop().unwrap_or_default();
            lines.append(&mut pieces);
        }
        lines.push(line);
        lines
    }

    fn broken(self, word: &str, room: i32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for part in word.split_inclusive('-') {
            let fits = |piece: &str| self.width(piece) <= room;
            match pieces.last_mut() {
                Some(last) if fits(&format!("{last}{part}")) => last.push_str(part),
                _ if fits(part) => pieces.push(part.to_owned()),
                _ => part.chars().for_each(|letter| match pieces.last_mut() {
                    Some(last) if last.is_empty() || fits(&format!("{last}{letter}")) => last.push(letter),
                    _ => pieces.push(letter.to_string()),
                }),
            }
        }
        pieces
    }
}

fn width(widths: &[u16; 95], letter: char) -> u16 {
    let place = u32::from(letter).checked_sub(u32::from(' ')).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| widths.get(place)).copied().unwrap_or(OTHER)
}
