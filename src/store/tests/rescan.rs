//! Comparing the folder with the project.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::document::Change;
use crate::store::rescan::plan::{Plan, plan};

/// Reads files and counts them.
#[derive(Default)]
struct Reader {
    hashed: usize,
    measured: usize,
}

impl FileInspector for Reader {
    fn hash(&mut self, files: &[&Path]) -> Vec<Result<Box<str>, String>> {
        self.hashed += files.len();
        let hash = |path: &&Path| crate::files::hash_file(path).map_err(|error| error.to_string());
        files.iter().map(hash).collect()
    }

    fn measure(&mut self, files: &[&Path]) -> Vec<Result<[u32; 2], String>> {
        self.measured += files.len();
        // The first byte of a test picture is its width and height.
        let size = |path: &&Path| match fs::read(path).map_err(|error| error.to_string())?[..] {
            [side @ 1..=200, ..] => Ok([u32::from(side); 2]),
            _ => Err("is not a picture".to_owned()),
        };
        files.iter().map(size).collect()
    }
}

/// The pictures of a folder, as a scan would find them.
fn scan(root: &Path) -> Vec<PictureFile> {
    let files = fs::read_dir(root).expect("it exists").flatten();
    let mut found: Vec<_> = files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "jpg")
        })
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            PictureFile::new(name, file.path()).expect("it exists")
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

pub(super) fn write(root: &Path, name: &str, text: &str) {
    fs::write(root.join(name), text).expect("it can be written");
}

/// A project of the pictures a, b, c and d with one box each.
pub(super) fn with_pictures(root: &Path) -> Project {
    for name in ["a", "b", "c", "d"] {
        // They have different sizes, because they may be written within one tick of the file system's
        // clock.
        let text = format!(
            "P content of {}",
            name.repeat(usize::from(name.as_bytes()[0]))
        );
        write(root, &format!("{name}.jpg"), &text);
    }
    let (mut project, _) = Project::create_for(root).expect("it can be created");
    let edit = ops::add_category(project.document(), "cat");
    project
        .commit_untracked("add category", &edit)
        .expect("the edit is valid");
    let mut reader = Reader::default();
    let report = project
        .reconcile(&scan(root), &mut reader)
        .expect("it is possible");
    assert_eq!(report.added.len(), 4);
    assert_eq!(
        (reader.hashed, reader.measured),
        (4, 4),
        "each is read once"
    );
    for id in 1..5 {
        draw(&mut project, PictureId(id), id as f32);
    }
    project
}

/// Removes the hashes, which older projects do not have.
fn forget_hashes(project: &mut Project) {
    let update = |row: &Picture| {
        let content_hash = None;
        let row = row.clone();
        Edit::Picture(Change::Update(Picture {
            content_hash,
            ..row
        }))
    };
    let edits = project.document().pictures().map(update).collect();
    project
        .commit_untracked("forget hashes", &Edit::Batch(edits))
        .expect("the edit is valid");
}

fn are_hashed(project: &Project) -> bool {
    let mut pictures = project.document().pictures();
    pictures.all(|row| {
        let hash = crate::files::hash_file(&project.root().join(&*row.path)).ok();
        row.missing || (hash.is_some() && row.content_hash == hash)
    })
}

/// Changes the time of every picture, as copying and unpacking do.
fn touch(root: &Path) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for found in scan(root) {
        let file = fs::File::options().write(true).open(found.path);
        file.and_then(|file| file.set_modified(time))
            .expect("it is ours");
    }
}

fn box_of(project: &Project, path: &str) -> Option<f32> {
    let picture = project.document().picture_at(path)?;
    let boxes = project.document().annotations(picture.id);
    boxes.first().map(|row| row.rect.x0)
}

