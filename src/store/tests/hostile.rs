//! Damaged files: they are refused with a clear message or open with their content, but never with
//! another content.

use std::fs;

use rusqlite::Connection;

use super::*;

/// A closed project with rows of every kind, and its bytes.
fn closed(root: &Path) -> (PathBuf, Vec<u8>, Document, History) {
    let mut project = sample(root, 12);
    for at in 1..9 {
        propose(&mut project, PictureId(at), 5.0);
        draw(&mut project, PictureId(at), 30.0);
    }
    project.undo().expect("it can be undone");
    project
        .set_setting("last picture", &7)
        .expect("it is stored");
    let (path, document) = (project.path().to_path_buf(), project.document().clone());
    let history = project.history().clone();
    project.close().expect("it closes");
    let bytes = fs::read(&path).expect("it can be read");
    (path, bytes, document, history)
}

fn random(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 16) as usize
}

/// Opens a file of these bytes. If it opens, it must have the content that was closed.
fn try_bytes(path: &Path, bytes: &[u8], access: Access, was: (&Document, &History)) -> bool {
    fs::write(path, bytes).expect("it can be written");
    for ending in ["-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(connection::with_ending(path, ending));
    }
    match Project::open(path, access) {
        Ok((project, _)) => {
            assert_eq!(project.document(), was.0);
            if access == Access::Edit {
                assert_eq!(project.history().steps(), was.1.steps());
                assert_eq!(project.history().position(), was.1.position());
            }
            let setting = project.setting("last picture").expect("it reads");
            assert_eq!(setting, Some(7));
            true
        }
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("shop.tsukami") && !text.contains('\n'),
                "{text}"
            );
            // A truncated file is damage, not a failure of the disk, and the error names the backup.
            let backup = backups(path).swap_remove(0);
            match error {
                StoreError::Damaged { backup: named, .. } => assert_eq!(named, Some(backup)),
                StoreError::NewerFormat { .. } => {}
                _ => panic!("{text}"),
            }
            false
        }
    }
}

#[test]
fn a_file_overwritten_anywhere_is_refused_or_opens_unchanged() {
    let (_folder, root) = folder();
    let (path, bytes, document, history) = closed(&root);
    let was = (&document, &history);
    assert!(try_bytes(&path, &bytes, Access::Edit, was));
    let bytes = fs::read(&path).expect("it can be read");
    let mut seed = 0x5eed;
    let (mut opened, mut tried) = (0, 0);
    // Every byte of the header, and samples of the rest.
    let rest = (100..bytes.len())
        .step_by(61)
        .map(|at| at + random(&mut 0x77) % 7);
    for at in (0..100).chain(rest.filter(|at| *at < bytes.len())) {
        let mut spoilt = bytes.clone();
        spoilt[at] ^= 1 + (random(&mut seed) % 255) as u8;
        let access = if tried % 16 == 0 {
            Access::Edit
        } else {
            Access::View
        };
        opened += usize::from(try_bytes(&path, &spoilt, access, was));
        tried += 1;
    }
    println!("{tried} bytes overwritten, {opened} did not matter");
    // Whole ranges: zeros, noise, and one page replaced by another.
    for _ in 0..150 {
        let mut spoilt = bytes.clone();
        let at = random(&mut seed) % bytes.len();
        let to = bytes.len().min(at + 1 + random(&mut seed) % 6000);
        match random(&mut seed) % 3 {
            0 => spoilt[at..to].fill(0),
            1 => spoilt[at..to]
                .iter_mut()
                .for_each(|byte| *byte = random(&mut seed) as u8),
            _ => {
                let pages = bytes.len() / 4096;
                let (from, to) = (random(&mut seed) % pages, random(&mut seed) % pages);
                let page = bytes[from * 4096..][..4096].to_vec();
                spoilt[to * 4096..][..4096].copy_from_slice(&page);
            }
        }
        try_bytes(&path, &spoilt, Access::View, was);
    }
}

#[test]
fn a_truncated_file_is_refused() {
    let (_folder, root) = folder();
    let (path, bytes, document, history) = closed(&root);
    let lengths = (0..200)
        .chain((200..bytes.len()).step_by(257))
        .chain([bytes.len() - 1]);
    for length in lengths {
        let opened = try_bytes(&path, &bytes[..length], Access::View, (&document, &history));
        assert!(!opened, "{length} of {} bytes", bytes.len());
        let report = check(&path).expect("it can be checked");
        assert_ne!(report.problems, Vec::<String>::new(), "{length} bytes");
    }
}

