//! Bad pictures, bad models and outputs that cannot be written: each leads to a clear message, none stops
//! the run for the other pictures, and no partial file is left.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use common::{Place, Run, binary, file_names, find, jpeg, png, repository, scene, strings};
use serde_json::Value;
use tsukami::nn::weights::Weights;

// --- Pictures: one run over a folder with everything that can be wrong ---------------

const UNICODE: &str = "猫 と 犬 é \u{1f431}.png";

/// The result of one run over the bad folder.
struct BadFolder {
    run: Run,
    coco: Value,
    /// The names in the folder of the output afterwards.
    names: Vec<String>,
    took: Duration,
}

static BAD_FOLDER: LazyLock<BadFolder> = LazyLock::new(|| {
    let place = Place::new();
    let at = |name: &str| format!("set/{name}");
    let whole = jpeg(&scene(160, 120, 1));
    place.write(at("good.jpg"), &whole);
    place.write(at("last rows cut.jpg"), &whole[..whole.len() * 9 / 10]);
    let scan = find(&whole, &[0xff, 0xda]);
    place.write(at("header cut.jpg"), &whole[..scan - 20]);
    place.write(at("empty.jpg"), b"");
    place.write(at("text.jpg"), "<html>404 not found</html>\n");
    place.write(at("bomb.png"), png_bomb(30_000));
    place.write(at("1x1.png"), png(&scene(1, 1, 0)));
    place.write(at("1x5000.png"), png(&scene(1, 5000, 0)));
    place.write(at("5000x1.png"), png(&scene(5000, 1, 0)));
    place.write(at(UNICODE), png(&scene(64, 48, 2)));
    place.write(at(&longest_name()), png(&scene(64, 48, 3)));
    place.write(at(&deep_name()), png(&scene(64, 48, 4)));
    let pipe = Command::new("mkfifo")
        .arg(place.path(at("pipe.jpg")))
        .status();
    assert!(pipe.unwrap().success());
    std::os::unix::fs::symlink(place.path("set"), place.path(at("loop"))).unwrap();
    std::os::unix::fs::symlink("nowhere", place.path(at("dangling.jpg"))).unwrap();
    let begun = Instant::now();
    let run = place.run("propose set --out boxes.json --patches 64");
    BadFolder {
        took: begun.elapsed(),
        coco: place.json("boxes.json"),
        names: place.names("."),
        run,
    }
});

/// 255 bytes, the maximum of most file systems.
fn longest_name() -> String {
    format!("{}.png", "n".repeat(251))
}

/// A path of more than 300 characters.
fn deep_name() -> String {
    format!("{}deep.png", format!("{}/", "d".repeat(99)).repeat(3))
}

/// A PNG whose header says that it has `side` x `side` pixels, and that is cut off.
fn png_bomb(side: u32) -> Vec<u8> {
    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let body = [kind.as_slice(), data].concat();
        let crc = !body.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        });
        let length = (data.len() as u32).to_be_bytes();
        [length.as_slice(), &body, &crc.to_be_bytes()].concat()
    }
    let side = side.to_be_bytes();
    let header = [side.as_slice(), &side, &[8, 2, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0]),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// Checks that a picture of the bad folder is among the failures with this reason, in the output file and
/// in the list at the end of the messages.
#[track_caller]
fn assert_failed(name: &str, reason: &str) {
    let BadFolder { run, coco, .. } = &*BAD_FOLDER;
    let failed = strings(&coco["info"]["failed"]);
    let matching: Vec<&String> = failed.iter().filter(|text| text.contains(name)).collect();
    assert_eq!(matching.len(), 1, "{name} in {failed:#?}");
    assert!(matching[0].contains(reason), "{}", matching[0]);
    let (_, end) = run.stderr.split_once(" failed:\n").unwrap();
    assert!(end.contains(matching[0].as_str()), "{end}");
    assert!(!file_names(coco).iter().any(|done| done == name));
}