#[test]
fn annotations_follow_pictures_that_were_renamed() {
    for is_hashed in [true, false] {
        let (_folder, root) = folder();
        let mut project = with_pictures(&root);
        let mut reader = Reader::default();
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it is possible");
        assert_eq!(report, FolderChanges::default());
        assert_eq!(
            (reader.hashed, reader.measured),
            (0, 0),
            "nothing is read unnecessarily"
        );
        if !is_hashed {
            forget_hashes(&mut project);
        }
        // a and b exchange names, c moves, d is removed, e is added.
        fs::rename(root.join("a.jpg"), root.join("x")).expect("it can be moved");
        fs::rename(root.join("b.jpg"), root.join("a.jpg")).expect("it can be moved");
        fs::rename(root.join("x"), root.join("b.jpg")).expect("it can be moved");
        fs::rename(root.join("c.jpg"), root.join("z.jpg")).expect("it can be moved");
        fs::rename(root.join("d.jpg"), root.join("d.away")).expect("it can be moved");
        write(&root, "e.jpg", "P a new one");
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it is possible");
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(
            report.renamed,
            [
                pair("a.jpg", "b.jpg"),
                pair("b.jpg", "a.jpg"),
                pair("c.jpg", "z.jpg")
            ],
            "hashed: {is_hashed}"
        );
        assert_eq!(
            (report.added, report.missing),
            (vec!["e.jpg".into()], vec!["d.jpg".into()])
        );
        let boxes =
            ["a.jpg", "b.jpg", "z.jpg", "d.jpg", "e.jpg"].map(|path| box_of(&project, path));
        assert_eq!(boxes, [Some(2.0), Some(1.0), Some(3.0), Some(4.0), None]);
        assert!(
            project
                .document()
                .picture_at("d.jpg")
                .expect("it is stored")
                .missing
        );
        assert_agrees(&project);

        // d comes back.
        fs::rename(root.join("d.away"), root.join("d.jpg")).expect("it can be moved");
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it is possible");
        assert_eq!(report.found_again, ["d.jpg"]);
        assert!(
            !project
                .document()
                .picture_at("d.jpg")
                .expect("it is stored")
                .missing
        );
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it is possible");
        assert_eq!(
            report,
            FolderChanges::default(),
            "nothing has changed since"
        );
    }
}

#[test]
fn a_copied_data_set_is_recognised_by_its_content() {
    let (folder, root) = folder();
    let project = with_pictures(&root);
    project.close().expect("it closes");
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).expect("it can be created");
    for found in scan(&root) {
        fs::copy(&found.path, copy.join(&found.name)).expect("it can be copied");
    }
    fs::copy(root.join("shop.tsukami"), copy.join("shop.tsukami")).expect("it can be copied");
    fs::rename(copy.join("c.jpg"), copy.join("z.jpg")).expect("it can be moved");
    touch(&copy);
    let mut project = open(&copy.join("shop.tsukami"), Access::Edit);
    let report = project
        .reconcile(&scan(&copy), &mut Reader::default())
        .expect("it is possible");
    let moved = FolderChanges {
        renamed: vec![("c.jpg".to_owned(), "z.jpg".to_owned())],
        ..FolderChanges::default()
    };
    assert_eq!(report, moved, "another time alone is not a change");
    assert_eq!(box_of(&project, "z.jpg"), Some(3.0));
    assert_agrees(&project);
}

#[test]
fn pictures_of_an_older_project_are_hashed_when_it_is_next_opened() {
    for is_copied in [false, true] {
        let (_folder, root) = folder();
        let mut project = with_pictures(&root);
        assert!(are_hashed(&project));
        forget_hashes(&mut project);
        let path = project.path().to_path_buf();
        project.close().expect("it closes");
        if is_copied {
            touch(&root);
        }
        let mut project = open(&path, Access::Add);
        let mut reader = Reader::default();
        for hashed in [4, 4] {
            let report = project
                .reconcile(&scan(&root), &mut reader)
                .expect("it is possible");
            assert_eq!(report, FolderChanges::default(), "copied: {is_copied}");
            assert_eq!((reader.hashed, reader.measured), (hashed, 0));
            assert!(are_hashed(&project));
        }
        assert_agrees(&project);
    }
}

#[test]
fn a_changed_picture_is_reported_and_can_be_undone() {
    let (_folder, root) = folder();
    let mut project = with_pictures(&root);
    let steps = project.history().position();
    write(&root, "a.jpg", "\u{a} smaller: 10 x 10");
    write(&root, "b.jpg", "P other, of the same size");
    let same = fs::read(root.join("c.jpg")).expect("it exists");
    fs::write(root.join("c.jpg"), same).expect("it can be written");
    write(&root, "f.jpg", "\u{0} not a picture");
    let mut reader = Reader::default();
    let report = project
        .reconcile(&scan(&root), &mut reader)
        .expect("it is possible");
    assert_eq!(report.changed, ["a.jpg", "b.jpg"]);
    assert_eq!(report.resized, ["a.jpg"]);
    assert_eq!(
        report.unreadable,
        [("f.jpg".to_owned(), "is not a picture".to_owned())]
    );
    let a = project.document().picture_at("a.jpg").expect("it exists");
    assert_eq!((a.width, a.height), (10, 10));
    assert_eq!(
        project.history().position(),
        steps + 1,
        "clipping boxes can be undone"
    );
    assert_agrees(&project);
}

