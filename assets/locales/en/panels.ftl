### The panels around the canvas, and the canvas itself.

panel-proposals = Proposals
panel-learning = Learning
panel-boxes = Boxes
panel-classes = Classes

## List of pictures

list-name = { $selected ->
    [0] Pictures, { $count } listed
   *[other] Pictures, { $count } listed, { $selected } selected
}
list-progress = { $total ->
    [one] { $done } of 1 picture is done
   *[other] { $done } of { $total } pictures are done
}
list-done = { $done } / { $total } done
list-to-review = { $count } to review
list-listed = { $count } listed
list-selected = { $count } selected
list-clear-selection = Clear the selection
    .tooltip = Clear the selection (Esc)
list-search = Search names
    .hint = 🔍 Search names
list-order = Order
list-reverse-order = Reverse order
list-more-filters = More filters
list-show-all = Show all
list-no-matches = No matches
list-all-taken-out = All pictures are taken out of the project.
list-show-taken-out = Show them
list-listed-taken-out = { $count } taken out
list-taken-out = { $count ->
    [one] ; 1 is taken out of the project
   *[other] ; { $count } are taken out of the project
}
list-scanning = Scanning the folder…
list-empty-folder = This folder contains no readable pictures. Supported formats: JPEG, PNG, WebP, BMP, TIFF, GIF.
list-open-another = Open another folder…

filter-state = State
filter-any-state = Any state
filter-to-review = To review
filter-new = New
filter-proposed = Proposed
filter-in-review = In review
filter-done = Done
filter-verified-empty = Verified empty
filter-taken-out = Taken out
filter-class = Class
filter-any-class = Any class
filter-with-proposals = With proposals to review
filter-bad-files = Missing or unreadable files
filter-by-score = Boxes with a score
filter-score-from = From
filter-score-to = To
filter-summary-bad = Missing or unreadable
filter-summary-proposals = With proposals
filter-summary-score = By score
filter-summary-other = Filtered

sort-name = Name
sort-uncertainty = Least certain first
sort-certainty = Most certain first
sort-score = Score
sort-boxes = Number of boxes
sort-class = Class

picture-row = { $path }, { $state }
picture-row-tagged = { $path }, { $state }, tagged { $tags }
picture-unreadable = unreadable
picture-cannot-be-read = The file cannot be read
model-failed-here = The model has failed here: { $reason }
picture-size = { $width } × { $height } pixels
picture-tagged = Tagged { $tags }
picture-taken-out = taken out
    .tooltip = Taken out of the project. Its boxes are kept; “Bring back” in the menu Pictures makes it part of the project again.
picture-missing = The file is missing. Its boxes are kept.
picture-empty = empty
picture-no-boxes = no boxes
picture-proposed = { $count } proposed
picture-boxes-and-proposed = { $boxes ->
    [one] 1 box
   *[other] { $boxes } boxes
} + { $proposed } proposed

## Boxes of the picture

boxes-name = { $count ->
    [one] Boxes, 1 box
   *[other] Boxes, { $count } boxes
}
attributes-of = { $count ->
    [one] Attributes
   *[other] Attributes of { $count } boxes
}
attributes-mixed = several values
attributes-set-number = Set
attributes-remove-value = Remove the value
box-order = Order of boxes
    .tooltip = The order of this list, and of Tab and Enter
box-order-review = To review first
box-order-reading = Reading order
box-order-size = Largest first
box-order-score = Highest score first
boxes-empty = None yet. Draw a box, or let the model propose some.
boxes-empty-read-only = None.
# A name that a model suggests for a box and that is not a class of the project yet.
box-suggestion = { $name }?
# The same on the badge of a proposal, which has a question mark anyway.
badge-suggestion = “{ $name }”
boxes-row = { $class }, { $state }, row of box { $id }

## Classes

classes-name = { $count ->
    [one] Classes, 1 listed
   *[other] Classes, { $count } listed
}
classes-empty = None yet. Add one, or accept a proposal to get its class.
classes-no-match = No class has this in its name.
classes-new = New class
    .hint = Find or add a class
classes-add = Add
classes-rename = New name of the class
classes-press-key = press a key…
classes-key = Shortcut of { $class }: click, then press a key
classes-hide = Hide boxes of { $class }; Shift-click to show only these
classes-show = Show boxes of { $class }
classes-counts = { $boxes } + { $proposed }
    .tooltip = Reviewed boxes + proposals