#[track_caller]
fn assert_done(name: &str) {
    let done = file_names(&BAD_FOLDER.coco);
    assert!(done.iter().any(|done| done == name), "{name} in {done:#?}");
}

#[test]
fn a_run_continues_after_bad_pictures_and_exits_with_1() {
    assert_eq!(BAD_FOLDER.run.code, Some(1), "{:#?}", BAD_FOLDER.run);
    assert_done("good.jpg");
    let failed = strings(&BAD_FOLDER.coco["info"]["failed"]).len();
    assert_eq!(failed, 7, "{:#?}", BAD_FOLDER.run);
    assert!(BAD_FOLDER.run.stderr.contains(", 7 failed, "));
}

#[test]
fn no_temporary_file_and_no_journal_are_left() {
    assert_eq!(BAD_FOLDER.names, ["boxes.json", "set"]);
}

#[test]
fn a_jpeg_cut_in_its_last_rows_is_done_with_a_warning() {
    assert_done("last rows cut.jpg");
    let stderr = &BAD_FOLDER.run.stderr;
    let warning = stderr
        .lines()
        .find(|line| line.starts_with("warning: ") && line.contains("last rows cut.jpg"));
    assert!(warning.unwrap().contains("as far as possible"), "{stderr}");
}

#[test]
fn a_jpeg_cut_in_its_header_fails() {
    assert_failed("header cut.jpg", "is damaged");
}

#[test]
fn an_empty_file_fails() {
    assert_failed("empty.jpg", "is empty");
}

#[test]
fn a_text_file_named_like_a_jpeg_fails_as_text() {
    assert_failed("text.jpg", "is text");
}

#[test]
fn a_picture_beyond_the_limit_is_refused_quickly() {
    assert_failed("bomb.png", "30000 x 30000 pixels, more than the limit");
    assert!(
        BAD_FOLDER.took < Duration::from_secs(60),
        "{:?}",
        BAD_FOLDER.took
    );
}

#[test]
fn very_narrow_pictures_are_done() {
    for name in ["1x1.png", "1x5000.png", "5000x1.png"] {
        assert_done(name);
    }
}

#[test]
fn names_in_any_script_and_of_255_bytes_are_kept() {
    assert_eq!(longest_name().len(), 255);
    assert_done(UNICODE);
    assert_done(&longest_name());
}

#[test]
fn a_path_of_300_characters_is_done() {
    assert_done(&deep_name());
}

#[test]
fn a_pipe_among_the_pictures_fails_and_does_not_hang() {
    assert_failed("pipe.jpg", "is not a regular file");
}

#[test]
fn a_loop_of_links_is_reported_and_not_followed() {
    assert_failed("set/loop", "is a link back to");
    let done = file_names(&BAD_FOLDER.coco);
    assert!(!done.iter().any(|name| name.starts_with("loop/")));
}

#[test]
fn a_broken_link_fails() {
    assert_failed("dangling.jpg", "is a broken link");
}

#[test]
fn failures_are_listed_in_the_same_order_every_time() {
    let mut sorted = strings(&BAD_FOLDER.coco["info"]["failed"]);
    sorted.sort();
    assert_eq!(strings(&BAD_FOLDER.coco["info"]["failed"]), sorted);
}

#[test]
fn if_all_pictures_fail_the_output_is_empty_but_valid_and_the_exit_code_is_1() {
    let place = Place::new();
    place.write("set/empty.jpg", b"");
    place.run("propose set --out boxes.json").exits(1);
    let coco = place.json("boxes.json");
    assert_eq!(coco["images"].as_array().unwrap().len(), 0);
    assert_eq!(strings(&coco["info"]["failed"]).len(), 1);
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let place = Place::new();
    place.write("set/notes.md", b"not a picture");
    place
        .run("propose set")
        .refuses(&["no pictures found in set"]);
    assert_eq!(place.names("."), ["set"]);
}

