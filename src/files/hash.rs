//! The hash of a file's content: XXH3, 128 bits, as 32 hexadecimal digits.
//!
//! It tells a renamed file from a new one. It is fast and not cryptographic, so it protects against
//! accidents and not against forgery.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// How much of a file is read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// The hash of a file's content, from its bytes.
pub fn hash_bytes(bytes: &[u8]) -> Box<str> {
    format!("{:032x}", xxh3_128(bytes)).into()
}

/// The hash of a file's content. The file is read in pieces, whatever its size.
///
/// # Errors
/// If the file cannot be read.
pub fn hash_file(path: &Path) -> io::Result<Box<str>> {
    let mut file = File::open(path)?;
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("{:032x}", hasher.digest128()).into()),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
