//! Kinds of files that are named, measurements that are stretched, and how much probing reads.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use tiff::encoder::colortype::{
    ColorType, Gray16, Gray32, Gray32Float, Gray64Float, GrayI16, RGB8, RGB16, RGB32Float,
};
use tiff::encoder::{TiffEncoder, TiffValue};

use super::probe::probe_file;
use super::*;

fn jpeg() -> Vec<u8> {
    let picture = RgbImage::from_fn(32, 16, |x, _| Rgb([8 * x as u8, 90, 40]));
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.encode_image(&picture).unwrap();
    bytes
}

/// A JPEG whose frame has another marker and another number of bits.
fn jpeg_of_kind(marker: u8, bits: u8) -> Vec<u8> {
    let mut bytes = jpeg();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]);
    let frame = frame.unwrap();
    bytes[frame + 1] = marker;
    bytes[frame + 4] = bits;
    bytes
}

fn media(brand: &[u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
    let length = 16 + 4 * compatible.len() as u32;
    let compatible = compatible.iter().flat_map(|brand| brand.iter());
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(b"ftyp");
    bytes.extend(brand);
    bytes.extend([0; 4]);
    bytes.extend(compatible);
    // More boxes follow.
    bytes.extend(b"\0\0\0\x10metaavif\0\0\0\0");
    bytes
}

#[test]
fn a_kind_that_cannot_be_read_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("IMG_0001.jpg");
    for (bytes, kind) in [
        (jpeg_of_kind(0xc9, 8), "an arithmetic-coded JPEG"),
        (jpeg_of_kind(0xca, 8), "an arithmetic-coded JPEG"),
        (jpeg_of_kind(0xc1, 12), "a JPEG of 12 bits per sample"),
        (jpeg_of_kind(0xc3, 8), "a lossless JPEG"),
        (jpeg_of_kind(0xc3, 16), "a lossless JPEG"),
        (media(b"heic", &[b"mif1", b"heic"]), "a HEIC picture"),
        (media(b"mif1", &[b"mif1", b"heic"]), "a HEIC picture"),
        (media(b"mif1", &[b"mif1"]), "a HEIF picture"),
        (media(b"avif", &[b"avif", b"mif1"]), "an AVIF picture"),
        (media(b"mif1", &[b"avif"]), "an AVIF picture"),
        (media(b"isom", &[b"iso2", b"mp41"]), "a video"),
        (
            media(b"crx ", &[b"crx ", b"isom"]),
            "a raw picture of a camera",
        ),
        (b"\0\0\0\x0cjP  \r\n\x87\n".to_vec(), "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51\0\x2f".to_vec(), "a JPEG 2000 picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n".to_vec(), "a JPEG XL picture"),
        (b"\xff\x0a".to_vec(), "a JPEG XL picture"),
        (b"\xff\xd8\xff\xf7\0\x0b".to_vec(), "a JPEG-LS picture"),
        (b"8BPS\0\x01".to_vec(), "a Photoshop file"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let errors = [
            probe(&path).map(drop).unwrap_err(),
            decode(&path, &DecodeLimits::default())
                .map(drop)
                .unwrap_err(),
        ];
        for error in errors {
            let error = error.to_string();
            assert!(
                error.contains(&format!("IMG_0001.jpg is {kind}")),
                "{error}"
            );
            let remedy = "which this program cannot read: convert it to JPEG or PNG";
            assert!(error.ends_with(remedy), "{error}");
        }
    }
}

/// Writes a TIFF of 40 x 20 pixels.
fn tiff<C: ColorType>(big: bool, samples: &[C::Inner]) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    if big {
        let mut encoder = TiffEncoder::new_big(&mut bytes).unwrap();
        encoder.write_image::<C>(40, 20, samples).unwrap();
    } else {
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        encoder.write_image::<C>(40, 20, samples).unwrap();
    }
    bytes.into_inner()
}

fn decoded(name: &str, bytes: &[u8]) -> DecodedPicture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let picture = decode(&path, &DecodeLimits::default()).unwrap();
    assert_eq!(probe(&path).unwrap(), picture.rgb.dimensions());
    picture
}

