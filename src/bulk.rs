//! A bulk run: pictures in, one COCO file of proposals out, however the run ends.
//!
//! While it runs, each finished picture is a line in `<out>.journal`, so that a kill loses at
//! most the pictures under way. At the end the COCO file is written whole and the journal goes.
//! A run that was interrupted writes what is done as a valid file marked `info.interrupted`;
//! [`Job::resume`] goes on from either. Ids follow from the sorted names alone, so a resumed run,
//! and shards put together by [`merge`], give the very bytes of one undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::formats::coco::{self, Annotation, Category, Image, Instances};
use crate::formats::{FormatError, check_target};
use crate::heatmap;
use crate::localize;
use crate::pictures::{self, Entry, Problem};
use crate::propose::{self, Proposal, Seen, Settings, Sought};
use crate::tscam::Model;

/// The category of proposals where no class is known.
pub const ANY_OBJECT: &str = "object";

/// One picture's part of a run: `--shard` in its plain form is 1 of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub index: usize,
    /// How many runs share the pictures.
    pub count: usize,
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!(
                "{text:?} is no shard; write I/N with I from 1 to N"
            )),
        }
    }
}

/// What a bulk run is to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// Folders, pictures and text lists.
    pub paths: Vec<PathBuf>,
    /// The COCO instances file to write.
    pub out: PathBuf,
    /// The plain results list to write, if any.
    pub results: Option<PathBuf>,
    /// The folder for map overlays, if any.
    pub heatmaps: Option<PathBuf>,
    /// Whether to go on from what an earlier run left.
    pub resume: bool,
    /// Which part of the pictures to do.
    pub shard: Option<Shard>,
    /// Whether a picture's folder names its class.
    pub folder_tags: bool,
    /// Decoding threads.
    pub decoders: usize,
    /// What to propose.
    pub settings: Settings,
}

/// Why a run could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// None of the paths holds a picture.
    #[error("no pictures found in {0}")]
    NoPictures(String),
    /// An earlier run was not finished and this one was not told to go on from it.
    #[error(
        "{} holds {done} pictures of an unfinished run: add --resume to go on from it, or delete \
         it to start anew",
        path.display()
    )]
    Unfinished {
        /// The journal.
        path: PathBuf,
        /// How many pictures it holds.
        done: usize,
    },
    /// What an earlier run left was made with other settings.
    #[error(
        "{} was made with other settings ({differences}): use the same ones, or another --out",
        path.display()
    )]
    OtherSettings {
        /// The journal or the COCO file.
        path: PathBuf,
        /// Which, with both values.
        differences: String,
    },
    /// What an earlier run left is of other pictures.
    #[error(
        "{} holds {done} pictures, none of which is among those given: give the same paths, or \
         another --out",
        path.display()
    )]
    OtherPictures {
        /// The journal or the COCO file.
        path: PathBuf,
        /// How many pictures it holds.
        done: usize,
    },
    /// Another run has the same output.
    #[error("another run is writing {}: wait for it, or give another --out", .0.display())]
    Busy(PathBuf),
    /// A file to write is one that is read, or that is written already.
    #[error("{} would be written over: give another file to write to", .0.display())]
    OverInput(PathBuf),
    /// Files to merge that do not fit together.
    #[error("{0}")]
    Unmergeable(String),
    /// A file could not be read or written.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// What happens while a run goes on.
pub enum Event<'a> {
    /// The pictures are known; `resumed` of `total` were done before.
    Started {
        /// All pictures of this run.
        total: usize,
        /// Those that need not be done again.
        resumed: usize,
    },
    /// A picture is done.
    Done {
        /// Its name.
        name: &'a str,
        /// How many boxes it got.
        boxes: usize,
    },
    /// A picture failed.
    Failed {
        /// Why, in one sentence that names it.
        reason: &'a str,
    },
    /// Something to know about a picture that was done nevertheless.
    Warning {
        /// One sentence that names it.
        text: &'a str,
    },
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures in the file.
    pub pictures: usize,
    /// Boxes in the file.
    pub boxes: usize,
    /// One sentence for each picture or path that failed.
    pub failed: Vec<String>,
    /// Whether it was cancelled before all pictures were done.
    pub interrupted: bool,
}

/// A picture and its boxes before they have ids: a line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Labelled {
    image: Image,
    annotations: Vec<Annotation>,
}

