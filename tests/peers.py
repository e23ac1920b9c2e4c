"""Do other programs read what Tsukami writes, and does Tsukami read what they write?

    python tests/peers.py install VENV         what it needs, into a virtual environment
    python tests/peers.py check EXPORTS BACK   checks the exports, writes the peers' own to BACK

EXPORTS holds one sample in every format, with the pictures copied along (pictures of one folder;
supervision does not look into subfolders), and `counts.json` with what must be found:

    counts.json            {"pictures": 3, "boxes": 4, "empty": 1}
    coco/                  COCO, standard layout, --copy
    coco-nested/           the same of pictures in subfolders, which COCO readers must find
    roboflow/              COCO, Roboflow layout, --copy
    yolo/  voc/            --copy
    createml.json labelme/

BACK gets a folder for each peer and format (`supervision-coco`, ...), to be imported again; all
must give the same number of boxes. A peer that is not installed is named and passed over; one
that is and disagrees ends the script with status 1.
"""

import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import venv
from pathlib import Path

PEERS = ["pycocotools", "supervision", "datumaro", "pyyaml"]


def install(folder):
    """Installs the peers one by one; one that does not install is no reason to do without others."""
    venv.create(folder, with_pip=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = Path(folder, scripts, "python")
    for peer in PEERS:
        done = subprocess.run([python, "-m", "pip", "install", "-q", peer], check=False)
        print(f"{peer}: {'installed' if done.returncode == 0 else 'NOT INSTALLED'}")
    print(python)


def expect(what, found, wanted):
    print(f"{what}: {found}")
    if found != wanted:
        raise SystemExit(f"{what}: found {found}, wanted {wanted}")


def coco_files(folder):
    """The annotation file of an export and the folder of its pictures."""
    roboflow = folder / "train" / "_annotations.coco.json"
    if roboflow.exists():
        return roboflow, folder / "train"
    return folder / "annotations" / "instances.json", folder / "images"


def pycocotools(exports, counts):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    for name in ["coco", "coco-nested", "roboflow"]:
        file, pictures = coco_files(exports / name)
        quiet = io.StringIO()
        with contextlib.redirect_stdout(quiet):
            truth = COCO(file)
        expect(f"pycocotools {name}, boxes", len(truth.getAnnIds()), counts["boxes"])
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


def supervision(exports, counts, back):
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
        expect(f"supervision {name}, boxes", sum(boxes), counts["boxes"])
        expect(f"supervision {name}, empty pictures", boxes.count(0), counts["empty"])
        if name == "coco":
            data.as_coco(str(back / "supervision-coco"), str(back / "supervision-coco" / "_annotations.coco.json"))
        if name == "yolo":
            base = back / "supervision-yolo"
            data.as_yolo(str(base / "images"), str(base / "labels"), str(base / "data.yaml"))
        if name == "voc":
            data.as_pascal_voc(str(back / "supervision-voc"), str(back / "supervision-voc"))


def datumaro(exports, counts, back):
    import datumaro as dm

    # VOC is not asked: its reader wants the folders of the development kit.
    for name, reader, writer in [("coco", "coco_instances", "coco_instances"), ("yolo", "yolo", "yolo")]:
        folder = exports / name
        source = folder / "annotations" / "instances.json" if name == "coco" else folder
        data = dm.Dataset.import_from(str(source), reader)
        # Without a split, data.yaml names the same pictures for train and val.
        items = [item for item in data if item.subset != "val"]
        boxes = [sum(a.type == dm.AnnotationType.bbox for a in item.annotations) for item in items]
        expect(f"datumaro {name}, pictures", len(boxes), counts["pictures"])
        expect(f"datumaro {name}, boxes", sum(boxes), counts["boxes"])
        data.export(str(back / f"datumaro-{name}"), writer, save_media=True)


def check(exports, back):
    exports, back = Path(exports), Path(back)
    back.mkdir(parents=True, exist_ok=True)
    counts = json.loads((exports / "counts.json").read_text(encoding="utf-8"))
    for name, run in {
        "pycocotools": lambda: pycocotools(exports, counts),
        "supervision": lambda: supervision(exports, counts, back),
        "datumaro": lambda: datumaro(exports, counts, back),
    }.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not installed, passed over")
        else:
            run()
    print("peers agree")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["install", folder]:
            install(folder)
        case ["check", exports, back]:
            check(exports, back)
        case _:
            raise SystemExit(__doc__)
