//! Why the pipeline has no result for a picture.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Why the pipeline has no result for a picture, in one sentence that names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InferenceError {
    /// The file cannot be read or decoded.
    #[error("{0}")]
    File(String),
    /// The networks failed on it.
    #[error("{0}")]
    Network(String),
    /// The program has an error that this picture brings out.
    #[error("{}: the program failed on this picture ({message}), so it is left out: report it", path.display())]
    Panic {
        /// The file.
        path: PathBuf,
        /// The message of the panic.
        message: String,
    },
}

/// Runs `work` on a picture. If it panics, the other pictures go on.
///
/// # Errors
/// If `work` fails or panics.
pub(super) fn contained<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, InferenceError>,
) -> Result<T, InferenceError> {
    // Nothing that `work` borrows is changed by it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(InferenceError::Panic {
            path: path.to_path_buf(),
            message: panic_message(&*payload),
        })
    })
}

/// The message of a panic, from what `catch_unwind` has caught.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence_that_names_the_file() {
        let path = Path::new("shop/a.jpg");
        let outcome = contained::<()>(path, || panic!("row {} of {}", 7, 5));
        let error = outcome.unwrap_err();
        assert!(matches!(&error, InferenceError::Panic { message, .. } if message == "row 7 of 5"));
        assert!(error.to_string().starts_with("shop/a.jpg: "), "{error}");
        assert_eq!(contained(path, || Ok(3)), Ok(3));
    }
}
