//! Tiles of the current picture on the graphics card, from the level of its pyramid that fits the zoom.
//!
//! Tiles have a budget of bytes. What is seen needs about four times the pixels of the canvas at most; what
//! is left of the budget keeps tiles that may be seen again.

use egui::{Context, Rect, TextureHandle, pos2};
use image::RgbImage;
use lru::LruCache;

use super::texture_style::{TextureQuad, TextureStyle};
use crate::app::workers::pyramid::Pyramid;

/// The maximum size of all tiles in bytes on the graphics card.
const MAX_BYTES: usize = 96 << 20;
/// The side of a tile in pixels of its level, borders included.
const TILE_PX: u32 = 1024;
/// The border of a tile in pixels, which repeats the neighbouring tile, so that interpolation shows
/// no seams.
const BORDER_PX: u32 = 1;
/// The part of a tile that is shown, in pixels of its level.
const INNER_PX: u32 = TILE_PX - 2 * BORDER_PX;
/// The bytes of a pixel on the graphics card.
const PIXEL_BYTES: usize = 4;
/// The maximum number of tiles uploaded in one frame.
const MAX_PER_FRAME: usize = 2;

/// Which part of the picture a tile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    level: usize,
    column: u32,
    row: u32,
}

struct Tile {
    texture: TextureHandle,
    bytes: usize,
    /// As it is drawn.
    place: Rect,
    uv: Rect,
}

/// The tiles of one picture.
pub struct Tiles {
    tiles: LruCache<Place, Tile>,
    style: Option<TextureStyle>,
    bytes: usize,
    max_bytes: usize,
}

impl Default for Tiles {
    fn default() -> Self {
        Self::with_limit(MAX_BYTES)
    }
}

impl Tiles {
    fn with_limit(max_bytes: usize) -> Self {
        Self {
            tiles: LruCache::unbounded(),
            style: None,
            bytes: 0,
            max_bytes,
        }
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.tiles.clear();
        self.bytes = 0;
    }

    /// What to paint of the `visible` part of the picture, in its pixels, at `scale` pixels of the screen
    /// per pixel. The flag is whether the next frame has more.
    pub(super) fn quads(
        &mut self,
        context: &Context,
        pyramid: &Pyramid,
        scale: f32,
        visible: Rect,
        style: TextureStyle,
    ) -> (Vec<TextureQuad>, bool) {
        if self.style != Some(style) {
            self.clear();
            self.style = Some(style);
        }
        let mut level = pyramid.level_for(scale);
        while level < pyramid.last_level() && bytes_of(pyramid, level, visible) > self.max_bytes {
            level += 1;
        }
        let wanted = places(pyramid, level, visible);
        let mut made = 0;
        let mut is_incomplete = false;
        for place in &wanted {
            if self.tiles.promote(place) {
                continue;
            }
            if made == MAX_PER_FRAME {
                is_incomplete = true;
                break;
            }
            made += 1;
            let tile = make(context, pyramid, *place, style);
            self.bytes += tile.bytes;
            self.tiles.push(*place, tile);
        }
        self.evict(&wanted);
        // While some are missing, those of other levels are better than the preview beneath.
        let others = self.tiles.iter().filter(|(place, tile)| {
            is_incomplete && place.level != level && tile.place.intersects(visible)
        });
        let mut drawn: Vec<(Place, &Tile)> = others.map(|(place, tile)| (*place, tile)).collect();
        drawn.sort_by_key(|(place, _)| std::cmp::Reverse(place.level));
        let own = wanted
            .iter()
            .filter_map(|place| Some((*place, self.tiles.peek(place)?)));
        drawn.extend(own);
        let quads = drawn.into_iter().map(|(_, tile)| TextureQuad {
            texture: tile.texture.id(),
            place: tile.place,
            uv: tile.uv,
        });
        (quads.collect(), is_incomplete)
    }

    /// Removes the tiles that were not used for longest, until the others fit. What is wanted stays.
    fn evict(&mut self, wanted: &[Place]) {
        // They were used in this frame, so the others are older.
        let kept = wanted.iter().filter(|place| self.tiles.contains(place));
        let kept = kept.count();
        while self.bytes > self.max_bytes
            && self.tiles.len() > kept
            && let Some((_, tile)) = self.tiles.pop_lru()
        {
            self.bytes -= tile.bytes;
        }
    }
}

/// The tiles of a level that show the visible part.
fn places(pyramid: &Pyramid, level: usize, visible: Rect) -> Vec<Place> {
    let (width, height) = pyramid.level(level).dimensions();
    let shrink = level_scale(level);
    let range = |low: f32, high: f32, length: u32| {
        let end = length.div_ceil(INNER_PX);
        let tile = |at: f32| ((at / shrink).max(0.0) as u32 / INNER_PX).min(end);
        tile(low)..tile(high).saturating_add(1).min(end)
    };
    let columns = range(visible.min.x, visible.max.x, width);
    let rows = range(visible.min.y, visible.max.y, height);
    rows.flat_map(|row| {
        columns
            .clone()
            .map(move |column| Place { level, column, row })
    })
    .collect()
}

/// The bytes of the tiles of a level that show the visible part.
fn bytes_of(pyramid: &Pyramid, level: usize, visible: Rect) -> usize {
    let tile_bytes = (TILE_PX * TILE_PX) as usize * PIXEL_BYTES;
    places(pyramid, level, visible).len() * tile_bytes
}

