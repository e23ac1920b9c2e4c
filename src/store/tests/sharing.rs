//! Several processes on one project: what they may do, and how they learn of each other's changes.
//! Here they are several connections, which SQLite and the lock treat in the same way.

use super::*;
use crate::document::Labels;

#[test]
fn a_second_window_is_read_only() {
    let (_folder, root) = folder();
    let mut first = sample(&root, 2);
    let path = first.path().to_path_buf();
    let (mut second, opened) = Project::open(&path, Access::Edit).expect("it opens");
    assert_eq!(second.access(), Access::View);
    assert!(
        matches!(opened.notices[..], [OpenNotice::InUse]),
        "{:?}",
        opened.notices
    );
    let text = opened.notices[0].to_string();
    assert!(
        text.contains("read-only") && text.contains("close that window"),
        "{text}"
    );
    let edit = ops::set_done(second.document(), &[A], true).expect("it exists");
    let refused = second.commit("done", &edit, None);
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })));
    assert!(matches!(second.undo(), Err(StoreError::ReadOnly { .. })));
    assert!(matches!(
        second.set_setting("a", &1),
        Err(StoreError::ReadOnly { .. })
    ));

    // It learns of what the first one does, including undo.
    assert_eq!(second.poll().expect("it reads"), []);
    draw(&mut first, A, 1.0);
    first.undo().expect("it can be undone");
    draw(&mut first, A, 2.0);
    let changes = second.poll().expect("it reads");
    let labels: Vec<_> = changes.iter().map(|change| &*change.label).collect();
    assert_eq!(labels, ["draw box"; 3]);
    let affected = changes[0].affected.as_ref().expect("the rows are known");
    assert_eq!(affected.annotations, [(A, AnnotationId(1))]);
    assert_eq!(second.document(), first.document());
    assert_eq!(second.poll().expect("it reads"), []);

    // The lock ends with the first window.
    second.close().expect("it closes");
    first.close().expect("it closes");
    open(&path, Access::Edit);
}

#[test]
fn the_command_line_adds_while_a_window_edits() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 4);
    let [a, b, c] = [1, 2, 3].map(PictureId);
    draw(&mut window, a, 1.0);
    let mut other = open(window.path(), Access::Add);
    assert_eq!(other.history().steps(), []);
    propose(&mut other, b, 5.0);
    // The window commits without polling: the change of the other process comes first.
    draw(&mut window, a, 30.0);
    assert_eq!(window.document().annotations(b).len(), 1);
    let changes = window.poll().expect("it reads");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].label, "propose boxes");
    assert_agrees(&window);
    // The other process does not know of that yet, but proposes for the latest content.
    propose(&mut other, c, 5.0);
    assert_eq!(other.document().annotations(a).len(), 2);
    // Undo concerns the person's own steps: the proposals stay.
    window.poll().expect("it reads");
    assert_eq!(window.history().steps().len(), 2);
    for _ in 0..2 {
        window.undo().expect("it can be undone");
    }
    assert!(window.document().annotations(a).is_empty());
    assert_eq!(window.document().annotations(b).len(), 1);
    window.redo().expect("it can be redone");
    assert_agrees(&window);

    // If both affect the same picture, the change becomes a step, which can be undone.
    propose(&mut other, a, 60.0);
    let before = window.document().clone();
    assert_eq!(window.poll().expect("it reads").len(), 1);
    assert_eq!(
        window.history().next_undo().map(|step| &*step.label),
        Some("propose boxes")
    );
    assert_eq!(window.history().next_redo(), None);
    assert_agrees(&window);
    window.undo().expect("it can be undone");
    assert_eq!(*window.document(), before);
    other.poll().expect("it reads");
    assert_eq!(other.document(), window.document());
    other.close().expect("it closes");
    window.close().expect("it closes");
}

