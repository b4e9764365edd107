#!/usr/bin/env python3
"""Writes a Mask2Former checkpoint of random weights for a config.json with a Swin backbone.

    tools/random_checkpoint.py CONFIG.json FOLDER [--preprocessor FILE] [--dtype F32|F16|BF16] [--shards N]

The folder then has config.json, model.safetensors (or shards with their index) and, if given, preprocessor_config.json:
what a model of that size costs to compile and to run does not depend on what it has learned. Needs Python 3.9, nothing else.
"""
import argparse
import array
import json
import math
import os
import random
import shutil
import struct

BLOCK = 1 << 16  # random numbers made once and repeated


def swin(config):
    prefix = "model.pixel_level_module.encoder."
    width, window, ratio = config.get("embed_dim", 96), config.get("window_size", 7), config.get("mlp_ratio", 4.0)
    yield from linear(prefix + "embeddings.patch_embeddings.projection", [width, 3, 4, 4])
    yield from norm(prefix + "embeddings.norm", width)
    depths, heads = config.get("depths", [2, 2, 6, 2]), config.get("num_heads", [3, 6, 12, 24])
    for stage, depth in enumerate(depths):
        channels = width << stage
        for block in range(depth):
            name = f"{prefix}encoder.layers.{stage}.blocks.{block}."
            yield from norm(name + "layernorm_before", channels)
            yield from norm(name + "layernorm_after", channels)
            yield name + "attention.self.relative_position_bias_table", [(2 * window - 1) ** 2, heads[stage]], 1.0
            for part in ("query", "key", "value"):
                yield from linear(f"{name}attention.self.{part}", [channels, channels], config.get("qkv_bias", True))
            yield from linear(name + "attention.output.dense", [channels, channels])
            yield from linear(name + "intermediate.dense", [int(ratio * channels), channels])
            yield from linear(name + "output.dense", [channels, int(ratio * channels)])
        if stage + 1 < len(depths):
            name = f"{prefix}encoder.layers.{stage}.downsample."
            yield from norm(name + "norm", 4 * channels)
            yield from linear(name + "reduction", [2 * channels, 4 * channels], bias=False)
        yield from norm(f"{prefix}hidden_states_norms.stage{stage + 1}", channels)


def pixel_decoder(config, channels):
    prefix, width = "model.pixel_level_module.decoder.", config.get("feature_size", 256)
    for level, inputs in enumerate(reversed(channels[1:])):
        yield from linear(f"{prefix}input_projections.{level}.0", [width, inputs, 1, 1])
        yield from norm(f"{prefix}input_projections.{level}.1", width)
    yield prefix + "level_embed", [3, width], 1.0
    samples = config.get("num_attention_heads", 8) * 3 * 4
    for layer in range(config.get("encoder_layers", 6)):
        name = f"{prefix}encoder.layers.{layer}."
        yield from linear(name + "self_attn.sampling_offsets", [samples * 2, width])
        yield from linear(name + "self_attn.attention_weights", [samples, width])
        yield from linear(name + "self_attn.value_proj", [width, width])
        yield from linear(name + "self_attn.output_proj", [width, width])
        yield from feed_forward(name, width, config.get("encoder_feedforward_dim", 1024), ["self_attn"])
    for name, inputs, kernel in (("adapter_1", channels[0], 1), ("layer_1", width, 3)):
        yield from linear(f"{prefix}{name}.0", [width, inputs, kernel, kernel], bias=False)
        yield from norm(f"{prefix}{name}.1", width)
    yield from linear(prefix + "mask_projection", [config.get("mask_feature_size", 256), width, 1, 1])


