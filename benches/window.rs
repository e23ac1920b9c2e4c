//! The cost of the window without a screen: `cargo bench --bench window [-- frames|folder|memory|stalls]`.
//!
//! - `frames`: processor time per frame, with a picture of 24 megapixels, 500 boxes and the heat map;
//! - `folder`: the time until the first of 10,000 pictures is shown, and until the next one is;
//! - `memory`: the peak memory while stepping through 2,000 pictures of 12 megapixels;
//! - `stalls`: how long the window's thread waits for a slow disk and for locks;
//! - `annotate DIR TRUTH.json`: the keys and drags with which a scripted annotator turns the proposals for a
//!   data set into its true boxes.
//!
//! A frame includes everything up to the triangles, but not the work of the graphics card.

#![allow(clippy::print_stdout, reason = "it reports what it measures")]

#[cfg(target_os = "linux")]
#[path = "window/stalls.rs"]
mod stalls;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use egui::{Context, Event, Key, Modifiers, Pos2, RawInput, Rect, vec2};
use image::RgbImage;
use image::imageops::FilterType;
use tempfile::TempDir;
use tsukami::app::app_dirs::AppDirs;
use tsukami::app::session::Session;
use tsukami::app::window::Window;
use tsukami::document::{BoxState, Document, ReviewState, ops};
use tsukami::formats::coco::Instances;
use tsukami::geometry::BBox;
use tsukami::store::{self, Project};

const SCREEN: [f32; 2] = [1280.0, 800.0];

/// A window without a screen.
struct Bench {
    context: Context,
    window: Window,
    begun: Instant,
}

