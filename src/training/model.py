#!/usr/bin/env python3
"""Mask2Former in plain PyTorch, with an exit after every encoder layer, under Hugging Face's parameter names.

    python3 src/training/model.py CHECKPOINT EXPECTED.safetensors [--tolerance X] [--json]

compares what the network gives for stored inputs (caseN.pixel_values) with stored outputs, as `ecom2f verify` does with
compiled graphs: the same names, the same JSON, exit code 0 (equal), 1 (different) or 2 (bad input).

In this file: the safetensors format, layers, the backbones MobileNetV2, Swin and ResNet, pixel decoder, masked decoder,
loading and saving Hugging Face's layout, and that comparison. Dropout and drop path are not applied; ResNet's batch norm is
frozen, statistics and scale, for the batches of detection are too small to estimate them. Needs PyTorch 1.13 or newer, and numpy.
"""
import argparse
import functools
import json
import math
import os
import re
import struct
import sys
import zipfile
from typing import Dict, List, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from json_file import read_json

TOLERANCE = 5e-4  # the reference's own rounding is up to 4e-5 in mask logits; more than this is a mistake (as in ecom2f verify)
POINTS = 4        # samples of a head per level
LEVELS = 3        # strides 32, 16, 8, in this order
LABELS_AT_MOST = 65536


class CheckpointError(Exception):
    """A file of a checkpoint that is missing, broken, or does not fit; the message says which and why."""


# ---------------------------------------------------------------------------------------------------------------------
# The safetensors format: 8 bytes little-endian length, that many bytes of JSON (name -> dtype, shape, data_offsets), data.

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
HEADER_AT_MOST = 100_000_000  # the reference implementation's limit


