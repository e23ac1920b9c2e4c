//! How fast a large project opens, and how fast an edit is saved: 100,000 pictures with 300,000 boxes.
//!
//! `cargo bench --bench store -- [FILE]`: FILE is kept between runs. If it exists, it is only opened, so that
//! the peak memory is that of opening.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tsukami::document::ops::{self, Candidate};
use tsukami::document::{CategoryId, Picture, PictureId, Provenance};
use tsukami::geometry::BBox;
use tsukami::store::{Access, Project};

const PICTURES: u32 = 100_000;
const BOXES: usize = 300_000;
const EDITS: u32 = 200;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[allow(clippy::print_stdout, reason = "the output of a benchmark")]
fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let kept = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let path = kept.map_or_else(|| folder.path().join("large.tsukami"), Into::into);
    if !path.exists() {
        let start = Instant::now();
        make(&path, folder.path())?;
        println!("made and closed in {:.2} s", start.elapsed().as_secs_f64());
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let (project, _) = Project::open(&path, Access::Edit)?;
        times.push(start.elapsed());
        if project.document().annotation_count() < BOXES {
            return Err("the project is not whole".into());
        }
    }
    println!("open: median {:.2} s", median(&mut times).as_secs_f64());

    let (mut project, _) = Project::open(&path, Access::Edit)?;
    let mut times = Vec::new();
    for edit in 0..EDITS {
        let start = Instant::now();
        let picture = PictureId(1 + edit * (PICTURES / EDITS));
        project.commit_with("draw box", None, |document| {
            ops::draw(
                document,
                picture,
                BBox::from_xywh(70.0, 50.0, 9.0, 9.0),
                CategoryId(1),
            )
        })?;
        times.push(start.elapsed());
    }
    let millis = median(&mut times).as_secs_f64() * 1e3;
    println!("an edit on the disk: median {millis:.2} ms");
    println!(
        "file {} MiB, peak memory {}",
        path.metadata()?.len() >> 20,
        peak_memory()
    );
    project.close()?;
    Ok(())
}

fn make(path: &Path, root: &Path) -> Outcome<()> {
    let (mut project, _) = Project::create(path, root)?;
    let edit = ops::add_category(project.document(), "cat");
    project.commit_untracked("add a class", &edit)?;
    let name = |at: u32| format!("folder {}/{at:06}.jpg", at / 1000);
    let rows = (0..PICTURES).map(|at| Picture::new(PictureId(1), name(at), 100, 80));
    let edit = ops::add_pictures(project.document(), rows.collect());
    project.commit_untracked("add pictures", &edit)?;
    let model = Arc::new(Provenance {
        name: "model".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.5,
    });
    let candidates = [1.0, 30.0, 60.0]
        .map(|x| Candidate::of_class(BBox::from_xywh(x, 7.3, 20.1, 20.7), CategoryId(1), 0.5));
    for first in (1..=PICTURES).step_by(1000) {
        let pictures = first..first + 1000;
        let found: Vec<_> = pictures
            .map(|id| (PictureId(id), candidates.to_vec()))
            .collect();
        project.commit_with("propose", None, |document| {
            Ok(ops::replace_proposals(document, &model, &found))
        })?;
    }
    project.close()?;
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Read from Linux's `/proc`; other systems are not supported.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}
