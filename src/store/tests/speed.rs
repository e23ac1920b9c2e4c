//! How fast and how large: run with `--ignored --nocapture` and a release build.

use std::time::Instant;

use super::*;

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

/// 100,000 pictures and 300,000 boxes. With `TSUKAMI_TEST_LARGE` set to a file that exists it is
/// only opened, so that the peak of memory is that of opening.
#[test]
#[ignore = "it measures, and takes a while"]
fn a_large_project() {
    let kept = std::env::var_os("TSUKAMI_TEST_LARGE").map(PathBuf::from);
    let (_folder, root) = folder();
    let path = kept.clone().unwrap_or_else(|| root.join("large.tsukami"));
    if !path.exists() {
        let (mut project, _) = Project::create(&path, &root).expect("it can be made");
        let edit = ops::add_category(project.document(), "cat");
        project.note("add category", &edit).expect("it fits");
        let rows = (0..100_000).map(|at| new_picture(format!("folder {}/{at:06}.jpg", at / 1000)));
        let edit = ops::add_pictures(project.document(), rows.collect());
        let start = Instant::now();
        project.note("add pictures", &edit).expect("it fits");
        println!("100,000 pictures written in {:?}", start.elapsed());
        let start = Instant::now();
        for first in (1..=100_000).step_by(1000) {
            let found: Vec<_> = (first..first + 1000)
                .map(|id| {
                    let boxes = [1.0, 30.0, 60.0].map(|x| found(rect(x, 7.3, 20.1, 20.7)));
                    (PictureId(id), boxes.to_vec())
                })
                .collect();
            let edit = |document: &Document| ops::propose(document, &model("1"), &found);
            project
                .commit_with("propose boxes", None, edit)
                .expect("it fits");
        }
        println!(
            "300,000 boxes proposed and written in {:?}",
            start.elapsed()
        );
        let start = Instant::now();
        project.close().expect("it closes");
        println!("closed, with a backup, in {:?}", start.elapsed());
    }
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let project = open(&path, Access::Edit);
            let time = start.elapsed();
            assert_eq!(project.document().annotation_count(), 300_000);
            time
        })
        .collect();
    times.sort();
    let bytes = path.metadata().expect("it is there").len();
    println!(
        "opened {} MiB in {times:?}, peak {} MiB",
        bytes >> 20,
        peak_mib()
    );

    let mut project = open(&path, Access::Edit);
    let mut times: Vec<_> = (0..200)
        .map(|at| {
            let start = Instant::now();
            draw(&mut project, PictureId(500 * at + 1), 40.0);
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "an edit: median {:?}, 95% {:?}, worst {:?}",
        times[100], times[190], times[199]
    );
    for _ in 0..200 {
        project.undo().expect("it can be undone");
    }
    let start = Instant::now();
    project.poll().expect("it reads");
    println!(
        "a poll without news: {:?}; peak {} MiB",
        start.elapsed(),
        peak_mib()
    );
    if kept.is_none() {
        project.close().expect("it closes");
    }
}
