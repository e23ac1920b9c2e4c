"""`tsukami eval --results` beside pycocotools on seeded random truth and results.

Usage: crosscheck_coco.py PATH_TO_TSUKAMI [SEEDS]; needs numpy and pycocotools.

Boxes whose IoU lies exactly on a threshold are made only where 32-bit floats hold their edges
exactly: the program keeps boxes in 32 bits, so that elsewhere such a pair may fall either way.
"""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

TOLERANCE = 1e-9
KINDS = ("grid", "quarter", "cents")


def rounded(kind, value):
    """Coordinates: multiples of 5, quarters (both exact in 32 bits), or hundredths."""
    return {"grid": round(value / 5) * 5.0, "quarter": round(value * 4) / 4, "cents": round(value, 2)}[kind]


def random_set(seed):
    """Truth and results with score ties, crowds, several classes, empty pictures, one picture
    with more than 100 detections, and a category that has results alone."""
    random = np.random.default_rng(seed)
    kind = KINDS[seed % 3]
    count = int(random.integers(1, 6))
    categories = sorted(int(c) for c in random.choice(np.arange(1, 40), count + 1, replace=False))
    with_truth = categories[:count]
    pictures = [int(i) for i in random.permutation(np.arange(1, 41) * 7)]
    annotations, results = [], []

    def side(value):
        return max(5.0, round(value / 5) * 5.0 if kind == "quarter" else rounded(kind, value))

    def box():
        corner = [rounded(kind, random.uniform(0, 400)) for _ in "xy"]
        return corner + [side(random.uniform(5, 200)) for _ in "wh"]

    def score():
        return float(np.float32(random.integers(0, 9) / 8 if seed % 2 else random.uniform()))

    for position, picture in enumerate(pictures):
        busy = position == 0
        objects = 0 if position % 5 == 1 else int(random.integers(0, 7)) + 30 * busy
        for _ in range(objects):
            x, y, w, h = box()
            category = int(random.choice(with_truth))
            annotations.append({
                "id": len(annotations) + 1, "image_id": picture, "category_id": category,
                "bbox": [x, y, w, h], "area": w * h,
                "iscrowd": int(seed == 5 or random.uniform() < 0.15), "segmentation": [],
            })
            for _ in range(int(random.integers(0, 4))):
                if kind != "cents" and random.uniform() < 0.5:
                    # One side cut: the IoU is exactly this fraction.
                    near = [x, y, w * float(random.choice([0.5, 0.6, 0.75, 0.8, 0.9])), h]
                else:
                    jitter = w * random.uniform(0, 0.3)
                    shifted = [rounded(kind, v + random.normal() * jitter) for v in (x, y, w, h)]
                    near = shifted[:2] + [max(5.0, v) for v in shifted[2:]]
                named = category if random.uniform() < 0.8 else int(random.choice(categories))
                results.append({"image_id": picture, "category_id": named, "bbox": near, "score": score()})
        for _ in range(0 if position % 7 == 2 else int(random.integers(0, 4)) + 400 * busy):
            named = int(random.choice(categories))
            results.append({"image_id": picture, "category_id": named, "bbox": box(), "score": score()})
    random.shuffle(results)
    truth = {
        "info": {},
        "images": [{"id": i, "width": 640, "height": 640, "file_name": f"{i}.jpg"} for i in pictures],
        "annotations": annotations,
        "categories": [{"id": c, "name": str(c)} for c in categories],
    }
    return truth, results


def pycocotools_metrics(truth, results, use_categories):
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO()
        ground_truth.dataset = json.loads(json.dumps(truth))
        ground_truth.createIndex()
        detections = ground_truth.loadRes(json.loads(json.dumps(results)))
        evaluation = COCOeval(ground_truth, detections, "bbox")
        evaluation.params.useCats = use_categories
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    recall = evaluation.eval["recall"][0, :, 0, 2]
    recall = recall[recall > -1]
    return {
        "ap": evaluation.stats[0], "ap50": evaluation.stats[1], "ap75": evaluation.stats[2],
        "ar": evaluation.stats[8], "recall50": recall.mean() if len(recall) else -1,
    }


def tsukami_metrics(program, folder, agnostic):
    command = [program, "eval", str(folder), "--results", str(folder / "results.json"),
               "--json", str(folder / "metrics.json")] + ["--class-agnostic"] * agnostic
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "metrics.json").read_text())["detection"]


def main():
    program, seeds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    worst, compared = 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for seed in range(seeds):
            truth, results = random_set(seed)
            (folder / "truth.json").write_text(json.dumps(truth))
            (folder / "results.json").write_text(json.dumps(results))
            for agnostic in (False, True):
                expected = pycocotools_metrics(truth, results, int(not agnostic))
                found = tsukami_metrics(program, folder, agnostic)
                for metric, value in expected.items():
                    # pycocotools says -1 where there is nothing to find.
                    difference = abs(value - (found[metric] if found else -1))
                    if difference > TOLERANCE:
                        print(f"seed {seed}, {metric}, agnostic {agnostic}: {value} != {found}")
                    worst, compared = max(worst, difference), compared + 1
    print(f"{compared} metrics of {seeds} random sets, largest difference {worst:.1e}")
    sys.exit(worst > TOLERANCE or compared == 0)


if __name__ == "__main__":
    main()
