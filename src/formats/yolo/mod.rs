//! YOLO: one text file per picture, with one line per box, and `data.yaml`, which names the
//! classes.
//!
//! Source: <https://docs.ultralytics.com/datasets/detect/>. A line has the class, the centre, the
//! width and the height of the box as shares of the picture's width and height. The class is an
//! index into the list of names, so an export writes the list in the person's order. An empty
//! label file is a picture that was verified to be empty. An import also accepts lines with a
//! confidence, which are proposals, and polygons, reduced to their bounding boxes.

mod description;
mod export;
mod import;
mod labels;

pub(super) use description::is_description;
pub(super) use export::export;
pub(super) use import::import;
pub(super) use labels::is_label_text;
