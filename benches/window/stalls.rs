//! How long the thread of the window stands still, waiting for the disk or for locks, while 10,000
//! pictures are scanned, proposed, imported and exported on a slow disk (`slow_disk.c`), and a person draws,
//! undoes and goes on meanwhile.
//!
//! The time that a frame waits is its time by the clock, less the time that it ran, less the time that it
//! could have run but other threads had the processors (`/proc/…/schedstat`).

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use egui::{Event, Key, Modifiers, PointerButton, vec2};
use tsukami::app::action::Action;
use tsukami::app::command::Command;
use tsukami::app::window::Window;
use tsukami::document::ReviewState;
use tsukami::formats::{ExportOptions, Format, ImportMode, PictureScope};

use crate::bench::{Bench, is_shown, pictures};

const PICTURES: usize = 10_000;
/// What a frame may wait at most.
const MAX_STALL: Duration = Duration::from_millis(16);
/// The time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// A person does something every so many frames.
const FRAMES_PER_ACTION: usize = 20;
/// Set in the process that has the slow disk.
const IS_SLOW: &str = "TSUKAMI_BENCH_SLOW_DISK";

/// Runs the measurement in a process of its own with the slow disk.
pub fn run() {
    if env::var_os(IS_SLOW).is_some() {
        return measure();
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = folder.path().join("slow_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/window/slow_disk.c");
    let compiled = Process::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("stalls: needs Linux and a C compiler for the slow disk");
        return;
    }
    let status = Process::new(env::current_exe().expect("it has a path"))
        .arg("stalls")
        .env("LD_PRELOAD", &library)
        .env(IS_SLOW, "1")
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}

/// The time that this thread could have run, but did not get a processor.
struct RunQueue(File);

impl RunQueue {
    fn of_this_thread() -> Self {
        Self(File::open("/proc/thread-self/schedstat").expect("Linux counts it"))
    }

    fn waited(&self) -> Duration {
        let mut bytes = [0; 128];
        let read = self.0.read_at(&mut bytes, 0).expect("it can be read");
        let text = String::from_utf8_lossy(&bytes[..read]);
        let nanoseconds = text
            .split_whitespace()
            .nth(1)
            .and_then(|word| word.parse().ok());
        Duration::from_nanos(nanoseconds.expect("it is the second number"))
    }
}

/// A window whose frames are measured.
struct Stalls {
    bench: Bench,
    run_queue: RunQueue,
    frames: usize,
    /// What each frame waited, and how long it ran.
    times: Vec<(Duration, Duration)>,
}

impl Stalls {
    fn frame(&mut self, events: Vec<Event>) {
        let began = Instant::now();
        let (queued, ran) = (self.run_queue.waited(), ThreadTime::now());
        self.bench.frame(events);
        let ran = ran.elapsed();
        let queued = self.run_queue.waited().saturating_sub(queued);
        let waited = began.elapsed().saturating_sub(ran + queued);
        self.times.push((waited, ran));
        self.frames += 1;
        std::thread::sleep(FRAME.saturating_sub(began.elapsed()));
    }

    /// Draws frames until a condition holds, while a person works, and says what they waited.
    fn phase(&mut self, name: &str, is_over: impl Fn(&Window) -> bool) {
        let began = Instant::now();
        self.times.clear();
        loop {
            self.frame(Vec::new());
            if is_over(&self.bench.window) {
                break;
            }
            if self.frames.is_multiple_of(FRAMES_PER_ACTION) {
                self.work();
            }
        }
        let waited = self.times.iter().map(|(waited, _)| *waited);
        let stalls = waited.clone().filter(|waited| *waited > MAX_STALL).count();
        let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
        println!(
            "  {name}: {:.1} s, {} frames; waited at most {:.1} ms, {stalls} times over 16 ms; ran at most {:.1} ms",
            began.elapsed().as_secs_f64(),
            self.times.len(),
            ms(waited.max()),
            ms(self.times.iter().map(|(_, ran)| *ran).max()),
        );
    }

