//! What the canvas shows, apart from its own state.

use egui::Color32;

use super::adjustment::Adjustment;
use super::offers::Offers;
use super::textures::Textures;
use crate::app::i18n::tr;
use crate::app::preferences::CanvasOptions;
use crate::app::session::{Session, ShownComparison};
use crate::app::theme;
use crate::document::{Annotation, BoxState, Category, CategoryId, PictureId};
use crate::propose::Proposal;

/// What the canvas shows in a frame.
pub struct Scene<'a> {
    /// The project.
    pub session: &'a Session,
    /// The pictures on the graphics card.
    pub textures: &'a mut Textures,
    /// What is shown in addition to picture and boxes.
    pub options: &'a CanvasOptions,
    /// Brightness, contrast and gamma.
    pub adjustment: Adjustment,
    /// Whether boxes are hidden.
    pub are_boxes_hidden: bool,
    /// Boxes shown instead of untouched proposals while a slider is moved, each with the class that
    /// it would get.
    pub preview: Option<&'a [(Proposal, Option<CategoryId>)]>,
    /// The boxes that the point tool offers.
    pub offers: Option<&'a Offers>,
    /// Other boxes with which those of the picture are compared.
    pub comparison: Option<&'a ShownComparison<'a>>,
    /// The heat map that covers the picture.
    pub heat_map: Option<egui::TextureId>,
}

impl Scene<'_> {
    /// The size of a picture in pixels: as decoded, or until then as stored in the project.
    pub(super) fn size_of(&self, picture: PictureId) -> Option<[u32; 2]> {
        let row = self.session.document().picture(picture)?;
        let decoded = self.textures.size(picture);
        Some(decoded.unwrap_or([row.width, row.height]))
    }

    /// The colour of the class that new boxes get.
    pub(super) fn chosen_colour(&self) -> Color32 {
        let class = self.session.chosen_class();
        class_colour(class.and_then(|id| self.session.document().category(id)))
    }

    /// The text of a box's badge: its name, and the score of a proposal. A name that is only suggested is
    /// in quotation marks. A proposal that gets the sticky class has its name.
    pub(super) fn badge_text(&self, row: &Annotation) -> String {
        let name = match self.session.class_on_accept(row) {
            Some(class) => class.name.to_string(),
            None => {
                let name = self.session.document().class_name(row);
                tr!("badge-suggestion", name = name)
            }
        };
        match row.score.filter(|_| row.state == BoxState::Proposed) {
            Some(score) => format!("{name} {:.0} %", score * 100.0),
            None => name,
        }
    }
}

/// The colour of a class, or of boxes without one.
pub(super) fn class_colour(class: Option<&Category>) -> Color32 {
    class.map_or(Color32::WHITE, |class| theme::colour(class.colour))
}
