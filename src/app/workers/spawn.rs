//! Starting a worker's thread.

use std::thread;

/// Runs `work` on a new thread. Debuggers and panic messages show its name.
///
/// # Panics
/// If the system cannot start a thread.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name(name.to_owned());
    if let Err(error) = thread.spawn(work) {
        panic!("cannot start the thread {name}: {error}");
    }
}
