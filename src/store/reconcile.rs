//! Pictures on the disk against pictures in the project: what came, went, moved and changed.
//!
//! A picture is found by its path, and then by its content, so annotations follow one that was
//! renamed. One that is not found is marked as missing and never dropped.
//!
//! Each file is read once, when its picture is taken in, so that its content is known from then
//! on: by its hash it is found under another name, and a copied or unpacked set, whose times are
//! all new, is seen to be the same. Size and time are kept too; only where they differ is a file
//! read again.
//!
//! A picture of an older project may never have been hashed, and is hashed now. Until then it is
//! found again by size and time, if the time is finer than a second and only one file has it: a
//! frame of a film has the size and the second of its neighbours.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rusqlite::params;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::error::{Fault, StoreError};
use super::project::Project;
use crate::document::{Change, Document, Edit, EditError, Picture, PictureId, ops};

/// By what a file's change is noticed without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl FileStamp {
    /// Whether it tells one file from another.
    fn is_fine(self) -> bool {
        self.modified_ns % 1_000_000_000 != 0
    }
}

/// A picture on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    /// Its path relative to the folder of the pictures, with `/`.
    pub name: String,
    /// Where it can be opened.
    pub path: PathBuf,
    /// Its size and time.
    pub stamp: FileStamp,
}

impl PictureFile {
    /// A picture of a scan, whose size and time are asked of the disk.
    ///
    /// # Errors
    /// If the file is gone or cannot be reached.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let data = fs::metadata(&path)?;
        let modified = data.modified()?;
        let nanos = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        let stamp = FileStamp {
            size: data.len(),
            modified_ns: nanos,
        };
        let name = name.into();
        Ok(Self { name, path, stamp })
    }
}

/// Looks into files. Each call is about many, so that they can be read side by side and progress
/// be shown; the answers come in the order of the questions, an error as a sentence's end.
pub trait FileInspector {
    /// The hash of each file's content, as [`hash_file`] gives it.
    fn hash(&mut self, files: &[&Path]) -> Vec<Result<Box<str>, String>>;
    /// Width and height of each picture in upright pixels.
    fn measure(&mut self, files: &[&Path]) -> Vec<Result<[u32; 2], String>>;
}

/// The hash of a picture's content, from its bytes.
pub fn hash_bytes(bytes: &[u8]) -> Box<str> {
    format!("{:032x}", xxh3_128(bytes)).into()
}

/// The hash of a picture's content.
///
/// # Errors
/// If the file cannot be read.
pub fn hash_file(path: &Path) -> io::Result<Box<str>> {
    let mut file = File::open(path)?;
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("{:032x}", hasher.digest128()).into()),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What was found to differ, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderChanges {
    /// New pictures.
    pub added: Vec<String>,
    /// Pictures whose file is not there; they keep their boxes.
    pub missing: Vec<String>,
    /// Pictures that were missing and are there again.
    pub found_again: Vec<String>,
    /// Pictures that were renamed or moved, from and to; their boxes followed.
    pub renamed: Vec<(String, String)>,
    /// Pictures whose content is another one.
    pub changed: Vec<String>,
    /// Those of them whose size in pixels is another one, so that boxes may have been clipped.
    pub resized: Vec<String>,
    /// Missing pictures whose path another picture has taken, and the path they have now.
    pub displaced: Vec<(String, String)>,
    /// Files that could not be read and were left as they were, and why.
    pub unreadable: Vec<(String, String)>,
}

/// What is to be done about it.
#[derive(Default)]
pub(super) struct Plan {
    /// What nobody would want to undo.
    pub quiet: Edit,
    /// Pictures with another content in the same place.
    pub contents: Vec<(PictureId, [u32; 2], Option<Box<str>>)>,
    /// What the files are like now, by path in the project.
    pub stamps: Vec<(String, FileStamp)>,
    pub report: FolderChanges,
}

impl Project {
    /// Brings the project up to date with the pictures that were found. What went, came and moved
    /// is noted beside the history; pictures with another content are a step that can be undone,
    /// because boxes may be clipped by it.
    ///
    /// # Errors
    /// If the file cannot be written, or another process has changed the same pictures meanwhile.
    pub fn reconcile(
        &mut self,
        found: &[PictureFile],
        look: &mut dyn FileInspector,
    ) -> Result<FolderChanges, StoreError> {
        let stamps = self.stamps()?;
        let plan = plan(self.document(), &stamps, found, look);
        self.note("update the list of pictures", &plan.quiet)?;
        if !plan.contents.is_empty() {
            self.commit_with("take in changed pictures", None, |document| {
                let mut edits = Vec::new();
                for (id, size, hash) in &plan.contents {
                    edits.push(ops::set_content(document, *id, *size, hash.clone())?);
                }
                Ok::<_, EditError>(Edit::batch(edits))
            })?;
        }
        self.save_stamps(&stamps, &plan.stamps)?;
        Ok(plan.report)
    }

