//! Every picture is made by the test that reads it.

use std::fs;

use super::*;
use crate::pictures::probe;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, Rgba, RgbaImage};

const RED: [u8; 3] = [200, 40, 40];
const BLUE: [u8; 3] = [30, 60, 200];

/// Upper half red, lower half blue, with a shade to the right so that no two columns are alike.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let shade = (x * 40 / width) as u8;
        Rgb(if y < height / 2 { RED } else { BLUE }.map(|value| value + shade))
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(picture)
        .unwrap();
    bytes
}

fn decoded(name: &str, bytes: &[u8]) -> Result<DecodedPicture, PictureError> {
    decode_bytes(Path::new(name), bytes, &DecodeLimits::default())
}

/// Decodes without a warning, and checks that `probe` gives the same size.
#[track_caller]
fn clean(name: &str, bytes: &[u8]) -> RgbImage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let picture = decode(&path, &DecodeLimits::default()).unwrap();
    assert_eq!(picture.warnings, Vec::<String>::new());
    assert_eq!(probe(&path).unwrap(), picture.rgb.dimensions());
    picture.rgb
}

/// Decodes a damaged picture, and checks its one warning.
#[track_caller]
fn partly(name: &str, bytes: &[u8]) -> RgbImage {
    let picture = decoded(name, bytes).unwrap();
    assert_eq!(picture.warnings.len(), 1, "{:?}", picture.warnings);
    let warning = &picture.warnings[0];
    assert!(
        warning.starts_with(&format!("{name} is damaged (")),
        "{warning}"
    );
    assert!(warning.contains("as far as possible"), "{warning}");
    picture.rgb
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], sentence: &str) {
    let error = decoded(name, bytes).unwrap_err().to_string();
    assert!(error.contains(sentence), "{error}");
    assert!(error.starts_with(name), "{error}");
}

#[track_caller]
fn assert_near(pixel: &Rgb<u8>, color: [u8; 3], tolerance: u8) {
    let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= tolerance;
    assert!(
        pixel.0.iter().zip(&color).all(near),
        "{pixel:?}, not {color:?}"
    );
}

/// EXIF data with only an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut data = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    data.extend([orientation, 0, 0, 0, 0, 0, 0]);
    data
}

fn with_app1(jpeg: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, payload, &jpeg[2..]].concat()
}

/// A PNG from its parts, for features that the encoder does not write.
fn png(
    size: (u32, u32),
    depth: u8,
    color: u8,
    chunks: &[(&[u8; 4], &[u8])],
    rows: &[u8],
) -> Vec<u8> {
    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let body = [kind, data].concat();
        let crc = !body.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        });
        [
            &(data.len() as u32).to_be_bytes(),
            &body[..],
            &crc.to_be_bytes(),
        ]
        .concat()
    }
    let (a, b) = rows.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    let length = rows.len() as u16;
    // One stored block of deflate in a zlib stream.
    let zlib = [
        &[0x78, 0x01, 0x01][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        rows,
        &((b << 16) | a).to_be_bytes(),
    ]
    .concat();
    let header = [
        &size.0.to_be_bytes()[..],
        &size.1.to_be_bytes(),
        &[depth, color, 0, 0, 0],
    ]
    .concat();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &header));
    for (kind, data) in chunks {
        bytes.extend(chunk(*kind, data));
    }
    bytes.extend(chunk(b"IDAT", &zlib));
    bytes.extend(chunk(b"IEND", &[]));
    bytes
}

#[test]
fn every_format_is_read_without_a_warning() {
    let picture = scene(40, 24);
    for (name, format, tolerance) in [
        ("a.PNG", ImageFormat::Png, 0),
        ("a.bmp", ImageFormat::Bmp, 0),
        ("a.webp", ImageFormat::WebP, 0),
        ("a.tif", ImageFormat::Tiff, 0),
        ("a.gif", ImageFormat::Gif, 12),
    ] {
        let got = clean(name, &encoded(&picture, format));
        assert_eq!(got.dimensions(), (40, 24), "{name}");
        for at in [(0, 0), (39, 0), (0, 23), (39, 23)] {
            assert_near(&got[at], picture[at].0, tolerance);
        }
    }
    for name in ["a.jpg", "a.JPEG", "a.jpe", "a.jfif"] {
        assert_near(
            &clean(name, &jpeg(&picture))[(39, 23)],
            picture[(39, 23)].0,
            6,
        );
    }
}

