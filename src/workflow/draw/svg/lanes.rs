//! The lines beside the cards: one for each state that steps lead to.

use super::canvas::Canvas;
use super::{CARDS_END, MARGIN, WIDTH};

/// The lines that lead into one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The height at which it enters its card.
    pub to: i32,
    /// The heights at which rows join it.
    pub from: Vec<i32>,
}

impl Lane {
    fn span(&self) -> (i32, i32) {
        let all = || self.from.iter().copied().chain([self.to]);
        (all().min().unwrap_or(self.to), all().max().unwrap_or(self.to))
    }
}

/// The furthest apart that two lanes stand.
const WIDEST: i32 = 16;

/// Draws lanes, shorter ones nearer to the cards; lanes that do not meet share a column.
pub fn draw(canvas: &mut Canvas, mut lanes: Vec<Lane>) {
    lanes.retain(|lane| !lane.from.is_empty());
    lanes.sort_by_key(|lane| {
        let (top, bottom) = lane.span();
        (bottom - top, top)
    });
    let mut columns: Vec<Vec<(i32, i32)>> = Vec::new();
    let mut placed: Vec<(usize, &Lane)> = Vec::new();
    for lane in &lanes {
        let (top, bottom) = lane.span();
        let free =
            |column: &Vec<(i32, i32)>| column.iter().all(|(from, to)| bottom + 8 < *from || top - 8 > *to);
        let column = columns.iter().position(free).unwrap_or(columns.len());
        match columns.get_mut(column) {
            Some(there) => there.push((top, bottom)),
            None => columns.push(vec![(top, bottom)]),
        }
        placed.push((column, lane));
    }
    let room = WIDTH - MARGIN - CARDS_END - 20;
    let gap = columns.len().checked_sub(1).filter(|more| *more > 0);
    let gap = gap.and_then(|more| i32::try_from(more).ok()).map_or(0, |more| (room / more).min(WIDEST));
    for (column, lane) in placed {
        let x = CARDS_END + 20 + i32::try_from(column).unwrap_or(0) * gap;
        one(canvas, x, lane);
    }
}

fn one(canvas: &mut Canvas, x: i32, lane: &Lane) {
    let (top, bottom) = lane.span();
    canvas.line(&[(x, top), (x, bottom)]);
    for from in &lane.from {
        canvas.line(&[(CARDS_END, *from), (x, *from)]);
        canvas.circle(x, *from, 2, true);
    }
    canvas.line(&[(x, lane.to), (CARDS_END + 6, lane.to)]);
    canvas
        .shape(&[(CARDS_END + 1, lane.to), (CARDS_END + 9, lane.to - 4), (CARDS_END + 9, lane.to + 4)], true);
}
