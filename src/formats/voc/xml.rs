//! The subset of XML that VOC needs: elements that contain text and elements.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::formats::xml_text::resolved_entity;

/// Maximum depth of elements; those of VOC are less deep.
const MAX_DEPTH: usize = 32;

/// An XML element.
#[derive(Default)]
pub(super) struct Node {
    pub name: String,
    /// Its own text, without that of the elements in it.
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The first element of this name in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name in it.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Reads the outermost element of a text.
    ///
    /// # Errors
    /// Why the text cannot be read.
    pub(super) fn parse(content: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(content);
        // Programs that put texts together forget to write `&` as `&amp;`.
        reader.config_mut().allow_dangling_amp = true;
        let mut open = vec![Self::default()];
        loop {
            let event = reader
                .read_event()
                .map_err(|error| format!("not XML (byte {}): {error}", reader.error_position()))?;
            let Some(node) = open.last_mut() else { break };
            match event {
                Event::Start(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    if open.len() > MAX_DEPTH {
                        return Err("the elements are nested too deeply".to_owned());
                    }
                    open.push(Self {
                        name,
                        ..Self::default()
                    });
                }
                Event::Text(part) => node.text += &part.xml10_content(),
                Event::CData(part) => node.text += &part.xml10_content(),
                Event::GeneralRef(entity) => node.text += &resolved_entity(&entity)?,
                Event::End(_) => {
                    let closed = open.pop().unwrap_or_default();
                    match open.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None => break,
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut bottom = open.pop().unwrap_or_default();
        match bottom.children.pop() {
            Some(outermost) if open.is_empty() => Ok(outermost),
            _ => Err("an element is not closed".to_owned()),
        }
    }
}