#[test]
fn the_content_decides_the_format_and_a_wrong_name_is_mentioned() {
    let picture = decoded("cat.jpg", &encoded(&scene(4, 4), ImageFormat::Png)).unwrap();
    assert_eq!(picture.rgb, scene(4, 4));
    assert_eq!(
        picture.warnings,
        ["cat.jpg is named as JPEG but contains PNG; it was read anyway, but should be renamed"]
    );
    // A name without an extension is not wrong.
    assert!(
        decoded("cat", &jpeg(&scene(4, 4)))
            .unwrap()
            .warnings
            .is_empty()
    );
}

/// Where the top left corner of the stored picture is (right, bottom) when upright, for orientations 1
/// to 8.
const CORNERS: [(bool, bool); 8] = [
    (false, false),
    (true, false),
    (true, true),
    (false, true),
    (false, false),
    (true, false),
    (true, true),
    (false, true),
];

#[track_caller]
fn check_orientation(name: &str, orientation: u8, bytes: &[u8]) {
    let picture = decoded(name, bytes).unwrap();
    let turned = orientation >= 5;
    let size = if turned { (16, 32) } else { (32, 16) };
    assert_eq!(picture.rgb.dimensions(), size, "{name} {orientation}");
    assert_eq!(picture.orientation_applied, orientation != 1);
    let (right, bottom) = CORNERS[usize::from(orientation) - 1];
    for (x, y) in [
        (0, 0),
        (size.0 - 1, 0),
        (0, size.1 - 1),
        (size.0 - 1, size.1 - 1),
    ] {
        let marked = (x > 0) == right && (y > 0) == bottom;
        assert_near(&picture.rgb[(x, y)], if marked { RED } else { BLUE }, 8);
    }
    clean(name, bytes);
}

/// Blue, except for the top left corner of the stored picture.
fn marked() -> RgbImage {
    RgbImage::from_fn(32, 16, |x, y| Rgb(if x < 8 && y < 8 { RED } else { BLUE }))
}

#[test]
fn all_eight_orientations_of_a_jpeg_are_upright() {
    for orientation in 1..=8 {
        let payload = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
        check_orientation("a.jpg", orientation, &with_app1(&jpeg(&marked()), &payload));
    }
}

#[test]
fn png_webp_and_tiff_are_rotated_too() {
    let pixels = marked();
    for orientation in 1..=8 {
        let data = exif(orientation);
        let prefixed = [b"Exif\0\0".as_slice(), &data].concat();
        for data in [data, prefixed] {
            let mut bytes = Vec::new();
            let mut encoder = PngEncoder::new(&mut bytes);
            encoder.set_exif_metadata(data.clone()).unwrap();
            encoder
                .write_image(&pixels, 32, 16, ExtendedColorType::Rgb8)
                .unwrap();
            check_orientation("a.png", orientation, &bytes);

            let mut bytes = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(data).unwrap();
            encoder
                .write_image(&pixels, 32, 16, ExtendedColorType::Rgb8)
                .unwrap();
            check_orientation("a.webp", orientation, &bytes);
        }
        check_orientation("a.tiff", orientation, &tiff(orientation, &pixels));
    }
}

/// A plain TIFF with an orientation, which the encoder does not write.
fn tiff(orientation: u8, pixels: &RgbImage) -> Vec<u8> {
    let (width, height) = pixels.dimensions();
    let tags: [(u16, u16, u32); 10] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 2),
        (273, 4, 8 + 2 + 10 * 12 + 4),
        (274, 3, orientation.into()),
        (277, 3, 3),
        (278, 4, height),
        (279, 4, width * height * 3),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, kind, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(pixels.as_raw());
    bytes
}

#[test]
fn a_damaged_orientation_counts_as_none() {
    for payload in [
        &b"Exif\0\0"[..],
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0junk",
    ] {
        clean("a.jpg", &with_app1(&jpeg(&scene(16, 16)), payload));
    }
    let payload = [b"Exif\0\0".as_slice(), &exif(9)].concat();
    let picture = decoded("a.jpg", &with_app1(&jpeg(&scene(16, 16)), &payload)).unwrap();
    assert!(!picture.orientation_applied);
}

