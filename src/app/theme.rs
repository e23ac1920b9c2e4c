//! Colours and spacing of the window in the light and the dark theme.

use egui::{Color32, CornerRadius, Stroke, Style, Theme, Visuals};

use super::i18n::tr;
use super::session::Difference;
use crate::document::{BoxState, ReviewState};

/// The minimum contrast of text with its background (WCAG 2.2, success criterion 1.4.3).
#[cfg(test)]
const MIN_CONTRAST: f32 = 4.5;

/// The colours of a theme, by their meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThemePalette {
    /// The most important button, and progress.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Success.
    pub good: Color32,
    /// Something waits for the user.
    pub waiting: Color32,
    /// An error.
    pub bad: Color32,
    /// A box that a person has drawn.
    pub drawn: Color32,
    /// Secondary text.
    pub quiet: Color32,
    /// The background of the canvas.
    pub canvas: Color32,
    /// The background of panels.
    pub panel: Color32,
}

impl ThemePalette {
    /// The palette of the theme in use.
    pub fn of(visuals: &Visuals) -> Self {
        if visuals.dark_mode { DARK } else { LIGHT }
    }

    /// The colours on a picture, which are the same in both themes.
    pub fn on_pictures() -> Self {
        DARK
    }

    /// The colour of a box in this state, where colours do not show classes.
    pub fn box_state(&self, state: BoxState) -> Color32 {
        match state {
            BoxState::Proposed => self.waiting,
            BoxState::Accepted => self.good,
            BoxState::Edited => self.accent,
            BoxState::Drawn => self.drawn,
            BoxState::Rejected => self.bad,
        }
    }

    /// The colour of what differs between the boxes of a person and others.
    pub fn difference(&self, difference: Difference) -> Color32 {
        match difference {
            Difference::OnlyMine(_) => self.accent,
            Difference::OnlyOther(_) => self.waiting,
            Difference::OtherClass(..) => self.bad,
        }
    }

    /// The colour of a review state.
    pub fn review(&self, state: ReviewState) -> Color32 {
        match state {
            ReviewState::New => self.quiet,
            ReviewState::Proposed => self.waiting,
            ReviewState::InReview => self.accent,
            ReviewState::Done => self.good,
        }
    }
}

const DARK: ThemePalette = ThemePalette {
    accent: Color32::from_rgb(0x6c, 0xb2, 0xff),
    on_accent: Color32::from_rgb(0x08, 0x16, 0x26),
    good: Color32::from_rgb(0x5f, 0xd0, 0x8a),
    waiting: Color32::from_rgb(0xf2, 0xb2, 0x4b),
    bad: Color32::from_rgb(0xff, 0x8a, 0x80),
    drawn: Color32::from_rgb(0xc9, 0x9b, 0xff),
    quiet: Color32::from_rgb(0xa0, 0xa4, 0xac),
    canvas: Color32::from_rgb(0x12, 0x13, 0x16),
    panel: Color32::from_rgb(0x1f, 0x21, 0x26),
};

const LIGHT: ThemePalette = ThemePalette {
    accent: Color32::from_rgb(0x0b, 0x5c, 0xb8),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    good: Color32::from_rgb(0x17, 0x6b, 0x3a),
    waiting: Color32::from_rgb(0x8a, 0x55, 0x00),
    bad: Color32::from_rgb(0xb3, 0x26, 0x1e),
    drawn: Color32::from_rgb(0x70, 0x2c, 0xb8),
    quiet: Color32::from_rgb(0x5a, 0x5f, 0x68),
    canvas: Color32::from_rgb(0xc9, 0xcc, 0xd2),
    panel: Color32::from_rgb(0xf4, 0xf5, 0xf7),
};

/// The symbol of a review state, for people who cannot distinguish the colours.
pub fn review_symbol(state: ReviewState, is_empty: bool) -> &'static str {
    match state {
        ReviewState::New => "○",
        ReviewState::Proposed => "◑",
        ReviewState::InReview => "✏",
        ReviewState::Done if is_empty => "Ø",
        ReviewState::Done => "✔",
    }
}

/// The symbol of a picture that is taken out of the project.
pub const TAKEN_OUT_SYMBOL: &str = "✖";

/// A review state in words.
pub fn review_name(state: ReviewState, is_empty: bool) -> &'static str {
    match state {
        ReviewState::New => tr!("review-new"),
        ReviewState::Proposed => tr!("review-proposed"),
        ReviewState::InReview => tr!("review-in-review"),
        ReviewState::Done if is_empty => tr!("review-verified-empty"),
        ReviewState::Done => tr!("review-done"),
    }
}

/// The state of a box in words.
pub fn box_state_name(state: BoxState) -> &'static str {
    match state {
        BoxState::Proposed => tr!("box-proposed"),
        BoxState::Accepted => tr!("box-accepted"),
        BoxState::Edited => tr!("box-edited"),
        BoxState::Drawn => tr!("box-drawn"),
        BoxState::Rejected => tr!("box-rejected"),
    }
}

/// The colour of a class.
pub fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The colour of text on a background: black or white, whichever has more contrast.
pub fn text_on(back: Color32) -> Color32 {
    if contrast(back, Color32::BLACK) >= contrast(back, Color32::WHITE) {
        Color32::BLACK
    } else {
        Color32::WHITE
    }
}