impl Labelled {
    fn new(
        name: &str,
        (width, height): (u32, u32),
        proposals: &[Proposal],
        category_id: impl Fn(Option<usize>) -> u64,
    ) -> Self {
        let annotation = |proposal: &Proposal| {
            let bbox = proposal.bbox.clipped(width, height)?;
            let category = category_id(proposal.class);
            let annotation = Annotation::new(0, 0, category, &bbox, Some(proposal.score));
            // Rounding to hundredths of a pixel can empty a sliver.
            (annotation.area > 0.0).then_some(annotation)
        };
        Self {
            image: Image {
                id: 0,
                width,
                height,
                file_name: name.to_owned(),
                extra: Map::new(),
            },
            annotations: proposals.iter().filter_map(annotation).collect(),
        }
    }
}

/// Gives ids in the order of the names, so that they depend on nothing else.
fn assemble(
    info: Map<String, Value>,
    categories: Vec<Category>,
    labelled: BTreeMap<String, Labelled>,
) -> Instances {
    let mut instances = Instances {
        info,
        categories,
        ..Instances::default()
    };
    for (index, mut picture) in labelled.into_values().enumerate() {
        picture.image.id = index as u64 + 1;
        for mut annotation in picture.annotations {
            annotation.id = instances.annotations.len() as u64 + 1;
            annotation.image_id = picture.image.id;
            instances.annotations.push(annotation);
        }
        instances.images.push(picture.image);
    }
    instances
}

/// The way back from [`assemble`].
fn take_apart(instances: Instances) -> BTreeMap<String, Labelled> {
    let mut by_id: BTreeMap<u64, Labelled> = instances
        .images
        .into_iter()
        .map(|image| {
            let annotations = Vec::new();
            (image.id, Labelled { image, annotations })
        })
        .collect();
    for annotation in instances.annotations {
        if let Some(picture) = by_id.get_mut(&annotation.image_id) {
            picture.annotations.push(annotation);
        }
    }
    by_id
        .into_values()
        .map(|picture| (picture.image.file_name.clone(), picture))
        .collect()
}

/// Which categories a run writes, and which of them a proposal belongs to.
struct Classes {
    /// The head's classes, in its order; none without a head.
    head: Vec<String>,
    /// Category ids by name: the head's classes first, then tags that it does not know, then
    /// [`ANY_OBJECT`] if it may be needed.
    ids: BTreeMap<String, u64>,
    folder_tags: bool,
    /// No picture lies below the folders that were given.
    flat: bool,
}

impl Classes {
    fn new(entries: &[Entry], model: &Model, folder_tags: bool) -> Self {
        let head = model
            .head()
            .map_or_else(Vec::new, |head| head.classes.clone());
        let mut names = head.clone();
        let flat = !entries.iter().any(|entry| entry.name.contains('/'));
        let tags: BTreeSet<Option<&str>> = entries
            .iter()
            .map(|entry| folder_tag(entry, flat).filter(|_| folder_tags))
            .collect();
        let extra = tags.iter().filter_map(|tag| *tag);
        names.extend(
            extra
                .filter(|tag| !head.iter().any(|name| name == tag))
                .map(str::to_owned),
        );
        if head.is_empty() && tags.contains(&None) && !names.iter().any(|name| name == ANY_OBJECT) {
            names.push(ANY_OBJECT.to_owned());
        }
        let ids = names.into_iter().zip(1..).collect();
        Self {
            head,
            ids,
            folder_tags,
            flat,
        }
    }

    fn tag<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        folder_tag(entry, self.flat).filter(|_| self.folder_tags)
    }

    /// What to look for: the tag if the head knows it, any object if it does not.
    fn sought(&self, entry: &Entry) -> Sought {
        match self.tag(entry) {
            None => Sought::Anything,
            Some(tag) => match self.head.iter().position(|name| name == tag) {
                Some(class) => Sought::Classes(vec![class]),
                None => Sought::AnyObject,
            },
        }
    }

    fn category_id(&self, entry: &Entry, class: Option<usize>) -> u64 {
        let name = match class {
            Some(class) => &self.head[class],
            None => self.tag(entry).unwrap_or(ANY_OBJECT),
        };
        self.ids[name]
    }

    fn categories(&self) -> Vec<Category> {
        let mut categories: Vec<Category> = self
            .ids
            .iter()
            .map(|(name, id)| Category {
                id: *id,
                name: name.clone(),
                supercategory: String::new(),
                extra: Map::new(),
            })
            .collect();
        categories.sort_by_key(|category| category.id);
        categories
    }
}

