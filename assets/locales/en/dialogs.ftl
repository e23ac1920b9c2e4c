### What opens over the window, and the welcome screen.

dialog-cancel = Cancel
dialog-close = Close
    .tooltip = Close (Esc)
path-not-found = This path does not exist.
browse = Browse…

## Welcome screen

welcome-title = Tsukami
welcome-subtitle = draws the first boxes for you
welcome-opening = Opening { $path }…
welcome-open = Open a folder of pictures…
welcome-sample = Try the sample pictures
welcome-drop = or drop a folder on this window
welcome-recent = Recent
welcome-forget = Remove from this list
recent-menu = Open recent
recent-clear = Clear the list
recent-gone = not found
recent-done = { $done } of { $pictures } done
recent-forget = Remove { $name } from this list

## Command palette and lists that are searched

palette-title = Command palette
palette-hint = Type part of a command
new-class-entry = New class “{ $name }”

## Class of the selected boxes

class-picker-title = Class
class-picker-title-many = Class of { $count } boxes
class-picker-title-new = Class of new boxes
class-picker-recent = recent
class-picker-suggested = New class “{ $name }”, as suggested
class-picker-hint = Type a class

## Tags

tags-title = Tags
tags-selected = { $count ->
    [one] 1 selected picture
   *[other] { $count } selected pictures
}
tags-explanation = What a picture shows, with or without boxes.
tags-keys = Arrows: choose a class    Enter: set or clear it    Esc: close
tags-empty = There are no classes yet. Type a name to create one.
tags-search = Type a class
    .hint = 🔍 Type an existing or new class
tags-row = { $class }, { $state }
tags-none = not tagged
tags-one = tagged
tags-all = all { $count }
tags-some = { $count } of { $total }
tags-checkbox = Tag { $class }

## Class names

class-names-title = Class names
class-names-no-classes = This model finds objects without naming them. Choose a model with class names in the Proposals menu.
class-names-explanation = Map the model's class names to your own classes. Proposals are updated immediately; boxes that you have reviewed stay as they are.
class-names-nothing-seen = The model has not named anything in this project yet. Let it propose boxes first, or search all of its names.
class-names-no-match = The model has no such name.
class-names-keys = Arrows: choose a row    Enter: choose a name    Ctrl+Enter: accept the suggestion    Esc: close
class-names-search = Search class names
    .hint = 🔍 Search all names of the model
class-names-accept = { $count ->
    [0] No suggestions
    [one] Accept the suggestion
   *[other] Accept all { $count } suggestions
}
    .tooltip = Map each listed class to its suggestion (Ctrl+Shift+Enter)
class-names-choose-for-all = One name for all { $count } listed…
    .tooltip = Map all listed classes to one of yours (Shift+Enter)
class-names-column-model = Model's name
class-names-column-boxes = boxes
class-names-column-own = Your class
class-names-column-suggested = Suggestion
class-names-column-reason = reason
class-names-row = { $boxes ->
    [one] { $class }, 1 box, called { $name }
   *[other] { $class }, { $boxes } boxes, called { $name }
}
class-names-unmapped = its own name
class-names-choose = Name of { $class }
    .tooltip = Class of these boxes: click to choose
class-names-suggested = Suggested: { $reason }
class-names-accept-one = Accept { $category } for { $class }
class-names-question-one = What should “{ $class }” be called?
class-names-question-many = What should these { $count } classes be called?
class-names-keep-one = Its own name, “{ $class }”
class-names-keep-many = Their own names
class-names-object = No class: the box is an “object”
class-names-pick-hint = Type one of your classes, or a new one

## Export

export-title = Export
export-format = Format
format-coco = COCO 1.0 (JSON)
    .note = Detectron2, MMDetection, CVAT. Keeps most.
format-yolo = YOLO, Ultralytics (TXT)
    .note = For training YOLO. Boxes and classes only.
format-voc = Pascal VOC 1.1 (XML)
    .note = labelImg, TensorFlow. Whole pixels; no tags, attributes, outlines.
