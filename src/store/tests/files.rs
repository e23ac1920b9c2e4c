//! Where projects and pictures lie, and what becomes of them when they move.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::document::Change;
use crate::files::belongs_to_project;
use crate::store::rescan::plan::{Plan, plan};

/// Reads files, and counts how many were.
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
        // The first byte of a test's picture is its width and height.
        let size = |path: &&Path| match fs::read(path).map_err(|error| error.to_string())?[..] {
            [side @ 1..=200, ..] => Ok([u32::from(side); 2]),
            _ => Err("is no picture".to_owned()),
        };
        files.iter().map(size).collect()
    }
}

/// The pictures of a folder, as a scan would find them.
fn scan(root: &Path) -> Vec<PictureFile> {
    let files = fs::read_dir(root).expect("it is there").flatten();
    let mut found: Vec<_> = files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "jpg")
        })
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            PictureFile::new(name, file.path()).expect("it is there")
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn write(root: &Path, name: &str, text: &str) {
    fs::write(root.join(name), text).expect("it can be written");
}

/// A project of the pictures a, b, c and d, with a box each.
fn with_pictures(root: &Path) -> Project {
    for name in ["a", "b", "c", "d"] {
        // Of different sizes: they may well be written within one tick of the disk's clock.
        let text = format!(
            "P content of {}",
            name.repeat(usize::from(name.as_bytes()[0]))
        );
        write(root, &format!("{name}.jpg"), &text);
    }
    let (mut project, _) = Project::create_for(root).expect("it can be made");
    let edit = ops::add_category(project.document(), "cat");
    project
        .commit_untracked("add category", &edit)
        .expect("it fits");
    let mut reader = Reader::default();
    let report = project
        .reconcile(&scan(root), &mut reader)
        .expect("it can be done");
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

/// Makes the project one of those that were made before pictures were hashed.
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
        .expect("it fits");
}

fn are_hashed(project: &Project) -> bool {
    let mut pictures = project.document().pictures();
    pictures.all(|row| {
        let hash = crate::files::hash_file(&project.root().join(&*row.path)).ok();
        row.missing || (hash.is_some() && row.content_hash == hash)
    })
}

/// Gives every picture another time, as copying and unpacking do.
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
            .expect("it can be done");
        assert_eq!(report, FolderChanges::default());
        assert_eq!(
            (reader.hashed, reader.measured),
            (0, 0),
            "nothing is read without need"
        );
        if !is_hashed {
            forget_hashes(&mut project);
        }
        // a and b trade names, c moves, d goes, e comes.
        fs::rename(root.join("a.jpg"), root.join("x")).expect("it can be moved");
        fs::rename(root.join("b.jpg"), root.join("a.jpg")).expect("it can be moved");
        fs::rename(root.join("x"), root.join("b.jpg")).expect("it can be moved");
        fs::rename(root.join("c.jpg"), root.join("z.jpg")).expect("it can be moved");
        fs::rename(root.join("d.jpg"), root.join("d.away")).expect("it can be moved");
        write(&root, "e.jpg", "P a new one");
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it can be done");
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
                .expect("it is kept")
                .missing
        );
        assert_agrees(&project);

        // It comes back.
        fs::rename(root.join("d.away"), root.join("d.jpg")).expect("it can be moved");
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it can be done");
        assert_eq!(report.found_again, ["d.jpg"]);
        assert!(
            !project
                .document()
                .picture_at("d.jpg")
                .expect("it is kept")
                .missing
        );
        let report = project
            .reconcile(&scan(&root), &mut reader)
            .expect("it can be done");
        assert_eq!(report, FolderChanges::default(), "all is known now");
    }
}

#[test]
fn a_copied_set_is_known_by_its_content() {
    let (folder, root) = folder();
    let project = with_pictures(&root);
    project.close().expect("it closes");
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).expect("it can be made");
    for found in scan(&root) {
        fs::copy(&found.path, copy.join(&found.name)).expect("it can be copied");
    }
    fs::copy(root.join("shop.tsukami"), copy.join("shop.tsukami")).expect("it can be copied");
    fs::rename(copy.join("c.jpg"), copy.join("z.jpg")).expect("it can be moved");
    touch(&copy);
    let mut project = open(&copy.join("shop.tsukami"), Access::Edit);
    let report = project
        .reconcile(&scan(&copy), &mut Reader::default())
        .expect("it can be done");
    let moved = FolderChanges {
        renamed: vec![("c.jpg".to_owned(), "z.jpg".to_owned())],
        ..FolderChanges::default()
    };
    assert_eq!(report, moved, "what has another time alone is no change");
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
                .expect("it can be done");
            assert_eq!(report, FolderChanges::default(), "copied: {is_copied}");
            assert_eq!((reader.hashed, reader.measured), (hashed, 0));
            assert!(are_hashed(&project));
        }
        assert_agrees(&project);
    }
}

