//! Pictures on the graphics card: previews of those that were shown or are likely next, tiles of
//! the one that is looked at closely, and thumbnails. All of it within budgets, for a folder may
//! hold any number of pictures of any size.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use egui::{
    Color32, ColorImage, Context, Rect, TextureFilter, TextureHandle, TextureOptions, pos2,
};
use image::RgbImage;
use lru::LruCache;

use super::workers::events::Decoded;
use crate::document::PictureId;

/// Bytes of previews, on the card and in memory; the picture that is shown may exceed it.
const MAX_PREVIEW_BYTES: usize = 160 << 20;
/// Thumbnails on the card.
const MAX_THUMBNAILS: NonZeroUsize = NonZeroUsize::new(600).expect("it is not zero");
/// Pixels along the side of a tile, of which one on each side repeats its neighbour's, so that no
/// seam shows where two are interpolated.
const TILE_PX: u32 = 1024;
const TILE_BORDER_PX: u32 = 1;
/// Tiles that are brought to the card in one frame.
const MAX_TILES_PER_FRAME: usize = 2;
/// From this many points a pixel on, pixels are shown as squares.
const MIN_NEAREST_SCALE: f32 = 6.0;

/// How pictures are shown, for the eye alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    /// Added, in -1..=1.
    pub brightness: f32,
    /// Stretched around the middle, 1 as it is.
    pub contrast: f32,
    /// Exponent, 1 as it is; more is brighter.
    pub gamma: f32,
}

impl Default for Adjustment {
    fn default() -> Self {
        Self {
            brightness: 0.0,
            contrast: 1.0,
            gamma: 1.0,
        }
    }
}

impl Adjustment {
    /// What becomes of each of the 256 levels.
    fn levels(&self) -> [u8; 256] {
        std::array::from_fn(|level| {
            let x = (level as f32 / 255.0).powf(self.gamma.max(0.01).recip());
            let x = (x - 0.5) * self.contrast + 0.5 + self.brightness;
            (x.clamp(0.0, 1.0) * 255.0).round() as u8
        })
    }

    fn colours(&self, picture: &RgbImage) -> ColorImage {
        let size = [picture.width() as usize, picture.height() as usize];
        if *self == Self::default() {
            return ColorImage::from_rgb(size, picture.as_raw());
        }
        let levels = self.levels();
        let level = |value: u8| levels[usize::from(value)];
        let pixels = picture.pixels().map(|pixel| {
            let [r, g, b] = pixel.0.map(level);
            Color32::from_rgb(r, g, b)
        });
        ColorImage::new(size, pixels.collect())
    }
}

/// A picture that can be shown.
struct Preview {
    size: [u32; 2],
    preview: Arc<RgbImage>,
    texture: TextureHandle,
    look: TextureStyle,
}

/// What a texture was made with.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TextureStyle {
    adjustment: Adjustment,
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

/// A piece of a picture to be painted.
pub struct TextureQuad {
    /// The texture.
    pub texture: egui::TextureId,
    /// Where, in pixels of the picture.
    pub place: Rect,
    /// Which part of the texture.
    pub uv: Rect,
}

/// The pictures on the card.
pub struct Textures {
    previews: LruCache<PictureId, Preview>,
    /// The whole of the picture that is looked at closely.
    full: Option<(PictureId, Arc<RgbImage>)>,
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
    /// Whether a picture can be shown.
    pub fn has(&self, picture: PictureId) -> bool {
        self.previews.contains(&picture)
    }

    /// The upright size in pixels of a picture that can be shown.
    pub fn size(&self, picture: PictureId) -> Option<[u32; 2]> {
        self.previews.peek(&picture).map(|shown| shown.size)
    }

    /// Takes a decoded picture. Its whole is kept only if it is the one that is shown.
    pub fn insert(
        &mut self,
        context: &Context,
        picture: PictureId,
        decoded: Decoded,
        adjustment: Adjustment,
        is_shown: bool,
    ) {
        let look = TextureStyle {
            adjustment,
            is_nearest: false,
        };
        let colours = if adjustment == Adjustment::default() {
            decoded.colours
        } else {
            adjustment.colours(&decoded.preview)
        };
        let texture = context.load_texture("picture", colours, look.options());
        if is_shown {
            self.set_full_resolution(decoded.full.map(|full| (picture, full)));
        }
        self.previews.push(
            picture,
            Preview {
                size: decoded.size,
                preview: decoded.preview,
                texture,
                look,
            },
        );
        // The newest stays, whatever its size.
        while self.bytes() > MAX_PREVIEW_BYTES && self.previews.len() > 1 {
            self.previews.pop_lru();
        }
    }

