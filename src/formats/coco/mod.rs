//! COCO JSON: the instances file (pictures, annotations, categories) and the plain results list.
//!
//! | module | its one idea |
//! |---|---|
//! | `types` | the rows of the files as values |
//! | `reader` | the one reader of instances files, row by row |
//! | `read`, `check`, `write` | an instances file as one value: read, checked, written |
//! | `import` | a project from COCO files |
//! | `export`, `stream` | a project's rows as those of COCO, and the file that is made of them row by row |
//! | `results`, `results_import` | the plain list of scored boxes; whose boxes they are in a project |
//! | `extension` | what only this program understands, under the key `tsukami` |
//! | `segmentation`, `rle` | outlines and masks: read, repaired, and their bounds |
//! | `outline` | polygons and keypoints, kept while their box stays |
//! | `recognise` | how the files are recognised |

mod check;
mod export;
mod extension;
mod import;
mod outline;
mod read;
mod reader;
mod recognise;
mod results;
mod results_import;
mod rle;
mod segmentation;
mod stream;
mod suggested;
mod types;
mod write;

pub use results::read_detections;
pub use types::{Annotation, Category, Detection, Image, Instances};
pub use write::write_detections;

pub(super) use import::import;
pub(super) use recognise::{are_instances_keys, are_results_keys};
pub(super) use results::export_results;
pub(super) use results_import::import_results;
pub(super) use stream::export;
