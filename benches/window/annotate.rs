//! A scripted annotator who knows the true boxes of a data set, by hand and with proposals.
//!
//! The annotator works as the window suggests. A proposal is accepted if its IoU with an object is at
//! least 0.75, and corrected if one drag of a corner makes it 0.85. Other proposals are rejected, and the
//! remaining objects are drawn. The time is modelled, since nobody is there: see the constants.

use std::fs;
use std::path::Path;

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect};
use tsukami::app::session::Session;
use tsukami::document::{
    Annotation, AnnotationId, BoxState, CategoryId, Document, Labels, ReviewState, ops,
};
use tsukami::formats::coco::Instances;
use tsukami::geometry::BBox;
use tsukami::store::{self, Project};

use crate::bench::{Bench, is_shown, pictures};

/// Modelled seconds of a key press, of a drag, of a first look at a picture, and of judging a proposal.
const KEY_SECS: f64 = 0.3;
const DRAG_SECS: f64 = 2.5;
const LOOK_SECS: f64 = 2.0;
const JUDGE_SECS: f64 = 0.5;

/// The IoU with an object from which a proposal is accepted as it is.
const MIN_ACCEPTED_IOU: f32 = 0.75;
/// The IoU that a proposal must have after one corner was dragged to its place.
const MIN_CORRECTED_IOU: f32 = 0.85;
/// The IoU below which a proposal is of no object.
const MIN_MATCHED_IOU: f32 = 0.5;
/// The letters of a name after which the class picker has found the class.
const TYPED_LETTERS: usize = 4;
/// Frames after which the canvas has the focus again.
const FOCUS_FRAMES: usize = 3;
/// Within this many points of a selected box, a drag may take one of its handles.
const HANDLE_RADIUS: f32 = 10.0;

/// Labels the data sets, given as a folder and a COCO file each, and prints a table.
pub fn run(sets: &[String]) {
    println!("set | pictures | objects | | keys | drags | judged | seconds | saved");
    for pair in sets.chunks_exact(2) {
        let (folder, truth) = (Path::new(&pair[0]), Path::new(&pair[1]));
        let truth = Instances::read(truth).expect("the truth can be read");
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let (count, objects) = (truth.images.len(), truth.annotations.len());
        let by_hand = annotate(folder, &truth, false);
        let helped = annotate(folder, &truth, true);
        for (way, work) in [("by hand", &by_hand), ("with proposals", &helped)] {
            let per_picture = |number: usize| number as f64 / count as f64;
            let saved = 1.0 - work.seconds(count) / by_hand.seconds(count);
            println!(
                "{name} | {count} | {objects} | {way} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} %",
                per_picture(work.keys),
                per_picture(work.drags),
                per_picture(work.judged),
                work.seconds(count),
                saved * 100.0,
            );
        }
        println!("  of the proposals, {helped}");
    }
}

/// What the annotator did.
#[derive(Default)]
struct Work {
    keys: usize,
    drags: usize,
    judged: usize,
    accepted: usize,
    corrected: usize,
    drawn: usize,
}

impl Work {
    /// Modelled seconds a picture.
    fn seconds(&self, pictures: usize) -> f64 {
        let total = self.keys as f64 * KEY_SECS
            + self.drags as f64 * DRAG_SECS
            + self.judged as f64 * JUDGE_SECS;
        LOOK_SECS + total / pictures as f64
    }
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            accepted,
            corrected,
            drawn,
            ..
        } = self;
        write!(
            f,
            "{accepted} accepted and {corrected} corrected; {drawn} boxes drawn"
        )
    }
}

