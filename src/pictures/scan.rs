//! Which pictures are meant: folders, single pictures and text lists in, named entries out.
//!
//! Entries are sorted by the bytes of their names, so ids depend on the set of files alone, not on
//! the order in which a file system or a person lists them. The walk asks the file system for
//! nothing but what it must: no `stat` per file in a folder, and no path is made canonical. A
//! picture that two different links reach therefore counts as two.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;
use walkdir::WalkDir;

use super::format_of_name;

/// A picture that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedPicture {
    /// Where it lies on disk, as it can be opened from the current folder.
    pub path: PathBuf,
    /// COCO's `file_name`: relative to [`Scan::root`], `/` separated, unique in the scan.
    pub name: String,
}

impl ScannedPicture {
    /// Whether none of these lies in a folder below the ones that were given.
    pub fn is_flat(entries: &[Self]) -> bool {
        !entries.iter().any(|entry| entry.name.contains('/'))
    }

    /// The folder that names a picture's class: the one it lies in, below the folder that was
    /// given. A folder that [holds pictures alone](Self::is_flat) is itself a class.
    pub fn folder(&self, is_flat: bool) -> Option<&str> {
        let own = || self.path.parent()?.file_name()?.to_str();
        let below = self.name.rsplit('/').nth(1);
        below.or_else(|| own().filter(|_| is_flat))
    }
}

/// Something that was named or found and could not be used; the rest of the scan goes on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} {reason}", path.display())]
pub struct ScanProblem {
    /// The file or folder concerned.
    pub path: PathBuf,
    /// The rest of the sentence that begins with the path: what is wrong, and the remedy.
    pub reason: String,
}

/// What [`scan`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The folder to which the names are relative: absolute, and free of `.` and `..`.
    pub root: PathBuf,
    /// The pictures, sorted by the bytes of their names, each of them once.
    pub entries: Vec<ScannedPicture>,
    /// What could not be used, in the order in which it was met.
    pub problems: Vec<ScanProblem>,
}

/// Finds the pictures in folders (and theirs), single pictures, and text lists (`.txt`, `.lst`).
///
/// A list holds one picture or folder a line, relative to the list's own folder; blank lines and
/// lines that begin with `#` are skipped (write `./#1.jpg` for such a name). In folders, links are
/// followed, and hidden files and folders (a leading dot, so macOS's `._*` too) and files whose
/// names are no picture's are passed over in silence.
///
/// The root is the folder given, if it is one alone; otherwise the longest common parent of
/// everything given, where a list stands for its folder as long as its lines stay inside.
pub fn scan(paths: &[PathBuf]) -> Scan {
    let mut finder = Finder::default();
    for path in paths {
        finder.given(path);
    }
    finder.finish()
}

/// The state of a scan.
#[derive(Default)]
struct Finder {
    /// The common parent of everything given so far.
    root: Option<PathBuf>,
    /// The absolute path without `.` and `..` (what names are made of), and the path to open.
    found: Vec<(PathBuf, PathBuf)>,
    problems: Vec<ScanProblem>,
}

