//! Line plots as SVG or PNG files.

use std::error::Error;
use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, bail};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::{
    BitMapBackend, ChartBuilder, DrawingArea, DrawingAreaErrorKind, DrawingBackend,
    IntoDrawingArea as _, IntoFont as _, LineSeries, PathElement, RGBColor, SVGBackend, Text,
    WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, ShapeStyle, TextStyle, register_font};

use crate::files::{check_target, write_whole};
use crate::pictures;

/// Width and height in pixels.
const SIZE: (u32, u32) = (1200, 750);
/// A bitmap is drawn this many times larger and then reduced, because the library does not smooth the
/// edges of wide lines.
const OVERSAMPLING: u32 = 2;
/// The name under which the font is registered. SVG viewers use their own font of this name, which
/// has about the same widths.
const FONT: &str = "sans-serif";
const TITLE_PIXELS: i32 = 26;
const TEXT_PIXELS: i32 = 18;
const MARGIN: i32 = 12;
/// Maximum share of the width for the legend.
const LEGEND_SHARE: f64 = 0.4;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// The colours of Okabe and Ito, which colour-blind readers can distinguish, without those that are
/// too pale for a line on white.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x00, 0x00, 0x00),
    RGBColor(0xe6, 0x9f, 0x00),
];

/// One line of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Points `(x, y)` from left to right, all finite.
    pub points: Vec<(f64, f64)>,
}

/// Checks, before anything is computed for it, that a plot can be drawn into `path`.
///
/// # Errors
/// If the extension is neither svg nor png, or the file cannot be written.
pub fn check(path: &Path) -> anyhow::Result<()> {
    Kind::from_extension(path)?;
    Ok(check_target(path)?)
}

/// Draws the series as lines with a legend. The extension of the file, svg or png, decides the format.
/// The file is written completely or not at all.
///
/// # Errors
/// As for [`check`].
pub fn draw(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> anyhow::Result<()> {
    let kind = Kind::from_extension(path)?;
    let font = epaint_default_fonts::UBUNTU_LIGHT;
    if register_font(FONT, FontStyle::Normal, font).is_err() {
        bail!("cannot load the font for the plot");
    }
    let plot = Plot {
        title,
        x_label,
        y_label,
        series,
    };
    let bytes = match kind {
        Kind::Svg => plot.svg(),
        Kind::Png => plot.png(),
    };
    let bytes = bytes.with_context(|| format!("cannot draw {}", path.display()))?;
    write_whole(path, |writer| writer.write_all(&bytes))?;
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Svg,
    Png,
}

impl Kind {
    fn from_extension(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => bail!(
                "{} cannot be a plot: the name must end with .svg or .png",
                path.display()
            ),
        }
    }
}

struct Plot<'a> {
    title: &'a str,
    x_label: &'a str,
    y_label: &'a str,
    series: &'a [Series],
}

type Painted<E> = Result<(), DrawingAreaErrorKind<E>>;

impl Plot<'_> {
    fn svg(&self) -> anyhow::Result<Vec<u8>> {
        let mut text = String::new();
        self.paint(
            &SVGBackend::with_string(&mut text, SIZE).into_drawing_area(),
            1,
        )?;
        Ok(text.into_bytes())
    }

    fn png(&self) -> anyhow::Result<Vec<u8>> {
        let (width, height) = (SIZE.0 * OVERSAMPLING, SIZE.1 * OVERSAMPLING);
        let mut large = RgbImage::new(width, height);
        let canvas = BitMapBackend::with_buffer(&mut large, (width, height));
        self.paint(&canvas.into_drawing_area(), OVERSAMPLING as i32)?;
        let mut bytes = Vec::new();
        pictures::resize(&large, SIZE.0, SIZE.1)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        Ok(bytes)
    }

    /// Paints everything; lengths are in pixels times `scale`.
    fn paint<B: DrawingBackend>(
        &self,
        canvas: &DrawingArea<B, Shift>,
        scale: i32,
    ) -> Painted<B::ErrorType>
    where
        B::ErrorType: Error + fmt::Debug + Send + Sync + 'static,
    {
        let style = |pixels: i32| TextStyle::from((FONT, pixels * scale).into_font()).color(&INK);
        let text = style(TEXT_PIXELS);
        canvas.fill(&WHITE)?;
        let below_title = canvas
            .margin(MARGIN * scale, MARGIN * scale, 0, 0)
            .titled(self.title, style(TITLE_PIXELS))?;
        let legend_width = self.legend_width(&below_title, &text, scale)?;
        let (width, _) = below_title.dim_in_pixel();
        let (left, right) = below_title.split_horizontally(width as i32 - legend_width);

        let all = || self.series.iter().flat_map(|series| &series.points);
        let mut chart = ChartBuilder::on(&left)
            .margin(MARGIN * scale)
            .x_label_area_size(52 * scale)
            .y_label_area_size(68 * scale)
            .build_cartesian_2d(
                span(all().map(|point| point.0), 0.0),
                span(all().map(|point| point.1).chain([0.0]), 0.05),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.x_label)
            .y_desc(self.y_label)
            .label_style(text.clone())
            .axis_desc_style(text.clone())
            .axis_style(INK.stroke_width(scale as u32))
            .bold_line_style(GRID.stroke_width(scale as u32))
            .light_line_style(WHITE)
            .max_light_lines(1)
            .x_label_formatter(&plain)
            .y_label_formatter(&plain)
            .draw()?;
        for (series, stroke) in self.series.iter().zip(strokes(scale)) {
            chart.draw_series(LineSeries::new(series.points.iter().copied(), stroke))?;
        }
        self.paint_legend(&right, &text, scale)?;
        canvas.present()
    }

    fn legend_width<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        text: &TextStyle<'_>,
        scale: i32,
    ) -> Result<i32, DrawingAreaErrorKind<B::ErrorType>> {
        let mut widest = 0;
        for series in self.series {
            let (width, _) = area.estimate_text_size(&series.name, text)?;
            widest = widest.max(width as i32);
        }
        let max = f64::from(area.dim_in_pixel().0) * LEGEND_SHARE;
        Ok((widest + 70 * scale).min(max as i32))
    }

    fn paint_legend<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        text: &TextStyle<'_>,
        scale: i32,
    ) -> Painted<B::ErrorType>
    where
        B::ErrorType: 'static,
    {
        let line = TEXT_PIXELS * 3 / 2;
        for (row, (series, stroke)) in self.series.iter().zip(strokes(scale)).enumerate() {
            let middle = (line + row as i32 * line) * scale;
            let sample = vec![(4 * scale, middle), (36 * scale, middle)];
            area.draw(&PathElement::new(sample, stroke))?;
            let name = text.clone().pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(series.name.as_str(), (46 * scale, middle), name))?;
        }
        Ok(())
    }
}

