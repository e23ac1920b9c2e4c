//! Notifications: toasts, which disappear after some seconds, and problems, which are kept in a
//! list until they are cleared.

use std::collections::VecDeque;

use super::i18n::tr;

/// How long a toast stays at least, in seconds.
const MIN_TOAST_SECS: f64 = 5.0;
/// The maximum number of toasts at a time.
const MAX_TOASTS: usize = 4;
/// The maximum number of problems in the list.
const MAX_PROBLEMS: usize = 1000;

/// A message that disappears.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The message.
    pub text: String,
    /// Whether something went wrong.
    pub is_problem: bool,
    /// How often it was said while it was shown.
    pub count: usize,
    /// When it disappears, in egui's seconds; set when it is first shown.
    until: Option<f64>,
    /// A new toast replaces an older one with the same topic.
    topic: &'static str,
}

/// All notifications.
#[derive(Default)]
pub struct Notifications {
    toasts: VecDeque<Toast>,
    problems: VecDeque<String>,
    /// How many problems have not been read.
    unread: usize,
}

impl Notifications {
    /// Shows a toast.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false, "");
    }

    /// Shows a toast that replaces an older one with the same topic.
    pub fn notify_about(&mut self, topic: &'static str, text: impl Into<String>) {
        self.toast(text.into(), false, topic);
    }

    /// Records a problem and shows it, unless it is already in the list.
    pub fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.record_problem(text.clone()) {
            self.toast(text, true, "");
        }
    }

    /// Records a problem and shows it, also if it is in the list: a person has tried again.
    pub fn problem_again(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.record_problem(text.clone());
        self.toast(text, true, "");
    }

    /// Records problems. If there are several new ones, one toast shows their number.
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
            _ => self.toast(tr!("problems-toast", count = new.len()), true, ""),
        }
    }

    /// Adds something worth knowing to the list of problems, without a toast.
    pub fn note(&mut self, text: String) {
        if self.record_problem(text) {
            self.unread -= 1;
        }
    }

    /// Adds a problem to the list. Returns whether it is new.
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
        let same = self.toasts.iter().find(|toast| toast.text == text);
        let count = same.map_or(1, |toast| toast.count + 1);
        let is_replaced =
            |toast: &Toast| toast.text == text || !topic.is_empty() && toast.topic == topic;
        self.toasts.retain(|toast| !is_replaced(toast));
        self.toasts.push_back(Toast {
            text,
            is_problem,
            count,
            until: None,
            topic,
        });
        if self.toasts.len() > MAX_TOASTS {
            self.toasts.pop_front();
        }
    }

    /// The toasts to show at this time, in egui's seconds.
    pub fn toasts(&mut self, now: f64) -> impl Iterator<Item = &Toast> {
        for toast in &mut self.toasts {
            // Longer messages take longer to read.
            let seconds = MIN_TOAST_SECS + toast.text.len() as f64 / 25.0;
            toast.until.get_or_insert(now + seconds);
        }
        self.toasts
            .retain(|toast| toast.until.is_none_or(|until| now < until));
        self.toasts.iter()
    }

    /// Seconds until the next toast disappears.
    pub fn seconds_to_next_expiry(&self, now: f64) -> Option<f64> {
        let ends = self.toasts.iter().filter_map(|toast| toast.until);
        ends.map(|until| (until - now).max(0.0))
            .min_by(f64::total_cmp)
    }

    /// Removes a toast.
    pub fn dismiss(&mut self, text: &str) {
        self.toasts.retain(|toast| toast.text != text);
    }

    /// All problems, oldest first.
    pub fn all_problems(&self) -> impl ExactSizeIterator<Item = &String> {
        self.problems.iter()
    }

    /// How many problems have not been read.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Forgets the problems of a project that is no longer open, with their toasts.
    pub fn forget_problems(&mut self) {
        self.clear_problems();
        self.toasts.retain(|toast| !toast.is_problem);
    }

    /// Marks all problems as read.
    pub fn mark_read(&mut self) {
        self.unread = 0;
    }

    /// Clears the list of problems.
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
    fn toasts_disappear_and_problems_stay() {
        let mut notifications = Notifications::default();
        notifications.notify("saved");
        notifications.problem("a.jpg is not a picture");
        assert_eq!(texts(&mut notifications, 10.0).len(), 2);
        assert_eq!(texts(&mut notifications, 14.0).len(), 2);
        assert_eq!(texts(&mut notifications, 30.0).len(), 0);
        assert_eq!(notifications.all_problems().len(), 1);
        assert_eq!(notifications.unread(), 1);
    }

    #[test]
    fn several_problems_show_one_toast_and_repeated_ones_are_recorded_once() {
        let mut notifications = Notifications::default();
        notifications.problems(vec!["a".into(), "b".into(), "c".into()]);
        notifications.problem("a");
        assert_eq!(texts(&mut notifications, 0.0).len(), 1);
        assert_eq!(notifications.all_problems().len(), 3);
        notifications.notify_about("history", "Undone: draw a box");
        notifications.notify_about("history", "Redone: draw a box");
        assert_eq!(texts(&mut notifications, 0.0).len(), 2);
    }

    #[test]
    fn a_repeated_message_counts_up() {
        let mut notifications = Notifications::default();
        for _ in 0..3 {
            notifications.notify("saved");
            notifications.notify_about("topic", "one");
        }
        notifications.notify_about("topic", "other");
        let counts: Vec<_> = notifications
            .toasts(0.0)
            .map(|toast| (toast.text.clone(), toast.count))
            .collect();
        assert_eq!(counts, [("saved".to_owned(), 3), ("other".to_owned(), 1)]);
    }
}
