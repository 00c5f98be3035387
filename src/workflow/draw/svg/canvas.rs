//! What is drawn: lines, boxes and texts in whole units, each on a line of the file.

use std::fmt::Write as _;

use super::font::Face;
use crate::workflow::draw::bare;

/// A drawing that grows downwards.
#[derive(Debug)]
pub struct Canvas {
    things: Vec<Thing>,
    /// Where a page may end: heights at which nothing but lines goes on.
    cuts: Vec<(i32, Cut)>,
    /// What may go on from page to page: from where to where, and its name.
    parts: Vec<(i32, i32, String)>,
    /// Where the next thing can begin.
    pub y: i32,
}

/// How well a page can end somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Between cards.
    Between,
    /// Within one, between its rows: only where a card is longer than a page.
    Within,
}

/// One thing in the drawing.
#[derive(Debug)]
enum Thing {
    Text { x: i32, y: i32, face: Face, text: String },
    Rect { x: i32, y: i32, width: i32, height: i32, frame: Frame },
    Line(Vec<(i32, i32)>),
    Shape { points: Vec<(i32, i32)>, filled: bool },
    Circle { x: i32, y: i32, radius: i32, filled: bool },
}

/// How a box stands out in black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A thin line.
    Thin,
    /// A thick line.
    Thick,
    /// A thin line around a light ground.
    Shaded,
    /// A broken line.
    Dashed,
    /// A thick line around a bright ground; words beside it say what that means.
    Lit,
}

impl Canvas {
    /// An empty one whose first thing begins here.
    pub fn from(y: i32) -> Self {
        Self { things: Vec::new(), cuts: Vec::new(), parts: Vec::new(), y }
    }

    /// A page may end here.
    pub fn cut(&mut self, cut: Cut) {
        self.cuts.push((self.y, cut));
    }

    /// What was drawn from a height to here belongs together under a name.
    pub fn part(&mut self, from: i32, name: String) {
        self.parts.push((from, self.y, name));
    }

    /// The names of what goes on at a height, the whole before its parts.
    pub fn going_on(&self, at: i32) -> Vec<&str> {
        let mut parts: Vec<_> = self.parts.iter().filter(|(from, to, _)| *from < at && at < *to).collect();
        parts.sort();
        parts.into_iter().map(|(.., name)| name.as_str()).collect()
    }

    /// Where it is cut into pages of at most `room`: `(from, to)` of each. What cannot be cut makes its page longer.
    pub fn pages(&self, room: i32) -> Vec<(i32, i32)> {
        let mut pages = Vec::new();
        let mut from = 0;
        while self.y - from > room {
            let after = |least: i32, kind: Option<Cut>| {
                let cuts =
                    self.cuts.iter().filter(move |(y, cut)| *y > least && kind.is_none_or(|it| it == *cut));
                cuts.map(|(y, _)| *y)
            };
            let fits = |y: &i32| *y <= from + room;
            // A page that would be left mostly empty is rather cut within a card.
            let between = after(from + room / 3, Some(Cut::Between)).filter(fits).max();
            let within = || after(from + room / 3, None).filter(fits).max();
            let any = || after(from, None).min();
            let Some(to) = between.or_else(within).or_else(any) else { break };
            pages.push((from, to));
            from = to;
        }
        pages.push((from, self.y));
        pages
    }

    /// Whether a line goes on below a height.
    pub fn goes_on_below(&self, cut: i32) -> bool {
        let crosses = |points: &[(i32, i32)]| {
            points.iter().any(|(_, y)| *y <= cut) && points.iter().any(|(_, y)| *y > cut)
        };
        self.things.iter().any(|thing| matches!(thing, Thing::Line(points) if crosses(points)))
    }

    /// What lies between two heights, the first of which becomes `top`.
    pub fn between(&self, (from, to): (i32, i32), top: i32) -> String {
        let mut out = String::new();
        self.things.iter().for_each(|thing| thing.write(&mut out, (from, to), top - from));
        out
    }

    /// All of it.
    pub fn whole(&self) -> String {
        self.between((i32::MIN / 2, i32::MAX / 2), i32::MIN / 2)
    }

