"""Tests of model.py: python3 -m unittest discover -s src/training, or dotnet test (tests/EcoM2F.Training.Tests)."""
import contextlib
import io
import json
import os
import struct
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import model as m2f  # noqa: E402
from json_file import read_json  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIXTURES = os.path.join(ROOT, "tests", "fixtures")
DEFAULT_MODEL = os.path.join(ROOT, "models", "default")
SHARED = next((path for path in (os.path.join(ROOT, "..", "shared"), os.path.join(ROOT, "..", "..", "shared")) if os.path.isdir(path)), None)

MOBILENET = {"model_type": "mobilenet_v2", "folded_batch_norm": True, "channels": [24, 32, 96, 320]}
SMALL = {
    "model_type": "mask2former", "feature_size": 32, "mask_feature_size": 32, "hidden_dim": 32, "num_attention_heads": 4, "encoder_layers": 6,
    "encoder_feedforward_dim": 48, "decoder_layers": 4, "dim_feedforward": 48, "num_queries": 10,
    "id2label": {"0": "person", "1": "sky", "2": "tree"},
    "backbone_config": {**MOBILENET, "depth_multiplier": 0.25, "channels": [8, 8, 24, 80]},
}
PREPROCESSOR = {"size": {"shortest_edge": 320, "longest_edge": 448}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
SIDECAR = {
    "classes": [{"id": index, "name": name, "isthing": index == 0, "color": "#12ab0f"} for index, name in enumerate(("person", "sky", "tree"))],
    "licence": "Apache-2.0", "provenance": {"parent": "none"},
}


def small(seed=0, **changes):
    torch.manual_seed(seed)
    return m2f.Mask2Former({**SMALL, **changes})


def photo(batch=2, height=64, width=96, seed=1):
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


class Safetensors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.path = folder.name, os.path.join(folder.name, "x.safetensors")

    def write(self, header, data=b""):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        with open(self.path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)

    def test_written_tensors_read_back_equal(self):
        tensors = {"b": torch.randn(3, 4), "a": torch.randn(5).t(), "scalar": torch.tensor(2.5), "none": torch.empty(0, 7), "turned": torch.randn(4, 6).t()}
        m2f.write_safetensors(self.path, tensors)
        found = m2f.read_safetensors(self.path)
        self.assertEqual(sorted(tensors), sorted(found))
        for name, tensor in tensors.items():
            self.assertEqual((tensor.shape, torch.float32), (found[name].shape, found[name].dtype), name)
            self.assertTrue(torch.equal(tensor, found[name]), name)
        self.assertEqual(["x.safetensors"], os.listdir(self.folder), "no temporary file may be left")

    def test_header_is_padded_with_spaces_to_eight_bytes(self):
        for name in ("a", "ab", "abc", "abcdefgh"):
            m2f.write_safetensors(self.path, {name: torch.zeros(3)})
            with open(self.path, "rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header, data = file.read(length), file.read()
            self.assertEqual((0, 12), (length % 8, len(data)), name)
            self.assertEqual(b"}", header.rstrip(b" ")[-1:], name)
            self.assertEqual({"format": "pt"}, json.loads(header)["__metadata__"])

    def test_half_types_become_fp32_when_written(self):
        values = torch.tensor([1.5, -2.25, 0.0078125])
        for dtype in (torch.float16, torch.bfloat16):
            m2f.write_safetensors(self.path, {"x": values.to(dtype)})
            self.assertTrue(torch.equal(values, m2f.read_safetensors(self.path)["x"]), dtype)

    def test_half_types_are_read(self):
        self.write({"h": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}, "b": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [4, 8]}},
                   struct.pack("<ee", 1.5, -0.25) + struct.pack("<f", 3.0)[2:] + struct.pack("<f", -0.5)[2:])
        found = m2f.read_safetensors(self.path)
        self.assertEqual(([1.5, -0.25], torch.float16), (found["h"].tolist(), found["h"].dtype))
        self.assertEqual(([[3.0, -0.5]], torch.bfloat16), (found["b"].tolist(), found["b"].dtype))

    def test_whole_numbers_are_not_written(self):
        with self.assertRaisesRegex(m2f.CheckpointError, "tensor 'count' is of type torch.int64"):
            m2f.write_safetensors(self.path, {"count": torch.tensor(3)})
        self.assertEqual([], os.listdir(self.folder))

    def test_broken_headers_are_refused(self):
        def entry(**changes):
            return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}

        cases = [
            (b"", 8, "header is not JSON"),
            (b"{", 8, "header is not JSON"),
            (b"\xff\xfe", 8, "header is not JSON"),
            (b"[" * 100_000, 8, "header is not JSON"),
            (b"[]", 8, "not a JSON object"),
            (b'{"x":1}', 0, "'x' needs dtype"),
            (b'{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', 0, "'x' occurs twice"),
            ({"__metadata__": {"a": 1}}, 0, "__metadata__ is not an object of strings"),
            (entry(dtype="F8"), 8, "dtype 'F8'"),
            (entry(shape=[-2]), 8, "whole numbers from 0 up"),
            (entry(shape=[True, 2]), 8, "whole numbers from 0 up"),
            (entry(shape=[2.0]), 8, "whole numbers from 0 up"),
            (entry(shape=[1] * 17), 8, "at most 16 dimensions"),
            (entry(shape=[3]), 8, "needs 12 bytes but has 8"),
            (entry(shape=[1 << 40, 1 << 40]), 8, "needs"),
            (entry(data_offsets=[0, 9]), 8, "outside the 8 bytes"),
            (entry(data_offsets=[8, 0]), 8, "outside the 8 bytes"),
            (entry(data_offsets=[0]), 8, "needs dtype"),
            (entry(data_offsets=[4, 12]), 12, "starts at byte 4"),
            (entry(), 12, "4 bytes follow"),
            ({**entry(), "y": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, 12, "starts at byte 4"),
        ]
        for header, data, message in cases:
            with self.subTest(header=str(header)[:80]):
                self.write(header, bytes(data))
                with self.assertRaisesRegex(m2f.CheckpointError, message):
                    m2f.read_safetensors(self.path)

    def test_broken_lengths_are_refused(self):
        for content, message in ((b"", "0 bytes are too few"), (b"1234567", "7 bytes are too few"),
                                 (struct.pack("<Q", 3) + b"{}", "claims 3 bytes"), (struct.pack("<Q", 2 ** 63) + b"{}", "claims 9223372036854775808 bytes")):
            with open(self.path, "wb") as file:
                file.write(content)
            with self.subTest(content=content), self.assertRaisesRegex(m2f.CheckpointError, message):
                m2f.read_safetensors(self.path)
        with self.assertRaisesRegex(m2f.CheckpointError, "absent.*No such file"):
            m2f.read_safetensors(os.path.join(self.folder, "absent"))


class Parity(unittest.TestCase):
    """Equal to what Hugging Face transformers gave for the same weights and inputs."""

    def compare(self, folder, expected, at_least):
        report = m2f.compare(folder, expected)
        self.assertEqual([], report["failures"])
        self.assertGreaterEqual(len(report["max_abs"]), at_least)
        return report

    def test_swin_equals_the_reference_at_every_exit(self):
        folder = os.path.join(FIXTURES, "mask2former_swin")
        report = self.compare(folder, os.path.join(folder, "expected.safetensors"), 28)
        self.assertTrue(all(f"case0.exit.{depth}.masks_queries_logits" in report["max_abs"] for depth in range(1, 7)))

    def test_resnet_equals_the_reference_at_every_exit(self):
        folder = os.path.join(FIXTURES, "mask2former_resnet")
        report = self.compare(folder, os.path.join(folder, "expected.safetensors"), 28)
        self.assertTrue(all(f"case0.exit.{depth}.masks_queries_logits" in report["max_abs"] for depth in range(1, 7)))

    def test_backbones_equal_the_reference(self):
        for name in ("swin", "resnet"):
            folder = os.path.join(FIXTURES, f"mask2former_{name}")
            expected, backbone = m2f.read_safetensors(os.path.join(folder, "expected.safetensors")), m2f.load(folder).backbone
            for case in ("case0", "case1"):
                with torch.no_grad():
                    maps = backbone(expected[f"{case}.pixel_values"])
                for index, found in enumerate(maps):
                    difference = (found - expected[f"{case}.backbone.{index}"]).abs().max()
                    self.assertLess(difference, 1e-4, f"{name} {case} {index}")

    def test_mobilenet_equals_the_compiled_default_model(self):
        """The default model's weights, taken back from its compiled folder, give what its graphs gave when it was compiled."""
        network = default_model()
        with open(os.path.join(DEFAULT_MODEL, "model.json"), encoding="utf-8") as manifest:
            canary = m2f.read_safetensors(os.path.join(DEFAULT_MODEL, json.load(manifest)["canary"]))
        names = [name[len("case0."):] for name in canary if ".exit." in name or name.endswith(".pooled")]
        outputs = m2f.network_outputs(network, {}, canary["case0.pixel_values"], names)
        self.assertEqual(1 + 3 * network.num_exits, len(outputs))
        for name, found in outputs.items():
            wanted = canary[f"case0.{name}"]
            if name.endswith("queries_logits"):  # as ecom2f has it for a canary: a flipped attention entry may change one query
                same = (found >= 0) == (wanted >= 0) if "masks" in name else found.argmax(-1) == wanted.argmax(-1)
                self.assertGreaterEqual(same.float().mean(), 0.98 if "class" in name else 0.99, name)
            else:
                self.assertLess((found - wanted).abs().max(), m2f.TOLERANCE, name)

    def test_uncut_references_including_deep_supervision(self):
        if SHARED is None or not os.path.isdir(os.path.join(SHARED, "fixtures")):
            self.skipTest("The uncut references (../shared/fixtures) are not here.")
        for name in ("swin", "resnet"):
            folder = os.path.join(SHARED, "fixtures", f"mask2former_{name}")
            self.compare(folder, os.path.join(folder, "expected.safetensors"), 48)
            expected, network = m2f.read_safetensors(os.path.join(folder, "expected.safetensors")), m2f.load(folder)
            for case in ("case0", "case1"):
                with torch.no_grad():
                    output = network(expected[f"{case}.pixel_values"])[6]
                for index in range(3):
                    for found, kind in ((output.class_logits, "class"), (output.mask_logits, "masks")):
                        wanted = expected[f"{case}.exit.6.aux.{index}.{kind}_queries_logits"]
                        self.assertLess((found[index] - wanted).abs().max(), m2f.TOLERANCE, f"{name} {case} {index} {kind}")

    def test_bootstrap_checkpoint(self):
        if SHARED is None or not os.path.isdir(os.path.join(SHARED, "checkpoints", "bootstrap")):
            self.skipTest("The parent of the default model (../shared/checkpoints/bootstrap) is not here.")
        folder = os.path.join(SHARED, "checkpoints", "bootstrap")
        report = self.compare(folder, os.path.join(folder, "expected.safetensors"), 38)
        self.assertEqual([], report["skipped"])


def default_model():
    """Undoes what compiling did to the weights of models/default: matrices turned, and some joined."""
    with open(os.path.join(DEFAULT_MODEL, "model.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    stored = m2f.read_safetensors(os.path.join(DEFAULT_MODEL, manifest.get("weights", "weights.bin")))
    tensors, thirds = {}, {}
    for name, tensor in stored.items():
        if name.startswith("gate") or ".gate" in name:
            continue
        module, kind = name.rsplit(".", 1)
        if ".in_proj_" in name:  # in_proj_weight.q
            thirds.setdefault(module, {})[kind] = tensor.t() if tensor.dim() == 2 else tensor
            continue
        if tensor.dim() == 2 and "embed" not in module.rsplit(".", 1)[-1] and "queries_" not in module and kind == "weight":
            tensor = tensor.t()
        if tensor.dim() == 3:  # a norm's vector, [C, 1, 1]
            tensor = tensor.flatten()
        path, last = module.rsplit(".", 1) if "." in module else ("", module)
        parts = last.split("_and_")
        if parts == ["sampling_offsets", "attention_weights"]:  # a third of the outputs are weights
            split = tensor.split([len(tensor) // 3 * 2, len(tensor) // 3])
        else:
            split = tensor.chunk(len(parts))
        for part, piece in zip(parts, split):
            tensors[f"{path}.{part}.{kind}" if path else f"{part}.{kind}"] = piece
    tensors.update({name: torch.cat([parts[third] for third in "qkv"]) for name, parts in thirds.items()})
    width = tensors["class_predictor.weight"].shape[1]
    config = {
        "feature_size": width, "mask_feature_size": width, "hidden_dim": width, "encoder_layers": max(manifest["exits"]), "num_attention_heads": 8,
        "encoder_feedforward_dim": len(tensors["model.pixel_level_module.decoder.encoder.layers.0.fc1.bias"]),
        "decoder_layers": 1 + sum(name.endswith("cross_attn.in_proj_bias") for name in tensors),
        "dim_feedforward": len(tensors["model.transformer_module.decoder.layers.0.fc1.bias"]),
        "num_queries": len(tensors["model.transformer_module.queries_features.weight"]),
        "id2label": {str(entry["id"]): entry["name"] for entry in manifest["classes"]}, "backbone_config": MOBILENET,
    }
    network = m2f.Mask2Former(config)
    m2f.fill(network, tensors, DEFAULT_MODEL)
    return network


class Exits(unittest.TestCase):
    def test_several_exits_in_one_pass_equal_passes_of_their_own(self):
        network, pixels = small(), photo()
        with torch.no_grad():
            together = network(pixels, (2, 6))
            for depth in (2, 6):
                alone = network(pixels, (depth,))[depth]
                for found, wanted in zip(together[depth].class_logits + together[depth].mask_logits, alone.class_logits + alone.mask_logits):
                    self.assertTrue(torch.equal(found, wanted), depth)
        self.assertEqual([2, 6], sorted(together))
        self.assertGreater((together[2].mask_logits[-1] - together[6].mask_logits[-1]).abs().max(), 1e-3, "exits must differ")

    def test_no_exit_named_is_the_deepest(self):
        network, pixels = small(), photo()
        with torch.no_grad():
            output = network(pixels)
            self.assertEqual([6], list(output))
            self.assertTrue(torch.equal(output[6].mask_logits[-1], network(pixels, (6,))[6].mask_logits[-1]))

    def test_predictions_have_the_promised_shapes(self):
        with torch.no_grad():
            output = small()(photo(height=64, width=96), (1,))[1]
        self.assertEqual([(2, 10, 4)] * 4, [tuple(x.shape) for x in output.class_logits])
        self.assertEqual([(2, 10, 16, 24)] * 4, [tuple(x.shape) for x in output.mask_logits])

    def test_images_of_a_batch_do_not_mix(self):
        network, pixels = small(), photo()
        with torch.no_grad():
            together, alone = network(pixels)[6], network(pixels[1:])[6]
        self.assertLess((together.class_logits[-1][1:] - alone.class_logits[-1]).abs().max(), 1e-4)

    def test_bad_exits_and_sizes_are_refused(self):
        network = small()
        for exits in ((0,), (7,), (), (2, 9)):
            with self.subTest(exits=exits), self.assertRaisesRegex(ValueError, "from 1 to 6"):
                network(photo(), exits)
        with self.assertRaisesRegex(ValueError, "64 x 100.*multiples of 32"):
            network(photo(width=100))


class Gradients(unittest.TestCase):
    @staticmethod
    def loss(output):
        return sum(x.float().square().mean() for x in output.class_logits) + sum(x.float().square().mean() for x in output.mask_logits)

    def test_sampling_equals_what_autograd_derives(self):
        torch.manual_seed(3)
        sizes = ((2, 3), (4, 6), (8, 12))
        count = sum(height * width for height, width in sizes)
        value = torch.randn(4, 5, count, dtype=torch.float64, requires_grad=True)
        grid = (torch.rand(4, 3, 4, 2, count, dtype=torch.float64) * 2.4 - 1.2).requires_grad_()  # some lie outside
        logits = torch.randn(4, 3, 4, count, dtype=torch.float64, requires_grad=True)
        weights, total = logits.flatten(1, 2).softmax(1).view_as(logits), 0
        for level, (part, size) in enumerate(zip(value.split([height * width for height, width in sizes], 2), sizes)):
            sampled = F.grid_sample(part.unflatten(2, size), grid[:, level].permute(0, 1, 3, 2), align_corners=False)
            total = total + (sampled * weights[:, None, level]).sum(2)
        found = m2f.Sampling.apply(value, grid, logits, sizes)
        self.assertLess((found - total).abs().max(), 1e-12)
        direction = torch.randn_like(total)
        wanted = torch.autograd.grad((total * direction).sum(), (value, grid, logits))
        actual = torch.autograd.grad((found * direction).sum(), (value, grid, logits))
        for name, a, b in zip(("value", "grid", "logits"), wanted, actual):
            self.assertGreater(a.abs().max(), 0.1, name)
            self.assertLess((a - b).abs().max(), 1e-10, name)

    def test_masked_attention_equals_what_autograd_derives(self):
        torch.manual_seed(4)
        query, key, value = (torch.randn(2, count, 8, dtype=torch.float64, requires_grad=True) for count in (5, 7, 7))
        blocked = torch.rand(2, 1, 5, 7) < 0.5
        blocked[..., 0] = False

        def split(x):
            return x.view(*x.shape[:2], 2, 4).transpose(1, 2)

        scores = (split(query) / 2) @ split(key).transpose(2, 3)
        wanted = (scores.masked_fill(blocked, -1e30).softmax(-1) @ split(value)).transpose(1, 2).flatten(2)
        found = m2f.attend(query, key, value, 2, blocked)
        self.assertLess((found - wanted).abs().max(), 1e-12)
        direction = torch.randn_like(wanted)
        for a, b in zip(torch.autograd.grad((wanted * direction).sum(), (query, key, value)), torch.autograd.grad((found * direction).sum(), (query, key, value))):
            self.assertLess((a - b).abs().max(), 1e-12)

    def test_gradient_reaches_every_parameter_of_an_exit_and_none_beyond(self):
        network = small()
        self.loss(network(photo(), (2,))[2]).backward()
        for name, parameter in network.named_parameters():
            deeper = any(f"decoder.encoder.layers.{layer}." in name for layer in (2, 3, 4, 5))
            if deeper:
                self.assertIsNone(parameter.grad, name)
            else:
                self.assertIsNotNone(parameter.grad, name)
                self.assertTrue(parameter.grad.isfinite().all(), name)
        moved = [name for name, parameter in network.named_parameters() if parameter.grad is not None and parameter.grad.abs().max() > 0]
        for name in ("model.pixel_level_module.encoder.stem.weight", "model.pixel_level_module.decoder.encoder.layers.0.self_attn.sampling_offsets.bias",
                     "model.pixel_level_module.decoder.encoder.layers.1.self_attn.value_proj.weight", "model.transformer_module.queries_features.weight"):
            self.assertIn(name, moved)

    def test_resnet_batch_norm_is_frozen(self):
        network = m2f.load(os.path.join(FIXTURES, "mask2former_resnet")).train()
        before = {name: buffer.clone() for name, buffer in network.named_buffers() if "normalization" in name}
        self.loss(network(photo())[6]).backward()
        self.assertGreater(len(before), 0)
        self.assertFalse(any("normalization" in name for name, _ in network.named_parameters()))
        self.assertTrue(all(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers() if name in before))

    def test_bf16_autocast_trains_and_masks_stay_fp32(self):
        network, pixels = small(), photo()
        with torch.no_grad():
            exact = network(pixels, (1,))[1]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = network(pixels, (1,))[1]
        self.assertEqual(torch.float32, output.mask_logits[0].dtype)
        difference = (output.mask_logits[0] - exact.mask_logits[0]).abs().mean() / exact.mask_logits[0].abs().mean()
        self.assertLess(difference, 0.1)
        self.assertGreater(difference, 0, "autocast must have rounded something")
        self.loss(output).backward()
        self.assertTrue(all(parameter.grad.isfinite().all() for parameter in network.parameters() if parameter.grad is not None))

    def test_channels_last_changes_rounding_only(self):
        network, pixels = small(), photo()
        with torch.no_grad():
            exact = network(pixels, (3,))[3]
            output = network.to(memory_format=torch.channels_last)(pixels.to(memory_format=torch.channels_last), (3,))[3]
        self.assertLess((output.class_logits[0] - exact.class_logits[0]).abs().max(), 1e-4)
        self.assertLess((output.mask_logits[0] - exact.mask_logits[0]).abs().max(), 1e-3)


class FreshWeights(unittest.TestCase):
    def test_heads_start_in_directions_of_their_own(self):
        attention = small().pixel_decoder.encoder["layers"][3].self_attn
        offsets = attention.sampling_offsets.bias.detach().view(4, 3, 4, 2)  # heads, levels, points, x and y
        self.assertEqual(0, attention.sampling_offsets.weight.abs().max())
        for head, (x, y) in enumerate(((1, 0), (0, 1), (-1, 0), (0, -1))):
            for point in range(4):
                wanted = torch.tensor([x, y]) * (point + 1.0)
                self.assertLess((offsets[head, :, point] - wanted).abs().max(), 1e-5, (head, point))

    def test_no_object_starts_at_one_half(self):
        with torch.no_grad():
            probability = small()(photo())[6].class_logits[-1].softmax(-1)[..., -1]
        self.assertLess((probability - 0.5).abs().max(), 0.15)

    def test_activations_neither_vanish_nor_explode(self):
        resnet = {"model_type": "resnet", "depths": [3, 4, 6, 3], "hidden_sizes": [32, 64, 128, 256], "embedding_size": 16, "layer_type": "basic"}
        swin = {"model_type": "swin", "embed_dim": 16, "num_heads": [2, 2, 4, 4]}
        for backbone in (SMALL["backbone_config"], resnet, {**resnet, "layer_type": "bottleneck", "downsample_in_bottleneck": True}, swin):
            network = small(backbone_config=backbone)
            with torch.no_grad():
                for index, x in enumerate(network.backbone(photo(height=128, width=128))):
                    self.assertEqual((network.backbone.channels[index], 32 >> index), (x.shape[1], x.shape[2]))
                    self.assertTrue(0.02 < x.std() < 50, f"{backbone['model_type']} map {index}: {x.std():g}")

    def test_bad_configurations_name_the_key(self):
        swin = {"model_type": "swin", "embed_dim": 16, "num_heads": [2, 2, 4, 4]}
        for changes, message in (
                ({"feature_size": 48, "hidden_dim": 48}, "'feature_size' is 48; allowed: a multiple of 32"),
                ({"hidden_dim": 64}, "'hidden_dim' is 64; allowed: the same as feature_size, 32"),
                ({"num_attention_heads": 5}, "'num_attention_heads' is 5; allowed: a divisor"),
                ({"encoder_layers": 0}, "'encoder_layers' is 0; allowed: a whole number from 1 to 64"),
                ({"encoder_layers": True}, "'encoder_layers' is true"),
                ({"pre_norm": True}, "'pre_norm' is true; allowed: false"),
                ({"id2label": {}}, "'id2label'"),
                ({"id2label": {"0": "a", "00": "b"}}, "'00' is not"),
                ({"backbone_config": {"model_type": "convnext"}}, "'backbone_config.model_type' is \"convnext\"; allowed: \"mobilenet_v2\", \"resnet\", \"swin\""),
                ({"backbone_config": {**swin, "patch_size": 2}}, "'backbone_config.patch_size' is 2; allowed: 4"),
                ({"backbone_config": {**swin, "num_heads": [3, 2, 4, 4]}}, "'backbone_config.num_heads'"),
                ({"backbone_config": {**swin, "depths": [2, 2]}}, "'backbone_config.depths' is .*; allowed: 4 whole numbers"),
                ({"backbone_config": {**MOBILENET, "channels": [24, 32, 96, 321]}}, "'backbone_config.channels'"),
                ({"backbone_config": {**MOBILENET, "out_blocks": [2, 5, 12, 12]}}, "'backbone_config.out_blocks'")):
            with self.subTest(changes=str(changes)), self.assertRaisesRegex(m2f.CheckpointError, message):
                small(**changes)


class Checkpoints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "parent")

    def test_saved_folder_has_four_files_and_no_gates(self):
        gates = {"file": "gates.safetensors", "default": "fast", "profiles": {"fast": {"kind": "classifier", "beta": 2.0}}}
        m2f.save(self.folder, small(), preprocessor=PREPROCESSOR, sidecar={**SIDECAR, "gates": gates})
        self.assertEqual(["config.json", "ecom2f.json", "model.safetensors", "preprocessor_config.json"], sorted(os.listdir(self.folder)))
        self.assertEqual(SIDECAR, read_json(os.path.join(self.folder, "ecom2f.json"), m2f.CheckpointError))
        self.assertEqual(PREPROCESSOR, read_json(os.path.join(self.folder, "preprocessor_config.json"), m2f.CheckpointError))
        self.assertEqual({}, m2f.read_gates(self.folder))

    def test_saved_network_loads_equal(self):
        network, pixels = small(), photo()
        m2f.save(self.folder, network, preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        with torch.no_grad():
            self.assertTrue(torch.equal(network(pixels)[6].mask_logits[-1], m2f.load(self.folder)(pixels)[6].mask_logits[-1]))

    def test_saved_references_keep_their_names(self):
        for name in ("swin", "resnet"):
            source = os.path.join(FIXTURES, f"mask2former_{name}")
            network = m2f.load(source)
            sidecar = {**SIDECAR, "classes": [{"id": index, "name": label, "isthing": True, "color": "#000000"} for index, label in enumerate(network.labels)]}
            m2f.save(self.folder, network, preprocessor=PREPROCESSOR, sidecar=sidecar)
            stored = m2f.read_safetensors(os.path.join(source, "model.safetensors"))
            saved = m2f.read_safetensors(os.path.join(self.folder, "model.safetensors"))
            ignored = {key for key in stored if key.startswith("criterion.") or key.endswith("num_batches_tracked") or "swin.layernorm" in key}
            self.assertEqual(set(stored) - ignored, set(saved))
            self.assertTrue(all(torch.equal(saved[key], stored[key]) for key in saved), name)

    def test_bad_sidecars_name_the_field(self):
        def classes(**changes):
            return {**SIDECAR, "classes": [{**SIDECAR["classes"][0], **changes}, *SIDECAR["classes"][1:]]}

        for sidecar, message in (
                ({**SIDECAR, "classes": SIDECAR["classes"][:2]}, "'classes' is .* a list of 3 objects"),
                (classes(id=1), r"'classes\[0\].id' is 1; allowed: 0"),
                (classes(name="dog"), r"'classes\[0\].name' is \"dog\"; allowed: config.json's label, \"person\""),
                (classes(isthing=1), r"'classes\[0\].isthing' is 1; allowed: false, true"),
                (classes(color="red"), r"'classes\[0\].color' is \"red\"; allowed: #rrggbb"),
                ({**SIDECAR, "license": "x"}, "'license' is \"x\"; allowed: nothing of that name")):
            with self.subTest(message=message), self.assertRaisesRegex(m2f.CheckpointError, message):
                m2f.save(self.folder, small(), preprocessor=PREPROCESSOR, sidecar=sidecar)
        with self.assertRaisesRegex(m2f.CheckpointError, "'image_mean' is absent; allowed: three numbers"):
            m2f.save(self.folder, small(), preprocessor={"size": {}}, sidecar=SIDECAR)
        self.assertFalse(os.path.exists(self.folder))

    def test_other_classes_keep_the_rows_of_names_in_common(self):
        network = small()
        m2f.save(self.folder, network, preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        other = m2f.load(self.folder, ["tree", "cat", "person", "dog"])
        self.assertEqual((["tree", "cat", "person", "dog"], 4), (other.labels, other.num_classes))
        self.assertEqual({"0": "tree", "1": "cat", "2": "person", "3": "dog"}, other.config["id2label"])
        for new, old in ((0, 2), (2, 0), (4, 3)):
            self.assertTrue(torch.equal(other.class_predictor.weight[new], network.class_predictor.weight[old]))
        self.assertFalse(any(torch.equal(other.class_predictor.weight[1], row) for row in network.class_predictor.weight))

    def test_missing_surplus_and_misshapen_keys_are_named(self):
        m2f.save(self.folder, small(), preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        path = os.path.join(self.folder, "model.safetensors")
        tensors = m2f.read_safetensors(path)
        for change, message in (
                ({"class_predictor.bias": None}, "lacks the key 'class_predictor.bias'"),
                ({"class_predictor.scale": torch.zeros(1)}, "belong to no part of the network: class_predictor.scale"),
                ({"class_predictor.bias": torch.zeros(7)}, r"'class_predictor.bias' has shape \[7\]; by config.json \[4\]")):
            m2f.write_safetensors(path, {key: tensor for key, tensor in {**tensors, **change}.items() if tensor is not None})
            with self.subTest(message=message), self.assertRaisesRegex(m2f.CheckpointError, message):
                m2f.load(self.folder)

    def test_shards_and_wrapped_names_load(self):
        network = m2f.load(os.path.join(FIXTURES, "mask2former_swin"))
        wrapped = {}
        for name, tensor in network.state_dict().items():
            if name.startswith(m2f.ENCODER):
                name = m2f.ENCODER + "model." + name[len(m2f.ENCODER):].replace("norms.stage1.", "norms.0.").replace("norms.stage4.", "norms.3.")
            wrapped[name] = tensor
        os.makedirs(self.folder)
        parts, names = {}, sorted(wrapped)
        for index, part in enumerate(("model-1.safetensors", "model-2.safetensors")):
            m2f.write_safetensors(os.path.join(self.folder, part), {name: wrapped[name] for name in names[index::2]})
            parts.update({name: part for name in names[index::2]})
        for name, content in (("model.safetensors.index.json", {"weight_map": parts}), ("config.json", network.config)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                json.dump(content, file)
        loaded = m2f.load(self.folder).state_dict()
        self.assertTrue(all(torch.equal(tensor, loaded[name]) for name, tensor in network.state_dict().items()))

    def test_a_kill_while_writing_leaves_the_old_file(self):
        m2f.save(self.folder, small(), preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        path = os.path.join(self.folder, "model.safetensors")
        with open(path, "rb") as file:
            before = file.read()
        with mock.patch.object(m2f.os, "fsync", side_effect=OSError("disk full")), self.assertRaises(OSError):
            m2f.save(self.folder, small(seed=5), preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        with open(path, "rb") as file:
            self.assertEqual(before, file.read())


class Backbones(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "weights.npz")

    def test_folded_weights_go_where_they_belong(self):
        network, arrays = small(), {}
        network.backbone.apply(lambda module: nn.init.normal_(module.bias) if isinstance(module, nn.Conv2d) else None)
        for name, tensor in network.backbone.state_dict().items():
            parts = name.replace("stem", "conv0").replace("expand", "exp").replace("depthwise", "dw").replace("project", "proj").split(".")
            parts = [f"b{parts[1]}", *parts[2:]] if parts[0] == "blocks" else parts
            arrays[".".join([*parts[:-1], parts[-1][0]])] = tensor.numpy()
        np.savez(self.path, **arrays, **{"logits.w": np.zeros((21, 4), np.float32)})
        other = small(seed=9)
        self.assertFalse(torch.equal(other.backbone.stem.weight, network.backbone.stem.weight))
        m2f.load_backbone(other, self.path)
        for name, tensor in network.backbone.state_dict().items():
            self.assertTrue(torch.equal(tensor, other.backbone.state_dict()[name]), name)

    def test_batch_norm_is_folded(self):
        torch.manual_seed(2)
        network = small()
        convolutions, arrays = [("conv0", "batchnorm0", network.backbone.stem)], {}
        for index, block in enumerate(network.backbone.blocks):
            expand = block.expand if index else nn.Conv2d(8, 8, 1)  # GluonCV's first block has one
            for part, convolution in enumerate((expand, block.depthwise, block.project)):
                convolutions.append((f"linearbottleneck{index}_conv{part}", f"linearbottleneck{index}_batchnorm{part}", convolution))
        x, norms = photo(), {}
        for conv, norm, module in convolutions:
            norms[conv] = nn.BatchNorm2d(module.out_channels).eval()
            for key, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
                getattr(norms[conv], key).data = (value + 0.2 * torch.randn(module.out_channels)).abs()
            arrays[conv + "_weight"] = module.weight.detach().numpy()
            for key, name in (("gamma", "weight"), ("beta", "bias"), ("running_mean", "running_mean"), ("running_var", "running_var")):
                arrays[f"{norm}_{key}"] = getattr(norms[conv], name).detach().numpy()
        np.savez(self.path, **arrays)

        def run(conv, x):
            module = next(module for name, _, module in convolutions if name == conv)
            return norms[conv](F.conv2d(x, module.weight, None, module.stride, module.padding, 1, module.groups))

        with torch.no_grad():
            wanted, maps = F.relu6(run("conv0", x)), []
            for index, block in enumerate(network.backbone.blocks):
                inner = F.relu6(run(f"linearbottleneck{index}_conv0", wanted))
                inner = run(f"linearbottleneck{index}_conv2", F.relu6(run(f"linearbottleneck{index}_conv1", inner)))
                wanted = wanted + inner if block.adds else inner
                if index in (2, 5, 12, 16):
                    maps.append(wanted)
            other = small(seed=9)
            m2f.load_backbone(other, self.path)
            for found, expected in zip(other.backbone(x), maps):
                self.assertLess((found - expected).abs().max(), 1e-4 * expected.abs().max())
        self.assertIn(m2f.ENCODER + "blocks.0.expand.weight", other.state_dict())

    def test_a_first_expansion_survives_saving(self):
        network = small()
        network.backbone.blocks[0].expand = nn.Conv2d(8, 8, 1)
        folder = os.path.join(os.path.dirname(self.path), "parent")
        m2f.save(folder, network, preprocessor=PREPROCESSOR, sidecar=SIDECAR)
        with torch.no_grad():
            self.assertTrue(torch.equal(network(photo())[6].class_logits[-1], m2f.load(folder)(photo())[6].class_logits[-1]))

    def test_wrong_files_are_refused(self):
        with self.assertRaisesRegex(m2f.CheckpointError, "weights.npz is not a readable"):
            m2f.load_backbone(small(), self.path)
        with open(self.path, "wb") as file:
            file.write(b"PK no zip at all")
        with self.assertRaisesRegex(m2f.CheckpointError, "weights.npz is not a readable"):
            m2f.load_backbone(small(), self.path)
        np.savez(self.path, other=np.zeros(3))
        with self.assertRaisesRegex(m2f.CheckpointError, "lacks the array 'conv0.w'"):
            m2f.load_backbone(small(), self.path)
        with self.assertRaisesRegex(m2f.CheckpointError, "mobilenet_v2 only; the model has Swin"):
            m2f.load_backbone(m2f.load(os.path.join(FIXTURES, "mask2former_swin")), self.path)

    def test_published_weights(self):
        folders = [os.path.join(SHARED or "", "weights", name) for name in ("mobilenet_v2_deeplab", "mobilenet_v2_imagenet")]
        if not all(map(os.path.isdir, folders)):
            self.skipTest("The published backbones (../shared/weights) are not here.")
        for folder in folders:
            network = small(backbone_config=MOBILENET)
            m2f.load_backbone(network, next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".npz")))
            with torch.no_grad():
                self.assertTrue(all(0.05 < x.std() < 20 for x in network.backbone(photo())), folder)

    def test_frozen_batch_norm_equals_batch_norm(self):
        torch.manual_seed(6)
        layer, norm = m2f.ConvNorm(4, 6, 3, 2), nn.BatchNorm2d(6).eval()
        for name in ("weight", "bias", "running_mean", "running_var"):
            value = torch.rand(6) + 0.5
            getattr(layer.normalization, name).data = getattr(norm, name).data = value
        x = torch.randn(2, 4, 9, 9)
        with torch.no_grad():
            wanted = norm(F.conv2d(x, layer.convolution.weight, None, 2, 1))
            self.assertLess((layer(x) - wanted).abs().max(), 1e-5)


class Command(unittest.TestCase):
    def run_command(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "argv", ["model.py", *arguments]):
            try:
                code = m2f.main()
            except SystemExit as exit:
                code = exit.code
        return code, out.getvalue(), err.getvalue()

    def setUp(self):
        self.folder = os.path.join(FIXTURES, "mask2former_resnet")
        self.expected = os.path.join(self.folder, "expected.safetensors")

    def test_equal_is_exit_code_0(self):
        code, out, _ = self.run_command(self.folder, self.expected, "--json")
        report = json.loads(out)
        self.assertEqual((0, True), (code, report["passed"]))
        self.assertEqual(["passed", "tolerance", "graphs", "max_abs", "skipped", "failures"], list(report))
        self.assertTrue(all(name.split(".")[1] == "backbone" for name in report["skipped"]))

    def test_different_is_exit_code_1(self):
        code, out, _ = self.run_command(self.folder, self.expected, "--json", "--tolerance", "1e-9")
        self.assertEqual((1, False), (code, json.loads(out)["passed"]))
        self.assertIn("allowed is 1e-09", json.loads(out)["failures"][0])
        code, out, _ = self.run_command(self.folder, self.expected, "--tolerance", "1e-9")
        self.assertEqual(1, code)
        self.assertIn("FAILED case0", out)

    def test_nothing_to_compare_is_exit_code_1(self):
        code, out, _ = self.run_command(self.folder, os.path.join(self.folder, "model.safetensors"), "--json")
        self.assertEqual((1, {}), (code, json.loads(out)["max_abs"]))
        self.assertIn("Nothing was compared", json.loads(out)["failures"][0])

    def test_gates_are_compared_where_the_sidecar_names_them(self):
        with tempfile.TemporaryDirectory() as folder:
            network, pixels = small(), photo()
            m2f.save(folder, network, preprocessor=PREPROCESSOR, sidecar=SIDECAR)
            weight, bias = torch.randn(6, 32), torch.randn(6)
            m2f.write_safetensors(os.path.join(folder, "gates.safetensors"), {"gate.fast.weight": weight, "gate.fast.bias": bias})
            with open(os.path.join(folder, "ecom2f.json"), "w", encoding="utf-8") as file:
                json.dump({**SIDECAR, "gates": {"profiles": {"fast": {"kind": "classifier"}}}}, file)
            with torch.no_grad():
                stride32 = network.pixel_decoder.input_projections[0](network.backbone(pixels)[-1])
                pooled = stride32.mean((2, 3))
            expected = os.path.join(folder, "expected.safetensors")
            m2f.write_safetensors(expected, {"case0.pixel_values": pixels, "case0.pooled": pooled, "case0.gate.fast": pooled @ weight.t() + bias,
                                             "case0.gate.other": bias})
            report = m2f.compare(folder, expected)
        self.assertEqual(([], ["case0.gate.fast", "case0.pooled"], ["case0.gate.other"]), (report["failures"], list(report["max_abs"]), report["skipped"]))

    def test_bad_input_is_exit_code_2(self):
        code, out, err = self.run_command(self.folder, self.expected + ".absent", "--json")
        self.assertEqual(2, code)
        self.assertIn("absent", json.loads(out)["error"])
        self.assertTrue(err.startswith("error: "))
        self.assertEqual(2, self.run_command(self.folder, self.expected, "--tolerance", "-1")[0])
        self.assertEqual(2, self.run_command(self.folder)[0])
        self.assertEqual(2, self.run_command(os.path.join(self.folder, ".."), self.expected)[0])


if __name__ == "__main__":
    unittest.main()
