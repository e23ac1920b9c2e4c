//! A process that runs an editing script is killed at 200 random moments. Everything that it had
//! acknowledged must be in the file, and nothing that differs from the script.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::*;

/// The project that the child process edits.
pub(super) const PROJECT: &str = "TSUKAMI_TEST_PROJECT";
const KILLS: u64 = 200;

/// Starts a process that edits a project until it is killed. It is an ignored test of this binary.
pub(super) fn spawn_child(test: &str, project: &Path) -> Child {
    Command::new(std::env::current_exe().expect("it has a path"))
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env(PROJECT, project)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Pseudo-random numbers, the same each time.
pub(super) fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % below
    }
}

enum Do {
    Commit(Edit),
    Undo,
    Redo,
}

/// The change with this number in the script. It always changes something.
fn script(number: u64, document: &Document, history: &History) -> Do {
    let mut random = random(number);
    let pictures: Vec<_> = document.pictures().map(|row| row.id).collect();
    let mut pick = || pictures[random(pictures.len() as u64) as usize];
    let (p, q) = (pick(), pick());
    let mut edge = || random(60) as f32 + 0.25;
    let rect = rect(edge(), edge(), edge() + 1.0, edge() + 1.0);
    let ids: Vec<_> = document.annotations(p).iter().map(|row| row.id).collect();
    let edit = match random(12) {
        0..=2 => ops::draw(document, p, rect, CAT),
        3 | 4 => {
            let found = [(p, vec![found(rect)])];
            Ok(ops::replace_proposals(document, &model("1"), &found))
        }
        5 => ops::accept_all(document, p),
        6 => ops::set_done(document, &[p, q], random(2) == 1),
        7 => ops::delete(document, &ids),
        8 if random(2) == 1 => ops::map_classes(
            document,
            &[(format!("class {number}"), Some(MappedClass::named("cat")))],
        ),
        8 => Ok(ops::add_category(document, &format!("category {number}"))),
        9 if history.next_redo().is_some() => return Do::Redo,
        9..=10 if history.next_undo().is_some() => return Do::Undo,
        _ => ops::set_tag(document, &pictures, CAT, random(2) == 1),
    };
    match edit {
        Ok(edit) if !edit.is_empty() => Do::Commit(edit),
        _ => Do::Commit(Edit::Extra(Some(number.to_string().into()))),
    }
}

#[test]
#[ignore = "runs as a child of the test below"]
fn child() {
    let Some(path) = std::env::var_os(PROJECT) else {
        return;
    };
    let mut project = open(Path::new(&path), Access::Edit);
    for number in 0.. {
        let head = project.memory.last_change.cast_unsigned();
        match script(head, project.document(), project.history()) {
            Do::Commit(edit) => drop(
                project
                    .commit("step", &edit, None)
                    .expect("the edit is valid"),
            ),
            Do::Undo => drop(project.undo().expect("it can be undone")),
            Do::Redo => drop(project.redo().expect("it can be redone")),
        }
        println!("acknowledged {}", project.memory.last_change);
        if number % 10 == 9 {
            project.close().expect("it closes");
            project = open(Path::new(&path), Access::Edit);
        }
    }
}

#[test]
fn acknowledged_edits_survive_200_kills() {
    let (_folder, root) = folder();
    let project = sample(&root, 6);
    let path = project.path().to_path_buf();
    let mut head = project.memory.last_change;
    let (mut document, mut history) = (project.document().clone(), History::default());
    project.close().expect("it closes");
    let mut random = random(2103_14862);
    let (mut all_acknowledged, mut unacknowledged) = (0, 0);
    for kill in 0..KILLS {
        let mut child = spawn_child("store::tests::crash::child", &path);
        let mut output = BufReader::new(child.stdout.take().expect("it has one"));
        let mut output_text = String::new();
        // One in four is killed while it starts, the others while they edit.
        while kill % 4 > 0 && !output_text.contains("acknowledged") {
            let read = output.read_line(&mut output_text).expect("it is text");
            assert!(read > 0, "the child ended: {output_text}");
        }
        sleep(Duration::from_micros(random(80_000)));
        child.kill().expect("it can be killed");
        output.read_to_string(&mut output_text).expect("it is text");
        child.wait().expect("it ends");
        // A kill may have come in the middle of a line.
        let acknowledged = output_text.split("acknowledged ").skip(1);
        let last = acknowledged
            .filter_map(|rest| rest.split_once('\n')?.0.parse::<i64>().ok())
            .last();
        let last = last.unwrap_or(head);

        let report = check(&path).expect("it can be checked");
        assert_eq!(report.problems, Vec::<String>::new(), "after kill {kill}");
        let project = open(&path, Access::Edit);
        let now = project.memory.last_change;
        assert!(
            now == last || now == last + 1,
            "{now} after {last} was acknowledged"
        );
        all_acknowledged += last - head;
        unacknowledged += now - last;
        while head < now {
            match script(head.cast_unsigned(), &document, &history) {
                Do::Commit(edit) => {
                    history
                        .commit(&mut document, "step", edit, None)
                        .expect("the edit is valid");
                }
                Do::Undo => drop(history.undo(&mut document).expect("it can be undone")),
                Do::Redo => drop(history.redo(&mut document).expect("it can be redone")),
            }
            head += 1;
        }
        assert_eq!(project.document(), &document, "after kill {kill}");
        assert_eq!(
            project.history().steps(),
            history.steps(),
            "after kill {kill}"
        );
        assert_eq!(project.history().position(), history.position());
        if random(2) == 0 {
            project.close().expect("it closes");
        }
    }
    println!("{KILLS} kills, {all_acknowledged} edits acknowledged, {unacknowledged} more stored");
    assert!(all_acknowledged > 200, "{all_acknowledged}");
}
