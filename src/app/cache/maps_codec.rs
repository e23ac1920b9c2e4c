//! Maps as bytes for the cache: 16 bits per patch, scaled to 0..=1 by the range of the map, which is
//! stored before the values.
//!
//! The window uses only maps that were encoded and decoded, even right after the model has made them,
//! so that boxes are the same before and after a restart.

use half::f16;

use crate::geometry::{BBox, Grid};
use crate::localize::{
    ClassMaps, NameLogits, PatchMap, PictureMaps, ScoredBox, SemanticMaps, ZoomedMaps,
};

/// The version of the layout; maps of other versions are recomputed.
const VERSION: u8 = 4;

/// Encodes maps, little-endian: the version, then the patch size, rows and columns, then the maps of
/// attention and of any object. Five lists follow, each with its length before it: the companion's maps
/// of any object (one or none), the classes, the name logits, the instance labels, and the zoomed maps,
/// which have the same layout after their frame. The judged boxes are last, after a byte that says whether
/// there are any: their number, then the edges and the score of each, and its classes: their number, then each
/// with its probability. A map is its minimum, its range and its values.
pub fn encode(maps: &PictureMaps) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    write_maps(&mut bytes, maps);
    bytes
}

fn write_maps(bytes: &mut Vec<u8>, maps: &PictureMaps) {
    let Grid { rows, columns } = maps.object.grid;
    let number = |bytes: &mut Vec<u8>, number: usize| bytes.extend((number as u32).to_le_bytes());
    for value in [maps.patch_size, rows, columns] {
        number(bytes, value);
    }
    write_map(bytes, &maps.attention);
    write_map(bytes, &maps.object);
    number(bytes, maps.companion.iter().len());
    if let Some(companion) = &maps.companion {
        write_semantic(bytes, companion);
    }
    number(bytes, maps.classes.len());
    for of_class in &maps.classes {
        number(bytes, of_class.class);
        bytes.extend(of_class.probability.to_le_bytes());
        write_semantic(bytes, &of_class.maps);
    }
    number(
        bytes,
        maps.names.as_ref().map_or(0, |names| names.classes.len()),
    );
    if let Some(names) = &maps.names {
        for (class, map) in &names.classes {
            number(bytes, *class);
            write_map(bytes, map);
        }
        write_map(bytes, &names.others);
    }
    let labels = maps.instance_labels.iter().flatten();
    number(bytes, maps.instance_labels.as_ref().map_or(0, Vec::len));
    bytes.extend(labels.flat_map(|label| label.to_le_bytes()));
    number(bytes, maps.zoomed.len());
    for zoomed in &maps.zoomed {
        let BBox { x0, y0, x1, y1 } = zoomed.frame;
        for edge in [x0, y0, x1, y1] {
            bytes.extend(edge.to_le_bytes());
        }
        write_maps(bytes, &zoomed.maps);
    }
    bytes.push(u8::from(maps.judged.is_some()));
    if let Some(judged) = &maps.judged {
        number(bytes, judged.len());
        for found in judged {
            let BBox { x0, y0, x1, y1 } = found.bbox;
            for value in [x0, y0, x1, y1, found.score] {
                bytes.extend(value.to_le_bytes());
            }
            number(bytes, found.classes.len());
            for (class, probability) in &found.classes {
                number(bytes, *class);
                bytes.extend(probability.to_le_bytes());
            }
        }
    }
}

fn write_semantic(bytes: &mut Vec<u8>, maps: &SemanticMaps) {
    for map in [&maps.semantic, &maps.coupled, &maps.propagated] {
        write_map(bytes, map);
    }
}

/// Decodes maps at 16-bit precision; `None` if [`encode`] did not write the bytes.
pub fn decode(bytes: &[u8]) -> Option<PictureMaps> {
    let (&VERSION, rest) = bytes.split_first()? else {
        return None;
    };
    let mut reader = Reader(rest);
    let maps = reader.maps(true)?;
    reader.0.is_empty().then_some(maps)
}

