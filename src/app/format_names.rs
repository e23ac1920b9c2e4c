//! The formats as other programs call them, and what each is for.

use crate::app::i18n::tr;
use crate::formats::Format;

/// The formats that are offered: results are for programs that evaluate models.
pub fn offered() -> impl Iterator<Item = Format> {
    let all = Format::ALL.into_iter();
    all.filter(|format| *format != Format::CocoResults)
}

/// The name by which other programs know a format, and what it is for or cannot hold.
pub fn name_and_note(format: Format) -> [&'static str; 2] {
    match format {
        Format::Coco => [tr!("format-coco"), tr!("format-coco.note")],
        Format::Yolo => [tr!("format-yolo"), tr!("format-yolo.note")],
        Format::Voc => [tr!("format-voc"), tr!("format-voc.note")],
        Format::LabelMe => [tr!("format-labelme"), tr!("format-labelme.note")],
        Format::CreateMl => [tr!("format-createml"), tr!("format-createml.note")],
        Format::Cvat => [tr!("format-cvat"), tr!("format-cvat.note")],
        Format::LabelStudio => [tr!("format-label-studio"), tr!("format-label-studio.note")],
        Format::Via => [tr!("format-via"), tr!("format-via.note")],
        Format::OpenImages => [tr!("format-open-images"), tr!("format-open-images.note")],
        Format::Tags => [tr!("format-tags"), tr!("format-tags.note")],
        Format::CocoResults => [format.name(), ""],
    }
}
