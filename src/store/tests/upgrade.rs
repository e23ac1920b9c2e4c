//! Files of older versions: upgraded wholly or not at all, once, and with a copy of the former file.

use std::fs;
use std::sync::Barrier;
use std::thread::{ScopedJoinHandle, scope};

use rusqlite::{Connection, Transaction};

use super::*;
use crate::store::counters::Counters;
use crate::store::schema::{MIGRATIONS, Migration};

/// A file of version 1 as the first program wrote it: `sqlite3 v1.tsukami .dump`.
const VERSION_1: &str = include_str!("v1.sql");

fn of_version_1(root: &Path) -> PathBuf {
    let path = root.join("shop.tsukami");
    let connection = Connection::open(&path).expect("it opens");
    connection.execute_batch(VERSION_1).expect("it is SQL");
    path
}

#[test]
fn a_file_of_every_older_version_opens() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let (project, opened) = Project::open(&path, Access::Edit).expect("it opens");
    assert!(matches!(opened.notices[..], [OpenNotice::Migrated(_)]));
    let document = project.document();
    assert_eq!(
        (document.pictures().len(), document.annotation_count()),
        (2, 3)
    );
    assert_eq!(
        document
            .categories()
            .map(|row| &*row.name)
            .collect::<Vec<_>>(),
        ["cat", "dog"]
    );
    assert_eq!(project.history().steps().len(), 2);
    assert_eq!(project.history().position(), 1);
    assert_eq!(project.setting("last picture").expect("it reads"), Some(2));
    assert_agrees(&project);
}

#[test]
fn a_migration_happens_wholly_or_not_at_all() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let copy = root.join("copy.tsukami");
    fs::copy(&path, &copy).expect("it is copied");
    let expected = Project::open(&copy, Access::Edit)
        .expect("it is migrated")
        .0;
    let expected = expected.document().clone();
    let next: Migration = |transaction: &Transaction<'_>| {
        Ok(transaction.execute_batch("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT")?)
    };
    let broken: Migration =
        |transaction: &Transaction<'_>| {
            Ok(transaction
                .execute_batch("CREATE TABLE other (id INTEGER) STRICT; SELECT no_such()")?)
        };
    let connection = connection::open_read_write(&path).expect("it opens");
    let rows = |connection: &Connection| -> Vec<i64> {
        let sql = "SELECT checksum FROM annotations ORDER BY id";
        let mut statement = connection.prepare(sql).expect("there is such a table");
        let rows = statement.query_map([], |row| row.get(0)).expect("it reads");
        rows.map(|row| row.expect("it reads")).collect()
    };
    let before = rows(&connection);
    let all = [MIGRATIONS, &[next, broken]].concat();
    let known = MIGRATIONS.len() as i64;
    let locked = || schema::locked(&connection).expect("nobody else writes");
    assert!(schema::migrate(locked(), &all).is_err());
    assert_eq!(schema::version(&connection).expect("it reads"), 1);
    assert_eq!(rows(&connection), before, "nothing is done in part");

    schema::migrate(locked(), &all[..MIGRATIONS.len() + 1]).expect("it is possible");
    assert_eq!(schema::version(&connection).expect("it reads"), known + 1);
    let Ok(loaded) = load::LoadedFile::read(&connection, true) else {
        panic!("it can be read");
    };
    assert_eq!(loaded.problems, Vec::<String>::new());
    assert_eq!(loaded.document, expected);
    // A program that does not know the next version says so.
    let error = Project::open(&path, Access::Edit)
        .err()
        .expect("it is refused");
    assert!(
        matches!(error, StoreError::NewerFormat { version, .. } if version == known + 1),
        "{error}"
    );
    assert!(error.to_string().contains("update Tsukami"), "{error}");
    assert!(matches!(check(&path), Err(StoreError::NewerFormat { .. })));
}

fn version_of(path: &Path) -> i64 {
    let connection = connection::open_read_only(path).expect("it opens");
    schema::version(&connection).expect("it reads")
}

/// The copies of former files in the side folder of a project, by name.
fn former_files(path: &Path) -> Vec<PathBuf> {
    let side = fs::read_dir(crate::files::side_folder(path)).expect("it exists");
    let mut found: Vec<_> = side.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.to_string_lossy().contains("/format-1"));
    found.sort();
    found
}

#[test]
fn of_many_processes_that_open_an_older_file_one_upgrades_it() {
    for round in 0..10 {
        let (_folder, root) = folder();
        let path = of_version_1(&root);
        let barrier = Barrier::new(8);
        let opened: Vec<_> = scope(|threads| {
            let (path, barrier) = (&path, &barrier);
            let open = |access| {
                threads.spawn(move || {
                    barrier.wait();
                    Project::open(path, access)
                })
            };
            let accesses = [Access::Edit, Access::Add, Access::Add, Access::View].repeat(2);
            let threads: Vec<_> = accesses.into_iter().map(open).collect();
            let ended = threads.into_iter().map(ScopedJoinHandle::join);
            ended.map(|ended| ended.expect("it ends")).collect()
        });
        let mut copies = Vec::new();
        for opened in opened {
            let (project, report) = opened.unwrap_or_else(|error| panic!("{round}: {error}"));
            assert_eq!(project.document().annotation_count(), 3);
            for notice in report.notices {
                if let OpenNotice::Migrated(former) = notice {
                    copies.push(former);
                }
            }
        }
        assert_eq!(copies, former_files(&path));
        let [former] = &copies[..] else {
            panic!("{copies:?}");
        };
        let newest = MIGRATIONS.len() as i64;
        assert_eq!((version_of(former), version_of(&path)), (1, newest));
        assert_agrees(&open(&path, Access::Edit));
    }
}

