//! Goes to a picture by its number in the list or a part of its name.

use egui::Context;

use super::modal::modal;
use super::search_list::{Choice, ListTexts, SearchList};
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::PictureId;

const WIDTH: f32 = 480.0;

/// The dialog.
pub struct GoToDialog {
    list: SearchList,
    /// The pictures of the list, and their names.
    pictures: Vec<PictureId>,
    names: Vec<String>,
}

impl GoToDialog {
    /// A dialog for the pictures that the list has now.
    pub fn new(session: &Session) -> Self {
        let pictures = session.rows().to_vec();
        let name_of = |id: &PictureId| {
            let picture = session.document().picture(*id);
            picture.map_or_else(String::new, |picture| picture.path.to_string())
        };
        Self {
            list: SearchList::default(),
            names: pictures.iter().map(name_of).collect(),
            pictures,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let title = tr!("go-to-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            let (names, pictures) = (&self.names, &self.pictures);
            let hint = tr!("go-to-hint", total = names.len());
            let texts = ListTexts {
                hint: &hint,
                new: &|_| None,
                note: &|row| (row + 1).to_string(),
            };
            let found = |text: &str| found(text, names);
            let chosen = self.list.ui_found(ui, names, &found, &texts);
            if let Some(Choice::Name(row)) = chosen {
                actions.push(Action::CloseDialog);
                actions.push(Action::Show(pictures[row]));
            }
        });
    }
}

/// The rows of the list that a text means: the one with this number, then those with the text in their
/// name.
fn found(text: &str, names: &[String]) -> Vec<usize> {
    let number = text.parse::<usize>().ok();
    let by_number = number.and_then(|number| number.checked_sub(1));
    let by_number = by_number.filter(|row| *row < names.len());
    let text = text.to_lowercase();
    let by_name = names.iter().enumerate().filter_map(|(row, name)| {
        let is_other = Some(row) != by_number;
        (is_other && name.to_lowercase().contains(&text)).then_some(row)
    });
    by_number.into_iter().chain(by_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_before_names_that_contain_it() {
        let names = ["a/2.jpg", "B.jpg", "b2.jpg"].map(String::from);
        assert_eq!(found("2", &names), [1, 0, 2]);
        assert_eq!(found("b", &names), [1, 2]);
        assert_eq!(found("9", &names), [0; 0]);
        assert_eq!(found("", &names), [0, 1, 2]);
    }
}
