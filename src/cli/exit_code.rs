//! The exit codes that subcommands return.

/// The run finished, but something in it failed.
pub const FAILED: u8 = 1;
/// The run could not start or had to stop.
pub const CANNOT_START: u8 = 2;
/// Interrupted with Ctrl-C, as shells report it.
pub const INTERRUPTED: u8 = 130;