/// Labels a data set in a new project.
fn annotate(folder: &Path, truth: &Instances, has_proposals: bool) -> Work {
    let root = folder.join("images");
    let root = if root.is_dir() { &root } else { folder };
    let work = tempfile::tempdir().expect("a folder can be made");
    let pictures = pictures(&work);
    for image in &truth.images {
        let copy = pictures.join(&image.file_name);
        fs::create_dir_all(copy.parent().unwrap_or(&pictures)).expect("a folder can be made");
        fs::copy(root.join(&image.file_name), copy).expect("it can be copied");
    }
    let (mut project, _) = Project::create_for(&pictures).expect("a project can be made");
    store::rescan(&mut project).expect("the folder can be read");
    let names: Vec<&str> = truth.categories.iter().map(|row| &*row.name).collect();
    let labels = match names[..] {
        [only] => Labels::One(only.into()),
        _ => Labels::Listed,
    };
    let set = |document: &Document| ops::set_labels(document, labels.clone(), &names);
    project
        .commit_with("choose what is labelled", None, set)
        .expect("it can be chosen");
    project.close().expect("a project can be closed");

    let mut bench = Bench::new(&work);
    bench.wait(|window| {
        window
            .workspace()
            .is_some_and(|workspace| !workspace.is_scanning)
    });
    if has_proposals {
        bench.press(Modifiers::COMMAND, Key::B);
        bench.wait(|window| {
            window.workspace().is_some_and(|workspace| {
                let mut pictures = workspace.session.document().pictures();
                workspace.proposing.job.is_none()
                    && pictures.all(|row| row.review != ReviewState::New)
            })
        });
    }
    let mut annotator = Annotator {
        bench,
        truth,
        done: Work::default(),
    };
    for _ in 0..truth.images.len() {
        annotator.wait_for_picture();
        annotator.label_picture();
    }
    annotator.check();
    annotator.done
}

/// An object of the picture: its true box and class.
type Object = (BBox, CategoryId);

/// What the annotator does about a proposal.
enum Plan {
    /// Accept it as an object of this class.
    Accept(CategoryId),
    /// Drag a corner from one point to another, in pixels of the picture, and accept it.
    Correct([Pos2; 2], CategoryId),
    Reject,
}

struct Annotator<'a> {
    bench: Bench,
    truth: &'a Instances,
    done: Work,
}

