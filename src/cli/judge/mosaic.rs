//! Pictures put together from several, with more and smaller objects than the folder has.

use image::{RgbImage, imageops};

use crate::cli::ground_truth::GroundTruth;
use crate::geometry::BBox;
use crate::learn::random::Random;
use crate::pictures::{self, DecodeLimits};

/// Numbers of rows and of columns, each as likely as it is often here.
const SIDES: [u32; 7] = [1, 2, 2, 3, 3, 4, 5];
/// Width and height of a mosaic in pixels, about.
const LENGTH: u32 = 720;
/// Minimum and maximum side of a cell in pixels.
const CELL: (u32, u32) = (130, 380);
/// Maximum enlargement of a picture beyond what fills its cell.
const MAX_ENLARGEMENT: f32 = 1.3;
/// An object is in the mosaic if this share of it is.
const MIN_VISIBLE: f32 = 0.3;

/// A mosaic of random pictures of a folder with its true boxes; `None` if one cannot be read.
pub fn mosaic(pictures: &[&GroundTruth], random: &mut Random) -> Option<(RgbImage, Vec<BBox>)> {
    let (columns, rows) = loop {
        let sides = (pick(&SIDES, random), pick(&SIDES, random));
        if sides != (1, 1) {
            break sides;
        }
    };
    let cell = (LENGTH / columns.max(rows)).clamp(CELL.0, CELL.1);
    let mut canvas = RgbImage::new(columns * cell, rows * cell);
    let mut truth = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let source = pick(pictures, random);
            let picture = pictures::decode(&source.path, &DecodeLimits::default())
                .ok()?
                .rgb;
            let objects = source.objects(None);
            let (part, boxes) = part(&picture, &objects, cell, random);
            let (x, y) = (column * cell, row * cell);
            imageops::replace(&mut canvas, &part, i64::from(x), i64::from(y));
            let (x, y) = (x as f32, y as f32);
            truth.extend(boxes.into_iter().map(|bbox| BBox {
                x0: bbox.x0 + x,
                y0: bbox.y0 + y,
                x1: bbox.x1 + x,
                y1: bbox.y1 + y,
            }));
        }
    }
    Some((canvas, truth))
}

fn pick<T: Copy>(items: &[T], random: &mut Random) -> T {
    items[random.below(items.len())]
}

/// A square part of a picture around one of its objects, and the objects in it.
fn part(
    picture: &RgbImage,
    objects: &[BBox],
    side: u32,
    random: &mut Random,
) -> (RgbImage, Vec<BBox>) {
    let (width, height) = picture.dimensions();
    let fill = side as f32 / width.min(height) as f32;
    let scale = fill * (1.0 + (MAX_ENLARGEMENT - 1.0) * random.uniform());
    let scaled = |length: u32| ((length as f32 * scale).round() as u32).max(side);
    let resized = pictures::resize(picture, scaled(width), scaled(height));
    let centre = match objects {
        [] => (width as f32 / 2.0, height as f32 / 2.0),
        _ => {
            let object = pick(objects, random);
            ((object.x0 + object.x1) / 2.0, (object.y0 + object.y1) / 2.0)
        }
    };
    let start = |centre: f32, length: u32| {
        let start = centre * scale - side as f32 / 2.0;
        start.clamp(0.0, (length - side) as f32) as u32
    };
    let (x, y) = (
        start(centre.0, resized.width()),
        start(centre.1, resized.height()),
    );
    let part = imageops::crop_imm(&resized, x, y, side, side).to_image();
    let boxes = objects.iter().filter_map(|object| {
        let moved = BBox {
            x0: object.x0 * scale - x as f32,
            y0: object.y0 * scale - y as f32,
            x1: object.x1 * scale - x as f32,
            y1: object.y1 * scale - y as f32,
        };
        let visible = moved.clipped(side, side)?;
        (visible.area() > MIN_VISIBLE * moved.area()).then_some(visible)
    });
    (part, boxes.collect())
}
