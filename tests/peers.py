"""Do other programs read what Tsukami writes, and does Tsukami read what they write?

    python tests/peers.py install VENV                 installs the peers into a virtual environment
    python tests/peers.py check EXPORTS BACK TRUTH     checks the exports, writes the peers' own to BACK
    python tests/peers.py compare COCO TRUTH PIXELS    compares the boxes of two COCO files
    python tests/peers.py masks COCO COUNT             reads the outlines of a COCO file, which has COUNT of them

EXPORTS holds one sample in every format, with its pictures copied along (pictures of one folder;
supervision does not look into subfolders):

    coco/                  COCO, standard layout, --copy
    coco-nested/           the same of pictures in subfolders, which COCO readers must find
    roboflow/              COCO, Roboflow layout, --copy
    yolo/  voc/            --copy
    createml.json labelme/
    cvat/  open-images/  label-studio/   --copy
    via.json

TRUTH is the COCO file that the sample was imported from. A box is the same if it has the same class
and no side is further away than the format rounds. BACK gets a folder for each peer and format
(`supervision-coco`, ...), to be imported again.

All peers must be there: one that does not install, or disagrees, ends the script with an error.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

PEERS = Path(__file__).with_suffix(".txt")
LABEL_STUDIO = Path(__file__).with_name("peers-label-studio.txt")

# How far a side may be from the truth, in pixels, where a format keeps fractions and where not.
EXACT_PX = 0.01
WHOLE_PX = 0.51


def install(folder):
    """Installs the peers in the versions that `peers.txt` and `peers-label-studio.txt` pin."""
    venv.create(folder, with_pip=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = Path(folder, scripts, "python")
    pip = [python, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "-r", PEERS], check=True)
    subprocess.run([*pip, "--no-deps", "-r", LABEL_STUDIO], check=True)


def expect(what, found, wanted):
    print(f"{what}: {found}")
    if found != wanted:
        raise SystemExit(f"{what}: found {found}, wanted {wanted}")


def boxes_of(coco):
    """The boxes of a COCO file: the picture's file name without folders, the class, and x0, y0, x1, y1."""
    names = {row["id"]: Path(row["file_name"]).name for row in coco["images"]}
    classes = {row["id"]: row["name"] for row in coco["categories"]}
    boxes = []
    for row in coco["annotations"]:
        x, y, width, height = row["bbox"]
        boxes.append((names[row["image_id"]], classes[row["category_id"]], [x, y, x + width, y + height]))
    return boxes


def same_boxes(what, found, wanted, pixels):
    """Checks that boxes agree in picture, class and sides."""
    expect(f"{what}, boxes", len(found), len(wanted))
    furthest = 0.0
    for one, other in zip(sorted(found), sorted(wanted)):
        if one[:2] != other[:2]:
            raise SystemExit(f"{what}: found {one}, wanted {other}")
        furthest = max(furthest, *(abs(float(a) - float(b)) for a, b in zip(one[2], other[2])))
    print(f"{what}: no side is further off than {furthest:.4f} pixels")
    if furthest > pixels:
        raise SystemExit(f"{what}: a side is off by {furthest} pixels, more than {pixels}")


def compare(coco, truth, pixels):
    found, wanted = (json.loads(Path(file).read_text(encoding="utf-8")) for file in (coco, truth))
    same_boxes(Path(coco).stem, boxes_of(found), boxes_of(wanted), float(pixels))


def coco_files(folder):
    """The annotation file of an export and the folder of its pictures."""
    roboflow = folder / "train" / "_annotations.coco.json"
    if roboflow.exists():
        return roboflow, folder / "train"
    return folder / "annotations" / "instances.json", folder / "images"


