//! The canvas: the picture, its boxes, and what pointer and keys do to them.
//!
//! It reads the session and pushes [`Action`](super::action::Action)s. During a drag only the
//! canvas's own display changes; a drag is one edit when the button is released.
//!
//! | file | what it does |
//! |---|---|
//! | `widget.rs` | one frame: view, pointer, painting, accessibility |
//! | `pointer.rs`, `canvas_keys.rs` | what the pointer does, and keys that are not commands |
//! | `point.rs`, `point_state.rs`, `offers.rs` | the point tool and the boxes that it offers |
//! | `hit.rs` | what is under the pointer |
//! | `gesture.rs`, `shape.rs` | where a drag moves boxes, in pixels of the picture |
//! | `draw.rs`, `paint/` | what is painted, and how boxes and aids look |
//! | `describe.rs` | names for screen readers |
//! | `side_by_side.rs` | the picture twice: its boxes, and others with which they are compared |
//! | `stepping.rs` | brings each newly selected box to the middle |
//! | `view.rs`, `view_memory.rs`, `auto_pan.rs` | the transform between pixels and points; the views of former pictures; drags at the edge |
//! | `textures.rs`, `texture_style.rs`, `tiles.rs`, `adjustment.rs` | pictures on the graphics card |

mod adjustment;
mod auto_pan;
mod canvas_keys;
mod describe;
mod draw;
mod gesture;
mod hit;
mod id;
mod offers;
mod paint;
mod point;
mod point_state;
mod pointer;
mod scene;
mod shape;
mod side_by_side;
mod state;
mod stepping;
mod stepping_state;
mod texture_style;
mod textures;
mod tiles;
mod view;
mod view_memory;
mod widget;

pub use self::adjustment::Adjustment;
pub use self::id::id;
pub use self::offers::Offers;
pub use self::scene::Scene;
pub use self::state::{Canvas, CanvasCommand, Tool};
pub use self::textures::Textures;