#[test]
fn a_path_that_does_not_exist_is_refused() {
    let place = Place::new();
    place
        .run("propose nowhere")
        .refuses(&["nowhere", "does not exist"]);
}

#[test]
fn a_picture_rotated_by_exif_has_its_upright_size_and_a_warning() {
    let place = Place::new();
    let plain = jpeg(&scene(64, 48, 1));
    // TIFF, big-endian, one tag: orientation (0x0112), a short, 6 (rotate right by 90 degrees).
    let tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let exif = [b"Exif\0\0".as_slice(), tiff].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let rotated = [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat();
    place.write("rotated.jpg", rotated);
    place
        .run("propose rotated.jpg --out boxes.json --patches 64")
        .exits(0)
        .says("is rotated according to EXIF");
    let image = &place.json("boxes.json")["images"][0];
    assert_eq!(
        (&image["width"], &image["height"]),
        (&48.into(), &64.into())
    );
}

// --- Permissions: as a user other than root ------------------------------------------------------

/// Runs `line` as a user who owns nothing here. `None` if this user cannot switch to another one, or the
/// other user cannot start the program.
fn as_other_user(place: &Place, line: &str) -> Option<Run> {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o777)).unwrap();
    // The target folder may be in a place that the other user cannot read.
    let copy = place.path(".program");
    fs::copy(binary(), &copy).unwrap();
    let mut command = Command::new(copy);
    command
        .args(line.split_whitespace())
        .current_dir(place.path("."));
    let is_root = fs::metadata("/proc/self").is_ok_and(|data| {
        use std::os::unix::fs::MetadataExt as _;
        data.uid() == 0
    });
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output();
    fs::remove_file(place.path(".program")).unwrap();
    match output {
        Ok(output) => Some(output.into()),
        Err(error) => {
            eprintln!("skipped: the program cannot be started as another user ({error})");
            None
        }
    }
}

fn allow(place: &Place, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_cannot_be_read_fails_and_the_rest_is_done() {
    let place = Place::new();
    place.pictures("set/open", 1);
    place.pictures("set/locked", 1);
    allow(&place, "set/locked", 0o000);
    let run = as_other_user(&place, "propose set --out boxes.json --patches 64");
    allow(&place, "set/locked", 0o755);
    let Some(run) = run else { return };
    run.exits(1).says("set/locked cannot be read");
    assert_eq!(file_names(&place.json("boxes.json")), ["open/00.png"]);
}

#[test]
fn a_picture_without_read_permission_fails_and_the_rest_is_done() {
    let place = Place::new();
    place.pictures("set", 2);
    allow(&place, "set/00.png", 0o000);
    let Some(run) = as_other_user(&place, "propose set --out boxes.json --patches 64") else {
        return;
    };
    run.exits(1).says("set/00.png cannot be read");
    assert_eq!(file_names(&place.json("boxes.json")), ["01.png"]);
}

#[test]
fn a_folder_without_write_permission_is_refused() {
    let place = Place::new();
    place.pictures("set", 1);
    fs::create_dir(place.path("results")).unwrap();
    allow(&place, "results", 0o555);
    let Some(run) = as_other_user(&place, "propose set --out results/boxes.json") else {
        return;
    };
    run.refuses(&["cannot write results/boxes.json", "ermission denied"]);
    assert!(place.names("results").is_empty());
}

// --- Outputs that cannot be written -----------------------------------------------------------

#[test]
fn an_output_in_a_missing_folder_is_refused() {
    let place = Place::new();
    place.pictures("set", 1);
    place
        .run("propose set --out absent/boxes.json")
        .refuses(&["cannot write absent/boxes.json"]);
    assert_eq!(place.names("."), ["set"]);
}

#[test]
fn an_output_that_is_a_folder_is_refused_before_any_work() {
    let place = Place::new();
    place.pictures("set", 1);
    fs::create_dir(place.path("boxes.json")).unwrap();
    place
        .run("propose set")
        .refuses(&["cannot write boxes.json"]);
    // A journal would mean that pictures were processed in vain.
    assert_eq!(place.names("."), ["boxes.json", "set"]);
}

#[test]
fn an_output_that_is_not_a_regular_file_is_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;

    // This stands for /dev/null, which the superuser could otherwise overwrite.
    let place = Place::new();
    place.pictures("set", 1);
    let pipe = place.path("boxes.json");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    place
        .run("propose set")
        .refuses(&["cannot write boxes.json"]);
    assert!(fs::metadata(pipe).unwrap().file_type().is_fifo());
}

