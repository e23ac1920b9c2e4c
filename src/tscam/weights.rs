//! A checkpoint on disk or in the program -> named tensors, a ViT's under timm's names.
//!
//! Read are safetensors and PyTorch's zip format (`torch.save` since 1.6). Three namings of a ViT
//! are known: timm's own (DeiT, DINOv2), the official TS-CAM's (timm's behind `module.`), and
//! Hugging Face's `Dinov2Model`. What comes out is always timm's, so that one set of names serves
//! all. Nothing here knows which keys a model needs: see
//! [`super::backbone::BackboneConfig::expected`].

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use candle_core::safetensors::Load as _;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use sha2::{Digest as _, Sha256};

use super::ModelError;

/// Checkpoints larger than this are refused before they are read; the largest known here,
/// DINOv2 ViT-L in f32, has 1.2 GB.
const MAX_FILE_BYTES: u64 = 8 << 30;
/// A pickle lists names and shapes only, some 40 KB for any ViT.
const MAX_PICKLE_BYTES: u64 = 1 << 20;
/// Stack for reading a pickle, which candle does by recursion: enough for one that is nothing but
/// nesting. Only the pages that are touched are ever taken.
const PICKLE_STACK: usize = 1 << 30;

/// Named tensors (f32, on the CPU) and what the file says of itself.
pub struct Weights {
    /// Tensors without `module.`, those of a ViT under timm's names.
    pub tensors: BTreeMap<String, Tensor>,
    /// The `__metadata__` of a safetensors file; empty for a `.pth`.
    pub metadata: HashMap<String, String>,
    /// SHA-256 of the file in hexadecimal: the identity that heads and proposals refer to.
    pub fingerprint: String,
}

impl Weights {
    /// Reads a `.safetensors` or `.pth` file; the content tells which it is, not its name.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let unreadable = |cause| ModelError::Unreadable {
            path: path.to_owned(),
            cause,
        };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            return Err(ModelError::bad_file(
                path,
                format!("it has {size} bytes, more than any model known here"),
            ));
        }
        let bytes = fs::read(path).map_err(unreadable)?;
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
                    format!("it is neither a PyTorch zip nor safetensors ({error})")
                };
                ModelError::bad_file(path, remedy)
            })
        }
    }

    /// Reads safetensors from memory: the embedded models.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, candle_core::Error> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
            let tensor = view.load(&Device::Cpu)?;
            if is_weight(tensor.dtype()) {
                tensors.insert(name.to_owned(), tensor.to_dtype(DType::F32)?);
            }
        }
        Ok(Self {
            tensors: to_timm_names(tensors)?,
            metadata: header.metadata().clone().unwrap_or_default(),
            fingerprint: fingerprint(bytes),
        })
    }

    fn from_pth(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        let reader = || Self::from_pth_on_this_stack(path, bytes);
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(PICKLE_STACK);
            let running = thread.spawn_scoped(scope, reader);
            let read = running.ok().and_then(|reader| reader.join().ok());
            read.unwrap_or_else(|| {
                let reason = "reading it failed inside; save it again with torch.save";
                Err(ModelError::bad_file(path, reason))
            })
        })
    }

    fn from_pth_on_this_stack(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
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
            .ok_or_else(|| bad("it holds no tensors that can be read".to_owned()))?;
        let mut tensors = BTreeMap::new();
        for (name, info) in pickled.tensor_infos() {
            let wanted = info
                .layout
                .shape()
                .dims()
                .iter()
                .try_fold(info.dtype.size_in_bytes(), |n, &d| n.checked_mul(d));
            let stored = sizes.get(&info.path).copied().unwrap_or(0);
            if wanted.is_none_or(|wanted| wanted as u64 > stored) {
                return Err(bad(format!(
                    "{name} claims shape {:?}, but {} holds only {stored} bytes",
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
            tensors: to_timm_names(tensors).map_err(|error| bad(error.to_string()))?,
            metadata: HashMap::new(),
            fingerprint: fingerprint(bytes),
        })
    }
}

/// Counters and the like (`num_batches_tracked`) are no weights.
fn is_weight(dtype: DType) -> bool {
    dtype.is_float()
}

/// SHA-256 in hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// The bytes that each entry of a PyTorch zip holds, by name.
///
/// PyTorch stores its entries as they are, so a compressed one is either not PyTorch's or a zip
/// bomb; refusing it bounds what reading can take by the size of the file.
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

fn to_timm_names(
    tensors: BTreeMap<String, Tensor>,
) -> Result<BTreeMap<String, Tensor>, candle_core::Error> {
    let mut tensors: BTreeMap<String, Tensor> = tensors
        .into_iter()
        .map(|(name, tensor)| {
            let name = name.strip_prefix("module.").unwrap_or(&name);
            (name.to_owned(), tensor)
        })
        .collect();
    if tensors
        .keys()
        .any(|name| name.contains("patch_embeddings.projection"))
    {
        tensors = from_hugging_face(tensors)?;
    }
    Ok(tensors)
}

/// Hugging Face's `Dinov2Model` -> timm: other names, and queries, keys and values apart.
fn from_hugging_face(
    tensors: BTreeMap<String, Tensor>,
) -> Result<BTreeMap<String, Tensor>, candle_core::Error> {
    const RENAMED: [(&str, &str); 9] = [
        ("embeddings.cls_token", "cls_token"),
        ("embeddings.mask_token", "mask_token"),
        ("embeddings.position_embeddings", "pos_embed"),
        ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
        ("encoder.layer.", "blocks."),
        ("attention.output.dense", "attn.proj"),
        ("layer_scale1.lambda1", "ls1.gamma"),
        ("layer_scale2.lambda1", "ls2.gamma"),
        ("layernorm.", "norm."),
    ];
    let mut renamed = BTreeMap::new();
    let mut attention: BTreeMap<String, [Option<Tensor>; 3]> = BTreeMap::new();
    for (name, tensor) in tensors {
        let mut name = name.strip_prefix("dinov2.").unwrap_or(&name).to_owned();
        for (theirs, ours) in RENAMED {
            name = name.replace(theirs, ours);
        }
        let part = ["query", "key", "value"]
            .iter()
            .position(|part| name.contains(&format!("attention.attention.{part}.")));
        match part {
            Some(index) => {
                let part = ["query", "key", "value"][index];
                let joined = name.replace(&format!("attention.attention.{part}"), "attn.qkv");
                attention.entry(joined).or_default()[index] = Some(tensor);
            }
            None => {
                renamed.insert(name, tensor);
            }
        }
    }
    for (name, parts) in attention {
        // A part that is missing leaves a tensor of the wrong shape, which the key check names.
        let parts: Vec<Tensor> = parts.into_iter().flatten().collect();
        renamed.insert(name, Tensor::cat(&parts, 0)?);
    }
    Ok(renamed)
}