#[test]
fn a_picture_that_changed_is_told_and_can_be_undone() {
    let (_folder, root) = folder();
    let mut project = with_pictures(&root);
    let steps = project.history().position();
    write(&root, "a.jpg", "\u{a} smaller: 10 x 10");
    write(&root, "b.jpg", "P other, of the same size");
    let same = fs::read(root.join("c.jpg")).expect("it is there");
    fs::write(root.join("c.jpg"), same).expect("it can be written");
    write(&root, "f.jpg", "\u{0} no picture");
    let mut reader = Reader::default();
    let report = project
        .reconcile(&scan(&root), &mut reader)
        .expect("it can be done");
    assert_eq!(report.changed, ["a.jpg", "b.jpg"]);
    assert_eq!(report.resized, ["a.jpg"]);
    assert_eq!(
        report.unreadable,
        [("f.jpg".to_owned(), "is no picture".to_owned())]
    );
    let a = project.document().picture_at("a.jpg").expect("it is there");
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
        .expect("it can be done");
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
fn frames_of_one_size_and_second_are_not_taken_for_each_other() {
    let mut document = Document::default();
    let edit = ops::add_pictures(&document, vec![new_picture("1.jpg")]);
    document.apply(edit).expect("it fits");
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
fn pictures_and_project_move_together_or_alone() {
    let (folder, root) = folder();
    let mut project = with_pictures(&root);
    project.set_setting("a", &1).expect("it is kept");
    let path = project.path().to_path_buf();
    project.close().expect("it closes");
    // Together.
    let moved = folder.path().join("other name");
    fs::rename(&root, &moved).expect("it can be moved");
    let project = open(&moved.join("shop.tsukami"), Access::Edit);
    assert_eq!(project.root(), moved);
    project.close().expect("it closes");
    // The project alone.
    fs::rename(&moved, &root).expect("it can be moved");
    let alone = folder.path().join("alone");
    fs::create_dir(&alone).expect("it can be made");
    let alone = alone.join("p.tsukami");
    fs::copy(&path, &alone).expect("it can be copied");
    let project = open(&alone, Access::View);
    assert_eq!(project.root(), root);
    // The pictures are gone altogether, and are then elsewhere.
    drop(project);
    fs::rename(&root, folder.path().join("gone")).expect("it can be moved");
    fs::create_dir_all(folder.path().join("p")).expect("it can be made");
    let beside = folder.path().join("p/p.tsukami");
    let (mut project, _) = Project::create(&beside, &root).expect("it can be made");
    let (_, opened) = Project::open(&beside, Access::View).expect("it opens");
    assert!(matches!(&opened.notices[..], [OpenNotice::FolderMissing(gone)] if *gone == root));
    project
        .set_root(&folder.path().join("gone"))
        .expect("it is kept");
    let view = open(&beside, Access::View);
    assert_eq!(view.root(), folder.path().join("gone"));
    let copy = folder.path().join("copy.tsukami");
    view.copy_to(&copy).expect("it can be copied");
    assert_eq!(open(&copy, Access::Edit).root(), folder.path().join("gone"));
    assert!(matches!(
        view.copy_to(&copy),
        Err(StoreError::Exists { .. })
    ));
}

/// Nobody, not even root, can make a file there.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_to_leaves_the_project_in_the_data_folder() {
    let (folder, _) = folder();
    let data = folder.path().join("data/projects");
    let root = Path::new("/proc/self");
    let wanted = default_path(root);
    let (project, opened) = Project::create_in(&wanted, root, Some(&data)).expect("it can be made");
    assert!(project.path().starts_with(&data));
    assert_eq!(project.access(), Access::Edit);
    let [OpenNotice::CreatedElsewhere { path, .. }] = &opened.notices[..] else {
        panic!("{:?}", opened.notices);
    };
    assert_eq!(path, project.path());
    let said = opened.notices[0].to_string();
    assert!(
        said.contains("/proc/self") && said.contains("data"),
        "{said}"
    );
    project.close().expect("it closes");
    let found = paths::find_in(root, Some(&data)).expect("it is found again");
    assert_eq!(open(&found, Access::Edit).root(), root);
    let refused = Project::create_in(&wanted, root, Some(&data)).err();
    assert!(
        matches!(refused, Some(StoreError::Exists { .. })),
        "{refused:?}"
    );
}

#[test]
fn old_backups_make_room() {
    let names = [
        "2025-11-23T22",
        "2025-11-23T21",
        "2025-11-23T20",
        "2025-11-23T19",
        "2025-11-22T10",
        "2025-11-22T09",
        "2025-11-20T10",
        "2025-11-19T10",
        "2025-11-01T10",
        "2025-10-01T10",
    ];
    let backups: Vec<PathBuf> = names
        .iter()
        .map(|name| format!("{name}-00-00Z-7.tsukami").into())
        .collect();
    let old = backup::superseded(&backups);
    let old: Vec<_> = old
        .iter()
        .map(|path| path.to_string_lossy()[..13].to_owned())
        .collect();
    assert_eq!(old, ["2025-11-23T19", "2025-11-22T09", "2025-10-01T10"]);
}

#[test]
fn a_backup_is_made_when_something_has_changed() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 1);
    let path = project.path().to_path_buf();
    assert_eq!(backups(&path), Vec::<PathBuf>::new());
    draw(&mut project, A, 1.0);
    // As if it had crashed: the next opening makes up for it.
    drop(project);
    open(&path, Access::Edit).close().expect("it closes");
    assert_eq!(backups(&path).len(), 1);
    let mut project = open(&path, Access::Edit);
    project.back_up().expect("there is one");
    assert_eq!(backups(&path).len(), 1);
    draw(&mut project, A, 9.0);
    let document = project.document().clone();
    project.close().expect("it closes");
    let [newest, _] = &backups(&path)[..] else {
        panic!("{:?}", backups(&path));
    };
    assert_eq!(
        check(newest).expect("it can be checked").problems,
        Vec::<String>::new()
    );
    assert_eq!(*open(newest, Access::View).document(), document);
}