#[test]
fn a_big_tiff_is_read() {
    let samples: Vec<u8> = (0..2400).map(|at| (at % 251) as u8).collect();
    let picture = decoded("a.tif", &tiff::<RGB8>(true, &samples));
    assert_eq!(picture.rgb.as_raw(), &samples);
    assert_eq!(picture.warnings, Vec::<String>::new());
    let little = tiff::<RGB8>(false, &samples);
    assert_eq!(decoded("a.tif", &little).rgb.as_raw(), &samples);
}

/// The columns of a picture as grey, and whether it was stretched from this range.
fn columns(bytes: &[u8], range: Option<&str>) -> Vec<u8> {
    let picture = decoded("a.tif", bytes);
    match range {
        None => assert_eq!(picture.warnings, Vec::<String>::new()),
        Some(range) => {
            let [warning] = &picture.warnings[..] else {
                panic!("{:?}", picture.warnings);
            };
            assert!(
                warning.contains(&format!("has values from {range},")),
                "{warning}"
            );
            assert!(warning.contains("stretched to be seen"), "{warning}");
        }
    }
    (0..40).map(|x| picture.rgb[(x, 7)][1]).collect()
}

/// Forty values from black to white.
fn ramp() -> Vec<u8> {
    let values = (0..40).map(|at| f64::from(at) / 39.0 * 255.0);
    values.map(|value| value.round() as u8).collect()
}

#[test]
fn the_bits_of_sensors_and_measurements_are_stretched_to_be_seen() {
    fn rows<T: Copy>(value: impl Fn(u16) -> T, channels: usize) -> Vec<T> {
        let row: Vec<u16> = (0..40).collect();
        let pixels = row.repeat(20).into_iter();
        pixels.flat_map(|x| vec![value(x); channels]).collect()
    }
    // 10, 12 and 14 bits in 16.
    for bits in [10, 12, 14] {
        let step = ((1 << bits) - 1) / 39;
        let range = format!("0 to {}", 39 * step);
        let grey = tiff::<Gray16>(false, &rows(|x| x * step, 1));
        assert_eq!(columns(&grey, Some(&range)), ramp(), "{bits}");
        let rgb = tiff::<RGB16>(true, &rows(|x| x * step, 3));
        assert_eq!(columns(&rgb, Some(&range)), ramp(), "{bits}");
    }
    // A thermal camera, whose values are far from zero.
    let thermal = tiff::<Gray16>(false, &rows(|x| 7000 + 10 * x, 1));
    assert_eq!(columns(&thermal, Some("7000 to 7390")), ramp());
    // All 16 bits are as they are.
    let full = tiff::<Gray16>(false, &rows(|x| (f64::from(x) / 39.0 * 65535.0) as u16, 1));
    assert_eq!(columns(&full, None), ramp());
    // PNG too.
    let sensor = image::ImageBuffer::from_fn(40, 20, |x, _| image::Luma([105 * x as u16]));
    let mut png = Cursor::new(Vec::new());
    sensor.write_to(&mut png, ImageFormat::Png).unwrap();
    assert_eq!(decoded("a.png", png.get_ref()).warnings.len(), 1);

    // Floats, and other samples that the picture library does not read.
    let unit = |x: u16| f32::from(x) / 39.0;
    assert_eq!(
        columns(&tiff::<Gray32Float>(false, &rows(unit, 1)), None),
        ramp()
    );
    assert_eq!(
        columns(&tiff::<RGB32Float>(false, &rows(unit, 3)), None),
        ramp()
    );
    let kelvin = rows(|x| 250.0 + f32::from(x), 1);
    let kelvin = tiff::<Gray32Float>(true, &kelvin);
    assert_eq!(columns(&kelvin, Some("250 to 289")), ramp());
    let rgb = tiff::<RGB32Float>(false, &rows(|x| 2.0 * f32::from(x), 3));
    assert_eq!(columns(&rgb, Some("0 to 78")), ramp());
    let double = tiff::<Gray64Float>(false, &rows(|x| f64::from(x) - 20.0, 1));
    assert_eq!(columns(&double, Some("-20 to 19")), ramp());
    let signed = tiff::<GrayI16>(false, &rows(|x| x.cast_signed() - 20, 1));
    assert_eq!(columns(&signed, Some("-20 to 19")), ramp());
    let long = tiff::<Gray32>(false, &rows(|x| 100_000 * u32::from(x), 1));
    assert_eq!(columns(&long, Some("0 to 3900000")), ramp());
}