/// The number of a tick without the digits that come from binary fractions.
fn plain(tick: &f64) -> String {
    format!("{}", (tick * 1e6).round() / 1e6)
}

/// The stroke of each series, in order.
fn strokes(scale: i32) -> impl Iterator<Item = ShapeStyle> {
    let width = (5 * scale / 2) as u32;
    COLOURS
        .into_iter()
        .cycle()
        .map(move |colour| colour.stroke_width(width))
}

/// From the minimum to the maximum of `numbers`, plus a share of that at the top. Never empty.
fn span(numbers: impl Iterator<Item = f64>, headroom: f64) -> Range<f64> {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    if low < high {
        low..high + headroom * (high - low)
    } else if low == high {
        low..high + 1.0
    } else {
        0.0..1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Vec<Series> {
        let curve = |name: &str, best: f64, height: f64| Series {
            name: name.to_owned(),
            points: (0..100)
                .map(|step| f64::from(step) / 100.0)
                .map(|x| (x, height * (1.0 - (x - best).powi(2) * 2.0).max(0.0)))
                .collect(),
        };
        vec![
            curve("ts-cam, IoU 0.5", 0.12, 67.6),
            curve("ts-cam, IoU 0.7", 0.2, 28.9),
            curve("affinity, IoU 0.5", 0.52, 75.5),
            curve("affinity, IoU 0.7 & more", 0.55, 57.1),
        ]
    }

    fn drawn(name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let title = "BoxAcc over threshold";
        draw(&path, title, "threshold", "BoxAcc (%)", &series()).unwrap();
        let only = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(only, 1, "no temporary file is left");
        std::fs::read(path).unwrap()
    }

    /// The values of an attribute of every element of a name.
    fn attributes(svg: &str, element: &str, attribute: &str) -> Vec<String> {
        let mut reader = quick_xml::Reader::from_str(svg);
        let mut found = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Empty(tag) if tag.name().as_ref() == element => {
                    let value = tag.try_get_attribute(attribute).unwrap().unwrap();
                    found.push(value.value.into_owned());
                }
                quick_xml::events::Event::Eof => return found,
                _ => {}
            }
        }
    }

    #[test]
    fn an_svg_names_and_draws_every_series_and_axis() {
        let svg = String::from_utf8(drawn("plot.svg")).unwrap();
        for text in [
            "BoxAcc over threshold",
            "threshold",
            "BoxAcc (%)",
            "0.5",
            "60",
        ] {
            assert!(svg.contains(text), "no {text:?}");
        }
        for name in ["ts-cam, IoU 0.5", "affinity, IoU 0.7 &amp; more"] {
            assert!(svg.contains(name), "no {name:?}");
        }
        let lines = attributes(&svg, "polyline", "points");
        let of_series = lines
            .iter()
            .filter(|points| points.split_whitespace().count() == 100);
        assert_eq!(of_series.count(), series().len());
    }

    #[test]
    fn a_png_has_its_size_and_every_colour() {
        let picture = image::load_from_memory(&drawn("plot.PNG"))
            .unwrap()
            .to_rgb8();
        assert_eq!(picture.dimensions(), SIZE);
        for colour in &COLOURS[..series().len()] {
            let pixel = image::Rgb([colour.0, colour.1, colour.2]);
            let count = picture.pixels().filter(|&other| *other == pixel).count();
            assert!(count > 100, "{colour:?}: {count} pixels");
        }
        let white = picture.pixels().filter(|pixel| pixel.0 == [255; 3]).count();
        assert!(white > (SIZE.0 * SIZE.1 / 2) as usize);
    }

    #[test]
    fn no_series_and_a_single_point_can_be_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        draw(&path, "", "", "", &[]).unwrap();
        let point = Series {
            name: "one".to_owned(),
            points: vec![(0.5, 0.0)],
        };
        draw(&path, "", "", "", &[point]).unwrap();
    }

    #[test]
    fn other_extensions_are_refused() {
        for name in ["plot.jpg", "plot", ".svg"] {
            let error = check(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains(".svg or .png"), "{error}");
            assert!(draw(Path::new(name), "", "", "", &[]).is_err());
            assert!(!Path::new(name).exists());
        }
    }
}
