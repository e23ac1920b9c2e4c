//! What the writers of all formats share: options, subsets, names, and the files themselves.
//!
//! | file | its one idea |
//! |---|---|
//! | `options` | what is exported, and the one rule for which boxes (`BoxSelection::includes`) |
//! | `selection` | which pictures and boxes are in an export, and why the others are not |
//! | `writer` | the source of ground truth (`ground_truth`), and the only way to write files |
//! | `destination` | where the files go: a new folder, one that exists, or a single file |
//! | `marker`, `earlier` | the list of an export's files in its folder, and what is removed by it |
//! | `naming` | the subset and the file name of each picture |
//! | `split` | division into train, val and test |
//! | `originals` | the pictures of the project, which no export overwrites |
//! | `picture_files` | copies of picture files, and links to them |
//! | `plan` | what an export would write |
//! | `report` | what an export did |

mod destination;
mod earlier;
pub(super) mod marker;
pub(super) mod naming;
pub(super) mod options;
mod originals;
mod picture_files;
pub(super) mod plan;
pub(super) mod report;
pub(super) mod selection;
pub(super) mod split;
pub(super) mod writer;
