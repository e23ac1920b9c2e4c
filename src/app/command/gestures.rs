//! What the mouse does, and the keys that no command has, for the help sheet.

/// What the mouse does, and the keys that are no commands: for the help sheet.
pub const GESTURES: [(&str, &str); 19] = [
    (
        "1 … 9",
        "set the class with this key on the selected boxes, or on the next box",
    ),
    (
        "Arrows",
        "move the selected boxes by a pixel; with Shift by ten",
    ),
    (
        "Ctrl + arrows",
        "move the right and lower edges; with Shift the left and upper ones",
    ),
    (
        "W, then Enter",
        "draw a box in the middle, for the arrows to move",
    ),
    ("Esc", "give up what is being drawn, or select nothing"),
    (
        "Click",
        "select the smallest box under the pointer; again: the one beneath",
    ),
    ("Ctrl + click", "add a box to the selection, or take it out"),
    ("Drag from nothing", "select the boxes in a frame"),
    (
        "Drag a box or handle",
        "move or resize it; a proposal becomes an edited box",
    ),
    ("Double click on a box", "change its class"),
    ("Right click on a box", "more to do with it"),
    ("Ctrl + wheel", "zoom at the pointer"),
    ("Wheel, Shift + wheel", "scroll up and down, sideways"),
    ("Middle drag, Space + drag", "move the picture"),
    (
        "Ctrl + click, Shift + click in the list",
        "select several pictures; Shift + arrows too",
    ),
    ("Drop a folder", "open it"),
    ("Shift while resizing", "keep the shape"),
    ("Space", "done, go on (while the canvas has the focus)"),
    ("F6", "move between list, canvas and panels"),
];
