//! A document as a value of serde.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::category::Category;
use super::content::{Document, PictureEntry};
use super::edit::{Change, Edit};
use super::ids::NextIds;
use super::labels::Labels;
use crate::naming::Naming;

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Rows<'a> {
            next_ids: NextIds,
            extra: &'a Option<Box<str>>,
            naming: &'a Naming,
            labels: &'a Labels,
            categories: Vec<&'a Category>,
            pictures: Vec<&'a PictureEntry>,
        }
        Rows {
            next_ids: self.next_ids,
            extra: &self.extra,
            naming: &self.naming,
            labels: &self.labels,
            categories: self.categories().collect(),
            pictures: self.pictures.values().collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    /// Reads a document row by row. Refuses one that breaks a rule of [`Document::apply`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Rows {
            next_ids: NextIds,
            extra: Option<Box<str>>,
            #[serde(default)]
            naming: Naming,
            #[serde(default)]
            labels: Labels,
            categories: Vec<Category>,
            pictures: Vec<PictureEntry>,
        }
        let rows = Rows::deserialize(deserializer)?;
        let mut document = Self {
            extra: rows.extra,
            ..Self::default()
        };
        let mut insert = |edit| document.apply(edit).map_err(D::Error::custom);
        for category in rows.categories {
            insert(Edit::Category(Change::Insert(category)))?;
        }
        insert(Edit::Naming(rows.naming))?;
        insert(Edit::Labels(rows.labels))?;
        for entry in rows.pictures {
            let picture = entry.picture.id;
            insert(Edit::Picture(Change::Insert(entry.picture)))?;
            for annotation in entry.annotations {
                let change = Change::Insert(annotation);
                insert(Edit::Annotation { picture, change })?;
            }
        }
        document.raise_next_ids(rows.next_ids);
        Ok(document)
    }
}
