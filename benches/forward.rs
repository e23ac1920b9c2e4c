//! Pictures per second of the embedded backbone's forward pass at batch 1.
//!
//! `cargo bench --bench forward -- [ROWSxCOLUMNS] [SECONDS] [STREAMS]`: STREAMS pictures are processed at
//! once. `benches/compare` compares it with PyTorch and ONNX Runtime on the same weights in one run.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use tsukami::nn::shipped::ModelSource;
use tsukami::tscam::Model;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let grid = arguments.next().unwrap_or_else(|| "16x16".to_owned());
    let (rows, columns) = grid.split_once('x').ok_or("the grid is ROWSxCOLUMNS")?;
    let (rows, columns): (usize, usize) = (rows.parse()?, columns.parse()?);
    let seconds = arguments.next().map_or(Ok(5.0), |s| s.parse())?;
    let streams = arguments.next().map_or(Ok(1), |s| s.parse())?;

    let model = Model::shipped(&ModelSource::Program, &Device::Cpu)?;
    let patch = model.backbone().patch_size();
    let shape = (1, 3, rows * patch, columns * patch);
    let pixels = Tensor::ones(shape, DType::F32, &Device::Cpu)?;
    for _ in 0..3 {
        model.features(&pixels, &[])?;
    }
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let done: usize = std::thread::scope(|scope| {
        let stream = || {
            let mut done = 0;
            while Instant::now() < end && model.features(&pixels, &[]).is_ok() {
                done += 1;
            }
            done
        };
        let running: Vec<_> = (0..streams).map(|_| scope.spawn(stream)).collect();
        running
            .into_iter()
            .filter_map(|stream| stream.join().ok())
            .sum()
    });
    let rate = done as f64 / start.elapsed().as_secs_f64();
    #[allow(clippy::print_stdout, reason = "the output of a benchmark")]
    {
        println!("tsukami {grid} {rate:.2} pictures/s ({streams} at once)");
    }
    Ok(())
}
