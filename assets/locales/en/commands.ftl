### Menus, commands and mouse gestures.
### The id of a command is its name in the code: `OpenFolder` is `command-open-folder`.
### Labels are in sentence case and end with an ellipsis where the command asks for more.
### Tooltips have no full stop at the end.

## Menus

menu-file = File
menu-edit = Edit
menu-pictures = Pictures
menu-boxes = Boxes
menu-proposals = Proposals
menu-view = View
menu-help = Help

## File

command-open-folder = Open folder…
    .tooltip = Open a folder of pictures; its project is found or created automatically
command-open-project = Open project…
    .tooltip = Open a project file
command-open-sample = Open the sample pictures
    .tooltip = Open a dozen pictures to try things out
command-rescan-folder = Rescan folder
    .tooltip = Look for pictures that were added, removed or changed
command-save = Save
    .tooltip = Confirm that everything is saved; every change is saved immediately
command-import = Import…
    .tooltip = Read annotations from another tool: COCO, YOLO, Pascal VOC, labelme, CreateML, CVAT, Label Studio, VIA, Open Images or CSV
command-export = Export…
    .tooltip = Write annotations for other tools
command-close-project = Close project
    .tooltip = Return to the welcome screen; everything is saved
command-quit = Quit
    .tooltip = Close the program; everything is saved

## Edit

command-undo = Undo
    .tooltip = Undo the last change and show where it was made
command-redo = Redo
    .tooltip = Make the undone change again
command-copy = Copy
    .tooltip = Copy the selected boxes
command-paste = Paste
    .tooltip = Add the copied boxes to this picture at the same position
command-duplicate = Duplicate
    .tooltip = Add a copy of the selected boxes next to them
command-copy-from-previous = Copy from the picture above
    .tooltip = Add the boxes of the picture above this one in the list
command-copy-from-last = Copy from the last edited picture
    .tooltip = Add the boxes of the picture that you worked on before this one
command-propagate = Propagate to the next pictures…
    .tooltip = Add copies of the selected boxes to the next pictures in the list
command-select-all = Select all
    .tooltip = Select all boxes of the picture
command-delete = Delete
    .tooltip = Delete the selected boxes; proposals are rejected and do not come back
command-toggle-lock = Lock or unlock
    .tooltip = Prevent the selected boxes from being moved by accident
command-change-class = Change class…
    .tooltip = Choose the class of the selected boxes, or of new boxes, by typing part of its name
command-choose-labels = What is labelled…
    .tooltip = Say whether one class, a list of classes or any class is labelled
command-sticky-class = Sticky class
    .tooltip = Keep the class of the selected box, or of new boxes, for all new boxes and for proposals whose name is no class

## Pictures

command-next-picture = Next picture
    .tooltip = Show the next picture in the list
command-previous-picture = Previous picture
    .tooltip = Show the previous picture in the list
command-first-picture = First picture
    .tooltip = Show the first picture in the list
command-last-picture = Last picture
    .tooltip = Show the last picture in the list
command-next-to-review = Next picture to review
    .tooltip = Show the next picture in the list that is not done
command-go-back = Back
    .tooltip = Show the picture that you came from
command-go-forward = Forward
    .tooltip = Return to the picture from which you went back
command-go-to = Go to picture…
    .tooltip = Show a picture by its number in the list or a part of its name
command-search-pictures = Search pictures
    .tooltip = Type a part of a name to filter the list
command-mark-done = Done and next
    .tooltip = Mark the picture as done and show the next one to review; a picture without boxes is verified empty
command-reopen = Reopen
    .tooltip = Return a picture that is done to review
command-undecided-proposals = Undecided proposals…
    .tooltip = Choose what happens to undecided proposals when you mark a picture as done
command-select-all-pictures = Select all pictures
    .tooltip = Select all pictures in the list
command-tag-pictures = Tags…
    .tooltip = Set which classes the selected pictures show
command-take-out-pictures = Take out of the project
    .tooltip = The selected pictures keep their boxes, but are neither listed nor proposed for, exported or learned from
command-bring-back-pictures = Bring back
    .tooltip = Make the selected pictures part of the project again, with their boxes as they were
command-take-out-unreadable = Take out missing and unreadable pictures
    .tooltip = Take all pictures out of the project whose file is missing or cannot be read

## Boxes

command-draw-box = Draw a box
    .tooltip = Draw a box with the next drag or the next two clicks
command-keep-drawing = Keep drawing
    .tooltip = Keep the draw tool in use after a box, until Escape
