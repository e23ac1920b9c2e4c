### What the window tells in passing, and problems.

dismiss = Dismiss
# How often a message was shown.
toast-count = ×{ $count }
problems-toast = { $count } problems: see Help, Problems
and-more = { $count ->
    [one] … and 1 more of this kind
   *[other] … and { $count } more of this kind
}
worker-crashed = { $task } stopped because of an error in the program ({ $message }) and starts again when it is needed; Help, Problems saves a report
worker-opener = Opening
worker-decoder = Decoding a picture
worker-thumbnailer = Making a thumbnail
worker-proposer = The model
worker-relocalizer = Updating proposals
worker-learner = Learning
worker-segmenter = Fitting boxes
worker-class-head-trainer = Learning classes
worker-class-list-reader = Reading the list of classes
worker-drop-reader = Looking at dropped files
worker-importer = The import
worker-comparer = The comparison
worker-exporter = The export
worker-export-planner = The preview of the export
worker-file-dialog = The file dialog
worker-closer = Closing a project
worker-writer = Saving the report
crash-report-saved = The report is saved in { $path }
saved = Everything is saved. Changes are saved as you make them.
saving = Saving…
# $reason is a sentence with the remedy.
not-saved-yet = The last changes are not saved yet, and nothing can be changed until they are: { $reason }
saving-again = Try again
save-copy = Save a copy…
copy-saved = A copy with all changes is saved in { $path }
closing-cancel = Keep the project open
close-without-saving = Close without saving the last changes
undone = Undone: { $step }
redone = Redone: { $step }
copied = { $count ->
    [one] Copied 1 box
   *[other] Copied { $count } boxes
}
clipboard = { $count ->
    [one] 1 Tsukami box
   *[other] { $count } Tsukami boxes
}
nothing-to-copy-from-there = There is no other picture to copy from, or all its boxes are here already
rejected-shown = { $count ->
    [0] This picture has no rejected boxes
    [one] 1 rejected box is shown. Select it and accept it to take it back.
   *[other] { $count } rejected boxes are shown. Select one and accept it to take it back.
}
no-picture-visited = No picture to go to
propagated = { $count ->
    [0] Nothing copied: the pictures have these boxes already
    [one] Copied to 1 picture
   *[other] Copied to { $count } pictures
}
box-order-chosen = Boxes: { $order }
boxes-hidden = Boxes are hidden
fit-nothing-found = No object found in this box
fit-unchanged = The box already fits
point-nothing-offered = Nothing is offered here. Point at an object.
all-done = All pictures in this list are done
all-done-export = All pictures in this list are done. Export them from the File menu.
every-picture-done = Every picture is done
nothing-to-accept = This picture has no boxes. Press Space to mark it as verified empty.
nothing-to-reject = No proposals left to reject
bring-back-first = This picture is taken out of the project. Bring it back to get proposals.
taken-out = { $count ->
    [one] 1 picture taken out of the project. Undo brings it back.
   *[other] { $count } pictures taken out of the project. Undo brings them back.
}
brought-back = { $count ->
    [one] 1 picture brought back
   *[other] { $count } pictures brought back
}
nothing-unreadable = No file is known to be missing or unreadable
reopen-first = This picture is done. Reopen it to get new proposals.
hidden-proposals = { $count ->
    [one] 1 proposal of a hidden class is not reviewed. Show all classes before finishing this picture.
   *[other] { $count } proposals of hidden classes are not reviewed. Show all classes before finishing this picture.
}
proposals-without-class = { $count ->
    [one] 1 proposal has a name that is not in your list of classes. Choose its class (/) or reject it (X).
   *[other] { $count } proposals have names that are not in your list of classes. Choose their classes (/) or reject them (X).
}
sticky-class = New boxes are “{ $class }”, and so are proposals whose name is no class yet
no-sticky-class = New boxes get the class that was used last
not-processed-nothing-to-accept = Nothing to accept: the model has not processed this picture yet
not-processed-repeat-to-finish = The model has not processed this picture yet. Repeat to mark it as empty.
not-processed-no-heat-map = The model has not processed this picture yet. Let it propose boxes first.
verified-empty = Verified empty: { $picture }
proposing-stopped = { $count ->
    [one] Stopped. 1 picture has no new proposals.
   *[other] Stopped. { $count } pictures have no new proposals.
}
proposing-finished = { $pictures ->
    [one] Proposed boxes for 1 picture
   *[other] Proposed boxes for { $pictures } pictures
}
proposing-finished-with-failures = { $pictures ->
    [one] Proposed boxes for 1 picture
   *[other] Proposed boxes for { $pictures } pictures
}; { $failed } could not be read: see Help, Problems
threshold-changed = Threshold { $percent }
min-score-changed = Minimum score { $percent }
threshold-not-used = Learned boxes are in use. They need no threshold.
class-exists = A class “{ $name }” already exists. To combine two classes, choose “Merge into” in the menu of one of them.
class-key-taken = “{ $key }” is the shortcut of another class
key-is-taken = { $key } is the shortcut of “{ $command }”. Choose another one for the class.

