//! The files of other programs: importing them into a project, and exporting a project to them.
//!
//! [`import()`], [`export()`] and [`detect_format`] serve all formats. Each format has its own
//! module, which uses the shared ones. No format uses the dispatcher.
//!
//! | module | its one idea |
//! |---|---|
//! | `dispatch`, `detect` | import, export and recognition for all formats |
//! | [`coco`], `yolo`, `voc`, `labelme`, `createml`, `cvat`, `label_studio`, `via`, `open_images`, [`tags`] | one format each |
//! | [`class_list`] | a list of class names |
//! | [`class_map`] | a file that maps a model's classes to names |
//! | [`wsol`] | sets with one class per picture, for measuring localisation |
//! | `import` | from the content of a file to one edit: pictures, ids, boxes, review states |
//! | `export` | from the document to files: options, subsets, names, the writer |
//! | `limits` | what a format cannot hold |
//! | `format` | the formats and folder layouts, and their names |
//! | `input`, `paths` | files of unknown origin: limits, encodings, safe relative paths |
//! | `encoding` | the text of a file in the encoding that it states |
//! | `numbers` | numbers as text, with exponents; never with a decimal comma |
//! | `json_keys`, `json_flags` | JSON: what recognises a file, and the flags of a box |
//! | `ascii_json`, `json_stream`, `unknown_fields` | JSON: ASCII, lists made while they are written, fields kept unchanged |
//! | `xml_text` | XML: text and the references in it |
//! | `shapes` | the boxes around other shapes |
//! | `error`, `messages` | errors, and messages for a person |
//!
//! # Import
//! An import reads files and returns one [`Edit`](crate::document::Edit), which the caller commits
//! and a person can undo, and an [`ImportReport`].
//! - A box becomes ground truth drawn by a person. With a score it becomes the proposal of a model,
//!   which nobody has reviewed.
//! - [`ImportMode::Merge`] keeps what exists. A box that the picture already has (same category,
//!   IoU of at least 0.99) is not added again; a proposal that the file confirms is accepted.
//! - [`ImportMode::Replace`] replaces what the named pictures had. Boxes that are the same stay,
//!   with their history, and pictures that the file does not name stay unchanged.
//! - A picture with imported ground truth is done, unless its review has begun. A picture without
//!   boxes is verified to be empty where the format can express that: by an empty label file, or
//!   by an XML or JSON file of its own. COCO only lists the picture, which other programs do for
//!   unlabelled pictures as well, so it stays unreviewed and the report counts it; our own COCO
//!   files say which it is.
//! - Where a file states another size of a picture than it has, its boxes were made on another copy
//!   of it. They become proposals unless [`SizeRule`] says how they are fitted and they can be.
//! - With [`ImportedAs::Proposals`], boxes are proposals whatever the file says of them.
//! - Corners in the wrong order, and negative sizes, are put right and reported.
//! - Ids of COCO files are kept if they are free and below 2^31. Others are renumbered.
//! - One rule finds the picture that a name means, in all formats; `import/pictures.rs` describes it.
//!   Boxes go to no picture where several fit, and the report says so. No path leads out of the folder.
//! - Pictures that a file names and the folder lacks are left out, or kept as missing on request.
//! - A picture that is taken out of the project gets its boxes and stays out, and the report says so.
//!
//! # Export
//! An export writes what was reviewed, and never a proposal as ground truth. It appears whole or
//! not at all: a new folder is made under another name and renamed at the end. In a folder that
//! exists, each file is written whole. The project, the files next to it and its pictures are never
//! overwritten. An export may be limited to some classes and some pictures
//! ([`classes`](ExportOptions::classes), [`pictures`](ExportOptions::pictures)); the report counts what that
//! leaves out. Pictures that are taken out of the project are left out and counted; COCO with
//! provenance keeps them where only this program reads them.
//!
//! The folder of an export has a marker, `.tsukami-export`, which lists the export's files. Scans skip
//! such a folder, and exporting to it again removes the listed files that are not written again, so
//! that no picture is in two subsets. Copies below the folder of the project's pictures are refused
//! unless they are asked for. A folder that holds other pictures gets no marker, and nothing in it is
//! deleted.
//!
//! | format | keeps | loses |
//! |---|---|---|
//! | COCO | ids, order, boxes exactly, flags, tags, review, unknown fields; with provenance everything | |
//! | COCO results | proposals and scores | |
//! | YOLO | boxes to 8 decimals of the side | flags, tags, crowds (reported) |
//! | VOC | boxes in whole pixels, difficult, truncated, occluded | crowds become difficult (reported), tags |
//! | labelme | boxes exactly, flags | tags |
//! | CreateML | boxes exactly | flags, tags, crowds (reported) |
//! | CVAT | boxes exactly, flags, tags, attributes, review | |
//! | Label Studio | boxes exactly, flags; proposals with their scores | tags, classes without boxes (unless a folder) |
//! | VIA | boxes exactly, flags, review | tags |
//! | Open Images | boxes exactly, occluded, truncated, crowds | difficult, tags, pictures without boxes (reported) |
//! | CSV | image tags | boxes |
//!
//! [`plan_export`] says what an export would write and leave out, and writes nothing: it is the same code,
//! which counts bytes instead. What a format cannot hold of a document is counted according to `limits`.
//!
//! # To add a format
//! 1. Add a variant to [`Format`] in `format.rs`, with its name on the command line.
//! 2. Write a module with `import` and `export`. Reading fills an `ImportBuilder`; writing takes
//!    boxes and files from an `ExportWriter`.
//! 3. Call them in `dispatch.rs`, and recognise the files in `detect.rs`.
//! 4. State in `ExportOptions::makes_folder` (`export/options.rs`) whether an export is a folder, and
//!    in `export/naming.rs` whether each picture has its own label file. State in `limits.rs` what it holds.
//! 5. Offer it in `app/dialogs/export/names.rs`, with a text and a note in `assets/locales/en/dialogs.ftl`.
//! 6. Extend the table above and the tests in `formats/tests`.
//!
//! The compiler finds the places that match on [`Format`]. It does not find `detect.rs`,
//! `export/naming.rs` and `Format::ALL`.

mod ascii_json;
pub mod class_list;
pub mod class_map;
pub mod coco;
mod createml;
mod cvat;
mod detect;
mod dispatch;
mod encoding;
mod error;
mod export;
mod format;
mod import;
mod input;
mod json_flags;
mod json_keys;
mod json_stream;
mod label_studio;
mod labelme;
mod limits;
mod messages;
mod numbers;
mod open_images;
mod paths;
mod shapes;
pub mod tags;
#[cfg(test)]
mod tests;
mod unknown_fields;
mod via;
mod voc;
pub mod wsol;
mod xml_text;
mod yolo;

pub use detect::{detect_format, is_class_list};
pub use dispatch::{export, import, import_files, plan_export};
pub use error::FormatError;
pub use export::options::{BoxSelection, ExportOptions, PictureFiles, PictureScope};
pub use export::plan::{ExportPlan, FileChange, PlannedFile};
pub use export::report::{ExportReport, LeftOut};
pub use export::split::{Subset, SubsetSplit};
pub use format::{FolderLayout, Format};
pub use import::options::{ImportMode, ImportOptions, ImportedAs, MissingPictures, SizeRule};
pub use import::report::{ImportReport, PreparedImport};
pub use limits::Losses;
pub use messages::Messages;
