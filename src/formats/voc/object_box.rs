//! Where an object is: a box, or the box around the shapes that programs write instead of one.

use super::xml::Node;
use crate::formats::numbers::parse_number;
use crate::formats::shapes::{bounds, rotated_bounds};

/// The box of an object.
pub(super) struct ObjectBox {
    /// `xmin`, `ymin`, `xmax` and `ymax`, counted as the file does.
    pub edges: [f64; 4],
    /// What it encloses, if the file has no upright box.
    pub reduced: Option<&'static str>,
}

/// The box of an object: its `bndbox`, which CVAT writes as it was before its `rotation`; or what encloses
/// the rotated box of roLabelImg, or a polygon (`x1`, `y1`, `x2` and so on in `polygon` or `bndbox`).
///
/// # Errors
/// Why the object has no box.
pub(super) fn read(object: &Node) -> Result<ObjectBox, String> {
    let bndbox = object.child("bndbox");
    let polygon = [bndbox, object.child("polygon")]
        .into_iter()
        .flatten()
        .find(|node| node.child("x1").is_some());
    if let Some(bndbox) = bndbox.filter(|node| polygon.is_none() || node.child("xmin").is_some()) {
        return upright(bndbox, rotation(object));
    }
    if let Some(node) = object.child("robndbox") {
        let [x, y, width, height] = numbers(node, ["cx", "cy", "w", "h"])?;
        let angle = node.text_of("angle").map_or(Ok(0.0), parse_number)?;
        let edges = [
            x - width / 2.0,
            y - height / 2.0,
            x + width / 2.0,
            y + height / 2.0,
        ];
        return Ok(rotated(edges, angle.to_degrees()));
    }
    let polygon = polygon.ok_or("it has no bndbox")?;
    let corners: Vec<[f64; 2]> = corners(polygon)?;
    Ok(ObjectBox {
        edges: bounds(corners),
        reduced: Some("polygon"),
    })
}

fn upright(bndbox: &Node, degrees: f64) -> Result<ObjectBox, String> {
    let edges = numbers(bndbox, ["xmin", "ymin", "xmax", "ymax"])?;
    if degrees == 0.0 {
        let reduced = None;
        return Ok(ObjectBox { edges, reduced });
    }
    let [x0, y0, x1, y1] = edges;
    Ok(rotated([x0 - 1.0, y0 - 1.0, x1, y1], degrees))
}

/// The box around one that is turned about its centre. The edges are counted from 0.
fn rotated(edges: [f64; 4], degrees: f64) -> ObjectBox {
    let [x0, y0, x1, y1] = edges;
    let centre = [(x0 + x1) / 2.0, (y0 + y1) / 2.0];
    let [x0, y0, x1, y1] = rotated_bounds(edges, centre, degrees);
    // As the corners of a bndbox, it is counted from 1.
    ObjectBox {
        edges: [x0 + 1.0, y0 + 1.0, x1, y1],
        reduced: Some("rotated box"),
    }
}

/// The attribute `rotation` of CVAT, clockwise in degrees.
fn rotation(object: &Node) -> f64 {
    let attributes = object.child("attributes").into_iter();
    let mut attributes = attributes.flat_map(|node| &node.children);
    let rotation = attributes.find(|node| node.text_of("name") == Some("rotation"));
    let value = rotation.and_then(|node| node.text_of("value"));
    value.map_or(Ok(0.0), parse_number).unwrap_or_default()
}

/// The corners of a polygon by their numbers: `x1` belongs to `y1`.
fn corners(node: &Node) -> Result<Vec<[f64; 2]>, String> {
    let numbered = node.children.iter().filter_map(|child| {
        let number = child.name.strip_prefix('x')?;
        number.parse::<u32>().ok().map(|_| number)
    });
    let corner = |number: &str| {
        Ok([
            coordinate(node, &format!("x{number}"))?,
            coordinate(node, &format!("y{number}"))?,
        ])
    };
    numbered.map(corner).collect()
}

fn numbers(node: &Node, keys: [&str; 4]) -> Result<[f64; 4], String> {
    let mut numbers = [0.0; 4];
    for (number, key) in numbers.iter_mut().zip(keys) {
        *number = coordinate(node, key)?;
    }
    Ok(numbers)
}

fn coordinate(node: &Node, key: &str) -> Result<f64, String> {
    let text = node
        .text_of(key)
        .ok_or_else(|| format!("{key} is missing"))?;
    parse_number(text).map_err(|reason| format!("{key}: {reason}"))
}
