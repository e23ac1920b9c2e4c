//! Showing pictures: decoding, thumbnails and the heat map.

use std::sync::Arc;

use egui::{Color32, ColorImage, Context, TextureId, TextureOptions};

use super::core::Workspace;
use super::view_state::HeatMap;
use crate::app::workers::events::Decoded;
use crate::app::workers::requests::PictureVersion;
use crate::document::PictureId;
use crate::localize::{LevelMap, PictureMaps};

/// Side of a patch in a heat map, in pixels.
const PATCH_SIDE_PX: usize = 8;

impl Workspace {
    /// Requests from the workers what is shown and what is likely to be shown next, if that has
    /// changed.
    pub fn update_requests(&mut self) {
        let Some(current) = self.session.current() else {
            return;
        };
        let requested = self.view.requested;
        let is_other = requested.is_none_or(|(picture, ..)| picture != current);
        // The canvas reports what it needs from the picture that it drew last.
        let needs_full_resolution = self.view.canvas.needs_full_resolution() && !is_other;
        let state = (current, self.session.revision(), needs_full_resolution);
        if requested == Some(state) {
            return;
        }
        self.view.requested = Some(state);
        let likely = self.session.likely_next();
        let is_needed = |picture: &PictureId| {
            let needs_more = needs_full_resolution && *picture == current;
            (needs_more || !self.view.textures.has(*picture))
                && self.session.unreadable(*picture).is_none()
        };
        let needed = likely.iter().copied().filter(is_needed);
        let requests = needed.filter_map(|picture| self.request(picture));
        self.workers.decoder.request(requests.collect());
        if is_other {
            self.workers.proposer.set_likely_next(likely);
            self.view.preview = None;
            // Read now, they are there when they are asked for.
            self.maps_of(current);
            self.prefetch_features();
        }
    }

    /// A version of a picture was decoded, or could not be. Returns warnings about its file.
    ///
    /// # Errors
    /// If it could not be decoded: the reason.
    pub fn on_decoded(
        &mut self,
        context: &Context,
        version: PictureVersion,
        decoded: Result<Decoded, String>,
    ) -> Result<Vec<String>, String> {
        if !self.versions.is_current(version) {
            return Ok(Vec::new());
        }
        let picture = version.picture;
        let is_shown = self.session.current() == Some(picture);
        match decoded {
            Ok(decoded) => {
                let warnings = decoded.warnings.clone();
                let adjustment = self.view.adjustment;
                self.session.set_unreadable(picture, None);
                self.view
                    .textures
                    .insert(context, picture, decoded, adjustment, is_shown);
                Ok(warnings)
            }
            Err(reason) => {
                self.session.set_unreadable(picture, Some(reason.clone()));
                Err(reason)
            }
        }
    }

    /// Whether boxes can be reviewed: the picture and its boxes are visible as they are.
    pub fn can_judge(&self) -> bool {
        let current = self.session.current();
        current.is_some_and(|picture| self.view.textures.has(picture))
            && !self.view.are_boxes_hidden
            && self.view.preview.is_none()
            && !self.view.shows_dashboard
    }

    /// Requests the thumbnail of a picture that is visible in the list.
    pub fn request_thumbnail(&self, picture: PictureId) {
        if let Some(request) = self.request(picture) {
            self.workers.thumbnailer.request(request);
        }
    }

    /// A thumbnail was made of a version of a picture; none if it cannot be read.
    pub fn on_thumbnail(
        &mut self,
        context: &Context,
        version: PictureVersion,
        image: Option<ColorImage>,
    ) {
        if self.versions.is_current(version) {
            let textures = &mut self.view.textures;
            textures.insert_thumbnail(context, version.picture, image);
        }
    }

    /// Prepares what is drawn from `&self` in this frame: the heat map, if it is shown.
    pub fn prepare_view(&mut self, context: &Context) {
        let Some(picture) = self.session.current().filter(|_| self.view.shows_heat_map) else {
            return;
        };
        let preview = self.view.preview.as_ref().map(|preview| &preview.settings);
        let settings = preview.unwrap_or(self.session.proposal_settings());
        let (method, class) = (settings.method(), self.view.heat_map_class);
        let is_same = self.view.heat_map.as_ref().is_some_and(|heat_map| {
            (heat_map.picture, heat_map.method, heat_map.class) == (picture, method, class)
        });
        if is_same {
            return;
        }
        self.view.heat_map = self.maps_of(picture).and_then(|maps| {
            let top_class = maps.classes.first().map(|maps| maps.class);
            let map = maps
                .map(method, class.or(top_class))
                .or_else(|| maps.map(method, top_class))?;
            let [width, height] =
                [map.grid.columns, map.grid.rows].map(|side| side * PATCH_SIDE_PX);
            let levels = LevelMap::new(map, width, height);
            let pixels = levels.levels.iter().map(|level| heat_map_colour(*level));
            let image = ColorImage::new([width, height], pixels.collect());
            Some(HeatMap {
                picture,
                method,
                class,
                steepest: levels.steepest(),
                texture: context.load_texture("heat map", image, TextureOptions::LINEAR),
                classes: self.class_names_of(&maps),
            })
        });
    }

    /// The classes that maps are of, by index and name.
    fn class_names_of(&self, maps: &PictureMaps) -> Arc<[(usize, String)]> {
        let Some(model_info) = self.model_info() else {
            return Arc::default();
        };
        let names = &model_info.classes;
        let classes = maps.classes.iter().map(|maps| maps.class);
        classes
            .filter_map(|class| Some((class, names.get(class)?.clone())))
            .collect()
    }

    /// The heat map of the shown picture, as [`prepare_view`](Self::prepare_view) has made it.
    fn shown_heat_map(&self) -> Option<&HeatMap> {
        let heat_map = self.view.heat_map.as_ref();
        heat_map.filter(|heat_map| {
            self.view.shows_heat_map && self.session.current() == Some(heat_map.picture)
        })
    }

    /// The texture of the heat map of the shown picture, if it is shown and the model has
    /// processed the picture.
    pub fn heat_map(&self) -> Option<TextureId> {
        Some(self.shown_heat_map()?.texture.id())
    }

    /// The classes that the model found in the shown picture, by index and name, while the heat map
    /// is shown.
    pub fn classes_in_picture(&self) -> &[(usize, String)] {
        self.shown_heat_map()
            .map_or(&[], |heat_map| &heat_map.classes)
    }

    /// Where the map of the heat map is cut, in 0..1 of its range.
    pub fn heat_map_threshold(&self) -> f32 {
        let preview = self.view.preview.as_ref().map(|preview| &preview.settings);
        let threshold = preview
            .unwrap_or(self.session.proposal_settings())
            .effective_threshold();
        match self.shown_heat_map() {
            Some(heat_map) => heat_map.method.cut(threshold, heat_map.steepest),
            None => threshold,
        }
    }
}

/// The colour of a level of a heat map. The colour map is inferno, which is perceptually uniform;
/// low levels are dark.
pub fn heat_map_colour(level: u8) -> Color32 {
    let colour = colorous::INFERNO.eval_continuous(f64::from(level) / 255.0);
    Color32::from_rgb(colour.r, colour.g, colour.b)
}
