use std::fmt;
use std::str::FromStr;

use super::super::decimal;
use super::{Bundle, Tile, WIDTH};

/// Why a path names no tile or bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is no path of {what}: {why}")]
pub struct TilePathError {
    /// The path, shortened to 80 characters.
    pub path: String,
    /// What it should have named.
    what: &'static str,
    /// What is wrong with it.
    why: &'static str,
}

const NUMBER: &str = "a number is written in groups of three digits, all but the last after an `x`, without \
                      a group of zeros in front, as in `x001/x234/067`";
const PARTIAL: &str = "`.p/` is followed by a width from 1 to 255 without leading zeros";
const BEYOND: &str = "no log of less than 2^64 entries has it";

impl FromStr for Tile {
    type Err = TilePathError;

    /// Reads `tile/<L>/<N>[.p/<W>]`: exactly what `Display` writes.
    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let refuse = |why| refusal(path, "a tile, `tile/LEVEL/NUMBER` or `tile/LEVEL/NUMBER.p/WIDTH`", why);
        let rest = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/'));
        let (level, place) = rest.ok_or_else(|| refuse("it does not begin with `tile/` and a level"))?;
        let level = decimal(level).filter(|level| *level < 64);
        let level = level.ok_or_else(|| refuse("a level is a number from 0 to 63 without leading zeros"))?;
        let (index, width) = read_place(place).map_err(refuse)?;
        u8::try_from(level)
            .ok()
            .and_then(|level| Self::new(level, index, width))
            .ok_or_else(|| refuse(BEYOND))
    }
}

impl fmt::Display for Tile {
    /// The path below a log's prefix: `tile/0/x001/x234/067`, `tile/1/000.p/17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level())?;
        write_place(f, self.index(), self.width())
    }
}

impl FromStr for Bundle {
    type Err = TilePathError;

    /// Reads `tile/entries/<N>[.p/<W>]`: exactly what `Display` writes.
    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let refuse =
            |why| refusal(path, "a bundle, `tile/entries/NUMBER` or `tile/entries/NUMBER.p/WIDTH`", why);
        let place = path.strip_prefix("tile/entries/");
        let place = place.ok_or_else(|| refuse("it does not begin with `tile/entries/`"))?;
        let (index, width) = read_place(place).map_err(refuse)?;
        Self::new(index, width).ok_or_else(|| refuse(BEYOND))
    }
}

impl fmt::Display for Bundle {
    /// The path below a log's prefix: `tile/entries/x001/x234/067`, `tile/entries/273.p/112`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_place(f, self.index(), self.width())
    }
}

fn refusal(path: &str, what: &'static str, why: &'static str) -> TilePathError {
    TilePathError { path: path.chars().take(80).collect(), what, why }
}

/// Writes `<N>[.p/<W>]`.
fn write_place(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let (mut groups, mut rest) = (vec![index % 1000], index / 1000);
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    for (place, group) in groups.iter().enumerate().rev() {
        if place > 0 { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
    }
    if width < WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
}

/// Reads `<N>[.p/<W>]`, or says what is wrong with it.
fn read_place(text: &str) -> Result<(u64, u16), &'static str> {
    let (number, width) = match text.split_once(".p/") {
        None => (text, WIDTH),
        Some((number, width)) => {
            let width = decimal(width).and_then(|width| u16::try_from(width).ok());
            (number, width.filter(|width| (1..WIDTH).contains(width)).ok_or(PARTIAL)?)
        }
    };
    let mut index: u64 = 0;
    let mut groups = number.split('/').peekable();
    let several = number.contains('/');
    let mut first = true;
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x').ok_or(NUMBER)? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NUMBER);
        }
        let value: u64 = digits.parse().map_err(|_| NUMBER)?;
        if first && several && value == 0 {
            return Err(NUMBER);
        }
        first = false;
        index = index.checked_mul(1000).and_then(|index| index.checked_add(value)).ok_or(BEYOND)?;
    }
    Ok((index, width))
}