format-labelme = labelme (JSON)
    .note = labelme, X-AnyLabeling. No tags, no outlines.
format-cvat = CVAT for images 1.1 (XML)
    .note = To go on in CVAT. No outlines.
format-label-studio = Label Studio (JSON)
    .note = To go on in Label Studio. No tags, attributes, outlines.
format-via = VGG Image Annotator, VIA 2 (JSON)
    .note = To go on in VIA. No tags, attributes, outlines.
format-open-images = Open Images (CSV)
    .note = Tables of boxes. Pictures without a box are not in them.
format-createml = CreateML (JSON)
    .note = Apple’s Create ML. Boxes and classes only.
format-tags = Image tags (CSV)
    .note = What each picture shows, without boxes.
export-which = Pictures
export-project = { $count ->
    [one] The only picture of the project
   *[other] All { $count } of the project
}
export-listed = { $count ->
    [0] Those in the list: none
    [one] Those in the list: 1 picture
   *[other] Those in the list: { $count }
}
export-selected = The { $count } that are selected
export-none-selected = Those that are selected: none
    .tooltip = Select pictures in the list first, with Ctrl+click or Shift+click.
export-done-only = Only those that are done
    .tooltip = Pictures that are done without a box are verified empty and are exported, too. Otherwise the others come with the boxes that were reviewed so far.
export-files = Files
export-files-leave = Labels only
export-files-copy = With copies of the pictures
export-files-link = With links to the pictures
export-split = Split: training, validation, test
    .note = A picture stays in the same set in every export.
export-train = train
export-validate = validation
export-test = test
export-roboflow = Folder layout of Roboflow
export-provenance = Keep what only Tsukami reads
    .tooltip = Who made each box, its score, proposals and rejected boxes. Importing the file brings all of it back; other programs pass over it.
export-classes = Classes
export-classes-ticked = Classes: { $ticked } of { $all }
export-classes-all = All
export-classes-none = None
export-classes-search = Search classes
export-classes-not-found = No class has this in its name.
export-no-classes = There is no class yet.
export-preview = What is written
export-counting = Counting…
export-pictures = { $count ->
    [one] 1 picture
   *[other] { $count } pictures
}
export-boxes = { $count ->
    [0] no box
    [one] 1 box
   *[other] { $count } boxes
}
export-subsets = { $train } train, { $val } validation, { $test } test
export-line-files = { $count } files, { $size }
export-marker = list of these files
export-more-files = { $count ->
    [one] and 1 more file
   *[other] and { $count } more files
}
export-more = and { $count } more
export-replaces = { $count ->
    [one] 1 file exists and is replaced.
   *[other] { $count } files exist and are replaced.
}
export-removes = { $count ->
    [one] 1 file of an earlier export is removed:
   *[other] { $count } files of an earlier export are removed:
}
export-left-out = Left out
export-left-unfinished = { $count ->
    [one] 1 picture that is not done
   *[other] { $count } pictures that are not done
}
export-left-unlisted = { $count ->
    [one] 1 picture that is not in the list
   *[other] { $count } pictures that are not in the list
}
export-left-unselected = { $count ->
    [one] 1 picture that is not selected
   *[other] { $count } pictures that are not selected
}
export-left-excluded = { $count ->
    [one] 1 picture that is taken out of the project
   *[other] { $count } pictures that are taken out of the project
}
export-left-blank = { $count ->
    [one] 1 picture that is not done and has no box: it would pass for empty
   *[other] { $count } pictures that are not done and have no box: they would pass for empty
}
export-left-untagged = { $count ->
    [one] 1 picture without a tag
   *[other] { $count } pictures without a tag
}
export-left-boxes = { $count ->
    [one] 1 box of a class that is not ticked
   *[other] { $count } boxes of classes that are not ticked
}
export-left-emptied = { $count ->
    [one] 1 picture has no other box, and is written without any
   *[other] { $count } pictures have no other box, and are written without any
}
export-left-proposals = { $count ->
    [one] 1 proposal that nobody has judged
   *[other] { $count } proposals that nobody has judged
}
export-lost = What { $format } cannot hold
export-lost-boxes = { $count ->
    [one] 1 box
   *[other] { $count } boxes
}
export-lost-crowds = { $count ->
    [one] 1 box that marks a crowd
   *[other] { $count } boxes that mark a crowd
}
export-lost-flag = { $count ->
    [one] That 1 box is marked as { $flag }
   *[other] That { $count } boxes are marked as { $flag }
}
export-lost-attributes = { $count ->
    [one] The attributes of 1 box
   *[other] The attributes of { $count } boxes
}
export-lost-outlines = { $count ->
    [one] The outline of 1 box
   *[other] The outlines of { $count } boxes
}
export-lost-tags = { $count ->
    [one] The tags of 1 picture
   *[other] The tags of { $count } pictures
}
export-changed = Written otherwise
export-to-folder = To a new folder
export-to-file = To a file
export-replace = Replace
export-start = Export
export-nothing-done = No picture is done yet. Mark some as done, or export the others, too.
export-nothing-tagged = None of these pictures has a tag.
export-nothing = There is nothing to export.