fn start_of_scan(jpeg: &[u8]) -> usize {
    let marker = |pair: &[u8]| pair == [0xff, 0xda];
    jpeg.windows(2).position(marker).unwrap()
}

#[test]
fn a_jpeg_cut_in_its_last_rows_is_read_as_far_as_possible() {
    let whole = jpeg(&scene(64, 256));
    let start = start_of_scan(&whole);
    let cut = start + (whole.len() - start) * 3 / 10;
    let got = partly("cut.jpg", &whole[..cut]);
    assert_eq!(got.dimensions(), (64, 256));
    assert_near(&got[(0, 0)], RED, 6);
    assert_eq!(got[(63, 255)], Rgb([MISSING_SAMPLE; 3]));
    // All rows, without the end marker; and a tail that was never downloaded.
    assert_near(
        &partly("cut.jpg", &whole[..whole.len() - 2])[(0, 255)],
        BLUE,
        6,
    );
    let mut zeros = whole.clone();
    zeros[cut..].fill(0);
    assert_near(&partly("cut.jpg", &zeros)[(0, 0)], RED, 6);
}

#[test]
fn the_end_marker_of_a_thumbnail_and_data_after_the_end_are_ignored() {
    let thumbnail = jpeg(&scene(8, 8));
    let whole = with_app1(&jpeg(&scene(64, 64)), &thumbnail);
    clean("a.jpg", &whole);
    partly("a.jpg", &whole[..whole.len() - 40]);
    // Junk after the end marker, or the second picture of an MPO, cut or not.
    clean("a.jpg", &[&whole[..], b"junk\xff\xd8\xff"].concat());
    clean(
        "a.jpg",
        &[&whole[..], &thumbnail[..thumbnail.len() / 2]].concat(),
    );
}

/// 16 x 16, upper half (200, 60, 40), lower half (30, 90, 210), written by Pillow 13.0.0 with
/// `progressive=True, quality=85, subsampling=0, optimize=True`.
const PROGRESSIVE: &str = "\
    ffd8ffe000104a46494600010100000100010000ffdb0043000503040404030504040405050506070c08070707\
    070f0b0b090c110f1212110f111113161c1713141a1511111821181a1d1d1f1f1f13172224221e241c1e1f1eff\
    db0043010505050706070e08080e1e1411141e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e\
    1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1effc20011080010001003011100021101031101ffc400\
    160001010100000000000000000000000000000405ffc400170101010101000000000000000000000000000705\
    06ffda000c03010002100310000001c8c4ee44953930ffc40014100100000000000000000000000000000020ff\
    da00080101000105021fffc40014110100000000000000000000000000000020ffda0008010301013f011fffc4\
    0014110100000000000000000000000000000020ffda0008010201013f011fffc4001410010000000000000000\
    0000000000000020ffda0008010100063f021fffc40014100100000000000000000000000000000020ffda0008\
    010100013f211fffda000c03010002000300000010b64fffc40014110100000000000000000000000000000020\
    ffda0008010301013f101fffc40014110100000000000000000000000000000020ffda0008010201013f101fff\
    c40014100100000000000000000000000000000020ffda0008010100013f101fffd9\
";

/// The same in CMYK, with Adobe's marker.
const CMYK: &str = "\
    ffd8ffee000e41646f626500640000000000ffdb0043000503040404030504040405050506070c08070707070f\
    0b0b090c110f1212110f111113161c1713141a1511111821181a1d1d1f1f1f13172224221e241c1e1f1effc000\
    140800100010044311004d11005911004b1100ffc4001800010003010000000000000000000000000007080906\
    ffc40014100100000000000000000000000000000000ffda000e0443004d0059004b00003f009cd092b92e5803\
    3bdd83440007ffd9\
";

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_progressive_jpeg_may_be_cut_in_any_scan() {
    let bytes = from_hex(PROGRESSIVE);
    let whole = clean("a.jpg", &bytes);
    assert_near(&whole[(0, 0)], [200, 60, 40], 8);
    assert_near(&whole[(0, 15)], [30, 90, 210], 8);
    let scan = start_of_scan(&bytes);
    for end in scan + 20..bytes.len() {
        assert_eq!(partly("a.jpg", &bytes[..end]).dimensions(), (16, 16));
    }
}