#[test]
fn changes_made_while_no_window_is_open_join_the_history_when_it_opens() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 3);
    draw(&mut window, A, 1.0);
    let (path, before) = (window.path().to_path_buf(), window.document().clone());
    window.close().expect("it closes");
    let mut other = open(&path, Access::Add);
    propose(&mut other, PictureId(2), 5.0);
    propose(&mut other, A, 40.0);
    let after = other.document().clone();
    other.close().expect("it closes");

    let mut window = open(&path, Access::Edit);
    assert_eq!(*window.document(), after);
    let labels: Vec<_> = window
        .history()
        .steps()
        .iter()
        .map(|step| &*step.label)
        .collect();
    assert_eq!(labels, ["draw box", "propose boxes"]);
    window.undo().expect("it can be undone");
    assert_eq!(window.document().annotations(A), before.annotations(A));
    window.undo().expect("it can be undone");
    assert!(window.document().annotations(A).is_empty());
    assert_eq!(window.document().annotations(PictureId(2)).len(), 1);
    assert_agrees(&window);
    window.close().expect("it closes");
    let window = open(&path, Access::Edit);
    assert_eq!(window.history().steps().len(), 2, "they are adopted once");
}

#[test]
fn an_edit_of_rows_that_another_process_has_just_changed_is_refused() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 2);
    let mut other = open(window.path(), Access::Add);
    let edit = ops::draw(window.document(), A, rect(1.0, 1.0, 9.0, 9.0), CAT);
    let edit = edit.expect("it exists");
    propose(&mut other, A, 30.0);
    let refused = window.commit("draw box", &edit, None);
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(window.document(), other.document());
    assert_agrees(&window);
    // The same for the command line. A setting is not in conflict with anything.
    let edit = ops::set_done(other.document(), &[A], true).expect("it exists");
    draw(&mut window, A, 1.0);
    window.set_setting("a", &[1, 2]).expect("it is stored");
    let refused = other.commit("done", &edit, None);
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(other.document(), window.document());
    assert_eq!(other.setting("a").expect("it reads"), Some([1, 2]));
}

#[test]
fn a_process_that_missed_many_changes_reads_the_whole_file_again() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 2);
    let mut other = open(window.path(), Access::Add);
    let mut view = open(window.path(), Access::View);
    for at in 0..300 {
        let edit = Edit::Extra(Some(at.to_string().into()));
        other
            .commit("note", &edit, None)
            .expect("the edit is valid");
        if at % 100 == 0 {
            draw(&mut window, A, (at / 10) as f32);
        }
        if at % 100 == 1 {
            other
                .commit("long", &Edit::Extra(Some("x".repeat(80_000).into())), None)
                .expect("the edit is valid");
        }
    }
    for project in [&mut window, &mut view, &mut other] {
        project.poll().expect("it reads");
        assert_agrees(project);
    }
    assert_eq!(window.document(), other.document());
    assert_eq!(window.document(), view.document());
    let labels = window.history().steps().iter().map(|step| &*step.label);
    assert_eq!(labels.collect::<Vec<_>>(), ["draw box"; 3]);
    // Moving everything into the single file deletes the log without loss.
    let path = window.path().to_path_buf();
    window.close().expect("it closes");
    let mut window = open(&path, Access::Edit);
    draw(&mut window, A, 3.0);
    other.poll().expect("it reads");
    assert_eq!(window.document(), other.document());
}

#[test]
fn a_history_shared_by_two_windows_without_locks_stays_right() {
    let (_folder, root) = folder();
    let mut first = sample(&root, 2);
    let path = first.path().to_path_buf();
    // As on a file system without locks.
    std::fs::rename(crate::files::side_folder(&path), root.join("away")).expect("it can be moved");
    let mut second = open(&path, Access::Edit);
    draw(&mut first, A, 1.0);
    draw(&mut second, PictureId(2), 2.0);
    first.undo().expect("it can be undone");
    assert!(
        first.document().annotations(PictureId(2)).is_empty(),
        "they share one history"
    );
    second.poll().expect("it reads");
    assert_eq!(first.document(), second.document());
    assert_eq!(first.history().steps(), second.history().steps());
    assert_agrees(&second);
}