fn write_map(bytes: &mut Vec<u8>, map: &PatchMap) {
    let (min, max) = map
        .values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), &x| {
            (min.min(x), max.max(x))
        });
    let range = max - min;
    bytes.extend(min.to_le_bytes());
    bytes.extend(range.to_le_bytes());
    for value in &map.values {
        let share = if range > 0.0 {
            (value - min) / range
        } else {
            0.0
        };
        bytes.extend(f16::from_f32(share).to_le_bytes());
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }

    fn float(&mut self) -> Option<f32> {
        let number = f32::from_le_bytes(self.take()?);
        number.is_finite().then_some(number)
    }

    /// The number of items that follow, each at least one byte.
    fn length(&mut self) -> Option<usize> {
        self.number().filter(|length| *length <= self.0.len())
    }

    /// Reads maps, which may contain zoomed maps; those contain no others.
    fn maps(&mut self, may_be_zoomed: bool) -> Option<PictureMaps> {
        let patch_size = self.number()?;
        let grid = Grid {
            rows: self.number()?,
            columns: self.number()?,
        };
        // Before anything is allocated.
        let patches = grid.rows.checked_mul(grid.columns)?;
        if patches == 0 || patches > self.0.len() {
            return None;
        }
        let attention = self.map(grid)?;
        let object = self.map(grid)?;
        let companion = match self.length()? {
            0 => None,
            _ => Some(self.semantic(grid)?),
        };
        let mut classes = Vec::new();
        for _ in 0..self.length()? {
            classes.push(ClassMaps {
                class: self.number()?,
                probability: self.float()?,
                maps: self.semantic(grid)?,
            });
        }
        let mut named = Vec::new();
        for _ in 0..self.length()? {
            named.push((self.number()?, self.map(grid)?));
        }
        let names = match named.len() {
            0 => None,
            _ => Some(NameLogits {
                classes: named,
                others: self.map(grid)?,
            }),
        };
        let mut labels = Vec::new();
        for _ in 0..self.length()? {
            labels.push(u16::from_le_bytes(self.take()?));
        }
        if !(labels.is_empty() || labels.len() == patches) {
            return None;
        }
        let mut zoomed = Vec::new();
        for _ in 0..self.length()? {
            if !may_be_zoomed {
                return None;
            }
            zoomed.push(ZoomedMaps {
                frame: BBox {
                    x0: self.float()?,
                    y0: self.float()?,
                    x1: self.float()?,
                    y1: self.float()?,
                },
                maps: self.maps(false)?,
            });
        }
        let [is_judged] = self.take()?;
        let judged = (is_judged == 1).then(|| self.judged());
        Some(PictureMaps {
            patch_size,
            attention,
            object,
            companion,
            classes,
            names,
            instance_labels: Some(labels).filter(|labels| !labels.is_empty()),
            zoomed,
            judged: match judged {
                Some(judged) => Some(judged?),
                None => None,
            },
        })
    }

    fn judged(&mut self) -> Option<Vec<ScoredBox>> {
        let mut judged = Vec::new();
        for _ in 0..self.length()? {
            let mut found = ScoredBox {
                bbox: BBox {
                    x0: self.float()?,
                    y0: self.float()?,
                    x1: self.float()?,
                    y1: self.float()?,
                },
                score: self.float()?,
                classes: Vec::new(),
            };
            for _ in 0..self.length()? {
                found.classes.push((self.number()?, self.float()?));
            }
            judged.push(found);
        }
        Some(judged)
    }

    fn semantic(&mut self, grid: Grid) -> Option<SemanticMaps> {
        Some(SemanticMaps {
            semantic: self.map(grid)?,
            coupled: self.map(grid)?,
            propagated: self.map(grid)?,
        })
    }

    fn map(&mut self, grid: Grid) -> Option<PatchMap> {
        let (min, range) = (self.float()?, self.float()?);
        let mut values = Vec::with_capacity(grid.patches());
        for _ in 0..grid.patches() {
            let share = f16::from_le_bytes(self.take()?).to_f32();
            values.push(min + range * share);
        }
        let is_finite = values.iter().all(|value| value.is_finite());
        is_finite.then_some(PatchMap { grid, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps() -> PictureMaps {
        let grid = Grid {
            rows: 3,
            columns: 4,
        };
        let map = |scale: f32| PatchMap {
            grid,
            values: (0..12).map(|at| (at as f32 - 3.0) * scale).collect(),
        };
        let semantic = |scale: f32| SemanticMaps {
            semantic: map(scale),
            coupled: map(-1e4 * scale),
            propagated: map(0.0),
        };
        let plain = PictureMaps {
            patch_size: 14,
            attention: map(1e-3),
            object: map(7.0),
            companion: None,
            classes: Vec::new(),
            names: None,
            instance_labels: None,
            zoomed: Vec::new(),
            judged: None,
        };
        PictureMaps {
            companion: Some(semantic(2.0)),
            classes: vec![ClassMaps {
                class: 3,
                probability: 0.75,
                maps: semantic(1.0),
            }],
            names: Some(NameLogits {
                classes: vec![(281, map(3.0)), (7, map(0.5))],
                others: map(-2.0),
            }),
            instance_labels: Some((0..12).collect()),
            zoomed: vec![ZoomedMaps {
                frame: BBox::from_corners(0.25, 0.5, 0.75, 1.0),
                maps: plain.clone(),
            }],
            judged: Some(vec![ScoredBox {
                bbox: BBox::from_corners(1.0, 2.5, 30.0, 40.0),
                score: 0.625,
                classes: vec![(1000, 0.75), (281, 0.125)],
            }]),
            ..plain
        }
    }

    #[test]
    fn maps_come_back_good_to_a_thousandth_of_their_range() {
        let maps = maps();
        let back = decode(&encode(&maps)).unwrap();
        assert_eq!(back.patch_size, 14);
        assert_eq!(back.instance_labels, maps.instance_labels);
        assert_eq!(back.judged, maps.judged);
        assert_eq!(back.companion.is_some(), maps.companion.is_some());
        let candidates = |maps: &PictureMaps| -> Vec<usize> {
            let names = maps.names.iter().flat_map(|names| &names.classes);
            names.map(|(class, _)| *class).collect()
        };
        assert_eq!(candidates(&back), [281, 7]);
        assert_eq!(back.zoomed[0].frame, maps.zoomed[0].frame);
        assert_eq!(
            (back.classes[0].class, back.classes[0].probability),
            (3, 0.75)
        );
        let pairs = [
            (&maps.attention, &back.attention),
            (&maps.object, &back.object),
            (&maps.classes[0].maps.coupled, &back.classes[0].maps.coupled),
            (
                &maps.classes[0].maps.propagated,
                &back.classes[0].maps.propagated,
            ),
        ];
        for (before, after) in pairs {
            let range = (before.values[11] - before.values[0]).abs();
            for (a, b) in before.values.iter().zip(&after.values) {
                assert!((a - b).abs() <= range * 1e-3, "{a} {b}");
            }
        }
        assert_eq!(decode(&encode(&back)), Some(back), "nothing more is lost");
    }

    #[test]
    fn other_bytes_are_no_maps() {
        let good = encode(&maps());
        for end in 0..good.len() {
            assert_eq!(decode(&good[..end]), None, "{end}");
        }
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(decode(&longer), None);
        let mut huge = good;
        huge[5..13].fill(0xff);
        assert_eq!(decode(&huge), None);
    }
}
