//! Pictures on the graphics card: previews of pictures that were shown or are likely to be next,
//! tiles of the current one (`tiles.rs`), and thumbnails.
//!
//! Each kind has a limit, since a folder may contain any number of pictures of any size.

use std::num::NonZeroUsize;
use std::sync::Arc;

use egui::{ColorImage, Context, Rect, TextureHandle, TextureOptions, pos2};
use image::RgbImage;
use lru::LruCache;

use super::adjustment::Adjustment;
use super::texture_style::{TextureQuad, TextureStyle};
use super::tiles::Tiles;
use crate::app::workers::events::Decoded;
use crate::app::workers::pyramid::Pyramid;
use crate::document::PictureId;

/// The maximum size of all previews in bytes, on the graphics card and in memory. The current
/// picture may exceed it.
const MAX_PREVIEW_BYTES: usize = 160 << 20;
/// The maximum number of thumbnails.
const MAX_THUMBNAILS: NonZeroUsize = NonZeroUsize::new(600).expect("it is not zero");
/// The zoom, in physical pixels per pixel, from which pixels are shown as squares.
const MIN_NEAREST_SCALE: f32 = 6.0;

/// A picture, scaled down if it is large.
struct Preview {
    /// The size of the whole picture in pixels, upright.
    size: [u32; 2],
    image: Arc<RgbImage>,
    texture: TextureHandle,
    style: TextureStyle,
}

/// The pictures on the graphics card.
pub struct Textures {
    previews: LruCache<PictureId, Preview>,
    /// The current picture up to its full resolution, if its preview is scaled down.
    full: Option<(PictureId, Arc<Pyramid>)>,
    /// Tiles of it.
    tiles: Tiles,
    thumbnails: LruCache<PictureId, Option<TextureHandle>>,
}

impl Default for Textures {
    fn default() -> Self {
        Self {
            previews: LruCache::unbounded(),
            full: None,
            tiles: Tiles::default(),
            thumbnails: LruCache::new(MAX_THUMBNAILS),
        }
    }
}

impl Textures {
    /// Whether there is a preview of a picture.
    pub fn has(&self, picture: PictureId) -> bool {
        self.previews.contains(&picture)
    }

    /// The size in pixels, upright, of a picture with a preview.
    pub fn size(&self, picture: PictureId) -> Option<[u32; 2]> {
        self.previews.peek(&picture).map(|preview| preview.size)
    }

    /// Adds a decoded picture. Its full resolution is kept only for the current picture.
    pub fn insert(
        &mut self,
        context: &Context,
        picture: PictureId,
        decoded: Decoded,
        adjustment: Adjustment,
        is_current: bool,
    ) {
        let style = TextureStyle {
            adjustment,
            is_nearest: false,
        };
        let colours = if adjustment == Adjustment::default() {
            decoded.colours
        } else {
            adjustment.colours(&decoded.preview)
        };
        let texture = context.load_texture("picture", colours, style.options());
        if is_current {
            self.set_full_resolution(decoded.full.map(|full| (picture, full)));
        }
        self.previews.push(
            picture,
            Preview {
                size: decoded.size,
                image: decoded.preview,
                texture,
                style,
            },
        );
        // The latest stays, regardless of its size.
        while self.bytes() > MAX_PREVIEW_BYTES && self.previews.len() > 1 {
            self.previews.pop_lru();
        }
    }

    /// The size of all previews in bytes, in memory (RGB) and on the graphics card (RGBA).
    fn bytes(&self) -> usize {
        let bytes = |(_, preview): (_, &Preview)| preview.image.as_raw().len() / 3 * 7;
        self.previews.iter().map(bytes).sum()
    }

    /// Removes a picture whose file has changed.
    pub fn forget(&mut self, picture: PictureId) {
        self.previews.pop(&picture);
        self.thumbnails.pop(&picture);
        if self.full.as_ref().is_some_and(|(id, _)| *id == picture) {
            self.set_full_resolution(None);
        }
    }

    /// Replaces the picture in full resolution.
    fn set_full_resolution(&mut self, full: Option<(PictureId, Arc<Pyramid>)>) {
        self.full = full;
        self.tiles.clear();
    }

    /// What to paint of a picture at a zoom of `scale` physical pixels per pixel. `visible` is the
    /// part on the canvas, in pixels.
    pub fn quads(
        &mut self,
        context: &Context,
        picture: PictureId,
        scale: f32,
        visible: Rect,
        adjustment: Adjustment,
    ) -> TextureQuads {
        let Some(preview) = self.previews.get_mut(&picture) else {
            return TextureQuads::default();
        };
        let is_whole = preview.image.width() == preview.size[0];
        let style = TextureStyle {
            adjustment,
            is_nearest: is_whole && scale >= MIN_NEAREST_SCALE,
        };
        if preview.style != style {
            preview
                .texture
                .set(adjustment.colours(&preview.image), style.options());
            preview.style = style;
        }
        let [width, height] = preview.size.map(|side| side as f32);
        let mut quads = TextureQuads {
            quads: vec![TextureQuad {
                texture: preview.texture.id(),
                place: Rect::from_min_max(pos2(0.0, 0.0), pos2(width, height)),
                uv: Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
            }],
            ..TextureQuads::default()
        };
        let is_close = scale * width > preview.image.width() as f32 * 1.05;
        if is_whole || !is_close {
            return quads;
        }
        match self.full.clone() {
            Some((id, full)) if id == picture => {
                let style = TextureStyle {
                    adjustment,
                    is_nearest: scale >= MIN_NEAREST_SCALE,
                };
                let tiles = self.tiles.quads(context, &full, scale, visible, style);
                quads.quads.extend(tiles.0);
                quads.is_incomplete = tiles.1;
            }
            _ => quads.needs_full_resolution = true,
        }
        quads
    }

