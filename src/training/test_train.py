"""Tests of train.py: python3 -m unittest discover -s src/training. They train a tiny network on four drawn images."""
import contextlib
import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import numpy as np
import torch
from PIL import Image, ImageDraw

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import losses  # noqa: E402
import model as network  # noqa: E402
import train  # noqa: E402
from json_file import read_json  # noqa: E402

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train.py")
SIDE = 64
CLASSES = [{"id": 0, "name": "ball", "isthing": True, "color": "#dc143c"}, {"id": 1, "name": "box", "isthing": True, "color": "#1e50c8"},
           {"id": 2, "name": "sky", "isthing": False, "color": "#87ceeb"}, {"id": 3, "name": "ground", "isthing": False, "color": "#696969"}]
COLOURS = [(230, 40, 60), (40, 60, 220), (140, 210, 240), (90, 110, 60)]
NETWORK = {
    "feature_size": 32, "mask_feature_size": 32, "hidden_dim": 32, "num_attention_heads": 4, "encoder_layers": 3, "encoder_feedforward_dim": 64,
    "decoder_layers": 3, "dim_feedforward": 64, "num_queries": 8,
    "backbone_config": {"model_type": "mobilenet_v2", "folded_batch_norm": True, "depth_multiplier": 0.25, "channels": [8, 8, 24, 80]},
}
STILL = {"scale": [1.0, 1.0], "flip": 0.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "prepared_scale": 1.0, "quality": 95}


def draw_images(folder):
    """Four images of a ball and a box between sky and ground, in COCO's panoptic format."""
    os.makedirs(os.path.join(folder, "images"))
    os.makedirs(os.path.join(folder, "masks"))
    images, annotations = [], []
    for number in range(4):
        ids = Image.new("L", (SIDE, SIDE), 3)
        draw = ImageDraw.Draw(ids)
        draw.rectangle((0, 30 + 3 * number, SIDE, SIDE), fill=4)
        draw.ellipse((4 + 10 * number, 8, 22 + 10 * number, 26), fill=1)
        draw.rectangle((44 - 10 * number, 36, 60 - 10 * number, 54), fill=2)
        ids = np.asarray(ids)
        Image.fromarray(np.array([(0, 0, 0), *COLOURS], np.uint8)[ids]).save(os.path.join(folder, "images", f"{number}.png"))
        Image.fromarray(np.stack([ids, ids * 0, ids * 0], 2)).save(os.path.join(folder, "masks", f"{number}.png"))
        images.append({"id": number, "file_name": f"{number}.png", "width": SIDE, "height": SIDE})
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": [
            {"id": i, "category_id": i, "area": int((ids == i).sum()), "iscrowd": 0} for i in range(1, 5)]})
    categories = [{"id": entry["id"] + 1, "name": entry["name"], "isthing": int(entry["isthing"])} for entry in CLASSES]
    with open(os.path.join(folder, "panoptic.json"), "w", encoding="utf-8") as file:
        json.dump({"images": images, "annotations": annotations, "categories": categories}, file)
    with open(os.path.join(folder, "classes.json"), "w", encoding="utf-8") as file:
        json.dump({"classes": CLASSES}, file)


