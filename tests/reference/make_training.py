"""Writes the training reference of this folder: what PyTorch computes from `tscam_reference.pth`.

    python tests/reference/make_training.py        (needs torch, numpy, pillow, safetensors)

Written are 32 small pictures, cut from `input.png` and the sample photos, with a class each; the
loss and the gradient of every weight in four cases; and the losses of one epoch of AdamW. Weights
go by the order of their names: of each gradient its norm and its first numbers are kept.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "assets/sample/images"

PICTURES, SIDE, CLASSES, HEADS, PATCH = 32, 64, 5, 2, 16
FIRST = 8  # numbers kept of each gradient
CASE = 8  # pictures to a case
BATCH, LEARNING_RATE, WEIGHT_DECAY = 2, 5e-4, 0.05
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def logits(w, pixels):
    n = len(pixels)
    x = F.conv2d(pixels, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=PATCH)
    rows, columns = x.shape[2:]
    x = x.flatten(2).transpose(1, 2)
    d = x.shape[2]
    positions = w["pos_embed"]
    side = int((positions.shape[1] - 1) ** 0.5)
    if (rows, columns) != (side, side):
        patches = positions[:, 1:].reshape(1, side, side, d).permute(0, 3, 1, 2)
        patches = F.interpolate(patches, (rows, columns), mode="bicubic", align_corners=False)
        positions = torch.cat([positions[:, :1], patches.flatten(2).transpose(1, 2)], 1)
    x = torch.cat([w["cls_token"].expand(n, -1, -1), x], 1) + positions
    block = 0
    while f"blocks.{block}.norm1.weight" in w:

        def part(name):
            return w[f"blocks.{block}.{name}.weight"], w[f"blocks.{block}.{name}.bias"]

        def scale(name, branch):
            return branch * w.get(f"blocks.{block}.{name}.gamma", 1.0)

        h = F.layer_norm(x, (d,), *part("norm1"), eps=1e-6)
        qkv = F.linear(h, *part("attn.qkv")).view(n, -1, 3, HEADS, d // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = (q @ k.mT * (d // HEADS) ** -0.5).softmax(-1) @ v
        mixed = mixed.transpose(1, 2).flatten(2)
        x = x + scale("ls1", F.linear(mixed, *part("attn.proj")))
        h = F.layer_norm(x, (d,), *part("norm2"), eps=1e-6)
        h = F.linear(F.gelu(F.linear(h, *part("mlp.fc1"))), *part("mlp.fc2"))
        x = x + scale("ls2", h)
        block += 1
    x = F.layer_norm(x, (d,), w["norm.weight"], w["norm.bias"], eps=1e-6)
    maps = x[:, 1:].transpose(1, 2).reshape(n, d, rows, columns)
    maps = F.conv2d(maps, w["head.weight"], w["head.bias"], padding=1)
    return maps.mean((2, 3))


def normalised(pictures):
    return (pictures.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def fresh(weights):
    return {name: weights[name].clone().requires_grad_() for name in sorted(weights)}


def pieces():
    """32 squares, each from another place of another picture."""
    files = [HERE / "input.png", *sorted(SAMPLE.glob("*/*.jpg"))]
    random = np.random.default_rng(20)
    cut = []
    for index in range(PICTURES):
        picture = Image.open(files[index % len(files)]).convert("RGB")
        drawn = []
        for _ in range(8):
            side = random.integers(min(picture.size) // 2, min(picture.size) + 1)
            x, y = (random.integers(length - side + 1) for length in picture.size)
            box = (x, y, x + side, y + side)
            drawn.append(np.asarray(picture.resize((SIDE, SIDE), Image.BILINEAR, box)))
        # Black sky cannot be told from black sky.
        cut.append(max(drawn, key=np.std))
    return torch.from_numpy(np.stack(cut))


def main():
    torch.use_deterministic_algorithms(True)
    state = torch.load(HERE / "tscam_reference.pth", map_location="cpu", weights_only=False)
    weights = {name.removeprefix("module."): t for name, t in state["state_dict"].items()}
    pictures, labels = pieces(), torch.arange(PICTURES) % CLASSES
    written = {"pictures": pictures, "labels": labels.to(torch.uint8)}

    def case(name, weights, pictures, loss):
        w = fresh(weights)
        value = loss(logits(w, normalised(pictures)))
        value.backward()
        gradients = [tensor.grad.flatten() for tensor in w.values()]
        written[f"{name}.loss"] = value.detach().reshape(1)
        written[f"{name}.norms"] = torch.stack([gradient.norm() for gradient in gradients])
        first = [F.pad(gradient[:FIRST], (0, max(0, FIRST - len(gradient)))) for gradient in gradients]
        written[f"{name}.first"] = torch.stack(first)

    whole = torch.from_numpy(np.asarray(Image.open(HERE / "input.png").convert("RGB")).copy())
    case("whole", weights, whole[None], lambda z: F.cross_entropy(z, torch.tensor([2])))
    few, of_few = pictures[:CASE], labels[:CASE]
    case("small", weights, few, lambda z: F.cross_entropy(z, of_few))
    # Of the class, and of the next one for every other picture.
    truth = F.one_hot(of_few, CLASSES).float()
    truth[::2] += F.one_hot((of_few[::2] + 1) % CLASSES, CLASSES)
    case("several", weights, few, lambda z: F.binary_cross_entropy_with_logits(z, truth))
    scaled = dict(weights)
    for block in range(4):
        for index, name in enumerate(["ls1", "ls2"]):
            gamma = 0.25 + 0.125 * ((torch.arange(128) + block + index) % 8)
            scaled[f"blocks.{block}.{name}.gamma"] = gamma
    case("scaled", scaled, few, lambda z: F.cross_entropy(z, of_few))

    w = fresh(weights)
    spared = [t for name, t in w.items() if t.ndim == 1 or name in ("pos_embed", "cls_token")]
    decayed = [t for t in w.values() if all(t is not other for other in spared)]
    groups = [{"params": spared, "weight_decay": 0.0}, {"params": decayed}]
    optimiser = torch.optim.AdamW(groups, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    losses = []
    for first in range(0, PICTURES, BATCH):
        batch = slice(first, first + BATCH)
        loss = F.cross_entropy(logits(w, normalised(pictures[batch])), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    written["epoch.losses"] = torch.stack(losses)
    print("losses of the epoch:", " ".join(f"{loss:.4f}" for loss in losses))

    save_file(written, HERE / "training_reference.safetensors")


if __name__ == "__main__":
    main()
