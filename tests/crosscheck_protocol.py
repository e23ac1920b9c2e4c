"""`tsukami eval --protocol` against the official TS-CAM and wsolevaluation programs, on the same pictures.

    crosscheck_protocol.py PATH_TO_TSUKAMI TS_CAM_CHECKOUT WSOLEVALUATION_CHECKOUT [--write]

The checkouts are of github.com/vasgaowei/TS-CAM and github.com/clovaai/wsolevaluation. The script needs
numpy, torch, Pillow and OpenCV. It replaces the other modules that the two programs import and do not
use here (timm, torchvision, munch) with a few lines.

The model is `tests/reference/tscam_reference.pth`. Its weights are random, so its boxes have all sizes
and positions. Both sets consist of parts of `tests/reference/input.png`, cut out, mirrored and
enlarged by whole factors so that every program can make exactly the same pixels. The true boxes come
from a seeded generator.

`--write` stores the sets and what the official programs say of them in
`tests/reference/protocol_sets.json`. `tests/protocol.rs` compares the program with that file.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import types

import numpy as np
import torch
from PIL import Image

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = REPOSITORY / "tests/reference"
CLASSES = 5
PICTURES = 15
THRESHOLDS = (None, 0.6)


def stub(name, **contents):
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


class Transform:
    """Composes, resizes, converts and normalises as torchvision does with Pillow's pictures."""

    def __init__(self, function):
        self.function = function

    def __call__(self, value):
        return self.function(value)

    @staticmethod
    def compose(steps):
        def run(value):
            for step in steps:
                value = step(value)
            return value
        return Transform(run)

    @staticmethod
    def resize(size):
        return Transform(lambda picture: picture.resize(size[::-1], Image.BILINEAR))

    @staticmethod
    def to_tensor():
        return Transform(lambda picture: torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255)

    @staticmethod
    def normalise(mean, std):
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (mean, std))
        return Transform(lambda tensor: (tensor - mean) / std)


def official(ts_cam, wsolevaluation):
    """The two programs' modules."""
    np.float, np.int = float, int
    unused = lambda *args, **kwargs: None
    stub("timm")
    stub("timm.data", IMAGENET_DEFAULT_MEAN=None, IMAGENET_DEFAULT_STD=None)
    stub("timm.models", resnet26d=unused, resnet50d=unused)
    stub("timm.models.helpers", load_pretrained=unused)
    stub("timm.models.layers", DropPath=unused, to_2tuple=lambda side: (side, side),
         trunc_normal_=torch.nn.init.trunc_normal_)
    stub("timm.models.registry", register_model=lambda function: function)
    transforms = types.SimpleNamespace(
        Compose=Transform.compose, Resize=Transform.resize, ToTensor=Transform.to_tensor,
        Normalize=Transform.normalise, RandomCrop=unused, RandomHorizontalFlip=unused,
        TenCrop=unused, Lambda=unused)
    stub("torchvision", transforms=transforms)
    stub("torchvision.transforms", **vars(transforms))
    stub("munch", Munch=type("Munch", (dict,), {"__getattr__": dict.__getitem__, "__setattr__": dict.__setitem__}))
    stub("config", str2bool=None)
    sys.path[:0] = [str(pathlib.Path(ts_cam) / "lib"), str(wsolevaluation)]
    stub("models")
    sys.modules["models"].__path__ = [str(pathlib.Path(ts_cam) / "lib/models")]
    import cams_deit
    import data_loaders
    import evaluation
    from datasets.cub import CUBDataset
    from datasets.imagenet import ImageNetDataset
    from models.deit import TSCAM
    cams_deit.draw_bbox = unused
    return types.SimpleNamespace(**locals())


def model_of(code):
    checkpoint = torch.load(REFERENCE / "tscam_reference.pth", weights_only=False)
    weights = {key[len("module."):]: value for key, value in checkpoint["state_dict"].items()}
    model = code.TSCAM(
        patch_size=16, embed_dim=128, depth=4, num_heads=2, mlp_ratio=4, qkv_bias=True,
        num_classes=CLASSES,
        norm_layer=lambda width: torch.nn.LayerNorm(width, eps=1e-6))
    model.load_state_dict(weights)
    return model.eval()


