"""Writes the Conformer reference of this folder: a small random checkpoint and what it computes.

    python tests/reference/make_conformer.py        (needs torch, numpy, pillow, safetensors)

The architecture is the TS-CAM variant of Conformer-S (Peng et al., arXiv 2105.03889; its official
names, strides and epsilons are those of vasgaowei/TS-CAM, lib/models/conformer.py), transcribed
from its description in plain PyTorch. Written are a checkpoint in the official format,
`{"epoch", "state_dict", "best_map"}` with every key behind `module.`, and for two pictures, the
square input and an oblong piece of it: pixels, tokens, attention, logits and maps.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).resolve().parent

# Conformer-S itself: width 384, heads 6, hidden 1536, depth 12, stem 64, channels 256, patch 16.
SIZES = dict(width=128, heads=2, hidden=32, depth=6, stem=16, channels=16, patch=16, classes=5)
OBLONG = (0, 0, 160, 96)  # left, top, right, bottom of the oblong piece in pixels

# Spreads at which a wrong epsilon shows: far below 1, as the norms divide by them.
TOKEN_SPREAD = 0.02
MAP_SPREAD = 0.01


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, t, width = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, t, width)), weights


class Mlp(nn.Sequential):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, width)


class TransBlock(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden)

    def forward(self, x):
        mixed, weights = self.attn(self.norm1(x))
        x = x + mixed
        return x + self.mlp(self.norm2(x)), weights


class ConvBlock(nn.Module):
    """A bottleneck; its inner map goes to the tokens, and theirs is added to it."""

    def __init__(self, inputs, outputs, stride=1, residual=False):
        super().__init__()
        inner = outputs // 4
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner, eps=1e-6)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner, eps=1e-6)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs, eps=1e-6)
        if residual:
            self.residual_conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.residual_bn = nn.BatchNorm2d(outputs, eps=1e-6)

    def forward(self, x, from_tokens=0):
        inner = F.relu(self.bn1(self.conv1(x))) + from_tokens
        inner = F.relu(self.bn2(self.conv2(inner)))
        if hasattr(self, "residual_conv"):
            x = self.residual_bn(self.residual_conv(x))
        return F.relu(self.bn3(self.conv3(inner)) + x), inner


class Squeeze(nn.Module):
    """Map -> what is added to the patch tokens."""

    def __init__(self, channels, width, pool):
        super().__init__()
        self.pool = pool
        self.conv_project = nn.Conv2d(channels, width, 1)
        self.ln = nn.LayerNorm(width, eps=1e-6)

    def forward(self, inner):
        pooled = F.avg_pool2d(self.conv_project(inner), self.pool)
        return F.gelu(self.ln(pooled.flatten(2).mT))


class Expand(nn.Module):
    """Patch tokens -> what is added to the map."""

    def __init__(self, width, channels, enlarge):
        super().__init__()
        self.enlarge = enlarge
        self.conv_project = nn.Conv2d(width, channels, 1)
        self.bn = nn.BatchNorm2d(channels, eps=1e-6)

    def forward(self, patches, rows, columns):
        grid = patches.mT.unflatten(2, (rows, columns))
        return F.interpolate(F.relu(self.bn(self.conv_project(grid))), scale_factor=self.enlarge)


class ConvTransBlock(nn.Module):
    def __init__(self, sizes, inputs, outputs, first, last, pool):
        super().__init__()
        width = sizes["width"]
        stride = 2 if first else 1
        self.pool = pool
        self.cnn_block = ConvBlock(inputs, outputs, stride, residual=first)
        self.fusion_block = ConvBlock(outputs, outputs, 2 if last else 1, residual=last)
        self.squeeze_block = Squeeze(outputs // 4, width, pool)
        self.expand_block = Expand(width, outputs // 4, pool)
        self.trans_block = TransBlock(width, sizes["heads"], sizes["hidden"])

    def forward(self, x, tokens):
        x, inner = self.cnn_block(x)
        rows, columns = (side // self.pool for side in inner.shape[2:])
        # The class token stands in for what the map has none of: it counts twice.
        from_map = torch.cat([tokens[:, :1], self.squeeze_block(inner)], 1)
        tokens, weights = self.trans_block(from_map + tokens)
        x, _ = self.fusion_block(x, self.expand_block(tokens[:, 1:], rows, columns))
        return x, tokens, weights


class Conformer(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width, depth, stem = sizes["width"], sizes["depth"], sizes["stem"]
        self.depth, self.patch = depth, sizes["patch"]
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * TOKEN_SPREAD)
        self.trans_norm = nn.LayerNorm(width)
        self.trans_cls_head = nn.Conv2d(width, sizes["classes"], 3, padding=1)
        self.conv_cls_head = nn.Linear(4 * sizes["channels"], sizes["classes"])
        self.conv1 = nn.Conv2d(3, stem, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv_1 = ConvBlock(stem, sizes["channels"], residual=True)
        cut = sizes["patch"] // 4
        self.trans_patch_conv = nn.Conv2d(stem, width, cut, cut)
        self.trans_1 = TransBlock(width, sizes["heads"], sizes["hidden"])
        inputs = sizes["channels"]
        for number in range(2, depth + 1):
            stage, place = divmod(number - 1, depth // 3)
            outputs = sizes["channels"] * 2**stage
            first = place == 0
            block = ConvTransBlock(sizes, inputs, outputs, first, number == depth, cut >> stage)
            setattr(self, f"conv_trans_{number}", block)
            inputs = outputs

    @torch.no_grad()
    def forward(self, pixels):
        rows, columns = (side // self.patch for side in pixels.shape[2:])
        stem = F.max_pool2d(F.relu(self.bn1(self.conv1(pixels))), 3, 2, padding=1)
        x, _ = self.conv_1(stem)
        patches = self.trans_patch_conv(stem).flatten(2).mT
        tokens, weights = self.trans_1(torch.cat([self.cls_token, patches], 1))
        attention = [weights]
        for number in range(2, self.depth + 1):
            x, tokens, weights = getattr(self, f"conv_trans_{number}")(x, tokens)
            attention.append(weights)
        patches = self.trans_norm(tokens)[:, 1:]
        maps = self.trans_cls_head(patches.mT.unflatten(2, (rows, columns)))
        logits = maps.mean((2, 3)) + self.conv_cls_head(x.mean((2, 3)))
        summed = torch.stack(attention).mean(2).sum(0)[:, 0, 1:]
        coupled = maps * summed.view(1, 1, rows, columns)
        return dict(patch_tokens=patches, attention=summed, logits=logits, cams=coupled)


def randomise(model):
    """Random weights under which every part of the network matters to the output."""
    noise, spread = torch.randn_like, lambda x: torch.rand_like(x) + 0.5
    token_writers = ("attn.proj", "mlp.fc2", "trans_patch_conv")
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            before_norm = isinstance(module, nn.Conv2d) and "head" not in name
            gain = TOKEN_SPREAD if name.endswith(token_writers) else MAP_SPREAD if before_norm else 1
            if name.endswith("qkv"):
                gain = 1.5  # enough for attention that is not uniform
            if name.endswith("expand_block.conv_project"):
                gain = MAP_SPREAD / TOKEN_SPREAD / 2
            module.weight.data = noise(module.weight) * gain / module.weight[0].numel() ** 0.5
            if module.bias is not None:
                module.bias.data = noise(module.bias) * gain * 0.1
        elif isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            scale = TOKEN_SPREAD if name.endswith("ln") else 1
            module.weight.data = spread(module.weight) * scale
            module.bias.data = noise(module.bias) * scale * 0.2
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = noise(module.running_mean) * MAP_SPREAD * 0.3
            module.running_var = spread(module.running_var) * MAP_SPREAD**2


def pixels_of(image):
    mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    normalised = (np.asarray(image, np.float32) / 255 - mean) / deviation
    return torch.from_numpy(normalised).permute(2, 0, 1)[None].contiguous()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = Conformer(SIZES).eval()
    randomise(model)
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint = {"epoch": 1, "state_dict": state, "best_map": 0.0}
    torch.save(checkpoint, HERE / "conformer_reference.pth")
    image = Image.open(HERE / "input.png").convert("RGB")
    outputs = {}
    for prefix, picture in (("square", image), ("oblong", image.crop(OBLONG))):
        pixels = pixels_of(picture)
        for name, tensor in (dict(pixel_values=pixels) | model(pixels)).items():
            outputs[f"{prefix}.{name}"] = tensor.contiguous()
    save_file(outputs, HERE / "conformer_reference_outputs.safetensors")


if __name__ == "__main__":
    main()