#[test]
fn the_copy_of_a_former_file_is_never_replaced() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    open(&path, Access::Edit).close().expect("it closes");
    let [first] = &former_files(&path)[..] else {
        panic!("{:?}", former_files(&path));
    };
    let bytes = fs::read(first).expect("it exists");
    // The person puts another file of the old version there.
    fs::remove_file(&path).expect("it exists");
    of_version_1(&root);
    let (project, opened) = Project::open(&path, Access::Add).expect("it opens");
    project.close().expect("it closes");
    let [OpenNotice::Migrated(second)] = &opened.notices[..] else {
        panic!("{:?}", opened.notices);
    };
    assert_ne!(first, second);
    assert_eq!(former_files(&path).len(), 2);
    assert_eq!(fs::read(first).expect("it exists"), bytes);
    assert_eq!(version_of(second), 1);
}

#[test]
fn an_older_file_that_is_damaged_leaves_no_copy() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let connection = Connection::open(&path).expect("it opens");
    let spoil = "UPDATE pictures SET width = 101 WHERE id = 1";
    connection.execute(spoil, []).expect("it can be written");
    drop(connection);
    for access in [Access::Edit, Access::Add, Access::View] {
        let error = Project::open(&path, access).err().expect("it is refused");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
    assert_eq!(former_files(&path), Vec::<PathBuf>::new());
    assert_eq!(version_of(&path), 1);
}

#[test]
fn an_older_file_is_viewed_without_changing_it() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let bytes = fs::read(&path).expect("it exists");
    let (mut project, opened) = Project::open(&path, Access::View).expect("it opens");
    assert!(
        opened
            .notices
            .iter()
            .all(|notice| !matches!(notice, OpenNotice::Migrated(_)))
    );
    assert_eq!(project.document().annotation_count(), 3);
    assert_eq!(project.poll().expect("it reads"), []);
    drop(project);
    assert_eq!(fs::read(&path).expect("it exists"), bytes);
}

#[test]
fn a_file_of_version_2_is_upgraded_with_all_that_it_holds() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let connection = connection::open_read_write(&path).expect("it opens");
    let locked = schema::locked(&connection).expect("nobody else writes");
    schema::migrate(locked, &MIGRATIONS[..2]).expect("it is possible");
    drop(connection);
    assert_eq!(version_of(&path), 2);

    // A damaged one is refused, and stays what it is.
    let damaged = root.join("damaged.tsukami");
    fs::copy(&path, &damaged).expect("it is copied");
    let connection = Connection::open(&damaged).expect("it opens");
    let spoil = "UPDATE annotations SET score = 0.77 WHERE id = 1";
    connection.execute(spoil, []).expect("it can be written");
    drop(connection);
    let error = Project::open(&damaged, Access::Edit).err();
    let error = error.expect("it is refused");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(version_of(&damaged), 2);

    let (mut project, opened) = Project::open(&path, Access::Edit).expect("it opens");
    let [OpenNotice::Migrated(former)] = &opened.notices[..] else {
        panic!("{:?}", opened.notices);
    };
    assert_eq!(version_of(former), 2);
    assert_eq!(version_of(&path), MIGRATIONS.len() as i64);
    let document = project.document();
    assert_eq!(document.pictures().len(), 2);
    assert_eq!(document.included_pictures().count(), 2);
    assert_eq!(document.annotation_count(), 3);
    assert_agrees(&project);
    let take_out = |document: &Document| ops::set_excluded(document, &[A], true);
    project
        .commit_with("take out", None, take_out)
        .expect("the edit is valid");
    assert_agrees(&project);
}

/// A program of the older version that has it open must not go on as if nothing had happened.
#[test]
fn an_upgrade_counts_as_a_change_that_nobody_can_follow() {
    let (_folder, root) = folder();
    let path = of_version_1(&root);
    let connection = connection::open_read_write(&path).expect("it opens");
    let before = Counters::read(&connection).expect("it reads");
    drop(open(&path, Access::Add));
    let after = Counters::read(&connection).expect("it reads");
    assert_eq!(after.head, before.head + 1);
    let entries = log::since(&connection, before.head, after.head).expect("it reads");
    assert!(entries.is_none(), "it has to be read again");
    // A new project has seen no change.
    let empty = schema::empty_project().expect("it can be created");
    assert_eq!(Counters::read(&empty).expect("it reads").head, 0);
}
