//! How long ago something happened, in words.

use std::time::{SystemTime, UNIX_EPOCH};

use super::i18n::tr;

const DAY_SECS: u64 = 86_400;
/// The number of days from which months are told, and of those in a month.
const MONTHS_FROM_DAYS: u64 = 60;
const MONTH_DAYS: u64 = 30;

/// The time now, in seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// How long ago something happened, from its time in seconds since 1970.
pub fn time_ago(at: u64) -> String {
    words(now().saturating_sub(at))
}

fn words(seconds: u64) -> String {
    match (seconds / DAY_SECS, seconds / 3600, seconds / 60) {
        (0, 0, 0) => tr!("time-just-now").to_owned(),
        (0, 0, minutes) => tr!("time-minutes-ago", count = minutes),
        (0, hours, _) => tr!("time-hours-ago", count = hours),
        (1, ..) => tr!("time-yesterday").to_owned(),
        (days, ..) if days >= MONTHS_FROM_DAYS => {
            tr!("time-months-ago", count = days / MONTH_DAYS)
        }
        (days, ..) => tr!("time-days-ago", count = days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_is_told() {
        for (seconds, expected) in [
            (5, "just now"),
            (120, "2 min ago"),
            (3 * 3600, "3 h ago"),
            (30 * 3600, "yesterday"),
            (3 * DAY_SECS, "3 days ago"),
            (59 * DAY_SECS, "59 days ago"),
            (400 * DAY_SECS, "13 months ago"),
        ] {
            assert_eq!(words(seconds), expected);
        }
    }
}
