//! Pictures on the graphics card: previews of pictures that were shown or are likely to be next,
//! full-resolution tiles of the current one, and thumbnails.
//!
//! Each kind has a limit, since a folder may contain any number of pictures of any size.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use egui::{ColorImage, Context, Rect, TextureFilter, TextureHandle, TextureOptions, pos2};
use image::RgbImage;
use lru::LruCache;

use super::adjustment::Adjustment;
use crate::app::workers::events::Decoded;
use crate::document::PictureId;

/// The maximum size of all previews in bytes, on the graphics card and in memory. The current
/// picture may exceed it.
const MAX_PREVIEW_BYTES: usize = 160 << 20;
/// The maximum number of thumbnails.
const MAX_THUMBNAILS: NonZeroUsize = NonZeroUsize::new(600).expect("it is not zero");
/// The side of a tile in pixels, borders included.
const TILE_PX: u32 = 1024;
/// The border of a tile in pixels, which repeats the neighbouring tile, so that interpolation shows
/// no seams.
const TILE_BORDER_PX: u32 = 1;
/// The maximum number of tiles uploaded in one frame.
const MAX_TILES_PER_FRAME: usize = 2;
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

/// How a texture was made.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TextureStyle {
    adjustment: Adjustment,
    /// Whether pixels are shown as squares.
    is_nearest: bool,
}

impl TextureStyle {
    fn options(self) -> TextureOptions {
        let magnification = if self.is_nearest {
            TextureFilter::Nearest
        } else {
            TextureFilter::Linear
        };
        TextureOptions {
            magnification,
            mipmap_mode: Some(TextureFilter::Linear),
            ..TextureOptions::LINEAR
        }
    }
}

/// A part of a picture to paint.
pub struct TextureQuad {
    /// The texture.
    pub texture: egui::TextureId,
    /// Its place, in pixels of the picture.
    pub place: Rect,
    /// The part of the texture, in 0..=1.
    pub uv: Rect,
}

/// The pictures on the graphics card.
pub struct Textures {
    previews: LruCache<PictureId, Preview>,
    /// The current picture in full resolution, if its preview is scaled down.
    full: Option<(PictureId, Arc<RgbImage>)>,
    /// Tiles of it, by column and row.
    tiles: HashMap<[u32; 2], TextureHandle>,
    tile_style: Option<TextureStyle>,
    thumbnails: LruCache<PictureId, Option<TextureHandle>>,
}

impl Default for Textures {
    fn default() -> Self {
        Self {
            previews: LruCache::unbounded(),
            full: None,
            tiles: HashMap::new(),
            tile_style: None,
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
    fn set_full_resolution(&mut self, full: Option<(PictureId, Arc<RgbImage>)>) {
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
                self.add_tiles(context, &full, scale, visible, adjustment, &mut quads);
            }
            _ => quads.needs_full_resolution = true,
        }
        quads
    }

    fn add_tiles(
        &mut self,
        context: &Context,
        full: &RgbImage,
        scale: f32,
        visible: Rect,
        adjustment: Adjustment,
        quads: &mut TextureQuads,
    ) {
        let style = TextureStyle {
            adjustment,
            is_nearest: scale >= MIN_NEAREST_SCALE,
        };
        if self.tile_style != Some(style) {
            self.tiles.clear();
            self.tile_style = Some(style);
        }
        let inner = TILE_PX - 2 * TILE_BORDER_PX;
        let (width, height) = full.dimensions();
        let range = |low: f32, high: f32, length: u32| {
            let last = length.div_ceil(inner);
            let tile = |at: f32| (at.max(0.0) as u32 / inner).min(last);
            tile(low)..(tile(high) + 1).min(last)
        };
        let columns = range(visible.min.x, visible.max.x, width);
        let rows = range(visible.min.y, visible.max.y, height);
        let is_near = |[column, row]: [u32; 2]| columns.contains(&column) && rows.contains(&row);
        self.tiles.retain(|tile, _| is_near(*tile));
        let mut made = 0;
        for row in rows.clone() {
            for column in columns.clone() {
                let (x, y) = (column * inner, row * inner);
                let (left, top) = (x.min(TILE_BORDER_PX), y.min(TILE_BORDER_PX));
                let right = (x + inner + TILE_BORDER_PX).min(width);
                let bottom = (y + inner + TILE_BORDER_PX).min(height);
                let (from_x, from_y) = (x - left, y - top);
                let (tile_width, tile_height) = (right - from_x, bottom - from_y);
                let texture = match self.tiles.get(&[column, row]) {
                    Some(texture) => texture,
                    None if made == MAX_TILES_PER_FRAME => {
                        quads.is_incomplete = true;
                        continue;
                    }
                    None => {
                        made += 1;
                        let view = image::imageops::crop_imm(
                            full,
                            from_x,
                            from_y,
                            tile_width,
                            tile_height,
                        );
                        let colours = adjustment.colours(&view.to_image());
                        let texture = context.load_texture("tile", colours, style.options());
                        self.tiles.entry([column, row]).or_insert(texture)
                    }
                };
                let (end_x, end_y) = ((x + inner).min(width), (y + inner).min(height));
                let place =
                    Rect::from_min_max(pos2(x as f32, y as f32), pos2(end_x as f32, end_y as f32));
                let u = |at: u32| (at - from_x) as f32 / tile_width as f32;
                let v = |at: u32| (at - from_y) as f32 / tile_height as f32;
                quads.quads.push(TextureQuad {
                    texture: texture.id(),
                    place,
                    uv: Rect::from_min_max(pos2(u(x), v(y)), pos2(u(end_x), v(end_y))),
                });
            }
        }
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
