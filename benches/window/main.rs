//! The cost of the window without a screen: `cargo bench --bench window [-- frames|folder|memory|stalls]`.
//!
//! - `frames`: processor time per frame, with a picture of 24 megapixels, 500 boxes and the heat map;
//! - `folder`: the time until the first of 10,000 pictures is shown, and until the next one is;
//! - `memory`: the peak memory while stepping through 2,000 pictures of 12 megapixels;
//! - `stalls`: how long the window's thread waits for a slow disk and for locks;
//! - `annotate DIR TRUTH.json...`: the keys and drags with which a scripted annotator labels data sets, by
//!   hand and with proposals.
//!
//! A frame includes everything up to the triangles, but not the work of the graphics card.

#![allow(clippy::print_stdout, reason = "it reports what it measures")]

mod annotate;
mod bench;
#[cfg(target_os = "linux")]
mod stalls;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, Pos2, vec2};
use image::RgbImage;
use image::imageops::FilterType;
use tsukami::app::window::Window;
use tsukami::document::{BoxState, Document, ops};
use tsukami::geometry::BBox;
use tsukami::store::{self, Project};

use self::bench::{Bench, is_shown, pictures};

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
    if let [word, sets @ ..] = &wanted[..]
        && word == "annotate"
    {
        annotate::run(sets);
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
