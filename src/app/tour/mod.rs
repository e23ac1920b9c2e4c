//! The tour: five cards that point at what a person needs first.
//!
//! | file | its one idea |
//! |---|---|
//! | `step.rs` | the steps, their texts and what each points at |
//! | `state.rs` | which step is shown, and when the tour begins |
//! | `card.rs` | draws a step |
//!
//! Nothing is covered or locked: the work goes on beside it.

mod card;
mod state;
mod step;

pub use self::card::{CardEvent, ui};
pub use self::state::Tour;
pub use self::step::{Places, Step};
