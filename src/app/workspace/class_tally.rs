//! How many boxes of a project each of the model's classes has, regardless of their names in the
//! project.
//!
//! Pictures whose maps were read are counted by the maps, which also know classes that are not probable
//! enough to name a box. The others are counted by what the model called their boxes.

use std::collections::{BTreeMap, HashMap};

use crate::document::{Document, Origin, PictureId};
use crate::propose::Proposal;

/// The classes of the boxes of each picture whose maps were read.
#[derive(Debug, Default)]
pub struct ClassTally {
    of_picture: HashMap<PictureId, Box<[u32]>>,
    /// Rises whenever something is counted.
    version: u64,
}

impl ClassTally {
    /// Counts the proposals of pictures, replacing the counts of earlier proposals on them.
    pub fn count_proposals(&mut self, proposals: &[(PictureId, Vec<Proposal>)]) {
        for (picture, boxes) in proposals {
            let classes = boxes.iter().filter_map(Proposal::best_class);
            let classes = classes.filter_map(|class| u32::try_from(class).ok());
            self.of_picture.insert(*picture, classes.collect());
        }
        self.version += 1;
    }

    /// Whether a picture was counted by its maps.
    pub fn contains(&self, picture: PictureId) -> bool {
        self.of_picture.contains_key(&picture)
    }

    /// A number that rises whenever something is counted.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The number of boxes on pictures that are not taken out of the project, by the index of their class in `class_names`. Boxes of classes with the
    /// same name count for the first of them.
    pub fn count(&self, document: &Document, class_names: &[String]) -> BTreeMap<usize, usize> {
        let mut indices: HashMap<&str, usize> = HashMap::new();
        for (at, name) in class_names.iter().enumerate() {
            indices.entry(name).or_insert(at);
        }
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let mut add = |name: &str| {
            if let Some(at) = indices.get(name) {
                *counts.entry(*at).or_default() += 1;
            }
        };
        for picture in document.included_pictures() {
            if let Some(classes) = self.of_picture.get(&picture.id) {
                let names = classes
                    .iter()
                    .filter_map(|class| class_names.get(*class as usize));
                names.for_each(|name| add(name));
                continue;
            }
            let rows = document.annotations(picture.id).iter();
            for row in rows.filter(|row| row.origin != Origin::Person) {
                if let Some(class) = &row.suggestion {
                    add(class);
                }
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::{Edit, Picture, Provenance, ops};
    use crate::geometry::BBox;

    const A: PictureId = PictureId(1);
    const B: PictureId = PictureId(2);

    #[test]
    fn boxes_count_by_their_maps_or_else_by_their_names() {
        let mut document = Document::default();
        let mut make = |make: &dyn Fn(&Document) -> Edit| {
            let edit = make(&document);
            document.apply(edit).unwrap();
        };
        make(&|document| {
            let picture = |path| Picture::new(PictureId(0), path, 100, 80);
            ops::add_pictures(document, vec![picture("a.jpg"), picture("b.jpg")])
        });
        let model = Arc::new(Provenance {
            name: "m".into(),
            version: "1".into(),
            method: "affinity".into(),
            threshold: 0.5,
        });
        let rect = BBox::from_xywh(1.0, 1.0, 20.0, 20.0);
        let found = |class: &str| ops::Candidate::suggested(rect, class, 0.5);
        make(&|document| {
            let found = [(A, vec![found("cat")]), (B, vec![found("tabby")])];
            ops::replace_proposals(document, &model, &found)
        });
        let names = ["crane", "tabby", "crane"].map(String::from);
        let mut tally = ClassTally::default();
        let counted = |tally: &ClassTally| Vec::from_iter(tally.count(&document, &names));
        assert_eq!(counted(&tally), [(1, 1)]);
        let proposal = |class: Option<usize>| Proposal {
            bbox: rect,
            classes: class.map(|class| (class, 1.0)).into_iter().collect(),
            score: 0.5,
        };
        let boxes = vec![proposal(Some(1)), proposal(Some(2)), proposal(None)];
        tally.count_proposals(&[(A, boxes)]);
        assert!(tally.contains(A) && !tally.contains(B));
        assert_eq!(counted(&tally), [(0, 1), (1, 2)]);
    }
}
