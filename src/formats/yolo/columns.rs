//! What the numbers of a line mean after its class.
//!
//! A box has 4 numbers, and a polygon has 2 for each corner; a turned box is a polygon of 4 corners.
//! Trainers add a confidence, the number of a track, or both, in this order. So 5 numbers are a box with
//! one of them, 6 a box with both or a triangle, an odd number a polygon with one of them, and an even
//! number a polygon alone or with both.
//!
//! No line is decided by itself: all lines of a file that may have the same columns have the same ones.
//! Where a file leaves it open (a confidence of 1, or track 1?), the files of the set that are clear
//! decide, if they agree. What is still open is refused.

use std::collections::BTreeSet;

/// What the numbers of a line mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Columns {
    pub is_polygon: bool,
    pub has_confidence: bool,
    pub has_track: bool,
}

impl Columns {
    const fn new(is_polygon: bool, has_confidence: bool, has_track: bool) -> Self {
        Self {
            is_polygon,
            has_confidence,
            has_track,
        }
    }

    /// How many numbers follow the box or the polygon.
    pub(super) fn tail(self) -> usize {
        usize::from(self.has_confidence) + usize::from(self.has_track)
    }
}

const BOX: Columns = Columns::new(false, false, false);
const BOX_CONFIDENCE: Columns = Columns::new(false, true, false);
const BOX_TRACK: Columns = Columns::new(false, false, true);
const BOX_BOTH: Columns = Columns::new(false, true, true);
const POLYGON: Columns = Columns::new(true, false, false);
const POLYGON_CONFIDENCE: Columns = Columns::new(true, true, false);
const POLYGON_TRACK: Columns = Columns::new(true, false, true);
const POLYGON_BOTH: Columns = Columns::new(true, true, true);

/// Lines of a file that have the same columns, by how many numbers they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Four,
    Five,
    /// Six numbers, which may be a triangle.
    Six,
    /// A box, keypoints, and two more numbers, without the keypoints.
    SixWithoutPolygon,
    /// An odd number, of at least 7.
    Odd,
    /// An even number, of at least 8.
    Even,
}

impl Kind {
    /// All kinds.
    pub(super) const ALL: [Self; 6] = [
        Self::Four,
        Self::Five,
        Self::Six,
        Self::SixWithoutPolygon,
        Self::Odd,
        Self::Even,
    ];

    /// The kind of a line with `count` numbers; `None` if there are too few.
    pub(super) fn of(count: usize, may_be_polygon: bool) -> Option<Self> {
        match count {
            0..4 => None,
            4 => Some(Self::Four),
            5 => Some(Self::Five),
            6 if may_be_polygon => Some(Self::Six),
            6 => Some(Self::SixWithoutPolygon),
            _ if count.is_multiple_of(2) => Some(Self::Even),
            _ => Some(Self::Odd),
        }
    }

    /// What lines of this kind may mean.
    fn meanings(self) -> &'static [Columns] {
        match self {
            Self::Four => &[BOX],
            Self::Five => &[BOX_CONFIDENCE, BOX_TRACK],
            Self::Six => &[BOX_BOTH, POLYGON],
            Self::SixWithoutPolygon => &[BOX_BOTH],
            Self::Odd => &[POLYGON_CONFIDENCE, POLYGON_TRACK],
            Self::Even => &[POLYGON, POLYGON_BOTH],
        }
    }
}

/// A number as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub value: f64,
    /// Whether it is written without a decimal point and an exponent.
    pub is_integer: bool,
}

impl Number {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(Self {
            value: word.parse().ok()?,
            is_integer: !word.contains(['.', 'e', 'E', 'n', 'N']),
        })
    }

    fn may_be_confidence(self) -> bool {
        (0.0..=1.0).contains(&self.value)
    }

    /// The number of a track is whole. Below 2 it may be a confidence or a corner, so it must be
    /// written like a whole number.
    fn may_be_track(self) -> bool {
        self.value >= 0.0 && self.value.fract() == 0.0 && (self.is_integer || self.value > 1.0)
    }

    fn may_be_coordinate(self) -> bool {
        self.value.is_finite() && (self.value <= 1.0 || self.value.fract() != 0.0)
    }
}

