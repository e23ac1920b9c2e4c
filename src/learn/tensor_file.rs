//! Named tensors as a safetensors file, always with the same bytes: the writer of the `safetensors` crate
//! keeps the metadata in a hash map, whose order changes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use candle_core::{DType, Device, Tensor};
use safetensors::View as _;

/// Writes f32 tensors one after the other, so that at most one is copied at a time.
///
/// # Errors
/// If `file` cannot be written or a tensor cannot be copied to the CPU.
pub fn write(
    file: &mut dyn Write,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut end = 0;
    for (name, tensor) in tensors {
        let begin = end;
        end += tensor.elem_count() * DType::F32.size_in_bytes();
        let entry = serde_json::json!({
            "dtype": "F32", "shape": tensor.dims(), "data_offsets": [begin, end],
        });
        header.insert(name.clone(), entry);
    }
    let mut header = serde_json::to_vec(&header)?;
    // The data starts at a multiple of 8 bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    for tensor in tensors.values() {
        let here = tensor.to_device(&Device::Cpu).map_err(io::Error::other)?;
        file.write_all(&here.data())?;
    }
    Ok(())
}
