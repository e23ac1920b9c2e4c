//! The threads that work in the background: opening, decoding, thumbnails, the model, learning,
//! fitting, import and export.
//!
//! Each worker owns its threads and takes requests by calls that never wait. Its results come back
//! as [`WorkerEvent`]s over one channel, which the window drains before it
//! draws.
//!
//! | file | what it does |
//! |---|---|
//! | `events.rs` | everything that workers report, and the channel |
//! | `requests.rs` | what they share: pictures to process, the model, how boxes are made |
//! | `monitor.rs` | a value that a worker waits for |
//! | `spawn.rs`, `crash.rs` | starting a worker's thread; what becomes of a panic in it |
//! | `opener.rs` | opens a folder or project file and rescans the folder |
//! | `decoder.rs`, `pyramid.rs` | decodes pictures for the canvas, in several resolutions |
//! | `thumbnailer.rs` | makes thumbnails for the list |
//! | `proposer.rs` | decides which picture is next, runs the model and caches its maps |
//! | `relocalizer.rs` | makes boxes of the other pictures from cached maps, after the slider is released |
//! | `learner.rs`, `learned_text.rs` | learns from reviewed pictures and proposes by what it learned |
//! | `drop_reader.rs` | finds out what is dropped on the window |
//! | `segmenter.rs`, `embeddings.rs` | fits boxes to objects, and keeps what that needs of each picture |
//! | `class_head_trainer.rs` | trains a class head on tagged pictures |
//! | `import_export.rs` | imports and exports |
//! | `export_planner.rs` | what an export would write, for its dialog |
//! | `comparer.rs` | reads or makes the boxes that those of the project are compared with |
//! | `class_list.rs` | reads a list of class names |
//! | `file_dialog.rs` | asks the system for a file or folder |
//! | `maps_loader.rs` | reads cached maps of the picture that is shown |
//! | `path_probe.rs` | whether files exist |
//! | `preferences_saver.rs` | writes the preferences |
//!
//! Results that come too late are dropped. Every event carries the id of the open project, which
//! `window/events.rs` compares. Results about a picture carry the version of its file
//! (`workspace/file_versions.rs`). Beyond that, results of the model carry the model
//! (`workspace/proposing.rs`), boxes from cached maps the generation of their request
//! (`Relocalizer::is_current_request`), learning the number of the model it learned from
//! (`workspace/learning.rs`), a search its own number (`workspace/similar.rs`), and so does every
//! question about what is in a box (`workspace/fitting.rs`, `workspace/pointing.rs`), and every comparison
//! (`workspace/comparing.rs`).

pub mod class_head_trainer;
pub mod class_list;
pub mod comparer;
pub mod crash;
pub mod decoder;
pub mod drop_reader;
mod embeddings;
pub mod events;
pub mod export_planner;
pub mod file_dialog;
pub mod import_export;
pub mod learned_text;
pub mod learner;
pub mod maps_loader;
mod monitor;
pub mod opener;
pub mod path_probe;
pub mod preferences_saver;
pub mod proposer;
pub mod pyramid;
pub mod relocalizer;
pub mod requests;
pub mod segmenter;
pub mod spawn;
pub mod thumbnailer;

pub use self::events::{EventSender, WorkerEvent};
