#!/usr/bin/env bash
# Do other tools read what the program exports, and does it read what they write?
#   tests/peers.sh PROGRAM PYTHON     PYTHON has pycocotools, supervision, datumaro and label-studio-sdk
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1 python=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sample=assets/sample

# The sample set in one folder, for readers that do not look below, with one verified-empty picture.
mkdir "$work/flat" "$work/exports" "$work/back"
cp $sample/images/*/*.jpg "$work/flat/"
cp $sample/images/Hose/*.jpg "$work/flat/empty.jpg"
cp -r $sample/images "$work/nested"
cp "$work/flat/empty.jpg" "$work/nested/"
sed -E 's#("file_name": ")[^/"]+/#\1#' $sample/truth.json >"$work/flat.json"
echo '{"version": "5.0.0", "flags": {}, "shapes": [], "imagePath": "empty.jpg", "imageData": null,
  "imageHeight": 300, "imageWidth": 300}' >"$work/empty.json"
quietly() { "$@" 2>"$work/said" || { cat "$work/said" >&2; echo "failed: $*" >&2; exit 1; }; }
quietly "$program" project new "$work/flat"
quietly "$program" import "$work/flat" "$work/flat.json"
quietly "$program" import "$work/flat" "$work/empty.json"
quietly "$program" project new "$work/nested"
quietly "$program" import "$work/nested" $sample/truth.json
quietly "$program" import "$work/nested" "$work/empty.json"

export_as() { quietly "$program" export "$work/$1" --format "$2" --out "$work/exports/$3" "${@:4}"; }
export_as flat coco coco --copy
export_as flat coco roboflow --copy --layout roboflow
export_as flat yolo yolo --copy
export_as flat voc voc --copy
export_as flat createml createml.json
export_as flat labelme labelme
export_as flat cvat cvat --copy
export_as flat open-images open-images --copy
export_as flat label-studio label-studio --copy
export_as flat via via.json
export_as nested coco coco-nested --copy
"$python" tests/peers.py check "$work/exports" "$work/back" "$work/flat.json"

# Outlines that are broken in all ways: what is exported of them are masks.
for case in 08_coco_no_bbox=3 11_coco_odd_segmentation=9; do
  name=${case%=*}
  mkdir "$work/$name"
  cp $sample/images/cat/chelsea.jpg "$work/$name/a.jpg"
  quietly "$program" project new "$work/$name"
  "$program" import "$work/$name" "tests/cases/$name/t.json" 2>"$work/said" || [ $? = 1 ]
  quietly "$program" export "$work/$name" --format coco --out "$work/$name.json"
  "$python" tests/peers.py masks "$work/$name.json" "${case#*=}"
done

# The way back: the same boxes come out of a project that each peer's own export was imported into.
for theirs in "$work"/back/*; do
  name=$(basename "$theirs")
  rm -rf "$work/again"
  cp -r "$work/flat" "$work/again"
  rm -rf "$work"/again/*.tsukami "$work"/again/.*.tsukami-aside
  quietly "$program" project new "$work/again"
  # 1: a file beside the labels was not read, such as datumaro's list of files.
  "$program" import "$work/again" "$theirs" 2>"$work/said" || [ $? = 1 ]
  quietly "$program" export "$work/again" --format coco --all --out "$work/$name.json"
  # Pascal VOC has whole pixels.
  case $name in *-voc) pixels=0.51 ;; *) pixels=0.01 ;; esac
  "$python" tests/peers.py compare "$work/$name.json" "$work/flat.json" $pixels
done
