//! What a person is told: toasts that pass, and problems that stay in a panel until they are
//! dealt with.

use std::collections::VecDeque;

/// Seconds that a toast stays.
const TOAST_SECONDS: f64 = 5.0;
/// Toasts that are shown at once.
const MOST_TOASTS: usize = 4;
/// Problems that are kept.
const MOST_PROBLEMS: usize = 1000;

/// A sentence that passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether something went wrong.
    pub is_problem: bool,
    /// When it goes, in the toolkit's seconds; not set before it was first shown.
    until: Option<f64>,
    /// Takes the place of another one about the same thing.
    topic: &'static str,
}

/// What a person is told.
#[derive(Default)]
pub struct Notices {
    toasts: VecDeque<Toast>,
    problems: VecDeque<String>,
    /// Problems that nobody has looked at.
    unseen: usize,
}

impl Notices {
    /// Says something in passing.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false, "");
    }

    /// Says something in passing, in the place of what was said about the same thing.
    pub fn say_about(&mut self, topic: &'static str, text: impl Into<String>) {
        self.toast(text.into(), false, topic);
    }

    /// Says that something went wrong, and keeps it, unless that was said before.
    pub fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.keep(text.clone()) {
            self.toast(text, true, "");
        }
    }

    /// Keeps problems, of which only the number is said.
    pub fn problems(&mut self, texts: Vec<String>) {
        let mut new: Vec<String> = Vec::new();
        for text in texts {
            if self.keep(text.clone()) {
                new.push(text);
            }
        }
        match &new[..] {
            [] => {}
            [only] => self.toast(only.clone(), true, ""),
            _ => self.toast(
                format!("{} problems: see Help, Problems", new.len()),
                true,
                "",
            ),
        }
    }

    /// Keeps something that is good to know among the problems, without a word.
    pub fn note(&mut self, text: String) {
        if self.keep(text) {
            self.unseen -= 1;
        }
    }

    /// Keeps a problem; whether it is a new one.
    fn keep(&mut self, text: String) -> bool {
        if self.problems.contains(&text) {
            return false;
        }
        self.problems.push_back(text);
        self.unseen += 1;
        if self.problems.len() > MOST_PROBLEMS {
            self.problems.pop_front();
        }
        true
    }

    fn toast(&mut self, text: String, is_problem: bool, topic: &'static str) {
        let is_replaced =
            |toast: &Toast| toast.text == text || !topic.is_empty() && toast.topic == topic;
        self.toasts.retain(|toast| !is_replaced(toast));
        self.toasts.push_back(Toast {
            text,
            is_problem,
            until: None,
            topic,
        });
        if self.toasts.len() > MOST_TOASTS {
            self.toasts.pop_front();
        }
    }

    /// The toasts to show at this time, in the toolkit's seconds.
    pub fn toasts(&mut self, now: f64) -> impl Iterator<Item = &Toast> {
        for toast in &mut self.toasts {
            // A sentence takes longer to read than a word.
            let seconds = TOAST_SECONDS + toast.text.len() as f64 / 25.0;
            toast.until.get_or_insert(now + seconds);
        }
        self.toasts
            .retain(|toast| toast.until.is_none_or(|until| now < until));
        self.toasts.iter()
    }

    /// Seconds until the next toast goes.
    pub fn seconds_to_next(&self, now: f64) -> Option<f64> {
        let ends = self.toasts.iter().filter_map(|toast| toast.until);
        ends.map(|until| (until - now).max(0.0))
            .min_by(f64::total_cmp)
    }

    /// Takes a toast away.
    pub fn dismiss(&mut self, text: &str) {
        self.toasts.retain(|toast| toast.text != text);
    }

    /// The problems, the first one first.
    pub fn all_problems(&self) -> impl ExactSizeIterator<Item = &String> {
        self.problems.iter()
    }

    /// How many problems nobody has looked at.
    pub fn unseen(&self) -> usize {
        self.unseen
    }

    /// Takes note that a person looks at the problems.
    pub fn mark_seen(&mut self) {
        self.unseen = 0;
    }

    /// Forgets the problems.
    pub fn clear_problems(&mut self) {
        self.problems.clear();
        self.unseen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(notices: &mut Notices, now: f64) -> Vec<String> {
        notices
            .toasts(now)
            .map(|toast| toast.text.clone())
            .collect()
    }

    #[test]
    fn toasts_pass_and_problems_stay() {
        let mut notices = Notices::default();
        notices.say("saved");
        notices.problem("a.jpg is no picture");
        assert_eq!(texts(&mut notices, 10.0).len(), 2);
        assert_eq!(texts(&mut notices, 14.0).len(), 2);
        assert_eq!(texts(&mut notices, 30.0).len(), 0);
        assert_eq!(notices.all_problems().len(), 1);
        assert_eq!(notices.unseen(), 1);
    }

    #[test]
    fn many_problems_are_one_toast_and_the_same_problem_is_one() {
        let mut notices = Notices::default();
        notices.problems(vec!["a".into(), "b".into(), "c".into()]);
        notices.problem("a");
        assert_eq!(texts(&mut notices, 0.0).len(), 1);
        assert_eq!(notices.all_problems().len(), 3);
        notices.say_about("history", "Undone: draw a box");
        notices.say_about("history", "Redone: draw a box");
        assert_eq!(texts(&mut notices, 0.0).len(), 2);
    }
}
