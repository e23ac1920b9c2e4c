//! Starting a worker's thread.

use std::thread;

/// Runs `work` on a thread of its own, which carries this name in debuggers and panic messages.
///
/// # Panics
/// If the system cannot start a thread.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name(name.to_owned());
    if let Err(error) = thread.spawn(work) {
        panic!("cannot start the thread {name}: {error}");
    }
}