## Opening

already-open = This project is already open
project-is-back = { $file } is back where it was: it is opened again and can be edited
path-missing = { $path } does not exist. Check that its drive is connected, or open another folder.
restored-from-backup = The project file of this folder was missing. It was restored from its backup { $backup }
no-data-folder = This system has no user data folder
sample-not-written = Could not write the sample pictures to { $path }: { $error }
settings-not-saved = Could not save the settings: { $error }
no-file-dialog = This system provides no file dialog. Type the path instead.
rescan-summary = Pictures: { $changes }
rescan-new = { $count } new
rescan-missing = { $count } missing
rescan-found-again = { $count } found again
rescan-renamed = { $count } renamed
rescan-changed = { $count } changed
window-title = { $folder } – Tsukami

## Files that are dropped on the window

drop-looking = Looking at these files…
drop-open-folder = Open the folder { $name }
drop-open-project = Open the project { $name }
drop-show = Show { $name }{ $count ->
    [one] { "" }
   *[other] , the first of these { $count } pictures
}
drop-open-and-show = Open the folder { $folder } and show { $name }{ $count ->
    [one] { "" }
   *[other] , the first of these { $count } pictures
}
drop-use-model = Use the model { $name }
drop-import-file = Import { $name } into this project: { $format }
drop-import-files = Import { $count } label files into this project: { $format }
drop-import-folder = Import the label files of the folder { $name } into this project: { $format }
drop-missing = Cannot open { $name }: it does not exist
drop-unknown = Cannot open { $name }: not a picture, a label file or a project
drop-unreadable = Cannot open { $name }: { $kind } pictures cannot be read; convert them to JPEG or PNG
drop-model-first = Cannot use the model { $name }: open a folder of pictures first
drop-labels-first = Cannot import { $names }: open a folder of pictures first
drop-view-only = Cannot import { $names }: this project can only be viewed
drop-labels-missing = Cannot import { $names }: no label file is among them
drop-formats = Cannot import { $formats } at once: drop the files of one format
drop-many-folders = Cannot open { $names } at once: drop one folder
drop-pictures-of-folders = Cannot open pictures of several folders at once: drop those of one folder
drop-mixed = Cannot open { $names } at once: drop pictures, label files, one folder or one project
and-others = { $first } and { $count ->
    [one] 1 other
   *[other] { $count } others
}
and-last = { $before } and { $last }

## Import and export

