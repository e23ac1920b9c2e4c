//! The features of a picture as bytes, for a cache.

use half::f16;
use serde::{Deserialize, Serialize};

use super::envelope;
use super::picture_candidates::PictureCandidate;
use super::picture_features::{MAP_COUNT, PictureFeatures};
use crate::geometry::{BBox, Grid};
use crate::learn::judge::CandidateSource;

const KIND: [u8; 4] = *b"TSsi";
/// Bytes of other versions are not read: the cache is filled again.
const VERSION: u32 = 4;

#[derive(Serialize, Deserialize)]
struct StoredFeatures {
    size: (u32, u32),
    rows: usize,
    columns: usize,
    width: usize,
    /// Little-endian halves.
    tokens: Vec<u8>,
    maps: [Vec<f32>; MAP_COUNT],
    has_detector: bool,
    candidates: Vec<StoredCandidate>,
    proposals: Vec<BBox>,
}

#[derive(Serialize, Deserialize)]
struct StoredCandidate {
    bbox: BBox,
    is_detected: bool,
    score: f32,
    threshold: f32,
    prior: f32,
    classes: Vec<(usize, f32)>,
}

impl From<&PictureCandidate> for StoredCandidate {
    fn from(candidate: &PictureCandidate) -> Self {
        Self {
            bbox: candidate.bbox,
            is_detected: candidate.source == CandidateSource::Detector,
            score: candidate.score,
            threshold: candidate.threshold,
            prior: candidate.prior,
            classes: candidate.classes.clone(),
        }
    }
}

impl From<StoredCandidate> for PictureCandidate {
    fn from(stored: StoredCandidate) -> Self {
        Self {
            bbox: stored.bbox,
            source: match stored.is_detected {
                true => CandidateSource::Detector,
                false => CandidateSource::Map,
            },
            score: stored.score,
            threshold: stored.threshold,
            prior: stored.prior,
            classes: stored.classes,
        }
    }
}

impl PictureFeatures {
    /// The features as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredFeatures {
            size: self.size,
            rows: self.grid.rows,
            columns: self.grid.columns,
            width: self.width,
            tokens: self.tokens.iter().flat_map(|x| x.to_le_bytes()).collect(),
            maps: self.maps.clone(),
            has_detector: self.has_detector,
            candidates: self.candidates.iter().map(StoredCandidate::from).collect(),
            proposals: self.proposals.clone(),
        };
        envelope::seal(KIND, VERSION, &stored)
    }

    /// The features from [`Self::to_bytes`]. `None` if the bytes are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, value) = envelope::open(bytes, KIND)?;
        let stored: StoredFeatures = (version == VERSION).then(|| envelope::decode(value))??;
        let (tokens, rest) = stored.tokens.as_chunks::<2>();
        let candidates = stored.candidates.into_iter();
        let features = Self {
            size: stored.size,
            grid: Grid {
                rows: stored.rows,
                columns: stored.columns,
            },
            width: stored.width,
            tokens: tokens.iter().map(|x| f16::from_le_bytes(*x)).collect(),
            maps: stored.maps,
            has_detector: stored.has_detector,
            candidates: candidates.map(PictureCandidate::from).collect(),
            proposals: stored.proposals,
        };
        (rest.is_empty() && features.is_sound()).then_some(features)
    }
}