/// The folder that names a picture's class: the one it lies in, below the folder that was given.
/// A folder that holds pictures alone (`flat`) is itself a class.
fn folder_tag(entry: &Entry, flat: bool) -> Option<&str> {
    let own = || entry.path.parent()?.file_name()?.to_str();
    let below = entry.name.rsplit('/').nth(1);
    below.or_else(|| own().filter(|_| flat))
}

/// What the run was made with: the provenance of every box, and what a resumed run must repeat.
fn describe(job: &Job, model: &Model) -> Map<String, Value> {
    let Settings {
        method,
        input,
        boxes,
    } = &job.settings;
    let mut info = json!({
        "description": "Box proposals by Tsukami, not reviewed by a person",
        "version": env!("CARGO_PKG_VERSION"),
        "model": model.name,
        "model_sha256": model.fingerprint,
        "method": method.name(),
        "patches": input.patches.unwrap_or_else(|| model.default_patches()),
        "square": input.square,
        "tags": if job.folder_tags { "folders" } else { "none" },
    });
    let boxes = serde_json::to_value(boxes);
    if let (Some(info), Ok(Value::Object(boxes))) = (info.as_object_mut(), boxes) {
        info.extend(boxes);
        if let Some(head) = model.head().and_then(|head| head.fingerprint.clone()) {
            info.insert("head_sha256".to_owned(), head.into());
        }
        if let Some(shard) = job.shard {
            info.insert("shard".to_owned(), shard.to_string().into());
        }
    }
    match info {
        Value::Object(info) => info,
        _ => Map::new(),
    }
}

/// Keys of `info` that tell how a run ended, not how it was made.
const ENDING: [&str; 2] = ["interrupted", "failed"];

/// The settings that differ, as `key: theirs, now ours`.
fn differences(theirs: &Map<String, Value>, ours: &Map<String, Value>) -> Option<String> {
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let differing: Vec<String> = keys
        .into_iter()
        .filter(|key| !ENDING.contains(&key.as_str()) && theirs.get(*key) != ours.get(*key))
        .map(|key| {
            let show = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            format!(
                "{key}: {}, now {}",
                show(theirs.get(key)),
                show(ours.get(key))
            )
        })
        .collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}

/// What a run has done so far, a JSON line each: first the settings, then a picture a line. The
/// file is locked while the run goes on, so that no second run writes the same.
struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or makes the journal of `out`, and reads what an earlier run left in it; a last line
    /// that was cut short is left out.
    fn open(out: &Path) -> Result<(Self, Option<Left>), BulkError> {
        let mut path = out.as_os_str().to_owned();
        path.push(".journal");
        let path = PathBuf::from(path);
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path);
        let file = file.map_err(FormatError::unwritable(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(BulkError::Busy(out.to_owned())),
            // A file system without locks: the rest works all the same.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let journal = Self { path, file };
        let left = journal.read()?;
        Ok((journal, left))
    }

    fn read(&self) -> Result<Option<Left>, FormatError> {
        let unreadable = || FormatError::unreadable(&self.path);
        let mut lines = BufReader::new(&self.file).split(b'\n');
        let Some(first) = lines.next().transpose().map_err(unreadable())? else {
            return Ok(None);
        };
        let info = serde_json::from_slice(&first)
            .map_err(|_| FormatError::malformed(&self.path, "it is no journal; delete it"))?;
        let mut done = BTreeMap::new();
        for line in lines {
            let line = line.map_err(unreadable())?;
            let Ok(picture) = serde_json::from_slice::<Labelled>(&line) else {
                break;
            };
            done.insert(picture.image.file_name.clone(), picture);
        }
        let path = self.path.clone();
        Ok((!done.is_empty()).then_some(Left { path, info, done }))
    }

    /// Begins anew with what is already done.
    fn begin<'a>(
        &mut self,
        info: &Map<String, Value>,
        done: impl Iterator<Item = &'a Labelled>,
    ) -> Result<(), FormatError> {
        let write = || {
            let mut lines = serde_json::to_vec(info)?;
            lines.push(b'\n');
            for picture in done {
                serde_json::to_writer(&mut lines, picture)?;
                lines.push(b'\n');
            }
            self.file.set_len(0)?;
            (&self.file).write_all(&lines)
        };
        write().map_err(FormatError::unwritable(&self.path))
    }

    fn append(&mut self, picture: &Labelled) -> Result<(), FormatError> {
        // One write a line, so that a kill leaves whole lines and at most one cut one.
        let mut line = serde_json::to_vec(picture)
            .map_err(|error| FormatError::unwritable(&self.path)(error.into()))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(FormatError::unwritable(&self.path))
    }

    /// Leaves no trace of a run that could not start. Failing that is no more than untidy.
    fn remove_if_empty(self) {
        if self
            .file
            .metadata()
            .is_ok_and(|metadata| metadata.len() == 0)
        {
            let _ = fs::remove_file(&self.path);
        }
    }

    fn remove(self) -> Result<(), FormatError> {
        fs::remove_file(&self.path).map_err(FormatError::unwritable(&self.path))
    }
}

