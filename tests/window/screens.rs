//! Snapshots of what a person sees besides the review itself, in both themes: in a small and in a usual
//! window, and in the smallest one on a screen of twice the density. `UPDATE_SNAPSHOTS=1` updates them.
//!
//! Pictures, boxes and paths are the same in every run.

use std::path::PathBuf;

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use image::{Rgb, RgbImage};
use tsukami::app::action::Action;
use tsukami::app::command::Command;
use tsukami::app::preferences::Theme;
use tsukami::document::PictureId;
use tsukami::document::ops::{self, Candidate};
use tsukami::geometry::BBox;
use tsukami::localize::Quality;

use crate::bench::{Bench, model, project_with};
use crate::comparing::write_coco;
use crate::looks::settle;

/// The sizes in points, and the pixels per point.
pub const SIZES: [([f32; 2], f32, &str); 3] = [
    ([1024.0, 640.0], 1.0, "1024"),
    ([1280.0, 800.0], 1.0, "1280"),
    ([820.0, 520.0], 2.0, "2x"),
];
const CLASSES: [&str; 4] = ["crate", "barrel", "pallet", "forklift"];
/// Pictures, those of them that are done, and boxes on each.
const PICTURES: usize = 8;
const DONE: usize = 5;
const BOXES: usize = 8;

/// The boxes on a picture: two rows of things.
fn boxes(number: usize) -> Vec<BBox> {
    let at = |index: usize| {
        let (column, row) = (index % 4, index / 4);
        let size = 40.0 + ((index * 7 + number * 5) % 5) as f32 * 8.0;
        BBox::from_xywh(
            20.0 + column as f32 * 96.0,
            28.0 + row as f32 * 120.0,
            size,
            size,
        )
    };
    (0..BOXES).map(at).collect()
}

/// A plain picture with things of plain colours on it, which compresses well.
fn picture(number: usize) -> RgbImage {
    let shades = [[196, 188, 170], [170, 182, 190], [206, 200, 196]];
    let mut image = RgbImage::from_pixel(400, 280, Rgb(shades[number % shades.len()]));
    for (index, rect) in boxes(number).iter().enumerate() {
        let colour = [[150, 96, 52], [60, 92, 120], [118, 122, 60], [140, 60, 60]];
        let colour = Rgb(colour[(index + number) % colour.len()]);
        for y in rect.y0 as u32..rect.y1 as u32 {
            for x in rect.x0 as u32..rect.x1 as u32 {
                image.put_pixel(x, y, colour);
            }
        }
    }
    image
}

/// A project of plain pictures, most of which are done.
pub fn project(theme: Theme) -> Bench {
    let folder = Bench::folder_of(&[]);
    let pictures = folder.path().join("pictures");
    for number in 0..PICTURES {
        let name = format!("yard-{:02}.png", number + 1);
        picture(number).save(pictures.join(name)).unwrap();
    }
    let mut project = project_with(&folder, &CLASSES);
    let model = model();
    let ids: Vec<PictureId> = project.document().pictures().map(|row| row.id).collect();
    project
        .commit_with("propose", None, |document| {
            let classes: Vec<_> = document.categories().map(|row| row.id).collect();
            let proposed = ids.iter().enumerate().take(DONE + 2);
            let proposed = proposed.map(|(number, id)| {
                let candidates = boxes(number).into_iter().enumerate();
                let candidates = candidates.map(|(index, rect)| {
                    let score = 0.95 - 0.1 * index as f32;
                    let class = classes[(index + number) % classes.len()];
                    Candidate::of_class(rect, class, score)
                });
                (*id, candidates.collect())
            });
            let proposed: Vec<(PictureId, Vec<Candidate>)> = proposed.collect();
            Ok(ops::replace_proposals(document, &model, &proposed))
        })
        .unwrap();
    for id in &ids[..DONE] {
        let rows = project.document().annotations(*id).to_vec();
        project
            .commit_with("move", None, |document| {
                let moved = |row: &tsukami::document::Annotation| {
                    let BBox { x0, y0, x1, y1 } = row.rect;
                    (row.id, BBox::from_corners(x0, y0, x1 + 6.0, y1 + 4.0))
                };
                let moved: Vec<_> = rows[2..4].iter().map(moved).collect();
                ops::reshape(document, &moved)
            })
            .unwrap();
        project
            .commit_with("done", None, |document| {
                let kept: Vec<_> = rows[..6].iter().map(|row| row.id).collect();
                ops::accept_and_finish(document, *id, &kept)
            })
            .unwrap();
    }
    project.close().unwrap();
    let mut bench = Bench::on(folder, theme, false);
    bench.fold_panels();
    bench.key(Key::Home);
    bench
}