def read_safetensors(path):
    """Every tensor by name, in the type that it is stored in. Nothing of the header is believed before it is checked."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < 8:
                raise CheckpointError(f"{path}: {size} bytes are too few for a safetensors file.")
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size - 8, HEADER_AT_MOST):
                raise CheckpointError(f"{path}: the header claims {length} bytes; the file has {size - 8} after its length and the limit is {HEADER_AT_MOST}.")
            entries = _parse_header(file.read(length), path, size - 8 - length)
            tensors = {}
            for name, dtype, shape, begin, end in entries:  # in the order of the file, without gaps
                data = bytearray(file.read(end - begin))
                if len(data) != end - begin:
                    raise CheckpointError(f"{path}: ends within tensor '{name}'.")
                tensors[name] = (torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)).reshape(shape)
            return tensors
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}.") from error


def _parse_header(data, path, available):
    def unique(pairs):
        names = set()
        for name, _ in pairs:
            if name in names:
                raise CheckpointError(f"{path}: '{name}' occurs twice in the header.")
            names.add(name)
        return dict(pairs)

    def whole(value):
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62

    try:
        header = json.loads(data.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: the header is not JSON: {error}.") from error
    if not isinstance(header, dict):
        raise CheckpointError(f"{path}: the header is not a JSON object.")
    entries = []
    for name, entry in header.items():
        if name == "__metadata__":
            if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
                raise CheckpointError(f"{path}: __metadata__ is not an object of strings.")
            continue
        if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str) or not isinstance(entry.get("shape"), list) \
                or not isinstance(entry.get("data_offsets"), list) or len(entry["data_offsets"]) != 2:
            raise CheckpointError(f"{path}: tensor '{name}' needs dtype (string), shape (array) and data_offsets (two numbers).")
        if entry["dtype"] not in DTYPES:
            raise CheckpointError(f"{path}: tensor '{name}' has the dtype '{entry['dtype'][:40]}'; read are {', '.join(DTYPES)}.")
        shape, (begin, end) = entry["shape"], entry["data_offsets"]
        if len(shape) > 16 or not all(whole(number) for number in (*shape, begin, end)):
            raise CheckpointError(f"{path}: tensor '{name}': shape and data_offsets must be whole numbers from 0 up, of at most 16 dimensions.")
        if begin > end or end > available:
            raise CheckpointError(f"{path}: tensor '{name}' lies at bytes {begin} to {end}, outside the {available} bytes of data.")
        dtype = DTYPES[entry["dtype"]]
        needed = math.prod(shape) * torch.empty(0, dtype=dtype).element_size()
        if needed != end - begin:
            raise CheckpointError(f"{path}: tensor '{name}' of shape {shape} needs {needed} bytes but has {end - begin}.")
        entries.append((name, dtype, shape, begin, end))
    entries.sort(key=lambda entry: entry[3:])
    position = 0
    for name, _, _, begin, end in entries:
        if begin != position:
            raise CheckpointError(f"{path}: tensor '{name}' starts at byte {begin} of the data; {position} was expected (tensors neither overlap nor leave gaps).")
        position = end
    if position != available:
        raise CheckpointError(f"{path}: {available - position} bytes follow the last tensor.")
    return entries


def write_safetensors(path, tensors):
    """Every tensor as F32, sorted by name; the header is padded with spaces to a multiple of 8 bytes."""
    header, parts, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        if not tensor.is_floating_point():
            raise CheckpointError(f"{path}: tensor '{name}' is of type {tensor.dtype}; only floating-point ones are written.")
        data = tensor.to("cpu", torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    _write(path, [struct.pack("<Q", len(text)), text, *parts])


def _write(path, parts):
    """Under a temporary name first, so that no half-written file is ever found."""
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


# ---------------------------------------------------------------------------------------------------------------------
# Layers


class LayerNorm(nn.LayerNorm):
    """In fp32 under autocast too: residual streams are kept in fp32."""

    def forward(self, x):
        return super().forward(x.float())


class GroupNorm(nn.GroupNorm):
    """In fp32 under autocast too."""

    def forward(self, x):
        return super().forward(x.float())


class FrozenBatchNorm(nn.Module):
    """Batch norm whose scale and statistics never change: buffers, no parameters."""

    def __init__(self, channels):
        super().__init__()
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    def affine(self):
        """Scale and shift that it amounts to, [C] each."""
        scale = self.weight * (self.running_var + 1e-5).rsqrt()
        return scale, self.bias - self.running_mean * scale


class ConvNorm(nn.Module):
    """Convolution and frozen batch norm as one convolution: no pass over the map for the norm."""

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.normalization = FrozenBatchNorm(outputs)

    def forward(self, x):
        scale, shift = self.normalization.affine()
        return F.conv2d(x, self.convolution.weight * scale[:, None, None, None], shift, self.convolution.stride, self.convolution.padding)


def relu6(x):
    """PyTorch 1 has no gradient of relu6 for bf16 on the CPU."""
    return x.clamp(0, 6) if x.dtype == torch.bfloat16 and torch.__version__.startswith("1.") else F.relu6(x, inplace=True)


def fp32(device):
    """A context in which nothing is cast down."""
    return torch.autocast(device.type, enabled=False)


@functools.lru_cache(maxsize=64)
def sine_position(height, width, channels, device):
    """DETR's normalised sine embedding [1, H*W, C]: the first half of the channels tells the row, the second the column."""
    with torch.inference_mode(False), torch.no_grad(), fp32(device):
        half = channels // 2
        index = torch.arange(half, device=device)
        period = 10000.0 ** (2 * (index // 2) / half)

        def waves(count):  # [count, C/2]: sine at even channels, cosine at odd ones; a pair shares its frequency
            turns = torch.arange(1, count + 1, device=device) / (count + 1e-6) * (2 * math.pi)
            angle = turns[:, None] / period
            return torch.where(index % 2 == 0, angle.sin(), angle.cos())

        rows = waves(height)[:, None].expand(height, width, half)
        columns = waves(width)[None].expand(height, width, half)
        return torch.cat([rows, columns], 2).reshape(1, height * width, channels)


@functools.lru_cache(maxsize=64)
def sampling_grid(sizes, device):
    """Each token's own place [2, N] (x, y) and the step of one pixel of each level [L, 1, 2, 1], in grid_sample's -1 to 1."""
    with torch.inference_mode(False), torch.no_grad(), fp32(device):
        places = []
        for height, width in sizes:
            y = (torch.arange(height, device=device) + 0.5) / height * 2 - 1
            x = (torch.arange(width, device=device) + 0.5) / width * 2 - 1
            places.append(torch.stack([x.expand(height, width), y[:, None].expand(height, width)]).flatten(1))
        steps = torch.tensor([[2 / width, 2 / height] for height, width in sizes], device=device)
        return torch.cat(places, 1), steps[:, None, :, None]


# ---------------------------------------------------------------------------------------------------------------------
# Backbones: pixel_values [B, 3, H, W] -> four maps, strides 4, 8, 16, 32


class MobileNetV2(nn.Module):
    """arXiv 1801.04381 with batch norm folded into the convolutions; ReLU6 after all but a block's last."""

    # expansion, channels, blocks of each group; blocks that halve the resolution are the configuration's
    GROUPS = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))

    def __init__(self, keys, expand_first=False):
        super().__init__()
        keys.require("folded_batch_norm", True, absent=False)
        keys.require("activation", "relu6", absent="relu6")
        keys.require("feature_strides", [4, 8, 16, 32], absent=[4, 8, 16, 32])
        multiplier = keys.number("depth_multiplier", 1.0, 0.1, 4.0)
        self.outputs = keys.ints("out_blocks", [2, 5, 12, 16], 4, 0, 16)
        halving = keys.ints("stride_2_blocks", [1, 3, 6, 13], 4, 0, 16)
        self.channels = keys.ints("channels", [24, 32, 96, 320], 4, 1, 65536)
        if any(halving[i] > self.outputs[i] or (i < 3 and halving[i + 1] <= self.outputs[i]) for i in range(4)):
            raise keys.error("out_blocks", "four blocks, each after its own and before the next of stride_2_blocks")
        width = self._round(32 * multiplier)
        self.stem = nn.Conv2d(3, width, 3, 2, 1)
        self.blocks = nn.ModuleList()
        for expansion, outputs, count in self.GROUPS:
            for _ in range(count):
                stride = 2 if len(self.blocks) in halving else 1
                block = InvertedResidual(width, expansion, self._round(outputs * multiplier), stride, len(self.blocks) > 0 or expand_first)
                width = block.project.out_channels
                self.blocks.append(block)
        found = [self.blocks[block].project.out_channels for block in self.outputs]
        if found != self.channels:
            raise keys.error("channels", f"{found}, which depth_multiplier and out_blocks give")

    @staticmethod
    def _round(channels):
        """To a multiple of 8, never down by more than a tenth: the paper's own rule."""
        rounded = max(8, int(channels + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * channels else rounded

    def forward(self, x):
        x, maps = relu6(self.stem(x)), []
        for index, block in enumerate(self.blocks[:self.outputs[-1] + 1]):
            x = block(x)
            if index in self.outputs:
                maps.append(x)
        return maps


class InvertedResidual(nn.Module):
    def __init__(self, inputs, expansion, outputs, stride, expand):
        super().__init__()
        inner = inputs * expansion
        self.expand = nn.Conv2d(inputs, inner, 1) if expand else None
        self.depthwise = nn.Conv2d(inner, inner, 3, stride, 1, groups=inner)
        self.project = nn.Conv2d(inner, outputs, 1)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        inner = x if self.expand is None else relu6(self.expand(x))
        inner = self.project(relu6(self.depthwise(inner)))
        return x + inner if self.adds else inner


class ResNet(nn.Module):
    """arXiv 1512.03385, basic or bottleneck blocks, batch norm frozen."""

    def __init__(self, keys):
        super().__init__()
        keys.require("hidden_act", "relu", absent="relu")
        keys.require("num_channels", 3, absent=3)
        keys.require("downsample_in_first_stage", False, absent=False)  # or strides would be 8 to 64
        keys.require_all_stages()
        kind = keys.choice("layer_type", "bottleneck", ("basic", "bottleneck"))
        early = keys.choice("downsample_in_bottleneck", False, (False, True))
        depths = keys.ints("depths", [3, 4, 6, 3], 4, 1, 256)
        self.channels = keys.ints("hidden_sizes", [256, 512, 1024, 2048], 4, 1, 65536)
        if kind == "bottleneck" and any(channels % 4 for channels in self.channels):
            raise keys.error("hidden_sizes", "multiples of 4, for a bottleneck has a quarter of the channels inside")
        width = keys.int("embedding_size", 64, 1, 65536)
        self.embedder = nn.ModuleDict({"embedder": ConvNorm(3, width, 7, 2)})
        stages = nn.ModuleList()
        for stage, (channels, depth) in enumerate(zip(self.channels, depths)):
            layers = nn.ModuleList()
            for block in range(depth):
                layers.append(ResNetBlock(width, channels, 2 if stage > 0 and block == 0 else 1, kind, early))
                width = channels
            stages.append(nn.ModuleDict({"layers": layers}))
        self.encoder = nn.ModuleDict({"stages": stages})

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.embedder["embedder"](x), inplace=True), 3, 2, 1)
        maps = []
        for stage in self.encoder["stages"]:
            for block in stage["layers"]:
                x = block(x)
            maps.append(x)
        return maps


class ResNetBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, kind, early):
        super().__init__()
        if kind == "basic":
            layers = [ConvNorm(inputs, outputs, 3, stride), ConvNorm(outputs, outputs, 3)]
        else:  # the resolution halves in the 3x3, or early in the first 1x1
            first, second = (stride, 1) if early else (1, stride)
            inner = outputs // 4
            layers = [ConvNorm(inputs, inner, 1, first), ConvNorm(inner, inner, 3, second), ConvNorm(inner, outputs, 1)]
        self.layer = nn.ModuleList(layers)
        self.shortcut = ConvNorm(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else None

    def forward(self, x):
        residual = x if self.shortcut is None else self.shortcut(x)
        for index, layer in enumerate(self.layer):
            x = layer(x if index == 0 else F.relu(x, inplace=True))
        return F.relu(x + residual, inplace=True)


class Swin(nn.Module):
    """arXiv 2103.14030 as Hugging Face's backbone runs it: windows keep their size on maps smaller than they are."""

    def __init__(self, keys):
        super().__init__()
        keys.require("hidden_act", "gelu", absent="gelu")
        keys.require("use_absolute_embeddings", False, absent=False)  # tied to one image size
        keys.require("num_channels", 3, absent=3)
        keys.require("patch_size", 4, absent=4)
        keys.require_all_stages()
        width = keys.int("embed_dim", 96, 1, 8192)
        depths = keys.ints("depths", [2, 2, 6, 2], 4, 1, 256)
        heads = keys.ints("num_heads", [3, 6, 12, 24], 4, 1, 128)
        window = keys.int("window_size", 7, 1, 24)
        ratio = keys.number("mlp_ratio", 4.0, 0.01, 64)
        bias = keys.choice("qkv_bias", True, (False, True))
        eps = keys.number("layer_norm_eps", 1e-5, 1e-12, 0.1)
        self.channels = [width << stage for stage in range(4)]
        if any(channels % count for channels, count in zip(self.channels, heads)):
            raise keys.error("num_heads", f"divisors of the stages' channels, {self.channels}")
        self.embeddings = nn.ModuleDict({
            "patch_embeddings": nn.ModuleDict({"projection": nn.Conv2d(3, width, 4, 4)}), "norm": LayerNorm(width)})
        layers = nn.ModuleList()
        for stage, channels in enumerate(self.channels):
            blocks = nn.ModuleList(SwinBlock(channels, heads[stage], window, block % 2 * (window // 2), int(ratio * channels), bias, eps)
                                   for block in range(depths[stage]))
            layers.append(nn.ModuleDict({"blocks": blocks}))
            if stage < 3:
                layers[-1]["downsample"] = PatchMerging(channels)
        self.encoder = nn.ModuleDict({"layers": layers})
        self.hidden_states_norms = nn.ModuleDict({f"stage{stage + 1}": LayerNorm(channels) for stage, channels in enumerate(self.channels)})

    def forward(self, x):
        x = self.embeddings["patch_embeddings"]["projection"](x).permute(0, 2, 3, 1)        # [B, H/4, W/4, C]
        x, maps = self.embeddings["norm"](x), []
        for stage, layer in enumerate(self.encoder["layers"]):
            for block in layer["blocks"]:
                x = block(x)
            maps.append(self.hidden_states_norms[f"stage{stage + 1}"](x).permute(0, 3, 1, 2))
            if "downsample" in layer:
                x = layer["downsample"](x)
        return maps


class PatchMerging(nn.Module):
    """Squares of 2x2 tokens become one of twice the width; an odd map gets a row or column of zeros."""

    def __init__(self, channels):
        super().__init__()
        self.norm = LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x):                                                                   # [B, H, W, C]
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        x = torch.cat([x[:, down::2, right::2] for right in (0, 1) for down in (0, 1)], -1)  # [B, H/2, W/2, 4C]
        return self.reduction(self.norm(x))


class SwinBlock(nn.Module):
    def __init__(self, channels, heads, window, shift, inner, bias, eps):
        super().__init__()
        self.layernorm_before = LayerNorm(channels, eps)
        self.attention = nn.ModuleDict({
            "self": WindowAttention(channels, heads, window, shift, bias),
            "output": nn.ModuleDict({"dense": nn.Linear(channels, channels)})})
        self.layernorm_after = LayerNorm(channels, eps)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(channels, inner)})
        self.output = nn.ModuleDict({"dense": nn.Linear(inner, channels)})

    def forward(self, x):                                                                   # [B, H, W, C]
        x = x + self.attention["output"]["dense"](self.attention["self"](self.layernorm_before(x)))
        hidden = F.gelu(self.intermediate["dense"](self.layernorm_after(x)))
        return x + self.output["dense"](hidden)


