//! A project that is changed in memory at once and written by a thread: slow and failing writes, other
//! processes while changes wait, and the end of the process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::crash::{PROJECT, random, spawn_child};
use super::*;
use crate::document::{AffectedRows, BoxState, ReviewState};

/// How long a thread may take. It only detects a hang.
const PATIENCE: Duration = Duration::from_secs(60);
const B: PictureId = PictureId(2);

fn live(root: &Path, pictures: usize) -> LiveProject {
    LiveProject::new(sample(root, pictures))
}

fn draw_live(project: &mut LiveProject, picture: PictureId, x: f32) -> AffectedRows {
    let edit = |document: &Document| ops::draw(document, picture, rect(x, 5.0, 20.0, 20.0), CAT);
    let drawn = project.commit_with("draw box", None, edit);
    drawn.expect("the edit is valid")
}

/// Polls until a condition holds. Returns everything that was found.
#[track_caller]
fn wait(
    project: &mut LiveProject,
    is_so: impl Fn(&LiveProject, &PollReport) -> bool,
) -> PollReport {
    let begun = Instant::now();
    let mut all = PollReport::default();
    loop {
        let found = project.poll(true);
        all.changes.extend(found.changes);
        all.shifts.extend(found.shifts);
        all.dropped.extend(found.dropped);
        all.errors.extend(found.errors);
        all.copies.extend(found.copies);
        if is_so(project, &all) {
            return all;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {all:?}");
        sleep(Duration::from_millis(1));
    }
}

#[track_caller]
fn saved(project: &mut LiveProject) -> PollReport {
    wait(project, |project, _| project.saving_since().is_none())
}

/// Another process that is writing, until it is dropped.
fn writing(path: &Path) -> Connection {
    let other = connection::open_read_write(path).expect("it opens");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody else is writing");
    other
}

/// Compares memory with the file.
#[track_caller]
fn assert_in_file(project: &LiveProject) {
    let report = check(project.path()).expect("it can be checked");
    assert_eq!(report.problems, Vec::<String>::new());
    let connection = connection::open_to_view(project.path());
    let loaded = connection.and_then(|connection| load::LoadedFile::read(&connection, true));
    let Ok(loaded) = loaded else {
        panic!("{:?}", loaded.err());
    };
    assert_eq!(loaded.document, *project.document());
    assert_eq!(loaded.steps, project.history().steps());
    let position = i64::try_from(project.history().position());
    assert_eq!(Ok(loaded.counters.position), position);
}

#[test]
fn changes_are_in_memory_at_once_and_soon_in_the_file() {
    let (_folder, root) = folder();
    let mut project = live(&root, 3);
    let path = project.path().to_path_buf();
    draw_live(&mut project, A, 1.0);
    draw_live(&mut project, B, 30.0);
    project.undo().expect("it can be undone").expect("a step");
    project.set_setting("a", &[1, 2]).expect("it is stored");
    assert_eq!(project.setting("a").expect("it reads"), Some([1, 2]));
    assert_eq!(project.document().annotation_count(), 1);
    assert!(project.saving_since().is_some());
    saved(&mut project);
    assert_in_file(&project);
    project.redo().expect("it can be redone").expect("a step");
    project.remove_setting("a").expect("it is removed");
    let before = state(project.document(), project.history());
    project.close().expect("it closes");
    let project = open(&path, Access::Edit);
    assert_eq!(state(project.document(), project.history()), before);
    assert_eq!(project.setting::<u32>("a").expect("it reads"), None);
    assert_eq!(backups(&path).len(), 1, "closing has made a backup");
}

#[test]
fn a_locked_file_and_a_slow_disk_are_not_waited_for() {
    let (_folder, root) = folder();
    let mut project = live(&root, 3);
    let other = writing(project.path());
    let begun = Instant::now();
    let (mut gesture, mut x) = (0, 1.0);
    for at in 0..60 {
        x += 0.5;
        match at % 6 {
            0 => drop(draw_live(&mut project, A, x)),
            5 => drop(project.undo().expect("it can be undone")),
            _ => {
                gesture = at / 6;
                let id = project.document().annotations(A).last().map(|row| row.id);
                let to = [(id.expect("it was drawn"), rect(x, 6.0, 20.0, 20.0))];
                let edit = |document: &Document| ops::reshape(document, &to);
                let moved = project.commit_with("move box", Some(gesture), edit);
                moved.expect("the edit is valid");
            }
        }
        project.poll(true);
    }
    // A commit alone would have waited for five seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(gesture, 9);
    let connection = connection::open_to_view(project.path()).expect("it opens");
    let loaded = load::LoadedFile::read(&connection, true).expect("it reads");
    assert_eq!(
        loaded.document.annotation_count(),
        0,
        "nothing is written yet"
    );
    assert!(project.saving_since().is_some_and(|since| since >= begun));
    drop(other);
    let found = saved(&mut project);
    assert!(
        found.errors.is_empty() && found.dropped.is_empty(),
        "{found:?}"
    );
    assert_in_file(&project);

    // A disk that takes its time.
    project.run_on_thread(|_| sleep(Duration::from_millis(400)));
    let begun = Instant::now();
    draw_live(&mut project, B, 1.0);
    project.undo().expect("it can be undone").expect("a step");
    assert!(begun.elapsed() < Duration::from_millis(300));
    saved(&mut project);
    assert_in_file(&project);
}

/// The ids of rows that wait are used by another process, which knows nothing of them.
#[test]
fn what_another_process_writes_while_changes_wait_is_kept_and_so_are_they() {
    for (is_long, way) in [(false, 0), (true, 1), (false, 2)] {
        let (_folder, root) = folder();
        let mut project = live(&root, 4);
        draw_live(&mut project, A, 1.0);
        saved(&mut project);
        let mut other = open(project.path(), Access::Add);
        // The thread is kept from looking.
        let (go, gone) = mpsc::channel::<()>();
        project.run_on_thread(move |_| {
            let _ = gone.recv();
        });
        let dog = |document: &Document| Ok(ops::add_category(document, "ours"));
        project
            .commit_with("add a class", None, dog)
            .expect("it is valid");
        let ours = project
            .document()
            .category_named("ours")
            .expect("it is there")
            .id;
        let edit = |document: &Document| ops::draw(document, A, rect(50.0, 5.0, 20.0, 20.0), ours);
        project
            .commit_with("draw box", None, edit)
            .expect("it is valid");
        let moved = [(AnnotationId(2), rect(51.0, 5.0, 20.0, 20.0))];
        let edit = |document: &Document| ops::reshape(document, &moved);
        project
            .commit_with("move box", Some(1), edit)
            .expect("it is valid");
        draw_live(&mut project, B, 9.0);
        project.undo().expect("it can be undone").expect("a step");

        let name = if way == 2 { "ours" } else { "theirs" };
        let add = |document: &Document| Ok(ops::add_category(document, name));
        other
            .commit_with("add a class", None, add)
            .expect("it is valid");
        propose(&mut other, PictureId(3), 5.0);
        // On a picture that is changed here.
        propose(&mut other, A, 70.0);
        if is_long {
            let note = Edit::Extra(Some("x".repeat(80_000).into()));
            other.commit("note", &note, None).expect("it is valid");
        }
        drop(go);
        let found = saved(&mut project);
        assert!(found.errors.is_empty(), "{found:?}");
        assert_eq!(found.dropped, [], "{found:?}");
        assert_eq!(found.shifts.len(), 1, "{found:?}");
        let shift = &found.shifts[0];
        assert_eq!(shift.annotation(AnnotationId(2)), AnnotationId(4));
        assert_eq!(shift.annotation(AnnotationId(1)), AnnotationId(1));
        let document = project.document();
        let (picture, row) = document.annotation(AnnotationId(4)).expect("it is there");
        assert_eq!((picture.id, row.rect.x0), (A, 51.0));
        assert_eq!(row.category, Some(shift.category(ours)));
        let class = document.class_of(row).expect("it has one");
        assert_eq!(&*class.name, "ours");
        assert_eq!(document.annotations(PictureId(3)).len(), 1);
        assert_eq!(document.annotations(A).len(), 3);
        assert_eq!(document.annotations(B).len(), 0);
        let count = document.categories().count();
        assert_eq!(count, if way == 2 { 3 } else { 4 });
        assert_in_file(&project);
        // All of it can be undone, and done again.
        let before = state(project.document(), project.history());
        let mut undone = 0;
        while project.undo().expect("it can be undone").is_some() {
            undone += 1;
        }
        assert!(undone >= 3, "{undone}");
        while project.redo().expect("it can be redone").is_some() {}
        project.undo().expect("it can be undone");
        saved(&mut project);
        assert_in_file(&project);
        let _ = before;
        other.poll().expect("it reads");
        assert_eq!(other.document(), project.document());
        other.close().expect("it closes");
        project.close().expect("it closes");
    }
}

#[test]
fn a_change_of_what_another_process_has_changed_is_taken_back_and_named() {
    let (_folder, root) = folder();
    let mut project = live(&root, 4);
    let mut other = open(project.path(), Access::Add);
    propose(&mut other, A, 5.0);
    project.request_poll();
    wait(&mut project, |project, _| project.polled() == 1);
    let box_of_a = project.document().annotations(A)[0].id;
    let (go, gone) = mpsc::channel::<()>();
    project.run_on_thread(move |_| {
        let _ = gone.recv();
    });
    // Another model replaces the proposal that is accepted here, and the picture is finished here.
    let accept = |document: &Document| ops::accept(document, &[box_of_a]);
    project
        .commit_with("accept", None, accept)
        .expect("it is valid");
    draw_live(&mut project, B, 5.0);
    let untracked = |document: &Document| {
        let found = [(PictureId(3), vec![found(rect(9.0, 9.0, 9.0, 9.0))])];
        Ok(ops::replace_proposals(document, &model("1"), &found))
    };
    project
        .commit_untracked_with("update", untracked)
        .expect("it is valid");
    propose(&mut other, A, 50.0);
    propose(&mut other, PictureId(3), 50.0);
    drop(go);
    let found = saved(&mut project);
    let dropped: Vec<_> = found.dropped.iter().collect();
    assert_eq!(dropped.len(), 2, "{found:?}");
    assert_eq!(
        (&*dropped[0].label, dropped[0].is_untracked),
        ("accept", false)
    );
    assert_eq!(dropped[0].pictures, [A]);
    assert_eq!(dropped[1].pictures, [PictureId(3)]);
    let document = project.document();
    assert_eq!(document.annotations(A)[0].state, BoxState::Proposed);
    assert_eq!(document.annotations(A)[0].rect.x0, 50.0);
    assert_eq!(document.annotations(B).len(), 1);
    assert_eq!(document.annotations(PictureId(3))[0].rect.x0, 50.0);
    assert_eq!(found.changes.len(), 2);
    assert!(found.changes.iter().all(|change| !change.is_listed));
    assert_in_file(&project);
    // A picture that is finished while boxes are added to it is looked at again.
    let (go, gone) = mpsc::channel::<()>();
    project.run_on_thread(move |_| {
        let _ = gone.recv();
    });
    let done = |document: &Document| ops::set_done(document, &[PictureId(4)], true);
    project
        .commit_with("done", None, done)
        .expect("it is valid");
    propose(&mut other, PictureId(4), 50.0);
    drop(go);
    let found = saved(&mut project);
    assert_eq!(found.dropped.len(), 1, "{found:?}");
    let review = project
        .document()
        .picture(PictureId(4))
        .map(|row| row.review);
    assert_eq!(review, Some(ReviewState::Proposed));
    assert_in_file(&project);
}

#[test]
fn a_failure_pauses_keeps_what_waits_and_goes_on_by_itself() {
    let (folder, root) = folder();
    let mut project = live(&root, 2);
    draw_live(&mut project, A, 1.0);
    saved(&mut project);
    let limit = |project: &LiveProject, pages: &'static str| {
        project.run_on_thread(move |project| {
            let limit = format!("PRAGMA max_page_count = {pages}");
            let set = project.connection.query_row(&limit, [], |_| Ok(()));
            set.expect("it is set");
        });
    };
    limit(&project, "1");
    let mut drawn = 0;
    let error = loop {
        let edit = |document: &Document| {
            let (x, y) = ((drawn % 70) as f32, (drawn / 70 % 50) as f32);
            ops::draw(document, A, rect(x, y, 20.0, 20.0), CAT)
        };
        match project.commit_with("draw box", None, edit) {
            Ok(_) => drawn += 1,
            Err(error) => break error,
        }
        project.poll(true);
        sleep(Duration::from_micros(200));
    };
    assert!(matches!(error, StoreError::Paused { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("shop.tsukami") && text.contains("free some space"),
        "{text}"
    );
    assert!(project.paused().is_some());
    assert!(matches!(project.undo(), Err(StoreError::Paused { .. })));
    assert_eq!(project.document().annotations(A).len(), 1 + drawn);
    // A copy has everything.
    let copy = folder.path().join("copy.tsukami");
    project.save_copy(&copy);
    let found = wait(&mut project, |_, found| !found.copies.is_empty());
    assert!(found.errors.is_empty(), "{found:?}");
    let saved_copy = open(&copy, Access::Edit);
    assert_eq!(saved_copy.document(), project.document());
    assert_eq!(saved_copy.history().steps(), project.history().steps());
    assert_eq!(saved_copy.root(), root);
    assert!(project.saving_since().is_some());
    // There is space again.
    limit(&project, "1000000");
    project.retry();
    saved(&mut project);
    assert_eq!(project.paused(), None);
    draw_live(&mut project, B, 1.0);
    saved(&mut project);
    assert_in_file(&project);
    // Closing while it fails says that something is missing.
    limit(&project, "1");
    let note = |_: &Document| Ok(Edit::Extra(Some("x".repeat(400_000).into())));
    project
        .commit_with("note", None, note)
        .expect("it is valid");
    assert!(project.close().is_err());
}

#[test]
fn what_waits_when_the_file_is_deleted_is_in_the_rescued_copy() {
    let (_folder, root) = folder();
    let mut project = live(&root, 2);
    draw_live(&mut project, A, 1.0);
    saved(&mut project);
    let path = project.path().to_path_buf();
    let (go, gone) = mpsc::channel::<()>();
    project.run_on_thread(move |_| {
        let _ = gone.recv();
    });
    draw_live(&mut project, A, 20.0);
    draw_live(&mut project, B, 20.0);
    std::fs::remove_file(&path).expect("it exists");
    drop(go);
    let found = wait(&mut project, |_, found| !found.copies.is_empty());
    let StoreError::Replaced {
        rescued: Some(rescued),
        ..
    } = &found.errors[0]
    else {
        panic!("{found:?}");
    };
    assert_eq!(found.copies[0], *rescued);
    assert!(project.is_replaced());
    let refused = project.set_setting("a", &1);
    assert!(matches!(refused, Err(StoreError::Replaced { .. })));
    let other = open(rescued, Access::Edit);
    assert_eq!(other.document(), project.document());
    project.close().expect("there is nothing to do");
}

#[cfg(unix)]
#[test]
fn what_waits_when_the_folder_is_renamed_is_in_the_file_once_it_is_back() {
    let (folder, root) = folder();
    let mut project = live(&root, 2);
    draw_live(&mut project, A, 1.0);
    saved(&mut project);
    let (go, gone) = mpsc::channel::<()>();
    project.run_on_thread(move |_| {
        let _ = gone.recv();
    });
    draw_live(&mut project, A, 20.0);
    draw_live(&mut project, B, 20.0);
    let away = folder.path().join("away");
    std::fs::rename(&root, &away).expect("it exists");
    drop(go);
    let found = wait(&mut project, |project, _| project.is_replaced());
    assert!(
        matches!(found.errors[0], StoreError::Replaced { rescued: None, .. }),
        "{found:?}"
    );
    std::fs::rename(&away, &root).expect("it exists");
    let found = wait(&mut project, |project, _| project.is_back());
    assert!(
        found.errors.is_empty() && found.copies.is_empty(),
        "{found:?}"
    );
    assert_in_file(&project);
    project.close().expect("there is nothing to do");
}

#[test]
fn a_draft_gets_its_file_with_the_first_change() {
    let (_folder, root) = folder();
    let draft = Project::draft_for(&root).expect("it is only in memory");
    let mut project = LiveProject::new(draft);
    let path = project.path().to_path_buf();
    project.set_setting("a", &1).expect("it is stored");
    saved(&mut project);
    assert!(project.is_draft());
    let entries = || std::fs::read_dir(&root).expect("it exists").count();
    assert_eq!(entries(), 0);
    project.close().expect("there is nothing to do");
    assert_eq!(entries(), 0);

    let draft = Project::draft_for(&root).expect("it is only in memory");
    let mut project = LiveProject::new(draft);
    let id = project.id().to_owned();
    project.set_setting("a", &2).expect("it is stored");
    let add = |name: &'static str| move |document: &Document| Ok(ops::add_category(document, name));
    project
        .commit_with("add a class", None, add("cat"))
        .expect("it is valid");
    project
        .commit_with("add a class", None, add("dog"))
        .expect("it is valid");
    saved(&mut project);
    assert!(!project.is_draft());
    assert_in_file(&project);
    let view = open(&path, Access::View);
    assert_eq!((view.id(), view.root()), (&*id, &*root));
    assert_eq!(view.setting("a").expect("it reads"), Some(2));
    drop(view);
    project.close().expect("it closes");

    // Another process makes it first.
    let (_folder, root) = folder();
    let draft = Project::draft_for(&root).expect("it is only in memory");
    let mut project = LiveProject::new(draft);
    let mut other = Project::create_for(&root).expect("it can be created").0;
    other
        .commit_with("add a class", None, add("bird"))
        .expect("it is valid");
    other.close().expect("it closes");
    project
        .commit_with("add a class", None, add("cat"))
        .expect("it is valid");
    let found = saved(&mut project);
    assert!(
        found.errors.is_empty() && found.dropped.is_empty(),
        "{found:?}"
    );
    let names: Vec<_> = project
        .document()
        .categories()
        .map(|row| row.name.clone())
        .collect();
    assert_eq!(names, ["bird".into(), "cat".into()]);
    assert_in_file(&project);
}

#[test]
fn a_second_window_follows_and_changes_nothing() {
    let (_folder, root) = folder();
    let mut project = live(&root, 2);
    let view = open(project.path(), Access::View);
    let mut view = LiveProject::new(view);
    let edit = |document: &Document| ops::set_done(document, &[A], true);
    let refused = view.commit_with("done", None, edit);
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })));
    draw_live(&mut project, A, 1.0);
    saved(&mut project);
    let found = wait(&mut view, |view, _| view.document().annotation_count() == 1);
    assert!(found.errors.is_empty(), "{found:?}");
    assert_eq!(view.document(), project.document());
    let pictures = found.changes[0].pictures().expect("they are known");
    assert!(pictures.eq([A, A]));
    view.close().expect("it closes");
    project.close().expect("it closes");
}