impl Finder {
    /// Takes one path from the command line.
    fn given(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                self.widen_root(&absolute(path));
                self.folder(path);
            }
            Ok(data) if data.is_file() && is_list(path) => self.list(path),
            Ok(data) if data.is_file() && format_of_name(path).is_some() => {
                let place = absolute(path);
                self.widen_root(parent(&place));
                self.found.push((place, path.to_path_buf()));
            }
            Ok(_) => self.problem(
                path,
                "is neither a folder nor named like a picture or a list (.txt, .lst): rename it, or leave it out",
            ),
            Err(error) => {
                // What is missing today still has its say about the root, so that the names of
                // the rest stay what they were.
                let missing = absolute(path);
                if format_of_name(path).is_some() || is_list(path) {
                    self.widen_root(parent(&missing));
                } else {
                    self.widen_root(&missing);
                }
                self.problem(path, unreachable_reason(&error));
            }
        }
    }

    /// Walks a folder.
    fn folder(&mut self, folder: &Path) {
        let mut walk = WalkDir::new(folder)
            .follow_links(true)
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
        let base = absolute(folder);
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_problem(&error, folder);
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if !is_folder && format_of_name(entry.path()).is_none() {
                continue;
            }
            if entry.depth() > 0 && entry.file_name().to_str().is_none() {
                self.problem(entry.path(), NOT_UNICODE);
                if is_folder {
                    walk.skip_current_dir();
                }
            } else if entry.file_type().is_file() {
                let inside = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                self.found.push((base.join(inside), entry.into_path()));
            } else if !is_folder {
                self.problem(entry.path(), "is no regular file: leave it out");
            }
        }
    }

    /// Reads a text list.
    fn list(&mut self, list: &Path) {
        let base = parent(&absolute(list)).to_path_buf();
        let text = match fs::read(list).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                return self.problem(
                    list,
                    "is no UTF-8 text: save the list with the encoding UTF-8",
                );
            }
            Err(error) => return self.problem(list, unreachable_reason(&error)),
        };
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let path = parent(list).join(line);
            let place = absolute(&path);
            let data = fs::metadata(&path);
            if place.starts_with(&base) {
                self.widen_root(&base);
            } else if data.as_ref().is_ok_and(fs::Metadata::is_dir) {
                self.widen_root(&place);
            } else {
                self.widen_root(parent(&place));
            }
            match data {
                Ok(data) if data.is_dir() => self.folder(&path),
                Ok(data) if data.is_file() && format_of_name(&path).is_some() => {
                    self.found.push((place, path));
                }
                Ok(_) => self.problem(
                    list,
                    format!("names {line:?} in line {number}, which is neither a folder nor named like a picture: correct or remove the line"),
                ),
                Err(error) => self.problem(
                    list,
                    format!("names {line:?} in line {number}, which cannot be opened ({error}): correct or remove the line"),
                ),
            }
        }
    }

    /// Notes what the walk could not enter.
    fn walk_problem(&mut self, error: &walkdir::Error, folder: &Path) {
        let path = error.path().unwrap_or(folder);
        if path != folder && path.file_name().is_some_and(is_hidden) {
            return;
        }
        let reason = match (error.loop_ancestor(), error.io_error()) {
            (Some(ancestor), _) => format!(
                "is a link back to {}, in which it lies, and was not followed: remove the link",
                ancestor.display()
            ),
            (None, Some(error)) => unreachable_reason(error),
            (None, None) => format!("cannot be read ({error}): leave it out"),
        };
        self.problem(path, reason);
    }

    fn problem(&mut self, path: &Path, reason: impl Into<String>) {
        self.problems.push(ScanProblem {
            path: path.to_path_buf(),
            reason: reason.into(),
        });
    }

    /// Makes the root the longest common parent of itself and `folder`.
    fn widen_root(&mut self, folder: &Path) {
        match &mut self.root {
            None => self.root = Some(folder.to_path_buf()),
            Some(root) => while !folder.starts_with(&*root) && root.pop() {},
        }
    }

    /// Names what was found, and puts it in order.
    fn finish(mut self) -> Scan {
        let root = self.root.take().unwrap_or_default();
        let mut entries = Vec::with_capacity(self.found.len());
        for (place, path) in std::mem::take(&mut self.found) {
            match name_in(&root, &place) {
                Some(name) => entries.push(ScannedPicture { path, name }),
                None => self.problem(&path, NOT_UNICODE),
            }
        }
        // The sort is stable: of a picture that was given twice, the first path stays.
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|later, first| later.name == first.name);
        Scan {
            root,
            entries,
            problems: self.problems,
        }
    }
}

const NOT_UNICODE: &str = "has a name that is not Unicode, which COCO JSON cannot hold: rename it";

/// Why a path that was named or met cannot be entered.
fn unreachable_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "does not exist, or is a link to nothing: check the spelling, or remove the link".into()
        }
        _ => format!("cannot be read ({error}): give yourself the right to, or leave it out"),
    }
}

/// The absolute path without `.` and `..`, by its letters alone: a `..` behind a link to a folder
/// leads elsewhere on disk, so the result serves names and comparison, never opening.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