#[test]
fn two_writers_at_the_same_time_lose_nothing() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 40);
    let path = window.path().to_path_buf();
    let adding = std::thread::spawn(move || {
        let mut other = open(&path, Access::Add);
        for id in 21..=40 {
            propose(&mut other, PictureId(id), 5.0);
        }
    });
    for id in 1..=20 {
        draw(&mut window, PictureId(id), 5.0);
    }
    adding.join().expect("it ends well");
    window.poll().expect("it reads");
    let counts = window.document().pictures();
    let counts = counts.map(|row| window.document().annotations(row.id).len());
    assert!(counts.eq([1; 40]));
    assert_eq!(window.history().steps().len(), 20);
    assert_agrees(&window);
}

/// An import by the window opens the project a second time in the same process.
#[cfg(target_os = "linux")]
#[test]
fn opening_a_project_again_leaves_the_locks_of_the_first_in_place() {
    use std::os::unix::fs::MetadataExt as _;

    let (_folder, root) = folder();
    let mut window = sample(&root, 1);
    draw(&mut window, A, 1.0);
    let inode = std::fs::metadata(window.path()).expect("it exists").ino();
    let locks = || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        let of_file = |line: &&str| line.contains("POSIX") && line.contains(&format!(":{inode} "));
        locks.lines().filter(of_file).count()
    };
    let before = locks();
    drop(open(window.path(), Access::View));
    check(window.path()).expect("it can be checked");
    assert_eq!(locks(), before);
    assert!(before > 0);
}

/// An import that adds a picture with a box and a class, and takes the box of another away.
fn import(document: &Document) -> Result<(Edit, usize), StoreError> {
    let category = ops::add_category(document, "imported");
    let pictures = ops::add_pictures(document, vec![new_picture("imported.jpg")]);
    let boxes = document.annotations(A).iter().map(|row| row.id);
    let boxes: Vec<_> = boxes.collect();
    let edit = vec![category, pictures, ops::delete(document, &boxes)?];
    Ok((Edit::batch(edit), boxes.len()))
}

#[test]
fn an_import_by_another_process_is_one_step_of_the_window() {
    for is_window_open in [true, false] {
        let (_folder, root) = folder();
        let mut window = sample(&root, 3);
        let path = window.path().to_path_buf();
        draw(&mut window, A, 1.0);
        let (before, steps) = (window.document().clone(), window.history().steps().len());
        let window = if is_window_open {
            Some(window)
        } else {
            window.close().expect("it closes");
            None
        };
        let mut other = open(&path, Access::Add);
        let removed = other.commit_prepared("import it", import);
        assert_eq!(removed.expect("it is valid"), 1);
        let after = other.document().clone();
        other.close().expect("it closes");
        let mut window = match window {
            Some(mut window) => {
                window.poll().expect("it reads");
                window
            }
            None => open(&path, Access::Edit),
        };
        assert_eq!(*window.document(), after);
        assert_eq!(window.history().steps().len(), steps + 1);
        let last = window.history().next_undo().map(|step| &*step.label);
        assert_eq!(last, Some("import it"));
        assert_agrees(&window);
        window.undo().expect("it can be undone");
        assert_eq!(*window.document(), before);
        window.redo().expect("it can be redone");
        assert_eq!(*window.document(), after);
        assert_agrees(&window);
        window.close().expect("it closes");
        let window = open(&path, Access::Edit);
        assert_eq!(window.history().steps().len(), steps + 1, "adopted once");
    }
}

/// Nothing that it affects is in the history, and it is too long for the log.
#[test]
fn a_long_import_of_other_pictures_is_one_step_as_well() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 2);
    let before = window.document().clone();
    let mut other = open(window.path(), Access::Add);
    let imported = other.commit_prepared("import many", |document| {
        let rows = (0..2000).map(|at| new_picture(format!("many/{at}.jpg")));
        let edit = ops::add_pictures(document, rows.collect());
        Ok::<_, StoreError>((edit, ()))
    });
    imported.expect("it is valid");
    window.poll().expect("it reads");
    assert_eq!(window.document().pictures().len(), 2002);
    assert_agrees(&window);
    window.undo().expect("it can be undone").expect("a step");
    assert_eq!(*window.document(), before);
    assert_agrees(&window);
}

