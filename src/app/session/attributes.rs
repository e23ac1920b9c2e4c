//! Attributes of boxes: which ones the project has, and setting them.

use super::attribute_definition::{
    AttributeDefinition, AttributeEdit, AttributeKind, SharedValue, is_attribute_name,
};
use super::core::Session;
use crate::document::{Annotation, AttributeValue, ops};
use crate::store::StoreError;

impl Session {
    /// The attributes that boxes of the project can have.
    pub fn attributes(&self) -> &[AttributeDefinition] {
        &self.state.attributes
    }

    /// Sets which attributes boxes of the project can have, and saves that. Values of others stay on their
    /// boxes. Names that are [no names](is_attribute_name) are left out, and of equal names the later ones.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn define_attributes(
        &mut self,
        definitions: Vec<AttributeDefinition>,
    ) -> Result<(), StoreError> {
        let attributes = &mut self.state.attributes;
        attributes.clear();
        for mut definition in definitions {
            definition.name = definition.name.trim().to_owned();
            let is_known = attributes.iter().any(|one| one.name == definition.name);
            if is_attribute_name(&definition.name) && !is_known {
                attributes.push(definition);
            }
        }
        self.save_state()
    }

    /// The names of attributes that boxes of the project have and that are not defined, sorted.
    pub fn undefined_attributes(&self) -> Vec<String> {
        let document = self.document();
        let pictures = document.pictures();
        let boxes = pictures.flat_map(|picture| document.annotations(picture.id));
        let mut names: Vec<String> = boxes
            .filter(|row| row.extra.is_some())
            .flat_map(|row| row.attributes().into_keys())
            .filter(|name| is_attribute_name(name) && !self.is_defined(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_defined(&self, name: &str) -> bool {
        self.state.attributes.iter().any(|one| one.name == name)
    }

    /// The selected boxes.
    fn selected_boxes(&self) -> impl Iterator<Item = &Annotation> {
        let ids = self.selection.iter();
        ids.filter_map(|id| Some(self.document().annotation(*id)?.1))
    }

    /// The attributes to show for the selected boxes: those of the project, and as texts others that the
    /// boxes have; each with its value. None without a selection.
    pub fn selected_attributes(&self) -> Vec<(AttributeDefinition, SharedValue)> {
        let boxes: Vec<_> = self.selected_boxes().map(Annotation::attributes).collect();
        if boxes.is_empty() {
            return Vec::new();
        }
        let mut shown = self.state.attributes.clone();
        for name in boxes.iter().flat_map(|attributes| attributes.keys()) {
            if is_attribute_name(name) && !shown.iter().any(|one| one.name == *name) {
                shown.push(AttributeDefinition {
                    name: name.clone(),
                    kind: AttributeKind::Text,
                });
            }
        }
        let value_of = |name: &str| {
            let mut values = boxes.iter().map(|attributes| attributes.get(name));
            let first = values.next().flatten();
            match (values.all(|value| value == first), first) {
                (false, _) => SharedValue::Mixed,
                (true, None) => SharedValue::Absent,
                (true, Some(value)) => SharedValue::Same(value.clone()),
            }
        };
        let shown = shown.into_iter();
        shown
            .map(|definition| {
                let value = value_of(&definition.name);
                (definition, value)
            })
            .collect()
    }

    /// Sets an attribute of the selected boxes, or removes it. As long as the same attribute of the same
    /// boxes is being typed, this is part of the same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn set_attribute(
        &mut self,
        name: &str,
        value: Option<&AttributeValue>,
    ) -> Result<(), StoreError> {
        let ids = self.selection.clone();
        let is_same = |(boxes, other, _): &&AttributeEdit| *boxes == ids && other == name;
        let gesture = match self.attribute_edit.as_ref().filter(is_same) {
            Some((.., gesture)) if *gesture == self.gesture => *gesture,
            _ => self.begin_gesture(),
        };
        self.attribute_edit = Some((ids.clone(), name.to_owned(), gesture));
        self.name_proposals("change an attribute", &ids, gesture)?;
        self.commit_in_gesture("change an attribute", Some(gesture), |document| {
            ops::set_attribute(document, &ids, name, value)
        })?;
        Ok(())
    }
}
