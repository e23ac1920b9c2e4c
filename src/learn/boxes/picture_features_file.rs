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
const VERSION: u32 = 3;

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
    /// Box, whether it is of the detector, score, threshold and prior.
    candidates: Vec<(BBox, bool, f32, f32, f32)>,
    proposals: Vec<BBox>,
}

impl PictureFeatures {
    /// The features as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let candidates = self.candidates.iter();
        let stored = StoredFeatures {
            size: self.size,
            rows: self.grid.rows,
            columns: self.grid.columns,
            width: self.width,
            tokens: self.tokens.iter().flat_map(|x| x.to_le_bytes()).collect(),
            maps: self.maps.clone(),
            has_detector: self.has_detector,
            candidates: candidates
                .map(|candidate| {
                    let is_detected = candidate.source == CandidateSource::Detector;
                    let PictureCandidate {
                        bbox,
                        score,
                        threshold,
                        prior,
                        ..
                    } = *candidate;
                    (bbox, is_detected, score, threshold, prior)
                })
                .collect(),
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
            candidates: candidates
                .map(
                    |(bbox, is_detected, score, threshold, prior)| PictureCandidate {
                        bbox,
                        source: match is_detected {
                            true => CandidateSource::Detector,
                            false => CandidateSource::Map,
                        },
                        score,
                        threshold,
                        prior,
                    },
                )
                .collect(),
            proposals: stored.proposals,
        };
        (rest.is_empty() && features.is_sound()).then_some(features)
    }
}
