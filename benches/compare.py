"""Compare the forward pass of the embedded backbone with PyTorch and ONNX Runtime, in one run.

Usage: benches/compare (makes its own virtual environment). Batch 1, 224 x 224 pixels, 256 patches,
all cores. The three take turns, so that changes in the speed of the machine affect all of them.
The result is the median of the ratios of all rounds.

PyTorch and ONNX Runtime compute what the program needs: all tokens, the class token's row of the
attention in every layer, and the last keys. PyTorch uses its fused attention and computes the row
separately.
"""

import json
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS, ROUNDS = 4.0, 5


def load_weights():
    data = (ROOT / "models/dinov2-vits14.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + size + begin : 8 + size + end], np.float16)
        tensors[name] = torch.from_numpy(values.astype(np.float32).reshape(entry["shape"]))
    return tensors


class Vit(torch.nn.Module):
    def __init__(self, tensors, fused):
        super().__init__()
        self.fused = fused
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "_"), tensor)
        grid = tensors["pos_embed"][:, 1:].reshape(1, 37, 37, 384).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(16, 16), mode="bicubic", align_corners=False)
        grid = grid.permute(0, 2, 3, 1).reshape(1, 256, 384)
        self.register_buffer("positions", torch.cat([tensors["pos_embed"][:, :1], grid], 1))

    def get(self, name):
        return getattr(self, name.replace(".", "_"))

    def norm(self, x, name):
        return F.layer_norm(x, (384,), self.get(name + ".weight"), self.get(name + ".bias"), 1e-6)

    def linear(self, x, name):
        return F.linear(x, self.get(name + ".weight"), self.get(name + ".bias"))

    def forward(self, pixels):
        weight, bias = self.get("patch_embed.proj.weight"), self.get("patch_embed.proj.bias")
        x = F.conv2d(pixels, weight, bias, stride=14).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token, x], 1) + self.positions
        rows = []
        for i in range(12):
            block = f"blocks.{i}."
            qkv = self.linear(self.norm(x, block + "norm1"), block + "attn.qkv")
            q, k, v = qkv.reshape(1, 257, 3, 6, 64).permute(2, 0, 3, 1, 4)
            if self.fused:
                mixed = F.scaled_dot_product_attention(q, k, v)
                row = (q[:, :, :1] @ k.transpose(-1, -2) * 0.125).softmax(-1)
            else:
                attention = (q @ k.transpose(-1, -2) * 0.125).softmax(-1)
                mixed, row = attention @ v, attention[:, :, :1]
            rows.append(row[:, :, 0, 1:].mean(1))
            mixed = mixed.transpose(1, 2).reshape(1, 257, 384)
            x = x + self.get(block + "ls1.gamma") * self.linear(mixed, block + "attn.proj")
            hidden = F.gelu(self.linear(self.norm(x, block + "norm2"), block + "mlp.fc1"))
            x = x + self.get(block + "ls2.gamma") * self.linear(hidden, block + "mlp.fc2")
        return self.norm(x, "norm"), torch.stack(rows, 1), k[:, :, 1:]


def rate(run):
    """Pictures a second: the median over SECONDS."""
    for _ in range(3):
        run()
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1 / statistics.median(times)


def main():
    program = sys.argv[1:]
    tensors = load_weights()
    pixels = torch.ones(1, 3, 224, 224)
    eager = {fused: Vit(tensors, fused).eval() for fused in (False, True)}
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/vit.onnx"
        torch.onnx.export(eager[False], (pixels,), path, dynamo=False, opset_version=20)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: pixels.numpy()}

        def tsukami():
            command = [*program, "16x16", str(SECONDS)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return float(output.split("pictures/s")[0].split()[-1])

        runners = {
            "tsukami": tsukami,
            f"PyTorch {torch.__version__.split('+')[0]}": lambda: rate(lambda: eager[True](pixels)),
            f"ONNX Runtime {onnxruntime.__version__}": lambda: rate(lambda: session.run(None, feed)),
        }
        rounds = [{name: run() for name, run in runners.items()} for _ in range(ROUNDS)]
    for name in runners:
        rates = [found[name] for found in rounds]
        ratios = [found["tsukami"] / found[name] for found in rounds]
        print(f"{name:24} {statistics.median(rates):6.2f} pictures/s   "
              f"tsukami / this: {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
