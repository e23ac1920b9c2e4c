//! A quarter turn of the view: pictures, boxes and files stay as they are.

use egui::{Vec2, vec2};
use serde::{Deserialize, Serialize};

/// How far the view is turned clockwise, in quarter turns: 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Turn(u8);

impl From<u8> for Turn {
    fn from(quarters: u8) -> Self {
        Self(quarters % 4)
    }
}

impl From<Turn> for u8 {
    fn from(turn: Turn) -> Self {
        turn.0
    }
}

impl Turn {
    /// A quarter turn further, clockwise or not.
    pub fn further(self, is_clockwise: bool) -> Self {
        Self::from(self.0 + if is_clockwise { 1 } else { 3 })
    }

    /// Whether nothing is turned.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether width and height are exchanged on the screen.
    pub fn swaps_sides(self) -> bool {
        self.0 % 2 == 1
    }

    /// A vector of the picture as it is on the screen. Both have x to the right and y downwards.
    pub fn applied(self, by: Vec2) -> Vec2 {
        match self.0 {
            0 => by,
            1 => vec2(-by.y, by.x),
            2 => -by,
            _ => vec2(by.y, -by.x),
        }
    }

    /// A vector of the screen as it is in the picture.
    pub fn undone(self, by: Vec2) -> Vec2 {
        Self((4 - self.0) % 4).applied(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turns_right_to_down_and_can_be_undone() {
        let right = vec2(1.0, 0.0);
        let down = vec2(0.0, 1.0);
        let quarter = Turn::default().further(true);
        assert_eq!(quarter.applied(right), down);
        assert_eq!(quarter.further(false), Turn::default());
        assert!(quarter.swaps_sides() && !quarter.further(true).swaps_sides());
        for quarters in 0..4 {
            let turn = Turn::from(quarters);
            for by in [right, down, vec2(3.0, -2.0)] {
                assert_eq!(turn.undone(turn.applied(by)), by);
            }
        }
        assert_eq!(Turn::from(7), Turn::from(3));
    }
}
