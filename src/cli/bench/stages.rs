//! A large photograph through the pipeline: each stage by itself, and all of them as a bulk run has them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};

use super::report::{Throughput, Timing};
use super::timing::median_s;
use crate::localize::{Method, Quality};
use crate::nn::shipped::ModelSource;
use crate::pictures::{self, DecodeLimits};
use crate::propose::{self, Networks, PipelineSettings, Target};
use crate::tscam::{InputOptions, Model};

/// Width and height of the photograph: 12 megapixels.
const SIZE: (u32, u32) = (4000, 3000);

/// Writes the photograph: smooth areas, edges and grain, which is what a decoder's time depends on.
///
/// # Errors
/// If the file cannot be written.
pub fn write_photograph(path: &Path) -> anyhow::Result<()> {
    let (width, height) = SIZE;
    let mut noise = 1_u32;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (noise >> 28) as i32;
        let disc = (x % 1000).abs_diff(500).pow(2) + (y % 1000).abs_diff(500).pow(2) < 300 * 300;
        let level = if disc { 190 } else { 60 + (x / 50) as i32 };
        let channel = |offset: i32| (level + offset + grain).clamp(0, 255) as u8;
        Rgb([channel(0), channel((y / 60) as i32 - 25), channel(-20)])
    });
    picture.save(path)?;
    Ok(())
}

/// What no network takes part in: decoding, resizing, and boxes from evidence.
///
/// # Errors
/// If the photograph cannot be read, or the device fails.
pub fn measure(path: &Path, networks: &Networks, time: Duration) -> anyhow::Result<Vec<Timing>> {
    let settings = settings(Quality::Balanced);
    let limits = DecodeLimits::default();
    let mut picture = RgbImage::new(1, 1);
    let decode = median_s(time, || {
        picture = pictures::decode(path, &limits)?.rgb;
        Ok::<_, pictures::PictureError>(())
    })?;
    let size = picture.dimensions();
    let resize = median_s(time, || {
        networks.model.input(&picture, settings.input_options);
        networks
            .detector
            .as_ref()
            .map(|detector| detector.input(&picture));
        Ok::<_, anyhow::Error>(())
    })?;
    let found = propose::infer_picture(networks.as_ref(), picture, settings.input_options)?;
    let boxes = median_s(time, || {
        propose::propose(&found.evidence, size, &Target::Automatic, &settings);
        Ok::<_, anyhow::Error>(())
    })?;
    let stages = [("decode", decode), ("resize", resize), ("boxes", boxes)];
    Ok(stages
        .map(|(name, seconds)| Timing {
            name,
            input: format!("JPEG of {} x {} pixels", size.0, size.1),
            ms: 1e3 * seconds,
            gflop_per_s: None,
        })
        .into())
}

/// The whole pipeline for copies of the photograph, at each level of quality that takes no enlarged parts.
///
/// # Errors
/// If a network is missing or the device fails.
pub fn throughput(
    path: &Path,
    model: impl Fn() -> anyhow::Result<Model>,
    models: &ModelSource,
    time: Duration,
) -> anyhow::Result<Vec<Throughput>> {
    let of_quality = |quality: Quality| {
        let networks = Networks::new(model()?, Method::default(), quality, models)?;
        Ok(Throughput {
            quality: quality.name(),
            pictures_per_s: pictures_per_s(path, &networks, quality, time)?,
        })
    };
    [Quality::Fast, Quality::Balanced]
        .map(of_quality)
        .into_iter()
        .collect()
}

fn pictures_per_s(
    path: &Path,
    networks: &Networks,
    quality: Quality,
    time: Duration,
) -> anyhow::Result<f64> {
    let settings = settings(quality);
    let in_flight = std::thread::available_parallelism().map_or(1, usize::from);
    let next = || Some(((), PathBuf::from(path)));
    // The clock starts with the first result, when all stages are at work.
    let (mut begun, mut done) = (None, 0_u32);
    let mut failure = None;
    propose::infer_all(
        networks.as_ref(),
        &next,
        settings.input_options,
        false,
        in_flight,
        &AtomicBool::new(false),
        |(), result| {
            match result {
                Ok(found) => {
                    propose::propose(&found.evidence, found.size, &Target::Automatic, &settings);
                }
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
            let start = *begun.get_or_insert_with(Instant::now);
            done += 1;
            match start.elapsed() < time || done < 4 {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        },
    );
    if let Some(error) = failure {
        return Err(error.into());
    }
    let seconds = begun.map_or(0.0, |start| start.elapsed().as_secs_f64());
    Ok(f64::from(done - 1) / seconds)
}

fn settings(quality: Quality) -> PipelineSettings {
    PipelineSettings {
        input_options: InputOptions {
            quality,
            ..InputOptions::default()
        },
        ..PipelineSettings::default()
    }
}
