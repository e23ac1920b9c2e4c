//! Colours and spacing of the window in the light and the dark theme.

use egui::{Color32, CornerRadius, Stroke, Style, Theme, Visuals};

use super::i18n::tr;
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

    #[test]
    fn badges_have_enough_contrast_on_every_class_colour() {
        for id in 1..=8 {
            let category = crate::document::Category::new(crate::document::CategoryId(id), "x");
            let back = colour(category.colour);
            assert!(contrast(text_on(back), back) >= MIN_CONTRAST, "{back:?}");
        }
    }
}