#[test]
fn a_cmyk_jpeg_becomes_rgb() {
    let picture = clean("a.jpg", &from_hex(CMYK));
    assert_near(&picture[(0, 0)], [200, 60, 40], 8);
    assert_near(&picture[(15, 15)], [30, 90, 210], 8);
}

#[test]
fn a_jpeg_cut_in_its_header_is_an_error_at_every_length() {
    let whole = jpeg(&scene(32, 32));
    let scan = start_of_scan(&whole);
    let length = usize::from(whole[scan + 3]);
    for end in 3..scan {
        refused("a.jpg", &whole[..end], "is damaged");
    }
    // The header is complete, but no pixel follows.
    refused("a.jpg", &whole[..scan + 2 + length], "before its first row");
}

#[test]
fn files_that_are_not_pictures_are_refused_with_a_reason() {
    refused(
        "cat.jpg",
        b"",
        "cat.jpg is empty (0 bytes): copy it again from its source",
    );
    refused(
        "notes.jpg",
        b"This is a note.\r\n",
        "is text, not a picture",
    );
    refused(
        "page.jpg",
        "<!DOCTYPE html>\u{e9}".as_bytes(),
        "is text, not a picture",
    );
    refused("blank.jpg", &[0; 4096], "filled with zeros");
    refused(
        "a.jpg",
        &[1, 2, 3, 4],
        "not in a picture format that this program can read",
    );
    refused("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF");
    refused("a.jpg", b"P6 1 1 255 abc", "PNM");
}

#[test]
fn files_that_cannot_be_read_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.jpg");
    for error in [
        decode(&missing, &DecodeLimits::default()).unwrap_err(),
        probe(&missing).unwrap_err(),
    ] {
        assert!(matches!(error, PictureError::Unreadable { .. }), "{error}");
    }
    let error = decode(folder.path(), &DecodeLimits::default()).unwrap_err();
    assert!(matches!(error, PictureError::NotAFile { .. }), "{error}");
    let empty = folder.path().join("empty.jpg");
    fs::write(&empty, b"").unwrap();
    assert!(matches!(probe(&empty), Err(PictureError::Empty { .. })));
    let large = folder.path().join("large.png");
    fs::write(&large, encoded(&scene(9, 9), ImageFormat::Png)).unwrap();
    let limits = DecodeLimits {
        max_bytes: 50,
        ..DecodeLimits::default()
    };
    let error = decode(&large, &limits).unwrap_err().to_string();
    assert!(error.contains("more than the limit of 50"), "{error}");
}

#[test]
fn a_png_bomb_is_refused_by_its_header() {
    let bomb = png((30_000, 30_000), 8, 2, &[], &[0; 90]);
    refused(
        "bomb.png",
        &bomb,
        "is 30000 x 30000 pixels, more than the limit of 250 megapixels",
    );
    // A picture at the limit is read, a larger one is not. The samples have a limit of their own.
    let bytes = encoded(&scene(10, 10), ImageFormat::Png);
    let path = Path::new("a.png");
    let limits = |max_pixels, max_bytes| DecodeLimits {
        max_pixels,
        max_bytes,
    };
    assert!(decode_bytes(path, &bytes, &limits(100, 1 << 20)).is_ok());
    let error = decode_bytes(path, &bytes, &limits(99, 1 << 20)).unwrap_err();
    assert!(
        matches!(error, PictureError::TooManyPixels { limit: 99, .. }),
        "{error}"
    );
    let bytes = encoded(&scene(1000, 1000), ImageFormat::Png);
    let error = decode_bytes(path, &bytes, &limits(1 << 20, 2_999_999)).unwrap_err();
    assert!(matches!(error, PictureError::OutOfMemory { .. }), "{error}");
    assert!(decode_bytes(path, &bytes, &limits(1 << 20, 3_000_000)).is_ok());
}