    /// What a person does now and then: draws a box, undoes it, accepts, and goes on.
    fn work(&mut self) {
        if !is_shown(&self.bench.window) {
            return;
        }
        let key = |key, modifiers| {
            [true, false].map(|pressed| Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            })
        };
        match self.frames / FRAMES_PER_ACTION % 5 {
            0 | 1 => {
                self.frame(key(Key::W, Modifiers::NONE).into());
                let (from, to) = (self.bench.at(20.0, 20.0), self.bench.at(90.0, 80.0));
                for (at, press) in [
                    (from, Some(true)),
                    (from + vec2(20.0, 20.0), None),
                    (to, None),
                    (to, Some(false)),
                ] {
                    let button = press.map(|pressed| Event::PointerButton {
                        pos: at,
                        button: PointerButton::Primary,
                        pressed,
                        modifiers: Modifiers::NONE,
                    });
                    self.frame(
                        [Event::PointerMoved(at)]
                            .into_iter()
                            .chain(button)
                            .collect(),
                    );
                }
            }
            2 => self.frame(key(Key::Z, Modifiers::COMMAND).into()),
            3 => self.frame(key(Key::Enter, Modifiers::NONE).into()),
            _ => self.frame(key(Key::D, Modifiers::NONE).into()),
        }
    }

    fn perform(&mut self, action: Action) {
        let context = self.bench.context.clone();
        self.bench.window.perform_for_test(&context, action);
    }
}

/// A COCO file with a box in each picture.
fn coco(path: &Path) {
    let mut text = r#"{"categories":[{"id":1,"name":"tool"}],"images":["#.to_owned();
    for at in 0..PICTURES {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"id":{at},"file_name":"{at:05}.jpg","width":640,"height":480}}"#
        );
    }
    text.push_str(r#"],"annotations":["#);
    for at in 0..PICTURES {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"id":{at},"image_id":{at},"category_id":1,"bbox":[{},100,60,50]}}"#,
            at % 300
        );
    }
    text.push_str("]}");
    fs::write(path, text).expect("it can be written");
}

fn measure() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let files = pictures(&folder);
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/sample/images/Pliers/008002.jpg"
    );
    let sample = image::open(sample).expect("the sample is there");
    let small = sample.resize_exact(640, 480, image::imageops::FilterType::Triangle);
    small
        .into_rgb8()
        .save(files.join("00000.jpg"))
        .expect("it can be written");
    for at in 1..PICTURES {
        let link = files.join(format!("{at:05}.jpg"));
        fs::hard_link(files.join("00000.jpg"), link).expect("it can be linked");
    }
    let (import, export) = (
        folder.path().join("import.json"),
        folder.path().join("export.json"),
    );
    coco(&import);
    println!(
        "10,000 pictures; an fsync takes 300 ms, a file that the window touches itself 20 ms:"
    );

    let mut stalls = Stalls {
        bench: Bench::new(&folder),
        run_queue: RunQueue::of_this_thread(),
        frames: 0,
        times: Vec::new(),
    };
    stalls.phase("opening and scanning", |window| {
        window.workspace().is_some_and(|workspace| {
            !workspace.is_scanning && workspace.session.document().pictures().len() == PICTURES
        })
    });
    stalls.phase("loading the model", |window| {
        window
            .workspace()
            .is_some_and(|workspace| workspace.model_info().is_some())
    });
    stalls.perform(Action::Command(Command::ProposeAll));
    stalls.phase("proposing", |window| {
        window.workspace().is_some_and(|workspace| {
            let mut rows = workspace.session.document().pictures();
            workspace.proposing.job.is_none()
                && !workspace.has_unwritten()
                && rows.all(|row| row.review != ReviewState::New)
        })
    });
    stalls.perform(Action::Import(vec![import], ImportMode::Merge.into()));
    stalls.phase("importing", |window| {
        window.workspace().is_some_and(|workspace| {
            let tools = workspace.session.document().category_named("tool");
            workspace.exchange.is_none() && tools.is_some()
        })
    });
    let mut options = ExportOptions::new(Format::Coco);
    options.scope = PictureScope::All;
    stalls.perform(Action::Export(Box::new(options), export.clone()));
    stalls.phase("exporting", |window| {
        window
            .workspace()
            .is_some_and(|workspace| workspace.exchange.is_none())
    });
    assert!(export.exists(), "it was exported");
    stalls.perform(Action::Command(Command::CloseProject));
    stalls.phase("closing", |window| window.workspace().is_none());
    stalls.bench.window.close();
}