#[test]
fn results_in_a_missing_folder_are_refused_before_any_work() {
    let place = Place::new();
    place.pictures("set", 1);
    place
        .run("propose set --results absent/results.json")
        .refuses(&["cannot write absent/results.json"]);
    assert_eq!(place.names("."), ["set"]);
}

#[test]
fn a_heat_map_folder_that_is_a_file_is_refused_before_any_work() {
    let place = Place::new();
    place.pictures("set", 1);
    place.write("maps", b"a file");
    place.run("propose set --heatmaps maps").refuses(&["maps"]);
    assert_eq!(place.names("."), ["maps", "set"]);
}

#[test]
fn a_picture_is_never_overwritten_by_the_output() {
    let place = Place::new();
    place.write("cat.jpg", jpeg(&scene(64, 48, 1)));
    let before = place.read("cat.jpg");
    place
        .run("propose cat.jpg --out cat.jpg")
        .refuses(&["cat.jpg"]);
    assert!(place.read("cat.jpg") == before, "the picture is lost");
}

#[test]
fn a_list_is_never_overwritten_by_the_output() {
    let place = Place::new();
    place.pictures("set", 1);
    place.write("list.txt", "set/00.png\n");
    place
        .run("propose list.txt --out ./list.txt")
        .refuses(&["list.txt"]);
    assert_eq!(place.read("list.txt"), b"set/00.png\n");
}

#[test]
fn results_and_output_must_not_be_the_same_file() {
    let place = Place::new();
    place.pictures("set", 1);
    place
        .run("propose set --out boxes.json --results ./boxes.json")
        .refuses(&["boxes.json"]);
}

#[test]
fn the_ground_truth_is_never_overwritten_by_the_metrics() {
    let place = Place::new();
    fs::copy(
        repository("assets/sample/truth.json"),
        place.path("truth.json"),
    )
    .unwrap();
    let before = place.read("truth.json");
    place.write("results.json", b"[]");
    place
        .run("eval . --truth truth.json --results results.json --json truth.json")
        .refuses(&["truth.json"]);
    assert!(place.read("truth.json") == before, "the truth is lost");
}

#[test]
fn a_full_disk_gives_one_error_and_a_journal_to_resume_from() {
    let place = Place::new();
    place.pictures("set", 24);
    place
        .run("propose set --out whole.json --patches 64")
        .exits(0);
    let size = place.read("whole.json").len();
    // Room for half of the output, so that the journal reaches the limit in the middle. The unit of
    // `ulimit -f` is 512 bytes in some shells and 1024 in others.
    let blocks = size / 2 / 1024;
    let limited = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec $TSUKAMI propose set --out boxes.json --patches 64"
    );
    let run = Run::from(place.shell(&limited).output().unwrap());
    run.refuses(&["cannot write boxes.json"]);
    assert_eq!(
        place.names("."),
        ["boxes.json.journal", "set", "whole.json"]
    );
    place
        .run("propose set --out boxes.json --patches 64 --resume")
        .exits(0)
        .says("continuing after");
    assert!(place.read("boxes.json") == place.read("whole.json"));
}

