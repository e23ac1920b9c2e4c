//! CVAT for images 1.1: one XML file for many pictures.
//!
//! Source: <https://docs.cvat.ai/docs/manual/advanced/xml_format/>. Boxes are by their edges in pixels.
//! `occluded` is an attribute of a shape; the other flags are CVAT's own kind of attributes
//! (`<attribute name="difficult">true</attribute>`), as are those that other people defined, which are
//! kept under `attributes` as in COCO. Of a shape that is not a box the bounding box is kept, and of a
//! polygon the outline. CVAT lists pictures that nobody has labelled as well; our own files say which
//! is which in an attribute that CVAT ignores.

mod export;
mod import;

pub(super) use export::export;
pub(super) use import::{import, is_annotations_text};