class WindowAttention(nn.Module):
    def __init__(self, channels, heads, window, shift, bias):
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.query = nn.Linear(channels, channels, bias=bias)
        self.key = nn.Linear(channels, channels, bias=bias)
        self.value = nn.Linear(channels, channels, bias=bias)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        place = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        away = place[:, :, None] - place[:, None] + window - 1                              # [2, tokens, tokens]
        self.register_buffer("distance", away[0] * (2 * window - 1) + away[1], persistent=False)

    def forward(self, x):                                                                   # [B, H, W, C]
        batch, height, width, channels = x.shape
        w, shift, tokens = self.window, self.shift, self.window ** 2
        padded_height, padded_width = -(-height // w) * w, -(-width // w) * w
        x = F.pad(x, (0, 0, 0, padded_width - width, 0, padded_height - height))
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        down, across = padded_height // w, padded_width // w
        x = x.view(batch, down, w, across, w, channels).transpose(2, 3).reshape(-1, tokens, channels)

        def split(y):                                                                       # [B*windows, heads, tokens, c]
            return y.view(-1, tokens, self.heads, channels // self.heads).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = (query * (channels // self.heads) ** -0.5) @ key.transpose(2, 3)
        bias = self.relative_position_bias_table[self.distance].permute(2, 0, 1)            # [heads, tokens, tokens]
        if shift:
            mask = window_mask(padded_height, padded_width, w, shift, x.device)             # [windows, 1, tokens, tokens]
            scores = (scores.view(batch, -1, self.heads, tokens, tokens) + (bias + mask)).view(-1, self.heads, tokens, tokens)
        else:
            scores = scores + bias
        x = (scores.softmax(-1).to(value.dtype) @ value).transpose(1, 2).reshape(batch, down, across, w, w, channels)
        x = x.transpose(2, 3).reshape(batch, padded_height, padded_width, channels)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return x[:, :height, :width]


@functools.lru_cache(maxsize=64)
def window_mask(height, width, window, shift, device):
    """Rolling brings together what is far apart: -100 (Hugging Face's) between tokens of different regions."""
    with torch.inference_mode(False), torch.no_grad():
        def region(count):  # 0 before the last window, 1 in it, 2 in what came from the other side
            place = torch.arange(count, device=device)
            return (place >= count - window).long() + (place >= count - shift).long()

        regions = region(height)[:, None] * 3 + region(width)
        regions = regions.view(height // window, window, width // window, window).transpose(1, 2).reshape(-1, 1, 1, window ** 2)
        return torch.where(regions == regions.transpose(2, 3), 0.0, -100.0)


# ---------------------------------------------------------------------------------------------------------------------
# Pixel decoder


class DeformableAttention(nn.Module):
    """arXiv 2010.04159: each token looks at 4 places on each of 3 levels, per head."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.sampling_offsets = nn.Linear(width, heads * LEVELS * POINTS * 2)
        self.attention_weights = nn.Linear(width, heads * LEVELS * POINTS)
        self.value_proj = nn.Linear(width, width)
        self.output_proj = nn.Linear(width, width)

    def forward(self, tokens, position, sizes):                                             # [B, N, d], [1, N, d]
        (batch, count, width), heads = tokens.shape, self.heads
        value = self._channels_first(tokens, self.value_proj.weight, self.value_proj.bias)  # [B, d, N]
        with fp32(tokens.device):  # half a pixel matters, and bf16 has 8 bits
            weight = torch.cat([self.sampling_offsets.weight, self.attention_weights.weight])
            bias = torch.cat([self.sampling_offsets.bias, self.attention_weights.bias])
            projected = self._channels_first(tokens.float() + position, weight, bias)       # [B, heads*levels*points*3, N]
            offsets, logits = projected.split([len(self.sampling_offsets.bias), len(self.attention_weights.bias)], 1)
            places, steps = sampling_grid(sizes, tokens.device)
            grid = torch.addcmul(places, offsets.view(batch, heads, LEVELS, POINTS, 2, count), steps)
            logits = logits.reshape(batch * heads, LEVELS, POINTS, count)
            sampled = Sampling.apply(value.float().view(batch * heads, -1, count), grid.flatten(0, 1), logits, sizes)
        return self.output_proj(sampled.view(batch, width, count).transpose(1, 2))

    @staticmethod
    def _channels_first(tokens, weight, bias):
        """A linear layer whose output is [B, out, N]: planes are what sampling reads, and no copy turns tokens into them."""
        return torch.baddbmm(bias[:, None], weight.expand(len(tokens), -1, -1), tokens.transpose(1, 2))


class Sampling(torch.autograd.Function):
    """Softmax of the weights, bilinear sampling, weighted sum. Written by hand because what autograd would record is memory
    traffic: of the large products [b, c, points, N] (b = B*heads) one per level is kept, and one buffer serves all gradients."""

    @staticmethod
    def forward(ctx, value, grid, logits, sizes):
        """value [b, c, N], grid [b, levels, points, 2, N], logits [b, levels, points, N] -> [b, c, N]."""
        weights = logits.flatten(1, 2).softmax(1).view_as(logits)                           # over levels and points together
        total, kept = None, []
        for level, plane in enumerate(Sampling.planes(value, sizes)):
            sampled = F.grid_sample(plane, grid[:, level].transpose(2, 3), align_corners=False)
            kept.append(sampled.mul_(weights[:, None, level]))
            total = kept[0].sum(2) if total is None else total.add_(kept[level].sum(2))
        ctx.save_for_backward(value, grid, weights, *kept)
        ctx.sizes = sizes
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        value, grid, weights, *kept = ctx.saved_tensors
        gradient = gradient[:, :, None]                                                     # [b, c, 1, N]
        to_value, to_grid, to_logits, buffer = [], torch.empty_like(grid), torch.empty_like(weights), torch.empty_like(kept[0])
        for level, plane in enumerate(Sampling.planes(value, ctx.sizes)):
            torch.sum(torch.mul(kept[level], gradient, out=buffer), 1, out=to_logits[:, level])
            torch.mul(gradient, weights[:, None, level], out=buffer)
            to_plane, to_places = torch.ops.aten.grid_sampler_2d_backward(
                buffer, plane, grid[:, level].transpose(2, 3), 0, 0, False, (True, True))   # bilinear, zeros, align_corners=False
            to_value.append(to_plane.flatten(2))
            to_grid[:, level] = to_places.transpose(2, 3)
        # kept holds weight times sample, so the sums so far are what softmax's gradient starts from: weight times its gradient
        to_logits -= weights * to_logits.sum((1, 2), keepdim=True)
        return torch.cat(to_value, 2), to_grid, to_logits, None

    @staticmethod
    def planes(value, sizes):                                                               # per level [b, c, H, W]
        parts = value.split([height * width for height, width in sizes], 2)
        return [part.unflatten(2, size) for part, size in zip(parts, sizes)]


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.self_attn = DeformableAttention(width, heads)
        self.self_attn_layer_norm = LayerNorm(width)
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)
        self.final_layer_norm = LayerNorm(width)

    def forward(self, x, position, sizes):                                                  # [B, N, d]
        x = self.self_attn_layer_norm(x + self.self_attn(x, position, sizes))
        return self.final_layer_norm(x + self.fc2(F.relu(self.fc1(x))))


class PixelDecoder(nn.Module):
    def __init__(self, channels, width, mask_width, layers, heads, inner):
        super().__init__()
        self.input_projections = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, width, 1), GroupNorm(32, width)) for inputs in reversed(channels[1:]))
        self.level_embed = nn.Parameter(torch.empty(LEVELS, width))
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList(EncoderLayer(width, heads, inner) for _ in range(layers))})
        self.adapter_1 = nn.Sequential(nn.Conv2d(channels[0], width, 1, bias=False), GroupNorm(32, width))
        self.layer_1 = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), GroupNorm(32, width), nn.ReLU(inplace=True))
        self.mask_projection = nn.Conv2d(width, mask_width, 1)

    def tokens(self, maps):
        """Tokens [B, N, d] of strides 32, 16, 8 one after the other, their positions [1, N, d], and the maps' sizes."""
        projected = [projection(x) for projection, x in zip(self.input_projections, reversed(maps[1:]))]
        sizes = tuple(tuple(x.shape[2:]) for x in projected)
        width = projected[0].shape[1]
        position = [sine_position(*size, width, x.device) + self.level_embed[level] for level, (x, size) in enumerate(zip(projected, sizes))]
        return torch.cat([x.flatten(2).transpose(1, 2) for x in projected], 1), torch.cat(position, 1), sizes

    def encode(self, tokens, position, sizes, depth):
        """What each of the first layers gives: [B, N, d], depth times."""
        outputs = []
        for layer in self.encoder["layers"][:depth]:
            tokens = layer(tokens, position, sizes)
            outputs.append(tokens)
        return outputs

    def mask_features(self, encoder, res2, sizes):                                          # [B, dm, H/4, W/4]
        (height, width), (batch, _, channels) = sizes[-1], encoder.shape
        stride8 = encoder[:, -height * width:].transpose(1, 2).reshape(batch, channels, height, width)
        upsampled = F.interpolate(stride8, scale_factor=2, mode="bilinear", align_corners=False)
        return self.mask_projection(self.layer_1(self.adapter_1(res2) + upsampled))


# ---------------------------------------------------------------------------------------------------------------------
# Masked decoder


def attend(query, key, value, heads, blocked=None):
    """Scaled dot-product attention on [B, tokens, d]; blocked [B, 1, Q, M] is shared by all heads."""
    def split(x):                                                                           # [B, heads, tokens, c]
        return x.view(*x.shape[:2], heads, -1).transpose(1, 2)

    scores = split(query * (query.shape[2] // heads) ** -0.5) @ split(key).transpose(2, 3)  # [B, heads, Q, M]
    if blocked is not None:
        with torch.no_grad():  # unrecorded: softmax's gradient is zero where it gave zero, so nothing is left to mask on the way back
            scores.masked_fill_(blocked, -math.inf)
    return (scores.softmax(-1).to(value.dtype) @ split(value)).transpose(1, 2).flatten(2)


class CrossAttention(nn.Module):
    """Queries, keys and values are thirds of one fused weight."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, query, key, value, blocked):
        inputs = zip((query, key, value), self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3))
        return self.out_proj(attend(*(F.linear(x, weight, bias) for x, weight, bias in inputs), self.heads, blocked))


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, position):
        placed = x + position
        return self.out_proj(attend(self.q_proj(placed), self.k_proj(placed), self.v_proj(x), self.heads))


class MaskedLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.cross_attn = CrossAttention(width, heads)
        self.cross_attn_layer_norm = LayerNorm(width)
        self.self_attn = SelfAttention(width, heads)
        self.self_attn_layer_norm = LayerNorm(width)
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)
        self.final_layer_norm = LayerNorm(width)

    def forward(self, x, query_position, key, value, blocked):                              # [B, Q, d]
        x = self.cross_attn_layer_norm(x + self.cross_attn(x + query_position, key, value, blocked))
        x = self.self_attn_layer_norm(x + self.self_attn(x, query_position))
        return self.final_layer_norm(x + self.fc2(F.relu(self.fc1(x))))


class TransformerModule(nn.Module):
    """Queries look at one level after the other, each inside the mask that it predicted last."""

    def __init__(self, width, mask_width, queries, layers, heads, inner):
        super().__init__()
        self.queries_embedder = nn.Embedding(queries, width)
        self.queries_features = nn.Embedding(queries, width)
        self.level_embed = nn.Embedding(LEVELS, width)
        embedder = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(2))
        embedder.append(nn.Sequential(nn.Linear(width, mask_width)))
        self.decoder = nn.ModuleDict({
            "layers": nn.ModuleList(MaskedLayer(width, heads, inner) for _ in range(layers)),
            "layernorm": LayerNorm(width),
            "mask_predictor": nn.ModuleDict({"mask_embedder": embedder})})

    def forward(self, encoder, features, sizes, classify):
        """encoder [B, N, d], features [B, dm, H/4, W/4] -> class and mask logits before each layer and after the last."""
        levels = [height * width for height, width in sizes]
        memory = [x + self.level_embed.weight[level] for level, x in enumerate(encoder.split(levels, 1))]
        keys = [x + sine_position(*size, x.shape[2], x.device) for x, size in zip(memory, sizes)]
        with torch.no_grad(), fp32(features.device):  # resizing is linear: masks at a level's size come from features at that size
            small = [F.interpolate(features.float(), size=size, mode="bilinear", align_corners=False).flatten(2) for size in sizes]
        x = self.queries_features.weight.expand(len(encoder), -1, -1)                       # [B, Q, d]
        class_logits, mask_logits = [], []
        for index in range(len(self.decoder["layers"]) + 1):
            normal = embedding = self.decoder["layernorm"](x)
            class_logits.append(classify(normal))
            for layer in self.decoder["mask_predictor"]["mask_embedder"]:
                embedding = layer(embedding)
            with fp32(features.device):  # a mask's edge is where a sum of many products nearly cancels
                embedding = embedding.float()                                               # [B, Q, dm]
                mask_logits.append((embedding @ features.float().flatten(2)).unflatten(2, features.shape[2:]))
                if index == len(self.decoder["layers"]):
                    return class_logits, mask_logits
                with torch.no_grad():
                    blocked = embedding @ small[index % LEVELS] < 0                         # [B, Q, M]: sigmoid below a half
                    blocked &= ~blocked.all(-1, keepdim=True)                               # a query whose mask is empty looks everywhere
            level = index % LEVELS
            x = self.decoder["layers"][index](x, self.queries_embedder.weight, keys[level], memory[level], blocked[:, None])


# ---------------------------------------------------------------------------------------------------------------------
# The whole network


class ExitOutput(NamedTuple):
    """What one exit predicts; the last of each list is the prediction, the others are for deep supervision."""

    class_logits: List[torch.Tensor]  # [B, Q, C+1], the last class is "no object"
    mask_logits: List[torch.Tensor]   # [B, Q, H/4, W/4], fp32


class Mask2Former(nn.Module):
    """Built from a Hugging Face config.json (and so with fresh weights); exits are numbered from 1 to num_exits."""

    def __init__(self, config: dict, source="config.json", expand_first=False):
        super().__init__()
        keys = ConfigKeys(config, source)
        keys.require("model_type", "mask2former", absent="mask2former")
        keys.require("activation_function", "relu", absent="relu")
        keys.require("use_timm_backbone", False, absent=False)
        keys.require("pre_norm", False, absent=False)
        keys.require("enforce_input_projection", False, absent=False)
        keys.require("feature_strides", [4, 8, 16, 32], absent=[4, 8, 16, 32])
        keys.require("common_stride", 4, absent=4)
        width = keys.int("feature_size", 256, 32, 65536)
        mask_width = keys.int("mask_feature_size", 256, 1, 65536)
        heads = keys.int("num_attention_heads", 8, 1, 256)
        if width % 32:
            raise keys.error("feature_size", "a multiple of 32, for GroupNorm has 32 groups")
        if keys.int("hidden_dim", 256, 1, 65536) != width:
            raise keys.error("hidden_dim", f"the same as feature_size, {width}")
        if width % heads:
            raise keys.error("num_attention_heads", f"a divisor of hidden_dim, {width}")
        self.config = config
        self.labels = read_labels(keys)
        self.num_classes = len(self.labels)
        self.num_exits = keys.int("encoder_layers", 6, 1, 64)
        layers = keys.int("decoder_layers", 10, 2, 64) - 1  # Hugging Face counts the prediction before the first layer
        backbone = keys.inner("backbone_config")
        kind = backbone.choice("model_type", None, ("mobilenet_v2", "resnet", "swin"))
        encoder = MobileNetV2(backbone, expand_first) if kind == "mobilenet_v2" else ResNet(backbone) if kind == "resnet" else Swin(backbone)
        decoder = PixelDecoder(encoder.channels, width, mask_width, self.num_exits, heads, keys.int("encoder_feedforward_dim", 1024, 1, 65536))
        transformer = TransformerModule(
            width, mask_width, keys.int("num_queries", 100, 1, 4096), layers, heads, keys.int("dim_feedforward", 2048, 1, 65536))
        self.model = nn.ModuleDict({
            "pixel_level_module": nn.ModuleDict({"encoder": encoder, "decoder": decoder}), "transformer_module": transformer})
        self.class_predictor = nn.Linear(width, self.num_classes + 1)
        initialize(self)

    @property
    def backbone(self):
        return self.model["pixel_level_module"]["encoder"]

    @property
    def pixel_decoder(self):
        return self.model["pixel_level_module"]["decoder"]

    def forward(self, pixel_values, exits=None) -> Dict[int, ExitOutput]:
        """pixel_values [B, 3, H, W], normalised, H and W multiples of 32. The encoder runs once, the decoder once per exit."""
        exits = self.check(pixel_values, exits)
        res2, encoder, sizes = self.encode(pixel_values, max(exits))
        return {depth: ExitOutput(*self.decode(self.pixel_decoder.mask_features(encoder[depth - 1], res2, sizes), encoder[depth - 1], sizes))
                for depth in exits}

    def check(self, pixel_values, exits):
        height, width = pixel_values.shape[2:]
        if height % 32 or width % 32 or not height or not width:
            raise ValueError(f"pixel_values are {height} x {width}; height and width must be multiples of 32 above 0.")
        exits = (self.num_exits,) if exits is None else tuple(exits)
        if not exits or not all(1 <= depth <= self.num_exits for depth in exits):
            raise ValueError(f"exits are {exits}; allowed are numbers from 1 to {self.num_exits}.")
        return exits

    def encode(self, pixel_values, depth):
        """Stride-4 map [B, C, H/4, W/4], tokens [B, N, d] after each of the first layers, sizes of the three levels."""
        maps = self.backbone(pixel_values)
        tokens, position, sizes = self.pixel_decoder.tokens(maps)
        return maps[0], self.pixel_decoder.encode(tokens, position, sizes, depth), sizes

    def decode(self, features, encoder, sizes):
        return self.model["transformer_module"](encoder, features, sizes, self.class_predictor)


def initialize(model):
    """Fresh weights. Backbones get a start of their own; a trained one is far better (load_backbone, or load of a checkpoint)."""
    decoder, transformer = model.pixel_decoder, model.model["transformer_module"]
    for module in (decoder, transformer, model.class_predictor):
        for name, parameter in module.named_parameters():
            if parameter.dim() == 4:
                nn.init.kaiming_uniform_(parameter, a=1)  # as Xavier, by inputs
            elif "queries" in name or "level_embed" in name:
                nn.init.normal_(parameter)
            elif parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
    for layer in decoder.encoder["layers"]:
        attention = layer.self_attn
        for linear in (attention.sampling_offsets, attention.attention_weights):
            nn.init.zeros_(linear.weight)
        # Deformable DETR's start: heads look in directions around the circle, their points 1, 2, 3 and 4 pixels away
        angle = torch.arange(attention.heads) * (2 * math.pi / attention.heads)
        direction = torch.stack([angle.cos(), angle.sin()], 1)
        direction = direction / direction.abs().amax(1, keepdim=True)                       # [heads, 2], on a square
        offsets = direction[:, None, None] * torch.arange(1, POINTS + 1)[:, None]           # [heads, 1, points, 2]
        with torch.no_grad():
            attention.sampling_offsets.bias.copy_(offsets.expand(-1, LEVELS, -1, -1).flatten())
    nn.init.normal_(model.class_predictor.weight, std=0.01)
    with torch.no_grad():  # "no object" as probable as all classes together: most queries match nothing
        model.class_predictor.bias[-1] = math.log(model.num_classes)
    backbone = model.backbone
    for module in backbone.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, WindowAttention):
            nn.init.trunc_normal_(module.relative_position_bias_table, std=0.02)
    # No norm holds back the sum of residual branches (MobileNetV2's is folded, ResNet's frozen), so they start small.
    branches = [block.project for block in getattr(backbone, "blocks", []) if block.adds]
    branches += [block.layer[-1].convolution for block in backbone.modules() if isinstance(block, ResNetBlock)]
    with torch.no_grad():
        for convolution in branches:
            convolution.weight.mul_(len(branches) ** -0.5)


# ---------------------------------------------------------------------------------------------------------------------
# Configurations and checkpoints


class ConfigKeys:
    """Reads a JSON object's keys; what is wrong is told with the key, what was found, and what is allowed."""

    def __init__(self, values, source, path=""):
        if not isinstance(values, dict):
            raise CheckpointError(f"{source}: {path[:-1] or 'the file'} is not an object.")
        self.values, self.source, self.path = values, source, path

    def error(self, key, allowed):
        found = json.dumps(self.values[key], default=str)[:100] if key in self.values else "absent"
        return CheckpointError(f"{self.source}: '{self.path}{key}' is {found}; allowed: {allowed}.")

    def get(self, key, absent):
        value = self.values.get(key)
        return absent if value is None else value

    def require(self, key, value, absent):
        found = self.get(key, absent)
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            raise self.error(key, json.dumps(value))

    def choice(self, key, absent, allowed):
        value = self.get(key, absent)
        if not any(value == known and type(value) is type(known) for known in allowed):
            raise self.error(key, ", ".join(json.dumps(known) for known in allowed))
        return value

    def int(self, key, absent, low, high):
        value = self.get(key, absent)
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"a whole number from {low} to {high}")
        return value

    def number(self, key, absent, low, high):
        value = self.get(key, absent)
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.error(key, f"a number from {low:g} to {high:g}")
        return value

    def ints(self, key, absent, count, low, high):
        value = self.get(key, absent)
        if not isinstance(value, list) or len(value) != count or not all(type(number) is int and low <= number <= high for number in value):
            raise self.error(key, f"{count} whole numbers from {low} to {high}")
        return value

    def inner(self, key):
        if not isinstance(self.values.get(key), dict):
            raise self.error(key, "an object with model_type")
        return ConfigKeys(self.values[key], self.source, f"{self.path}{key}.")

    def require_all_stages(self):
        """The decoder reads all four maps."""
        stages = ["stage1", "stage2", "stage3", "stage4"]
        self.require("out_features", stages, absent=stages)
        self.require("out_indices", [1, 2, 3, 4], absent=[1, 2, 3, 4])


def read_labels(keys):
    """id2label as a list; an index without a name is called LABEL_ and its number, as in Hugging Face."""
    labels = keys.values.get("id2label")
    if not isinstance(labels, dict) or not labels:
        raise keys.error("id2label", "an object with a name for each label index")
    names = {}
    for key, name in labels.items():
        if not str(key).isdecimal() or int(key) >= LABELS_AT_MOST or int(key) in names or not isinstance(name, str) or not name:
            raise keys.error("id2label", f"each index from 0 to {LABELS_AT_MOST - 1} at most once, with a name; '{key}' is not")
        names[int(key)] = name
    return [names.get(index, f"LABEL_{index}") for index in range(max(names) + 1)]


def read_weights(folder):
    """The tensors of a checkpoint, in one file or in shards."""
    single, index = os.path.join(folder, "model.safetensors"), os.path.join(folder, "model.safetensors.index.json")
    if os.path.exists(single):
        return read_safetensors(single)
    if not os.path.exists(index):
        raise CheckpointError(f"{folder} has neither model.safetensors nor model.safetensors.index.json.")
    parts = read_json(index, CheckpointError)
    parts = parts.get("weight_map") if isinstance(parts, dict) else None
    if not isinstance(parts, dict) or not all(isinstance(part, str) and part == os.path.basename(part) and part not in ("", ".", "..") for part in parts.values()):
        raise CheckpointError(f"{index}: a weight_map of tensor names to files of the folder was expected.")
    tensors = {}
    for part in sorted(set(parts.values())):
        tensors.update(read_safetensors(os.path.join(folder, part)))
    missing = sorted(set(parts) - set(tensors))
    if missing:
        raise CheckpointError(f"{index}: tensor '{missing[0]}' is in none of the shards.")
    return tensors


ENCODER = "model.pixel_level_module.encoder."
IGNORED = re.compile(r"^criterion\.|\.relative_position_index$|num_batches_tracked$|swin\.layernorm\.|^" + re.escape(ENCODER) + r"layernorm\.")


def plain_names(tensors):
    """Without the wrappers that libraries put around a backbone, and without what is computed or belongs to the loss."""
    names = {}
    for name, tensor in tensors.items():
        if IGNORED.search(name):
            continue
        name = re.sub("^" + re.escape(ENCODER) + r"(model|swin|resnet|_backbone)\.", ENCODER, name)
        name = re.sub(r"hidden_states_norms\.(\d)\.", lambda match: f"hidden_states_norms.stage{int(match[1]) + 1}.", name)
        names[name] = tensor
    return names


def load(folder, labels=None, fresh=()) -> Mask2Former:
    """A checkpoint in Hugging Face's layout, in fp32 on the CPU.

    labels: class names of the model wanted, where they are not the checkpoint's; the class predictor keeps the rows of names
    that both have, and the others start fresh. fresh: beginnings of names whose weights start fresh too, whatever the file has.
    """
    source = os.path.join(folder, "config.json")
    config, tensors = read_json(source, CheckpointError), plain_names(read_weights(folder))
    model = Mask2Former(config, source, expand_first=ENCODER + "blocks.0.expand.weight" in tensors)
    if labels is not None and list(labels) != model.labels:
        old, config = model.labels, {**config, "id2label": {str(i): name for i, name in enumerate(labels)}, "label2id": {name: i for i, name in enumerate(labels)}}
        kept = [(new, old.index(name)) for new, name in enumerate(labels) if name in old] + [(len(labels), len(old))]
        model = Mask2Former(config, source, expand_first=ENCODER + "blocks.0.expand.weight" in tensors)
        for part, untrained in (("weight", model.class_predictor.weight), ("bias", model.class_predictor.bias)):
            stored = tensors.get(f"class_predictor.{part}")
            if stored is None or len(stored) != len(old) + 1:
                raise CheckpointError(f"{folder}: class_predictor.{part} must have {len(old) + 1} rows, one per label of config.json and one for no object.")
            rows = untrained.detach().clone()
            for new, row in kept:
                rows[new] = stored[row].float()
            tensors[f"class_predictor.{part}"] = rows
    for beginning in fresh:
        anew = {name: tensor for name, tensor in model.state_dict().items() if name.startswith(beginning)}
        if not anew:
            raise CheckpointError(f"{folder} has no weight whose name begins with '{beginning}'.")
        tensors.update(anew)
    fill(model, tensors, folder)
    return model


def fill(model, tensors, folder):
    """Every parameter and buffer from tensors of its name; a missing key, a surplus one or another shape is an error."""
    wanted = model.state_dict()
    missing, surplus = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing:
        raise CheckpointError(f"{folder} lacks the key '{missing[0]}' that its config.json calls for ({len(missing)} keys are missing).")
    if surplus:
        raise CheckpointError(f"{folder} has {len(surplus)} key(s) that belong to no part of the network: {', '.join(surplus[:5])}.")
    for name, tensor in wanted.items():
        if tensor.shape != tensors[name].shape:
            raise CheckpointError(f"{folder}: key '{name}' has shape {list(tensors[name].shape)}; by config.json {list(tensor.shape)} was expected.")
    model.load_state_dict({name: tensors[name].float() for name in wanted})


def load_backbone(model, path):
    """Gives a MobileNetV2 backbone the weights of an .npz file, in one of two layouts: conv0.w, b1.exp.w ... with batch norm
    folded already (DeepLab's), or GluonCV's with batch norm beside each convolution, which is folded here."""
    backbone = model.backbone
    if not isinstance(backbone, MobileNetV2):
        raise CheckpointError(f"{path}: backbone weights in .npz files are read for mobilenet_v2 only; the model has {type(backbone).__name__}.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: torch.from_numpy(file[name]).float() for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} is not a readable .npz file: {error}.") from error
    read = _gluon if "linearbottleneck0_conv0_weight" in arrays else _deeplab
    try:
        weights = dict(read(arrays, len(backbone.blocks)))
    except KeyError as error:
        raise CheckpointError(f"{path} lacks the array {error}.") from error
    first = backbone.blocks[0]
    if "blocks.0.expand.weight" in weights and first.expand is None:  # GluonCV's first block has a 1x1 convolution that others leave out
        first.expand = nn.Conv2d(first.depthwise.in_channels, first.depthwise.in_channels, 1).to(first.depthwise.weight)
    fill(backbone, weights, path)


def _deeplab(arrays, blocks):
    parts = {"exp": "expand", "dw": "depthwise", "proj": "project"}
    for part, kind in (("w", "weight"), ("b", "bias")):
        yield f"stem.{kind}", arrays[f"conv0.{part}"]
        for block in range(blocks):
            for short, name in parts.items():
                if block > 0 or short != "exp":
                    yield f"blocks.{block}.{name}.{kind}", arrays[f"b{block}.{short}.{part}"]


def _gluon(arrays, blocks):
    def fold(conv, norm, name):
        scale = arrays[norm + "_gamma"] * (arrays[norm + "_running_var"] + 1e-5).rsqrt()
        yield f"{name}.weight", arrays[conv + "_weight"] * scale[:, None, None, None]
        yield f"{name}.bias", arrays[norm + "_beta"] - arrays[norm + "_running_mean"] * scale

    yield from fold("conv0", "batchnorm0", "stem")
    for block in range(blocks):
        for index, name in enumerate(("expand", "depthwise", "project")):
            prefix = f"linearbottleneck{block}"
            yield from fold(f"{prefix}_conv{index}", f"{prefix}_batchnorm{index}", f"blocks.{block}.{name}")


def save(folder, model, *, preprocessor: dict, sidecar: dict):
    """Writes the four files that `ecom2f compile` reads, each under a temporary name first.

    preprocessor: what preprocessor_config.json holds. sidecar: what ecom2f.json holds: classes (id, name, isthing, color),
    postprocessing, licence, provenance. Gates are left out whatever it says: they were fitted to another parent's features.
    """
    sidecar = {key: value for key, value in sidecar.items() if key != "gates"}
    check_sidecar(sidecar, model)
    check_preprocessor(preprocessor)
    os.makedirs(folder, exist_ok=True)
    write_safetensors(os.path.join(folder, "model.safetensors"), model.state_dict())
    for name, content in (("config.json", model.config), ("preprocessor_config.json", preprocessor), ("ecom2f.json", sidecar)):
        _write(os.path.join(folder, name), [json.dumps(content, indent=1, ensure_ascii=False).encode(), b"\n"])


def check_sidecar(sidecar, model):
    keys = ConfigKeys(sidecar, "ecom2f.json")
    for key in sidecar:
        if key not in ("classes", "postprocessing", "licence", "provenance"):
            raise keys.error(key, "nothing of that name; known are classes, postprocessing, licence, provenance")
    classes = sidecar.get("classes")
    if not isinstance(classes, list) or len(classes) != model.num_classes:
        raise keys.error("classes", f"a list of {model.num_classes} objects, one per label of config.json")
    for index, entry in enumerate(classes):
        entry = ConfigKeys(entry, "ecom2f.json", f"classes[{index}].")
        entry.require("id", index, absent=None)
        if not isinstance(entry.values.get("name"), str) or entry.values["name"] != model.labels[index]:
            raise entry.error("name", f"config.json's label, {json.dumps(model.labels[index])}")
        entry.choice("isthing", None, (False, True))
        if not isinstance(entry.values.get("color"), str) or not re.fullmatch("#[0-9a-fA-F]{6}", entry.values["color"]):
            raise entry.error("color", "#rrggbb")


def check_preprocessor(preprocessor):
    keys = ConfigKeys(preprocessor, "preprocessor_config.json")
    for key in ("image_mean", "image_std"):
        value = preprocessor.get(key)
        if not isinstance(value, list) or len(value) != 3 or not all(type(number) in (int, float) for number in value):
            raise keys.error(key, "three numbers")
    if not isinstance(preprocessor.get("size"), dict):
        raise keys.error("size", "an object with shortest_edge and longest_edge, or height and width")


# ---------------------------------------------------------------------------------------------------------------------
# Comparing with stored values


@torch.no_grad()
def network_outputs(model, gates, pixels, names):
    """What the model gives by each of these names (without the case); names that it does not know are left out."""
    maps = model.backbone(pixels)
    tokens, position, sizes = model.pixel_decoder.tokens(maps)
    encoder = model.pixel_decoder.encode(tokens, position, sizes, model.num_exits)
    pooled = tokens[:, :sizes[0][0] * sizes[0][1]].mean(1)                                  # [B, d]: what gates read
    exits, outputs = {}, {}
    for name in names:
        gate, exit = re.fullmatch(r"gate\.([^.]+)", name), re.fullmatch(r"exit\.(\d+)\.(encoder|mask_features|class_queries_logits|masks_queries_logits)", name)
        if name == "pooled":
            outputs[name] = pooled
        elif gate and gate[1] in gates:
            weight, bias = gates[gate[1]]
            outputs[name] = F.linear(pooled, weight, bias)
        elif exit and 1 <= int(exit[1]) <= model.num_exits:
            depth = int(exit[1])
            if depth not in exits:
                features = model.pixel_decoder.mask_features(encoder[depth - 1], maps[0], sizes)
                classes, masks = model.decode(features, encoder[depth - 1], sizes)
                exits[depth] = {"encoder": encoder[depth - 1], "mask_features": features, "class_queries_logits": classes[-1], "masks_queries_logits": masks[-1]}
            outputs[name] = exits[depth][exit[2]]
    return outputs


def read_gates(folder):
    """Weight and bias of each gate that ecom2f.json names; none where there is no such file."""
    path = os.path.join(folder, "ecom2f.json")
    gates = ConfigKeys(read_json(path, CheckpointError), path).values.get("gates") if os.path.exists(path) else None
    if gates is None:
        return {}
    gates = ConfigKeys(gates, path, "gates.")
    file, profiles = gates.get("file", "gates.safetensors"), gates.get("profiles", {})
    if not isinstance(file, str) or file != os.path.basename(file) or not isinstance(profiles, dict):
        raise CheckpointError(f"{path}: 'gates' must have a file of the folder and profiles by name.")
    tensors = read_safetensors(os.path.join(folder, file))
    for name in profiles:
        for part in ("weight", "bias"):
            if f"gate.{name}.{part}" not in tensors:
                raise CheckpointError(f"{os.path.join(folder, file)} lacks the key 'gate.{name}.{part}' that ecom2f.json calls for.")
    return {name: (tensors[f"gate.{name}.weight"].float(), tensors[f"gate.{name}.bias"].float()) for name in profiles}


def compare(folder, expected_path, tolerance=TOLERANCE):
    """The report that `ecom2f verify --json` gives; its list of graphs is empty, for none is run."""
    expected = read_safetensors(expected_path)
    model, gates = load(folder).eval(), read_gates(folder)
    max_abs, skipped, failures = {}, [], []
    for source in sorted(name for name in expected if name.endswith(".pixel_values")):
        prefix = source[:-len("pixel_values")]
        names = sorted(name for name in expected if name.startswith(prefix) and name != source)
        outputs = network_outputs(model, gates, expected[source].float(), [name[len(prefix):] for name in names])
        for name in names:
            wanted, actual = expected[name].float(), outputs.get(name[len(prefix):])
            if actual is None:
                skipped.append(name)
            elif wanted.shape != actual.shape:
                failures.append(f"{name} has shape {list(actual.shape)}; {list(wanted.shape)} is stored.")
            else:
                difference = (wanted - actual).abs()
                if not difference.isfinite().all():
                    failures.append(f"{name}[{int((~difference.flatten().isfinite()).nonzero()[0])}] is not finite.")
                    continue
                max_abs[name] = float(difference.max()) if difference.numel() else 0.0
                if max_abs[name] > tolerance:
                    failures.append(f"{name} differs by up to {max_abs[name]:.3g}; allowed is {tolerance:.3g}.")
    if not max_abs and not failures:
        failures.append("Nothing was compared: the file holds no caseN.pixel_values with tensors that this network gives.")
    return {"passed": not failures, "tolerance": tolerance, "graphs": [], "max_abs": dict(sorted(max_abs.items())), "skipped": skipped, "failures": failures}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="folder with config.json and model.safetensors")
    parser.add_argument("expected", metavar="EXPECTED.safetensors", help="inputs (caseN.pixel_values) and outputs to compare with")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="largest absolute difference that passes (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        if not 0 <= options.tolerance <= 1e6:
            raise CheckpointError(f"--tolerance is {options.tolerance}; allowed: a number from 0 to 1000000")
        report = compare(options.checkpoint, options.expected, options.tolerance)
    except (CheckpointError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        if options.json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return 2
    if options.json:
        print(json.dumps(report, ensure_ascii=False, separators=(",", ":")))
    else:
        for name, difference in report["max_abs"].items():
            print(f"{name:<36} {difference:.1e}")
        if report["skipped"]:
            print(f"skipped (the network does not give them): {', '.join(report['skipped'])}")
        for failure in report["failures"]:
            print(f"FAILED {failure}")
        print(f"{'passed' if report['passed'] else 'failed'}: {len(report['max_abs'])} tensors, tolerance {report['tolerance']}")
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