impl Annotator<'_> {
    fn session(&self) -> &Session {
        let workspace = self.bench.window.workspace();
        &workspace.expect("it is open").session
    }

    /// Waits until the picture is shown and what was learned from the last one has been used. A person
    /// takes seconds for a picture, and the script does not.
    fn wait_for_picture(&mut self) {
        self.bench.wait(|window| {
            is_shown(window)
                && window.workspace().is_some_and(|workspace| {
                    workspace.learning_step().is_none()
                        && !workspace.has_unwritten()
                        && !workspace.is_current_pending()
                })
        });
        self.bench.frame(Vec::new());
    }

    /// The true objects of the picture that is shown.
    fn objects(&self) -> Vec<Object> {
        let session = self.session();
        let document = session.document();
        let picture = session.current().and_then(|id| document.picture(id));
        let picture = picture.expect("a picture is shown");
        let mut images = self.truth.images.iter();
        let image = images.find(|image| image.file_name == *picture.path);
        let image = image.expect("the truth knows it").id;
        let rows = self.truth.annotations.iter();
        let rows = rows.filter(|row| row.image_id == image);
        let class = |id: u64| {
            let mut rows = self.truth.categories.iter();
            let name = &rows.find(|row| row.id == id).expect("it is a class").name;
            document.category_named(name).expect("it is there").id
        };
        let clipped = |bbox: BBox| bbox.clipped(picture.width, picture.height);
        rows.filter_map(|row| Some((clipped(row.to_bbox())?, class(row.category_id))))
            .collect()
    }

    /// The proposals in the order of review with what to do about each, and the objects that are left.
    fn plan(&self) -> (Vec<(AnnotationId, Plan)>, Vec<Object>) {
        let mut objects = self.objects();
        let session = self.session();
        let mut plans = Vec::new();
        for id in session.review_order() {
            let (_, row) = session.document().annotation(id).expect("it is there");
            if row.state != BoxState::Proposed {
                continue;
            }
            let ious = objects.iter().map(|(bbox, _)| bbox.iou(&row.rect));
            let best = ious.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            let plan = match best {
                Some((at, iou)) if iou >= MIN_ACCEPTED_IOU => {
                    Plan::Accept(objects.swap_remove(at).1)
                }
                Some((at, iou)) if iou >= MIN_MATCHED_IOU => {
                    match correction(&row.rect, &objects[at].0) {
                        Some(drag) => Plan::Correct(drag, objects.swap_remove(at).1),
                        None => Plan::Reject,
                    }
                }
                _ => Plan::Reject,
            };
            plans.push((id, plan));
        }
        (plans, objects)
    }

    /// Labels the picture that is shown, and goes on to the next one.
    fn label_picture(&mut self) {
        let (plans, objects) = self.plan();
        if !plans.is_empty() {
            self.keep_class();
        }
        self.done.judged += plans.len();
        let is_kept = |plan: &Plan| !matches!(plan, Plan::Reject);
        let is_as_shown = |(id, plan): &(AnnotationId, Plan)| match plan {
            Plan::Accept(class) => self.class_on_accept(*id) == Some(*class),
            Plan::Correct(..) | Plan::Reject => false,
        };
        if !plans.is_empty() && plans.iter().all(is_as_shown) {
            self.done.accepted += plans.len();
            self.draw_all(&objects);
            self.press(Modifiers::SHIFT, Key::Enter);
            return;
        }
        // Those after the last good one are rejected when the picture is done.
        let judged = plans.iter().rposition(|(_, plan)| is_kept(plan));
        for (id, plan) in &plans[..judged.map_or(0, |last| last + 1)] {
            while self.session().selection() != [*id] {
                self.press(Modifiers::NONE, Key::Tab);
            }
            match plan {
                Plan::Accept(class) if self.class_on_accept(*id) == Some(*class) => {
                    self.done.accepted += 1;
                    self.press(Modifiers::NONE, Key::Enter);
                }
                Plan::Accept(class) => {
                    self.done.accepted += 1;
                    self.choose_class(*class);
                }
                Plan::Correct([from, to], class) => {
                    self.done.corrected += 1;
                    let is_right = self.class_on_accept(*id) == Some(*class);
                    self.drag(self.at(*from), self.at(*to));
                    if self.is_proposal(*id) {
                        // A message was in the way.
                        self.bench.wait_for_silence();
                        self.drag(self.at(*from), self.at(*to));
                    }
                    if !is_right {
                        self.choose_class(*class);
                    }
                }
                Plan::Reject => self.press(Modifiers::NONE, Key::X),
            }
        }
        self.draw_all(&objects);
        let session = self.session();
        let is_reviewed = session.undecided() == 0 && session.has_ground_truth();
        let finish = if is_reviewed { Key::Enter } else { Key::Space };
        let picture = session.current();
        self.press(Modifiers::NONE, finish);
        if self.session().current() == picture && !self.session().is_current_done() {
            // The program asks once what undecided proposals mean, and suggests to reject them.
            self.bench.frame(Vec::new());
            self.press(Modifiers::NONE, Key::Enter);
        }
    }

    /// Makes the class of the picture the one that boxes get, if all its objects are of one class and that
    /// is another one than before. Folders are often sorted by class.
    fn keep_class(&mut self) {
        let mut classes: Vec<_> = self.objects().iter().map(|(_, class)| *class).collect();
        classes.dedup();
        let [class] = classes[..] else { return };
        let has_several = self.truth.categories.len() > 1;
        if !has_several || self.session().sticky_class() == Some(class) {
            return;
        }
        if !self.session().selection().is_empty() {
            self.press(Modifiers::NONE, Key::Escape);
        }
        let was_sticky = self.session().sticky_class().is_some();
        self.choose_class(class);
        if !was_sticky {
            self.press(Modifiers::SHIFT, Key::C);
        }
    }

    /// The class that a proposal gets when it is accepted.
    fn class_on_accept(&self, id: AnnotationId) -> Option<CategoryId> {
        let session = self.session();
        let (_, row) = session.document().annotation(id)?;
        Some(session.class_on_accept(row)?.id)
    }

    fn is_proposal(&self, id: AnnotationId) -> bool {
        let row = self.session().document().annotation(id);
        row.is_some_and(|(_, row)| row.state == BoxState::Proposed)
    }

    fn draw_all(&mut self, objects: &[Object]) {
        for (object, class) in objects {
            let (from, to) = (
                Pos2::new(object.x0, object.y0),
                Pos2::new(object.x1, object.y1),
            );
            let [from, to] = [from, to].map(|point| self.at(point));
            let selected = self.session().selection().to_vec();
            let is_in_way = selected.iter().any(|id| {
                let row = self.session().document().annotation(*id);
                row.is_some_and(|(_, row)| self.covers(row, from))
            });
            if is_in_way {
                self.press(Modifiers::NONE, Key::W);
            }
            let is_chosen = self.session().chosen_class() == Some(*class);
            self.drag(from, to);
            self.done.drawn += 1;
            if !is_chosen {
                self.choose_class(*class);
            }
        }
    }

    /// Whether a drag from a point of the screen takes a selected box or one of its handles.
    fn covers(&self, row: &Annotation, point: Pos2) -> bool {
        let [min, max] = [(row.rect.x0, row.rect.y0), (row.rect.x1, row.rect.y1)];
        let [min, max] = [min, max].map(|(x, y)| self.at(Pos2::new(x, y)));
        let rect = Rect::from_two_pos(min, max);
        rect.expand(HANDLE_RADIUS).contains(point)
    }

    /// A point of the picture on the screen.
    fn at(&self, point: Pos2) -> Pos2 {
        self.bench.at(point.x, point.y)
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.bench.press(modifiers, key);
        self.bench.frame(Vec::new());
        self.done.keys += 1;
    }

    /// Gives the selected box a class: by its key, or by typing its name.
    fn choose_class(&mut self, class: CategoryId) {
        let row = self.session().document().category(class);
        let row = row.expect("it is there").clone();
        if let Some(key) = row.hotkey {
            self.bench.frame(vec![Event::Text(key.to_string())]);
            self.bench.frame(Vec::new());
            self.done.keys += 1;
            return;
        }
        let is_recent = self.session().recent_classes().next() == Some(class);
        self.press(Modifiers::NONE, Key::C);
        // The class that was given last is the first one of the list.
        let typed = if is_recent { 0 } else { TYPED_LETTERS };
        for character in row.name.chars().take(typed) {
            self.bench.frame(vec![Event::Text(character.to_string())]);
            self.done.keys += 1;
        }
        self.press(Modifiers::NONE, Key::Enter);
        // The focus returns to the canvas some frames after a dialog has closed.
        for _ in 0..FOCUS_FRAMES {
            self.bench.frame(Vec::new());
        }
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        let press = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.bench.frame(vec![Event::PointerMoved(from)]);
        self.bench.frame(vec![press(from, true)]);
        for share in [0.5, 1.0] {
            let on_the_way = from + (to - from) * share;
            self.bench.frame(vec![Event::PointerMoved(on_the_way)]);
        }
        self.bench.frame(vec![press(to, false)]);
        self.bench.frame(Vec::new());
        self.done.drags += 1;
    }

    /// Makes sure that the work has been done: all pictures are done, and every object has its box.
    fn check(&self) {
        let document = self.session().document();
        let done = document.summary().pictures.get(&ReviewState::Done).copied();
        assert_eq!(
            done,
            Some(self.truth.images.len()),
            "pictures that are done"
        );
        let boxes = document
            .pictures()
            .flat_map(|row| document.annotations(row.id));
        let boxes = boxes.filter(|row| row.is_ground_truth()).count();
        let objects = self.truth.annotations.len();
        let made = self.done.accepted + self.done.corrected + self.done.drawn;
        assert_eq!(
            [boxes, made],
            [objects; 2],
            "boxes, boxes made, and objects"
        );
    }
}

/// The drag of a corner that makes a box fit an object, if one is enough.
fn correction(rect: &BBox, object: &BBox) -> Option<[Pos2; 2]> {
    let corners = [(false, false), (true, false), (false, true), (true, true)];
    let best = corners.map(|(is_right, is_lower)| {
        let corner = |bbox: &BBox| {
            let x = if is_right { bbox.x1 } else { bbox.x0 };
            let y = if is_lower { bbox.y1 } else { bbox.y0 };
            Pos2::new(x, y)
        };
        let mut corrected = *rect;
        *(if is_right {
            &mut corrected.x1
        } else {
            &mut corrected.x0
        }) = corner(object).x;
        *(if is_lower {
            &mut corrected.y1
        } else {
            &mut corrected.y0
        }) = corner(object).y;
        (corrected.iou(object), [corner(rect), corner(object)])
    });
    let best = best.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= MIN_CORRECTED_IOU).then_some(best.1)
}