/// Counts what is read.
struct Counted<'a>(File, &'a Cell<u64>);

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.set(self.1.get() + read as u64);
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Probes a file of which `write` writes some parts; returns how much was read.
fn probed(
    name: &str,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> (Result<(u32, u32), PictureError>, u64) {
    let mut file = tempfile::tempfile().unwrap();
    write(&mut file).unwrap();
    file.rewind().unwrap();
    let read = Cell::new(0);
    let frame = probe_file(Path::new(name), Counted(file, &read));
    (frame.map(|frame| frame.upright_size()), read.get())
}

#[test]
fn probing_reads_at_most_some_megabytes_whatever_the_file() {
    const MANY: u64 = 200 << 20;
    let jpeg = jpeg();
    // 200 MB of metadata before the frame.
    let (size, read) = probed("a.jpg", |file| {
        file.write_all(&jpeg[..2])?;
        for _ in 0..MANY / 65_535 {
            file.write_all(&[0xff, 0xe2, 0xff, 0xff])?;
            file.seek_relative(65_533)?;
        }
        file.write_all(&jpeg[2..])
    });
    assert_eq!(size.unwrap(), (32, 16));
    assert!(read < 4 << 20, "{read}");
    // 200 MB of text before the pixels, in a PNG.
    let mut png = Cursor::new(Vec::new());
    RgbImage::new(7, 5)
        .write_to(&mut png, ImageFormat::Png)
        .unwrap();
    let png = png.into_inner();
    let (size, read) = probed("a.png", |file| {
        file.write_all(&png[..33])?;
        file.write_all(&(MANY as u32).to_be_bytes())?;
        file.write_all(b"zTXt")?;
        file.seek_relative(MANY as i64 + 4)?;
        file.write_all(&png[33..])
    });
    assert_eq!(size.unwrap(), (7, 5));
    assert!(read <= 4 << 20, "{read}");
    // Files that begin like a picture and continue with anything.
    let junk = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    let junk: Vec<u8> = (0..8 << 20).map(junk).collect();
    for (head, name) in [
        (&b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..], "a.jpg"),
        (b"\xff\xd8\xff\xff\xff", "b.jpg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "a.png"),
        (b"GIF89a\x08\0\x08\0\x91\0\0", "a.gif"),
        (b"II*\0\x08\0\0\0", "a.tif"),
        (b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", "b.tif"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X", "a.webp"),
        (b"BM", "a.bmp"),
        (b"", "none.jpg"),
    ] {
        for fill in [&junk[..], &[]] {
            let (_, read) = probed(name, |file| {
                file.write_all(head)?;
                file.write_all(fill)?;
                file.set_len(MANY)
            });
            assert!(read <= 4 << 20, "{name}: {read}");
        }
    }
}

#[test]
fn pictures_of_other_kinds_in_a_folder_are_named_once_a_kind() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "a.jpg",
        "IMG_1.HEIC",
        "IMG_2.heic",
        "s/IMG_3.heif",
        "b.avif",
        "c.jp2",
        "d.mov",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let scanned = scan(&[folder.path().to_path_buf(), folder.path().join("b.avif")]);
    assert_eq!(scanned.entries.len(), 1);
    let problems: Vec<String> = scanned.problems.iter().map(ToString::to_string).collect();
    for text in ["2 more are named as HEIC", "named as a JPEG 2000"] {
        let found = problems.iter().filter(|problem| problem.contains(text));
        assert_eq!(found.count(), 1, "{problems:?}");
    }
    // The one that was given is named by itself.
    let given = problems.iter().filter(|problem| problem.contains("AVIF"));
    assert_eq!(given.count(), 2, "{problems:?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.ends_with("convert to JPEG or PNG"))
    );
}