#[test]
fn changed_values_and_rows_are_detected() {
    let (_folder, root) = folder();
    let (path, bytes, ..) = closed(&root);
    for sql in [
        "UPDATE annotations SET x0 = x0 + 1 WHERE id = 3",
        "UPDATE annotations SET state = 1 WHERE id = 1",
        "DELETE FROM annotations WHERE id = 3",
        "DELETE FROM steps WHERE seq = 2",
        "UPDATE steps SET label = 'x' WHERE seq = 2",
        "UPDATE pictures SET path = '../up.jpg' WHERE id = 2",
        "UPDATE settings SET value = '8'",
        "UPDATE state SET position = 1",
        "UPDATE state SET next_annotation = 1",
        "UPDATE meta SET value = '..' WHERE key = 'root'",
        "INSERT INTO models SELECT 9, name, version, method, threshold, checksum FROM models",
        "CREATE TRIGGER t AFTER INSERT ON pictures BEGIN DELETE FROM annotations; END",
        "DROP TABLE settings",
        "ALTER TABLE pictures ADD COLUMN more TEXT",
        "PRAGMA user_version = 0",
    ] {
        fs::write(&path, &bytes).expect("it can be written");
        let connection = Connection::open(&path).expect("it opens");
        connection.execute_batch(sql).expect("it is possible");
        drop(connection);
        let report = check(&path).expect("it can be checked");
        assert_ne!(report.problems, Vec::<String>::new(), "{sql}");
        let error = Project::open(&path, Access::Edit).err();
        assert!(
            matches!(error, Some(StoreError::Damaged { .. })),
            "{sql}: {error:?}"
        );
    }
}

#[test]
fn a_damaged_project_is_restored_from_its_backup() {
    let (_folder, root) = folder();
    let (path, bytes, document, history) = closed(&root);
    let mut spoilt = bytes;
    let end = spoilt.len();
    spoilt[4096..end].fill(0x55);
    fs::write(&path, &spoilt).expect("it can be written");
    let error = Project::open(&path, Access::Edit)
        .err()
        .expect("it is refused");
    let text = error.to_string();
    let StoreError::Damaged { backup, .. } = error else {
        panic!("{text}");
    };
    let backup = backup.expect("one was made on closing");
    assert!(text.contains("restore the automatic backup"), "{text}");
    assert!(text.contains("tsukami project restore"), "{text}");
    assert_eq!(backups(&path), std::slice::from_ref(&backup));
    let damaged = restore(&path, &backup).expect("it can be restored");
    assert_eq!(fs::read(damaged).expect("it is kept"), spoilt);
    let project = open(&path, Access::Edit);
    assert_eq!(*project.document(), document);
    assert_eq!(project.history().steps(), history.steps());
    assert_agrees(&project);
    let refused = restore(&path, &backup);
    assert!(
        matches!(refused, Err(StoreError::Busy { .. })),
        "a window has it open"
    );
}

#[test]
fn other_files_are_refused_and_not_changed() {
    let (_folder, root) = folder();
    let path = root.join("shop.tsukami");
    let error = Project::open(&path, Access::Edit).err();
    assert!(matches!(error, Some(StoreError::NotFound { .. })));
    for bytes in [&b"hello"[..], &[0; 5000]] {
        fs::write(&path, bytes).expect("it can be written");
        let error = Project::open(&path, Access::Edit)
            .err()
            .expect("it is refused");
        assert!(matches!(error, StoreError::NotAProject { .. }), "{error}");
        assert!(matches!(check(&path), Err(StoreError::NotAProject { .. })));
        let error = Project::create_for(&root).err().expect("it is refused");
        assert!(matches!(error, StoreError::Exists { .. }), "{error}");
        assert_eq!(fs::read(&path).expect("it exists"), bytes);
        assert_eq!(fs::read_dir(&root).expect("it exists").count(), 1);
    }
    fs::remove_file(&path).expect("it exists");
    let other = Connection::open(&path).expect("it opens");
    other
        .execute_batch("CREATE TABLE a (b)")
        .expect("it can be created");
    let error = Project::open(&path, Access::Edit).err();
    assert!(
        matches!(error, Some(StoreError::NotAProject { .. })),
        "another SQLite database"
    );
}
