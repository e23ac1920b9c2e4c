//! Label Studio: a JSON list of tasks, one per picture.
//!
//! Source: <https://labelstud.io/guide/task_format> and <https://labelstud.io/guide/export>. Edges are in
//! percent of the picture. `annotations` are a person's: the one that is marked as ground truth, or
//! else the last that was not cancelled, becomes ground truth. `predictions` are a model's: where no
//! person has annotated, the last becomes proposals, with the score of each region or else that of the
//! prediction. The short form (JSON-MIN) is read as well. A task has no classes but those of its
//! regions, so the folder of an export has them in `label_config.xml`, Label Studio's own labelling
//! configuration.
//!
//! `data.image` is an address. Of what Label Studio makes of a path (`/data/local-files/?d=...`,
//! `/data/upload/1/0a1b2c3d-name.jpg`, a bucket, a server) only the path counts. Flags are notes of a
//! region (`meta.text`).

mod address;
mod export;
mod import;
mod recognise;
mod region;

pub(super) use export::export;
pub(super) use import::import;
pub(super) use recognise::are_keys;
