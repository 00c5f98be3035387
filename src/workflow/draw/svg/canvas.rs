//! What is drawn: lines, boxes and texts in whole units, each on a line of the file.

use std::fmt::Write as _;

use super::font::Face;

/// A drawing that grows downwards.
#[derive(Debug)]
pub struct Canvas {
    body: String,
    /// Where the next thing can begin.
    pub y: i32,
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
}

impl Canvas {
    /// An empty one whose first thing begins here.
    pub fn from(y: i32) -> Self {
        Self { body: String::new(), y }
    }

    /// What has been drawn.
    pub fn into_body(self) -> String {
        self.body
    }

    /// One line of text; `y` is its base.
    pub fn text(&mut self, x: i32, y: i32, face: Face, text: &str) {
        if text.is_empty() {
            return;
        }
        let bold = if face.bold { " font-weight=\"bold\"" } else { "" };
        // A bold text's width is only known from above: fitted, it would be stretched.
        let fit = if face.bold {
            String::new()
        } else {
            format!(" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", face.width(text))
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{bold}{fit}>{}</text>",
            face.size,
            escaped(text)
        );
    }

    /// A text in lines from the top `y` on; where it ends.
    pub fn block(&mut self, x: i32, y: i32, room: i32, face: Face, text: &str) -> i32 {
        let mut y = y;
        for line in face.wrap(text, room) {
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
        let look = match frame {
            Frame::Thin => "fill=\"none\" stroke=\"#000\" stroke-width=\"1\"",
            Frame::Thick => "fill=\"none\" stroke=\"#000\" stroke-width=\"2.5\"",
            Frame::Shaded => "fill=\"#eee\" stroke=\"#000\" stroke-width=\"1\"",
            Frame::Dashed => "fill=\"none\" stroke=\"#000\" stroke-width=\"1\" stroke-dasharray=\"4 3\"",
        };
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\" {look}/>"
        );
    }

    /// A line through points.
    pub fn line(&mut self, points: &[(i32, i32)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let _ = writeln!(
            self.body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#000\" stroke-width=\"1.2\"/>",
            points.join(" ")
        );
    }

    /// A filled shape.
    pub fn shape(&mut self, points: &[(i32, i32)], filled: bool) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let fill = if filled { "#000" } else { "#fff" };
        let _ = writeln!(
            self.body,
            "<polygon points=\"{}\" fill=\"{fill}\" stroke=\"#000\" stroke-width=\"1\"/>",
            points.join(" ")
        );
    }

    /// A dot, or a ring.
    pub fn circle(&mut self, x: i32, y: i32, radius: i32, filled: bool) {
        let fill = if filled { "#000" } else { "#fff" };
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"#000\" stroke-width=\"1\"/>"
        );
    }
}

/// A text inside XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