classes-choose = Class of selected and new boxes
classes-menu = More actions for { $class }
classes-show-only = Show only this class
classes-show-all = Show all
classes-stick = Keep for new boxes
    .tooltip = New boxes get this class, whatever class you give to others, and so do proposals whose name is no class
classes-unstick = Do not keep for new boxes
classes-selected = { $count } selected
classes-delete-selected = Delete…
classes-deselect = Select none
classes-merge-question = There is a class “{ $into }” already. Merge { $boxes ->
    [0] “{ $from }”, which has no boxes,
    [one] the 1 box of “{ $from }”
   *[other] the { $boxes } boxes of “{ $from }”
} into it?
classes-merge-button = Merge
classes-merge-cancel = Cancel
classes-menu-rename = Rename
classes-move-up = Move up
classes-move-down = Move down
classes-remove-key = Remove shortcut
classes-merge = Merge into
classes-merge-into = Merge into { $class }
classes-delete = Delete…
    .tooltip = Deletes the class with its boxes. Asks first if it has any. Ctrl+click or Shift+click names to delete several.
classes-colour = Colour of { $class }

## What is labelled

labels = Label
labels-name = What is labelled: { $labels }
labels-any = any class
    .tooltip = A name that the model suggests becomes a class when you accept the box
labels-one = only { $class }
labels-listed = these classes only
labels-menu-one = One class…
labels-menu-listed = Several classes…
labels-menu-any = Decide as I go
labels-question = What are you labelling?
labels-close = Close the question
    .tooltip = You can choose later, under Classes
labels-set = OK
labels-one-label = One class:
labels-one-name = Name of the class
    .hint = Name
labels-one-effect = Every box gets it.
labels-several-label = Classes:
labels-several-names = Names of the classes
    .hint = Names, with commas or one per line
labels-import = Import…
    .tooltip = Read names from a text file, one on each line

## The class of new boxes

new-boxes = New boxes: { $class }
    .tooltip = New boxes are { $class }. Click to keep it, whatever class you give to others (Shift+C).
    .sticky = New boxes stay { $class }. Click to let them follow the class used last (Shift+C).

## Proposals

model-loading = Loading the model…
model-ready = { $classes ->
    [0] { $name }, any object, on { $device }
    [one] { $name }, 1 class, on { $device }
   *[other] { $name }, { $classes } classes, on { $device }
}
try-again = Try again
model-use-embedded = Use the embedded model
quality = Quality
quality-fast = Fast
    .tooltip = Boxes without class names
quality-balanced = Balanced
    .tooltip = Boxes with class names and better positions
quality-best = Best
    .tooltip = A second, magnified pass for small objects and better edges
ts-cam-only = TS-CAM only
    .tooltip = Boxes from image labels alone: no detector, which was trained with boxes
    .disabled = The quality fast uses no detector
method = Method
    .disabled = Needs a model with a class head
method-affinity = Affinity
    .tooltip = Extends the map along similar parts of the picture, to cover whole objects
method-ts-cam = TS-CAM
    .tooltip = As in the paper: attention times class map
method-cam = CAM
    .tooltip = The class map alone, the baseline of the paper
method-attention = Attention
    .tooltip = Where the model looks, regardless of class
threshold = Threshold
    .tooltip = Higher values make boxes smaller
min-size = Min. size
    .tooltip = The smallest region, as a share of the picture
min-score = Min. score
    .tooltip = Boxes with lower scores are left out
proposals-learned = Learned boxes are in use. They need no threshold.
proposals-updating = { $count ->
    [one] Updating 1 other picture…
   *[other] Updating { $count } other pictures…
}
proposals-outdated = { $count ->
    [one] 1 picture has proposals of the former model or quality.
   *[other] { $count } pictures have proposals of the former model or quality.
}
proposals-propose-again = Propose again
heat-map = Heat map
heat-map-keys = Heat map ({ $keys })
heat-map-opacity = Opacity
heat-map-class = Class of the heat map
heat-map-class-short = Shown class
heat-map-top-class = highest-scoring
heat-map-legend = Boxes enclose what is to the right of the mark
heat-map-low = low
heat-map-high = high

## Learning

learning-waits-for-model = Waiting for the model.
learning-now = Learn now
learning-automatic = after every picture
    .tooltip = Learn in the background whenever a picture is done
