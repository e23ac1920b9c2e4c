### Words that several parts of the window share.


percent = { $value } %
pictures = { $count ->
    [one] 1 picture
   *[other] { $count } pictures
}
boxes = { $count ->
    [one] 1 box
   *[other] { $count } boxes
}
close = Close
reset = Reset

## Review states of pictures

review-new = new
review-proposed = proposed
review-in-review = in review
review-done = done
review-verified-empty = verified empty

## States of boxes

box-proposed = proposed
box-accepted = accepted
box-edited = edited
box-drawn = drawn
box-rejected = rejected

## Changes that can be undone. Their ids are `step-` and the label in the project file.

step-draw-a-box = draw a box
step-take-over-a-box = take over a box
step-add-a-class = add a class
step-change-the-class = change the class
step-choose-what-is-labelled = choose what is labelled
step-move-a-box = move a box
step-move-boxes = move boxes
step-resize-boxes = resize boxes
step-grow-boxes = grow boxes
step-shrink-boxes = shrink boxes
step-fit-a-box = fit a box
step-undo-the-fit-of-a-box = undo the fit of a box
step-accept = accept
step-accept-above-a-score = accept above a score
step-change-the-class-of-many-boxes = change the class of many boxes
step-change-an-attribute = change an attribute
step-delete-many-boxes = delete many boxes
step-reject = reject
step-accept-all = accept all
step-done = mark as done
step-not-done = reopen
step-take-out = take out of the project
step-bring-back = bring back
step-tag = tag
step-remove-a-tag = remove a tag
step-delete-a-box = delete a box
step-delete-boxes = delete boxes
step-paste = paste
step-duplicate = duplicate
step-copy-from-the-previous-picture = copy from the previous picture
step-copy-from-the-last-picture = copy from the last edited picture
step-propagate = propagate
step-review = leave in review
step-propose = propose
step-more-like-this = more like this
step-name-classes = map class names
step-rename-a-class = rename a class
step-merge-classes = merge classes
step-recolour-a-class = change the colour of a class
step-change-the-key-of-a-class = change the key of a class
step-reorder-classes = reorder classes
step-delete-a-class = delete a class
step-delete-classes = delete classes
step-crowd = crowd
step-difficult = difficult
step-occluded = occluded
step-truncated = truncated
step-import = import { $path }

## Between two shortcuts of one command

keys-or = or
