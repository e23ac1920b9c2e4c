"""`tsukami eval --protocol` beside the official TS-CAM and wsolevaluation code, on the same pictures.

Usage: crosscheck_protocol.py PATH_TO_TSUKAMI TS_CAM_CHECKOUT WSOLEVALUATION_CHECKOUT
(github.com/vasgaowei/TS-CAM, github.com/clovaai/wsolevaluation); needs numpy, torch, Pillow and
OpenCV. What those import besides and do not use here (timm, torchvision, munch) is
replaced by the few lines that they need of it.

The model is `tests/reference/tscam_reference.pth`: its weights are random, so that boxes are of
all sizes and places. Both sets are made of the sample pictures and `tests/reference/input.png`,
with seeded true boxes near and far from what the model sees.
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
THRESHOLDS = (None, 0.4, 0.6)


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


def pictures():
    """Sources of every aspect: the sample, the input of the other references, and one with an
    orientation tag, which neither program looks at."""
    files = sorted((REPOSITORY / "assets/sample/images").rglob("*.jpg")) + [REFERENCE / "input.png"]
    opened = [Image.open(file).convert("RGB") for file in files]
    exif = Image.Exif()
    exif[0x0112] = 6
    return [(picture, None) for picture in opened] + [(opened[-2], exif)]


def random_box(random, width, height):
    x0, x1 = sorted(int(x) for x in random.choice(width + 1, 2, replace=False))
    y0, y1 = sorted(int(y) for y in random.choice(height + 1, 2, replace=False))
    if random.uniform() < 0.4:  # nearly everything, as wide maps have it
        x0, y0, x1, y1 = x0 // 8, y0 // 8, width - (width - x1) // 8, height - (height - y1) // 8
    return [x0, y0, x1, y1]


def make_ilsvrc(root, random):
    """The official code's lists and folders, and wsolevaluation's metadata, of the same truth."""
    (root / "ILSVRC2012_list").mkdir(parents=True)
    metadata = root / "metadata"
    metadata.mkdir()
    official_lines, labels, sizes, boxes = [], [], [], []
    for number, (picture, exif) in enumerate(pictures() * 3):
        label = number % CLASSES
        name = f"ILSVRC2012_val_{number:08}"
        folder = root / "val" / f"n{label:08}"
        folder.mkdir(parents=True, exist_ok=True)
        # Lossless under the official name, so that decoders cannot differ.
        picture.save(folder / f"{name}.JPEG", format="PNG", exif=exif)
        truth = [random_box(random, *picture.size) for _ in range(1 + number % 3)]
        official_lines.append(" ".join(map(str, [f"n{label:08}/{name}.JPEG", label, *sum(truth, [])])))
        identifier = f"val/{name}.JPEG"
        labels.append(f"{identifier},{label}")
        sizes.append(f"{identifier},{picture.width},{picture.height}")
        boxes += [",".join(map(str, [identifier, *box])) for box in truth]
    (root / "ILSVRC2012_list/val_folder_new.txt").write_text("\n".join(official_lines) + "\n")
    for name, lines in [("image_ids", [line.split(",")[0] for line in labels]), ("class_labels", labels),
                        ("image_sizes", sizes), ("localization", boxes)]:
        (metadata / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return metadata, [root / "val", "--metadata", metadata]


def make_cub(root, random):
    """CUB's own lists, and wsolevaluation's metadata of its test split."""
    metadata = root / "metadata"
    metadata.mkdir(parents=True)
    lists = {name: [] for name in ("images", "image_class_labels", "train_test_split", "bounding_boxes")}
    labels, sizes, boxes = [], [], []
    for number, (picture, exif) in enumerate(pictures() * 3, start=1):
        label = number % CLASSES
        name = f"{label + 1:03}.Bird/Bird_{number:04}.jpg"
        path = root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, format="PNG", exif=exif)
        x0, y0, x1, y1 = random_box(random, *picture.size)
        is_training = int(number % 4 == 0)
        lists["images"].append(f"{number} {name}")
        lists["image_class_labels"].append(f"{number} {label + 1}")
        lists["train_test_split"].append(f"{number} {is_training}")
        lists["bounding_boxes"].append(f"{number} {x0}.0 {y0}.0 {x1 - x0}.0 {y1 - y0}.0")
        if not is_training:
            labels.append(f"{name},{label}")
            sizes.append(f"{name},{picture.width},{picture.height}")
            boxes.append(",".join(map(str, [name, x0, y0, x1, y1])))
    lists["classes"] = [f"{label + 1} {label + 1:03}.Bird" for label in range(CLASSES)]
    for name, lines in lists.items():
        (root / f"{name}.txt").write_text("\n".join(lines) + "\n")
    for name, lines in [("image_ids", [line.split(",")[0] for line in labels]), ("class_labels", labels),
                        ("image_sizes", sizes), ("localization", boxes)]:
        (metadata / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return metadata, [root]


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
    tsukami, ts_cam, wsolevaluation = sys.argv[1:]
    code = official(ts_cam, wsolevaluation)
    model = model_of(code)
    differ = 0
    for protocol, make, default in (("ilsvrc", make_ilsvrc, 0.12), ("cub", make_cub, 0.1)):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "set"
            metadata, arguments = make(root, np.random.default_rng(20210327))
            for threshold in THRESHOLDS:
                used = default if threshold is None else threshold
                kind = code.ImageNetDataset if protocol == "ilsvrc" else code.CUBDataset
                dataset = kind(str(root), configuration(used), is_train=False)
                theirs = expected(code, model, dataset, metadata, used)
                ours = measured(tsukami, arguments, protocol, threshold, root / "report.json")
                for key, value in theirs.items():
                    is_same = abs(ours[key] - value) < 1e-9
                    differ += not is_same
                    print(f"{protocol} {used:.2f} {key:15} official {100 * value:7.3f}  "
                          f"tsukami {100 * ours[key]:7.3f}{'' if is_same else '  DIFFERS'}")
    sys.exit(f"{differ} numbers differ" if differ else 0)


if __name__ == "__main__":
    main()