    /// Bytes of previews, in memory and on the card.
    fn bytes(&self) -> usize {
        let bytes = |(_, shown): (_, &Preview)| shown.preview.as_raw().len() / 3 * 7;
        self.previews.iter().map(bytes).sum()
    }

    /// Forgets a picture, because its file has changed.
    pub fn forget(&mut self, picture: PictureId) {
        self.previews.pop(&picture);
        self.thumbnails.pop(&picture);
        if self.full.as_ref().is_some_and(|(id, _)| *id == picture) {
            self.set_full_resolution(None);
        }
    }

    /// Another picture is looked at closely.
    fn set_full_resolution(&mut self, full: Option<(PictureId, Arc<RgbImage>)>) {
        self.full = full;
        self.tiles.clear();
    }

    /// What to paint of a picture that is shown at `scale` physical pixels a pixel, `visible` being
    /// the part that can be seen; and whether there is more to come.
    pub fn quads(
        &mut self,
        context: &Context,
        picture: PictureId,
        scale: f32,
        visible: Rect,
        adjustment: Adjustment,
    ) -> TextureQuads {
        let Some(shown) = self.previews.get_mut(&picture) else {
            return TextureQuads::default();
        };
        let is_whole = shown.preview.width() == shown.size[0];
        let look = TextureStyle {
            adjustment,
            is_nearest: is_whole && scale >= MIN_NEAREST_SCALE,
        };
        if shown.look != look {
            shown
                .texture
                .set(adjustment.colours(&shown.preview), look.options());
            shown.look = look;
        }
        let [width, height] = shown.size.map(|side| side as f32);
        let mut quads = TextureQuads {
            quads: vec![TextureQuad {
                texture: shown.texture.id(),
                place: Rect::from_min_max(pos2(0.0, 0.0), pos2(width, height)),
                uv: Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
            }],
            ..TextureQuads::default()
        };
        let is_close = scale * width > shown.preview.width() as f32 * 1.05;
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
        let look = TextureStyle {
            adjustment,
            is_nearest: scale >= MIN_NEAREST_SCALE,
        };
        if self.tile_style != Some(look) {
            self.tiles.clear();
            self.tile_style = Some(look);
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
                        let texture = context.load_texture("tile", colours, look.options());
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

    /// A thumbnail; nothing within if its picture cannot be read, nothing at all if it has to be
    /// made first.
    pub fn thumbnail(&mut self, picture: PictureId) -> Option<Option<TextureHandle>> {
        self.thumbnails.get(&picture).cloned()
    }

    /// Whether a thumbnail is at hand; for tests.
    pub fn has_thumbnail(&self, picture: PictureId) -> bool {
        self.thumbnails.contains(&picture)
    }

    /// Takes a thumbnail.
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

/// What to paint of a picture, in this order.
#[derive(Default)]
pub struct TextureQuads {
    /// The pieces.
    pub quads: Vec<TextureQuad>,
    /// Whether the next frame has more of them.
    pub is_incomplete: bool,
    /// Whether the whole picture has to be decoded again for more of them.
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
    fn tiles_cover_what_is_seen_without_gaps() {
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
    fn previews_stay_within_their_budget_and_the_newest_stays() {
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
    fn only_the_shown_picture_is_kept_whole() {
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

    #[test]
    fn adjusting_moves_levels_as_it_says() {
        let levels = |brightness, contrast, gamma| {
            Adjustment {
                brightness,
                contrast,
                gamma,
            }
            .levels()
        };
        assert_eq!(levels(0.0, 1.0, 1.0), std::array::from_fn(|at| at as u8));
        assert_eq!(levels(1.0, 1.0, 1.0)[0], 255);
        assert!(levels(0.0, 1.0, 2.0)[64] > 64);
        assert!(levels(0.0, 2.0, 1.0)[64] < 64);
    }
}