#[test]
fn a_png_cut_in_its_data_is_read_as_far_as_possible() {
    let noise = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([x, y, x * y].map(|value| (value.wrapping_mul(2_654_435_761) >> 13) as u8))
    });
    let whole = encoded(&noise, ImageFormat::Png);
    let got = partly("a.png", &whole[..whole.len() / 2]);
    assert_eq!(got[(5, 3)], noise[(5, 3)]);
    assert_eq!(got[(63, 63)], Rgb([MISSING_SAMPLE; 3]));
    refused("a.png", &whole[..50], "no row could be read");

    // 16-bit samples have the other byte order if the rest is missing.
    let rows: Vec<u8> = (0..40)
        .flat_map(|_| [&[0][..], &[0x80, 0x00, 0xff, 0x00].repeat(20)].concat())
        .collect();
    let whole = png((40, 40), 16, 0, &[], &rows);
    assert_eq!(clean("a.png", &whole)[(1, 0)], Rgb([254; 3]));
    let got = partly("a.png", &whole[..whole.len() / 2]);
    assert_eq!(got[(1, 0)], Rgb([254; 3]));
    assert_eq!(got[(0, 0)], Rgb([128; 3]));
}

#[test]
fn what_could_be_read_of_a_sensor_picture_is_stretched_without_what_is_missing() {
    // 12 bits in 16, once grey and once in colour.
    for (color, channels) in [(0, 1), (2, 3)] {
        let row = (0..40).flat_map(|x: u16| (105 * x).to_be_bytes().repeat(channels));
        let row: Vec<u8> = [0].into_iter().chain(row).collect();
        let whole = png((40, 40), 16, color, &[], &row.repeat(40));
        let picture = decoded("a.png", &whole[..whole.len() / 2]).unwrap();
        let [damage, stretch] = &picture.warnings[..] else {
            panic!("{:?}", picture.warnings);
        };
        assert!(damage.contains("missing parts are grey"), "{damage}");
        assert!(stretch.contains("has values from 0 to 4095,"), "{stretch}");
        let at = |x, y| picture.rgb[(x, y)];
        assert_eq!([at(0, 3), at(39, 3)], [Rgb([0; 3]), Rgb([255; 3])]);
        assert_eq!([at(0, 39), at(39, 39)], [Rgb([MISSING_SAMPLE; 3]); 2]);
    }
}

#[test]
fn a_cut_bmp_or_gif_is_read_and_a_cut_webp_or_tiff_refused() {
    let picture = scene(64, 64);
    for (name, format) in [("a.bmp", ImageFormat::Bmp), ("a.gif", ImageFormat::Gif)] {
        let whole = encoded(&picture, format);
        assert_eq!(
            partly(name, &whole[..whole.len() * 3 / 4]).dimensions(),
            (64, 64)
        );
    }
    for (name, format) in [("a.webp", ImageFormat::WebP), ("a.tif", ImageFormat::Tiff)] {
        let whole = encoded(&picture, format);
        refused(name, &whole[..whole.len() / 2], "is damaged");
    }
}

#[test]
fn narrow_pictures_are_read() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1)] {
        let picture = RgbImage::from_pixel(width, height, Rgb(RED));
        assert_eq!(
            clean("a.png", &encoded(&picture, ImageFormat::Png)),
            picture
        );
        assert_near(&clean("a.jpg", &jpeg(&picture))[(0, 0)], RED, 6);
    }
}

#[test]
fn names_may_be_long_or_not_ascii() {
    let bytes = encoded(&scene(4, 4), ImageFormat::Png);
    for name in [
        "掴み と 猫.png",
        " lead and trail .png",
        &format!("{}.png", "n".repeat(251)),
    ] {
        assert_eq!(clean(name, &bytes), scene(4, 4));
    }
}

