//! What is done with dropped files. What could mean more than one thing is not done.

use std::path::{Path, PathBuf};

use super::item::{DropItem, DropKind};
use crate::app::elide;
use crate::app::format_names::name_and_note;
use crate::app::i18n::tr;
use crate::formats::Format;

/// The number of names in a sentence; of more only the first one is named.
const MAX_NAMES: usize = 2;
/// The longest name of a folder in a sentence, in characters.
const MAX_NAME_CHARS: usize = 40;

/// What is done with the files of a drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropPlan {
    /// Open a folder of pictures or a project file.
    Open(PathBuf),
    /// Show a picture of the open project, or open its folder and show it.
    ShowPicture(PathBuf),
    /// Use a model for proposals.
    UseModel(PathBuf),
    /// Ask how to import label files.
    Import(Vec<PathBuf>),
    /// Nothing.
    Refuse,
}

/// The open project, as far as a drop is concerned.
pub struct DropTarget<'a> {
    /// Whether it can be edited.
    pub is_editable: bool,
    /// Whether it has the picture at a path.
    pub has_picture: &'a dyn Fn(&Path) -> bool,
}

impl DropPlan {
    /// What is done with these files, and the sentence that says so.
    pub fn of(items: &[DropItem], target: Option<&DropTarget<'_>>) -> (Self, String) {
        let refused = |sentence: String| (Self::Refuse, sentence);
        for item in items {
            let name = item.name();
            match item.kind {
                DropKind::Missing => return refused(tr!("drop-missing", name = name)),
                DropKind::Unknown => return refused(tr!("drop-unknown", name = name)),
                DropKind::UnreadablePicture(kind) => {
                    return refused(tr!("drop-unreadable", name = name, kind = kind));
                }
                _ => {}
            }
        }
        let is = |kind: DropKind| move |item: &DropItem| item.kind == kind;
        match items {
            [item] if is(DropKind::Folder)(item) => {
                let sentence = tr!("drop-open-folder", name = item.name());
                (Self::Open(item.path.clone()), sentence)
            }
            [item] if is(DropKind::Project)(item) => {
                let sentence = tr!("drop-open-project", name = item.name());
                (Self::Open(item.path.clone()), sentence)
            }
            [item] if is(DropKind::Model)(item) => match target {
                Some(_) => {
                    let sentence = tr!("drop-use-model", name = item.name());
                    (Self::UseModel(item.path.clone()), sentence)
                }
                None => refused(tr!("drop-model-first", name = item.name())),
            },
            _ if items.iter().all(is(DropKind::Picture)) => pictures(items, target),
            _ if items.iter().all(|item| format_of(item).is_some()) => labels(items, target),
            _ if items.iter().all(is(DropKind::BesideLabels)) => {
                refused(tr!("drop-labels-missing", names = names(items)))
            }
            _ if items.iter().all(is(DropKind::Folder)) => {
                refused(tr!("drop-many-folders", names = names(items)))
            }
            _ if is_of_yolo(items) => labels(items, target),
            _ => refused(tr!("drop-mixed", names = names(items))),
        }
    }
}

/// The format of label files.
fn format_of(item: &DropItem) -> Option<Format> {
    match item.kind {
        DropKind::Labels(format) | DropKind::LabelFolder(format) => Some(format),
        _ => None,
    }
}

/// Whether these are YOLO label files and what belongs to them.
fn is_of_yolo(items: &[DropItem]) -> bool {
    items.iter().all(|item| {
        matches!(
            item.kind,
            DropKind::Labels(Format::Yolo) | DropKind::BesideLabels
        )
    })
}

/// What is done with pictures.
fn pictures(items: &[DropItem], target: Option<&DropTarget<'_>>) -> (DropPlan, String) {
    let count = items.len();
    let Some(first) = items.iter().min_by(|a, b| a.path.cmp(&b.path)) else {
        return (DropPlan::Refuse, String::new());
    };
    let name = first.name();
    let show = DropPlan::ShowPicture(first.path.clone());
    let mut paths = items.iter().map(|item| &*item.path);
    if target.is_some_and(|target| paths.all(target.has_picture)) {
        return (show, tr!("drop-show", name = name, count = count));
    }
    let folder = first.path.parent().unwrap_or(Path::new(""));
    if items.iter().any(|item| item.path.parent() != Some(folder)) {
        return (DropPlan::Refuse, tr!("drop-pictures-of-folders").to_owned());
    }
    let folder = folder.file_name().unwrap_or(folder.as_os_str());
    let folder = elide::middle(&folder.to_string_lossy(), MAX_NAME_CHARS);
    let sentence = tr!(
        "drop-open-and-show",
        folder = folder,
        name = name,
        count = count
    );
    (show, sentence)
}

/// What is done with label files, and with what is beside them.
fn labels(items: &[DropItem], target: Option<&DropTarget<'_>>) -> (DropPlan, String) {
    let refused = |sentence: String| (DropPlan::Refuse, sentence);
    let mut formats: Vec<Format> = Vec::new();
    for format in items.iter().filter_map(format_of) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let [format] = formats[..] else {
        let formats: Vec<&str> = formats
            .into_iter()
            .map(|format| name_and_note(format)[0])
            .collect();
        return refused(tr!("drop-formats", formats = listed(&formats)));
    };
    match target {
        None => return refused(tr!("drop-labels-first", names = names(items))),
        Some(target) if !target.is_editable => {
            return refused(tr!("drop-view-only", names = names(items)));
        }
        Some(_) => {}
    }
    let [format, _] = name_and_note(format);
    let sentence = match items {
        [item] if matches!(item.kind, DropKind::LabelFolder(_)) => {
            tr!("drop-import-folder", name = item.name(), format = format)
        }
        [item] => tr!("drop-import-file", name = item.name(), format = format),
        _ => tr!("drop-import-files", count = items.len(), format = format),
    };
    let paths = items.iter().map(|item| item.path.clone()).collect();
    (DropPlan::Import(paths), sentence)
}