/// What an earlier run left: in its journal after a kill, in its COCO file otherwise.
struct Left {
    path: PathBuf,
    info: Map<String, Value>,
    done: BTreeMap<String, Labelled>,
}

impl Left {
    /// What a COCO file holds; nothing if there is none.
    fn in_coco(out: &Path) -> Result<Option<Self>, FormatError> {
        if !out.exists() {
            return Ok(None);
        }
        let instances = Instances::read(out)?;
        Ok(Some(Self {
            path: out.to_owned(),
            info: instances.info.clone(),
            done: take_apart(instances),
        }))
    }
}

/// What need not be done again, by name: nothing, unless the job is told to go on.
///
/// # Errors
/// An unfinished run that this one would undo, or one that it does not continue.
fn done_before(
    job: &Job,
    journal: Option<Left>,
    info: &Map<String, Value>,
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Labelled>, BulkError> {
    if !job.resume {
        // A file of something else may be written over; an interrupted run's may not.
        let coco = Left::in_coco(&job.out).ok().flatten();
        let coco = coco.filter(|left| left.info.contains_key("interrupted"));
        return match journal.or(coco) {
            None => Ok(BTreeMap::new()),
            Some(left) => Err(BulkError::Unfinished {
                path: left.path,
                done: left.done.len(),
            }),
        };
    }
    let mut done = BTreeMap::new();
    for left in Left::in_coco(&job.out)?.into_iter().chain(journal) {
        if let Some(differences) = differences(&left.info, info) {
            return Err(BulkError::OtherSettings {
                path: left.path,
                differences,
            });
        }
        if !left.done.is_empty() && !left.done.keys().any(|name| names.contains(name.as_str())) {
            return Err(BulkError::OtherPictures {
                path: left.path,
                done: left.done.len(),
            });
        }
        done.extend(left.done);
    }
    done.retain(|name, _| names.contains(name.as_str()));
    Ok(done)
}

/// Whether two paths lead to one file, or would if it existed.
fn same_file(a: &Path, b: &Path) -> bool {
    let resolved = |path: &Path| {
        let whole = path.canonicalize().ok();
        whole.or_else(|| {
            let absolute = std::path::absolute(path).ok()?;
            Some(
                absolute
                    .parent()?
                    .canonicalize()
                    .ok()?
                    .join(absolute.file_name()?),
            )
        })
    };
    matches!((resolved(a), resolved(b)), (Some(a), Some(b)) if a == b)
}

/// Refuses targets that would destroy what they are made from, or each other.
fn check_targets(job: &Job, entries: &[Entry]) -> Result<(), BulkError> {
    let targets: Vec<&Path> = job
        .results
        .iter()
        .chain([&job.out])
        .map(PathBuf::as_path)
        .collect();
    for target in &targets {
        check_target(target)?;
        let inputs = entries.iter().map(|entry| &entry.path);
        let inputs = inputs.filter(|path| path.file_name() == target.file_name());
        if inputs
            .chain(&job.paths)
            .any(|input| same_file(input, target))
        {
            return Err(BulkError::OverInput(target.to_path_buf()));
        }
    }
    if let Some(folder) = job
        .heatmaps
        .as_ref()
        .filter(|folder| folder.exists() && !folder.is_dir())
    {
        let cause = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(FormatError::unwritable(folder)(cause).into());
    }
    if let [results, out] = targets[..]
        && same_file(results, out)
    {
        return Err(BulkError::OverInput(out.to_owned()));
    }
    Ok(())
}

/// Runs the job; `on_event` is told of each picture.
///
/// # Errors
/// Where nothing could start, or the journal or a result could not be written. Pictures that
/// fail are no error: they are in [`Summary::failed`].
pub fn run(
    job: &Job,
    model: &Model,
    cancel: &AtomicBool,
    mut on_event: impl FnMut(Event<'_>),
) -> Result<Summary, BulkError> {
    let mut scan = pictures::scan(&job.paths);
    let overlays = job
        .heatmaps
        .as_ref()
        .and_then(|folder| std::path::absolute(folder).ok());
    if let Some(overlays) = &overlays {
        // What an earlier run drew is no picture of the set.
        scan.entries
            .retain(|entry| !scan.root.join(&entry.name).starts_with(overlays));
    }
    let mut failed: Vec<String> = scan.problems.iter().map(Problem::to_string).collect();
    if scan.entries.is_empty() {
        let named = job.paths.iter().map(|path| path.display().to_string());
        let sentences = named.chain(failed).collect::<Vec<_>>();
        return Err(BulkError::NoPictures(sentences.join("; ")));
    }
    check_targets(job, &scan.entries)?;
    let classes = Classes::new(&scan.entries, model, job.folder_tags);
    if let Some(Shard { index, count }) = job.shard {
        let mut position = 0..;
        scan.entries.retain(|_| {
            position
                .next()
                .is_some_and(|p: usize| p % count == index - 1)
        });
    }
    let info = describe(job, model);
    let names: BTreeSet<&str> = scan
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let (mut journal, left) = Journal::open(&job.out)?;
    let begun = done_before(job, left, &info, &names).and_then(|done| {
        journal.begin(&info, done.values())?;
        Ok(done)
    });
    let mut done = match begun {
        Ok(done) => done,
        Err(error) => {
            journal.remove_if_empty();
            return Err(error);
        }
    };
    on_event(Event::Started {
        total: scan.entries.len(),
        resumed: done.len(),
    });

    let open: Vec<&Entry> = scan
        .entries
        .iter()
        .filter(|entry| !done.contains_key(&entry.name))
        .collect();
    let paths: Vec<PathBuf> = open.iter().map(|entry| entry.path.clone()).collect();
    let settings = &job.settings;
    let keep = job.heatmaps.is_some();
    let mut stopped_by = None;
    let on_seen = |index: usize, result: Result<Seen, String>| {
        let entry = open[index];
        let seen = match result {
            Ok(seen) => seen,
            Err(reason) => {
                on_event(Event::Failed { reason: &reason });
                failed.push(reason);
                return ControlFlow::Continue(());
            }
        };
        for text in &seen.warnings {
            on_event(Event::Warning { text });
        }
        let sought = classes.sought(entry);
        let proposals = propose::propose(&seen.evidence, seen.size, &sought, settings);
        let category_id = |class| classes.category_id(entry, class);
        let picture = Labelled::new(&entry.name, seen.size, &proposals, category_id);
        let drawn = job.heatmaps.as_ref().map_or(Ok(()), |folder| {
            draw(folder, &entry.name, &seen, &sought, settings)
        });
        if let Err(error) = drawn {
            let text = error.to_string();
            on_event(Event::Warning { text: &text });
        }
        if let Err(error) = journal.append(&picture) {
            stopped_by = Some(error);
            return ControlFlow::Break(());
        }
        let boxes = picture.annotations.len();
        done.insert(entry.name.clone(), picture);
        on_event(Event::Done {
            name: &entry.name,
            boxes,
        });
        ControlFlow::Continue(())
    };
    propose::look_at_all(
        model,
        &paths,
        settings.input,
        keep,
        job.decoders,
        cancel,
        on_seen,
    );
    if let Some(error) = stopped_by {
        return Err(error.into());
    }

    let interrupted = done.len() + failed.len() < scan.entries.len() + scan.problems.len();
    failed.sort();
    let mut info = info;
    if interrupted {
        info.insert("interrupted".to_owned(), true.into());
    }
    if !failed.is_empty() {
        info.insert("failed".to_owned(), json!(failed));
    }
    let instances = assemble(info, classes.categories(), done);
    instances.write(&job.out)?;
    if let Some(results) = &job.results {
        coco::write_detections(results, &instances.detections())?;
    }
    journal.remove()?;
    Ok(Summary {
        pictures: instances.images.len(),
        boxes: instances.annotations.len(),
        failed,
        interrupted,
    })
}

/// Refuses to join some of the shards as if they were all.
fn check_complete(shards: &[Value], files: usize) -> Result<(), BulkError> {
    let Some(first) = shards.first().and_then(Value::as_str) else {
        return Ok(());
    };
    let count = first
        .split('/')
        .nth(1)
        .and_then(|count| count.parse::<usize>().ok());
    let expected = (1..=count.unwrap_or(0))
        .map(|index| Value::from(format!("{index}/{}", count.unwrap_or(0))));
    let missing: Vec<String> = expected
        .filter(|shard| !shards.contains(shard))
        .map(|shard| shard.as_str().unwrap_or_default().to_owned())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(BulkError::Unmergeable(format!(
            "the shards {missing} are missing"
        )));
    }
    if files != shards.len() {
        return Err(BulkError::Unmergeable(
            "some of the files are shards of a set and some are not; merge either".to_owned(),
        ));
    }
    Ok(())
}

/// Writes the map of the first class sought over its picture.
fn draw(
    folder: &Path,
    name: &str,
    seen: &Seen,
    sought: &Sought,
    settings: &Settings,
) -> Result<(), FormatError> {
    let Settings { method, boxes, .. } = settings;
    let classes = propose::sought_classes(&seen.evidence, sought, boxes.extent);
    let class = classes.first().and_then(|(class, _)| *class);
    match (
        &seen.picture,
        localize::Map::new(&seen.evidence, *method, class),
    ) {
        (Some(picture), Some(map)) => {
            heatmap::write(&folder.join(format!("{name}.png")), picture, &map)
        }
        _ => Ok(()),
    }
}

/// Joins the files that runs over parts of a set wrote, with the ids of one run over the whole.
///
/// # Errors
/// A picture that two files hold, files made with different settings, or one that was
/// interrupted: each would make the whole something else than it says.
pub fn merge(paths: &[PathBuf]) -> Result<Instances, BulkError> {
    let mut whole: Option<(PathBuf, Map<String, Value>)> = None;
    let mut names: Vec<Category> = Vec::new();
    let mut pictures = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let mut shards = Vec::new();
    for path in paths {
        let mut part = Instances::read(path)?;
        shards.extend(part.info.remove("shard"));
        if part.info.contains_key("interrupted") {
            return Err(BulkError::Unmergeable(format!(
                "{} is of an interrupted run; finish it with --resume first",
                path.display()
            )));
        }
        if let Some(Value::Array(more)) = part.info.remove("failed") {
            failed.extend(more.into_iter().map(|reason| match reason {
                Value::String(reason) => reason,
                other => other.to_string(),
            }));
        }
        match &whole {
            None => whole = Some((path.clone(), part.info.clone())),
            Some((first, info)) => {
                if let Some(differences) = differences(info, &part.info) {
                    return Err(BulkError::Unmergeable(format!(
                        "{} and {} were made with different settings ({differences})",
                        first.display(),
                        path.display()
                    )));
                }
            }
        }
        let mut ids = BTreeMap::new();
        for category in std::mem::take(&mut part.categories) {
            let known = names.iter().position(|known| known.name == category.name);
            let position = known.unwrap_or(names.len());
            ids.insert(category.id, position as u64 + 1);
            if known.is_none() {
                let id = position as u64 + 1;
                names.push(Category { id, ..category });
            }
        }
        for annotation in &mut part.annotations {
            annotation.category_id = ids[&annotation.category_id];
        }
        for (name, picture) in take_apart(part) {
            if pictures.insert(name.clone(), picture).is_some() {
                return Err(BulkError::Unmergeable(format!(
                    "{name} is in {} and in a file before it; merge files of different pictures",
                    path.display()
                )));
            }
        }
    }
    let mut info = whole.map(|(_, info)| info).unwrap_or_default();
    if !failed.is_empty() {
        info.insert("failed".to_owned(), json!(failed));
    }
    check_complete(&shards, paths.len())?;
    Ok(assemble(info, names, pictures))
}