#[test]
fn alpha_is_composited_over_white() {
    let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba([200, 0, 100, [0, 128, 255][x as usize]]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let got = clean("a.png", &bytes.into_inner());
    assert_eq!(
        got.as_raw()[..],
        [255, 255, 255, 227, 127, 177, 200, 0, 100]
    );
    // Grey with alpha, 8 and 16 bits.
    let got = clean("a.png", &png((2, 1), 8, 4, &[], &[0, 40, 0, 40, 255]));
    assert_eq!(got.as_raw()[..], [255, 255, 255, 40, 40, 40]);
    let got = clean("a.png", &png((1, 1), 16, 4, &[], &[0, 40, 40, 0, 0]));
    assert_eq!(got.as_raw()[..], [255; 3]);
}

#[test]
fn sixteen_bits_are_scaled_to_the_nearest_of_eight() {
    // 128 and 129 are on either side of half of 257; 65535 is white; a shift by 8 would turn 0x01ff into
    // 1.
    let samples: [u16; 6] = [0, 128, 129, 0x01ff, 0x8000, 65535];
    let mut row = vec![0];
    row.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    let got = clean("a.png", &png((6, 1), 16, 0, &[], &row));
    let want: Vec<u8> = [0, 0, 1, 2, 128, 255]
        .iter()
        .flat_map(|value| [*value; 3])
        .collect();
    assert_eq!(*got.as_raw(), want);
    let got = clean("a.png", &png((2, 1), 16, 2, &[], &row));
    assert_eq!(got.as_raw()[..], [0, 0, 1, 2, 128, 255]);
}

#[test]
fn a_palette_and_single_bits_give_their_colors() {
    let palette = [RED, BLUE, [1, 2, 3]].concat();
    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"PLTE", &palette), (b"tRNS", &[255, 255, 0])];
    // Four pixels of two bits: 0, 1, 2 (transparent), 0.
    let got = clean("a.png", &png((4, 1), 2, 3, &chunks, &[0, 0b00_01_10_00]));
    assert_eq!(*got.as_raw(), [RED, BLUE, [255; 3], RED].concat());
    let got = clean("a.png", &png((3, 1), 1, 0, &[], &[0, 0b1010_0000]));
    assert_eq!(*got.as_raw(), [[255; 3], [0; 3], [255; 3]].concat());
}

#[test]
fn the_first_frame_of_an_animation_is_read() {
    use image::codecs::gif::GifEncoder;
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for color in [RED, BLUE] {
        let [r, g, b] = color;
        encoder
            .encode_frame(image::Frame::new(RgbaImage::from_pixel(
                8,
                8,
                Rgba([r, g, b, 255]),
            )))
            .unwrap();
    }
    drop(encoder);
    assert_near(&clean("a.gif", &bytes)[(4, 4)], RED, 4);
}

#[test]
fn probe_reads_past_large_metadata() {
    // Two segments of 60 KB before the frame: more than the first read.
    let filler = vec![b'x'; 60_000];
    let payload = [b"Exif\0\0".as_slice(), &exif(6)].concat();
    let bytes = with_app1(&jpeg(&scene(32, 16)), &payload);
    let bytes = with_app1(&with_app1(&bytes, &filler), &filler);
    assert_eq!(clean("a.jpg", &bytes).dimensions(), (16, 32));
}

#[test]
fn cut_and_flipped_bytes_never_panic() {
    // A small fuzz test: any result is fine. `decode_bytes` would report a panic as `DecoderPanicked`,
    // so that counts as a failure.
    let picture = scene(24, 24);
    let mut seed = 1u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize
    };
    for (name, bytes) in [
        ("a.jpg", jpeg(&picture)),
        ("a.jpg", from_hex(PROGRESSIVE)),
        ("a.png", encoded(&picture, ImageFormat::Png)),
        ("a.webp", encoded(&picture, ImageFormat::WebP)),
        ("a.gif", encoded(&picture, ImageFormat::Gif)),
        ("a.bmp", encoded(&picture, ImageFormat::Bmp)),
        ("a.tif", encoded(&picture, ImageFormat::Tiff)),
    ] {
        let limits = DecodeLimits {
            max_pixels: 1 << 20,
            max_bytes: 1 << 24,
        };
        for _ in 0..150 {
            let mut hostile = bytes.clone();
            for _ in 0..1 + random() % 4 {
                let at = random() % hostile.len();
                hostile[at] = random() as u8;
            }
            hostile.truncate(hostile.len() - random() % 2 * (random() % hostile.len()));
            if let Err(error) = decode_bytes(Path::new(name), &hostile, &limits) {
                assert!(
                    !matches!(error, PictureError::DecoderPanicked { .. }),
                    "{name}"
                );
            }
        }
    }
}