    fn stamps(&self) -> Result<HashMap<PictureId, FileStamp>, StoreError> {
        let read = || {
            let select = "SELECT picture, size, modified_ns FROM files";
            let mut statement = self.connection.prepare(select)?;
            let rows = statement.query_map([], |row| {
                let stamp = FileStamp {
                    size: row.get::<_, i64>(1)?.cast_unsigned(),
                    modified_ns: row.get(2)?,
                };
                Ok((PictureId(row.get(0)?), stamp))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| Fault::from(error).at(&self.path))
    }

    fn save_stamps(
        &mut self,
        former: &HashMap<PictureId, FileStamp>,
        now: &[(String, FileStamp)],
    ) -> Result<(), StoreError> {
        let document = self.document();
        let known = now.iter().filter_map(|(path, stamp)| {
            let id = document.picture_at(path)?.id;
            (former.get(&id) != Some(stamp)).then_some((id, *stamp))
        });
        let changed: Vec<_> = known.collect();
        if changed.is_empty() {
            return Ok(());
        }
        self.write(|writer| {
            let mut statement = writer.connection().prepare(
                "INSERT OR REPLACE INTO files (picture, size, modified_ns) VALUES (?1, ?2, ?3)",
            )?;
            for (id, stamp) in changed {
                statement.execute(params![id.0, stamp.size.cast_signed(), stamp.modified_ns])?;
            }
            Ok(())
        })
    }
}

impl Plan {
    /// A picture whose content is in the file: its time is new at most, or its hash.
    fn keep(
        &mut self,
        rows: &mut BTreeMap<PictureId, Picture>,
        picture: &Picture,
        file: &PictureFile,
        hash: Option<&str>,
    ) {
        self.stamps.push((file.name.clone(), file.stamp));
        if picture.missing {
            self.report.found_again.push(picture.path.to_string());
        }
        let is_first_hash = picture.content_hash.is_none() && hash.is_some();
        if picture.missing || is_first_hash {
            let row = rows.entry(picture.id).or_insert_with(|| picture.clone());
            row.missing = false;
            if is_first_hash {
                row.content_hash = hash.map(Into::into);
            }
        }
    }
}

/// A picture whose content is not where it was, and the file that is there now, if there is one.
struct Lost<'a> {
    picture: &'a Picture,
    file: Option<usize>,
}

/// Finds out what differs.
pub(super) fn plan(
    document: &Document,
    stamps: &HashMap<PictureId, FileStamp>,
    found: &[PictureFile],
    look: &mut dyn FileInspector,
) -> Plan {
    let mut plan = Plan::default();
    // The rows that change, as they will be.
    let mut rows: BTreeMap<PictureId, Picture> = BTreeMap::new();
    let names = found.iter().map(|file| &*file.name);
    let by_name: HashMap<&str, usize> = names.zip(0..).collect();
    let mut hashes: HashMap<usize, Box<str>> = HashMap::new();
    let mut unreadable: BTreeMap<usize, String> = BTreeMap::new();

    // By path: settled, to be read because it was written since or never read, or lost.
    let mut lost = Vec::new();
    let mut doubtful = Vec::new();
    for picture in document.pictures() {
        let Some(&at) = by_name.get(&*picture.path) else {
            let file = None;
            lost.push(Lost { picture, file });
            continue;
        };
        let (former, now) = (stamps.get(&picture.id), found[at].stamp);
        if former == Some(&now) && picture.content_hash.is_some() {
            plan.keep(&mut rows, picture, &found[at], None);
        } else {
            doubtful.push((picture, at));
        }
    }
    read(
        look,
        found,
        doubtful.iter().map(|(_, at)| *at),
        &mut hashes,
        &mut unreadable,
    );
    for (picture, at) in doubtful {
        if unreadable.contains_key(&at) {
            continue;
        }
        let hash = hashes.get(&at).map(|hash| &**hash);
        let is_same = match picture.content_hash.as_deref() {
            Some(known) => Some(known) == hash,
            None => stamps
                .get(&picture.id)
                .is_none_or(|former| *former == found[at].stamp),
        };
        if is_same {
            plan.keep(&mut rows, picture, &found[at], hash);
        } else {
            let file = Some(at);
            lost.push(Lost { picture, file });
        }
    }

    lost.sort_by_key(|lost| lost.picture.id);

    // By content: files that are new, or hold what they did not, against what is lost.
    let mut free: Vec<usize> = (0..found.len())
        .filter(|at| document.picture_at(&found[*at].name).is_none())
        .collect();
    read(
        look,
        found,
        free.iter().copied(),
        &mut hashes,
        &mut unreadable,
    );
    free.extend(lost.iter().filter_map(|lost| lost.file));
    free.retain(|at| !unreadable.contains_key(at));
    free.sort_unstable();
    let moved = matched(&lost, stamps, found, &free, &hashes);
    let taken: HashSet<usize> = moved.values().copied().collect();

    // What is left: another content in the same place, or missing; and new pictures.
    let mut changed = Vec::new();
    let mut kept = HashSet::new();
    for Lost { picture, file } in &lost {
        let id = picture.id;
        if let Some(&at) = moved.get(&id) {
            let to = &found[at];
            plan.report
                .renamed
                .push((picture.path.to_string(), to.name.clone()));
            plan.stamps.push((to.name.clone(), to.stamp));
            let row = rows.entry(id).or_insert_with(|| (*picture).clone());
            row.path = to.name.as_str().into();
            row.missing = false;
            if row.content_hash.is_none() {
                row.content_hash = hashes.get(&at).cloned();
            }
        } else if let Some(at) = file.filter(|at| !taken.contains(at)) {
            let has_size = |former: &FileStamp| former.size == found[at].stamp.size;
            let was_never_read = picture.content_hash.is_none();
            if was_never_read && stamps.get(&id).is_some_and(has_size) {
                // An older project was copied: of that which can be told, only the time is new.
                let hash = hashes.get(&at).map(|hash| &**hash);
                plan.keep(&mut rows, picture, &found[at], hash);
                kept.insert(at);
            } else {
                changed.push((*picture, at));
            }
        } else {
            plan.report.missing.push(picture.path.to_string());
            if !picture.missing {
                rows.entry(id).or_insert_with(|| (*picture).clone()).missing = true;
            }
        }
    }
    kept.extend(changed.iter().map(|(_, at)| *at));
    free.retain(|at| !taken.contains(at) && !kept.contains(at));

    let files: Vec<usize> = changed
        .iter()
        .map(|(_, at)| *at)
        .chain(free.iter().copied())
        .collect();
    let paths: Vec<&Path> = files.iter().map(|at| found[*at].path.as_path()).collect();
    let mut sizes = HashMap::new();
    for (at, size) in files.iter().zip(look.measure(&paths)) {
        match size {
            Ok(size) => {
                sizes.insert(*at, size);
            }
            Err(reason) => {
                unreadable.insert(*at, reason);
            }
        }
    }
    for (picture, at) in changed {
        let Some(&size) = sizes.get(&at) else {
            continue;
        };
        plan.stamps.push((found[at].name.clone(), found[at].stamp));
        plan.report.changed.push(picture.path.to_string());
        if picture.missing {
            plan.report.found_again.push(picture.path.to_string());
            rows.entry(picture.id)
                .or_insert_with(|| picture.clone())
                .missing = false;
        }
        if size != [picture.width, picture.height] {
            plan.report.resized.push(picture.path.to_string());
        }
        plan.contents
            .push((picture.id, size, hashes.get(&at).cloned()));
    }
    let mut new = Vec::new();
    for at in free {
        if let Some(&[width, height]) = sizes.get(&at) {
            let file = &found[at];
            let mut picture = Picture::new(PictureId(0), file.name.as_str(), width, height);
            picture.content_hash = hashes.get(&at).cloned();
            plan.report.added.push(file.name.clone());
            plan.stamps.push((file.name.clone(), file.stamp));
            new.push(picture);
        }
    }

    make_room(document, &mut rows, &new, &mut plan.report);
    plan.quiet = edit(document, rows, new);
    plan.report.unreadable = unreadable
        .into_iter()
        .map(|(at, reason)| (found[at].name.clone(), reason))
        .collect();
    plan
}

/// Hashes some of the files.
fn read(
    look: &mut dyn FileInspector,
    found: &[PictureFile],
    which: impl Iterator<Item = usize>,
    hashes: &mut HashMap<usize, Box<str>>,
    unreadable: &mut BTreeMap<usize, String>,
) {
    let which: Vec<usize> = which.collect();
    if which.is_empty() {
        return;
    }
    let paths: Vec<&Path> = which.iter().map(|at| found[*at].path.as_path()).collect();
    for (at, hash) in which.into_iter().zip(look.hash(&paths)) {
        match hash {
            Ok(hash) => {
                hashes.insert(at, hash);
            }
            Err(reason) => {
                unreadable.insert(at, reason);
            }
        }
    }
}

/// Which of the free files is which of the lost pictures.
fn matched(
    lost: &[Lost<'_>],
    stamps: &HashMap<PictureId, FileStamp>,
    found: &[PictureFile],
    free: &[usize],
    hashes: &HashMap<usize, Box<str>>,
) -> HashMap<PictureId, usize> {
    let mut moved = HashMap::new();
    let mut taken = HashSet::new();
    let mut by_hash: HashMap<&str, Vec<usize>> = HashMap::new();
    for at in free {
        if let Some(hash) = hashes.get(at) {
            by_hash.entry(hash).or_default().push(*at);
        }
    }
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    // Of equal contents, that with the picture's own name is it; only then any.
    for by_name in [true, false] {
        for Lost { picture, .. } in lost {
            let hash = picture.content_hash.as_deref();
            let same = hash
                .and_then(|hash| by_hash.get(hash))
                .into_iter()
                .flatten();
            let mut same = same.filter(|at| {
                !taken.contains(*at)
                    && (!by_name || file_name(&found[**at].name) == file_name(&picture.path))
            });
            if let Some(at) = same.next().filter(|_| !moved.contains_key(&picture.id)) {
                moved.insert(picture.id, *at);
                taken.insert(*at);
            }
        }
    }
    let mut by_stamp: HashMap<FileStamp, Vec<usize>> = HashMap::new();
    for at in free.iter().filter(|at| !taken.contains(*at)) {
        by_stamp.entry(found[*at].stamp).or_default().push(*at);
    }
    let mut claims: HashMap<FileStamp, Vec<PictureId>> = HashMap::new();
    for Lost { picture, .. } in lost {
        let stamp = stamps.get(&picture.id).filter(|stamp| stamp.is_fine());
        if let (Some(stamp), None) = (stamp, &picture.content_hash) {
            claims.entry(*stamp).or_default().push(picture.id);
        }
    }
    for (stamp, pictures) in claims {
        if let ([id], Some([at])) = (&pictures[..], by_stamp.get(&stamp).map(Vec::as_slice)) {
            moved.insert(*id, *at);
        }
    }
    moved
}

/// A missing picture whose path another one takes gets a path of its own.
fn make_room(
    document: &Document,
    rows: &mut BTreeMap<PictureId, Picture>,
    new: &[Picture],
    report: &mut FolderChanges,
) {
    let moved = rows.values().filter(|row| {
        document
            .picture(row.id)
            .is_some_and(|was| was.path != row.path)
    });
    let mut wanted: HashSet<Box<str>> = moved.chain(new).map(|row| row.path.clone()).collect();
    let stuck: Vec<PictureId> = wanted
        .iter()
        .filter_map(|path| document.picture_at(path))
        .filter(|was| rows.get(&was.id).is_none_or(|row| row.path == was.path))
        .map(|was| was.id)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    for id in stuck {
        let Some(was) = document.picture(id) else {
            continue;
        };
        let (stem, ending) = match was.path.rsplit_once('.') {
            Some((stem, ending)) if !ending.contains('/') => (stem, format!(".{ending}")),
            _ => (&*was.path, String::new()),
        };
        let is_free =
            |path: &String| document.picture_at(path).is_none() && !wanted.contains(path.as_str());
        let mut names = (1..).map(|number| format!("{stem} (missing {number}){ending}"));
        if let Some(path) = names.find(is_free) {
            report.displaced.push((was.path.to_string(), path.clone()));
            let row = rows.entry(id).or_insert_with(|| was.clone());
            row.path = path.as_str().into();
            wanted.insert(path.into());
        }
    }
}

/// The edit that makes the rows so, and adds the new ones.
fn edit(document: &Document, rows: BTreeMap<PictureId, Picture>, new: Vec<Picture>) -> Edit {
    let update = |row| Edit::Picture(Change::Update(row));
    let wanted: HashSet<Box<str>> = rows.values().map(|row| row.path.clone()).collect();
    let mut edits = Vec::new();
    for (id, row) in &rows {
        // A path that another picture waits for is left first, so that a ring can turn.
        if let Some(was) = document.picture(*id)
            && was.path != row.path
            && wanted.contains(&was.path)
        {
            let path = format!(".tsukami-renaming/{id}").into();
            edits.push(update(Picture {
                path,
                ..was.clone()
            }));
        }
    }
    edits.extend(rows.into_values().map(update));
    if !new.is_empty() {
        edits.push(ops::add_pictures(document, new));
    }
    Edit::batch(edits)
}