learning-classes = Learn classes from tags
learning-training = { $pictures ->
    [one] Reading 1 tagged picture…
   *[other] Reading { $pictures } tagged pictures…
}
learning-cancel = Cancel
learning-reviewed = { $count } reviewed
    .tooltip = Pictures that are done. Boxes are learned from these.
    .tooltip-unprocessed = { $count ->
        [one] Pictures that are done. Boxes are learned from these. The model has not processed 1 of them; “Learn now” processes it.
       *[other] Pictures that are done. Boxes are learned from these. The model has not processed { $count } of them; “Learn now” processes the next ones.
    }
learning-tagged = { $count } tagged
    .tooltip = Pictures with a tag
learned-from = { $count ->
    [one] learned from 1 picture
   *[other] learned from { $count } pictures
}
learned-from-more = { $count ->
    [one] learned from 1 picture
   *[other] learned from { $count } pictures
}, { $now ->
    [0] none of which is reviewed now
   *[other] { $now } of which are reviewed now
}
learning-in-use = Learned boxes are in use, { $learned }: they were better on pictures held out
learning-in-use-after-worse = Learned boxes of state { $id } are in use, { $learned }: what was learned since is not better
learning-state-in-use = Learned boxes of state { $id } are in use, { $learned }, as you chose
learning-without-model = The model cannot be used, so nothing is proposed
learning-figures-from = Figures from { $needed } held-out objects on, { $objects } so far
learning-not-used = Without learning, as you chose
learning-other-model = The state that you chose belongs to another model or quality. Proposals are made without learning.
learning-nothing-yet = Nothing learned yet: it takes about 8 finished pictures to learn and to tell whether it helps, { $done } so far
learning-too-early = Proposals without learning are in use, because it is too early to tell whether what was learned helps: mark more pictures as done
learning-not-better = Proposals without learning are still better on your pictures, so they stay in use
learning-before = without
learning-after = learned
learning-right = correct boxes
    .tooltip = Objects whose proposed box needs no correction (IoU 0.75)
learning-effort = work saved
    .tooltip = Work that the proposals save; 100 % would be all that drawing every box by hand costs
learning-measured = on { $pictures ->
    [one] 1 picture held out
   *[other] { $pictures } pictures held out
}, { $objects ->
    [one] 1 object
   *[other] { $objects } objects
}
    .tooltip = Each reviewed picture is measured with boxes learned from other pictures. At least { $needed } pictures are needed.
snap = Snap boxes
    .tooltip = Fit each box to its object as soon as it is drawn; “Fit to object” goes back to the box as drawn
snap-automatic = If it helps
snap-on = Always
snap-off = Never
snap-too-few = Not yet: { $needed } reviewed boxes are needed to tell whether it helps, { $count } so far
snap-on-unknown = On, as you chose
snap-off-unknown = Off, as you chose
snap-helps = On
snap-harms = Off, because it harms
snap-no-difference = Off, because it does not clearly help
snap-on-although = On, as you chose
snap-off-although = Off, as you chose
snap-measured = { $state }: of { $boxes } reviewed boxes drawn roughly, { $before } are right as drawn, { $after } after fitting
learning-running = Learning…
learning-processing = { $count ->
    [one] Processing 1 picture first…
   *[other] Processing { $count } pictures first…
}
learning-states = Learned states ({ $count })
learning-choose-best = Automatic
    .tooltip = Use the newest state that was better than proposing without learning
learning-choose-none = Without learning
    .tooltip = Never use learned boxes
learning-state = { $pictures ->
    [one] { $id }:  1 picture
   *[other] { $id }:  { $pictures } pictures
}
learning-state-right = { $pictures ->
    [one] { $id }:  1 picture, { $right } correct
   *[other] { $id }:  { $pictures } pictures, { $right } correct
}
learning-state-origin = { $time }, { $model }
learning-state-used = in use
learning-state-use = Use this state
    .name = Use state { $id }
    .tooltip = Use this state for proposals, even if newer states are learned
    .disabled = Learned with another model or quality
time-just-now = just now
time-minutes-ago = { $count } min ago
time-hours-ago = { $count } h ago
time-yesterday = yesterday
time-days-ago = { $count } days ago
time-months-ago = { $count } months ago

## Status line

status-position = { $position } of { $total }
status-tags = 🏷 { $tags }
status-problems = { $count ->
    [one] ⚠ 1 problem
   *[other] ⚠ { $count } problems
}
    .tooltip = What went wrong and how to fix it
