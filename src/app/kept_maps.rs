//! Maps as the cache keeps them: one number a patch in 16 bits, brought to 0..=1 by the map's own
//! range, which is kept beside it.
//!
//! Whatever the window shows or proposes comes of maps that went through here, also right after
//! the model made them, so that boxes are the same before and after a restart.

use half::f16;

use crate::geometry::Grid;
use crate::localize::{ClassMaps, Map, Maps};

/// The version of the layout; what is of another one is made anew.
const VERSION: u8 = 1;

/// The maps as bytes, little-endian: version, patch size, rows, columns and number of classes, then
/// the maps of attention and of any object, then for each class its index, its probability and its
/// two maps. A map is its minimum, its range and its values.
pub fn to_bytes(maps: &Maps) -> Vec<u8> {
    let Grid { rows, columns } = maps.object.grid;
    let mut bytes = vec![VERSION];
    for number in [maps.patch_size, rows, columns, maps.classes.len()] {
        bytes.extend((number as u32).to_le_bytes());
    }
    write_map(&mut bytes, &maps.attention);
    write_map(&mut bytes, &maps.object);
    for of_class in &maps.classes {
        bytes.extend((of_class.class as u32).to_le_bytes());
        bytes.extend(of_class.probability.to_le_bytes());
        write_map(&mut bytes, &of_class.coupled);
        write_map(&mut bytes, &of_class.carried);
    }
    bytes
}

/// The maps that were written, with what 16 bits have left of them; nothing if the bytes are not
/// what [`to_bytes`] writes.
pub fn from_bytes(bytes: &[u8]) -> Option<Maps> {
    let (&VERSION, rest) = bytes.split_first()? else {
        return None;
    };
    let mut reader = Reader(rest);
    let patch_size = reader.number()?;
    let grid = Grid {
        rows: reader.number()?,
        columns: reader.number()?,
    };
    let classes = reader.number()?;
    // Before anything is allocated: two bytes a patch, two maps at least.
    let patches = grid.rows.checked_mul(grid.columns)?;
    if patches == 0 || patches > reader.0.len() || classes > reader.0.len() {
        return None;
    }
    let attention = reader.map(grid)?;
    let object = reader.map(grid)?;
    let mut of_classes = Vec::with_capacity(classes);
    for _ in 0..classes {
        of_classes.push(ClassMaps {
            class: reader.number()?,
            probability: reader.float()?,
            coupled: reader.map(grid)?,
            carried: reader.map(grid)?,
        });
    }
    reader.0.is_empty().then_some(Maps {
        patch_size,
        attention,
        object,
        classes: of_classes,
    })
}

fn write_map(bytes: &mut Vec<u8>, map: &Map) {
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

    fn map(&mut self, grid: Grid) -> Option<Map> {
        let (min, range) = (self.float()?, self.float()?);
        let mut values = Vec::with_capacity(grid.patches());
        for _ in 0..grid.patches() {
            let share = f16::from_le_bytes(self.take()?).to_f32();
            values.push(min + range * share);
        }
        let is_finite = values.iter().all(|value| value.is_finite());
        is_finite.then_some(Map { grid, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps() -> Maps {
        let grid = Grid {
            rows: 3,
            columns: 4,
        };
        let map = |scale: f32| Map {
            grid,
            values: (0..12).map(|at| (at as f32 - 3.0) * scale).collect(),
        };
        Maps {
            patch_size: 14,
            attention: map(1e-3),
            object: map(7.0),
            classes: vec![ClassMaps {
                class: 3,
                probability: 0.75,
                coupled: map(-1e4),
                carried: map(0.0),
            }],
        }
    }

    #[test]
    fn maps_come_back_good_to_a_thousandth_of_their_range() {
        let maps = maps();
        let back = from_bytes(&to_bytes(&maps)).unwrap();
        assert_eq!(back.patch_size, 14);
        assert_eq!(
            (back.classes[0].class, back.classes[0].probability),
            (3, 0.75)
        );
        let pairs = [
            (&maps.attention, &back.attention),
            (&maps.object, &back.object),
            (&maps.classes[0].coupled, &back.classes[0].coupled),
            (&maps.classes[0].carried, &back.classes[0].carried),
        ];
        for (before, after) in pairs {
            let range = (before.values[11] - before.values[0]).abs();
            for (a, b) in before.values.iter().zip(&after.values) {
                assert!((a - b).abs() <= range * 1e-3, "{a} {b}");
            }
        }
        assert_eq!(
            from_bytes(&to_bytes(&back)),
            Some(back),
            "nothing more is lost"
        );
    }

    #[test]
    fn other_bytes_are_no_maps() {
        let good = to_bytes(&maps());
        for end in 0..good.len() {
            assert_eq!(from_bytes(&good[..end]), None, "{end}");
        }
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(from_bytes(&longer), None);
        let mut huge = good;
        huge[5..13].fill(0xff);
        assert_eq!(from_bytes(&huge), None);
    }
}