def pycocotools(exports, truth_boxes, counts):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    for name in ["coco", "coco-nested", "roboflow"]:
        file, pictures = coco_files(exports / name)
        quiet = io.StringIO()
        with contextlib.redirect_stdout(quiet):
            truth = COCO(file)
        same_boxes(f"pycocotools {name}", boxes_of(truth.dataset), truth_boxes, EXACT_PX)
        expect(f"pycocotools {name}, pictures", len(truth.getImgIds()), counts["pictures"])
        missing = [row["file_name"] for row in truth.imgs.values() if not (pictures / row["file_name"]).exists()]
        expect(f"pycocotools {name}, pictures without a file", missing, [])
        rows = truth.loadAnns(truth.getAnnIds())
        perfect = [{key: row[key] for key in ["image_id", "category_id", "bbox"]} | {"score": 0.9} for row in rows]
        with contextlib.redirect_stdout(quiet):
            evaluation = COCOeval(truth, truth.loadRes(perfect), "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        expect(f"pycocotools {name}, AP of a perfect result", round(evaluation.stats[0], 6), 1.0)


def supervision(exports, truth_boxes, counts, back):
    import supervision as sv

    readers = {}
    for name in ["coco", "coco-nested", "roboflow"]:
        file, pictures = coco_files(exports / name)
        readers[name] = lambda file=file, pictures=pictures: sv.DetectionDataset.from_coco(
            images_directory_path=str(pictures), annotations_path=str(file)
        )
    yolo = exports / "yolo"
    readers["yolo"] = lambda: sv.DetectionDataset.from_yolo(
        images_directory_path=str(yolo / "images" / "train"),
        annotations_directory_path=str(yolo / "labels" / "train"),
        data_yaml_path=str(yolo / "data.yaml"),
    )
    voc = str(exports / "voc")
    readers["voc"] = lambda: sv.DetectionDataset.from_pascal_voc(
        images_directory_path=voc, annotations_directory_path=voc
    )
    for name, read in readers.items():
        data = read()
        expect(f"supervision {name}, pictures", len(data), counts["pictures"])
        boxes = [len(data.annotations[path]) for path in data.image_paths]
        found = [
            (Path(path).name, data.classes[label], [float(side) for side in sides])
            for path in data.image_paths
            for sides, label in zip(data.annotations[path].xyxy, data.annotations[path].class_id)
        ]
        same_boxes(f"supervision {name}", found, truth_boxes, WHOLE_PX if name == "voc" else EXACT_PX)
        expect(f"supervision {name}, empty pictures", boxes.count(0), counts["empty"])
        if name == "coco":
            data.as_coco(str(back / "supervision-coco"), str(back / "supervision-coco" / "_annotations.coco.json"))
        if name == "yolo":
            base = back / "supervision-yolo"
            data.as_yolo(str(base / "images"), str(base / "labels"), str(base / "data.yaml"))
        if name == "voc":
            data.as_pascal_voc(str(back / "supervision-voc"), str(back / "supervision-voc"))


def datumaro(exports, truth_boxes, counts, back):
    import datumaro as dm

    # VOC is not asked: its reader wants the folders of the development kit.
    for name, reader, source, writer in [
        ("coco", "coco_instances", "annotations/instances.json", "coco_instances"),
        ("yolo", "yolo", ".", "yolo"),
        ("cvat", "cvat", "annotations.xml", "cvat"),
        ("open-images", "open_images", ".", "open_images"),
    ]:
        source = exports / name / source
        data = dm.Dataset.import_from(str(source), reader)
        # Without a split, data.yaml names the same pictures for train and val.
        items = [item for item in data if item.subset != "val"]
        # Open Images lists only pictures with boxes.
        without = counts["empty"] if name == "open-images" else 0
        expect(f"datumaro {name}, pictures", len(items), counts["pictures"] - without)
        labels = data.categories()[dm.AnnotationType.label]
        found = [
            (f"{Path(item.id).name}.jpg", labels[row.label].name, list(row.points))
            for item in items
            for row in item.annotations
            if row.type == dm.AnnotationType.bbox
        ]
        same_boxes(f"datumaro {name}", found, truth_boxes, EXACT_PX)
        data.export(str(back / f"datumaro-{name}"), writer, save_media=True)


def label_studio(exports, truth_boxes, counts, back):
    """Its converter turns our tasks into COCO, and the truth into tasks of its own."""
    from label_studio_sdk.converter.converter import Converter
    from label_studio_sdk.converter.imports.coco import convert_coco_to_ls

    folder = exports / "label-studio"
    os.environ["LOCAL_FILES_SERVING_ENABLED"] = "true"
    os.environ["LOCAL_FILES_DOCUMENT_ROOT"] = str(folder)
    coco = back.parent / "label-studio-coco"
    converter = Converter(str(folder / "label_config.xml"), str(folder), download_resources=False)
    converter.convert_to_coco(str(folder / "tasks.json"), str(coco), is_dir=False)
    found = json.loads((coco / "result.json").read_text(encoding="utf-8"))
    expect("Label Studio, pictures", len(found["images"]), counts["pictures"])
    same_boxes("Label Studio", boxes_of(found), truth_boxes, EXACT_PX)
    tasks = back / "label-studio-tasks" / "tasks.json"
    tasks.parent.mkdir()
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet):
        convert_coco_to_ls(str(exports / "coco" / "annotations" / "instances.json"), str(tasks))


def masks(coco, count):
    """pycocotools reads every outline, and as a mask that is within its box up to rounding."""
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO(coco)
    rows = [row for row in data.anns.values() if row["segmentation"]]
    expect("pycocotools, outlines", len(rows), int(count))
    for row in rows:
        mask = data.annToMask(row)
        x, y, width, height = row["bbox"]
        inside = mask[int(y) : int(y + height + 1), int(x) : int(x + width + 1)]
        expect(f"pycocotools, pixels of outline {row['id']} outside of its box", int(mask.sum() - inside.sum()), 0)
        if not mask.any():
            raise SystemExit(f"outline {row['id']} is empty")


def check(exports, back, truth):
    exports, back = Path(exports), Path(back)
    back.mkdir(parents=True, exist_ok=True)
    truth = json.loads(Path(truth).read_text(encoding="utf-8"))
    boxes = boxes_of(truth)
    # One picture more than the truth has, and it is verified to be empty.
    counts = {"pictures": len(truth["images"]) + 1, "empty": 1}
    pycocotools(exports, boxes, counts)
    supervision(exports, boxes, counts, back)
    datumaro(exports, boxes, counts, back)
    label_studio(exports, boxes, counts, back)
    print("peers agree")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["install", folder]:
            install(folder)
        case ["check", exports, back, truth]:
            check(exports, back, truth)
        case ["compare", coco, truth, pixels]:
            compare(coco, truth, pixels)
        case ["masks", coco, count]:
            masks(coco, count)
        case _:
            raise SystemExit(__doc__)