status-size = { $width } × { $height }
status-read-only = read-only
status-scanning = Scanning the folder…
status-processing = The model is processing this picture…
status-preparing-fit = Preparing this picture for fitting…
status-pointing = Point at an object and click. Wheel: larger or smaller. Shift-click: leave a part out. Esc: done.
status-drawing = Drag or click two corners to draw a box, or press Enter. Esc cancels.

## Proposing for many pictures

job-proposing = Proposing: { $done } / { $total }
job-paused = Paused: { $done } / { $total }
job-failed = { $count } failed
job-progress = { $total ->
    [one] Proposing, { $done } of 1 picture
   *[other] Proposing, { $done } of { $total } pictures
}
job-rate = { $rate } pictures/s
job-time-left = { $time } left
duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
duration-hours = { $hours } h { $minutes } min

## Dashboard

dashboard = Dashboard
dashboard-pictures = Pictures
dashboard-close = Close the dashboard
    .tooltip = Back to the pictures (Esc)
dashboard-done = { $done } of { $total } done
dashboard-empty = { $count } verified empty
dashboard-not-done = { $in_review } in review, { $proposed } proposed, { $new } new
dashboard-kept = Proposals kept
dashboard-rates = { $accepted } accepted, { $edited } edited, { $rejected } rejected
# Shares of a few boxes say nothing.
dashboard-too-few = from { $needed } reviewed proposals on; { $count } so far
dashboard-reviewed = { $count ->
    [one] of 1 reviewed proposal
   *[other] of { $count } reviewed proposals
}
dashboard-iou = Fit of kept proposals
dashboard-iou-mean = mean IoU with the final boxes
dashboard-drawn = { $count ->
    [one] 1 box was drawn by hand
   *[other] { $count } boxes were drawn by hand
}
dashboard-time = Time per picture
dashboard-seconds = { $seconds } s
dashboard-time-without = without proposals: { $time }
dashboard-time-pictures = over { $with } and { $without } pictures
plot-review-states = Pictures by state
plot-classes = Boxes by class
plot-class = { $boxes } + { $proposed } proposed
plot-no-classes = None yet: draw a box, or accept a proposal.
plot-more-classes = { $count ->
    [one] and 1 more class
   *[other] and { $count } more classes
}
plot-iou = How well kept proposals fit
plot-axis-iou = IoU of proposal and final box
plot-axis-proposals = kept proposals
plot-axis-score = score of the model (grey line: share = score)
plot-axis-kept = share kept
plot-kept-by-score = Share of proposals kept, by score
plot-kept = kept
plot-ideal = share = score

## Canvas

canvas-opening = Opening the picture…
canvas-name = { $boxes ->
    [one] Canvas: { $picture }, 1 box
   *[other] Canvas: { $picture }, { $boxes } boxes
}
canvas-no-picture = no picture
canvas-offer-name = Offered box { $number } of { $count }
canvas-offer = { $count ->
    [one] { $width } × { $height }
   *[other] { $width } × { $height }  ·  { $number } of { $count }
}
canvas-box = Box { $id }: { $class }, { $state }
canvas-box-scored = Box { $id }: { $class }, { $state }, { $percent } percent

## Two sets of boxes side by side

compare-yours = Yours
compare-without-learning-name = without learning
compare-end = Stop comparing
    .tooltip = Stop comparing (Esc)
compare-reading = Reading { $name }…
compare-not-made = The boxes of this picture are still being made…
compare-not-covered = { $name } says nothing about this picture.
compare-agree = { $same } of { $total } { $total ->
    [one] box agrees
   *[other] boxes agree
} (IoU { $iou })
compare-only-mine = { $count } only in yours
compare-only-other = { $count } only in { $name }
compare-other-class = { $count } of another class
compare-chosen = { $number } of { $count }: { $what }
compare-chosen-mine = { $class }, only in yours
compare-chosen-other = { $class }, only in { $name }
compare-chosen-class = yours is { $here }, theirs { $there }
compare-take = Take over
compare-next-picture = Next picture
compare-click = Click to take it over
compare-badge-only = only here: { $name }
compare-badge-class = { $here } ≠ { $there }
compare-box-same = Compared box: { $class }, yours has it too
compare-box-only = Compared box: { $class }, only there
compare-box-class = Compared box: { $class }, yours has another class

## What is left on the picture

remaining-boxes = { $count ->
    [one] 1 box to review
   *[other] { $count } boxes to review
}
remaining-none = All reviewed. Draw what is missing, or press { $accept } or { $done } for the next picture.
remaining-empty = No boxes. { $done } marks the picture as verified empty.
