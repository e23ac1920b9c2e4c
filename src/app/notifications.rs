//! What a person is told: toasts that pass, and problems that stay in a panel until they are
//! dealt with.

use std::collections::VecDeque;

/// Seconds that a toast stays.
const MIN_TOAST_SECS: f64 = 5.0;
/// Toasts that are shown at once.
const MAX_TOASTS: usize = 4;
/// Problems that are kept.
const MAX_PROBLEMS: usize = 1000;

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
pub struct Notifications {
    toasts: VecDeque<Toast>,
    problems: VecDeque<String>,
    /// Problems that nobody has looked at.
    unread: usize,
}

impl Notifications {
    /// Says something in passing.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false, "");
    }

    /// Says something in passing, in the place of what was said about the same thing.
    pub fn notify_about(&mut self, topic: &'static str, text: impl Into<String>) {
        self.toast(text.into(), false, topic);
    }

    /// Says that something went wrong, and keeps it, unless that was said before.
    pub fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.record_problem(text.clone()) {
            self.toast(text, true, "");
        }
    }

    /// Keeps problems, of which only the number is said.
    pub fn problems(&mut self, texts: Vec<String>) {
        let mut new: Vec<String> = Vec::new();
        for text in texts {
            if self.record_problem(text.clone()) {
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
        if self.record_problem(text) {
            self.unread -= 1;
        }
    }

    /// Keeps a problem; whether it is a new one.
    fn record_problem(&mut self, text: String) -> bool {
        if self.problems.contains(&text) {
            return false;
        }
        self.problems.push_back(text);
        self.unread += 1;
        if self.problems.len() > MAX_PROBLEMS {
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
        if self.toasts.len() > MAX_TOASTS {
            self.toasts.pop_front();
        }
    }

    /// The toasts to show at this time, in the toolkit's seconds.
    pub fn toasts(&mut self, now: f64) -> impl Iterator<Item = &Toast> {
        for toast in &mut self.toasts {
            // A sentence takes longer to read than a word.
            let seconds = MIN_TOAST_SECS + toast.text.len() as f64 / 25.0;
            toast.until.get_or_insert(now + seconds);
        }
        self.toasts
            .retain(|toast| toast.until.is_none_or(|until| now < until));
        self.toasts.iter()
    }

    /// Seconds until the next toast goes.
    pub fn seconds_to_next_expiry(&self, now: f64) -> Option<f64> {
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
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Takes note that a person looks at the problems.
    pub fn mark_read(&mut self) {
        self.unread = 0;
    }

    /// Forgets the problems.
    pub fn clear_problems(&mut self) {
        self.problems.clear();
        self.unread = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(notifications: &mut Notifications, now: f64) -> Vec<String> {
        notifications
            .toasts(now)
            .map(|toast| toast.text.clone())
            .collect()
    }

    #[test]
    fn toasts_pass_and_problems_stay() {
        let mut notifications = Notifications::default();
        notifications.notify("saved");
        notifications.problem("a.jpg is no picture");
        assert_eq!(texts(&mut notifications, 10.0).len(), 2);
        assert_eq!(texts(&mut notifications, 14.0).len(), 2);
        assert_eq!(texts(&mut notifications, 30.0).len(), 0);
        assert_eq!(notifications.all_problems().len(), 1);
        assert_eq!(notifications.unread(), 1);
    }

    #[test]
    fn many_problems_are_one_toast_and_the_same_problem_is_one() {
        let mut notifications = Notifications::default();
        notifications.problems(vec!["a".into(), "b".into(), "c".into()]);
        notifications.problem("a");
        assert_eq!(texts(&mut notifications, 0.0).len(), 1);
        assert_eq!(notifications.all_problems().len(), 3);
        notifications.notify_about("history", "Undone: draw a box");
        notifications.notify_about("history", "Redone: draw a box");
        assert_eq!(texts(&mut notifications, 0.0).len(), 2);
    }
}