#[test]
fn an_import_fits_the_newest_document_whatever_a_person_draws_meanwhile() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 3);
    let mut other = open(window.path(), Access::Add);
    let mut calls = 0;
    let imported = other.commit_prepared("import it", |document| {
        calls += 1;
        if calls < 3 {
            // A box of the picture whose boxes the import takes away.
            draw(&mut window, A, calls as f32);
        }
        import(document)
    });
    assert_eq!(imported.expect("it is valid"), 2);
    assert_eq!(calls, 3, "the last time, others wait");
    window.poll().expect("it reads");
    assert_eq!(window.document(), other.document());
    assert_eq!(window.history().steps().len(), 3);
    window.undo().expect("it can be undone");
    assert_eq!(window.document().annotations(A).len(), 2);
    assert!(window.document().picture_at("imported.jpg").is_none());
    assert_agrees(&window);

    // An import that fails at the end changes nothing, in a window without locks as well.
    let mut calls = 0;
    let refused = window.commit_prepared("import it", |_| {
        calls += 1;
        if calls < 3 {
            propose(&mut other, PictureId(2), calls as f32);
            return Ok((Edit::Extra(Some("x".into())), ()));
        }
        let path = PathBuf::new();
        Err(StoreError::NotFound { path })
    });
    assert!(matches!(refused, Err(StoreError::NotFound { .. })));
    assert_eq!(window.document().extra(), None);
    assert_agrees(&window);
    draw(&mut window, A, 50.0);
    assert_agrees(&window);
}

#[test]
fn an_import_that_cannot_be_written_leaves_memory_to_be_read_again() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 3);
    let path = window.path().to_path_buf();
    // As on the disk of another machine: who reads keeps a writer from ending.
    let mode = "PRAGMA journal_mode = DELETE";
    let mode = window
        .connection
        .query_row(mode, [], |row| row.get::<_, String>(0));
    assert_eq!(mode.expect("nobody else has it open"), "delete");
    let now = std::time::Duration::ZERO;
    window.connection.busy_timeout(now).expect("it is set");
    let reader = connection::open_read_only(&path).expect("it opens");
    let mut calls = 0;
    let refused = window.commit_prepared("import it", |_| {
        calls += 1;
        if calls < 3 {
            let other = connection::open_read_write(&path).expect("it opens");
            let change = |writer: &mut write::Writer<'_>| {
                writer.counters.head += 1;
                Ok(())
            };
            write::in_transaction(&other, change).expect("it can be written");
            return Ok((Edit::Extra(Some("x".into())), ()));
        }
        let read = "BEGIN; SELECT count(*) FROM meta";
        reader.execute_batch(read).expect("it reads");
        let path = PathBuf::new();
        Err(StoreError::NotFound { path })
    });
    assert!(
        matches!(refused, Err(StoreError::Busy { .. })),
        "{refused:?}"
    );
    assert!(window.memory.is_behind);
    drop(reader);
    window.poll().expect("it reads");
    assert!(!window.memory.is_behind);
    assert_eq!(window.document().extra(), None);
    assert_agrees(&window);
}

/// Two windows open a folder whose project file is missing: one restores it, and the other does not
/// restore it again over the first.
#[test]
fn a_missing_project_is_restored_once() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 2);
    draw(&mut project, A, 1.0);
    let path = project.path().to_path_buf();
    project.close().expect("it closes");
    let backup = backups(&path).swap_remove(0);
    std::fs::remove_file(&path).expect("it exists");
    assert!(restore_missing(&path, &backup).expect("it can be restored"));
    let mut first = open(&path, Access::Edit);
    draw(&mut first, A, 2.0);
    let busy = restore_missing(&path, &backup);
    assert!(matches!(busy, Err(StoreError::Busy { .. })), "{busy:?}");
    first.close().expect("it closes");
    assert!(!restore_missing(&path, &backup).expect("nothing to do"));
    assert_eq!(open(&path, Access::View).document().annotations(A).len(), 2);
}

