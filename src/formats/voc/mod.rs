//! Pascal VOC: one XML file per picture.
//!
//! Source: the development kit of VOC2012, <http://host.robots.ox.ac.uk/pascal/VOC/voc2012/>. The
//! top left pixel is (1, 1) and both corners belong to the box, so a box from 0 to 10 is written
//! as `xmin` 1, `xmax` 10. datumaro, supervision and detectron2 read it that way. labelImg writes
//! the edges themselves and only raises a 0 to 1. Nothing in a file distinguishes the two, so boxes
//! of labelImg are read one pixel too large on the left and at the top. A file with an `xmin` or
//! `ymin` of 0 counts from 0.
//!
//! Many readers accept only whole numbers, so edges are rounded to pixels. Only the five entities
//! of XML itself are expanded.

mod export;
mod import;
mod object_box;
mod xml;

pub(super) use export::export;
pub(super) use import::{import, is_annotation_text};