#[test]
fn the_longest_name_does_not_stop_a_run_with_heat_maps() {
    let place = Place::new();
    place.pictures("set", 1);
    place.write(format!("set/{}", longest_name()), png(&scene(64, 48, 3)));
    let run = place.run("propose set --out boxes.json --heatmaps maps --patches 64");
    assert_ne!(run.code, Some(2), "{run:#?}");
    assert_eq!(file_names(&place.json("boxes.json")).len(), 2, "{run:#?}");
}

// --- Models -----------------------------------------------------------------------------------

const CHECKPOINT: &str = "tests/reference/tscam_reference.pth";
const CONFORMER: &str = "tests/reference/conformer_reference.pth";

/// Runs `tsukami model` on these bytes, which must be refused quickly, with the name of the file.
#[track_caller]
fn refused_model(name: &str, bytes: &[u8]) -> Run {
    let place = Place::new();
    place.write(name, bytes);
    let begun = Instant::now();
    let run = place.run(&format!("model {name}")).refuses(&[name]);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    run
}

/// The reference checkpoint as safetensors, after `change`.
fn changed_tensors(change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> Vec<u8> {
    changed_tensors_of(CHECKPOINT, change)
}

fn changed_tensors_of(
    checkpoint: &str,
    change: impl FnOnce(&mut BTreeMap<String, Tensor>),
) -> Vec<u8> {
    let mut tensors = Weights::open(&repository(checkpoint)).unwrap().tensors;
    change(&mut tensors);
    safetensors::serialize(&tensors, None).unwrap()
}

/// The reference checkpoint with changed entries; an entry that becomes `None` is removed.
fn changed_checkpoint(change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let source = fs::File::open(repository(CHECKPOINT)).unwrap();
    let mut source = zip::ZipArchive::new(source).unwrap();
    let mut changed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..source.len() {
        let mut entry = source.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if let Some(bytes) = change(&name, bytes) {
            changed.start_file(name, stored).unwrap();
            changed.write_all(&bytes).unwrap();
        }
    }
    changed.finish().unwrap().into_inner()
}

#[test]
fn a_repacked_checkpoint_is_accepted() {
    // Shows that the refusals below are due to the changes.
    let place = Place::new();
    place.write("same.pth", changed_checkpoint(|_, bytes| Some(bytes)));
    place.run("model same.pth").exits(0);
    place.write("same.safetensors", changed_tensors(|_| ()));
    place.run("model same.safetensors").exits(0);
}

#[test]
fn a_pth_that_is_not_a_zip_is_refused() {
    refused_model("noise.pth", &[0x5a; 4096]).says("neither a PyTorch zip file nor safetensors");
}

#[test]
fn an_empty_model_is_refused() {
    refused_model("empty.pth", b"");
}

#[test]
fn a_model_that_is_a_folder_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path("folder.pth")).unwrap();
    place.run("model folder.pth").refuses(&["folder.pth"]);
}

#[test]
fn a_bare_pickle_is_refused_with_the_remedy() {
    refused_model("old.pth", b"\x80\x02}q\x00.").says("torch.save");
}

#[test]
fn a_zip_bomb_is_refused_without_decompressing() {
    let mut bytes = changed_checkpoint(|_, bytes| Some(bytes));
    // The first entry claims to be compressed and 3 GB long, as in a zip bomb.
    let directory = find(&bytes, b"PK\x01\x02");
    bytes[8] = 8;
    bytes[directory + 10] = 8;
    for size in [22, directory + 24] {
        bytes[size..size + 4].copy_from_slice(&3_000_000_000u32.to_le_bytes());
    }
    refused_model("bomb.pth", &bytes).says("is compressed");
}

#[test]
fn a_tensor_that_claims_more_than_its_data_is_named() {
    let bytes = changed_checkpoint(|name, mut bytes| {
        if name.ends_with("data/2") {
            bytes.truncate(1000);
        }
        Some(bytes)
    });
    refused_model("short.pth", &bytes)
        .says("claims shape [")
        .says("contains only 1000 bytes");
}