def configuration(threshold):
    space = types.SimpleNamespace
    return space(
        DATA=space(RESIZE_SIZE=256, CROP_SIZE=224, IMAGE_MEAN=[0.485, 0.456, 0.406], IMAGE_STD=[0.229, 0.224, 0.225]),
        MODEL=space(CAM_THR=threshold, TOP_K=1),
        TEST=space(TEN_CROPS=False, SAVE_BOXED_IMAGE=False),
        BASIC=space(SAVE_DIR=""))


def cuts(random):
    """Parts of the reference picture of every aspect: x, y, width, height, factor, and whether mirrored."""
    sides = [(224, 224), (224, 96), (80, 224), (160, 120), (56, 56), (120, 160), (200, 48)]
    for number in range(PICTURES):
        width, height = sides[number % len(sides)]
        x, y = (int(random.integers(0, 225 - side)) for side in (width, height))
        yield [x, y, width, height], 1 + number % 3, number % 2 == 1


def picture_of(cut, factor, is_mirrored):
    picture = np.array(Image.open(REFERENCE / "input.png").convert("RGB"))
    x, y, width, height = cut
    picture = picture[y:y + height, x:x + width]
    if is_mirrored:
        picture = picture[:, ::-1]
    return Image.fromarray(np.ascontiguousarray(picture.repeat(factor, axis=0).repeat(factor, axis=1)))


def exif_of(number):
    """An orientation tag on some pictures. Neither program looks at it."""
    exif = Image.Exif()
    if number % 5 == 0:
        exif[0x0112] = 6
    return exif


def random_box(random, width, height):
    x0, x1 = sorted(int(x) for x in random.choice(width + 1, 2, replace=False))
    y0, y1 = sorted(int(y) for y in random.choice(height + 1, 2, replace=False))
    if random.uniform() < 0.4:  # nearly everything, as wide maps have it
        x0, y0, x1, y1 = x0 // 8, y0 // 8, width - (width - x1) // 8, height - (height - y1) // 8
    return [x0, y0, x1, y1]


def describe(random, max_boxes):
    """A set as plain values: its pictures, each with its class and true boxes."""
    rows = []
    for number, (cut, factor, is_mirrored) in enumerate(cuts(random)):
        width, height = factor * cut[2], factor * cut[3]
        boxes = [random_box(random, width, height) for _ in range(1 + number % max_boxes)]
        rows.append({"cut": cut, "factor": factor, "is_mirrored": is_mirrored, "class": number % CLASSES,
                     "boxes": boxes})
    return rows


def write_lists(folder, lists):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")