impl Bench {
    fn new(folder: &TempDir) -> Self {
        let context = Context::default();
        let user = folder.path().join("user");
        fs::create_dir_all(&user).expect("a folder can be made");
        fs::write(user.join("settings.json"), r#"{"proposes_at_once":false}"#)
            .expect("it is there");
        let begun = Instant::now();
        let path = folder.path().join("pictures");
        let window = Window::new(&context, AppDirs::inside(&user), Some(path));
        Self {
            context,
            window,
            begun,
        }
    }

    /// Draws one frame with these events. Returns the processor time that it took.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SCREEN.into())),
            time: Some(self.begun.elapsed().as_secs_f64()),
            events,
            focused: true,
            ..RawInput::default()
        };
        let begun = ThreadTime::now();
        let context = self.context.clone();
        let output = context.run_ui(input, |ui| {
            self.window.advance(&context);
            self.window.show(ui);
        });
        let triangles = context.tessellate(output.shapes, output.pixels_per_point);
        let spent = begun.elapsed();
        std::hint::black_box(triangles);
        spent
    }

    fn key(&mut self, key: Key) -> Duration {
        self.press(Modifiers::NONE, key)
    }

    /// Presses a key. Returns the processor time of the frame that handles it.
    fn press(&mut self, modifiers: Modifiers, key: Key) -> Duration {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        };
        self.frame(vec![event(true), event(false)])
    }

    /// Draws frames until a condition holds. Returns the time since the window was created.
    fn wait(&mut self, is_so: impl Fn(&Window) -> bool) -> Duration {
        loop {
            self.frame(Vec::new());
            if is_so(&self.window) {
                return self.begun.elapsed();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn is_shown(window: &Window) -> bool {
    let workspace = window.workspace();
    workspace.is_some_and(|workspace| {
        workspace
            .session
            .current()
            .is_some_and(|id| workspace.view.textures.has(id))
    })
}

/// A photograph of this many pixels, made from a sample picture.
fn photograph(path: &Path, width: u32, height: u32) {
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/sample/images/cat/chelsea.jpg"
    );
    let sample = image::open(sample)
        .expect("the sample is there")
        .into_rgb8();
    let large: RgbImage = image::imageops::resize(&sample, width, height, FilterType::Triangle);
    large.save(path).expect("the picture can be written");
}

fn pictures(folder: &TempDir) -> std::path::PathBuf {
    let pictures = folder.path().join("pictures");
    fs::create_dir_all(&pictures).expect("a folder can be made");
    pictures
}

fn frames() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pictures = pictures(&folder);
    photograph(&pictures.join("large.jpg"), 6000, 4000);
    let (mut project, _) = Project::create_for(&pictures).expect("a project can be made");
    store::rescan(&mut project).expect("the folder can be read");
    // Two classes, so that proposals are of neither and are not matched with existing boxes.
    for name in ["cat", "dog"] {
        let add = |document: &Document| Ok(ops::add_category(document, name));
        project
            .commit_with("add a class", None, add)
            .expect("a class can be added");
    }
    for at in 0..500_u16 {
        let (x, y) = (f32::from(at % 25) * 235.0, f32::from(at / 25) * 195.0);
        let draw = |document: &Document| {
            let picture = document.picture_at("large.jpg").expect("it is there").id;
            let class = document.category_named("cat").expect("it is there").id;
            ops::draw(
                document,
                picture,
                BBox::from_xywh(x, y, 260.0, 230.0),
                class,
            )
        };
        project
            .commit_with("draw", None, draw)
            .expect("a box can be drawn");
    }
    project.close().expect("a project can be closed");

    let mut bench = Bench::new(&folder);
    bench.wait(|window| {
        is_shown(window)
            && window
                .workspace()
                .is_some_and(|workspace| workspace.model_info().is_some())
    });
    bench.key(Key::I);
    bench.wait(|window| {
        let workspace = window.workspace();
        workspace.is_some_and(|workspace| {
            workspace
                .session
                .boxes()
                .iter()
                .any(|row| row.state == BoxState::Proposed)
        })
    });
    bench.key(Key::H);
    bench.key(Key::G);
    let boxes = bench
        .window
        .workspace()
        .map_or(0, |workspace| workspace.session.visible().count());
    println!("a picture of 24 megapixels, {boxes} boxes with labels, heat map and crosshair:");
    let centre = Pos2::new(620.0, 430.0);
    let moves = |step: u32| {
        let turn = step as f32 / 20.0;
        Event::PointerMoved(centre + vec2(turn.cos(), turn.sin()) * 150.0)
    };
    let zoom = |step: u32| if step % 60 < 30 { 1.1 } else { 1.1_f32.recip() };
    for (name, events) in [
        (
            "pointer over the whole picture",
            &(|step| vec![moves(step)]) as &dyn Fn(u32) -> Vec<Event>,
        ),
        ("zooming in and out", &|step| {
            vec![moves(step), Event::Zoom(zoom(step))]
        }),
    ] {
        report(
            name,
            (0..600).map(|step| bench.frame(events(step))).collect(),
        );
    }
    let press = |pos, pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    bench.key(Key::F);
    bench.frame(vec![Event::PointerMoved(centre), press(centre, true)]);
    report(
        "dragging a box",
        (0..600)
            .map(|step| bench.frame(vec![moves(step)]))
            .collect(),
    );
    bench.frame(vec![press(centre, false)]);
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |share: f64| {
        let at = ((times.len() - 1) as f64 * share) as usize;
        times[at].as_secs_f64() * 1e3
    };
    println!(
        "  {name}: median {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
}

fn folder() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pictures = pictures(&folder);
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/sample/images/Pliers/008002.jpg"
    );
    for at in 0..10_000 {
        fs::copy(sample, pictures.join(format!("{at:05}.jpg"))).expect("it can be copied");
    }
    let mut bench = Bench::new(&folder);
    let first = bench.wait(is_shown);
    println!(
        "10,000 pictures: the first one shows {:.0} ms after the window",
        ms(first)
    );
    let all = bench.wait(|window| {
        window
            .workspace()
            .is_some_and(|workspace| !workspace.is_scanning)
    });
    println!("  the folder is read after {:.1} s", all.as_secs_f64());
    drop(bench);
    let mut bench = Bench::new(&folder);
    let first = bench.wait(is_shown);
    println!("  opened again: {:.0} ms", ms(first));

    let large = tempfile::tempdir().expect("a folder can be made");
    let pictures = self::pictures(&large);
    photograph(&pictures.join("0.jpg"), 4000, 3000);
    for at in 1..20 {
        fs::copy(pictures.join("0.jpg"), pictures.join(format!("{at}.jpg")))
            .expect("it can be copied");
    }
    let mut bench = Bench::new(&large);
    bench.wait(|window| {
        is_shown(window)
            && window
                .workspace()
                .is_some_and(|workspace| !workspace.is_scanning)
    });
    let mut times = Vec::new();
    for _ in 0..15 {
        let is_next_there = |window: &Window| {
            let workspace = window.workspace();
            workspace.is_some_and(|workspace| {
                workspace
                    .session
                    .neighbour(1)
                    .is_some_and(|id| workspace.view.textures.has(id))
            })
        };
        bench.wait(is_next_there);
        let begun = Instant::now();
        bench.key(Key::D);
        while !is_shown(&bench.window) {
            bench.frame(Vec::new());
        }
        bench.frame(Vec::new());
        times.push(begun.elapsed());
    }
    report("the next picture of 12 megapixels, prefetched", times);
}

