//! Checkpoints: a file on disk or bytes in memory -> named tensors.
//!
//! Two formats can be read: safetensors, and PyTorch's zip format (`torch.save` since 1.6). Nothing
//! here depends on which tensors a network needs, or on their names.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use candle_core::safetensors::Load as _;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;

use super::error::ModelError;
use crate::files::sha256_hex;

/// Larger checkpoints are refused before they are read. The largest one in use, DINOv2 ViT-L in
/// f32, has 1.2 GB.
const MAX_FILE_BYTES: u64 = 8 << 30;
/// The pickle in a checkpoint lists only names and shapes, about 40 KB for any ViT.
const MAX_PICKLE_BYTES: u64 = 1 << 20;
/// The stack for reading a pickle, which candle does recursively: enough for the deepest nesting that
/// fits in [`MAX_PICKLE_BYTES`]. The system only provides the pages that are used.
const PICKLE_STACK_BYTES: usize = 1 << 30;

/// Named tensors (f32, on the CPU) and the metadata of their file.
pub struct Weights {
    /// The tensors by name, without the prefix `module.` that PyTorch's data-parallel wrapper adds.
    pub tensors: BTreeMap<String, Tensor>,
    /// The `__metadata__` of a safetensors file; empty for a `.pth`.
    pub metadata: HashMap<String, String>,
    /// SHA-256 of the file in hexadecimal, by which heads and proposals refer to the model.
    pub fingerprint: String,
}

impl Weights {
    /// Reads a `.safetensors` or `.pth` file. The format is detected from the content, not from the
    /// name.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and [`ModelError::BadFile`].
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let bytes = Self::read(path)?;
        if bytes.starts_with(b"PK\x03\x04") {
            Self::from_pth(path, &bytes)
        } else {
            Self::from_safetensors(&bytes).map_err(|error| {
                let pickle = bytes.starts_with(b"\x80");
                let remedy = if pickle {
                    "it is a bare pickle, as PyTorch before 1.6 wrote it; open it there and save \
                     it again with torch.save"
                        .to_owned()
                } else {
                    format!("it is neither a PyTorch zip file nor safetensors ({error})")
                };
                ModelError::bad_file(path, remedy)
            })
        }
    }

    /// The bytes of a model file, unless it is larger than any model.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and [`ModelError::BadFile`].
    pub(super) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
        let unreadable = |cause| ModelError::Unreadable {
            path: path.to_owned(),
            cause,
        };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            return Err(ModelError::bad_file(
                path,
                format!("it has {size} bytes, more than any known model"),
            ));
        }
        fs::read(path).map_err(unreadable)
    }

    /// Reads safetensors from memory.
    ///
    /// # Errors
    /// If the bytes are not valid safetensors.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, candle_core::Error> {
        Self::with_fingerprint(bytes, sha256_hex(bytes))
    }

    /// Reads safetensors, whose SHA-256 is known, from memory.
    ///
    /// # Errors
    /// If the bytes are not valid safetensors.
    pub(super) fn with_fingerprint(
        bytes: &[u8],
        fingerprint: String,
    ) -> Result<Self, candle_core::Error> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
            let tensor = view.load(&Device::Cpu)?;
            if is_weight(tensor.dtype()) {
                tensors.insert(name.to_owned(), tensor.to_dtype(DType::F32)?);
            }
        }
        Ok(Self {
            tensors: without_module_prefix(tensors),
            metadata: header.metadata().clone().unwrap_or_default(),
            fingerprint,
        })
    }

    fn from_pth(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        let reader = || Self::from_pth_on_current_stack(path, bytes);
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(PICKLE_STACK_BYTES);
            let running = thread.spawn_scoped(scope, reader);
            let read = running.ok().and_then(|reader| reader.join().ok());
            read.unwrap_or_else(|| {
                let reason = "the reader failed; save it again with torch.save";
                Err(ModelError::bad_file(path, reason))
            })
        })
    }

    fn from_pth_on_current_stack(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        let bad = |reason: String| ModelError::bad_file(path, reason);
        let sizes = stored_sizes(bytes).map_err(bad)?;
        let pickled = ["state_dict", "model"]
            .into_iter()
            .map(Some)
            .chain([None])
            .find_map(|key| {
                let pickled = candle_core::pickle::PthTensors::new(path, key).ok()?;
                (!pickled.tensor_infos().is_empty()).then_some(pickled)
            })
            .ok_or_else(|| bad("it contains no readable tensors".to_owned()))?;
        let mut tensors = BTreeMap::new();
        for (name, info) in pickled.tensor_infos() {
            let needed = info
                .layout
                .shape()
                .dims()
                .iter()
                .try_fold(info.dtype.size_in_bytes(), |n, &d| n.checked_mul(d));
            let stored = sizes.get(&info.path).copied().unwrap_or(0);
            if needed.is_none_or(|needed| needed as u64 > stored) {
                return Err(bad(format!(
                    "{name} claims shape {:?}, but {} contains only {stored} bytes",
                    info.layout.shape().dims(),
                    info.path
                )));
            }
            if !is_weight(info.dtype) {
                continue;
            }
            let tensor = pickled
                .get(name)
                .and_then(|tensor| tensor.map(|t| t.to_dtype(DType::F32)).transpose())
                .map_err(|error| bad(format!("{name} cannot be read ({error})")))?;
            if let Some(tensor) = tensor {
                tensors.insert(name.clone(), tensor);
            }
        }
        Ok(Self {
            tensors: without_module_prefix(tensors),
            metadata: HashMap::new(),
            fingerprint: sha256_hex(bytes),
        })
    }
}

/// Counters such as `num_batches_tracked` are not weights.
fn is_weight(dtype: DType) -> bool {
    dtype.is_float()
}

/// The number of bytes in each entry of a PyTorch zip, by name.
///
/// PyTorch does not compress its entries, so a compressed one either comes from another program or
/// is a zip bomb. Refusing it limits the memory that reading takes to the size of the file.
fn stored_sizes(bytes: &[u8]) -> Result<HashMap<String, u64>, String> {
    let damaged = |error| format!("its zip directory is damaged ({error}); copy the file again");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(damaged)?;
    let mut sizes = HashMap::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let name = entry
            .name()
            .map_err(|error| format!("one of its entries has no readable name ({error})"))?
            .into_owned();
        if entry.compression() != zip::CompressionMethod::Stored {
            return Err(format!(
                "its entry {name} is compressed, which PyTorch never does; save it with torch.save"
            ));
        }
        let size = entry.size().min(bytes.len() as u64);
        if name.ends_with("data.pkl") && size > MAX_PICKLE_BYTES {
            return Err(format!("its pickle has {size} bytes, too many for a model"));
        }
        sizes.insert(name, size);
    }
    Ok(sizes)
}

fn without_module_prefix(tensors: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let renamed = tensors.into_iter().map(|(name, tensor)| {
        let name = name.strip_prefix("module.").unwrap_or(&name);
        (name.to_owned(), tensor)
    });
    renamed.collect()
}
