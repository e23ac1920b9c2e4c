//! The progress of a run: a bar with rate and remaining time on a terminal, plain lines otherwise.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line is printed if there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Progress over a known number of pictures, on standard error.
pub struct Progress {
    bar: ProgressBar,
    plain: Option<Instant>,
    started: Instant,
    resumed: u64,
    note: String,
}

impl Progress {
    /// Starts with `resumed` of `total` already done.
    pub fn new(total: usize, resumed: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal {
            ProgressBar::new(total as u64)
        } else {
            ProgressBar::hidden()
        };
        bar.set_length(total as u64);
        let template = "{bar:30} {pos}/{len}  {per_sec}  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let style = style.with_key(
                "per_sec",
                |state: &indicatif::ProgressState, text: &mut dyn std::fmt::Write| {
                    // Writing to a buffer cannot fail.
                    let _ = write!(text, "{:.1} pictures/s", state.per_sec());
                },
            );
            bar.set_style(style);
        }
        bar.set_position(resumed as u64);
        bar.reset_eta();
        Self {
            bar,
            plain: (!terminal).then(Instant::now),
            started: Instant::now(),
            resumed: resumed as u64,
            note: String::new(),
        }
    }

    /// Sets the text after the remaining time.
    pub fn set_note(&mut self, note: String) {
        self.bar.set_message(note.clone());
        self.note = note;
    }

    /// Counts one more picture, done or failed.
    pub fn advance(&mut self) {
        self.advance_by(1);
    }

    /// Counts several more pictures.
    pub fn advance_by(&mut self, pictures: usize) {
        self.bar.inc(pictures as u64);
        let Some(last) = &mut self.plain else { return };
        if last.elapsed() < LINE_INTERVAL {
            return;
        }
        *last = Instant::now();
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let rate = self.rate();
        let left = (total.saturating_sub(done)) as f64 / rate;
        let line = format!("{done}/{total}  {rate:.1} pictures/s  {left:.0} s left");
        status!("{}", format!("{line}  {}", self.note).trim_end());
    }

    /// Prints a line above the bar.
    pub fn println(&self, line: &str) {
        self.bar.suspend(|| status!("{line}"));
    }

    /// Pictures per second in this run.
    pub fn rate(&self) -> f64 {
        let done = self.bar.position().saturating_sub(self.resumed) as f64;
        done / self.started.elapsed().as_secs_f64().max(1e-3)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
