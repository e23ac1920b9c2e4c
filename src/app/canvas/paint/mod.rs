//! How boxes and aids look on the canvas. Nothing here depends on the session.

mod aids;
mod badges;
mod boxes;
mod image;
mod lines;
mod offers;
mod style;

pub(super) use self::aids::{
    class_note, crosshair, drawing, note, pixel_grid, rubber_band, rulers,
};
pub(super) use self::boxes::{BoxLook, boxes};
pub(super) use self::image::image;
pub(super) use self::offers::{offers, prompt_point};
pub(super) use self::style::{BoxStyle, Emphasis};
