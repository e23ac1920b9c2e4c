//! Hashes of a file's content, in hexadecimal.
//!
//! XXH3 (128 bits, 32 digits) distinguishes a renamed picture from a new one. It is fast and not
//! cryptographic, so it protects against accidents and not against forgery. SHA-256 (64 digits)
//! identifies models.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// How much of a file is read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// The XXH3 hash of a file's content, from its bytes.
pub fn hash_bytes(bytes: &[u8]) -> Box<str> {
    format!("{:032x}", xxh3_128(bytes)).into()
}

/// The XXH3 hash of a file's content. A file of any size is read in pieces.
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

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