def save(row, number, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = picture_of(row["cut"], row["factor"], row["is_mirrored"])
    # Lossless under the official name, so that decoders cannot differ.
    picture.save(path, format="PNG", exif=exif_of(number))
    return picture.size


def make_ilsvrc(root, rows):
    """The official code's lists and folders, and wsolevaluation's metadata, of the same truth."""
    official, metadata = [], {"image_ids": [], "class_labels": [], "image_sizes": [], "localization": []}
    for number, row in enumerate(rows):
        label, name = row["class"], f"ILSVRC2012_val_{number:08}.JPEG"
        width, height = save(row, number, root / "val" / f"n{label:08}" / name)
        official.append(" ".join(map(str, [f"n{label:08}/{name}", label, *sum(row["boxes"], [])])))
        metadata["image_ids"].append(f"val/{name}")
        metadata["class_labels"].append(f"val/{name},{label}")
        metadata["image_sizes"].append(f"val/{name},{width},{height}")
        metadata["localization"] += [",".join(map(str, [f"val/{name}", *box])) for box in row["boxes"]]
    write_lists(root / "ILSVRC2012_list", {"val_folder_new": official})
    write_lists(root / "metadata", metadata)
    return root / "metadata", [root / "val", "--metadata", root / "metadata"]


def make_cub(root, rows):
    """CUB's own lists, and wsolevaluation's metadata of its test split."""
    lists = {name: [] for name in ("images", "image_class_labels", "train_test_split", "bounding_boxes")}
    metadata = {"image_ids": [], "class_labels": [], "image_sizes": [], "localization": []}
    for number, row in enumerate(rows, start=1):
        label, [[x0, y0, x1, y1]] = row["class"], row["boxes"]
        name = f"{label + 1:03}.Bird/Bird_{number:04}.jpg"
        width, height = save(row, number, root / "images" / name)
        is_training = int(number % 4 == 0)
        lists["images"].append(f"{number} {name}")
        lists["image_class_labels"].append(f"{number} {label + 1}")
        lists["train_test_split"].append(f"{number} {is_training}")
        lists["bounding_boxes"].append(f"{number} {x0}.0 {y0}.0 {x1 - x0}.0 {y1 - y0}.0")
        if not is_training:
            metadata["image_ids"].append(name)
            metadata["class_labels"].append(f"{name},{label}")
            metadata["image_sizes"].append(f"{name},{width},{height}")
            metadata["localization"].append(",".join(map(str, [name, x0, y0, x1, y1])))
    lists["classes"] = [f"{label + 1} {label + 1:03}.Bird" for label in range(CLASSES)]
    write_lists(root, lists)
    write_lists(root / "metadata", metadata)
    return root / "metadata", [root]


def expected(code, model, dataset, metadata, threshold):
    """What the two programs count."""
    metadata = code.data_loaders.configure_metadata(str(metadata))
    evaluator = {
        is_v2: code.evaluation.BoxEvaluator(
            metadata=metadata, dataset_name=None, split="test", mask_root=None,
            cam_threshold_list=list(np.arange(0, 1, 0.01)), multi_contour_eval=is_v2,
            iou_threshold_list=[30, 50, 70])
        for is_v2 in (False, True)}
    identifiers = code.data_loaders.get_image_ids(metadata)
    counted = [[] for _ in range(5)]
    for index in range(len(dataset)):
        picture, label, boxes, name = dataset[index]
        with torch.no_grad():
            logits, cams = model(picture[None], return_cam=True)
        outcome = code.cams_deit.evaluate_cls_loc(
            picture[None], torch.tensor([label]), [boxes], logits, cams, [name], configuration(threshold), 0)
        for values, more in zip(counted, outcome):
            values.extend(more)
        score_map = code.cams_deit.resize_cam(cams[0, label].numpy()).astype(float)
        for one in evaluator.values():
            one.accumulate(score_map, identifiers[index])
    shares = dict(zip(("top1_cls", "top5_cls", "top1_loc", "top5_loc", "gt_known"), map(np.mean, counted)))
    shares["max_box_acc"] = evaluator[False].compute()[1] / 100
    shares["max_box_acc_v2"] = np.mean(evaluator[True].compute()) / 100
    return {key: float(value) for key, value in shares.items()}


def measured(tsukami, arguments, protocol, threshold, out):
    command = [tsukami, "eval", *arguments, "--protocol", protocol, "--json", out,
               "--model", REFERENCE / "tscam_reference.pth"]
    if threshold is not None:
        command += ["--threshold", str(threshold)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    report = json.loads(out.read_text())
    shares = {key: report["classification"][key] for key in ("top1_cls", "top5_cls", "top1_loc", "top5_loc")}
    shares["gt_known"] = report["gt_known"]["loc50"]
    for key in ("max_box_acc", "max_box_acc_v2"):
        shares[key] = report["wsolevaluation"][key]
    return shares


def main():
    tsukami, ts_cam, wsolevaluation, *options = sys.argv[1:]
    code = official(ts_cam, wsolevaluation)
    model = model_of(code)
    differ, sets = 0, {}
    for protocol, make, default, max_boxes in (("ilsvrc", make_ilsvrc, 0.12, 3), ("cub", make_cub, 0.1, 1)):
        rows = describe(np.random.default_rng(20210327), max_boxes)
        sets[protocol] = {"pictures": rows, "official": []}
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "set"
            metadata, arguments = make(root, rows)
            for threshold in THRESHOLDS:
                used = default if threshold is None else threshold
                kind = code.ImageNetDataset if protocol == "ilsvrc" else code.CUBDataset
                dataset = kind(str(root), configuration(used), is_train=False)
                theirs = expected(code, model, dataset, metadata, used)
                sets[protocol]["official"].append({"threshold": used, **theirs})
                ours = measured(tsukami, arguments, protocol, threshold, root / "report.json")
                for key, value in theirs.items():
                    is_same = abs(ours[key] - value) < 1e-9
                    differ += not is_same
                    print(f"{protocol} {used:.2f} {key:15} official {100 * value:7.3f}  "
                          f"tsukami {100 * ours[key]:7.3f}{'' if is_same else '  DIFFERS'}")
    if "--write" in options:
        text = json.dumps(sets).replace('{"cut"', '\n{"cut"').replace('{"threshold"', '\n{"threshold"')
        (REFERENCE / "protocol_sets.json").write_text(text + "\n")
    sys.exit(f"{differ} numbers differ" if differ else 0)


if __name__ == "__main__":
    main()
