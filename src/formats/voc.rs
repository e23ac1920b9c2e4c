//! Pascal VOC: an XML file a picture.
//!
//! Source: the development kit of VOC2012, <http://host.robots.ox.ac.uk/pascal/VOC/voc2012/>. The
//! top left pixel is (1, 1) and both corners belong to the box, so a box of ours from 0 to 10 is
//! `xmin` 1, `xmax` 10: what datumaro, supervision and detectron2 read. labelImg instead writes
//! our own edges and only raises a 0 to 1; its boxes come in one pixel larger at the left and the
//! top, since nothing in a file tells. A file with an `xmin` or `ymin` of 0 counts from 0.
//!
//! Many readers take whole numbers alone, so edges are rounded to pixels. Entities other than the
//! five of XML itself are never expanded.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::intake::{ImportBuilder, ImportedBox, ImportedPicture};
use super::layout::{ExportWriter, ExportedPicture};
use super::{FormatError, text};
use crate::document::{Flags, ReviewState};

/// Elements deeper than this are none of VOC.
const MAX_DEPTH: usize = 32;

/// Writes an XML file beside where each picture is or would be.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    for one in job.chosen.clone() {
        let folder = job.part_folder(one.part);
        let xml = document_of(&one, job);
        let stem = text::without_extension(&one.name);
        job.write(&text::join(folder, &format!("{stem}.xml")), xml.as_bytes())?;
        job.put_picture(&one, &text::join(folder, &one.name))?;
    }
    Ok(())
}

fn document_of(one: &ExportedPicture<'_>, job: &mut ExportWriter<'_>) -> String {
    let picture = one.picture;
    let name = text::last_part(&one.name);
    let folder = one
        .name
        .strip_suffix(name)
        .unwrap_or_default()
        .trim_end_matches('/');
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<annotation>\n\
         \t<folder>{}</folder>\n\t<filename>{}</filename>\n\
         \t<source>\n\t\t<database>Tsukami</database>\n\t</source>\n\
         \t<size>\n\t\t<width>{}</width>\n\t\t<height>{}</height>\n\t\t<depth>3</depth>\n\t</size>\n\
         \t<segmented>0</segmented>\n",
        in_xml(folder),
        in_xml(name),
        picture.width,
        picture.height,
    );
    for row in job.truth(picture).collect::<Vec<_>>() {
        let Flags {
            crowd,
            difficult,
            occluded,
            truncated,
        } = row.flags;
        if crowd {
            let (path, id) = (&picture.path, row.id);
            let sentence = format!("{path}: box {id} holds a group, so it is marked difficult");
            job.report.changed.add(sentence);
        }
        let whole = |from: f32, to: f32, side: u32| {
            let first = (from.round() as u32).min(side - 1);
            [first + 1, (to.round() as u32).clamp(first + 1, side)]
        };
        let [xmin, xmax] = whole(row.rect.x0, row.rect.x1, picture.width);
        let [ymin, ymax] = whole(row.rect.y0, row.rect.y1, picture.height);
        let [truncated, difficult, occluded] =
            [truncated, difficult || crowd, occluded].map(u8::from);
        xml += &format!(
            "\t<object>\n\t\t<name>{}</name>\n\t\t<pose>Unspecified</pose>\n\
             \t\t<truncated>{truncated}</truncated>\n\t\t<difficult>{difficult}</difficult>\n\
             \t\t<occluded>{occluded}</occluded>\n\t\t<bndbox>\n\
             \t\t\t<xmin>{xmin}</xmin>\n\t\t\t<ymin>{ymin}</ymin>\n\
             \t\t\t<xmax>{xmax}</xmax>\n\t\t\t<ymax>{ymax}</ymax>\n\
             \t\t</bndbox>\n\t</object>\n",
            in_xml(job.category_name(row.category)),
        );
        job.report.boxes += 1;
    }
    xml + "</annotation>\n"
}

/// Text as XML may hold it; control characters, for which XML has no word, become spaces.
fn in_xml(content: &str) -> String {
    let is_unspeakable = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    escape(content.replace(is_unspeakable, " ")).into_owned()
}