/// Pixels of the picture per pixel of a level.
fn level_scale(level: usize) -> f32 {
    (level as f32).exp2()
}

fn make(context: &Context, pyramid: &Pyramid, place: Place, style: TextureStyle) -> Tile {
    let image: &RgbImage = pyramid.level(place.level);
    let (width, height) = image.dimensions();
    let (x, y) = (place.column * INNER_PX, place.row * INNER_PX);
    let (from_x, from_y) = (x.saturating_sub(BORDER_PX), y.saturating_sub(BORDER_PX));
    let (right, bottom) = ((x + INNER_PX).min(width), (y + INNER_PX).min(height));
    let tile_width = (right + BORDER_PX).min(width) - from_x;
    let tile_height = (bottom + BORDER_PX).min(height) - from_y;
    let view = image::imageops::crop_imm(image, from_x, from_y, tile_width, tile_height);
    let colours = style.adjustment.colours(&view.to_image());
    let texture = context.load_texture("tile", colours, style.options());
    // The last pixels of a level may reach beyond the picture.
    let (full_width, full_height) = pyramid.full().dimensions();
    let shrink = level_scale(place.level);
    let at = |x: u32, y: u32| {
        let x = (x as f32 * shrink).min(full_width as f32);
        pos2(x, (y as f32 * shrink).min(full_height as f32))
    };
    let place = Rect::from_min_max(at(x, y), at(right, bottom));
    let uv = |at: egui::Pos2| {
        let u = (at.x / shrink - from_x as f32) / tile_width as f32;
        pos2(u, (at.y / shrink - from_y as f32) / tile_height as f32)
    };
    Tile {
        texture,
        bytes: (tile_width * tile_height) as usize * PIXEL_BYTES,
        place,
        uv: Rect::from_min_max(uv(place.min), uv(place.max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::canvas::Adjustment;

    const STYLE: TextureStyle = TextureStyle {
        adjustment: Adjustment::NONE,
        is_nearest: false,
    };

    fn pyramid() -> Pyramid {
        Pyramid::new(RgbImage::new(5001, 3501), 1024)
    }

    fn all_quads(
        tiles: &mut Tiles,
        pyramid: &Pyramid,
        scale: f32,
        visible: Rect,
    ) -> Vec<TextureQuad> {
        let context = Context::default();
        loop {
            let (quads, is_incomplete) = tiles.quads(&context, pyramid, scale, visible, STYLE);
            if !is_incomplete {
                return quads;
            }
        }
    }

    #[test]
    fn zoomed_half_way_only_as_much_is_uploaded_as_the_screen_shows() {
        let pyramid = pyramid();
        // A canvas of 1200 x 800 pixels of the screen.
        for scale in [1.0, 0.5, 0.3] {
            let mut tiles = Tiles::default();
            let visible = egui::vec2(1200.0, 800.0) / scale;
            let visible = Rect::from_center_size(pos2(2500.0, 1750.0), visible);
            let quads = all_quads(&mut tiles, &pyramid, scale, visible);
            let hull = quads
                .iter()
                .fold(Rect::NOTHING, |hull, quad| hull.union(quad.place));
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(5001.0, 3501.0));
            assert!(
                hull.expand(0.5).contains_rect(visible.intersect(whole)),
                "{scale}"
            );
            // Four tiles across would be 4088 pixels for 1200.
            assert!(quads.len() <= 12, "{scale}: {} tiles", quads.len());
            assert!(tiles.bytes <= 48 << 20, "{scale}: {} bytes", tiles.bytes);
        }
    }

    #[test]
    fn the_whole_picture_is_covered_to_its_last_pixel() {
        let pyramid = pyramid();
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(5001.0, 3501.0));
        let quads = all_quads(&mut Tiles::default(), &pyramid, 0.26, whole);
        let hull = quads
            .iter()
            .fold(Rect::NOTHING, |hull, quad| hull.union(quad.place));
        assert_eq!(hull, whole);
        let area: f32 = quads.iter().map(|quad| quad.place.area()).sum();
        assert!((area - whole.area()).abs() < 1.0, "no overlap");
        for quad in &quads {
            let inside = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            assert!(inside.contains_rect(quad.uv), "{:?}", quad.uv);
        }
    }

    #[test]
    fn tiles_stay_within_their_budget_and_coarser_ones_take_over() {
        let pyramid = pyramid();
        let limit = 16 << 20;
        let mut tiles = Tiles::with_limit(limit);
        for step in 0..30 {
            let centre = pos2(160.0 * step as f32, 110.0 * step as f32);
            let visible = Rect::from_center_size(centre, egui::vec2(900.0, 700.0));
            all_quads(&mut tiles, &pyramid, 1.0, visible);
            assert!(tiles.bytes <= limit, "{step}: {}", tiles.bytes);
        }
        // All of it in full resolution would be 80 MB.
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(5001.0, 3501.0));
        let quads = all_quads(&mut tiles, &pyramid, 1.0, whole);
        assert!(
            tiles.bytes <= limit + (8 << 20) && quads.len() <= 6,
            "{}",
            tiles.bytes
        );
    }
}
