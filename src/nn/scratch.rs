//! Memory for intermediate results of the CPU kernels, which a thread uses again and again.
//!
//! Fresh memory for each result would be zeroed by the system page by page, which took a tenth of the time of
//! a forward pass.

use std::cell::RefCell;

thread_local! {
    /// The buffers of this thread that are not in use.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` numbers to `work`. They have any values.
pub fn with_scratch<R>(len: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    // While `work` waits for other threads, this one may run another piece of work, which takes another buffer.
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    let result = work(&mut buffer[..len]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}