## Import

import-title = Import
import-explanation = A file or folder of COCO, YOLO, Pascal VOC, labelme, CreateML, CVAT, Label Studio, VIA or Open Images annotations, or a CSV of image tags. The format is detected automatically.
import-files = { $count } files: { $names }
import-file = File…
import-folder = Folder…
import-mode = Boxes that are there already
import-kind = What the file's boxes are
import-add = Keep them, and add the file's boxes
import-replace = Replace them on the pictures that the file lists
import-as-truth = Ground truth
import-as-proposals = Proposals, to be reviewed
import-sizes = Pictures whose size differs from the one in the file
import-sizes-review = Review its boxes as proposals
import-sizes-scale = Scale its boxes if the aspect ratio agrees, otherwise review them
import-sizes-rotate = Rotate its boxes if the orientation of the picture explains it, otherwise review them
import-keep-missing = Keep pictures that are not in the folder, as missing
    .tooltip = Otherwise they are left out, and the report counts them.
import-effect-proposals = No picture is marked as done. An import can be undone in one step.
import-effect = Imported pictures are marked as done, and their remaining proposals are rejected. An import can be undone in one step.
import-start = Import

## Comparison

compare-title = Compare boxes
compare-with-file = With a label file or folder
compare-path = Label file or folder
compare-path-hint = /path/to/labels
compare-formats = COCO, YOLO, Pascal VOC, labelme, CreateML, CVAT, Label Studio, VIA or Open Images; the format is detected.
compare-without-learning = With proposals without what was learned
compare-without-learning-note = What the model would propose by itself, on the pictures that it has processed.
compare-nothing-learned = Proposals use nothing that was learned, so there is nothing to compare.
compare-effect = Nothing in the project changes.
compare-start = Compare

## A path to be typed

open-path-explanation = This system provides no file dialog (it has no desktop portal). Type or paste the path here, or drop a folder on the window.
open-path-hint = /path/to/pictures
open-path = Path
open-path-open = Open
purpose-open-folder = Open a folder of pictures
purpose-open-project = Open a project
purpose-model = Choose a model
purpose-project-copy = Save a copy of the project
purpose-class-list = Import a list of classes
purpose-import-file = Import from a file
purpose-import-folder = Import from a folder
purpose-compare-file = Compare with a file
purpose-compare-folder = Compare with a folder
purpose-crash-report = Save the report
purpose-export-file = Export to a file
purpose-export-folder = Export to a folder
file-type-project = Tsukami projects
file-type-model = Models

## Help

help-title = Keyboard and mouse
help-search = Search
    .hint = 🔍 Search
help-gestures = Mouse, and keys on the canvas

## About

about-title = About
about-version = Version { $version }
about-private = Works offline: pictures and boxes stay on this computer.
about-networks = With DINOv2, EfficientNet-Lite, NanoDet and MobileSAM.
about-licence = Licence: Apache-2.0

## Settings

