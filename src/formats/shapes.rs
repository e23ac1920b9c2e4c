//! Shapes of other programs, which become the boxes around them.

use serde_json::{Map, Value, json};

use super::unknown_fields;

/// Left, top, right and bottom edge of what encloses all points.
pub(super) fn bounds(points: impl IntoIterator<Item = [f64; 2]>) -> [f64; 4] {
    let nothing = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    points
        .into_iter()
        .fold(nothing, |[x0, y0, x1, y1], [x, y]| {
            [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]
        })
}

/// The edges of what encloses a rectangle that is rotated clockwise about a point, in degrees.
pub(super) fn rotated_bounds(
    [x0, y0, x1, y1]: [f64; 4],
    about: [f64; 2],
    degrees: f64,
) -> [f64; 4] {
    if degrees == 0.0 {
        return [x0, y0, x1, y1];
    }
    let (sin, cos) = sin_cos(degrees);
    let corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
    bounds(corners.map(|[x, y]| {
        let (x, y) = (x - about[0], y - about[1]);
        [about[0] + x * cos - y * sin, about[1] + x * sin + y * cos]
    }))
}

/// The edges of what encloses an ellipse with these radii, rotated clockwise, in degrees.
pub(super) fn ellipse_bounds([x, y]: [f64; 2], [rx, ry]: [f64; 2], degrees: f64) -> [f64; 4] {
    let (sin, cos) = sin_cos(degrees);
    let (half_width, half_height) = ((rx * cos).hypot(ry * sin), (rx * sin).hypot(ry * cos));
    [
        x - half_width,
        y - half_height,
        x + half_width,
        y + half_height,
    ]
}

/// Sine and cosine, exact for right angles, so that no sliver is left of a box beyond the edge.
fn sin_cos(degrees: f64) -> (f64, f64) {
    let exact = |value: f64| if value.abs() < 1e-12 { 0.0 } else { value };
    let (sin, cos) = degrees.to_radians().sin_cos();
    (exact(sin), exact(cos))
}

/// The unknown fields of a box that was the outline of an object: the outline as COCO has it, which
/// is kept while the box stays. `coco` has other fields of COCO.
pub(super) fn with_outline(mut coco: Map<String, Value>, points: &[[f64; 2]]) -> Option<Box<str>> {
    insert_outline(&mut coco, points);
    unknown_fields::to_text(&coco)
}

/// Adds the outline of an object to the fields of COCO, with the box that it is kept for.
pub(super) fn insert_outline(coco: &mut Map<String, Value>, points: &[[f64; 2]]) {
    if points.len() > 2 {
        let [x0, y0, x1, y1] = bounds(points.iter().copied());
        coco.insert("bbox".to_owned(), json!([x0, y0, x1 - x0, y1 - y0]));
        coco.insert("segmentation".to_owned(), json!([points.concat()]));
    }
}
