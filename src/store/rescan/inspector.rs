//! Reading files: the hashes of their contents and their sizes in pixels.

use std::path::Path;

use rayon::prelude::*;

use crate::files::hash_file;
use crate::pictures::{self, PictureError};

/// Reads files. Each call is about many files, so that they can be read in parallel. The results are
/// in the order of the files, with an error as a sentence.
pub trait FileInspector {
    /// The hash of the content of each file, as [`hash_file`] computes it.
    fn hash(&mut self, files: &[&Path]) -> Vec<Result<Box<str>, String>>;
    /// The width and height of each picture in upright pixels.
    fn measure(&mut self, files: &[&Path]) -> Vec<Result<[u32; 2], String>>;
}

/// Reads files from the disk, on all cores.
pub(super) struct DiskInspector;

impl FileInspector for DiskInspector {
    fn hash(&mut self, files: &[&Path]) -> Vec<Result<Box<str>, String>> {
        let hash = |path: &&Path| {
            hash_file(path).map_err(|cause| {
                let path = path.to_path_buf();
                PictureError::Unreadable { path, cause }.to_string()
            })
        };
        files.par_iter().map(hash).collect()
    }

    fn measure(&mut self, files: &[&Path]) -> Vec<Result<[u32; 2], String>> {
        let measure = |path: &&Path| match pictures::probe(path) {
            Ok((width, height)) => Ok([width, height]),
            Err(error) => Err(error.to_string()),
        };
        files.par_iter().map(measure).collect()
    }
}