class Training(unittest.TestCase):
    """What the tests below share: a folder with images and a configuration file."""

    @classmethod
    def setUpClass(cls):
        cls.images = tempfile.TemporaryDirectory()
        draw_images(cls.images.name)

    @classmethod
    def tearDownClass(cls):
        cls.images.cleanup()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for number in (signal.SIGTERM, signal.SIGINT):  # train.train sets its own
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def config(self, name="run", data=(), **options):
        """Path of a configuration file; options are those of train."""
        images = self.images.name
        sets = [{"name": "drawn", "kind": "coco_panoptic", "json": os.path.join(images, "panoptic.json"), "images": os.path.join(images, "images"),
                 "masks": os.path.join(images, "masks")}]
        config = {"output": name, "model": NETWORK, "classes": os.path.join(images, "classes.json"), "licence": "Apache-2.0",
                  "data": {"size": SIDE, "batch": 4, "prepared": os.path.join(images, "prepared"), "sets": sets, **STILL, **dict(data)},
                  "train": {"iterations": 4, "warmup": 2, "workers": 0, "points": 128, "match_points": 128, "threads": 1, "log_every": 1, **options}}
        path = os.path.join(self.folder, f"{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return path

    def main(self, *arguments):
        """Exit code and what was printed, both streams together."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = train.main([str(argument) for argument in arguments])
        return code, printed.getvalue()

    def run_of(self, **options):
        config, folder = train.read_config(self.config(**options))
        return train.Run(config, folder, lambda line: None)

    def batch_of(self, run, iteration=0):
        with train.data.Batches(run.data, iteration, run.options["seed"], 0, log=lambda line: None) as batches:
            return next(batches)

    def rows(self, name="run"):
        with open(os.path.join(self.folder, name, "metrics.csv"), encoding="utf-8") as file:
            return list(train.csv.DictReader(file))

    def weights(self, name="run"):
        with open(os.path.join(self.folder, name, "checkpoint", "model.safetensors"), "rb") as file:
            return file.read()


class Configuration(Training):
    def refused(self, *arguments):
        code, printed = self.main(self.config(), *arguments)
        self.assertEqual(2, code)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "run")))
        return printed

    def test_unknown_keys_are_named(self):
        self.assertIn("'trian' is no key", self.refused("--trian", "{}"))
        self.assertIn("'train.learning_rate' is no key", self.refused("--train.learning_rate", "0.1"))
        self.assertIn("data.sizes", self.refused("--data.sizes", "64"))

    def test_values_out_of_range_are_named_with_what_is_allowed(self):
        for key, value, allowed in (("lr", "-1", "a number from 0 to 1"), ("warmup", "1.5", "a whole number from 0"), ("iterations", "0", "a whole number from 1"),
                                    ("ema", "true", "a number from 0"), ("precision", "fp16", '"auto", "fp32", "bf16"'), ("channels_last", "1", '"auto", true, false'),
                                    ("distill_deep", "1", "true or false"), ("exits", "first", '"uniform", "last", or a list'), ("exits", "[0, 0]", "not all 0"),
                                    ("exit_weight", "[1]", "two numbers"), ("minutes", "NaN", "a number from 0.01")):
            printed = self.refused(f"--train.{key}", value)
            self.assertIn(f"train.{key} is", printed)
            self.assertIn(allowed, printed)

    def test_a_run_needs_a_budget_and_one_start(self):
        self.assertIn("train.iterations or train.minutes", self.refused("--train.iterations", "null"))
        self.assertIn("one of init", self.refused("--init", self.folder))
        self.assertIn("one of init", self.refused("--model=null"))

    def test_only_what_a_checkpoint_has_starts_fresh(self):
        self.assertIn("fresh must be a list", self.refused("--fresh", "encoder"))
        self.assertIn("fresh must be a list", self.refused("--fresh", '[""]'))
        self.assertIn("fresh is for a network that starts from init", self.refused("--fresh", '["model."]'))

    def test_as_many_probabilities_as_exits_are_wanted(self):
        code, printed = self.main(self.config(exits=[1, 1]))
        self.assertEqual((2, True), (code, "train.exits has 2 probabilities; the network has 3 exits" in printed))

    def test_the_command_line_overrides_the_file(self):
        config, folder = train.read_config(self.config(), train.parse_overrides(["--train.minutes", "30", "--train.exits=[1,2,0]", "--output", "here"]))
        self.assertEqual((30, [1, 2, 0], os.path.abspath("here")), (config["train"]["minutes"], config["train"]["exits"], config["output"]))
        self.assertEqual(0.05, config["train"]["weight_decay"])  # a default
        self.assertEqual(self.folder, folder)

    def test_help_names_every_option_with_its_default(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), self.assertRaises(SystemExit):
            train.main(["--help"])
        for key, (default, _, _) in train.TRAIN.items():
            self.assertRegex(printed.getvalue(), rf"\n  {key} .*\(default {train.network.re.escape(json.dumps(default))}\)")

    def test_bf16_is_chosen_on_a_cpu_only_where_it_is_quick(self):
        options, cpu = {"precision": "auto"}, torch.device("cpu")
        for flags, version, expected in (({"avx2", "avx512_bf16"}, "2.1.0", True), ({"amx_bf16"}, "2.13.0+cpu", True), ({"avx2", "avx512f"}, "2.1.0", False),
                                         ({"avx512_bf16"}, "1.13.1", False)):
            with mock.patch.object(train, "cpu_flags", return_value=flags), mock.patch.object(torch, "__version__", version):
                self.assertEqual(expected, train.choose_precision(options, cpu)[0], (flags, version))
                self.assertTrue(train.choose_precision({"precision": "bf16"}, cpu)[0])


class Exits(Training):
    def frequencies(self, option, draws=6000):
        probabilities = train.exit_probabilities(option, 6)
        counts = np.bincount([train.draw_exit(probabilities, 7, iteration) for iteration in range(draws)], minlength=7)[1:]
        self.assertEqual(draws, counts.sum())
        return counts / draws, probabilities

    def test_exits_are_drawn_as_often_as_asked(self):
        for option, expected in (("uniform", [1 / 6] * 6), ([1, 1.5, 1.5, 1.5, 1.5, 2], np.array([1, 1.5, 1.5, 1.5, 1.5, 2]) / 9), ([0, 1, 1, 1, 1, 1], [0, *[0.2] * 5])):
            found, probabilities = self.frequencies(option)
            np.testing.assert_allclose(probabilities, expected)
            deviation = np.sqrt(probabilities * (1 - probabilities) / 6000)
            self.assertTrue((np.abs(found - probabilities) <= 4 * deviation).all(), (option, found))  # all are 0 where p is 0

    def test_last_draws_the_deepest_only(self):
        self.assertEqual([0, 0, 0, 0, 0, 1], self.frequencies("last", 100)[0].tolist())

    def test_a_draw_depends_on_seed_and_iteration_alone(self):
        probabilities = train.exit_probabilities("uniform", 6)
        draws = [[train.draw_exit(probabilities, seed, iteration) for iteration in range(50)] for seed in (1, 2)]
        self.assertEqual(draws[0][20:], [train.draw_exit(probabilities, 1, iteration) for iteration in range(20, 50)])
        self.assertNotEqual(draws[0], draws[1])

    def test_weights_grow_with_depth(self):
        np.testing.assert_allclose([train.exit_weight([0.6, 0.4], depth, 6) for depth in range(1, 7)], [4 / 6, 4.4 / 6, 4.8 / 6, 5.2 / 6, 5.6 / 6, 1.0])
        np.testing.assert_allclose([train.exit_weight([0, 1], depth, 6) for depth in range(1, 7)], np.arange(1, 7) / 6)

    def test_the_loss_is_weighted_with_the_exits_weight(self):
        # The same step, exit 1 of 3, its three predictions' terms weighted 2, 5, 5 and then with 1, or with 1/3.
        loss = {}
        for weight in ([1, 0], [0, 1]):
            run = self.run_of(exits=[1, 0, 0], exit_weight=weight)
            batch, terms = self.batch_of(run), []
            with mock.patch.object(losses, "loss_terms", side_effect=lambda *a, inner=losses.loss_terms, **k: terms.append(inner(*a, **k)) or terms[0]):
                loss[weight[0]] = run.step(*batch)()["loss"]
            self.assertAlmostEqual(1, loss[weight[0]] / float((terms[0] * torch.tensor([2.0, 5, 5])).sum() * (1 if weight[0] else 1 / 3)), 5)
        self.assertAlmostEqual(3, loss[1] / loss[0], 4)

    def test_a_shallow_exit_leaves_deeper_layers_alone(self):
        run = self.run_of(exits=[0, 1, 0])
        before = {name: parameter.detach().clone() for name, parameter in run.model.named_parameters()}
        self.assertEqual(2, run.step(*self.batch_of(run))()["exit"])
        changed = {name for name, parameter in run.model.named_parameters() if not torch.equal(parameter, before[name])}
        for layer, expected in ((0, True), (1, True), (2, False)):
            names = [name for name in before if f"decoder.encoder.layers.{layer}." in name]
            self.assertEqual(expected, any(name in changed for name in names), layer)
            if not expected:  # no weight decay either
                self.assertFalse(changed & set(names))
        self.assertTrue(any(name.startswith(network.ENCODER) for name in changed) and "class_predictor.weight" in changed)

    def test_the_deepest_exit_teaches_and_is_trained_if_asked(self):
        for deep in (True, False):
            run = self.run_of(exits=[1, 0, 0], distill=1.0, distill_deep=deep)
            row = run.step(*self.batch_of(run))()
            self.assertGreater(row["taught"], 0)
            self.assertGreater(row["loss"], row["taught"])
            last = [parameter.grad for name, parameter in run.model.named_parameters() if "decoder.encoder.layers.2." in name]
            self.assertEqual(deep, any(gradient is not None and float(gradient.abs().sum()) > 0 for gradient in last))

    def test_the_deepest_exit_does_not_teach_itself(self):
        run = self.run_of(exits="last", distill=1.0)
        self.assertEqual(0.0, run.step(*self.batch_of(run))()["taught"])


class Optimiser(Training):
    def test_the_rate_warms_up_and_follows_a_cosine(self):
        options = {"iterations": 100, "minutes": None, "warmup": 9, "final_lr": 0.1}
        self.assertAlmostEqual(0.1, train.rate(options, 0, 0), 6)                # 1 of 9 + 1, at the cosine's top
        self.assertAlmostEqual(0.55, train.rate(options, 50, 0))                 # half way between 1 and 0.1
        self.assertAlmostEqual(0.1, train.rate(options, 100, 0))
        options.update(iterations=None, minutes=2, warmup=0)
        self.assertAlmostEqual(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2, train.rate(options, 5, 30))
        options.update(iterations=10)                                            # of two budgets, the one that is further gone
        self.assertAlmostEqual(0.55, train.rate(options, 5, 30))

    def test_norms_biases_and_embeddings_do_not_decay_and_the_backbone_has_its_own_rate(self):
        run = self.run_of(lr=1e-3, backbone_lr=1e-4)
        names = {id(parameter): name for name, parameter in run.model.named_parameters()}
        groups = {names[id(parameter)]: (group["top"], group["weight_decay"]) for group in run.optimiser.param_groups for parameter in group["params"]}
        self.assertEqual(len(names), len(groups))
        self.assertEqual((1e-4, 0.05), groups[network.ENCODER + "stem.weight"])
        self.assertEqual((1e-4, 0.0), groups[network.ENCODER + "stem.bias"])
        self.assertEqual((1e-3, 0.05), groups["model.transformer_module.decoder.layers.0.cross_attn.in_proj_weight"])
        self.assertEqual((1e-3, 0.05), groups["model.transformer_module.decoder.mask_predictor.mask_embedder.0.0.weight"])
        for name in ("model.transformer_module.queries_embedder.weight", "model.transformer_module.queries_features.weight", "model.transformer_module.level_embed.weight",
                     "model.pixel_level_module.decoder.level_embed", "model.transformer_module.decoder.layernorm.weight", "class_predictor.bias"):
            self.assertEqual((1e-3, 0.0), groups[name], name)

    def test_the_average_is_that_computed_by_hand(self):
        averages, parameters = [torch.tensor([1.0, 2.0])], [torch.nn.Parameter(torch.tensor([2.0, 4.0]))]
        train.update_average(averages, parameters, 0.75, 10_000)
        torch.testing.assert_close(averages[0], torch.tensor([1.25, 2.5]))
        train.update_average(averages, parameters, 0.75, 2)                      # decay (1 + 2) / (10 + 2) = 1/4
        torch.testing.assert_close(averages[0], torch.tensor([1.8125, 3.625]))
        train.update_average(averages, parameters, 0.0, 2)
        torch.testing.assert_close(averages[0], parameters[0].detach())

    def test_the_gradient_is_clipped(self):
        norms = []
        for clip in (0.0, 0.02):
            run = self.run_of(clip=clip)
            row = run.step(*self.batch_of(run))()
            norms.append(float(train.gradient_norm([p.grad for p in run.parameters if p.grad is not None])))
            self.assertGreater(row["gradient_norm"], 0.1)  # as it was before
        self.assertAlmostEqual(row["gradient_norm"], norms[0], 3)
        self.assertAlmostEqual(0.02, norms[1], 5)

    def test_a_gradient_that_is_not_finite_changes_nothing_and_ten_stop_the_run(self):
        inner = losses.loss_terms
        with mock.patch.object(losses, "loss_terms", side_effect=lambda *a, **k: inner(*a, **k) * math.nan):
            run = self.run_of()
            before = [parameter.detach().clone() for parameter in run.parameters]
            run.step(*self.batch_of(run))()
            self.assertTrue(all(torch.equal(a, b) for a, b in zip(before, run.parameters)))
            code, printed = self.main(self.config(iterations=50))
        self.assertEqual((2, 10), (code, printed.count("the gradient is not finite, so")))
        self.assertIn("10 gradients in a row", printed)


class State(Training):
    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.folder, "run", "state")

    def trained(self, iterations=2):
        run = self.run_of()
        with train.data.Batches(run.data, 0, 1, 0, log=lambda line: None) as batches:
            for _ in range(iterations):
                run.step(*next(batches))()
        return run

    def test_parts_are_small_and_join_to_what_they_were(self):
        tensors = {"a": torch.randn(3, 50), "b": torch.randn(7), "c": torch.randn(260, 2), "d": torch.randn(60)}
        with mock.patch.object(train, "FULL_SIZE", 800):
            parts = train.split_parts(tensors)
        self.assertTrue(all(sum(4 * tensor.numel() for tensor in part.values()) <= 800 for part in parts))
        self.assertGreater(len(parts), 3)
        joined = train.join_parts({name: tensor for part in parts for name, tensor in part.items()}, {name: tensor.shape for name, tensor in tensors.items()})
        self.assertEqual(set(tensors), set(joined))
        self.assertTrue(all(torch.equal(tensors[name], joined[name]) for name in tensors))

    def test_what_is_saved_is_read_back(self):
        run = self.trained()
        with mock.patch.object(train, "FULL_SIZE", 100_000):
            train.save_state(self.state, run)
        self.assertLess(max(os.path.getsize(os.path.join(self.state, name)) for name in os.listdir(self.state) if name != "manifest.json"), 110_000)
        again = self.run_of()
        self.assertEqual(2, again.iteration)
        for one, other in ((run.parameters, again.parameters), (run.averages, again.averages)):
            self.assertTrue(all(torch.equal(a, b) for a, b in zip(one, other)))
        for a, b in zip(run.parameters, again.parameters):
            self.assertEqual(set(run.optimiser.state[a]), set(again.optimiser.state[b]))
            for key, value in run.optimiser.state[a].items():
                self.assertTrue(torch.equal(value, again.optimiser.state[b][key]), key)

    def test_a_save_that_is_killed_anywhere_leaves_the_old_state_or_the_new_one(self):
        class Killed(BaseException):
            pass

        run = self.trained(1)
        train.save_state(self.state, run)
        run.step(*self.batch_of(run, 1))()
        outcomes = []
        for moment in range(1000):
            calls = iter(range(1000))

            def dies(inner):
                def call(*arguments, **options):
                    if next(calls) == moment:
                        raise Killed
                    return inner(*arguments, **options)
                return call

            with contextlib.ExitStack() as patched:
                patched.enter_context(mock.patch.object(train, "FULL_SIZE", 400_000))
                for name in ("replace", "fsync", "remove"):
                    patched.enter_context(mock.patch.object(os, name, dies(getattr(os, name))))
                try:
                    train.save_state(self.state, run)
                    finished = True
                except Killed:
                    finished = False
            outcomes.append(train.read_state(self.state)[0]["iteration"])
            if finished:
                break
            if outcomes[-1] == 2:  # only the clearing up was cut short; back to the old state
                train.remove_strays(self.state, read_json(os.path.join(self.state, "manifest.json"), network.CheckpointError))
                run.iteration = 1
                train.save_state(self.state, run)
                run.iteration = 2
        self.assertGreater(len(outcomes), 10)
        self.assertEqual({1, 2}, set(outcomes))
        manifest = read_json(os.path.join(self.state, "manifest.json"), network.CheckpointError)
        self.assertEqual({*manifest["files"], "manifest.json"}, set(os.listdir(self.state)))  # nothing is left of the killed ones

    def test_a_damaged_file_is_named(self):
        train.save_state(self.state, self.trained(1))
        name = next(name for name in sorted(os.listdir(self.state)) if "average" in name)
        with open(os.path.join(self.state, name), "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        code, printed = self.main(self.config())
        self.assertEqual(2, code)
        self.assertIn(f"{name} is missing or damaged", printed)

    def test_other_classes_are_refused(self):
        self.assertEqual(0, self.main(self.config())[0])
        other = {"classes": [{**entry, "name": "cube"} if entry["name"] == "box" else entry for entry in CLASSES], "mapping": {"drawn": {"ball": "ball", "box": "cube", "sky": "sky", "ground": "ground"}}}
        config = read_json(self.config(iterations=8), network.CheckpointError)
        config["classes"], config["data"]["sets"][0]["mapping"] = other, "drawn"
        with open(os.path.join(self.folder, "run.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        code, printed = self.main(os.path.join(self.folder, "run.json"))
        self.assertEqual((2, True), (code, "was trained on other classes" in printed), printed)

    def test_rows_after_the_saved_iteration_are_dropped(self):
        path = os.path.join(self.folder, "metrics.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(",".join(train.COLUMNS) + "\n")
            for iteration in range(1, 6):
                file.write(",".join([str(iteration)] * len(train.COLUMNS)) + "\n")
            file.write("6,6,6")  # cut short by a kill
        with contextlib.closing(train.Metrics(path, 4)) as metrics:
            metrics.add({column: 5 for column in train.COLUMNS})
        with open(path, encoding="utf-8") as file:
            self.assertEqual(["1", "2", "3", "4", "5"], [row["iteration"] for row in train.csv.DictReader(file)])


class WholeRuns(Training):
    def start(self, path, *arguments):
        return subprocess.Popen([sys.executable, PROGRAM, path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def started(self, process):
        """Waits until the first line of an iteration was printed."""
        for line in process.stdout:
            if "gradient" in line:
                return
        self.fail("the run ended without an iteration")

    def test_a_run_that_is_stopped_and_killed_ends_as_an_undisturbed_one(self):
        options = {"iterations": 40, "save_minutes": 0.0, "exits": [1, 1, 1], "lr": 1e-3}
        self.assertEqual(0, self.main(self.config("whole", data={"flip": 0.5, "brightness": 0.2}, **options))[0])
        path = self.config("torn", data={"flip": 0.5, "brightness": 0.2}, workers=1, **options)
        chance, reached = random.Random(1), [0]
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGKILL, -9), (signal.SIGKILL, -9)):
            with self.start(path) as process:
                self.started(process)
                time.sleep(0.2 * chance.random())
                process.send_signal(number)
                rest = process.stdout.read()
                self.assertEqual(code, process.wait(), rest)
            manifest, _ = train.read_state(os.path.join(self.folder, "torn", "state"))  # checks every file
            self.assertGreater(manifest["iteration"], reached[-1] - 1)
            reached.append(manifest["iteration"])
        self.assertLess(reached[-1], 40)
        with self.start(path) as process:
            rest = process.stdout.read()
            self.assertEqual(0, process.wait(), rest)
            self.assertIn(f"going on at iteration {reached[-1]}", rest)
        self.assertEqual(self.weights("whole"), self.weights("torn"))  # bit for bit
        drawn = ("iteration", "exit", "loss", "class", "mask", "dice", "rate", "gradient_norm")
        self.assertEqual([[row[key] for key in drawn] for row in self.rows("whole")], [[row[key] for key in drawn] for row in self.rows("torn")])
        states = [train.read_state(os.path.join(self.folder, name, "state"))[1] for name in ("whole", "torn")]
        for kind in ("weights", "average", "moments"):
            self.assertTrue(all(torch.equal(tensor, states[1][kind][name]) for name, tensor in states[0][kind].items()), kind)

    def test_four_images_are_learnt(self):
        # Seen 160 times without changes, the four images' loss must fall to a fraction, at every exit.
        code, printed = self.main(self.config(iterations=160, lr=2e-3, backbone_lr=2e-3, warmup=10, ema=0.95, exit_weight=[1, 0], log_every=40))
        self.assertEqual(0, code, printed)
        rows = self.rows()
        first, last = (np.mean([float(row["loss"]) for row in part]) for part in (rows[:10], rows[-20:]))
        self.assertLess(last, 0.3 * first)
        for depth in "123":
            mine = [row for row in rows[-40:] if row["exit"] == depth]
            self.assertLess(np.mean([float(row["dice"]) for row in mine]), 0.35)
            self.assertLess(np.mean([float(row["class"]) for row in mine]), 0.35)
        self.assertRegex(printed, r"\n160/160  exit \d \(mean .*loss .*class .*mask .*dice .*rate .*gradient .*images/s .*left 0:00:00\n")

    def test_a_finished_run_says_so_and_does_nothing(self):
        self.assertEqual(0, self.main(self.config())[0])
        before = {name: os.stat(os.path.join(self.folder, "run", name)).st_mtime_ns for name in ("metrics.csv", "checkpoint/model.safetensors", "state/manifest.json")}
        code, printed = self.main(self.config())
        self.assertEqual((0, True), (code, "finished already: 4 iterations" in printed))
        self.assertEqual(before, {name: os.stat(os.path.join(self.folder, "run", name)).st_mtime_ns for name in before})
        code, printed = self.main(self.config(iterations=6))
        self.assertIn("changed since the saved state: train.iterations was 4 and is 6", printed)
        self.assertEqual((0, "6"), (code, self.rows()[-1]["iteration"]))

    def test_a_budget_of_minutes_ends_the_run(self):
        code, printed = self.main(self.config(iterations=None, minutes=0.03))
        self.assertEqual(0, code)
        seconds = float(self.rows()[-1]["seconds"])
        self.assertTrue(1.8 <= seconds < 6, seconds)
        self.assertLess(float(self.rows()[-2]["seconds"]), 1.8)

    def test_the_checkpoint_holds_the_average_and_what_the_compiler_needs(self):
        self.assertEqual(0, self.main(self.config(export_every=2))[0])
        output = os.path.join(self.folder, "run")
        model = network.load(os.path.join(output, "checkpoint"))
        average = train.read_state(os.path.join(output, "state"))[1]["average"]
        self.assertTrue(all(torch.equal(parameter, average[name]) for name, parameter in model.named_parameters()))
        sidecar, preprocessor = (read_json(os.path.join(output, "checkpoint", name), network.CheckpointError) for name in ("ecom2f.json", "preprocessor_config.json"))
        self.assertEqual((CLASSES, "Apache-2.0"), (sidecar["classes"], sidecar["licence"]))
        self.assertIn("4 iterations of 4 images at 64 x 64", sidecar["provenance"]["training"])
        self.assertEqual(({"shortest_edge": 64, "longest_edge": 96}, [0.5] * 3), (preprocessor["size"], preprocessor["image_mean"]))
        self.assertEqual(["00000002", "00000004"], sorted(os.listdir(os.path.join(output, "exports"))))
        self.assertEqual(0, self.main(self.config(export_every=2), "--export", os.path.join(self.folder, "asked"))[0])
        with open(os.path.join(self.folder, "asked", "model.safetensors"), "rb") as file:
            self.assertEqual(self.weights(), file.read())

    def test_a_run_starts_from_a_checkpoint(self):
        self.assertEqual(0, self.main(self.config())[0])
        config = read_json(self.config(), network.CheckpointError)
        config.update(init="run/checkpoint", model=None, output="next", train={**config["train"], "lr": 0.0, "backbone_lr": 0.0})
        with open(os.path.join(self.folder, "next.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.assertEqual(0, self.main(os.path.join(self.folder, "next.json"))[0])
        first, second = (network.read_safetensors(os.path.join(self.folder, name, "checkpoint", "model.safetensors")) for name in ("run", "next"))
        for name, tensor in first.items():  # at a rate of zero nothing moves but for the average's rounding
            torch.testing.assert_close(tensor, second[name])

    def test_named_parts_of_a_checkpoint_start_fresh(self):
        self.assertEqual(0, self.main(self.config())[0])
        layers = "model.pixel_level_module.decoder.encoder.layers."
        arguments = [self.config("next"), "--init", os.path.join(self.folder, "run", "checkpoint"), "--model", "null", "--train.lr", "0", "--train.backbone_lr", "0", "--train.seed", "2"]
        self.assertIn("no weight whose name begins with 'encoder.'", self.main(*arguments, "--fresh", '["encoder."]')[1])
        self.assertEqual(0, self.main(*arguments, "--fresh", json.dumps([layers]))[0])
        first, second = (network.read_safetensors(os.path.join(self.folder, name, "checkpoint", "model.safetensors")) for name in ("run", "next"))
        sidecar = read_json(os.path.join(self.folder, "next", "checkpoint", "ecom2f.json"), network.CheckpointError)
        self.assertEqual(layers, sidecar["provenance"]["fresh"])
        for name, tensor in first.items():
            if name.startswith(layers) and name.endswith("fc1.weight"):
                self.assertGreater((tensor - second[name]).abs().max(), 0.01, name)
            elif not name.startswith(layers):
                torch.testing.assert_close(tensor, second[name])

    def test_two_runs_in_one_folder_are_refused(self):
        with train.only_run(os.path.join(self.folder, "run")):
            code, printed = self.main(self.config())
        self.assertEqual((2, True), (code, "another training runs in" in printed))

    def test_a_profile_prints_each_part_and_leaves_nothing(self):
        code, printed = self.main(self.config(), "--profile", "1")
        self.assertEqual(0, code)
        for part in ("waiting for data", "forward", "matching", "losses", "backward", "optimiser", "average", "a step"):
            self.assertRegex(printed, rf"\| {part} \| [0-9.]+ \| ")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "run")))


if __name__ == "__main__":
    unittest.main()
