//! Division of a data set into train, val and test.

use sha2::{Digest as _, Sha256};

use crate::formats::format::FolderLayout;

/// A subset of a split data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subset {
    /// For training.
    Train,
    /// For choosing settings during training.
    Val,
    /// For the final measurement.
    Test,
}

impl Subset {
    /// All subsets.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The name of its folder.
    pub(in crate::formats) fn name(self, layout: FolderLayout) -> &'static str {
        match (self, layout) {
            (Self::Train, _) => "train",
            (Self::Val, FolderLayout::Standard) => "val",
            (Self::Val, FolderLayout::Roboflow) => "valid",
            (Self::Test, _) => "test",
        }
    }
}

/// The shares of the subsets, in any unit, and the random seed.
///
/// The subset of a picture depends only on its path and the seed, so it never changes when other
/// pictures are added or removed. Only a picture that is renamed may move to another subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubsetSplit {
    /// Share of train.
    pub train: u32,
    /// Share of val.
    pub val: u32,
    /// Share of test.
    pub test: u32,
    /// The random seed: another one leads to another split.
    pub seed: u64,
}

impl SubsetSplit {
    /// The subset that a picture belongs to; train if all shares are zero.
    pub fn subset(&self, path: &str) -> Subset {
        let digest = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(path.as_bytes())
            .finalize();
        let hash = digest
            .iter()
            .take(8)
            .fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let [train, val, test] = [self.train, self.val, self.test].map(u128::from);
        // Uniform in 0..total, without the bias that a remainder would have.
        let point = (u128::from(hash) * (train + val + test)) >> 64;
        if point < train || train + val + test == 0 {
            Subset::Train
        } else if point < train + val {
            Subset::Val
        } else {
            Subset::Test
        }
    }

    /// The subsets that have a share.
    pub(super) fn non_empty(&self) -> Vec<Subset> {
        let shares = Subset::ALL
            .into_iter()
            .zip([self.train, self.val, self.test]);
        let with_share = shares.filter(|(_, share)| *share > 0);
        with_share.map(|(subset, _)| subset).collect()
    }
}
