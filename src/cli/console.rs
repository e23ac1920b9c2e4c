//! Standard output for results, standard error for everything else.

use anyhow::Context as _;

/// Prints a line to standard error. Errors are ignored, so that a closed terminal does not stop the program.
macro_rules! status {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

/// Prints to standard output. It is not an error if the reader has gone away (`| head`).
///
/// # Errors
/// If standard output cannot be written for another reason.
pub fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
