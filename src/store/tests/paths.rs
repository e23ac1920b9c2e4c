//! Where projects and pictures are, and on what kind of disk.

use std::fs;

use super::rescan::{with_pictures, write};
use super::*;
use crate::files::belongs_to_project;
use crate::store::paths;

#[test]
fn pictures_and_project_can_move_together_or_alone() {
    let (folder, root) = folder();
    let mut project = with_pictures(&root);
    project.set_setting("a", &1).expect("it is stored");
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
    fs::create_dir(&alone).expect("it can be created");
    let alone = alone.join("p.tsukami");
    fs::copy(&path, &alone).expect("it can be copied");
    let project = open(&alone, Access::View);
    assert_eq!(project.root(), root);
    // The pictures are missing, and then found elsewhere.
    drop(project);
    fs::rename(&root, folder.path().join("elsewhere")).expect("it can be moved");
    fs::create_dir_all(folder.path().join("p")).expect("it can be created");
    let project_path = folder.path().join("p/p.tsukami");
    let (mut project, _) = Project::create(&project_path, &root).expect("it can be created");
    let (_, opened) = Project::open(&project_path, Access::View).expect("it opens");
    assert!(
        matches!(&opened.notices[..], [OpenNotice::FolderMissing(missing)] if *missing == root)
    );
    project
        .set_root(&folder.path().join("elsewhere"))
        .expect("it is stored");
    let view = open(&project_path, Access::View);
    assert_eq!(view.root(), folder.path().join("elsewhere"));
    let copy = folder.path().join("copy.tsukami");
    view.copy_to(&copy).expect("it can be copied");
    assert_eq!(
        open(&copy, Access::Edit).root(),
        folder.path().join("elsewhere")
    );
    assert!(matches!(
        view.copy_to(&copy),
        Err(StoreError::Exists { .. })
    ));
}

/// Nobody, not even root, can create a file there.
#[cfg(target_os = "linux")]
#[test]
fn the_project_of_a_read_only_folder_is_created_in_the_data_folder() {
    let (folder, _) = folder();
    let data = folder.path().join("data/projects");
    let root = Path::new("/proc/self");
    let requested = default_path(root);
    let (project, opened, ()) =
        Project::create_in(&requested, root, Some(&data), |_| Ok(())).expect("it can be created");
    assert!(project.path().starts_with(&data));
    assert_eq!(project.access(), Access::Edit);
    let [OpenNotice::CreatedElsewhere { path, .. }] = &opened.notices[..] else {
        panic!("{:?}", opened.notices);
    };
    assert_eq!(path, project.path());
    let text = opened.notices[0].to_string();
    assert!(
        text.contains("/proc/self") && text.contains("data"),
        "{text}"
    );
    project.close().expect("it closes");
    let found = paths::find_in(root, Some(&data)).expect("it is found again");
    assert_eq!(open(&found, Access::Edit).root(), root);
    let refused = Project::create_in(&requested, root, Some(&data), |_| Ok(())).err();
    assert!(
        matches!(refused, Some(StoreError::Exists { .. })),
        "{refused:?}"
    );
}

#[test]
fn files_of_a_project_are_recognised() {
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
fn the_write_ahead_log_is_not_used_on_disks_of_other_machines() {
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
fn the_rollback_journal_works_as_well() {
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
