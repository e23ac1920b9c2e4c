//! Decoded samples as 8-bit RGB.

use image::ColorType;

use super::stretch::Stretch;

/// 8-bit RGB from the samples of the library, which are interleaved, in native byte order and of 1 to
/// 4 channels; and the range of values, if they were stretched to be seen.
///
/// `missing` is the value of all bytes that could not be read, if there are any. They stay what they are.
/// Pictures of floats are read as a whole or not at all.
pub fn to_rgb(
    color: ColorType,
    samples: Vec<u8>,
    missing: Option<u8>,
) -> (Vec<u8>, Option<Stretch>) {
    let channels = usize::from(color.channel_count());
    let has_alpha = color.has_alpha();
    let (samples, stretch) = match usize::from(color.bytes_per_pixel()) / channels {
        1 => (samples, None),
        2 => {
            let missing = missing.map(|byte| u16::from_ne_bytes([byte; 2]));
            words(&samples, channels, has_alpha, missing)
        }
        _ => floats(&samples, channels, has_alpha),
    };
    let rgb = match channels {
        1 => convert(&samples, |[grey]| [grey; 3]),
        2 => convert(&samples, |[grey, alpha]| [over_white(grey, alpha); 3]),
        3 => samples,
        _ => convert(&samples, |[r, g, b, alpha]| {
            [r, g, b].map(|value| over_white(value, alpha))
        }),
    };
    (rgb, stretch)
}

/// 16-bit samples as 8-bit ones.
fn words(
    samples: &[u8],
    channels: usize,
    has_alpha: bool,
    missing: Option<u16>,
) -> (Vec<u8>, Option<Stretch>) {
    let stretch = Stretch::of_words(samples, channels, has_alpha, missing);
    let plain = |value: u16| ((u32::from(value) + 128) / 257) as u8;
    let all = samples.as_chunks().0.iter();
    let values = all.map(|bytes| u16::from_ne_bytes(*bytes));
    let samples = match stretch {
        None => values.map(plain).collect(),
        Some(stretch) => {
            let table: Vec<u8> = (0..=u16::MAX)
                .map(|value| stretch.apply(value.into()))
                .collect();
            let stretched = values.enumerate().map(|(at, value)| {
                if missing == Some(value) || is_alpha(at, channels, has_alpha) {
                    plain(value)
                } else {
                    table[usize::from(value)]
                }
            });
            stretched.collect()
        }
    };
    (samples, stretch)
}

/// Float samples as 8-bit ones.
fn floats(samples: &[u8], channels: usize, has_alpha: bool) -> (Vec<u8>, Option<Stretch>) {
    let usual = Stretch {
        low: 0.0,
        high: 1.0,
    };
    let stretch = Stretch::of_floats(samples, channels, has_alpha);
    let of_colours = stretch.unwrap_or(usual);
    let all = samples.as_chunks().0.iter().enumerate();
    let samples = all.map(|(at, bytes)| {
        let value = f32::from_ne_bytes(*bytes);
        if is_alpha(at, channels, has_alpha) {
            usual.apply(value)
        } else {
            of_colours.apply(value)
        }
    });
    (samples.collect(), stretch)
}

/// Whether the sample with this index is an alpha value.
fn is_alpha(at: usize, channels: usize, has_alpha: bool) -> bool {
    has_alpha && at % channels == channels - 1
}

/// The pixels of `samples`, which have N channels, as RGB.
fn convert<const N: usize>(samples: &[u8], rgb: impl Fn([u8; N]) -> [u8; 3]) -> Vec<u8> {
    let pixels = samples.as_chunks().0;
    pixels
        .iter()
        .map(|pixel| rgb(*pixel))
        .collect::<Vec<_>>()
        .into_flattened()
}

/// A sample composited over white, rounded to the nearest value.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(values: &[f32]) -> (Vec<u8>, Option<Stretch>) {
        let rgb = values.iter().flat_map(|value| [*value; 3]);
        let samples = rgb.flat_map(f32::to_ne_bytes).collect();
        let (rgb, stretch) = to_rgb(ColorType::Rgb32F, samples, None);
        (rgb.into_iter().step_by(3).collect(), stretch)
    }

    #[test]
    fn usual_floats_are_kept_and_others_stretched() {
        assert_eq!(
            grey(&[0.0, 0.5, 1.0, f32::NAN]),
            (vec![0, 128, 255, 0], None)
        );
        let range = |low, high| Some(Stretch { low, high });
        assert_eq!(grey(&[0.0, 0.5, 2.0]), (vec![0, 64, 255], range(0.0, 2.0)));
        assert_eq!(
            grey(&[0.0, 0.01, 0.02]),
            (vec![0, 128, 255], range(0.0, 0.02))
        );
        let celsius = [-10.0, 0.0, 30.0, f32::NAN, f32::INFINITY, -3.4e38];
        let seen = vec![0, 64, 255, 0, 255, 0];
        assert_eq!(grey(&celsius), (seen, range(-10.0, 30.0)));
        // A plain surface stays what it is, and so does one without a number.
        assert_eq!(grey(&[0.5; 4]), (vec![128; 4], None));
        assert_eq!(grey(&[7.0; 4]), (vec![255; 4], None));
        assert_eq!(grey(&[f32::NAN; 4]), (vec![0; 4], None));
    }

    #[test]
    fn outliers_do_not_set_the_range_and_alpha_is_not_stretched() {
        let mut samples: Vec<u16> = (0..5000).map(|at| 7000 + at % 1000).collect();
        samples[17] = 16383;
        samples[18] = 0;
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_ne_bytes())
            .collect();
        let (rgb, stretch) = to_rgb(ColorType::L16, bytes, None);
        let Some(Stretch { low, high }) = stretch else {
            panic!("it is stretched");
        };
        assert!((7000.0..7005.0).contains(&low), "{low}");
        assert!((7995.0..8000.0).contains(&high), "{high}");
        assert_eq!((rgb[3 * 17], rgb[3 * 18]), (255, 0));
        assert!(rgb[3 * 500].abs_diff(128) <= 1, "{}", rgb[3 * 500]);

        let with_alpha = [100_u16, 65535, 300, 65535, 200, 0];
        let bytes = with_alpha.iter().flat_map(|sample| sample.to_ne_bytes());
        let (rgb, stretch) = to_rgb(ColorType::La16, bytes.collect(), None);
        assert_eq!(rgb, [[0; 3], [255; 3], [255; 3]].concat());
        assert_eq!(
            stretch.map(|stretch| stretch.to_string()).as_deref(),
            Some("100 to 300")
        );
    }
}