/// What an annotator did.
#[derive(Default)]
struct Work {
    keys: usize,
    drags: usize,
    accepted: usize,
    edited: usize,
    rejected: usize,
    drawn: usize,
}

/// Reviews a data set as an annotator who knows the ground truth: a proposal is accepted with the key
/// of its class if its IoU with an object is at least 0.75, edited if it is at least 0.5, and rejected
/// otherwise. The remaining objects are drawn.
fn annotate(folder: &Path, truth: &Path) {
    let truth = Instances::read(truth).expect("the truth can be read");
    let root = folder.join("images");
    let root = if root.is_dir() {
        root
    } else {
        folder.to_owned()
    };
    let work = tempfile::tempdir().expect("a folder can be made");
    let pictures = pictures(&work);
    for image in &truth.images {
        let copy = pictures.join(&image.file_name);
        fs::create_dir_all(copy.parent().unwrap_or(&pictures)).expect("a folder can be made");
        fs::copy(root.join(&image.file_name), copy).expect("it can be copied");
    }
    let (mut project, _) = Project::create_for(&pictures).expect("a project can be made");
    store::rescan(&mut project).expect("the folder can be read");
    for category in &truth.categories {
        let add = |document: &Document| Ok(ops::add_category(document, &category.name));
        project
            .commit_with("add a class", None, add)
            .expect("a class can be added");
    }
    project.close().expect("a project can be closed");

    let mut bench = Bench::new(&work);
    bench.wait(|window| {
        window
            .workspace()
            .is_some_and(|workspace| !workspace.is_scanning)
    });
    bench.press(Modifiers::COMMAND, Key::B);
    let mut done = Work::default();
    for _ in 0..truth.images.len() {
        bench.wait(|window| {
            is_shown(window)
                && window.workspace().is_some_and(|workspace| {
                    let session = &workspace.session;
                    let row = session
                        .current()
                        .and_then(|id| session.document().picture(id));
                    row.is_some_and(|row| row.review != ReviewState::New)
                })
        });
        bench.annotate_one(&truth, &mut done);
    }
    let document = bench
        .window
        .workspace()
        .expect("it is open")
        .session
        .document();
    let finished = document
        .summary()
        .pictures
        .get(&ReviewState::Done)
        .copied()
        .unwrap_or(0);
    let pictures = truth.images.len() as f64;
    println!(
        "{finished} of {pictures} pictures done, {} objects: {} accepted, {} edited, {} drawn, {} rejected",
        truth.annotations.len(),
        done.accepted,
        done.edited,
        done.drawn,
        done.rejected
    );
    println!(
        "  {:.2} keys and {:.2} drags a picture; by hand it would be {:.2} keys and {:.2} drags",
        done.keys as f64 / pictures,
        done.drags as f64 / pictures,
        keys_by_hand(&truth) as f64 / pictures,
        truth.annotations.len() as f64 / pictures,
    );
}

