//! The pipeline that the window and the command line share: decode -> infer -> maps -> proposals.
//!
//! | file | its one idea |
//! |---|---|
//! | `networks` | the networks that process a picture |
//! | `pipeline` | decode and infer many pictures, with bounded queues between the stages |
//! | `settings` | what to propose, and how |
//! | `proposals` | evidence or maps -> scored boxes with their classes |
//! | `judged_classes` | the classes of judged boxes, from the companion and the detector |
//! | `head_training` | tagged pictures -> a class head |
//! | `names` | the class names of proposals, and duplicates under one name |
//!
//! ```
//! use std::path::Path;
//! use tsukami::localize::Quality;
//! use tsukami::nn::{device::DeviceChoice, shipped::ModelSource};
//! use tsukami::pictures::{self, DecodeLimits};
//! use tsukami::propose::{self, PipelineSettings, Target};
//! use tsukami::tscam::{InputOptions, Model};
//!
//! let path = Path::new("assets/sample/images/cat/chelsea.jpg");
//! let picture = pictures::decode(path, &DecodeLimits::default())?;
//! let device = DeviceChoice::Auto.open()?.device;
//! let model = Model::shipped(&ModelSource::Program, &device)?;
//! let settings = PipelineSettings {
//!     input_options: InputOptions {
//!         quality: Quality::Fast,
//!         ..InputOptions::default()
//!     },
//!     ..PipelineSettings::default()
//! };
//! let evidence = model.infer(&model.input(&picture.rgb, settings.input_options))?;
//! let size = picture.rgb.dimensions();
//! let proposals = propose::propose(&evidence, size, &Target::Automatic, &settings);
//! let cat = &proposals[0];
//! assert!(cat.bbox.area() > 0.2 * (size.0 * size.1) as f32);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod head_training;
mod inference_error;
mod judged_classes;
mod names;
mod networks;
mod pipeline;
mod proposals;
mod settings;

pub use head_training::HeadTraining;
pub use inference_error::{InferenceError, panic_message};
pub use names::name_proposals;
pub use networks::{Networks, NetworksRef};
pub use pipeline::{Inference, infer_all, infer_picture, path_queue};
pub use proposals::{Proposal, maps_for, proposals_from_maps, propose};
pub use settings::{PipelineSettings, Target};
