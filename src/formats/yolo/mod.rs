//! YOLO: one text file per picture, with one line per box, and `data.yaml`, which names the
//! classes.
//!
//! Source: <https://docs.ultralytics.com/datasets/detect/>. A line has the class, the centre, the
//! width and the height of the box as shares of the picture's width and height. The class is an
//! index into the list of names, so an export writes the list in the person's order. An empty
//! label file is a picture that was verified to be empty. An import also accepts what trainers write:
//! lines with a confidence, which are proposals, with the number of a track, which is dropped, and
//! polygons and turned boxes, reduced to their bounding boxes.
//!
//! | file | its one idea |
//! |---|---|
//! | `description`, `descriptions` | the names of the classes; which description serves a label file |
//! | `columns` | what the numbers of a line mean, decided by file and by set |
//! | `labels`, `recognise` | the lines of a label file, and how one is recognised |
//! | `import`, `export` | a data set |

mod columns;
mod description;
mod descriptions;
mod export;
mod import;
mod labels;
mod recognise;

pub(super) use description::{is_class_list, is_description};
pub(super) use export::export;
pub(super) use import::{import, import_files};
pub(super) use recognise::is_label_text;