#[test]
fn a_tensor_without_data_is_named() {
    let bytes = changed_checkpoint(|name, bytes| (!name.ends_with("data/2")).then_some(bytes));
    refused_model("lost.pth", &bytes).says("claims shape [");
}

#[test]
fn a_zip_that_is_cut_off_is_refused() {
    let bytes = fs::read(repository(CHECKPOINT)).unwrap();
    refused_model("cut.pth", &bytes[..bytes.len() / 2]);
}

#[test]
fn a_zip_that_is_not_a_checkpoint_is_refused() {
    let bytes = changed_checkpoint(|name, bytes| (!name.ends_with(".pkl")).then_some(bytes));
    refused_model("photos.pth", &bytes);
}

#[test]
fn a_pickle_that_is_noise_is_refused() {
    for noise in [0x00u8, b'(', b'X', 0x85, 0xff] {
        let bytes = changed_checkpoint(|name, bytes| {
            let length = bytes.len();
            Some(if name.ends_with(".pkl") {
                vec![noise; length]
            } else {
                bytes
            })
        });
        refused_model("noise.pth", &bytes);
    }
}

#[test]
fn a_deeply_nested_pickle_is_refused_without_overflowing_the_stack() {
    let bytes = changed_checkpoint(|name, bytes| {
        Some(if name.ends_with(".pkl") {
            // ((((...),),),) two million deep.
            [b"\x80\x02)".as_slice(), &vec![0x85; 2_000_000], b"."].concat()
        } else {
            bytes
        })
    });
    refused_model("deep.pth", &bytes);
}

#[test]
fn a_tensor_of_a_wrong_shape_is_named() {
    let bytes = changed_tensors(|tensors| {
        let wrong = Tensor::zeros((128, 7), candle_core::DType::F32, &Device::Cpu).unwrap();
        tensors.insert("blocks.1.attn.proj.weight".to_owned(), wrong);
    });
    refused_model("wrong.safetensors", &bytes)
        .says("wrong shape: blocks.1.attn.proj.weight is [128, 7], expected [128, 128]");
}

#[test]
fn missing_tensors_are_named() {
    let bytes = changed_tensors(|tensors| {
        tensors.remove("blocks.2.norm1.bias").unwrap();
        tensors.remove("norm.weight").unwrap();
    });
    refused_model("missing.safetensors", &bytes).says("missing: blocks.2.norm1.bias, norm.weight");
}

#[test]
fn surplus_tensors_are_named() {
    let bytes = changed_tensors(|tensors| {
        let surplus = tensors["norm.weight"].clone();
        tensors.insert("blocks.1.adapter.weight".to_owned(), surplus);
    });
    refused_model("surplus.safetensors", &bytes).says("blocks.1.adapter.weight");
}

#[test]
fn a_conformer_as_safetensors_with_counters_is_accepted() {
    // As after a conversion: with the counters of the batch norms, which are integers.
    let bytes = changed_tensors_of(CONFORMER, |tensors| {
        let counter = Tensor::new(7i64, &Device::Cpu).unwrap();
        tensors.insert("bn1.num_batches_tracked".to_owned(), counter);
    });
    let place = Place::new();
    place.write("same.safetensors", bytes);
    let run = place.run("model same.safetensors").exits(0);
    let run = run
        .prints("Conformer, 6 blocks, tokens 128 wide, 2 heads, MLP 32 wide, maps of 16, 32 and 64")
        .prints("patches of 16 x 16 pixels, any grid; published for 14 x 14 patches (224 x 224")
        .prints("3 x 3 convolution, 5 classes");
    assert!(!run.stdout.contains("num_batches_tracked"), "{run:#?}");
}

#[test]
fn a_conformer_that_is_cut_off_is_refused() {
    let bytes = fs::read(repository(CONFORMER)).unwrap();
    for share in [100, 90, 50, 1] {
        let cut = bytes.len() * share / 100 - 1;
        refused_model("cut.pth", &bytes[..cut]);
    }
}