def transformer_decoder(config):
    prefix, width, queries = "model.transformer_module.", config.get("hidden_dim", 256), config.get("num_queries", 100)
    yield prefix + "queries_embedder.weight", [queries, width], 1.0
    yield prefix + "queries_features.weight", [queries, width], 1.0
    yield prefix + "level_embed.weight", [3, width], 1.0
    for layer in range(config.get("decoder_layers", 10) - 1):
        name = f"{prefix}decoder.layers.{layer}."
        yield name + "cross_attn.in_proj_weight", [3 * width, width], 1 / math.sqrt(width)
        yield name + "cross_attn.in_proj_bias", [3 * width], 0.1
        yield from linear(name + "cross_attn.out_proj", [width, width])
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from linear(f"{name}self_attn.{part}", [width, width])
        yield from feed_forward(name, width, config.get("dim_feedforward", 2048), ["cross_attn", "self_attn"])
    yield from norm(prefix + "decoder.layernorm", width)
    for layer, outputs in enumerate([width, width, config.get("mask_feature_size", 256)]):
        yield from linear(f"{prefix}decoder.mask_predictor.mask_embedder.{layer}.0", [outputs, width])
    yield from linear("class_predictor", [len(config["id2label"]) + 1, width])


def feed_forward(name, width, inner, attentions):
    for attention in attentions:
        yield from norm(f"{name}{attention}_layer_norm", width)
    yield from linear(name + "fc1", [inner, width])
    yield from linear(name + "fc2", [width, inner])
    yield from norm(name + "final_layer_norm", width)


def linear(name, shape, bias=True):
    yield name + ".weight", shape, 1 / math.sqrt(math.prod(shape[1:]))
    if bias:
        yield name + ".bias", shape[:1], 0.1


def norm(name, size):
    yield name + ".weight", [size], None  # about 1
    yield name + ".bias", [size], 0.1


def values(rng, count, scale, dtype):
    """count numbers, uniform within +-scale (None: 0.9 to 1.1), as bytes."""
    low, high = (0.9, 1.1) if scale is None else (-scale, scale)
    numbers = array.array("f", (rng.uniform(low, high) for _ in range(min(count, BLOCK))))
    if dtype == "F16":
        block = struct.pack(f"<{len(numbers)}e", *numbers)
    elif dtype == "BF16":
        words = array.array("H", numbers.tobytes())
        block = words[1::2].tobytes()  # the upper half of each float, little-endian
    else:
        block = numbers.tobytes()
    size = count * len(block) // len(numbers)
    while size > 0:
        yield block[:size]
        size -= len(block)


def write(path, tensors, dtype, rng):
    header, offset, width = {"__metadata__": {"format": "pt"}}, 0, 4 if dtype == "F32" else 2
    for name, shape, _ in tensors:
        size = math.prod(shape) * width
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    with open(path + ".tmp", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, scale in tensors:
            for block in values(rng, math.prod(shape), scale, dtype):
                file.write(block)
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("folder")
    parser.add_argument("--preprocessor")
    parser.add_argument("--dtype", choices=["F32", "F16", "BF16"], default="F32")
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with open(options.config, encoding="utf-8") as file:
        config = json.load(file)
    backbone = config["backbone_config"]
    if backbone.get("model_type") != "swin":
        parser.error("backbone_config.model_type must be swin")
    channels = [backbone.get("embed_dim", 96) << stage for stage in range(4)]
    tensors = [*swin(backbone), *pixel_decoder(config, channels), *transformer_decoder(config)]
    os.makedirs(options.folder, exist_ok=True)
    shutil.copyfile(options.config, os.path.join(options.folder, "config.json"))
    if options.preprocessor:
        shutil.copyfile(options.preprocessor, os.path.join(options.folder, "preprocessor_config.json"))
    rng, count = random.Random(options.seed), options.shards
    if count == 1:
        write(os.path.join(options.folder, "model.safetensors"), tensors, options.dtype, rng)
        return
    weight_map = {}
    for shard in range(count):
        name, part = f"model-{shard + 1:05}-of-{count:05}.safetensors", tensors[shard::count]
        write(os.path.join(options.folder, name), part, options.dtype, rng)
        weight_map.update({tensor: name for tensor, _, _ in part})
    with open(os.path.join(options.folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump({"metadata": {}, "weight_map": weight_map}, file, indent=1)


if __name__ == "__main__":
    main()
