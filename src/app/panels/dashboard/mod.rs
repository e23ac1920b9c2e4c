//! The dashboard: progress, and how good the proposals are.

mod charts;
mod statistics;
mod view;

pub use self::statistics::Statistics;
pub use self::view::Dashboard;