#[test]
fn the_names_of_classes_are_shared_undone_and_stored() {
    let (_folder, root) = folder();
    let mut window = sample(&root, 2);
    let mut other = open(window.path(), Access::Add);
    let name = |project: &mut Project, class: &str, target: Option<&str>| {
        let change = [(class.to_owned(), target.map(MappedClass::named))];
        let edit = |document: &Document| ops::map_classes(document, &change);
        project
            .commit_with("name classes", None, edit)
            .expect("the edit is valid")
    };
    let called =
        |project: &Project, class: &str| project.document().naming().name_of(class).to_owned();
    name(&mut window, "tabby", Some("cat"));
    name(&mut window, "nail", Some("object"));
    // The other process uses it in the middle of its work.
    assert_eq!(called(&other, "tabby"), "tabby");
    other.poll().expect("it reads");
    assert_eq!(called(&other, "tabby"), "cat");
    // Both map classes, and neither loses what the other has set.
    name(&mut other, "pug", Some("dog"));
    name(&mut window, "tabby", Some("kitty"));
    assert_eq!(called(&window, "pug"), "dog");
    window.undo().expect("it can be undone");
    assert_eq!(called(&window, "tabby"), "cat");
    let (document, path) = (window.document().clone(), window.path().to_path_buf());
    other.close().expect("it closes");
    window.close().expect("it closes");
    let mut window = open(&path, Access::Edit);
    assert_eq!(window.document(), &document);
    assert_eq!(document.naming().len(), 3);
    for class in ["tabby", "nail", "pug"] {
        name(&mut window, class, None);
    }
    assert_eq!(window.setting::<Naming>("naming").expect("it reads"), None);
}

#[test]
fn what_is_labelled_is_shared_undone_and_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut window, _) = Project::create_for(folder.path()).expect("it is created");
    let mut other = open(window.path(), Access::Add);
    let label = |project: &mut Project, labels: Labels| {
        let make = |document: &Document| ops::set_labels(document, labels.clone(), &[]);
        project.commit_with("choose what is labelled", None, make)
    };
    assert_eq!(window.document().labels(), &Labels::Any);
    label(&mut window, Labels::One("cat".into())).expect("it is stored");
    other.poll().expect("it reads");
    assert_eq!(other.document(), window.document());
    assert_eq!(other.document().labels().only(), Some("cat"));
    label(&mut window, Labels::Listed).expect("it is stored");
    window.undo().expect("it can be undone");
    let (document, path) = (window.document().clone(), window.path().to_path_buf());
    other.close().expect("it closes");
    window.close().expect("it closes");
    assert_eq!(open(&path, Access::View).document(), &document);
}

/// A long edit is not converted to its end, only to find that it is too long for the log.
#[test]
fn an_edit_that_is_too_long_for_the_log_is_not_converted_to_its_end() {
    struct Sequence<I>(std::cell::RefCell<I>);
    impl<I: Iterator<Item = u8>> serde::Serialize for Sequence<I> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(&mut *self.0.borrow_mut())
        }
    }
    let read = std::cell::Cell::new(0);
    let numbers = std::iter::repeat_n(0_u8, 1_000_000).inspect(|_| read.set(read.get() + 1));
    let long = Sequence(numbers.into());
    assert!(log::json_up_to(100, &long).is_ok_and(|json| json.is_none()));
    assert!(read.get() < 100, "{}", read.get());
    for (bytes, json) in [(5, Some("[1,2]")), (4, None)] {
        let short = log::json_up_to(bytes, &[1, 2]);
        assert!(short.is_ok_and(|short| short.as_deref() == json));
    }
}