#[test]
fn misshapen_tensors_of_a_conformer_are_named() {
    let zeros =
        |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    for (name, shape, told) in [
        (
            "conv_trans_3.fusion_block.conv2.weight",
            vec![8, 8, 5, 5],
            "conv_trans_3.fusion_block.conv2.weight is [8, 8, 5, 5], expected [8, 8, 3, 3]",
        ),
        (
            "conv_trans_5.expand_block.bn.running_var",
            vec![3],
            "conv_trans_5.expand_block.bn.running_var is [3], expected [16]",
        ),
        (
            "trans_1.attn.qkv.weight",
            vec![384],
            "trans_1.attn.qkv.weight is [384], expected [384, 128]",
        ),
        (
            "trans_patch_conv.weight",
            vec![128, 16, 3, 3],
            "trans_patch_conv.weight is 3 x 3",
        ),
        (
            "trans_patch_conv.weight",
            vec![100, 16, 4, 4],
            "100 wide, which is not a multiple of the head width 64",
        ),
        ("conv_1.conv3.weight", vec![0, 4, 1, 1], "16 and 0 channels"),
        (
            "conv_cls_head.weight",
            vec![4, 64],
            "conv_cls_head.weight has shape [4, 64]; expected [5, M]",
        ),
        (
            "conv_cls_head.weight",
            vec![5, 63],
            "reads the map of a Conformer with 63 channels",
        ),
    ] {
        let bytes = changed_tensors_of(CONFORMER, |tensors| {
            let old = tensors.insert(name.to_owned(), zeros(&shape));
            assert!(old.is_some(), "{name}");
        });
        refused_model("wrong.safetensors", &bytes).says(told);
    }
}

#[test]
fn missing_and_surplus_tensors_of_a_conformer_are_named() {
    for missing in [
        "trans_patch_conv.weight",
        "trans_1.norm1.bias",
        "conv_trans_4.cnn_block.bn2.running_mean",
        "conv_cls_head.bias",
    ] {
        let bytes = changed_tensors_of(CONFORMER, |tensors| {
            tensors.remove(missing).unwrap();
        });
        refused_model("missing.safetensors", &bytes).says(missing);
    }
    let bytes = changed_tensors_of(CONFORMER, |tensors| {
        tensors.retain(|name, _| !name.starts_with("conv_trans_6."));
    });
    refused_model("short.safetensors", &bytes).says("missing: conv_trans_6.cnn_block.bn1.bias");
    let bytes = changed_tensors_of(CONFORMER, |tensors| {
        let surplus = tensors["bn1.weight"].clone();
        tensors.insert("conv_trans_2.med_block.0.bn1.weight".to_owned(), surplus);
    });
    refused_model("surplus.safetensors", &bytes)
        .says("not part of a Conformer: conv_trans_2.med_block.0.bn1.weight");
}

#[test]
fn a_damaged_conformer_is_reported() {
    let damaged = |name: &'static str, value: f32| {
        changed_tensors_of(CONFORMER, move |tensors| {
            let numbers = tensors.get_mut(name).unwrap();
            *numbers = Tensor::full(value, numbers.dims(), &Device::Cpu).unwrap();
        })
    };
    for (name, value) in [
        ("bn1.running_var", -1.0),
        ("conv1.weight", f32::NAN),
        ("conv_trans_4.expand_block.conv_project.bias", f32::INFINITY),
        ("conv_trans_6.fusion_block.residual_bn.weight", f32::NAN),
    ] {
        let layer = name.rsplit_once('.').unwrap().0;
        let bytes = damaged(name, value);
        refused_model("damaged.safetensors", &bytes)
            .says("not finite, so its weights are damaged")
            .says(layer);
    }
    // Damage outside the convolutions shows when the model runs.
    for name in [
        "trans_1.mlp.fc1.bias",
        "conv_trans_5.squeeze_block.ln.weight",
        "cls_token",
    ] {
        let place = Place::new();
        place.pictures("set", 1);
        place.write("damaged.safetensors", damaged(name, f32::NAN));
        place
            .run("propose set --out boxes.json --model damaged.safetensors")
            .exits(1)
            .says("not finite");
    }
}