/// Whether a line may have these columns.
fn fits(numbers: &[Number], columns: Columns) -> bool {
    let (place, tail) = numbers.split_at(numbers.len() - columns.tail());
    let may_be_polygon = || place.iter().all(|number| number.may_be_coordinate());
    let fits_tail = match (columns.has_confidence, columns.has_track, tail) {
        (true, false, [confidence]) => confidence.may_be_confidence(),
        (false, true, [track]) => track.may_be_track(),
        (true, true, [confidence, track]) => confidence.may_be_confidence() && track.may_be_track(),
        _ => true,
    };
    fits_tail && (!columns.is_polygon || may_be_polygon())
}

/// What the lines of a file say about the columns of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Clear(Columns),
    /// Several meanings fit all lines.
    Open(Vec<Columns>),
    /// No meaning fits all lines.
    Contradictory,
}

/// The verdict for the lines of one kind in a file.
pub(super) fn verdict(kind: Kind, lines: &[&[Number]]) -> Verdict {
    let fitting = kind.meanings().iter().copied();
    let fitting: Vec<Columns> = fitting
        .filter(|columns| lines.iter().all(|numbers| fits(numbers, *columns)))
        .collect();
    match fitting[..] {
        [] => Verdict::Contradictory,
        // A box with further numbers of another program is no triangle.
        [POLYGON] if kind == Kind::Six => Verdict::Open(vec![POLYGON]),
        [columns] => Verdict::Clear(columns),
        _ if kind == Kind::Even && lines.iter().all(|numbers| is_turned_box(numbers)) => {
            Verdict::Clear(POLYGON_BOTH)
        }
        _ => Verdict::Open(fitting),
    }
}

/// Whether the first 8 of 10 numbers are the corners of a turned box: as shares of the sides, it is a
/// parallelogram.
fn is_turned_box(numbers: &[Number]) -> bool {
    /// A larger distance is no rounding error.
    const ROUNDING: f64 = 2e-3;
    let [x0, y0, x1, y1, x2, y2, x3, y3, _, _] = numbers else {
        return false;
    };
    let off = |[a, b, c, d]: [&Number; 4]| (a.value + c.value - b.value - d.value).abs();
    off([x0, x1, x2, x3]) < ROUNDING && off([y0, y1, y2, y3]) < ROUNDING
}

/// What the clear files of a set say.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    clear: BTreeSet<(Kind, Columns)>,
    /// Number of files whose lines of six numbers all may end with the number of a track.
    files_with_tracks: usize,
}

impl Evidence {
    /// Adds what a file says.
    pub(super) fn add(&mut self, kind: Kind, verdict: &Verdict, lines: &[&[Number]]) {
        match verdict {
            Verdict::Clear(columns) => {
                self.clear.insert((kind, *columns));
            }
            Verdict::Open(columns) if kind == Kind::Six && columns.contains(&BOX_BOTH) => {
                let mut tracks: Vec<f64> = lines.iter().map(|numbers| numbers[5].value).collect();
                tracks.sort_by(f64::total_cmp);
                let count = tracks.len();
                tracks.dedup();
                self.files_with_tracks += usize::from(tracks.len() == count);
            }
            _ => {}
        }
    }

    fn has(&self, kind: Kind, columns: Columns) -> bool {
        self.clear.contains(&(kind, columns))
    }

    /// The only one of several meanings that the rest of the set supports.
    pub(super) fn decide(&self, kind: Kind, open: &[Columns]) -> Option<Columns> {
        let mut supported = open.iter().filter(|columns| self.supports(kind, **columns));
        let only = supported.next().copied();
        match (only, supported.next()) {
            (Some(columns), None) => Some(columns),
            // A corner at the edge is common, and nothing says otherwise.
            (None, _) if kind == Kind::Even && open.contains(&POLYGON) => Some(POLYGON),
            _ => None,
        }
    }

