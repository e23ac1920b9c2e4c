use super::*;

/// A folder with empty files of these names.
fn tree(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(parent(&path)).unwrap();
        fs::write(path, b"").unwrap();
    }
    folder
}

fn names(scan: &Scan) -> Vec<&str> {
    scan.entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect()
}

/// Scans paths that give no problem, and checks that every picture is a file.
#[track_caller]
fn clean(paths: &[PathBuf]) -> Scan {
    let scan = scan(paths);
    assert_eq!(scan.problems, []);
    for entry in &scan.entries {
        assert!(entry.path.is_file(), "{entry:?}");
    }
    scan
}

#[test]
fn a_folder_is_walked_in_the_order_of_bytes() {
    let long = format!("{}.jpg", "n".repeat(251));
    let folder = tree(&[
        "b.jpg",
        "B.JPG",
        "a/z.Png",
        "a-b.webp",
        "a b.jpeg",
        "é.tiff",
        "a/猫.jpe",
        "n.gif",
        "m.bmp",
        "l.tif",
        "k.jfif",
        "notes.md",
        "labels.txt",
        "no_extension",
        &long,
    ]);
    let scan = clean(&[folder.path().into()]);
    assert_eq!(scan.root, folder.path());
    assert_eq!(
        names(&scan),
        [
            "B.JPG",
            "a b.jpeg",
            "a-b.webp",
            "a/z.Png",
            "a/猫.jpe",
            "b.jpg",
            "k.jfif",
            "l.tif",
            "m.bmp",
            "n.gif",
            &long,
            "é.tiff",
        ]
    );
}

#[test]
fn hidden_files_and_folders_are_skipped_unless_they_are_given() {
    let folder = tree(&["a.jpg", "._a.jpg", ".cache/b.jpg", ".c.jpg"]);
    assert_eq!(names(&clean(&[folder.path().into()])), ["a.jpg"]);
    let hidden = folder.path().join(".cache");
    assert_eq!(names(&clean(&[hidden])), ["b.jpg"]);
}

#[test]
fn the_root_of_several_paths_is_their_common_parent_and_no_picture_counts_twice() {
    let folder = tree(&["x/1.jpg", "x/deep/2.jpg", "y/1.jpg", "z/3.jpg"]);
    let at = |name: &str| folder.path().join(name);
    let scan = clean(&[at("y"), at("x"), at("x/../x/1.jpg"), at("x/./deep")]);
    assert_eq!(scan.root, folder.path());
    assert_eq!(names(&scan), ["x/1.jpg", "x/deep/2.jpg", "y/1.jpg"]);
    // The same files given in another way: the same pictures in the same order.
    let again = clean(&[at("x/deep/2.jpg"), at("x/1.jpg"), at("y/1.jpg")]);
    assert_eq!(names(&again), names(&scan));

    let scan = clean(&[at("x/deep/2.jpg"), at("x/1.jpg")]);
    assert_eq!(
        (scan.root.clone(), names(&scan)),
        (at("x"), vec!["1.jpg", "deep/2.jpg"])
    );
    let scan = clean(&[at("x/1.jpg")]);
    assert_eq!((scan.root.clone(), names(&scan)), (at("x"), vec!["1.jpg"]));
}

#[test]
fn relative_paths_give_the_same_names() {
    let scan = clean(&[PathBuf::from("src")]);
    assert_eq!(scan.root, std::env::current_dir().unwrap().join("src"));
}

#[test]
fn a_missing_path_still_counts_for_the_root() {
    let folder = tree(&["x/1.jpg"]);
    let at = |name: &str| folder.path().join(name);
    for missing in ["y", "2.jpg", "list.txt"] {
        let scan = scan(&[at("x"), at(missing)]);
        assert_eq!(names(&scan), ["x/1.jpg"]);
        assert_eq!(scan.problems.len(), 1);
        assert_eq!(scan.problems[0].path, at(missing));
        let sentence = scan.problems[0].to_string();
        assert!(sentence.contains(" does not exist"), "{sentence}");
    }
}

#[test]
fn a_given_file_that_is_not_a_picture_is_a_problem() {
    let folder = tree(&["README.md"]);
    let scan = scan(&[folder.path().join("README.md")]);
    assert!(scan.entries.is_empty());
    assert!(scan.problems[0].reason.contains("named like a picture"));
}

