use std::fs;
use std::io;
use std::path::Path;

use super::*;

fn write(path: &Path, text: &str) -> Result<(), FileError> {
    write_whole(path, |writer| writer.write_all(text.as_bytes()))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_failed_write_changes_nothing_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    write(&path, "before").unwrap();
    let error = write_whole(&path, |writer| {
        writer.write_all(b"half")?;
        Err(io::Error::other("it broke"))
    });
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("out.json") && text.ends_with("it broke"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(names(folder.path()), ["out.json"]);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    write(&path, "1").unwrap();
    for mode in [0o600, 0o664] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        write(&path, "2").unwrap();
        let now = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(now & 0o777, mode);
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_its_target_is_replaced() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("sub")).unwrap();
    symlink("sub/target.json", path("first.json")).unwrap();
    symlink("first.json", path("second.json")).unwrap();
    // At first the target does not exist.
    for text in ["1", "2"] {
        write(&path("second.json"), text).unwrap();
        assert!(path("first.json").is_symlink() && path("second.json").is_symlink());
        assert_eq!(fs::read_to_string(path("sub/target.json")).unwrap(), text);
    }
    assert_eq!(names(&path("sub")), ["target.json"]);
    // A link in a circle leads nowhere.
    symlink("circle.json", path("circle.json")).unwrap();
    assert!(!same_file(&path("circle.json"), &path("circle.json")));
}

#[test]
fn only_a_regular_file_in_a_folder_that_exists_is_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    check_target(&path("new.json")).unwrap();
    let error = check_target(folder.path()).unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
    let error = check_target(&path("none/new.json")).unwrap_err();
    assert!(error.to_string().contains("make it first"), "{error}");
}

#[test]
fn two_paths_are_the_same_file_whether_it_exists_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("sub")).unwrap();
    for _ in 0..2 {
        assert!(same_file(&path("a.json"), &path("sub/../a.json")));
        assert!(!same_file(&path("a.json"), &path("b.json")));
        fs::write(path("a.json"), "").unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("later.json", path("link.json")).unwrap();
        assert!(same_file(&path("link.json"), &path("later.json")));
    }
    assert!(!same_file(&path("none/a.json"), &path("none/a.json")));
}

#[test]
fn a_normal_path_is_absolute_and_goes_straight() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(normal(Path::new("a/./b/../c")), here.join("a/c"));
    assert_eq!(folder_of(Path::new("a.json")), Path::new("."));
    assert_eq!(folder_of(Path::new("a/b.json")), Path::new("a"));
}

#[test]
fn a_file_and_its_bytes_have_the_same_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let bytes: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let hash = hash_file(&path).unwrap();
    assert_eq!(hash, hash_bytes(&bytes));
    assert_eq!(hash.len(), 32);
    assert_ne!(hash, hash_bytes(&bytes[1..]));
}