    fn supports(&self, kind: Kind, columns: Columns) -> bool {
        // Two trackers do not end all of their lines with 0 or 1 by chance, as a corner may.
        const MIN_FILES: usize = 2;
        self.has(kind, columns)
            || match (kind, columns) {
                (Kind::Six, POLYGON) => self.has(Kind::Even, POLYGON),
                (Kind::Six, BOX_BOTH) => self.files_with_tracks >= MIN_FILES,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Vec<Number>> {
        let line = |line: &str| {
            line.split_whitespace()
                .map(|word| Number::parse(word).unwrap())
                .collect()
        };
        text.split(';').map(line).collect()
    }

    fn slices(lines: &[Vec<Number>]) -> Vec<&[Number]> {
        lines.iter().map(Vec::as_slice).collect()
    }

    fn of(text: &str) -> Verdict {
        let lines = lines(text);
        verdict(Kind::of(lines[0].len(), true).unwrap(), &slices(&lines))
    }

    #[test]
    fn a_file_decides_for_all_of_its_lines() {
        for (text, columns) in [
            (".5 .5 .1 .1", BOX),
            (".5 .5 .1 .1 5; .5 .5 .1 .1 1", BOX_TRACK),
            (".5 .5 .1 .1 5.0", BOX_TRACK),
            (".5 .5 .1 .1 1; .5 .5 .1 .1 0.5", BOX_CONFIDENCE),
            (".5 .5 .1 .1 1.0", BOX_CONFIDENCE),
            (".5 .5 .1 .1 1e-3", BOX_CONFIDENCE),
            (".5 .5 .1 .1 .873 5; .5 .5 .1 .1 .9 1", BOX_BOTH),
            (".1 .1 .2 .1 .2 .2 .9", POLYGON_CONFIDENCE),
            (".1 .1 .2 .1 .2 .2 12", POLYGON_TRACK),
            (".1 .1 .2 .1 .2 .2 .1 .2", POLYGON),
            (".1 .1 .2 .1 .2 .2 .1 .2 .9 7", POLYGON_BOTH),
            (".1 .1 .2 .1 .2 .2 .1 .2 .9 1", POLYGON_BOTH),
            (
                ".1 .1 .2 .1 .2 .2 .1 .2 .9 1; .1 .1 .2 .1 .2 .2 .1 .25 .9 .5",
                POLYGON,
            ),
        ] {
            assert_eq!(of(text), Verdict::Clear(columns), "{text}");
        }
        for text in [
            ".5 .5 .1 .1 1",
            ".5 .5 .1 .1 .873 1",
            ".1 .1 .2 .1 .2 .2",
            ".1 .1 .2 .1 .2 .2 1",
            ".1 .1 .2 .1 .2 .2 .1 .25 .9 1",
        ] {
            assert!(matches!(of(text), Verdict::Open(_)), "{text}");
        }
        for text in [
            ".5 .5 .1 .1 .7; .5 .5 .1 .1 17",
            ".5 .5 .1 .1 87.5",
            ".5 .5 .1 .1 87.5 3.5; 2 .5 .1 .1 .7 .7",
            ".1 .1 .2 .1 .2 .2 .9; .1 .1 .2 .1 .2 .2 12",
        ] {
            assert_eq!(of(text), Verdict::Contradictory, "{text}");
        }
    }

    #[test]
    fn the_set_decides_what_a_file_leaves_open() {
        let evidence = |texts: &[&str]| {
            let mut evidence = Evidence::default();
            for text in texts {
                let lines = lines(text);
                let lines = slices(&lines);
                let kind = Kind::of(lines[0].len(), true).unwrap();
                evidence.add(kind, &verdict(kind, &lines), &lines);
            }
            evidence
        };
        let decide = |texts: &[&str], open: &str| {
            let kind = Kind::of(lines(open)[0].len(), true).unwrap();
            let Verdict::Open(meanings) = of(open) else {
                panic!("{open} is clear")
            };
            evidence(texts).decide(kind, &meanings)
        };
        let one = ".5 .5 .1 .1 1";
        assert_eq!(decide(&[".5 .5 .1 .1 .5"], one), Some(BOX_CONFIDENCE));
        assert_eq!(decide(&[".5 .5 .1 .1 7"], one), Some(BOX_TRACK));
        assert_eq!(decide(&[".5 .5 .1 .1 7", ".5 .5 .1 .1 .5"], one), None);
        assert_eq!(decide(&[], one), None);
        let six = ".5 .5 .1 .1 .873 1";
        assert_eq!(decide(&[".5 .5 .1 .1 .9 5"], six), Some(BOX_BOTH));
        assert_eq!(decide(&[six], six), None);
        assert_eq!(decide(&[six, ".5 .5 .1 .1 .9 0"], six), Some(BOX_BOTH));
        assert_eq!(decide(&[".1 .1 .2 .1 .2 .2 .1 .2"], six), Some(POLYGON));
        let triangle = ".1 .1 .2 .1 .2 .2";
        assert_eq!(decide(&[], triangle), None);
        assert_eq!(
            decide(&[".1 .1 .2 .1 .2 .2 .1 .2"], triangle),
            Some(POLYGON)
        );
        let corner = ".1 .1 .2 .1 .2 .2 .1 .25 .9 1";
        assert_eq!(decide(&[], corner), Some(POLYGON));
    }
}
