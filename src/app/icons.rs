//! Icons of the window, painted as lines in the colour of the text beside them.
//!
//! One set of shapes on one grid, so that all have the same weight and size. The fonts of the toolkit
//! have no funnel, and their pictograms differ in weight.

use std::f32::consts::TAU;

use egui::{Atom, Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// The side of the grid on which the shapes are given.
const GRID: f32 = 16.0;
/// The side of an icon in points, and the width of its lines.
const SIDE: f32 = 15.0;
const LINE_WIDTH: f32 = 1.4;
/// The lines that a circle is made of.
const CIRCLE_STEPS: usize = 24;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named after what it stands for")]
pub enum Icon {
    Accept,
    AcceptAll,
    Dashboard,
    Done,
    Draw,
    Drop,
    Export,
    Eye,
    Filter,
    Fit,
    HeatMap,
    Learn,
    Point,
    Propose,
    ProposeAll,
    Redo,
    Reject,
    Search,
    Tag,
    Undo,
    WholePicture,
}

/// A line through points of the grid, closed if its ends are the same.
type Line = &'static [[f32; 2]];

/// The shapes of an icon: lines, and circles by centre and radius. A circle of less than one unit is
/// a dot.
struct Shapes {
    lines: &'static [Line],
    circles: &'static [([f32; 2], f32)],
}

/// The corners of a frame, as brackets.
const BRACKETS: [Line; 4] = [
    &[[2.0, 5.5], [2.0, 2.0], [5.5, 2.0]],
    &[[10.5, 2.0], [14.0, 2.0], [14.0, 5.5]],
    &[[14.0, 10.5], [14.0, 14.0], [10.5, 14.0]],
    &[[5.5, 14.0], [2.0, 14.0], [2.0, 10.5]],
];
const CHECK: Line = &[[2.5, 8.5], [6.3, 12.3], [13.5, 4.0]];
const STAR: Line = &[
    [6.5, 2.0],
    [7.9, 7.1],
    [13.0, 8.5],
    [7.9, 9.9],
    [6.5, 15.0],
    [5.1, 9.9],
    [0.5, 8.5],
    [5.1, 7.1],
    [6.5, 2.0],
];
const SMALL_STAR: Line = &[
    [13.2, 0.5],
    [13.8, 2.6],
    [15.8, 3.2],
    [13.8, 3.8],
    [13.2, 5.8],
    [12.6, 3.8],
    [10.6, 3.2],
    [12.6, 2.6],
    [13.2, 0.5],
];

impl Icon {
    /// The icon as a part of a button: in the given colour, or in that of the button's text.
    pub fn atom(self, colour: Option<Color32>) -> Atom<'static> {
        Atom::paint(vec2(SIDE, SIDE), move |ui, args| {
            let colour = colour.unwrap_or(args.fallback_text_color);
            let place = Rect::from_center_size(args.rect.center(), vec2(SIDE, SIDE));
            self.paint(ui.painter(), place, colour);
        })
    }

    /// Paints the icon into a square.
    pub fn paint(self, painter: &Painter, place: Rect, colour: Color32) {
        let scale = place.width() / GRID;
        let at = |[x, y]: [f32; 2]| place.min + vec2(x, y) * scale;
        let stroke = Stroke::new(LINE_WIDTH * place.width() / SIDE, colour);
        let shapes = self.shapes();
        for line in shapes.lines {
            let mut points: Vec<Pos2> = line.iter().map(|point| at(*point)).collect();
            painter.add(if points.first() == points.last() {
                points.pop();
                Shape::closed_line(points, stroke)
            } else {
                Shape::line(points, stroke)
            });
        }
        for (centre, radius) in shapes.circles {
            if *radius < 1.0 {
                painter.circle_filled(at(*centre), radius * scale * 1.5, colour);
            } else {
                painter.add(Shape::closed_line(
                    circle(at(*centre), radius * scale),
                    stroke,
                ));
            }
        }
    }

    fn shapes(self) -> Shapes {
        let (lines, circles): (&'static [Line], &'static [([f32; 2], f32)]) = match self {
            Self::Accept => (&[CHECK], &[]),
            Self::AcceptAll => (
                &[
                    &[[0.8, 8.7], [4.4, 12.3], [10.8, 4.5]],
                    &[[7.4, 11.2], [8.5, 12.3], [15.2, 4.5]],
                ],
                &[],
            ),
            Self::Dashboard => (
                &[
                    &[[1.5, 14.0], [14.5, 14.0]],
                    &[[3.5, 11.5], [3.5, 8.0]],
                    &[[8.0, 11.5], [8.0, 2.5]],
                    &[[12.5, 11.5], [12.5, 5.5]],
                ],
                &[],
            ),
            Self::Done => (
                &[&[[4.9, 8.3], [7.2, 10.6], [11.2, 5.7]]],
                &[([8.0, 8.0], 6.7)],
            ),
            Self::Draw => (
                &[&[
                    [3.0, 3.0],
                    [13.0, 3.0],
                    [13.0, 13.0],
                    [3.0, 13.0],
                    [3.0, 3.0],
                ]],
                &[
                    ([3.0, 3.0], 0.99),
                    ([13.0, 3.0], 0.99),
                    ([13.0, 13.0], 0.99),
                    ([3.0, 13.0], 0.99),
                ],
            ),
            Self::Drop => (
                &[
                    &[[8.0, 2.0], [8.0, 10.5]],
                    &[[4.5, 7.0], [8.0, 10.5], [11.5, 7.0]],
                    &[[2.0, 9.5], [2.0, 14.0], [14.0, 14.0], [14.0, 9.5]],
                ],
                &[],
            ),
            Self::Export => (
                &[
                    &[[8.0, 10.5], [8.0, 2.0]],
                    &[[4.5, 5.5], [8.0, 2.0], [11.5, 5.5]],
                    &[[2.0, 9.5], [2.0, 14.0], [14.0, 14.0], [14.0, 9.5]],
                ],
                &[],
            ),
            Self::Eye => (
                &[&[
                    [0.8, 8.0],
                    [3.2, 5.2],
                    [5.7, 3.7],
                    [8.0, 3.3],
                    [10.3, 3.7],
                    [12.8, 5.2],
                    [15.2, 8.0],
                    [12.8, 10.8],
                    [10.3, 12.3],
                    [8.0, 12.7],
                    [5.7, 12.3],
                    [3.2, 10.8],
                    [0.8, 8.0],
                ]],
                &[([8.0, 8.0], 2.3)],
            ),
            Self::Filter => (
                &[&[
                    [1.5, 2.5],
                    [14.5, 2.5],
                    [9.6, 8.4],
                    [9.6, 14.2],
                    [6.4, 12.2],
                    [6.4, 8.4],
                    [1.5, 2.5],
                ]],
                &[],
            ),
            Self::Fit => (&BRACKETS, &[([8.0, 8.0], 3.4)]),
            Self::HeatMap => (
                &[&[
                    [8.4, 1.2],
                    [9.4, 4.2],
                    [12.2, 7.0],
                    [13.0, 9.8],
                    [12.2, 12.6],
                    [10.2, 14.4],
                    [8.0, 14.8],
                    [5.8, 14.4],
                    [3.8, 12.6],
                    [3.0, 9.8],
                    [4.2, 6.8],
                    [5.8, 8.4],
                    [7.4, 5.2],
                    [8.4, 1.2],
                ]],
                &[],
            ),
            Self::Learn => (
                &[
                    &[[8.0, 3.0], [15.0, 6.4], [8.0, 9.8], [1.0, 6.4], [8.0, 3.0]],
                    &[
                        [4.0, 8.2],
                        [4.0, 11.6],
                        [8.0, 13.4],
                        [12.0, 11.6],
                        [12.0, 8.2],
                    ],
                ],
                &[],
            ),
            Self::Point => (
                &[
                    &[[8.0, 0.8], [8.0, 4.2]],
                    &[[8.0, 11.8], [8.0, 15.2]],
                    &[[0.8, 8.0], [4.2, 8.0]],
                    &[[11.8, 8.0], [15.2, 8.0]],
                ],
                &[([8.0, 8.0], 5.4), ([8.0, 8.0], 0.9)],
            ),
            Self::Propose => (&[STAR], &[]),
            Self::ProposeAll => (&[STAR, SMALL_STAR], &[]),
            Self::Redo => (
                &[
                    &[[11.0, 2.5], [14.0, 5.5], [11.0, 8.5]],
                    &[
                        [14.0, 5.5],
                        [6.0, 5.5],
                        [3.6, 6.5],
                        [2.4, 9.2],
                        [3.6, 12.0],
                        [6.0, 13.0],
                        [10.0, 13.0],
                    ],
                ],
                &[],
            ),
            Self::Reject => (
                &[&[[3.5, 3.5], [12.5, 12.5]], &[[12.5, 3.5], [3.5, 12.5]]],
                &[],
            ),
            Self::Search => (&[&[[10.4, 10.4], [14.6, 14.6]]], &[([6.8, 6.8], 4.9)]),
            Self::Tag => (
                &[&[
                    [2.0, 2.0],
                    [8.2, 2.0],
                    [14.3, 8.1],
                    [8.1, 14.3],
                    [2.0, 8.2],
                    [2.0, 2.0],
                ]],
                &[([5.4, 5.4], 0.9)],
            ),
            Self::Undo => (
                &[
                    &[[5.0, 2.5], [2.0, 5.5], [5.0, 8.5]],
                    &[
                        [2.0, 5.5],
                        [10.0, 5.5],
                        [12.4, 6.5],
                        [13.6, 9.2],
                        [12.4, 12.0],
                        [10.0, 13.0],
                        [6.0, 13.0],
                    ],
                ],
                &[],
            ),
            Self::WholePicture => (&BRACKETS, &[]),
        };
        Shapes { lines, circles }
    }
}

fn circle(centre: Pos2, radius: f32) -> Vec<Pos2> {
    let steps = 0..CIRCLE_STEPS;
    let turns = steps.map(|step| step as f32 / CIRCLE_STEPS as f32 * TAU);
    turns
        .map(|turn| {
            pos2(
                centre.x + radius * turn.cos(),
                centre.y + radius * turn.sin(),
            )
        })
        .collect()
}
