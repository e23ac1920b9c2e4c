//! Handling of Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use super::exit_code::INTERRUPTED;

/// Listens for Ctrl-C: the first one sets the returned flag and prints `notice`, the second one ends
/// the program at once.
///
/// # Errors
/// If the signal handler cannot be installed.
pub fn listen_for_interrupt(notice: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let requested = Arc::clone(&cancel);
    ctrlc::set_handler(move || {
        if requested.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        status!("\n{notice} (press Ctrl-C again to stop at once)");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(cancel)
}