/// Labels of the first picture by somebody else: one box has another class, one is missing, one is more.
fn labels(bench: &Bench) -> PathBuf {
    let rects: Vec<[f32; 4]> = boxes(0)
        .iter()
        .map(|rect| [rect.x0 - 2.0, rect.y0 + 1.0, rect.width(), rect.height()])
        .collect();
    let mut rows: Vec<(&str, [f32; 4])> = (0..5)
        .map(|at| (CLASSES[at % CLASSES.len()], rects[at]))
        .collect();
    rows[1].0 = "pallet";
    rows.push(("forklift", rects[7]));
    let path = bench.folder.path().join("yard-coco.json");
    write_coco(&path, &CLASSES, &[("yard-01.png", [400, 280], &rows)]);
    path
}

fn check(theme: Theme, theme_name: &str) {
    const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    let mut bench = project(theme);
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        settle(&mut bench);
        let snapshot = |bench: &mut Bench, screen: &str| {
            bench
                .harness
                .snapshot(format!("{screen}_{theme_name}_{name}"));
        };
        bench.key(Key::T);
        settle(&mut bench);
        snapshot(&mut bench, "grid");
        bench.key(Key::T);
        bench.keys(CTRL_SHIFT, Key::P);
        settle(&mut bench);
        snapshot(&mut bench, "palette");
        bench.key(Key::Escape);
        bench.keys(CTRL_SHIFT, Key::I);
        settle(&mut bench);
        snapshot(&mut bench, "import");
        bench.key(Key::Escape);
        bench.keys(CTRL_SHIFT, Key::E);
        // The folder has another name in every run.
        bench.harness.get_by_label("To a file").focus();
        bench.frames(2);
        bench.keys(Modifiers::COMMAND, Key::A);
        let path = "/exports/yard/yard-coco.json";
        bench.harness.event(Event::Text(path.to_owned()));
        bench.wait_for_words("yard-coco.json");
        settle(&mut bench);
        snapshot(&mut bench, "export");
        bench.key(Key::Escape);
        bench.key(Key::Escape);
        bench.key(Key::F8);
        settle(&mut bench);
        snapshot(&mut bench, "dashboard");
        bench.key(Key::Escape);
        for _ in 0..3 {
            bench.keys(Modifiers::COMMAND, Key::S);
        }
        // A problem is told once, so there is another one for each size.
        let missing = format!("/pictures/2026/a-folder-with-a-long-name/not-there/yard-{name}");
        bench.act(Action::Open(missing.clone().into()));
        bench.wait_for_words(&missing);
        bench.harness.event(Event::PointerGone);
        bench.frames(3);
        snapshot(&mut bench, "toasts");
        bench.hush();
    }
    // Paused before the model is ready, so that none of the pictures is processed.
    bench.act(Action::UseQuality(Quality::Fast));
    bench.act(Action::Command(Command::ProposeAll));
    bench.act(Action::Command(Command::PauseProposing));
    bench.wait("the model", |workspace| {
        let info = workspace.model_info();
        info.is_some_and(|info| info.quality == Quality::Fast)
    });
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        settle(&mut bench);
        let name = format!("proposing_{theme_name}_{name}");
        bench.harness.snapshot(name);
    }
}

fn check_comparison(theme: Theme, theme_name: &str) {
    let mut bench = project(theme);
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        bench.key(Key::V);
        settle(&mut bench);
        let name = format!("{theme_name}_{name}");
        bench.harness.snapshot(format!("compare_dialog_{name}"));
        bench.key(Key::Escape);
        bench.act(Action::CompareWithFile(labels(&bench)));
        bench.wait_for_words("only in yard-coco.json");
        bench.key(Key::F3);
        settle(&mut bench);
        bench.harness.snapshot(format!("compare_{name}"));
        bench.key(Key::Escape);
        bench.key(Key::Escape);
    }
}

#[test]
fn comparison_dark() {
    check_comparison(Theme::Dark, "dark");
}

#[test]
fn comparison_light() {
    check_comparison(Theme::Light, "light");
}

#[test]
fn dark() {
    check(Theme::Dark, "dark");
}

#[test]
fn light() {
    check(Theme::Light, "light");
}
