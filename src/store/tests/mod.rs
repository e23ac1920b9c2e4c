//! Tests of the project file: storing, sharing between processes, and surviving damage.

mod backups;
mod crash;
mod create;
mod full;
mod hostile;
mod live;
mod paths;
mod rescan;
mod rescue;
mod round_trip;
mod sharing;
mod upgrade;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::document::ops::{self, Candidate};
use crate::document::{
    AnnotationId, CategoryId, Document, Edit, History, Picture, PictureId, Provenance,
};
use crate::geometry::BBox;
use crate::naming::{MappedClass, Naming};

const A: PictureId = PictureId(1);
const CAT: CategoryId = CategoryId(1);

fn rect(x: f32, y: f32, width: f32, height: f32) -> BBox {
    BBox::from_xywh(x, y, width, height)
}

fn model(version: &str) -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2-vits14".into(),
        version: version.into(),
        method: "affinity".into(),
        threshold: 0.4,
    })
}

fn found(rect: BBox) -> Candidate {
    Candidate::of_class(rect, CAT, 0.5)
}

fn new_picture(path: impl Into<Box<str>>) -> Picture {
    Picture::new(PictureId(0), path, 100, 80)
}

/// A folder for pictures, which is empty.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder can be created");
    let root = folder.path().join("shop");
    std::fs::create_dir(&root).expect("a folder can be created");
    (folder, root)
}

/// A project in that folder with two categories and `pictures` pictures of 100 x 80 pixels.
fn sample(root: &Path, pictures: usize) -> Project {
    let (mut project, opened) = Project::create_for(root).expect("it can be created");
    assert!(opened.notices.is_empty(), "{:?}", opened.notices);
    for name in ["cat", "dog"] {
        let edit = ops::add_category(project.document(), name);
        project
            .commit_untracked("add category", &edit)
            .expect("the edit is valid");
    }
    let rows = (0..pictures).map(|at| new_picture(format!("{at:03}.jpg")));
    let edit = ops::add_pictures(project.document(), rows.collect());
    project
        .commit_untracked("add pictures", &edit)
        .expect("the edit is valid");
    project
}

fn draw(project: &mut Project, picture: PictureId, x: f32) {
    let edit = |document: &Document| ops::draw(document, picture, rect(x, 5.0, 20.0, 20.0), CAT);
    project
        .commit_with("draw box", None, edit)
        .expect("the edit is valid");
}

fn propose(project: &mut Project, picture: PictureId, x: f32) {
    let found = [(picture, vec![found(rect(x, 40.0, 20.0, 20.0))])];
    let edit = |document: &Document| Ok(ops::replace_proposals(document, &model("1"), &found));
    let done = project.commit_with("propose boxes", None, edit);
    done.expect("the picture exists");
}

fn open(path: &Path, access: Access) -> Project {
    let (project, opened) = Project::open(path, access).expect("it opens");
    assert_eq!(project.access(), access, "{:?}", opened.notices);
    project
}

/// Everything that must survive, as text.
fn state(document: &Document, history: &History) -> String {
    let state = serde_json::to_string_pretty(&(document, history.steps(), history.position()));
    state.expect("it serialises")
}

/// Opens the file again and checks that it agrees with the project in memory.
fn assert_agrees(project: &Project) {
    let report = check(project.path()).expect("it can be checked");
    assert_eq!(report.problems, Vec::<String>::new());
    let view = open(project.path(), Access::View);
    assert_eq!(view.document(), project.document());
    // Ids of an edit are not used again, even if the disk refused the edit.
    let (on_disk, here) = (view.document().next_ids(), project.document().next_ids());
    assert!(on_disk.annotation <= here.annotation && on_disk.picture <= here.picture);
    if project.access() == Access::Edit {
        let connection = &project.connection;
        let loaded = load::LoadedFile::read(connection, true);
        let Ok(loaded) = loaded else {
            panic!("{:?}", loaded.err());
        };
        assert_eq!(loaded.steps, project.history().steps());
        let position = i64::try_from(project.history().position());
        assert_eq!(Ok(loaded.counters.position), position);
    }
}

#[test]
fn a_project_is_stored_with_its_history_and_settings() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 3);
    let path = project.path().to_path_buf();
    assert_eq!(path, root.join("shop.tsukami"));
    assert_eq!(project.root(), root);
    let id = project.id().to_owned();
    assert_eq!(id.len(), 32);
    draw(&mut project, A, 1.0);
    draw(&mut project, A, 30.0);
    draw(&mut project, PictureId(2), 9.0);
    let undone = project.undo().expect("it can be undone").expect("a step");
    assert_eq!(
        (&*undone.label, undone.picture),
        ("draw box", Some(PictureId(2)))
    );
    project
        .set_setting("last picture", &A)
        .expect("it is stored");
    let before = state(project.document(), project.history());
    assert_agrees(&project);
    project.close().expect("it closes");

    let mut files: Vec<_> = std::fs::read_dir(&root)
        .expect("it exists")
        .flatten()
        .collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<_> = files.iter().map(std::fs::DirEntry::file_name).collect();
    assert_eq!(
        names,
        [".shop.tsukami-aside", "shop.tsukami"],
        "one file remains"
    );

    let mut project = open(&path, Access::Edit);
    assert_eq!(state(project.document(), project.history()), before);
    assert_eq!(project.id(), id);
    assert_eq!(project.setting("last picture").expect("it reads"), Some(A));
    assert_eq!(project.setting::<u32>("no such").expect("it reads"), None);
    assert!(project.redo().expect("it can be redone").is_some());
    assert!(project.redo().expect("nothing is left").is_none());
    while project.undo().expect("it can be undone").is_some() {}
    assert_eq!(project.document().annotation_count(), 0);
    // Ids of undone rows are not used again, not even after the next opening.
    let next = project.document().next_ids();
    drop(project);
    let mut project = open(&path, Access::Edit);
    assert_eq!(project.document().next_ids(), next);
    draw(&mut project, A, 1.0);
    assert_eq!(
        project.history().steps().len(),
        1,
        "undone steps are dropped"
    );
    assert_agrees(&project);
}

#[test]
fn a_gesture_is_one_step_in_the_file() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 1);
    draw(&mut project, A, 1.0);
    for x in 2..30 {
        let to = [(AnnotationId(1), rect(x as f32, 5.0, 20.0, 20.0))];
        let edit = ops::reshape(project.document(), &to).expect("it exists");
        project
            .commit("move box", &edit, Some(1))
            .expect("the edit is valid");
    }
    assert_eq!(project.history().position(), 2);
    assert_agrees(&project);
    project.undo().expect("it can be undone");
    let (_, row) = project
        .document()
        .annotation(AnnotationId(1))
        .expect("it exists");
    assert_eq!(row.rect.x0, 1.0);
    assert_agrees(&project);
}

#[test]
fn an_edit_that_the_document_refuses_changes_nothing() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 1);
    let edit = ops::draw(
        project.document(),
        A,
        rect(1.0, 1.0, 9.0, 9.0),
        CategoryId(7),
    );
    let error = project.commit("draw box", &edit.expect("it is clipped"), None);
    assert!(matches!(error, Err(StoreError::Refused(_))), "{error:?}");
    assert_agrees(&project);
    let nothing = project.commit("nothing", &Edit::default(), None);
    assert_eq!(nothing.expect("that is not an error"), Default::default());
    assert!(project.undo().expect("nothing to undo").is_none());
}