#[test]
fn the_command_line_makes_backups_unless_a_window_does() {
    let (_folder, root) = folder();
    let project = sample(&root, 3);
    let path = project.path().to_path_buf();
    project.close().expect("it closes");
    for id in 1..=3 {
        let mut adding = open(&path, Access::Add);
        propose(&mut adding, PictureId(id), 5.0);
        let document = adding.document().clone();
        adding.close().expect("it closes");
        let newest = backups(&path).swap_remove(0);
        assert_eq!(*open(&newest, Access::View).document(), document);
        open(&path, Access::Add).close().expect("it closes");
        assert_eq!(backups(&path)[0], newest, "nothing has changed");
    }
    let window = open(&path, Access::Edit);
    let before = backups(&path);
    let mut adding = open(&path, Access::Add);
    propose(&mut adding, A, 60.0);
    let document = adding.document().clone();
    adding.close().expect("it closes");
    assert_eq!(backups(&path), before, "that is left to the window");
    window.close().expect("it closes");
    let newest = backups(&path).swap_remove(0);
    assert_eq!(*open(&newest, Access::View).document(), document);
}

#[test]
fn what_belongs_to_a_project_is_told_from_what_does_not() {
    let (_folder, root) = folder();
    let project = sample(&root, 1);
    let other = root.join("other name");
    project.copy_to(&other).expect("it can be copied");
    project.close().expect("it closes");
    write(&root, "a.json", "{}");
    for name in [
        "shop.tsukami",
        "shop.tsukami-wal",
        "not made yet.TSUKAMI",
        ".shop.tsukami-aside",
        ".shop.tsukami-aside/window.lock",
        "other name",
        "other name-shm",
        ".other name-aside/a/b.json",
    ] {
        assert!(belongs_to_project(&root.join(name)), "{name}");
    }
    for name in ["", "a.json", "a.json-wal", ".a.json-aside/b.json", "new"] {
        assert!(!belongs_to_project(&root.join(name)), "{name}");
    }
}

#[test]
fn the_log_is_not_used_on_disks_of_other_machines() {
    let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                  30 22 0:40 / /mnt/my\\040share rw - cifs //nas/x rw\n\
                  31 22 0:41 / /mnt/nas rw shared:9 - nfs4 nas:/x rw\n\
                  32 31 8:2 / /mnt/nas/local rw - xfs /dev/sdb rw\n";
    for (path, is_remote) in [
        ("/home/me", false),
        ("/mnt/my share/a", true),
        ("/mnt/nas/a", true),
        ("/mnt/nas/local/a", false),
        ("/mnt/nasty", false),
    ] {
        assert_eq!(
            connection::is_remote_in(mounts, Path::new(path)),
            is_remote,
            "{path}"
        );
    }
}

#[test]
fn the_rollback_journal_does_as_well() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 2);
    project
        .connection
        .query_row("PRAGMA journal_mode = DELETE", [], |row| {
            row.get::<_, String>(0)
        })
        .map(|mode| assert_eq!(mode, "delete"))
        .expect("nobody else has it open");
    draw(&mut project, A, 1.0);
    let mut view = open(project.path(), Access::View);
    draw(&mut project, A, 2.0);
    assert_eq!(view.poll().expect("it reads").len(), 1);
    assert_eq!(view.document(), project.document());
    assert_agrees(&project);
}