#[test]
fn a_missing_picture_whose_path_is_taken_keeps_its_boxes() {
    let (_folder, root) = folder();
    let mut project = with_pictures(&root);
    fs::rename(root.join("b.jpg"), root.join("a.jpg")).expect("it can be moved");
    let mut reader = Reader::default();
    let report = project
        .reconcile(&scan(&root), &mut reader)
        .expect("it is possible");
    assert_eq!(report.renamed, [("b.jpg".to_owned(), "a.jpg".to_owned())]);
    assert_eq!(
        report.displaced,
        [("a.jpg".to_owned(), "a (missing 1).jpg".to_owned())]
    );
    assert_eq!(box_of(&project, "a.jpg"), Some(2.0));
    assert_eq!(box_of(&project, "a (missing 1).jpg"), Some(1.0));
    assert_agrees(&project);
}

#[test]
fn frames_of_the_same_size_and_second_are_not_confused() {
    let mut document = Document::default();
    let edit = ops::add_pictures(&document, vec![new_picture("1.jpg")]);
    document.apply(edit).expect("the edit is valid");
    let stamp = FileStamp {
        size: 9,
        modified_ns: 5_000_000_000,
    };
    let stamps = HashMap::from([(A, stamp)]);
    let (_folder, root) = folder();
    write(&root, "2.jpg", "P");
    let file = PictureFile {
        name: "2.jpg".into(),
        path: root.join("2.jpg"),
        stamp,
    };
    let Plan { report, .. } = plan(&document, &stamps, &[file], &mut Reader::default());
    assert_eq!(
        (report.added, report.missing),
        (vec!["2.jpg".into()], vec!["1.jpg".into()])
    );
    assert_eq!(report.renamed, []);
}

#[test]
fn a_picture_that_is_taken_out_stays_so_whatever_happens_to_its_file() {
    let (_folder, root) = folder();
    let mut project = with_pictures(&root);
    let mut reader = Reader::default();
    let id = project
        .document()
        .picture_at("a.jpg")
        .map(|picture| picture.id)
        .expect("a exists");
    let take_out = |document: &Document| ops::set_excluded(document, &[id], true);
    project
        .commit_with("take out", None, take_out)
        .expect("the edit is valid");
    let state = |project: &Project| {
        let picture = project.document().picture(id).expect("it exists");
        (
            picture.path.to_string(),
            picture.missing,
            picture.is_excluded,
        )
    };
    let content = fs::read(root.join("a.jpg")).expect("it exists");
    // Its file disappears, returns, moves and changes.
    fs::remove_file(root.join("a.jpg")).expect("it exists");
    let report = project.reconcile(&scan(&root), &mut reader);
    assert_eq!(report.expect("it is possible"), FolderChanges::default());
    assert_eq!(state(&project), ("a.jpg".to_owned(), true, true));

    fs::write(root.join("a.jpg"), &content).expect("it can be written");
    let report = project.reconcile(&scan(&root), &mut reader);
    assert_eq!(report.expect("it is possible"), FolderChanges::default());
    assert_eq!(state(&project), ("a.jpg".to_owned(), false, true));

    fs::rename(root.join("a.jpg"), root.join("z.jpg")).expect("it can be moved");
    let report = project.reconcile(&scan(&root), &mut reader);
    assert_eq!(report.expect("it is possible").renamed.len(), 1);
    assert_eq!(state(&project), ("z.jpg".to_owned(), false, true));

    write(&root, "z.jpg", "x");
    let report = project.reconcile(&scan(&root), &mut reader);
    assert!(report.expect("it is possible").missing.is_empty());
    assert_eq!(state(&project), ("z.jpg".to_owned(), false, true));
    assert_eq!(box_of(&project, "z.jpg"), Some(1.0));
    assert_agrees(&project);
}
