//! A full disk: one clear error, the previous content intact, memory and file in agreement.

use super::*;

fn fill(project: &mut Project) -> StoreError {
    for number in 0..100_000 {
        let before = project.document().clone();
        let steps = project.history().steps().to_vec();
        let position = project.history().position();
        let long = "x".repeat(3000);
        let edit = match number % 4 {
            3 => project.undo().map(drop),
            0 => project
                .commit(
                    "note",
                    &Edit::Extra(Some(format!("{number}{long}").into())),
                    Some(3),
                )
                .map(drop),
            _ => {
                let x = (number % 70) as f32;
                let edit = ops::draw(project.document(), A, rect(x, 1.0, 20.0, 20.0), CAT);
                let edit = edit.expect("the picture exists");
                project.commit(&long, &edit, None).map(drop)
            }
        };
        if let Err(error) = edit {
            assert_eq!(*project.document(), before);
            assert_eq!(project.history().steps(), steps);
            assert_eq!(project.history().position(), position);
            assert_agrees(project);
            return error;
        }
    }
    panic!("the disk never filled up");
}

#[test]
fn a_full_disk_loses_nothing() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 2);
    let pages: i64 = project
        .connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("it counts");
    let limit = |project: &Project, pages: i64| {
        let limit = format!("PRAGMA max_page_count = {pages}");
        project
            .connection
            .query_row(&limit, [], |_| Ok(()))
            .expect("it is set");
    };
    for more in [0, 1, 2, 5, 12] {
        limit(&project, pages + more);
        for _ in 0..3 {
            let error = fill(&mut project);
            assert!(matches!(error, StoreError::Full { .. }), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("shop.tsukami") && text.contains("free some space"),
                "{text}"
            );
        }
    }
    limit(&project, 1 << 30);
    draw(&mut project, A, 1.0);
    project.close().expect("it closes");
}

/// As above, with a limit of the system on the size of files, so that writing itself fails.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_grow_loses_nothing() {
    const PROJECT: &str = "TSUKAMI_TEST_FULL";
    if let Some(path) = std::env::var_os(PROJECT) {
        let mut project = open(Path::new(&path), Access::Edit);
        for _ in 0..3 {
            let error = fill(&mut project);
            assert!(
                matches!(error, StoreError::Disk { .. } | StoreError::Full { .. }),
                "{error}"
            );
        }
        let state = state(project.document(), project.history());
        std::fs::write(Path::new(&path).with_extension("json"), state).expect("it is short");
        return;
    }
    let (_folder, root) = folder();
    let project = sample(&root, 2);
    let path = project.path().to_path_buf();
    project.close().expect("it closes");
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("it has a path"))
        .args([
            "store::tests::full::a_file_that_cannot_grow_loses_nothing",
            "--exact",
        ])
        .env(PROJECT, &path)
        .status()
        .expect("it starts");
    assert!(status.success());
    let expected = std::fs::read_to_string(path.with_extension("json")).expect("it was written");
    let project = open(&path, Access::Edit);
    assert_eq!(state(project.document(), project.history()), expected);
    assert!(project.history().steps().len() > 3);
}