/// The folder in which a path lies; empty for a bare name, which joins to what it was.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The `/` separated name of `place` in `root`, unless a part of it is not Unicode.
fn name_in(root: &Path, place: &Path) -> Option<String> {
    let inside = place.strip_prefix(root).unwrap_or(place);
    let mut name = String::with_capacity(inside.as_os_str().len());
    for part in inside.components() {
        if part == Component::RootDir {
            continue;
        }
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part.as_os_str().to_str()?);
    }
    Some(name)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_list(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["txt", "lst"]
            .iter()
            .any(|list| extension.eq_ignore_ascii_case(list))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files of these names.
    fn tree(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(parent(&path)).unwrap();
            fs::write(path, b"").unwrap();
        }
        folder
    }

    fn names(scan: &Scan) -> Vec<&str> {
        scan.entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect()
    }

    /// Scans what must give no problem, and checks that every entry's path leads to a file.
    #[track_caller]
    fn clean(paths: &[PathBuf]) -> Scan {
        let scan = scan(paths);
        assert_eq!(scan.problems, []);
        for entry in &scan.entries {
            assert!(entry.path.is_file(), "{entry:?}");
        }
        scan
    }

    #[test]
    fn a_folder_is_walked_in_the_order_of_bytes() {
        let long = format!("{}.jpg", "n".repeat(251));
        let folder = tree(&[
            "b.jpg",
            "B.JPG",
            "a/z.Png",
            "a-b.webp",
            "a b.jpeg",
            "é.tiff",
            "a/猫.jpe",
            "n.gif",
            "m.bmp",
            "l.tif",
            "k.jfif",
            "notes.md",
            "labels.txt",
            "no_extension",
            &long,
        ]);
        let scan = clean(&[folder.path().into()]);
        assert_eq!(scan.root, folder.path());
        assert_eq!(
            names(&scan),
            [
                "B.JPG",
                "a b.jpeg",
                "a-b.webp",
                "a/z.Png",
                "a/猫.jpe",
                "b.jpg",
                "k.jfif",
                "l.tif",
                "m.bmp",
                "n.gif",
                &long,
                "é.tiff",
            ]
        );
    }

    #[test]
    fn hidden_files_and_folders_are_passed_over_unless_they_are_named() {
        let folder = tree(&["a.jpg", "._a.jpg", ".cache/b.jpg", ".c.jpg"]);
        assert_eq!(names(&clean(&[folder.path().into()])), ["a.jpg"]);
        let hidden = folder.path().join(".cache");
        assert_eq!(names(&clean(&[hidden])), ["b.jpg"]);
    }

    #[test]
    fn several_paths_have_their_common_parent_as_root_and_no_picture_counts_twice() {
        let folder = tree(&["x/1.jpg", "x/deep/2.jpg", "y/1.jpg", "z/3.jpg"]);
        let at = |name: &str| folder.path().join(name);
        let scan = clean(&[at("y"), at("x"), at("x/../x/1.jpg"), at("x/./deep")]);
        assert_eq!(scan.root, folder.path());
        assert_eq!(names(&scan), ["x/1.jpg", "x/deep/2.jpg", "y/1.jpg"]);
        // The same files named in another way: the same entries in the same order.
        let again = clean(&[at("x/deep/2.jpg"), at("x/1.jpg"), at("y/1.jpg")]);
        assert_eq!(names(&again), names(&scan));

        let scan = clean(&[at("x/deep/2.jpg"), at("x/1.jpg")]);
        assert_eq!(
            (scan.root.clone(), names(&scan)),
            (at("x"), vec!["1.jpg", "deep/2.jpg"])
        );
        let scan = clean(&[at("x/1.jpg")]);
        assert_eq!((scan.root.clone(), names(&scan)), (at("x"), vec!["1.jpg"]));
    }

    #[test]
    fn relative_paths_give_the_same_names() {
        let scan = clean(&[PathBuf::from("src")]);
        assert_eq!(scan.root, std::env::current_dir().unwrap().join("src"));
    }

    #[test]
    fn what_is_missing_keeps_its_say_about_the_root() {
        let folder = tree(&["x/1.jpg"]);
        let at = |name: &str| folder.path().join(name);
        for missing in ["y", "2.jpg", "list.txt"] {
            let scan = scan(&[at("x"), at(missing)]);
            assert_eq!(names(&scan), ["x/1.jpg"]);
            assert_eq!(scan.problems.len(), 1);
            assert_eq!(scan.problems[0].path, at(missing));
            let sentence = scan.problems[0].to_string();
            assert!(sentence.contains(" does not exist"), "{sentence}");
        }
    }

    #[test]
    fn a_file_that_is_named_and_no_picture_is_a_problem() {
        let folder = tree(&["README.md"]);
        let scan = scan(&[folder.path().join("README.md")]);
        assert!(scan.entries.is_empty());
        assert!(scan.problems[0].reason.contains("named like a picture"));
    }

    #[test]
    fn a_list_names_pictures_and_folders_from_its_own_folder() {
        let folder = tree(&[
            "sets/in/a.jpg",
            "sets/in/b c.jpg",
            "sets/more/d.jpg",
            "e.jpg",
        ]);
        let list = folder.path().join("sets/list.TXT");
        let write = |text: &str| fs::write(&list, text).unwrap();

        write("\u{feff}# a comment\r\n\r\n  in/b c.jpg \r\nin/a.jpg\nmore\nin/a.jpg");
        let scan_1 = clean(std::slice::from_ref(&list));
        assert_eq!(scan_1.root, folder.path().join("sets"));
        assert_eq!(names(&scan_1), ["in/a.jpg", "in/b c.jpg", "more/d.jpg"]);

        // However few its lines, the list's folder is the root.
        write("in/a.jpg\n");
        assert_eq!(names(&clean(std::slice::from_ref(&list))), ["in/a.jpg"]);

        // A line that leads out of the list's folder widens the root.
        write("in/a.jpg\n../e.jpg\n");
        assert_eq!(
            names(&clean(std::slice::from_ref(&list))),
            ["e.jpg", "sets/in/a.jpg"]
        );

        write("in/a.jpg\n\nin/none.jpg\nlist.TXT\n");
        let broken = scan(std::slice::from_ref(&list));
        assert_eq!(names(&broken), ["in/a.jpg"]);
        let said: Vec<_> = broken.problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2);
        assert!(
            said[0].contains("names \"in/none.jpg\" in line 3"),
            "{}",
            said[0]
        );
        assert!(
            said[1].contains("names \"list.TXT\" in line 4"),
            "{}",
            said[1]
        );

        fs::write(&list, b"\xff\xfei\0n\0").unwrap();
        let broken = scan(std::slice::from_ref(&list));
        assert!(broken.problems[0].reason.contains("UTF-8"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_reported() {
        use std::os::unix::fs::symlink;

        let folder = tree(&["a/1.jpg", "other/2.jpg"]);
        let at = |name: &str| folder.path().join(name);
        symlink(at("a"), at("a/back")).unwrap();
        symlink(at("other"), at("a/linked")).unwrap();
        symlink(at("other/2.jpg"), at("a/3.jpg")).unwrap();
        symlink(at("nowhere"), at("a/broken")).unwrap();
        symlink(at("a/knot"), at("a/knot")).unwrap();
        symlink(at("nowhere"), at("a/.hidden")).unwrap();
        let scan = scan(&[at("a")]);
        assert_eq!(names(&scan), ["1.jpg", "3.jpg", "linked/2.jpg"]);
        let mut said: Vec<_> = scan.problems.iter().map(ToString::to_string).collect();
        said.sort();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("a/back is a link back to"), "{}", said[0]);
        assert!(
            said[1].contains("a/broken does not exist, or is a link to nothing"),
            "{}",
            said[1]
        );
        // A link to itself stands for a folder that even root cannot read.
        assert!(said[2].contains("a/knot cannot be read"), "{}", said[2]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_read_is_a_problem_and_the_rest_goes_on() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tree(&["locked/1.jpg", "open/2.jpg"]);
        let locked = folder.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        let readable = fs::read_dir(&locked).is_ok();
        let scan = scan(&[folder.path().into()]);
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
        if readable {
            eprintln!("skipped: this user (root?) reads folders without permission");
            return;
        }
        assert_eq!(names(&scan), ["open/2.jpg"]);
        assert_eq!(scan.problems.len(), 1);
        assert!(scan.problems[0].reason.contains("cannot be read"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_unicode_is_a_problem() {
        use std::os::unix::ffi::OsStrExt;

        let folder = tree(&["ok.jpg"]);
        let bad = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
        fs::write(bad(b"caf\xe9.jpg"), b"").unwrap();
        fs::write(bad(b"notes\xe9.md"), b"").unwrap();
        fs::create_dir(bad(b"dir\xe9")).unwrap();
        fs::write(bad(b"dir\xe9/1.jpg"), b"").unwrap();
        fs::write(bad(b"dir\xe9/2.jpg"), b"").unwrap();
        let result = scan(&[folder.path().into()]);
        assert_eq!(names(&result), ["ok.jpg"]);
        // One for the picture, one for the whole folder, none for what is no picture.
        assert_eq!(result.problems.len(), 2);
        assert!(
            result
                .problems
                .iter()
                .all(|problem| problem.reason == NOT_UNICODE)
        );
        // Such a folder as the root is no matter: it is in no name.
        assert_eq!(names(&clean(&[bad(b"dir\xe9")])), ["1.jpg", "2.jpg"]);
    }
}