#[test]
fn nothing_is_taken_in_while_a_box_is_dragged() {
    let (_folder, root) = folder();
    let mut project = live(&root, 2);
    let mut other = open(project.path(), Access::Add);
    propose(&mut other, A, 5.0);
    project.request_poll();
    for _ in 0..50 {
        assert!(project.poll(false).changes.is_empty());
        sleep(Duration::from_millis(2));
    }
    assert_eq!(project.document().annotation_count(), 0);
    assert_eq!(project.poll(true).changes.len(), 1);
    assert_eq!(project.document().annotation_count(), 1);
    assert_eq!(project.polled(), 1);
}

/// Random edits here and by another process, which meet in all ways.
#[test]
fn whatever_two_processes_do_memory_is_what_the_file_is() {
    for seed in 0..12 {
        let (_folder, root) = folder();
        let mut project = live(&root, 5);
        let mut other = open(project.path(), Access::Add);
        let mut random = random(seed);
        for number in 0..120 {
            let picture = PictureId(1 + random(5) as u32);
            let other_picture = PictureId(1 + random(5) as u32);
            let x = random(70) as f32;
            if random(6) == 0 {
                let pause = Duration::from_micros(random(3000));
                project.run_on_thread(move |_| sleep(pause));
            }
            let ids = |document: &Document| {
                let rows = document.annotations(picture).iter();
                rows.map(|row| row.id).collect::<Vec<_>>()
            };
            let at = rect(x, 5.0, 20.0, 20.0);
            let ours = match random(9) {
                0..=2 => project.commit_with("draw box", None, |document| {
                    ops::draw(document, picture, at, CAT)
                }),
                3 => project.commit_with("move", Some(number / 9), |document| {
                    let to: Vec<_> = ids(document).into_iter().map(|id| (id, at)).collect();
                    ops::reshape(document, &to)
                }),
                4 => project.commit_with("delete", None, |document| {
                    ops::delete(document, &ids(document))
                }),
                5 => project.commit_with("done", None, |document| {
                    ops::set_done(document, &[picture], x > 30.0)
                }),
                6 => project.commit_untracked_with("update", |document| {
                    let found = [(picture, vec![found(at)])];
                    Ok(ops::replace_proposals(document, &model("2"), &found))
                }),
                7 => project.commit_with("class", None, |document| {
                    Ok(ops::ensure_category(
                        document,
                        &format!("class {}", number % 7),
                    ))
                }),
                _ if random(2) == 0 => project.redo().map(|_| AffectedRows::default()),
                _ => project.undo().map(|_| AffectedRows::default()),
            };
            ours.expect("it is valid");
            if random(3) == 0 {
                let theirs = match random(4) {
                    0 | 1 => other.commit_untracked_with("propose", |document| {
                        let found = [(
                            other_picture,
                            vec![found(at), found(rect(1.0, 50.0, 9.0, 9.0))],
                        )];
                        Ok(ops::replace_proposals(document, &model("3"), &found))
                    }),
                    2 => other.commit_with("class", None, |document| {
                        Ok(ops::ensure_category(
                            document,
                            &format!("class {}", number % 5),
                        ))
                    }),
                    _ => {
                        let long = "x".repeat(if random(3) == 0 { 80_000 } else { 10 });
                        let note = Edit::Extra(Some(format!("{number}{long}").into()));
                        other.commit_with("note", None, |_| Ok(note.clone()))
                    }
                };
                theirs.expect("it is valid");
            }
            let found = project.poll(random(3) > 0);
            assert!(found.errors.is_empty(), "{found:?}");
        }
        let found = saved(&mut project);
        assert!(found.errors.is_empty(), "{found:?}");
        project.request_poll();
        wait(&mut project, |project, _| project.polled() == 1);
        assert_in_file(&project);
        other.poll().expect("it reads");
        assert_eq!(other.document(), project.document(), "seed {seed}");
        let before = state(project.document(), project.history());
        let path = project.path().to_path_buf();
        project.close().expect("it closes");
        drop(other);
        let project = open(&path, Access::Edit);
        assert_eq!(state(project.document(), project.history()), before);
    }
}

