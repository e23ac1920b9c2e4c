//! Shared by the integration tests: a temporary folder for each test, generated pictures, and the
//! real binary.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

/// The result of a run of the binary.
#[derive(Debug)]
pub struct Run {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Checks that standard error contains `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Checks that standard output contains `text`.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Checks that it refused with code 2 and one sentence that contains all of `texts` and repeats
    /// no reason.
    #[track_caller]
    pub fn refuses(self, texts: &[&str]) -> Self {
        let run = self.exits(2);
        let errors: Vec<&str> = run
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{run:#?}");
        for text in texts {
            assert!(errors[0].contains(text), "no {text:?} in {:?}", errors[0]);
        }
        let reasons: Vec<&str> = errors[0].split(": ").collect();
        let last = reasons[reasons.len() - 1];
        let times = reasons.iter().filter(|reason| **reason == last).count();
        assert_eq!(times, 1, "repeated: {:?}", errors[0]);
        run
    }
}

/// A folder that is removed when the test ends.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// The path of `name`.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and creates its folders.
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// `count` small PNGs with an object each, `00.png`, `01.png`, ...
    pub fn pictures(&self, folder: &str, count: u32) {
        for index in 0..count {
            let name = format!("{folder}/{index:02}.png");
            self.write(name, png(&scene(96, 72, index)));
        }
    }

    /// A copy of the repository's sample pictures.
    pub fn sample(&self, folder: &str) {
        let source = repository("assets/sample/images");
        for class in fs::read_dir(&source).unwrap() {
            for file in fs::read_dir(class.unwrap().path()).unwrap() {
                let file = file.unwrap().path();
                let name = file.strip_prefix(&source).unwrap();
                self.write(Path::new(folder).join(name), fs::read(&file).unwrap());
            }
        }
    }

    /// The binary with the words of `line` as arguments, in this folder.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(binary());
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path());
        command
    }

    pub fn run(&self, line: &str) -> Run {
        self.command(line).output().unwrap().into()
    }

    /// A line for `sh`, in which `$TSUKAMI` is the binary.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .env("TSUKAMI", binary())
            .current_dir(self.folder.path());
        command
    }

    /// The names of the files and folders in a folder, hidden ones included.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn binary() -> &'static OsStr {
    OsStr::new(env!("CARGO_BIN_EXE_tsukami"))
}

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A bright disc on a noisy background, different for each seed.
pub fn scene(width: u32, height: u32, seed: u32) -> RgbImage {
    let (cx, cy) = (width / 4 + seed * 7 % (width / 2 + 1), height / 2);
    let radius = i64::from(width.min(height) / 4).max(1);
    RgbImage::from_fn(width, height, |x, y| {
        let dx = i64::from(x) - i64::from(cx);
        let dy = i64::from(y) - i64::from(cy);
        if dx * dx + dy * dy < radius * radius {
            Rgb([230, 60 + (seed * 31 % 120) as u8, 40])
        } else {
            let noise = (x * 31 + y * 17 + x * y * 7 + seed) % 23;
            Rgb([90, 110 + noise as u8, 120 + (y % 40) as u8])
        }
    })
}

pub fn png(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, image::ImageFormat::Png)
}

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, image::ImageFormat::Jpeg)
}

fn encoded(picture: &RgbImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The position of `part` in `bytes`.
pub fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .position(|window| window == part)
        .unwrap()
}

/// The `file_name` of each picture of a COCO file.
pub fn file_names(coco: &Value) -> Vec<String> {
    let images = coco["images"].as_array().unwrap();
    let name = |image: &Value| image["file_name"].as_str().unwrap().to_owned();
    images.iter().map(name).collect()
}

/// The strings of a JSON list.
pub fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}