    /// One line of text; `y` is its base.
    pub fn text(&mut self, x: i32, y: i32, face: Face, text: &str) {
        if text.is_empty() {
            return;
        }
        self.things.push(Thing::Text { x, y, face, text: text.to_owned() });
    }

    /// A text in lines from the top `y` on; where it ends.
    pub fn block(&mut self, x: i32, y: i32, room: i32, face: Face, text: &str) -> i32 {
        let mut y = y;
        for line in face.wrap(&bare(text), room) {
            self.text(x, y + face.size, face, &line);
            y += face.line();
        }
        y
    }

    /// A text in lines where the next thing can begin.
    pub fn paragraph(&mut self, x: i32, room: i32, face: Face, text: &str) {
        self.y = self.block(x, self.y, room, face, text);
    }

    /// A box.
    pub fn frame(&mut self, x: i32, y: i32, width: i32, height: i32, frame: Frame) {
        self.things.push(Thing::Rect { x, y, width, height, frame });
    }

    /// A line through points.
    pub fn line(&mut self, points: &[(i32, i32)]) {
        self.things.push(Thing::Line(points.to_vec()));
    }

    /// A filled shape.
    pub fn shape(&mut self, points: &[(i32, i32)], filled: bool) {
        self.things.push(Thing::Shape { points: points.to_vec(), filled });
    }

    /// A dot, or a ring.
    pub fn circle(&mut self, x: i32, y: i32, radius: i32, filled: bool) {
        self.things.push(Thing::Circle { x, y, radius, filled });
    }
}

impl Thing {
    /// Writes what of it lies between two heights, moved by `by`.
    fn write(&self, out: &mut String, (from, to): (i32, i32), by: i32) {
        let inside = |y: i32| from < y && y <= to;
        let _ = match self {
            Self::Text { x, y, face, text } if inside(*y) => {
                let bold = if face.bold { " font-weight=\"bold\"" } else { "" };
                let (y, size, width, text) = (y + by, face.size, face.width(text), escaped(text));
                writeln!(
                    out,
                    "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{bold} textLength=\"{width}\" \
                     lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
                )
            }
            Self::Rect { x, y, width, height, frame } if *y < to && y + height > from => {
                let (top, bottom) = ((*y).max(from), (y + height).min(to));
                let (y, height, look) = (top + by, bottom - top, frame.look());
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\" {look}/>"
                )
            }
            Self::Line(points)
                if points.iter().any(|(_, y)| *y > from) && points.iter().any(|(_, y)| *y <= to) =>
            {
                let points = points.iter().map(|(x, y)| (*x, (*y).clamp(from, to)));
                let points = written(points, by);
                writeln!(
                    out,
                    "<polyline points=\"{points}\" fill=\"none\" stroke=\"#000\" stroke-width=\"1.2\"/>"
                )
            }
            Self::Shape { points, filled } if points.iter().all(|(_, y)| inside(*y)) => {
                let points = written(points.iter().copied(), by);
                let fill = if *filled { "#000" } else { "#fff" };
                writeln!(
                    out,
                    "<polygon points=\"{points}\" fill=\"{fill}\" stroke=\"#000\" stroke-width=\"1\"/>"
                )
            }
            Self::Circle { x, y, radius, filled } if inside(*y) => {
                let fill = if *filled { "#000" } else { "#fff" };
                let y = y + by;
                writeln!(
                    out,
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"#000\" stroke-width=\"1\"/>"
                )
            }
            _ => Ok(()),
        };
    }
}

fn written(points: impl Iterator<Item = (i32, i32)>, by: i32) -> String {
    points.map(|(x, y)| format!("{x},{}", y + by)).collect::<Vec<_>>().join(" ")
}

impl Frame {
    const fn look(self) -> &'static str {
        match self {
            Self::Thin => "fill=\"none\" stroke=\"#000\" stroke-width=\"1\"",
            Self::Thick => "fill=\"none\" stroke=\"#000\" stroke-width=\"2.5\"",
            Self::Shaded => "fill=\"#eee\" stroke=\"#000\" stroke-width=\"1\"",
            Self::Dashed => "fill=\"none\" stroke=\"#000\" stroke-width=\"1\" stroke-dasharray=\"4 3\"",
            Self::Lit => "fill=\"#ffe08a\" stroke=\"#000\" stroke-width=\"2.5\"",
        }
    }
}

/// A text inside XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
