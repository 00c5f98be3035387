//! The signs before the rows, and what they mean.

use super::canvas::Canvas;
use super::{BODY, MARGIN, heading};
use crate::workflow::model::Trigger;

/// A sign before a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Somebody acts.
    Act,
    /// Time has passed, or an instant has come.
    Time,
    /// A condition holds.
    Condition,
    /// A ballot closed so.
    Outcome,
    /// Another case's event.
    Heard,
    /// Somebody owes something.
    Owed,
}

impl Mark {
    /// The sign of a step.
    pub fn of(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Do(_) => Self::Act,
            Trigger::When(_) => Self::Condition,
            Trigger::After(_) | Trigger::At(_) => Self::Time,
            Trigger::Outcome(_) => Self::Outcome,
            Trigger::On(_) => Self::Heard,
        }
    }

    /// Draws it in a square of 12 whose middle is here.
    pub fn draw(self, canvas: &mut Canvas, x: i32, y: i32) {
        match self {
            Self::Act => canvas.shape(&[(x - 4, y - 5), (x + 5, y), (x - 4, y + 5)], true),
            Self::Time => {
                canvas.circle(x, y, 5, false);
                canvas.line(&[(x, y - 4), (x, y), (x + 3, y + 1)]);
            }
            Self::Condition => canvas.shape(&[(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], false),
            Self::Outcome => {
                canvas.shape(&[(x - 5, y - 5), (x + 5, y - 5), (x + 5, y + 5), (x - 5, y + 5)], false);
                canvas.line(&[(x - 3, y), (x - 1, y + 3), (x + 4, y - 3)]);
            }
            Self::Heard => canvas.shape(
                &[(x + 2, y - 6), (x - 4, y + 1), (x, y + 1), (x - 2, y + 6), (x + 4, y - 1), (x, y - 1)],
                true,
            ),
            Self::Owed => {
                canvas.line(&[(x, y - 6), (x, y + 2)]);
                canvas.circle(x, y + 5, 1, true);
            }
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Act => "somebody acts, who may",
            Self::Time => "time has passed, or an instant has come, with nobody acting",
            Self::Condition => "as soon as a condition holds",
            Self::Outcome => "the ballot closed with this outcome",
            Self::Heard => "another case emitted this event",
            Self::Owed => "somebody owes this; late it is overdue, and still owed",
        }
    }
}

/// What the signs and lines mean.
pub fn legend(canvas: &mut Canvas) {
    const MARKS: [Mark; 6] = [Mark::Act, Mark::Time, Mark::Condition, Mark::Outcome, Mark::Heard, Mark::Owed];
    heading(canvas, "How to read it");
    for pair in MARKS.chunks(2) {
        for (mark, column) in pair.iter().zip(0..) {
            let x = MARGIN + 8 + column * 390;
            mark.draw(canvas, x, canvas.y + 8);
            canvas.text(x + 14, canvas.y + 12, BODY, mark.meaning());
        }
        canvas.y += 18;
    }
    canvas.y += 2;
    canvas.paragraph(
        MARGIN,
        776,
        BODY,
        "Of the rows of a state the first that applies is taken, and its line leads to the next state. A dot joins a line to the \
         one that it follows; lines that cross without a dot have nothing to do with each other. A state with a thick frame is an \
         end. What is done at the very instant of a deadline is in time, unless the row says that it is late; a row that names an \
         instant includes it.",
    );
}
