//! The median time of something that is repeated.

use std::time::{Duration, Instant};

/// The minimum number of repetitions that count.
const MIN_REPEATS: usize = 3;

/// Repeats `work` for a time, after a first run that does not count. Returns the median duration in seconds.
///
/// # Errors
/// The first error of `work`.
pub fn median_s<E>(time: Duration, mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    work()?;
    let begun = Instant::now();
    let mut durations = Vec::new();
    while durations.len() < MIN_REPEATS || begun.elapsed() < time {
        let start = Instant::now();
        work()?;
        durations.push(start.elapsed().as_secs_f64());
    }
    durations.sort_by(f64::total_cmp);
    Ok(durations[durations.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_repetitions_after_the_first() {
        let mut runs = 0;
        let median = median_s(Duration::ZERO, || {
            runs += 1;
            let pause = if runs == 1 { 30 } else { 2 };
            std::thread::sleep(Duration::from_millis(pause));
            Ok::<(), ()>(())
        });
        assert_eq!(runs, 1 + MIN_REPEATS);
        assert!(median.is_ok_and(|seconds| (0.002..0.03).contains(&seconds)));
        assert_eq!(median_s(Duration::ZERO, || Err("broken")), Err("broken"));
    }
}