/// The names of files: both of two, or the first one and how many others there are.
fn names(items: &[DropItem]) -> String {
    match items {
        [first, rest @ ..] if items.len() > MAX_NAMES => {
            tr!("and-others", first = first.name(), count = rest.len())
        }
        _ => listed(&items.iter().map(DropItem::name).collect::<Vec<_>>()),
    }
}

fn listed(names: &[impl AsRef<str>]) -> String {
    match names {
        [first, .., last] => {
            let before = names.iter().skip(1).take(names.len() - 2);
            let before = before.fold(first.as_ref().to_owned(), |text, name| {
                format!("{text}, {}", name.as_ref())
            });
            tr!("and-last", before = before, last = last.as_ref())
        }
        [only] => only.as_ref().to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(path: &str, kind: DropKind) -> DropItem {
        DropItem {
            path: path.into(),
            kind,
        }
    }

    fn plan(items: &[DropItem]) -> (DropPlan, String) {
        let target = DropTarget {
            is_editable: true,
            has_picture: &|path| path.starts_with("/open"),
        };
        DropPlan::of(items, Some(&target))
    }

    #[test]
    fn what_can_only_mean_one_thing_is_done() {
        use DropKind::{BesideLabels, Folder, LabelFolder, Labels, Model, Picture, Project};
        let yolo = Labels(Format::Yolo);
        for (items, done, sentence) in [
            (
                vec![item("/a/kangaroo", Folder)],
                DropPlan::Open("/a/kangaroo".into()),
                "Open the folder kangaroo",
            ),
            (
                vec![item("/a/x.tsukami", Project)],
                DropPlan::Open("/a/x.tsukami".into()),
                "Open the project x.tsukami",
            ),
            (
                vec![item("/a/k/2.jpg", Picture), item("/a/k/1.jpg", Picture)],
                DropPlan::ShowPicture("/a/k/1.jpg".into()),
                "Open the folder k and show 1.jpg, the first of these 2 pictures",
            ),
            (
                vec![item("/open/b/2.jpg", Picture)],
                DropPlan::ShowPicture("/open/b/2.jpg".into()),
                "Show 2.jpg",
            ),
            (
                vec![item("/a/1.txt", yolo), item("/a/2.txt", BesideLabels)],
                DropPlan::Import(vec!["/a/1.txt".into(), "/a/2.txt".into()]),
                "Import 2 label files into this project: YOLO, Ultralytics (TXT)",
            ),
            (
                vec![item("/a/labels", LabelFolder(Format::Voc))],
                DropPlan::Import(vec!["/a/labels".into()]),
                "Import the label files of the folder labels into this project: Pascal VOC 1.1 (XML)",
            ),
            (
                vec![item("/a/m.pth", Model)],
                DropPlan::UseModel("/a/m.pth".into()),
                "Use the model m.pth",
            ),
        ] {
            assert_eq!(plan(&items), (done, sentence.to_owned()));
        }
    }

    #[test]
    fn what_is_ambiguous_or_impossible_is_refused_by_name() {
        use DropKind::{BesideLabels, Folder, Labels, Missing, Model, Picture, Unknown};
        let (yolo, coco) = (Labels(Format::Yolo), Labels(Format::Coco));
        for (items, words) in [
            (
                vec![item("/a/notes.txt", Unknown)],
                "Cannot open notes.txt: not a picture, a label file or a project",
            ),
            (
                vec![item("/a/1.txt", yolo), item("/a/notes.txt", Unknown)],
                "notes.txt",
            ),
            (vec![item("/a/gone", Missing)], "gone"),
            (
                vec![item("/a/h.heic", DropKind::UnreadablePicture("HEIC"))],
                "h.heic",
            ),
            (
                vec![item("/a/one", Folder), item("/a/two", Folder)],
                "one and two",
            ),
            (
                vec![item("/a/1.jpg", Picture), item("/b/2.jpg", Picture)],
                "folder",
            ),
            (
                vec![item("/a/1.jpg", Picture), item("/a/1.txt", yolo)],
                "1.jpg and 1.txt",
            ),
            (
                vec![item("/a/1.txt", yolo), item("/a/c.json", coco)],
                "YOLO, Ultralytics (TXT) and COCO 1.0 (JSON)",
            ),
            (vec![item("/a/classes.txt", BesideLabels)], "classes.txt"),
            (
                vec![
                    item("/a/b", Folder),
                    item("/a/1.jpg", Picture),
                    item("/a/2.jpg", Picture),
                ],
                "b and 2 others",
            ),
        ] {
            let (done, sentence) = plan(&items);
            assert_eq!(done, DropPlan::Refuse, "{sentence}");
            assert!(sentence.contains(words), "{sentence}");
        }
        let labels = [item("/a/1.txt", yolo)];
        let (done, sentence) = DropPlan::of(&labels, None);
        assert_eq!(done, DropPlan::Refuse);
        assert!(
            sentence.contains("open a folder of pictures first"),
            "{sentence}"
        );
        let model = [item("/a/m.pth", Model)];
        assert_eq!(DropPlan::of(&model, None).0, DropPlan::Refuse);
        let target = DropTarget {
            is_editable: false,
            has_picture: &|_| false,
        };
        let (done, sentence) = DropPlan::of(&labels, Some(&target));
        assert_eq!(done, DropPlan::Refuse);
        assert!(sentence.contains("1.txt"), "{sentence}");
    }
}
