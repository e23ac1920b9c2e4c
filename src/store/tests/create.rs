//! Creating a project: whole or not at all, whatever the pictures are called, and once.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread::{ScopedJoinHandle, scope, sleep};
use std::time::Duration;

use super::crash::random;
use super::rescan::write;
use super::*;
use crate::document::{Change, EditError};
use crate::pictures;

/// The folder in which the child process creates projects. The child is a test, so that it can run
/// this binary.
const FOLDER: &str = "TSUKAMI_TEST_FOLDER";
const KILLS: u64 = 100;
const PICTURES: usize = 60;

fn pictures() -> Vec<Picture> {
    let names = (0..PICTURES).map(|at| format!("{at:03}.jpg"));
    names.map(new_picture).collect()
}

fn fill(project: &mut Project) -> Result<(), StoreError> {
    let edit = ops::add_pictures(project.document(), pictures());
    project.commit_untracked("add pictures", &edit).map(drop)
}

/// The files in a folder, without hidden ones.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it exists").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
#[ignore = "runs as a child of the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let root = Path::new(&folder);
    println!("begins");
    for number in 0.. {
        let path = root.join(format!("{number}.{EXTENSION}"));
        Project::create_filled(&path, root, fill).expect("it can be created");
    }
}

#[test]
fn a_kill_leaves_no_project_or_a_whole_one() {
    let binary = std::env::current_exe().expect("it has a path");
    let mut random = random(61);
    let (mut whole, mut killed_between) = (0, 0);
    for kill in 0..KILLS {
        let (_folder, root) = folder();
        let mut child = Command::new(&binary)
            .args([
                "store::tests::create::child",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, &root)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("it has one"));
        let mut text = String::new();
        while !text.contains("begins") {
            let read = output.read_line(&mut text).expect("it is text");
            assert!(read > 0, "the child ended: {text}");
        }
        sleep(Duration::from_micros(random(60_000)));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let found = names(&root);
        for name in &found {
            if !name.ends_with(EXTENSION) {
                // SQLite's files of the project that the child had just opened.
                continue;
            }
            let path = root.join(name);
            let report = check(&path).expect("it is a project");
            assert_eq!(report.problems, Vec::<String>::new(), "after kill {kill}");
            assert_eq!(report.pictures, PICTURES, "{name} after kill {kill}");
            whole += 1;
        }
        let left = fs::read_dir(&root).expect("it exists").count();
        killed_between += usize::from(left > found.len() + found.len());
        // The next attempt works.
        let next = root.join(format!("next.{EXTENSION}"));
        Project::create_filled(&next, &root, fill).expect("it can be created");
    }
    println!("{KILLS} kills, {whole} whole projects, {killed_between} with a side folder alone");
    assert!(whole > 0);
}

#[test]
fn of_many_creators_one_succeeds() {
    for is_empty_file_there in [false, true] {
        let (_folder, root) = folder();
        let path = default_path(&root);
        if is_empty_file_there {
            // As a creation by an earlier version left it when it was killed.
            fs::write(&path, "").expect("it can be written");
        }
        let barrier = Barrier::new(8);
        let created: Vec<Result<String, StoreError>> = scope(|threads| {
            let create = || {
                barrier.wait();
                let (project, _, ()) = Project::create_filled(&path, &root, fill)?;
                Ok(project.id().to_owned())
            };
            let threads: Vec<_> = (0..8).map(|_| threads.spawn(create)).collect();
            let ended = threads.into_iter().map(ScopedJoinHandle::join);
            ended.map(|ended| ended.expect("it ends")).collect()
        });
        let project = open(&path, Access::View);
        assert_eq!(project.document().pictures().len(), PICTURES);
        let mut first = None;
        for created in created {
            match created {
                Ok(id) => assert!(first.replace(id).is_none(), "two succeeded"),
                Err(error) => assert!(matches!(error, StoreError::Exists { .. }), "{error}"),
            }
        }
        assert_eq!(first.as_deref(), Some(project.id()));
    }
}

#[test]
fn a_creation_that_fails_leaves_nothing() {
    let (_folder, root) = folder();
    let refused = |project: &mut Project| {
        fill(project)?;
        let again = Edit::Picture(Change::Insert(Picture {
            id: PictureId(9999),
            ..new_picture("000.jpg")
        }));
        project.commit_untracked("add it again", &again)
    };
    let error = Project::create_filled(&default_path(&root), &root, refused).err();
    let refused = Some(StoreError::Refused(EditError::PathTaken("000.jpg".into())));
    assert_eq!(format!("{error:?}"), format!("{refused:?}"));
    assert_eq!(fs::read_dir(&root).expect("it exists").count(), 0);
}

