//! Many files in few lines: those of one folder and kind are one line.

use crate::formats::PlannedFile;

/// Files of one folder and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// The path of the only file, or those of the first and the last.
    pub name: String,
    /// The number of the files.
    pub count: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// The lines of these files in their order, at most `max_lines`, and the number of files that are in none.
pub fn file_lines(files: &[PlannedFile], max_lines: usize) -> (Vec<FileLine>, usize) {
    struct Group<'a> {
        key: (&'a str, &'a str, bool),
        first: &'a PlannedFile,
        last: &'a PlannedFile,
        count: usize,
        bytes: u64,
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut omitted = 0;
    for file in files {
        let key = key(file);
        let has_room = groups.len() < max_lines;
        match groups.iter_mut().find(|group| group.key == key) {
            Some(group) => {
                group.last = file;
                group.count += 1;
                group.bytes += file.bytes;
            }
            None if has_room => groups.push(Group {
                key,
                first: file,
                last: file,
                count: 1,
                bytes: file.bytes,
            }),
            None => omitted += 1,
        }
    }
    let lines = groups.into_iter().map(|group| FileLine {
        name: match group.count {
            1 => group.first.path.clone(),
            _ => format!("{} … {}", group.first.path, name(&group.last.path)),
        },
        count: group.count,
        bytes: group.bytes,
    });
    (lines.collect(), omitted)
}

/// The folder and the kind of a file.
fn key(file: &PlannedFile) -> (&str, &str, bool) {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // Pictures of several kinds are one line.
    let extension = match file.is_picture {
        true => "",
        false => name(&file.path)
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension),
    };
    (folder, extension, file.is_picture)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A number of bytes for a person.
pub fn size_text(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..10_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        10_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..10_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FileChange;

    fn file(path: &str, is_picture: bool) -> PlannedFile {
        PlannedFile {
            path: path.to_owned(),
            bytes: 10,
            is_picture,
            change: FileChange::New,
        }
    }

    #[test]
    fn files_of_a_folder_are_one_line() {
        let files = [
            file("labels/train/a.txt", false),
            file("images/train/a.png", true),
            file("labels/train/b.txt", false),
            file("images/train/b.jpg", true),
            file("data.yaml", false),
        ];
        let (lines, omitted) = file_lines(&files, 9);
        let text = |line: &FileLine| format!("{} {} {}", line.name, line.count, line.bytes);
        let texts: Vec<String> = lines.iter().map(text).collect();
        assert_eq!(
            texts,
            [
                "labels/train/a.txt … b.txt 2 20",
                "images/train/a.png … b.jpg 2 20",
                "data.yaml 1 10"
            ]
        );
        assert_eq!(omitted, 0);
        let (lines, omitted) = file_lines(&files, 1);
        assert_eq!((lines.len(), lines[0].count, omitted), (1, 2, 3));
    }

    #[test]
    fn sizes_have_two_or_three_digits() {
        for (bytes, text) in [
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (45_900, "45 kB"),
            (2_340_000, "2.3 MB"),
            (7_000_000_000, "7.0 GB"),
        ] {
            assert_eq!(size_text(bytes), text);
        }
    }
}
