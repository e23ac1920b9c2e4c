//! Samples of more than 8 bits as samples of 8.
//!
//! Sensors deliver 10 to 14 bits, which programs store in 16, and measurements are stored as floats of
//! any range. Taken at face value, such a picture is black. So the values that it has are stretched to
//! the whole range, by one straight line for all channels, which keeps the colours. This happens here
//! alone, when a file is decoded: the model and the person see the same.

use std::fmt;

/// 16-bit samples up to this value are those of a sensor: 14 bits or fewer.
const MAX_SENSOR_SAMPLE: u16 = (1 << 14) - 1;
/// The share of samples at either end that may be outliers, such as dead pixels.
const OUTLIERS: f64 = 0.001;
/// How many samples are looked at to find the range of floats.
const MAX_SAMPLED: usize = 1 << 20;
/// Floats up to 1 are the usual ones, and as they are, if some of them are at least this bright.
const MIN_USUAL_BRIGHTNESS: f32 = 0.25;

/// The values that are stretched to the whole range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// What becomes black.
    pub low: f32,
    /// What becomes white.
    pub high: f32,
}

impl Stretch {
    /// The range of 16-bit samples, if they are to be stretched. Every `channels`-th sample is not
    /// looked at if `has_alpha`, nor are those that are `missing`.
    pub fn of_words(
        samples: &[u8],
        channels: usize,
        has_alpha: bool,
        missing: Option<u16>,
    ) -> Option<Self> {
        let mut counts = vec![0_u64; usize::from(u16::MAX) + 1];
        for sample in colours(samples.as_chunks().0, channels, has_alpha) {
            counts[usize::from(u16::from_ne_bytes(*sample))] += 1;
        }
        if let Some(missing) = missing {
            counts[usize::from(missing)] = 0;
        }
        let max = counts.iter().rposition(|count| *count > 0)?;
        if max > usize::from(MAX_SENSOR_SAMPLE) {
            return None;
        }
        let total: u64 = counts.iter().sum();
        let outliers = (total as f64 * OUTLIERS) as u64;
        let mut below = 0;
        let is_low = |count: &u64| {
            below += count;
            below > outliers
        };
        let low = counts.iter().position(is_low)?;
        let mut above = 0;
        let is_high = |count: &u64| {
            above += count;
            above > outliers
        };
        let high = counts.iter().rposition(is_high)?;
        Self::between(low as f32, high as f32)
    }

    /// The range of float samples, if they are to be stretched.
    pub fn of_floats(samples: &[u8], channels: usize, has_alpha: bool) -> Option<Self> {
        let all = samples.as_chunks::<4>().0;
        let colours_per_pixel = channels - usize::from(has_alpha);
        let mut step = (all.len() / channels * colours_per_pixel / MAX_SAMPLED).max(1);
        if step > 1 && step.is_multiple_of(colours_per_pixel) {
            // It would look at one colour alone.
            step += 1;
        }
        let mut values: Vec<f32> = colours(all, channels, has_alpha)
            .step_by(step)
            .map(|bytes| f32::from_ne_bytes(*bytes))
            // Huge values stand for 'no data'.
            .filter(|value| value.abs() < 1e30)
            .collect();
        let outliers = (values.len() as f64 * OUTLIERS) as usize;
        values.sort_unstable_by(f32::total_cmp);
        let low = *values.get(outliers)?;
        let high = *values.get(values.len() - 1 - outliers)?;
        if low >= 0.0 && (MIN_USUAL_BRIGHTNESS..=1.0).contains(&high) {
            return None;
        }
        Self::between(low, high)
    }

    fn between(low: f32, high: f32) -> Option<Self> {
        (low < high).then_some(Self { low, high })
    }

    /// A value in the 8 bits that it becomes.
    pub fn apply(self, value: f32) -> u8 {
        // `as` clips, and turns NaN into zero.
        ((value - self.low) / (self.high - self.low) * 255.0).round() as u8
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.low, self.high)
    }
}

/// The samples without alpha.
fn colours<const N: usize>(
    samples: &[[u8; N]],
    channels: usize,
    has_alpha: bool,
) -> impl Iterator<Item = &[u8; N]> {
    let colours = channels - usize::from(has_alpha);
    samples
        .chunks_exact(channels)
        .flat_map(move |pixel| &pixel[..colours])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the size, the sampling looks at all colours.
    #[test]
    fn the_range_of_floats_is_that_of_all_colours() {
        for pixels in [1 << 10, 800_000, (1 << 20) + 5, 1_500_000] {
            for has_alpha in [true, false] {
                for bright in 0..3 {
                    let mut pixel = [0.5_f32; 3];
                    pixel[bright] = 5.0;
                    let pixel = pixel.iter().chain(has_alpha.then_some(&9.0));
                    let pixel: Vec<u8> = pixel.flat_map(|value| value.to_ne_bytes()).collect();
                    let channels = pixel.len() / 4;
                    let samples = pixel.repeat(pixels);
                    let stretch = Stretch::of_floats(&samples, channels, has_alpha);
                    let (low, high) = (0.5, 5.0);
                    assert_eq!(stretch, Some(Stretch { low, high }), "{pixels} {channels}");
                }
            }
        }
    }
}