#[test]
fn a_copy_never_replaces_a_file() {
    let (_folder, root) = folder();
    let project = sample(&root, 2);
    let target = root.join("copy.tsukami");
    let barrier = Barrier::new(4);
    let path = project.path();
    let copied: Vec<_> = scope(|threads| {
        let copy = || {
            let view = open(path, Access::View);
            barrier.wait();
            view.copy_to(&target)
        };
        let threads: Vec<_> = (0..4).map(|_| threads.spawn(copy)).collect();
        let ended = threads.into_iter().map(ScopedJoinHandle::join);
        ended.map(|ended| ended.expect("it ends")).collect()
    });
    assert_eq!(copied.iter().filter(|copied| copied.is_ok()).count(), 1);
    for error in copied.into_iter().filter_map(Result::err) {
        assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    }
    assert_eq!(open(&target, Access::View).document().pictures().len(), 2);
}

/// The scan knows which names a document refuses, so that one of them does not stop the others.
#[cfg(unix)]
#[test]
fn one_odd_name_does_not_stop_the_others() {
    use std::os::unix::ffi::OsStrExt as _;

    let names: [&[u8]; 19] = [
        b"ok.png",
        b"back\\slash.png",
        b"c:d.png",
        b"con:x.png",
        b"new\nline.png",
        b"tab\t.png",
        b"escape\x1b[31m.png",
        b"del\x7f.png",
        b"next line \xc2\x85.png",
        b"right to left \xe2\x80\xae.png",
        b"latin \xe9.png",
        b"a .png",
        b" a.png",
        b"space.png ",
        b"dot.png.",
        b"CON.png",
        b"q?*<>|\".png",
        b"%5c..png",
        b"~.png",
    ];
    let (_folder, root) = folder();
    for (at, name) in names.iter().enumerate() {
        write(&root, "made.png", "");
        let size = 8 + at as u32;
        let picture = image::RgbImage::new(size, size);
        picture
            .save(root.join("made.png"))
            .expect("it can be saved");
        let name = std::ffi::OsStr::from_bytes(name);
        fs::rename(root.join("made.png"), root.join(name)).expect("it can be renamed");
    }
    let path = default_path(&root);
    let created = Project::create_filled(&path, &root, rescan);
    let (mut project, _, report) = created.expect("it can be created");
    assert_eq!(project.document().pictures().len(), names.len() - 5);
    assert_eq!(report.problems.len(), 5, "{:#?}", report.problems);
    for problem in &report.problems {
        assert!(problem.ends_with("rename it"), "{problem}");
    }
    for entry in pictures::scan(std::slice::from_ref(&root)).entries {
        assert!(project.document().picture_at(&entry.name).is_some());
    }
    // A picture of the project gets an odd name while it is open: it is missing, and named.
    fs::rename(root.join("ok.png"), root.join("o:k.png")).expect("it can be renamed");
    write(&root, "also.png", "");
    fs::copy(root.join("a .png"), root.join("also.png")).expect("it can be copied");
    let report = rescan(&mut project).expect("it goes on");
    assert_eq!(report.changes.missing, ["ok.png"]);
    assert_eq!(report.changes.added, ["also.png"]);
    assert_eq!(report.problems.len(), 6);
    fs::rename(root.join("o:k.png"), root.join("fine.png")).expect("it can be renamed");
    let report = rescan(&mut project).expect("it goes on");
    let renamed: BTreeMap<_, _> = report.changes.renamed.into_iter().collect();
    assert_eq!(renamed["ok.png"], "fine.png");
}

/// What a killed creation left is deleted once nobody can be at work on it any more.
#[test]
fn the_leftovers_of_killed_creations_are_deleted_after_a_day() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 1);
    let side = crate::files::side_folder(project.path());
    let now = std::time::SystemTime::now();
    for (name, hours) in [("new-a-creating", 25), ("new-b-creating", 1)] {
        let file = fs::File::create(side.join(name)).expect("it can be created");
        let then = now - Duration::from_secs(hours * 3600);
        file.set_modified(then).expect("its time can be set");
    }
    project.back_up().expect("it can be written");
    assert!(!side.join("new-a-creating").exists());
    assert!(side.join("new-b-creating").exists());
}

#[cfg(unix)]
#[test]
fn backups_and_copies_keep_the_mode_of_the_project() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, root) = folder();
    let project = sample(&root, 1);
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    let path = project.path().to_path_buf();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).expect("it is ours");
    let copy = root.join("copy.tsukami");
    project.copy_to(&copy).expect("it can be copied");
    project.close().expect("it closes");
    let [backup] = &backups(&path)[..] else {
        panic!("{:?}", backups(&path));
    };
    restore(&path, backup).expect("it can be restored");
    assert_eq!([&path, &copy, backup].map(|path| mode(path)), [0o660; 3]);
}