command-point-tool = Point at objects
    .tooltip = Point at an object and click to take its box; the wheel steps to smaller and larger boxes
command-fit-to-object = Fit to object
    .tooltip = Fit the selected box to the object in it; repeat to go back
command-next-box = Next box
    .tooltip = Select the next box, proposals first
command-previous-box = Previous box
    .tooltip = Select the previous box
command-accept = Accept
    .tooltip = Accept the selected proposal and select the next one; when all are reviewed, mark the picture as done and show the next one
command-reject = Reject
    .tooltip = Reject the selected proposal and select the next one; rejected proposals do not come back
command-accept-all = Accept all and next
    .tooltip = Accept all proposals, mark the picture as done and show the next one to review
command-accept-above = Accept above a score…
    .tooltip = Accept all proposals above a score in the selected pictures; no picture is marked as done
command-grow-boxes = Grow boxes
    .tooltip = Move the edges of the selected boxes outwards by a small step
command-shrink-boxes = Shrink boxes
    .tooltip = Move the edges of the selected boxes inwards by a small step
command-change-boxes = Change boxes of a class…
    .tooltip = Give the boxes of a class in the selected pictures another class, or delete them
command-attributes = Attributes…
    .tooltip = Define attributes of boxes, such as a colour or an age: texts, numbers or choices
command-next-box-order = Change the order of boxes
    .tooltip = List boxes, and go through them, as they are reviewed, as they are read, by size or by score
command-crowd = Crowd
    .tooltip = Mark the box as containing a group of objects
command-difficult = Difficult
    .tooltip = Mark the object as hard to recognise
command-occluded = Occluded
    .tooltip = Mark the object as partly hidden by another
command-truncated = Truncated
    .tooltip = Mark the object as extending beyond the picture

## Proposals

command-propose-picture = Propose boxes
    .tooltip = Run the model on this picture; boxes that you have reviewed stay
command-propose-all = Propose boxes for all
    .tooltip = Run the model on every picture that is not done, starting here; you can continue to work
command-propose-next = Propose boxes for the next pictures…
    .tooltip = Run the model on the next new pictures of the list only
command-pause-proposing = Pause or resume proposing
    .tooltip = Pause the model, or let it continue
command-cancel-proposing = Stop proposing
    .tooltip = Stop the model; proposals made so far stay
command-more-like-this = More like this
    .tooltip = Propose objects similar to the one in the selected box, in this picture and the next ones
command-learn-now = Learn now
    .tooltip = Learn better boxes from the pictures that are done
command-learn-classes = Learn classes from tags
    .tooltip = Train a class head on the tags, so that the model proposes your own classes
command-raise-threshold = Raise the threshold or minimum score
    .tooltip = Make proposals smaller without running the model again
command-lower-threshold = Lower the threshold or minimum score
    .tooltip = Make proposals larger without running the model again
command-class-names = Class names…
    .tooltip = Map the model's class names to your own classes
command-choose-model = Choose a model…
    .tooltip = Use another model: TS-CAM, DeiT or DINOv2 weights as .safetensors or .pth
command-embedded-model = Use the embedded model
    .tooltip = Use the model that comes with the program

## View

command-zoom-in = Zoom in
    .tooltip = Enlarge the picture
command-zoom-out = Zoom out
    .tooltip = Shrink the picture
command-fit-picture = Fit the picture
    .tooltip = Show the whole picture
command-fit-width = Fit the width
    .tooltip = Make the picture as wide as the canvas
command-actual-size = Actual size
    .tooltip = Show each pixel of the picture as one pixel of the screen
command-zoom-to-box = Zoom to the selected box
    .tooltip = Enlarge the selected box
command-turn-right = Turn the view right
    .tooltip = Show the picture turned clockwise by 90°; files, boxes and exports do not change
command-turn-left = Turn the view left
    .tooltip = Show the picture turned counterclockwise by 90°; files, boxes and exports do not change
command-step-zoomed = Step through boxes zoomed in
    .tooltip = Bring every box that a key selects to the middle, enlarged; again to return to the former view
command-keep-view = Keep zoom and position
    .tooltip = Show other pictures at the same zoom and position
command-hide-boxes = Hide or show boxes
    .tooltip = Show the picture without boxes
command-rejected-boxes = Rejected boxes
    .tooltip = Show rejected boxes as thin lines; select one and accept it to take it back
command-heat-map = Heat map
    .tooltip = Show which parts of the picture the model responds to
command-labels = Box labels
    .tooltip = Show class and score next to each box
