//! Files that another program deletes or replaces while they are open.

use super::*;

#[test]
fn a_file_that_is_deleted_or_replaced_while_it_is_open_loses_nothing() {
    for is_replaced in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.tsukami");
        let (mut project, _) = Project::create(&path, folder.path()).unwrap();
        let add = ops::add_category(project.document(), "before");
        project.commit("add a class", &add, None).unwrap();
        std::fs::remove_file(&path).unwrap();
        if is_replaced {
            std::fs::write(&path, "something else").unwrap();
        }
        let add = ops::add_category(project.document(), "after");
        let error = project.commit("add a class", &add, None).unwrap_err();
        let StoreError::Replaced {
            rescued: Some(rescued),
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert!(project.poll().is_err(), "it stays an error");
        assert_eq!(
            project.document().categories().count(),
            1,
            "the refused edit is not in the document"
        );
        drop(project);
        let (project, _) = Project::open(rescued, Access::Edit).unwrap();
        assert!(project.document().category_named("before").is_some());
        assert_eq!(project.root(), folder.path());
    }
}

/// What remains of a file is not read as a project later.
#[test]
fn a_rescue_that_fails_leaves_nothing() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 2);
    let path = project.path().to_path_buf();
    for at in 0..400 {
        let note = Edit::Extra(Some("x".repeat(900).into()));
        project
            .commit(&at.to_string(), &note, None)
            .expect("it is valid");
    }
    connection::checkpoint(&project.connection).expect("it can be moved");
    let mut bytes = std::fs::read(&path).expect("it exists");
    let at = bytes.len() / 4096 / 2 * 4096;
    bytes[at..at + 4096].fill(7);
    let broken = root.join("broken.tsukami");
    std::fs::write(&broken, bytes).expect("it can be written");
    let connection = connection::open_read_write(&broken).expect("it opens");
    assert_eq!(replaced::rescue(&connection, &broken), None);
    let names = std::fs::read_dir(&root).expect("it exists").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let left: Vec<_> = names.filter(|name| name.contains("rescued")).collect();
    assert_eq!(left, Vec::<String>::new());
    // What has the name already stays.
    std::fs::create_dir(root.join("shop rescued 1.tsukami")).expect("it can be created");
    let rescued = replaced::rescue(&project.connection, &path);
    assert_eq!(rescued, Some(root.join("shop rescued 2.tsukami")));
    let rescued = rescued.expect("it was written");
    assert_eq!(open(&rescued, Access::View).document(), project.document());
}

#[test]
fn a_window_whose_file_was_replaced_is_read_only_and_lets_another_edit() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 2);
    draw(&mut window, A, 1.0);
    let path = window.path().to_path_buf();
    let mut view = open(&path, Access::View);
    let copy = root.join("copy.tsukami");
    window.copy_to(&copy).expect("it can be copied");
    draw(&mut window, A, 2.0);
    // A file manager or a synchronising service restores an older copy.
    std::fs::rename(&copy, &path).expect("it can be renamed");
    let before = std::fs::read(&path).expect("it exists");
    assert!(matches!(window.poll(), Err(StoreError::Replaced { .. })));
    assert_eq!(window.access(), Access::View);
    let error = view.poll().expect_err("it shows what is no longer there");
    assert!(matches!(error, StoreError::ViewReplaced { .. }), "{error}");
    // Whatever the window still does, it does not write to the file that is there now.
    let edit = ops::set_done(window.document(), &[A], true).expect("it exists");
    let errors = [
        window.commit("done", &edit, None).err(),
        window.undo().err(),
        window.set_setting("a", &1).err(),
        window.set_root(&root).err(),
        window.check_writable().err(),
    ];
    for error in errors {
        let error = error.expect("it is refused");
        assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
    }
    let (mut other, opened) = Project::open(&path, Access::Edit).expect("it opens");
    assert_eq!(other.access(), Access::Edit, "{:?}", opened.notices);
    assert_eq!(other.document().annotations(A).len(), 1);
    window.close().expect("there is nothing to do");
    view.close().expect("there is nothing to do");
    draw(&mut other, A, 3.0);
    assert_agrees(&other);
    other.close().expect("it closes");
    assert_ne!(std::fs::read(&path).expect("it exists"), before);
    // One file was rescued, by the window that had something to lose.
    let names = std::fs::read_dir(&root).expect("it exists").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let rescued: Vec<_> = names.filter(|name| name.contains("rescued")).collect();
    assert_eq!(rescued, ["shop rescued 1.tsukami"]);
    let rescued = open(&root.join(&rescued[0]), Access::View);
    assert_eq!(rescued.document().annotations(A).len(), 2);
}
