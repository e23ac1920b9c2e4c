//! Decoded samples as 8-bit RGB.

use image::ColorType;

/// 8-bit RGB from the samples of the library, which are interleaved, in native byte order and of 1 to
/// 4 channels.
pub fn to_rgb(color: ColorType, samples: Vec<u8>) -> Vec<u8> {
    let channels = color.channel_count();
    let samples = match color.bytes_per_pixel() / channels {
        1 => samples,
        2 => samples
            .as_chunks()
            .0
            .iter()
            .map(|bytes| ((u32::from(u16::from_ne_bytes(*bytes)) + 128) / 257) as u8)
            .collect(),
        _ => samples
            .as_chunks()
            .0
            .iter()
            // `as` clips, and turns NaN into zero.
            .map(|bytes| (f32::from_ne_bytes(*bytes) * 255.0).round() as u8)
            .collect(),
    };
    match channels {
        1 => convert(&samples, |[grey]| [grey; 3]),
        2 => convert(&samples, |[grey, alpha]| [over_white(grey, alpha); 3]),
        3 => samples,
        _ => convert(&samples, |[r, g, b, alpha]| {
            [r, g, b].map(|value| over_white(value, alpha))
        }),
    }
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

    #[test]
    fn float_samples_are_clipped() {
        let samples: Vec<u8> = [0.0f32, 0.5, 1.0, -3.0, 7.0, f32::NAN]
            .iter()
            .flat_map(|sample| sample.to_ne_bytes())
            .collect();
        assert_eq!(to_rgb(ColorType::Rgb32F, samples), [0, 128, 255, 0, 255, 0]);
    }
}
