//! The program: the command line.

use std::process::ExitCode;

/// Inference makes and drops large temporaries; mimalloc keeps their pages where the system's
/// allocator would return and fault them in again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tsukami::cli::run()
}
