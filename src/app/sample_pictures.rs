//! The sample pictures. They are compiled in, so that the program needs no other files.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! pictures {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../assets/sample/images/", $name)) as &[u8])),*]
    };
}

/// The name and content of each; their sources are listed in `assets/sample/LICENSE.md`.
static PICTURES: [(&str, &[u8]); 12] = pictures![
    "Cutter/003357.jpg",
    "Hammer/018964.jpg",
    "Hose/014146.jpg",
    "LuggageTag/021092.jpg",
    "MetalSheet/013782.jpg",
    "Pliers/008002.jpg",
    "Screwdriver/028688.jpg",
    "SodaCan/029866.jpg",
    "cat/chelsea.jpg",
    "cup/coffee.jpg",
    "person/astronaut.jpg",
    "rocket/rocket.jpg",
];

/// Writes the pictures that do not exist yet into a folder.
///
/// # Errors
/// If a file cannot be written.
pub fn unpack(folder: &Path) -> io::Result<()> {
    for (name, bytes) in PICTURES {
        let path = folder.join(name);
        if !path.exists() {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_picture_is_compiled_in() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sample/images");
        let files = walkdir::WalkDir::new(sample)
            .into_iter()
            .filter_map(Result::ok);
        let count = files.filter(|entry| entry.file_type().is_file()).count();
        assert_eq!(count, PICTURES.len());
        assert!(
            PICTURES
                .iter()
                .all(|(_, bytes)| image::guess_format(bytes).is_ok())
        );
    }
}