    /// The thumbnail of a picture: `None` if there is none yet, `Some(None)` if the picture cannot be
    /// read.
    pub fn thumbnail(&self, picture: PictureId) -> Option<Option<&TextureHandle>> {
        self.thumbnails.peek(&picture).map(Option::as_ref)
    }

    /// Marks a thumbnail as used, so that others are evicted first; `false` if there is none.
    pub fn touch_thumbnail(&mut self, picture: PictureId) -> bool {
        self.thumbnails.get(&picture).is_some()
    }

    /// Whether there is a thumbnail of a picture; for tests.
    pub fn has_thumbnail(&self, picture: PictureId) -> bool {
        self.thumbnails.contains(&picture)
    }

    /// Adds a thumbnail; `None` if the picture cannot be read.
    pub fn insert_thumbnail(
        &mut self,
        context: &Context,
        picture: PictureId,
        image: Option<ColorImage>,
    ) {
        let texture =
            image.map(|image| context.load_texture("thumbnail", image, TextureOptions::LINEAR));
        self.thumbnails.put(picture, texture);
    }
}

/// What to paint of a picture.
#[derive(Default)]
pub struct TextureQuads {
    /// The parts, in the order in which they are painted.
    pub quads: Vec<TextureQuad>,
    /// Whether the next frame has more parts.
    pub is_incomplete: bool,
    /// Whether the picture has to be decoded again for its full resolution.
    pub needs_full_resolution: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(width: u32, height: u32) -> Decoded {
        let full = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x % 251) as u8, (y % 241) as u8, 7])
        });
        Decoded::new(crate::pictures::DecodedPicture {
            rgb: full,
            orientation_applied: false,
            warnings: Vec::new(),
        })
    }

    #[test]
    fn tiles_cover_the_visible_part_without_gaps() {
        let context = Context::default();
        let mut textures = Textures::default();
        let id = PictureId(1);
        textures.insert(
            &context,
            id,
            decoded(5000, 3000),
            Adjustment::default(),
            true,
        );
        let visible = Rect::from_min_max(pos2(900.0, 100.0), pos2(2900.0, 1200.0));
        let mut steps = 0;
        let quads = loop {
            let quads = textures.quads(&context, id, 1.0, visible, Adjustment::default());
            steps += 1;
            if !quads.is_incomplete {
                break quads.quads;
            }
        };
        let tiles = &quads[1..];
        assert_eq!((tiles.len(), steps), (6, 3), "3 x 2 tiles, two a frame");
        let area: f32 = tiles.iter().map(|piece| piece.place.area()).sum();
        let hull = tiles
            .iter()
            .fold(Rect::NOTHING, |hull, piece| hull.union(piece.place));
        assert_eq!(area, hull.area());
        assert!(hull.contains_rect(visible));
        for piece in tiles {
            assert!(piece.uv.min.x >= 0.0 && piece.uv.max.x <= 1.0);
        }
        let far = textures.quads(&context, id, 0.2, visible, Adjustment::default());
        assert_eq!(far.quads.len(), 1, "the preview is enough");
    }

    #[test]
    fn previews_stay_within_their_limit_and_the_latest_stays() {
        let context = Context::default();
        let mut textures = Textures::default();
        for id in 1..=20 {
            textures.insert(
                &context,
                PictureId(id),
                decoded(2048, 1536),
                Adjustment::default(),
                false,
            );
            assert!(textures.has(PictureId(id)));
        }
        assert!(textures.bytes() <= MAX_PREVIEW_BYTES);
        assert!(!textures.has(PictureId(1)));
        let close = textures.quads(
            &context,
            PictureId(20),
            9.0,
            Rect::EVERYTHING,
            Adjustment::default(),
        );
        assert!(
            !close.needs_full_resolution,
            "the preview is the whole picture"
        );
    }

    #[test]
    fn only_the_current_picture_is_kept_in_full_resolution() {
        let context = Context::default();
        let mut textures = Textures::default();
        textures.insert(
            &context,
            PictureId(1),
            decoded(3000, 300),
            Adjustment::default(),
            false,
        );
        let visible = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0));
        let quads = textures.quads(&context, PictureId(1), 2.0, visible, Adjustment::default());
        assert!(quads.needs_full_resolution);
    }
}