impl Bench {
    fn drag(&mut self, from: Pos2, to: Pos2) {
        let press = |pos, pressed| Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Event::PointerMoved(from)]);
        self.frame(vec![press(from, true)]);
        for share in [0.5, 1.0] {
            self.frame(vec![Event::PointerMoved(from + (to - from) * share)]);
        }
        self.frame(vec![press(to, false)]);
        self.frame(Vec::new());
    }

    fn session(&self) -> &Session {
        &self.window.workspace().expect("it is open").session
    }

    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.window
            .workspace()
            .expect("it is open")
            .view
            .canvas
            .to_screen(x, y)
    }

    fn annotate_one(&mut self, truth: &Instances, done: &mut Work) {
        let session = self.session();
        let picture = session
            .current()
            .and_then(|id| session.document().picture(id));
        let picture = picture.expect("a picture is shown");
        let image = truth
            .images
            .iter()
            .find(|image| image.file_name == *picture.path);
        let image = image.expect("the truth knows it").id;
        let objects = truth.annotations.iter().filter(|row| row.image_id == image);
        let mut open: Vec<(BBox, u64)> = objects
            .map(|row| (row.to_bbox(), row.category_id))
            .collect();
        // The decision about each proposal, most confident first.
        let mut plan = Vec::new();
        for id in session.review_order() {
            let (_, row) = session.document().annotation(id).expect("it is there");
            let ious = open.iter().map(|(bbox, _)| bbox.iou(&row.rect)).enumerate();
            let best = ious.max_by(|a, b| a.1.total_cmp(&b.1));
            let kept = best.filter(|(_, iou)| *iou >= 0.5);
            plan.push((
                id,
                row.rect,
                kept.map(|(at, iou)| (open.swap_remove(at), iou)),
            ));
        }
        // Those after the last good one are rejected when the picture is done.
        let judged = plan
            .iter()
            .rposition(|(.., kept)| kept.is_some())
            .map_or(0, |at| at + 1);
        done.rejected += plan.iter().filter(|(.., kept)| kept.is_none()).count();
        for (id, rect, kept) in &plan[..judged] {
            while self.session().selection() != [*id] {
                self.key(Key::Tab);
                done.keys += 1;
            }
            let Some(((object, class), iou)) = kept else {
                self.key(Key::X);
                done.keys += 1;
                continue;
            };
            if *iou < 0.75 {
                done.edited += 1;
                for (from, to) in [
                    ((rect.x0, rect.y0), (object.x0, object.y0)),
                    ((rect.x1, rect.y1), (object.x1, object.y1)),
                ] {
                    if (from.0 - to.0).abs().max((from.1 - to.1).abs()) > 3.0 {
                        let (from, to) = (self.at(from.0, from.1), self.at(to.0, to.1));
                        self.drag(from, to);
                        done.drags += 1;
                    }
                }
            } else {
                done.accepted += 1;
            }
            self.class(*class, done);
        }
        for (object, class) in &open {
            self.key(Key::W);
            let (from, to) = (self.at(object.x0, object.y0), self.at(object.x1, object.y1));
            let is_chosen = self.session().chosen_class().map(|id| u64::from(id.0)) == Some(*class);
            self.drag(from, to);
            (done.keys, done.drags, done.drawn) = (done.keys + 1, done.drags + 1, done.drawn + 1);
            if !is_chosen {
                self.class(*class, done);
            }
        }
        self.key(Key::Space);
        done.keys += 1;
    }

    /// Presses the key of a class.
    fn class(&mut self, class: u64, done: &mut Work) {
        let key = char::from_digit(class as u32, 10).expect("few classes");
        self.frame(vec![Event::Text(key.to_string())]);
        self.frame(Vec::new());
        done.keys += 1;
    }
}

/// Keys for the same boxes without proposals: for each object the key for drawing, for each change
/// of class its key, and for each picture the key that marks it as done.
fn keys_by_hand(truth: &Instances) -> usize {
    let mut keys = truth.images.len() + truth.annotations.len();
    let mut former = None;
    for image in &truth.images {
        for row in truth
            .annotations
            .iter()
            .filter(|row| row.image_id == image.id)
        {
            keys += usize::from(former.replace(row.category_id) != Some(row.category_id));
        }
    }
    keys
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn memory() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pictures = pictures(&folder);
    photograph(&pictures.join("0000.jpg"), 4000, 3000);
    for at in 1..2000 {
        let link = pictures.join(format!("{at:04}.jpg"));
        fs::hard_link(pictures.join("0000.jpg"), link).expect("it can be linked");
    }
    let mut bench = Bench::new(&folder);
    bench.wait(|window| {
        is_shown(window)
            && window
                .workspace()
                .is_some_and(|workspace| !workspace.is_scanning && workspace.model_info().is_some())
    });
    println!(
        "2,000 pictures of 12 megapixels: {} at the start",
        resident()
    );
    for at in 1..2000 {
        bench.key(Key::D);
        bench.wait(is_shown);
        if at % 500 == 499 {
            println!("  after {}: {}", at + 1, resident());
        }
    }
}

/// The memory of this process according to the system.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        number.map_or("?".to_owned(), |kib| format!("{} MB", kib / 1024))
    };
    format!("{} resident, {} at the most", of("VmRSS"), of("VmHWM"))
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if let [word, folder, truth] = &wanted[..]
        && word == "annotate"
    {
        annotate(Path::new(folder), Path::new(truth));
        return;
    }
    #[cfg(target_os = "linux")]
    if wanted.iter().any(|word| word == "stalls") {
        return stalls::run();
    }
    let parts: [(&str, fn()); 3] = [("frames", frames), ("folder", folder), ("memory", memory)];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            part();
        }
    }
}