#[test]
#[ignore = "runs as a child of the test below"]
fn child() {
    let Some(path) = std::env::var_os(PROJECT) else {
        return;
    };
    let project = open(Path::new(&path), Access::Edit);
    let mut project = LiveProject::new(project);
    let mut number = project.document().annotation_count() as u32;
    loop {
        number += 1;
        draw_live(
            &mut project,
            PictureId(1 + number % 6),
            (number % 70) as f32,
        );
        println!("drawn {number}");
        if number.is_multiple_of(7) {
            saved(&mut project);
            println!("saved {number}");
        }
        sleep(Duration::from_millis(5));
        println!("frame {number}");
        project.poll(true);
    }
}

/// What was drawn is in the file a moment later, in order, and what was reported as saved always is.
#[test]
fn edits_survive_the_end_of_the_process_a_moment_after_their_frame() {
    let (_folder, root) = folder();
    let project = sample(&root, 6);
    let path = project.path().to_path_buf();
    project.close().expect("it closes");
    let mut random = random(7);
    let (mut all, mut before, mut late) = (0, 0, 0);
    for kill in 0..40 {
        let mut child = spawn_child("store::tests::live::child", &path);
        let mut output = BufReader::new(child.stdout.take().expect("it has one"));
        let mut text = String::new();
        while !text.contains("drawn") {
            let read = output.read_line(&mut text).expect("it is text");
            assert!(read > 0, "the child ended: {text}");
        }
        sleep(Duration::from_micros(random(80_000)));
        child.kill().expect("it can be killed");
        output.read_to_string(&mut text).expect("it is text");
        child.wait().expect("it ends");
        let last = |word: &str| {
            let numbers = text.split(word).skip(1);
            let numbers = numbers.filter_map(|rest| rest.split_once('\n')?.0.trim().parse().ok());
            numbers.last().unwrap_or(before)
        };
        let (drawn, saved, frame): (usize, usize, usize) =
            (last("drawn"), last("saved"), last("frame"));
        let report = check(&path).expect("it can be checked");
        assert_eq!(report.problems, Vec::<String>::new(), "after kill {kill}");
        let project = open(&path, Access::Edit);
        let stored = project.document().annotation_count();
        assert!(
            (saved..=drawn + 1).contains(&stored),
            "{stored} of {drawn}, {saved} saved"
        );
        // Five milliseconds later it is in the file, unless the machine is busy with something else; a fifth of
        // a second later always.
        assert!(stored + 40 >= drawn, "{stored} of {drawn}");
        late += usize::from(stored < frame);
        all += stored - before;
        before = stored;
        let steps = project.history().steps().len();
        assert_eq!(steps, stored, "each is a step");
    }
    println!("40 kills, {all} boxes stored, {late} times one of a frame before was missing");
    assert!(all > 40, "{all}");
}
