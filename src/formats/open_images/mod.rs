//! Open Images: CSV files of boxes and of classes.
//!
//! Source: <https://storage.googleapis.com/openimages/web/download_v7.html>. Edges are shares of the
//! picture's sides. `ImageID` is the name of a picture without its extension. We write the path in the
//! project, with the extension where a name without one would be ambiguous. `LabelName` is a key of the
//! class descriptions beside the boxes; we write the names of the classes themselves. Only pictures
//! with boxes are listed.
//!
//! `IsOccluded` and `IsTruncated` are flags, and `IsGroupOf` is a crowd. `Confidence` is 1 for boxes that
//! people drew; if a file has anything between 0 and 1, it holds proposals of a model.

mod export;
mod import;

pub(super) use export::export;
pub(super) use import::{import, is_boxes_header, is_description};