/// Reads an XML file, or all of a folder.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let files = text::files_below(path, |file| text::has_extension(file, "xml"))?;
    let is_alone = !path.is_dir();
    for file in files {
        let content = text::read(&file, text::SMALL_FILE_BYTES);
        let read = content.and_then(|content| {
            let root =
                Node::parse(&content).map_err(|reason| FormatError::malformed(&file, reason))?;
            if root.name != "annotation" {
                return Err(FormatError::malformed(&file, "it is no VOC annotation"));
            }
            picture(&file, &root, intake)
        });
        match read {
            Ok(found) => intake.pictures.push(found),
            Err(error) if is_alone => return Err(error),
            Err(error) => intake.report.unread.add(error.to_string()),
        }
    }
    Ok(())
}

fn picture(
    file: &Path,
    root: &Node,
    intake: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, FormatError> {
    let shown = file.display();
    let written = root.text_of("filename").unwrap_or_default();
    let name = text::safe_path(written).ok_or_else(|| {
        let reason = format!("the filename {written:?} is refused: it may lead out of the folder");
        FormatError::malformed(file, reason)
    })?;
    let side = |key| {
        root.child("size")?
            .text_of(key)?
            .parse()
            .ok()
            .filter(|side| *side > 0)
    };
    let mut found = ImportedPicture {
        names: candidate_paths(file, intake.root, &name, root.text_of("folder")),
        size: side("width")
            .zip(side("height"))
            .map(|(width, height)| [width, height]),
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    if found.size.is_none() {
        intake
            .report
            .changed
            .add(format!("{shown}: it does not say the size of the picture"));
    }
    let objects = root.children.iter().filter(|node| node.name == "object");
    let mut boxes = Vec::new();
    for object in objects {
        let class = object.text_of("name").unwrap_or_default();
        let edges = object.child("bndbox").and_then(|edges| {
            let edge = |key| edges.text_of(key)?.parse::<f64>().ok();
            Some([edge("xmin")?, edge("ymin")?, edge("xmax")?, edge("ymax")?])
        });
        let (Some(edges), Some(category)) = (edges, intake.category_by_name(class)) else {
            found.is_partial = true;
            intake
                .report
                .unread
                .add(format!("{shown}: an object {class:?} has no usable box"));
            continue;
        };
        let is_set = |key| {
            object
                .text_of(key)
                .is_some_and(|text| text == "1" || text == "true")
        };
        let mut one = ImportedBox::new(category, edges);
        one.flags = Flags {
            crowd: false,
            difficult: is_set("difficult"),
            occluded: is_set("occluded"),
            truncated: is_set("truncated"),
        };
        boxes.push(one);
    }
    let counts_from_zero = boxes
        .iter()
        .any(|one| one.edges[0] == 0.0 || one.edges[1] == 0.0);
    if counts_from_zero {
        intake
            .report
            .changed
            .add(format!("{shown}: its pixels are counted from 0"));
    } else {
        for one in &mut boxes {
            one.edges[0] -= 1.0;
            one.edges[1] -= 1.0;
        }
    }
    found.boxes = boxes;
    Ok(found)
}

/// Paths of a picture that a file beside it names: in the file's folder, in the folder that the
/// file names, and as it is.
pub(super) fn candidate_paths(
    file: &Path,
    root: &Path,
    name: &str,
    folder: Option<&str>,
) -> Vec<String> {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let beside = text::below(root, parent.unwrap_or(Path::new(".")));
    let mut names: Vec<String> = beside
        .map(|folder| text::join(&folder, name))
        .into_iter()
        .collect();
    let folder = folder.and_then(text::safe_path);
    names.extend(folder.map(|folder| text::join(&folder, name)));
    names.push(name.to_owned());
    names
}

/// An XML element: its own text, and the elements in it.
#[derive(Default)]
struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Reads the outermost element of a text.
    fn parse(content: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(content);
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| {
                format!("it is no XML (byte {}): {error}", reader.error_position())
            })?;
            let Some(node) = open.last_mut() else { break };
            match event {
                Event::Start(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    if open.len() > MAX_DEPTH {
                        return Err("its elements are nested too deeply".to_owned());
                    }
                    open.push(Self {
                        name,
                        ..Self::default()
                    });
                }
                Event::Text(part) => node.text += &part.xml10_content(),
                Event::CData(part) => node.text += &part.xml10_content(),
                Event::GeneralRef(entity) => {
                    let name = entity.xml10_content();
                    let resolved = quick_xml::escape::unescape(&format!("&{name};"))
                        .map_err(|_| format!("it uses the entity &{name}; which is not read"))?
                        .into_owned();
                    node.text += &resolved;
                }
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
            _ => Err("its elements are not closed".to_owned()),
        }
    }
}