#[test]
fn the_head_of_a_conformer_is_refused_by_a_vit_of_the_same_width() {
    let bytes = changed_tensors_of(CONFORMER, |tensors| {
        let weight = Tensor::zeros((5, 384, 1, 1), candle_core::DType::F32, &Device::Cpu);
        tensors.insert("trans_cls_head.weight".to_owned(), weight.unwrap());
    });
    let place = Place::new();
    place.pictures("set", 1);
    place.write("head.safetensors", bytes);
    place.run("propose set --head head.safetensors").refuses(&[
        "head.safetensors",
        "the map of a Conformer with 64 channels",
    ]);
}

#[test]
fn a_conformer_without_class_maps_proposes_objects() {
    // As the authors of Conformer publish it: both classifiers are linear.
    let bytes = changed_tensors_of(CONFORMER, |tensors| {
        let weight = Tensor::zeros((5, 128), candle_core::DType::F32, &Device::Cpu);
        tensors.insert("trans_cls_head.weight".to_owned(), weight.unwrap());
    });
    let place = Place::new();
    place.write("plain.safetensors", bytes);
    let run = place.run("model plain.safetensors").exits(0);
    let run = run.prints("none; boxes can get class names from ImageNet");
    run.prints(
        "conv_cls_head.bias, conv_cls_head.weight, trans_cls_head.bias, trans_cls_head.weight",
    );
}

#[test]
fn a_conformer_proposes_on_pictures_of_any_aspect_ratio_with_any_method() {
    let place = Place::new();
    for (name, width, height) in [("wide", 300, 90), ("tall", 40, 500), ("dot", 1, 1)] {
        place.write(format!("set/{name}.png"), png(&scene(width, height, 1)));
    }
    let model = repository(CONFORMER);
    for method in ["ts-cam", "affinity", "attention"] {
        for size in ["", "--square", "--patches 1", "--patches 7"] {
            let line = format!("propose set --out boxes.json --method {method} {size} --model");
            let run: Run = place.command(&line).arg(&model).output().unwrap().into();
            run.exits(0);
            assert_eq!(file_names(&place.json("boxes.json")).len(), 3);
            fs::remove_file(place.path("boxes.json")).unwrap();
        }
    }
}

#[test]
fn a_safetensors_file_that_is_cut_off_is_refused() {
    let bytes = changed_tensors(|_| ());
    refused_model("cut.safetensors", &bytes[..bytes.len() / 2]);
    refused_model("cut.safetensors", &bytes[..100]);
}

#[test]
fn a_safetensors_file_without_a_vit_is_refused() {
    let bytes = changed_tensors(|tensors| tensors.retain(|name, _| name == "norm.weight"));
    refused_model("other.safetensors", &bytes);
}

#[test]
fn a_bad_model_starts_no_run() {
    let place = Place::new();
    place.pictures("set", 1);
    place.write("bad.pth", b"not a model");
    place
        .run("propose set --model bad.pth")
        .refuses(&["bad.pth"]);
    place
        .run("propose set --head bad.pth")
        .refuses(&["bad.pth"]);
    place
        .run("propose set --model absent.pth")
        .refuses(&["absent.pth"]);
    assert_eq!(place.names("."), ["bad.pth", "set"]);
}

#[test]
fn a_head_for_another_backbone_is_refused() {
    let place = Place::new();
    place.pictures("set", 1);
    let head = repository(CHECKPOINT);
    let run: Run = place
        .command("propose set --head")
        .arg(&head)
        .output()
        .unwrap()
        .into();
    let name = Path::new(CHECKPOINT).file_name().unwrap().to_str().unwrap();
    run.refuses(&[name, "tokens of width 128"]);
}
