//! Where the window comes back: the monitor that it was on may no longer exist.

/// A rectangle in pixels of the system's desktop, in which monitors may lie at negative coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesktopRect {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// The width.
    pub width: i32,
    /// The height.
    pub height: i32,
}

/// How much of the upper edge of a window must be on a monitor, so that it can be dragged: width and height.
const GRIP: [i32; 2] = [120, 24];

/// The position to which a window is to be moved, because it cannot be reached where it is. None if it can, or
/// if no monitor is known.
pub fn reachable_position(window: DesktopRect, monitors: &[DesktopRect]) -> Option<[i32; 2]> {
    let grip = DesktopRect {
        height: GRIP[1],
        ..window
    };
    let is_reachable = |monitor: &DesktopRect| {
        let [width, height] = overlap(&grip, monitor);
        width >= GRIP[0].min(window.width) && height >= GRIP[1]
    };
    if monitors.iter().any(is_reachable) {
        return None;
    }
    let nearest = monitors
        .iter()
        .min_by_key(|monitor| distance(&window, monitor))?;
    let place = |at: i32, side: i32, low: i32, length: i32| {
        // A window that is larger than the monitor begins where the monitor does.
        at.min(low + length - side).max(low)
    };
    Some([
        place(window.x, window.width, nearest.x, nearest.width),
        place(window.y, window.height, nearest.y, nearest.height),
    ])
}

/// The width and height of what two rectangles share; negative where they do not.
fn overlap(a: &DesktopRect, b: &DesktopRect) -> [i32; 2] {
    let shared = |a: i32, a_side: i32, b: i32, b_side: i32| (a + a_side).min(b + b_side) - a.max(b);
    [
        shared(a.x, a.width, b.x, b.width),
        shared(a.y, a.height, b.y, b.height),
    ]
}

/// The square of the distance between the centres, doubled.
fn distance(a: &DesktopRect, b: &DesktopRect) -> i64 {
    let centre = |at: i32, side: i32| i64::from(2 * at + side);
    let dx = centre(a.x, a.width) - centre(b.x, b.width);
    let dy = centre(a.y, a.height) - centre(b.y, b.height);
    dx * dx + dy * dy
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rect(x: i32, y: i32, width: i32, height: i32) -> DesktopRect {
        DesktopRect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_window_on_a_monitor_that_is_gone_comes_to_one_that_exists() {
        let left = rect(-1920, 0, 1920, 1080);
        let main = rect(0, 0, 2560, 1440);
        let on_left = rect(-1800, 100, 1280, 800);
        assert_eq!(reachable_position(on_left, &[left, main]), None);
        assert_eq!(reachable_position(on_left, &[main]), Some([0, 100]));
        // A part of it is enough if it can be dragged by it.
        assert_eq!(
            reachable_position(rect(2400, 300, 1280, 800), &[main]),
            None
        );
        assert_eq!(
            reachable_position(rect(2500, 300, 1280, 800), &[main]),
            Some([1280, 300])
        );
        // Its title bar is above the monitor.
        assert_eq!(
            reachable_position(rect(300, -700, 1280, 800), &[main]),
            Some([300, 0])
        );
        // It is larger than the monitor.
        let small = rect(0, 0, 1024, 640);
        assert_eq!(
            reachable_position(rect(3000, 900, 1280, 800), &[small]),
            Some([0, 0])
        );
        assert_eq!(reachable_position(on_left, &[]), None);
    }
}