/// The contrast of two opaque colours in 1..=21 (WCAG 2.2).
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |colour: Color32| {
        let linear = egui::Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Applies the style of the program to both themes.
pub fn apply(context: &egui::Context) {
    for theme in [Theme::Light, Theme::Dark] {
        context.style_mut_of(theme, |style| restyle(style, theme));
    }
    // Ctrl and plus zoom the picture, not the window.
    context.options_mut(|options| options.zoom_with_keyboard = false);
}

fn restyle(style: &mut Style, theme: Theme) {
    let palette = match theme {
        Theme::Dark => DARK,
        Theme::Light => LIGHT,
    };
    style.spacing.item_spacing = egui::vec2(6.0, 5.0);
    style.spacing.button_padding = egui::vec2(7.0, 3.0);
    style.spacing.interact_size.y = 22.0;
    style.spacing.scroll = egui::style::ScrollStyle::thin();
    let visuals = &mut style.visuals;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.hyperlink_color = palette.accent;
    visuals.error_fg_color = palette.bad;
    visuals.warn_fg_color = palette.waiting;
    visuals.weak_text_color = Some(palette.quiet);
    visuals.selection.bg_fill = palette.accent.gamma_multiply(match theme {
        Theme::Dark => 0.45,
        Theme::Light => 0.25,
    });
    visuals.selection.stroke = Stroke::new(
        1.0,
        match theme {
            Theme::Dark => Color32::WHITE,
            Theme::Light => Color32::from_rgb(0x06, 0x2c, 0x5a),
        },
    );
    let text = match theme {
        Theme::Dark => Color32::from_rgb(0xe2, 0xe4, 0xe8),
        Theme::Light => Color32::from_rgb(0x20, 0x23, 0x28),
    };
    visuals.slider_trailing_fill = true;
    // What can be changed stands out from the panel: boxes to tick, rails, and edges of fields.
    let [fill, edge] = match theme {
        Theme::Dark => [
            Color32::from_rgb(0x50, 0x55, 0x5f),
            Color32::from_rgb(0x3b, 0x3f, 0x48),
        ],
        Theme::Light => [
            Color32::from_rgb(0xbd, 0xc3, 0xcd),
            Color32::from_rgb(0xcb, 0xd0, 0xd9),
        ],
    };
    visuals.widgets.inactive.bg_fill = fill;
    visuals.widgets.inactive.bg_stroke = Stroke::new(1.0, edge);
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(4);
        widget.fg_stroke.color = text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Category;

    #[test]
    fn text_has_enough_contrast_in_both_themes() {
        for (palette, theme) in [(DARK, Theme::Dark), (LIGHT, Theme::Light)] {
            let mut style = Style {
                visuals: theme.default_visuals(),
                ..Style::default()
            };
            restyle(&mut style, theme);
            let visuals = &style.visuals;
            let on_panel = [
                palette.accent,
                palette.good,
                palette.waiting,
                palette.bad,
                palette.drawn,
                palette.quiet,
                visuals.text_color(),
                visuals.weak_text_color(),
            ];
            for text in on_panel {
                let found = contrast(text, palette.panel);
                assert!(found >= MIN_CONTRAST, "{theme:?} {text:?} {found}");
            }
            assert!(contrast(palette.on_accent, palette.accent) >= MIN_CONTRAST);
            for widget in [
                &visuals.widgets.inactive,
                &visuals.widgets.hovered,
                &visuals.widgets.active,
            ] {
                let found = contrast(widget.fg_stroke.color, widget.weak_bg_fill);
                assert!(found >= MIN_CONTRAST, "{theme:?} {found}");
            }
            // The selection lies over the panel.
            let selected = palette.panel.blend(visuals.selection.bg_fill);
            assert!(contrast(visuals.selection.stroke.color, selected) >= MIN_CONTRAST);
        }
    }

    /// `OKLab` of an sRGB colour (Björn Ottosson, 2020).
    fn oklab(colour: Color32) -> [f32; 3] {
        let [r, g, b, _] = egui::Rgba::from(colour).to_array();
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    #[test]
    fn twelve_classes_have_colours_that_differ_and_stand_out_in_both_themes() {
        let colours = Category::PALETTE.map(colour);
        assert!(colours.len() >= 12);
        for (at, one) in colours.iter().enumerate() {
            for back in [DARK.panel, DARK.canvas, LIGHT.panel] {
                let found = contrast(*one, back);
                assert!(found >= 2.0, "{one:?} on {back:?}: {found}");
            }
            // A line on the canvas has a darker one beneath it.
            assert!(contrast(*one, LIGHT.canvas) >= 1.5, "{one:?}");
            for other in &colours[..at] {
                let (a, b) = (oklab(*one), oklab(*other));
                let distance = (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>();
                assert!(distance.sqrt() >= 0.16, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn badges_have_enough_contrast_on_every_class_colour() {
        for class in Category::PALETTE {
            let back = colour(class);
            assert!(contrast(text_on(back), back) >= MIN_CONTRAST, "{back:?}");
        }
    }
}
