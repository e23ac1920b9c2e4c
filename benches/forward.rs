//! Pictures per second of the embedded backbone's forward pass at batch 1.
//!
//! `cargo bench --bench forward -- [ROWSxCOLUMNS] [SECONDS]`; `benches/run` compares it with
//! PyTorch and ONNX Runtime on the same weights in one run.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use tsukami::tscam::Model;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let grid = arguments.next().unwrap_or_else(|| "16x16".to_owned());
    let (rows, columns) = grid.split_once('x').ok_or("the grid is ROWSxCOLUMNS")?;
    let (rows, columns): (usize, usize) = (rows.parse()?, columns.parse()?);
    let seconds: f64 = arguments.next().map_or(Ok(5.0), |s| s.parse())?;

    let model = Model::embedded(&Device::Cpu)?;
    let patch = model.config().patch_size;
    let shape = (1, 3, rows * patch, columns * patch);
    let pixels = Tensor::ones(shape, DType::F32, &Device::Cpu)?;
    for _ in 0..3 {
        model.features(&pixels, &[])?;
    }
    let mut times = Vec::new();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        let start = Instant::now();
        model.features(&pixels, &[])?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    #[allow(clippy::print_stdout, reason = "the output of a benchmark")]
    {
        println!(
            "tsukami {grid} {:.2} pictures/s (median of {})",
            1.0 / median,
            times.len()
        );
    }
    Ok(())
}