settings-title = Settings
settings-general = General
settings-canvas = Canvas
settings-keys = Keys
settings-theme = Theme
settings-theme-system = System
settings-theme-light = Light
settings-theme-dark = Dark
settings-size = Size of everything
settings-advance = Go to the next picture when one is done
settings-prepare-fitting = Prepare pictures for fitting in the background
    .tooltip = Takes a second or two of computing for each picture that you look at; without it, the first fit on a picture takes that long
settings-ask-class = Ask for the class of each new box
    .tooltip = Opens the list of classes as soon as a box is drawn; Enter takes the class used last. Not asked with a sticky class, or where only one class is labelled.
settings-propose = New pictures
settings-propose-on-open = propose boxes on opening
settings-propose-on-arrival = when one is shown
settings-propose-never = on request
settings-line-width = Line width
settings-label-size = Size of labels
settings-colour-by = Colour of boxes
settings-colour-by-class = by class
settings-colour-by-state = by review state
settings-wheel = Mouse wheel
settings-wheel-pan = moves the picture
settings-wheel-zoom = zooms
settings-crosshair-colour = Crosshair colour
settings-crosshair-drawing = Crosshair while drawing
settings-crosshair-always = Crosshair at all times
settings-labels = Label on every box
settings-rulers = Rulers along the edges
settings-keep-view = Same zoom and position on the next picture
settings-search = Search keys
    .hint = 🔍 Search commands and keys
settings-no-key = No command matches.
settings-shortcuts = Click keys to change them. Keys that another command has are taken from it.
settings-reset-all = Reset all
settings-press-keys = press keys… (Esc cancels)
settings-keys-of = Shortcut of { $command }
settings-reset = reset
    .name = Reset the shortcut of { $command }

## Problems

problems-title = Problems
problems-empty = No problems.
problems-copy = Copy all
problems-clear = Clear
problems-report = Save a report…
    .tooltip = A text file about errors in the program: their messages and places, the version and the system

## Brightness and contrast

adjustment-title = Brightness and contrast
adjustment-brightness = Brightness
adjustment-contrast = Contrast
adjustment-gamma = Gamma
adjustment-note = Display only: files are not changed.

## Why a class is suggested

suggestion-corrected = { $count ->
    [one] you changed 1 box to it
   *[other] you changed { $count } boxes to it
}
suggestion-same-name = same name
suggestion-word = part of its name
suggestion-in-group = ImageNet: { $group }
suggestion-kinds = { $count ->
    [one] 1 kind of { $group } found
   *[other] { $count } kinds of { $group } found
}

## Deleting a class

delete-classes-title-one = Delete the class { $class }?
delete-classes-title-many = Delete { $count } classes?
delete-classes-usage = { $boxes ->
    [one] 1 box
   *[other] { $boxes } boxes
} and tags on { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
} will be deleted.
delete-classes-unused = No box and no picture has any of them.
delete-classes-boxes = { $boxes ->
    [0] no boxes
    [one] 1 box
   *[other] { $boxes } boxes
}
delete-classes-done = { $count ->
    [one] 1 picture that is done goes back to review.
   *[other] { $count } pictures that are done go back to review.
}
delete-classes-undo = Undo brings everything back. Models may still suggest the names.
delete-classes-delete = Delete
delete-classes-cancel = Cancel

## Several pictures at once

scope-shown = The shown picture (select several in the list)
scope-selected = The { $count } selected pictures
scope-listed = { $count ->
    [one] The picture of the list
   *[other] All { $count } pictures of the list
}

accept-above-title = Accept above a score
accept-above-score = Lowest score
accept-above-none = No proposal has this score.
accept-above-count = { $boxes ->
    [one] 1 proposal
   *[other] { $boxes } proposals
} in { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
}
accept-above-rest = { $count ->
    [0] None is left to be judged.
    [one] 1 below it is left to be judged.
   *[other] { $count } below it are left to be judged.
}
accept-above-not-done = No picture is marked as done. Undo takes it back in one step.
accept-above-accept = { $count ->
    [0] Accept
    [one] Accept 1 box
   *[other] Accept { $count } boxes
}

change-boxes-title = Change boxes of a class
change-boxes-of = Boxes of the class
    .name = Former class