#[test]
fn a_list_names_pictures_and_folders_relative_to_its_own_folder() {
    let folder = tree(&[
        "sets/in/a.jpg",
        "sets/in/b c.jpg",
        "sets/more/d.jpg",
        "e.jpg",
    ]);
    let list = folder.path().join("sets/list.TXT");
    let write = |text: &str| fs::write(&list, text).unwrap();

    write("\u{feff}# a comment\r\n\r\n  in/b c.jpg \r\nin/a.jpg\nmore\nin/a.jpg");
    let scan_1 = clean(std::slice::from_ref(&list));
    assert_eq!(scan_1.root, folder.path().join("sets"));
    assert_eq!(names(&scan_1), ["in/a.jpg", "in/b c.jpg", "more/d.jpg"]);

    // Even with one line, the root is the folder of the list.
    write("in/a.jpg\n");
    assert_eq!(names(&clean(std::slice::from_ref(&list))), ["in/a.jpg"]);

    // A line that leads out of the folder of the list widens the root.
    write("in/a.jpg\n../e.jpg\n");
    assert_eq!(
        names(&clean(std::slice::from_ref(&list))),
        ["e.jpg", "sets/in/a.jpg"]
    );

    write("in/a.jpg\n\nin/none.jpg\nlist.TXT\n");
    let broken = scan(std::slice::from_ref(&list));
    assert_eq!(names(&broken), ["in/a.jpg"]);
    let problems: Vec<_> = broken.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].contains("names \"in/none.jpg\" in line 3"),
        "{}",
        problems[0]
    );
    assert!(
        problems[1].contains("names \"list.TXT\" in line 4"),
        "{}",
        problems[1]
    );

    fs::write(&list, b"\xff\xfei\0n\0").unwrap();
    let broken = scan(std::slice::from_ref(&list));
    assert!(broken.problems[0].reason.contains("UTF-8"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_reported() {
    use std::os::unix::fs::symlink;

    let folder = tree(&["a/1.jpg", "other/2.jpg"]);
    let at = |name: &str| folder.path().join(name);
    symlink(at("a"), at("a/back")).unwrap();
    symlink(at("other"), at("a/linked")).unwrap();
    symlink(at("other/2.jpg"), at("a/3.jpg")).unwrap();
    symlink(at("nowhere"), at("a/broken")).unwrap();
    symlink(at("a/knot"), at("a/knot")).unwrap();
    symlink(at("nowhere"), at("a/.hidden")).unwrap();
    let scan = scan(&[at("a")]);
    assert_eq!(names(&scan), ["1.jpg", "3.jpg", "linked/2.jpg"]);
    let mut problems: Vec<_> = scan.problems.iter().map(ToString::to_string).collect();
    problems.sort();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems[0].contains("a/back is a link back to"),
        "{}",
        problems[0]
    );
    assert!(
        problems[1].contains("a/broken does not exist, or is a broken link"),
        "{}",
        problems[1]
    );
    // A link to itself behaves like a folder that even the superuser cannot read.
    assert!(
        problems[2].contains("a/knot cannot be read"),
        "{}",
        problems[2]
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_a_problem_and_the_rest_is_scanned() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tree(&["locked/1.jpg", "open/2.jpg"]);
    let locked = folder.path().join("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let readable = fs::read_dir(&locked).is_ok();
    let scan = scan(&[folder.path().into()]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    if readable {
        eprintln!("skipped: this user (root?) reads folders without permission");
        return;
    }
    assert_eq!(names(&scan), ["open/2.jpg"]);
    assert_eq!(scan.problems.len(), 1);
    assert!(scan.problems[0].reason.contains("cannot be read"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_a_problem() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tree(&["ok.jpg"]);
    let bad = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    fs::write(bad(b"caf\xe9.jpg"), b"").unwrap();
    fs::write(bad(b"notes\xe9.md"), b"").unwrap();
    fs::create_dir(bad(b"dir\xe9")).unwrap();
    fs::write(bad(b"dir\xe9/1.jpg"), b"").unwrap();
    fs::write(bad(b"dir\xe9/2.jpg"), b"").unwrap();
    let result = scan(&[folder.path().into()]);
    assert_eq!(names(&result), ["ok.jpg"]);
    // One for the picture, one for the whole folder, none for files that are not pictures.
    assert_eq!(result.problems.len(), 2);
    assert!(
        result
            .problems
            .iter()
            .all(|problem| problem.reason == NOT_UNICODE)
    );
    // As the root, such a folder is fine: its name is not part of any name.
    assert_eq!(names(&clean(&[bad(b"dir\xe9")])), ["1.jpg", "2.jpg"]);
}

#[cfg(unix)]
#[test]
fn an_odd_name_is_a_problem_of_that_file_or_folder_alone() {
    let folder = tree(&[
        "ok.jpg",
        "a\\b.jpg",
        "c:d.jpg",
        "e:/1.jpg",
        "e:/2.jpg",
        "f/g\\h/1.jpg",
        "f/g\\h/i/2.jpg",
        "f/j:k.jpg",
        "space.jpg ",
        "dots.PNG. .",
        "no picture. ",
        "new\nline\tand tab.jpg",
        " lead.jpg",
        "dir ./a.jpg",
        "con:x.jpg",
    ]);
    let scan = scan(&[folder.path().into()]);
    let good = [
        " lead.jpg",
        "con:x.jpg",
        "dir ./a.jpg",
        "f/j:k.jpg",
        "new\nline\tand tab.jpg",
        "ok.jpg",
    ];
    assert_eq!(names(&scan), good);
    let mut problems: Vec<_> = scan.problems.iter().map(|problem| &problem.path).collect();
    problems.sort();
    let odd = [
        "a\\b.jpg",
        "c:d.jpg",
        "dots.PNG. .",
        "e:",
        "f/g\\h",
        "space.jpg ",
    ];
    assert_eq!(
        problems,
        odd.map(|name| folder.path().join(name)).each_ref()
    );
    for problem in &scan.problems {
        assert!(problem.to_string().ends_with(": rename it"), "{problem}");
    }
}

#[test]
fn the_folder_of_an_export_is_skipped_unless_it_is_given() {
    let folder = tree(&[
        "a.jpg",
        "yolo/.tsukami-export",
        "yolo/images/train/a.jpg",
        "sub/coco/.tsukami-export",
        "sub/coco/images/a.jpg",
        "sub/b.jpg",
    ]);
    let scan = clean(&[folder.path().to_path_buf()]);
    assert_eq!(names(&scan), ["a.jpg", "sub/b.jpg"]);
    assert_eq!(scan.skipped_exports.len(), 2);
    let note = scan.skipped_exports_note().unwrap();
    assert!(note.contains("and 1 other skipped"), "{note}");
    let given = clean(&[folder.path().join("yolo")]);
    assert_eq!(names(&given), ["images/train/a.jpg"]);
    assert_eq!(given.skipped_exports_note(), None);
}