importing = Importing…
exporting = Exporting…
imported = Imported { $boxes ->
    [one] 1 box
   *[other] { $boxes } boxes
} and { $tags ->
    [one] 1 image tag
   *[other] { $tags } image tags
}; { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
}
imported-taken-out = { $count ->
    [one] 1 of these pictures is taken out of the project and stays so.
   *[other] { $count } of these pictures are taken out of the project and stay so.
}
exported-without = { $count ->
    [one] 1 picture that is taken out of the project was left out.
   *[other] { $count } pictures that are taken out of the project were left out.
}
exported-without-pictures = { $count ->
    [one] 1 picture that was not chosen was left out.
   *[other] { $count } pictures that were not chosen were left out.
}
exported-without-boxes = { $count ->
    [one] 1 box of other classes was left out.
   *[other] { $count } boxes of other classes were left out.
}
exported = Exported { $boxes ->
    [one] 1 box
   *[other] { $boxes } boxes
} on { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
} to { $path }
unknown-format = { $path } is not in a supported format. Choose a file or folder of { $formats }.

## Comparison

# $reason names the file and what is wrong with it.
compare-failed = Nothing is compared: { $reason }. Write the file again with the program that made it, or choose another one.
compare-no-picture = Nothing is compared, because { $path } names no picture of this project. Choose labels of these pictures.
compare-missing = { $name } also names { $count ->
    [one] 1 picture that is
   *[other] { $count } pictures that are
} not in this project. { $count ->
    [one] It is
   *[other] They are
} left out.
compare-no-model = The model is still being loaded. Try again when it is ready.
compare-no-difference = Nothing differs on this picture.
compare-nothing-to-take = Only you have this box, so there is nothing to take over. Delete removes it.
compare-nowhere = Nothing differs on any picture of the list.
compare-only-here = Something differs on this picture alone.
compare-incomplete = Nothing differs so far. Boxes of other pictures are still being made.

## Learning

learned-in-use = Learned. Learned boxes are in use.
learned-worse = Learned again, which is not better: learned boxes of state { $id } stay in use
model-changed = { $proposed ->
    [0] { $reviewed ->
        [one] 1 reviewed picture is
       *[other] { $reviewed } reviewed pictures are
    } processed again to learn from
   *[other] { $proposed ->
        [one] 1 picture has
       *[other] { $proposed } pictures have
    } proposals of the former model or quality: the Proposals panel offers to propose again
}
learned-kept = Learned, and added to the list of learned states
learned-other-model = This state was learned with another model or quality. Choose that first.
learned-unreadable = This learned state can no longer be read. Learn again.
learning-too-few = { $done ->
    [one] Too few examples to learn from: 1 picture is done with boxes, and about 8 are needed
   *[other] Too few examples to learn from: { $done } pictures are done with boxes, and about 8 are needed
}
select-one-box = Select one box that you drew or accepted
similar-found = { $boxes ->
    [0] Nothing similar found
    [one] 1 similar box found
   *[other] { $boxes } similar boxes found
} { $pictures ->
    [0] so far
    [1] in this picture
    [2] in this picture and the next one
   *[other] in this picture and the next { $next }
}
similar-found-processing = { $found }. { $waiting ->
    [one] The model processes 1 picture first…
   *[other] The model processes { $waiting } pictures first…
}
similar-unreadable = The model could not process this picture, so similar objects could not be searched for
tag-first = Tag some pictures first, ideally 20 per class: select them in the list, then choose “Tags…”
classes-embedded-only = Classes can be learned here for the embedded model only. For other models, use “tsukami train --model” on the command line.
classes-learned = Learned { $classes ->
    [one] 1 class
   *[other] { $classes } classes
} from { $pictures ->
    [one] 1 tagged picture
   *[other] { $pictures } tagged pictures
}, { $accuracy }
classes-accuracy = { $accuracy } correct on held-out pictures
classes-one = whose accuracy cannot be told, because there is no other class
classes-no-held-out = too few pictures to hold any out
classes-unreadable = { $text }; { $count ->
    [one] 1 picture could not be read
   *[other] { $count } pictures could not be read
}
classes-not-better = { $text }. This is not better than always choosing the most common class, so nothing changes.
classes-not-learned = Could not learn classes: { $error }
head-not-saved = could not save the class head: { $error }