change-boxes-choose = Choose a class
change-boxes-proposals = Proposals, too
    .tooltip = Without it, only boxes that a person has accepted or drawn are changed
change-boxes-into = Give them the class
    .name = New class
change-boxes-delete = Delete them
change-boxes-count = { $boxes ->
    [one] 1 box
   *[other] { $boxes } boxes
} in { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
}
change-boxes-undo = Undo takes it back in one step.
change-boxes-done = { $count ->
    [one] 1 of the pictures is done; it returns to review. Undo takes it back in one step.
   *[other] { $count } of the pictures are done; they return to review. Undo takes it back in one step.
}
change-boxes-now = { $count ->
    [0] Change
    [one] Change 1 box
   *[other] Change { $count } boxes
}
change-boxes-delete-now = { $count ->
    [0] Delete
    [one] Delete 1 box
   *[other] Delete { $count } boxes
}

propose-next-title = Propose boxes for the next pictures
propose-next-count = Number of pictures
propose-next-new = { $count ->
    [0] No picture from here to the end of the list is new.
    [one] 1 picture from here to the end of the list is new.
   *[other] { $count } pictures from here to the end of the list are new.
}
propose-next-start = { $count ->
    [0] Propose
    [one] Propose for 1 picture
   *[other] Propose for { $count } pictures
}

## Undecided proposals

undecided-title = Undecided proposals
undecided-count = { $count ->
    [one] 1 proposal on this picture is undecided.
   *[other] { $count } proposals on this picture are undecided.
}
undecided-question = When you mark a picture as done, what happens to the proposals that you have not judged?
undecided-reject = Reject them, and the picture is done
undecided-leave = Keep them: the picture stays in review, and the next one is shown
undecided-note = This project remembers your choice. To change it, choose Undecided proposals… in the Pictures menu.

## Going to a picture

go-to-title = Go to picture
go-to-hint = Number from 1 to { $total }, or a part of the name

## Propagating boxes

propagate-title = Propagate boxes
propagate-number = Pictures
propagate-available = { $count ->
    [one] of 1 that follows and is not done
   *[other] of { $count } that follow and are not done
}
propagate-boxes = { $count ->
    [one] Copies the selected box to the same position.
   *[other] Copies the { $count } selected boxes to the same position.
}
propagate-note = Boxes that are there already are not copied again. One undo removes all copies.
propagate-copy = Copy

## Attributes of boxes

attributes-title = Attributes
attributes-explanation = What else is noted for each box. The values are set beside the list of boxes, and exports to COCO, CVAT and labelme contain them.
attributes-name = Name
attributes-kind = Kind
attributes-text = text
attributes-number = number
attributes-choice = choice
attributes-choices = Choices
    .hint = red, green, blue
attributes-add = Add an attribute
attributes-define = Add “{ $name }”, which boxes have
attributes-remove = Remove the attribute; the values of boxes stay
attributes-bad-name = { $name } means something else in files. Choose another name.
attributes-save = Save

## Tour

tour-step = { $number } of { $total }
tour-next = Next
tour-skip = Skip the tour
tour-end = Done
tour-waits = The tour begins as soon as there are pictures
tour-pictures = Your pictures
    .text = All pictures of the folder are listed here. The mark beside each one tells whether it has proposals, is in review or is done. Click one to see it.
tour-proposal = A proposal
    .text = The model draws the first boxes. Dashed lines mean that nobody has judged a box yet, and the number on it tells how sure the model is.
tour-judge = Accept or reject
    .text = Try it: { $accept } accepts the selected box, { $reject } rejects it, and the next one is selected. When none is left, { $accept } marks the picture as done.
tour-draw = Draw what is missing
    .text = Drag over an object to draw a box. With { $draw } you can also draw where a box is selected. To correct a box, select it and drag its edges.
tour-export = Export your boxes
    .text = Export ({ $export }) writes the pictures that are done as COCO, YOLO, Pascal VOC or another format. Everything is saved while you work. To see this tour again, choose Tour in the Help menu.