command-crosshair = Crosshair
    .tooltip = Show lines through the pointer
command-rulers = Rulers
    .tooltip = Show pixel coordinates along the edges
command-thumbnails = Thumbnails
    .tooltip = Show the list of pictures as thumbnails
command-hide-panels = Hide or show the panels
    .tooltip = Give the picture the whole window
command-brightness-and-contrast = Brightness and contrast…
    .tooltip = Adjust how pictures are displayed; files are not changed
command-compare-boxes = Compare boxes…
    .tooltip = Show your boxes beside those of a label file, or beside proposals without learning, with what differs; again to end it
command-next-difference = Next difference
    .tooltip = Choose the next box of the picture that differs from the compared set
command-previous-difference = Previous difference
    .tooltip = Choose the previous box of the picture that differs from the compared set
command-next-different-picture = Next picture with a difference
    .tooltip = Show the next picture in the list on which a box differs from the compared set
command-take-difference = Take over
    .tooltip = Add the compared box that you lack, accepted, or give your box its class; one undo takes it back
command-dashboard = Dashboard
    .tooltip = Show progress and the quality of proposals
command-light-theme = Light theme
    .tooltip = Dark text on a light background
command-dark-theme = Dark theme
    .tooltip = Light text on a dark background
command-system-theme = System theme
    .tooltip = Light or dark, as set in the system

## Help

command-command-palette = Command palette…
    .tooltip = Find any command by typing part of its name
command-help = Keyboard and mouse
    .tooltip = Show all shortcuts and mouse gestures
command-tour = Tour
    .tooltip = Show the window in five short steps; without a project, on the sample pictures
command-settings = Settings…
    .tooltip = Theme, size and shortcuts
command-problems = Problems
    .tooltip = List what went wrong and how to fix it
command-next-panel = Next panel
    .tooltip = Move the keyboard focus between list, canvas and panels
command-about = About Tsukami
    .tooltip = Version and licence

## Toolbar: short names of commands

tool-draw = Draw
tool-accept = Accept
tool-reject = Reject
tool-accept-all = Accept all
tool-done = Done
tool-propose = Propose
tool-propose-all = Propose all
tool-export = Export

## Gestures: what is pressed, and what it does

gesture-class-key = 1 … 9
    .effect = set the class with this key for the selected boxes or the next box
gesture-arrows = Arrows
    .effect = move the selected boxes by 1 pixel, with Shift by 10 pixels
gesture-ctrl-arrows = Ctrl + arrows
    .effect = move the right and bottom edges, with Shift the left and top edges
gesture-draw-by-key = W, then Enter twice
    .effect = place two corners of a box at the pointer; without a pointer, Enter draws a box in the middle
gesture-point-click = Q, then click an object
    .effect = take the offered box; a drag draws one
gesture-point-wheel = Wheel or Tab while pointing
    .effect = offer a larger or smaller box
gesture-point-exclude = Shift + click while pointing
    .effect = leave out the part under the pointer
gesture-point-add = Ctrl + click while pointing
    .effect = include the part under the pointer
gesture-escape = Esc
    .effect = cancel drawing, or clear the selection
gesture-click = Click
    .effect = select the smallest box under the pointer; click again for the one below
gesture-ctrl-click = Ctrl + click
    .effect = add a box to the selection or remove it
gesture-drag-empty = Drag
    .effect = draw a box, unless a selected box is under the pointer
gesture-drag-select = Shift + drag
    .effect = select the boxes in a rectangle
gesture-drag-box = Drag a selected box or a handle
    .effect = move or resize the box; a proposal becomes an edited box
gesture-double-click = Double-click a box
    .effect = change its class
gesture-right-click = Right-click a box
    .effect = open its menu
gesture-ctrl-wheel = Ctrl + wheel
    .effect = zoom at the pointer
gesture-wheel = Wheel, Shift + wheel
    .effect = move the picture, or zoom: Settings, Canvas
gesture-pan = Middle drag, Space + drag
    .effect = move the picture
gesture-list-click = Ctrl + click, Shift + click in the list
    .effect = select several pictures; Shift + arrows also works
gesture-compare-click = Click on the other side, while comparing
    .effect = take the box over, or select yours
gesture-drop = Drop a folder
    .effect = open it
gesture-shift-resize = Shift while resizing
    .effect = keep the aspect ratio
gesture-space = Space
    .effect = done and next (while the canvas has the focus)
gesture-f6 = F6
    .effect = move the focus between list, canvas and panels
