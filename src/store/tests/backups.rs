//! Automatic backups.

use super::*;

#[test]
fn superseded_backups_are_found() {
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
    // As after a crash: the next opening makes the backup.
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
    assert_eq!(backups(&path), before, "the window makes the backup");
    window.close().expect("it closes");
    let newest = backups(&path).swap_remove(0);
    assert_eq!(*open(&newest, Access::View).document(), document);
}
