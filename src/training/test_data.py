"""Tests of data.py, on sets drawn here. python3 -m unittest discover -s src/training -p "test_data.py" """
import copy
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

try:
    import numpy as np
    import torch
    from PIL import Image

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import data
    from json_file import read_json
except ImportError as error:
    raise unittest.SkipTest(f"needs PyTorch, numpy and Pillow: {error}") from error

FOLDER = os.path.dirname(os.path.abspath(__file__))
CLASSES = [{"id": 0, "name": "person", "isthing": True, "color": "#ff0000"}, {"id": 1, "name": "car", "isthing": True, "color": "#00ff00"},
           {"id": 2, "name": "sky", "isthing": False, "color": "#0000ff"}, {"id": 3, "name": "ground", "isthing": False, "color": "#888888"}]
MAPPING = {"people": "person", "car": "car", "air": "sky", "road": "ground", "grass": "ground", "blur": None}
CATEGORIES = [{"id": 10 * (i + 1), "name": name, "isthing": int(i < 2)} for i, name in enumerate(MAPPING)]
PEOPLE, CAR, AIR, ROAD, GRASS, BLUR = (category["id"] for category in CATEGORIES)
WIDTH, HEIGHT = 96, 64
# Per segment: category, box (y0, y1, x0, x1), colour. Together they cover the image, void (none) apart.
SEGMENTS = [(AIR, (0, 24, 0, 96), (40, 90, 230)), (ROAD, (24, 64, 0, 48), (110, 110, 110)), (GRASS, (24, 64, 48, 80), (30, 160, 40)),
            (PEOPLE, (16, 40, 8, 24), (220, 40, 40)), (PEOPLE, (16, 40, 60, 76), (150, 10, 90)), (BLUR, (44, 60, 60, 76), (250, 250, 90))]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, content, *names):
        os.makedirs(os.path.dirname(self.path(*names)), exist_ok=True)
        with open(self.path(*names), "w", encoding="utf-8") as file:
            json.dump(content, file)

    def panoptic(self, name="pan", images=3, segments=SEGMENTS, crowds=()):
        """A panoptic set; images differ by a shade. crowds: numbers of segments that are one."""
        os.makedirs(self.path(name, "images"), exist_ok=True)
        os.makedirs(self.path(name, "masks"), exist_ok=True)
        coco = {"images": [], "annotations": [], "categories": CATEGORIES}
        for i in range(images):
            pixels, ids = np.full((HEIGHT, WIDTH, 3), 200 - i, np.uint8), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            for k, (_, (y0, y1, x0, x1), colour) in enumerate(segments):
                pixels[y0:y1, x0:x1] = colour
                ids[y0:y1, x0:x1] = (k + 1, 1, 0)  # id = k + 1 + 256
            Image.fromarray(pixels).save(self.path(name, "images", f"{i}.png"))
            Image.fromarray(ids).save(self.path(name, "masks", f"m{i}.png"))
            coco["images"].append({"id": i, "file_name": f"{i}.png", "width": WIDTH, "height": HEIGHT})
            coco["annotations"].append({"image_id": i, "file_name": f"m{i}.png", "segments_info": [
                {"id": k + 257, "category_id": category, "iscrowd": int(k in crowds)} for k, (category, _, _) in enumerate(segments)]})
        self.write(coco, name, "truth.json")
        return {"name": name, "kind": "coco_panoptic", "json": f"{name}/truth.json", "images": f"{name}/images", "masks": f"{name}/masks", "mapping": "m"}

    def instances(self, annotations, name="ins", images=1):
        """A set of instances: (category, segmentation, crowd) of image 0."""
        os.makedirs(self.path(name, "images"), exist_ok=True)
        for i in range(images):
            Image.fromarray(np.full((HEIGHT, WIDTH, 3), 90 + i, np.uint8)).save(self.path(name, "images", f"{i}.png"))
        self.write({"images": [{"id": i, "file_name": f"{i}.png", "width": WIDTH, "height": HEIGHT} for i in range(images)],
                    "annotations": [{"id": i, "image_id": 0, "category_id": category, "segmentation": segmentation, "iscrowd": crowd}
                                    for i, (category, segmentation, crowd) in enumerate(annotations)],
                    "categories": CATEGORIES[:2]}, name, "truth.json")
        return {"name": name, "kind": "coco_instances", "json": f"{name}/truth.json", "images": f"{name}/images", "mapping": "m"}

    def options(self, *sets, **changes):
        """Resolved; without jitter unless changes say so: the image at its own size in a crop of 64 x 64."""
        still = {"size": 64, "batch": 2, "prepared": "prepared", "quality": 95, "scale": [1, 1], "flip": 0, "brightness": 0, "contrast": 0, "saturation": 0}
        return data.resolve({"classes": {"classes": CLASSES, "mapping": {"m": MAPPING}}, "data": {**still, "sets": list(sets), **changes}}, self.folder)

    def batches(self, options, start=0, seed=0, workers=0):
        batches = data.Batches(options, start, seed, workers, log=lambda _: None)
        self.addCleanup(batches.close)
        return batches

    def truth(self, entry):
        """Id map at full size and the classes of its segments, of the set's first image."""
        options = self.options(entry)
        return data.segment_ids(data.read_set(options["sets"][0], options["classes"])[0], [item["isthing"] for item in CLASSES])

    def refused(self, pattern, *sets, **changes):
        with self.assertRaisesRegex(data.DataError, pattern):
            data.prepare(self.options(*sets, **changes), 1, log=lambda _: None)


class Options(Case):
    def test_unknown_keys_are_named(self):
        entry = self.panoptic()
        self.refused(r"data\.sise is no option; there are sets, size", entry, sise=3)
        self.refused(r"data\.sets\[0\]\.wieght is no option", {**entry, "wieght": 2})

    def test_values_out_of_range_are_named_with_the_range(self):
        entry = self.panoptic()
        for key, value, message in [("size", 100, "no multiple of 32"), ("size", 16, "32 to 4096"), ("batch", 0, "1 to 4096"), ("batch", True, "whole number"),
                                    ("flip", 1.5, "0 to 1"), ("flip", "yes", "0 to 1"), ("scale", [2, 0.5], "smaller one first"), ("scale", [0.01, 1], "0.1 to 10"),
                                    ("brightness", 1, "0 to 0.999"), ("quality", 101, "50 to 100"), ("min_pixels", 0, "1 to 4096"), ("std", [0, 1, 1], "three numbers"),
                                    ("prepared", 7, "must be a string"), ("sets", [], "one set or more"), ("prepared_scale", float("nan"), "0.5 to 4")]:
            with self.subTest(key=key, value=value), self.assertRaisesRegex(data.DataError, rf"data\.{key}.*{message}"):
                self.options(entry, **{key: value})

    def test_sets_are_checked(self):
        entry = self.panoptic()
        for change, message in [({"kind": "voc"}, r"sets\[0\]\.kind: 'voc'"), ({"weight": 0}, "weight: 0 is not a number above 0"), ({"mapping": "n"}, "mapping: 'n' is not a key"),
                                ({"full_classes": ["person", "tree"]}, r"full_classes: \['tree'\]"), ({"masks": None}, "masks must be a string"),
                                ({"kind": "coco_instances"}, "masks is for coco_panoptic"), ({"name": "a/b"}, "name: 'a/b'"), ({"exclude": "x"}, "exclude must be a list"),
                                ({"exclude": [{"json": "x", "folder": "y"}]}, r"exclude\[0\]\.folder is no option")]:
            with self.subTest(change=change), self.assertRaisesRegex(data.DataError, message):
                self.options({**entry, **change})
        with self.assertRaisesRegex(data.DataError, "two sets are named pan"):
            self.options(entry, entry)

    def test_classes_are_checked(self):
        for change, message in [({"id": 3}, r"classes\[0\]\.id is 3"), ({"color": "red"}, r"classes\[0\]\.color"), ({"isthing": None}, "isthing"), ({"name": "car"}, "'car' is there twice")]:
            classes = [{**CLASSES[0], **change}] + CLASSES[1:]
            with self.subTest(change=change), self.assertRaisesRegex(data.DataError, message):
                data.resolve({"classes": {"classes": classes}, "data": {"sets": [self.panoptic()]}}, self.folder)
        with self.assertRaisesRegex(data.DataError, "'air' becomes 'heaven', which is no class"):
            data.resolve({"classes": {"classes": CLASSES, "mapping": {"m": {**MAPPING, "air": "heaven"}}}, "data": {"sets": [self.panoptic()]}}, self.folder)

    def test_mean_and_deviation_are_the_checkpoints_unless_given(self):
        config = {"init": "parent", "classes": {"classes": CLASSES, "mapping": {"m": MAPPING}}, "data": {"sets": [self.panoptic()]}}
        self.assertEqual(data.resolve(config, self.folder)["mean"], [0.5, 0.5, 0.5])
        self.write({"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}, "parent", "preprocessor_config.json")
        self.assertEqual(data.resolve(config, self.folder)["std"], [0.4, 0.5, 0.6])
        config["data"]["mean"] = [0, 0, 0]
        self.assertEqual(data.resolve(config, self.folder)["mean"], [0, 0, 0])

    def test_committed_configurations_resolve_and_differ_as_their_names_say(self):
        configs = {name: read_json(os.path.join(FOLDER, "configs", name + ".json"), data.DataError) for name in ("default", "full_depth", "distil")}
        options = data.resolve(configs["default"], os.path.join(FOLDER, "configs"))
        names = [item["name"] for item in options["classes"]]
        full = [{name for name, whole in zip(names, entry["full_classes"]) if whole} for entry in options["sets"]]
        things = {item["name"] for item in options["classes"] if item["isthing"]}
        self.assertEqual(full[1], set(names) - {"window", "balcony"})   # COCO's windows are void, and it has no balconies
        self.assertEqual(full[2], things - {"window", "balcony"})
        self.assertNotIn("sky", full[0])                                # facades: the sky is not labelled
        for name, changed in (("full_depth", {"exits": "last"}), ("distil", {"distill": 1.0})):
            expected = copy.deepcopy(configs["default"])
            expected["output"] = expected["output"].replace("default", name)
            expected["train"].update(changed)
            self.assertEqual(configs[name], expected)


class Masks(unittest.TestCase):
    def test_polygon_holds_the_pixels_whose_centre_it_holds(self):
        mask = data.polygon_mask([2, 1, 6, 1, 6, 4, 2, 4], 6, 9)
        expected = np.zeros((6, 9), bool)
        expected[1:4, 2:6] = True
        np.testing.assert_array_equal(mask, expected)

    def test_polygon_equals_point_by_point(self):
        rng = np.random.default_rng(0)
        for points in rng.uniform(-5, 30, (20, 7, 2)):  # crossing itself and the border
            expected = np.zeros((20, 25), bool)
            for y, x in np.ndindex(20, 25):
                for (xa, ya), (xb, yb) in zip(points, np.roll(points, -1, 0)):
                    if (ya <= y + 0.5) != (yb <= y + 0.5) and x + 0.5 >= xa + (y + 0.5 - ya) * (xb - xa) / (yb - ya):
                        expected[y, x] ^= True
            np.testing.assert_array_equal(data.polygon_mask(points.ravel().tolist(), 20, 25), expected)

    def test_run_lengths_as_text_and_numbers_are_equal(self):
        expected = np.zeros((9, 10), bool)  # COCO's text of this mask is pycocotools'
        expected[6, 0] = True
        expected[2:6, 5:8] = True
        for counts in ("61X13mN000`0", [6, 1, 40, 4, 5, 4, 5, 4, 21]):
            np.testing.assert_array_equal(data.rle_mask({"size": [9, 10], "counts": counts}, 9, 10), expected)

    def test_broken_masks_are_refused(self):
        for counts, message in [([6, 1], "add up to 90"), ([91, -1], "add up to 90"), ("6", "add up to 90"), ("6\x7f", "COCO's text does not use"), ("6X", "in the middle")]:
            with self.subTest(counts=counts), self.assertRaisesRegex(data.DataError, message):
                data.rle_mask({"size": [9, 10], "counts": counts}, 9, 10)
        with self.assertRaisesRegex(data.DataError, r"of size \[10, 9\]"):
            data.rle_mask({"size": [10, 9], "counts": [90]}, 9, 10)
        for points in ([1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, float("nan")], ["a"] * 6):
            with self.subTest(points=points), self.assertRaisesRegex(data.DataError, "polygon"):
                data.polygon_mask(points, 9, 10)


class Sets(Case):
    def test_panoptic_categories_become_classes_and_stuff_merges(self):
        ids, classes = self.truth(self.panoptic())
        self.assertEqual(sorted(classes), [0, 0, 2, 3])  # road and grass are one segment of ground
        by_class = np.array([-1] + classes)[ids]
        self.assertEqual(by_class[10, 10], 2)
        self.assertEqual([by_class[60, 10], by_class[60, 50]], [3, 3])
        self.assertEqual(ids[60, 10], ids[60, 50])
        self.assertNotEqual(ids[20, 10], ids[20, 65])    # two people are two
        self.assertEqual([by_class[20, 10], by_class[20, 65]], [0, 0])
        self.assertEqual([ids[50, 65], ids[60, 90]], [0, 0])  # null, and never labelled

    def test_panoptic_crowds_are_void_unless_they_are_stuff(self):
        ids, classes = self.truth(self.panoptic(crowds=(2, 3)))  # grass and one person
        self.assertEqual(sorted(classes), [0, 2, 3])
        self.assertEqual(ids[20, 10], 0)
        self.assertEqual(ids[60, 10], ids[60, 50])

    def test_polygons_and_run_lengths_give_the_same(self):
        counts = [10 * HEIGHT + 5] + [20, HEIGHT - 20] * 29 + [20, HEIGHT - 25 + (WIDTH - 40) * HEIGHT]  # rows 5 to 24 of columns 10 to 39
        polygon = [[10, 5, 40, 5, 40, 25, 10, 25]]
        first, _ = self.truth(self.instances([(CAR, polygon, 0)]))
        second, _ = self.truth(self.instances([(CAR, {"size": [HEIGHT, WIDTH], "counts": counts}, 0)]))
        self.assertEqual((first == 1).sum(), 600)
        np.testing.assert_array_equal(first, second)

    def test_instances_small_ones_on_top_crowds_and_the_rest_void(self):
        def box(y0, y1, x0, x1):
            return [[x0, y0, x1, y0, x1, y1, x0, y1]]
        ids, classes = self.truth(self.instances([(PEOPLE, box(20, 30, 20, 30), 0), (CAR, box(10, 40, 10, 60), 0), (PEOPLE, box(0, 64, 30, 90), 1)]))
        by_class = np.array([-1] + classes)[ids]
        self.assertEqual([by_class[25, 25], by_class[12, 12], by_class[12, 50]], [0, 1, 1])
        self.assertEqual([ids[50, 80], ids[60, 5]], [0, 0])

    def test_sets_label_what_they_label(self):
        for entry, change, expected in [(self.panoptic(), {}, [True] * 4), (self.panoptic(), {"full_classes": ["sky"]}, [False, False, True, False]),
                                        (self.instances([]), {}, [True, True, False, False]), (self.instances([]), {"full_classes": "all"}, [True] * 4)]:
            self.assertEqual(self.options({**entry, **change})["sets"][0]["full_classes"], expected)
        _, (target, _) = next(self.batches(self.options(self.instances([(CAR, [[0, 0, 90, 0, 90, 30, 0, 30]], 0)]))))
        self.assertEqual(target.classes.tolist(), [1])
        torch.testing.assert_close(target.labelled, target.masks[0])  # outside things nothing is known
        self.assertTrue(target.inside.all())
        self.assertEqual(target.full_classes.tolist(), [True, True, False, False])

    def test_category_names_are_class_names_without_a_mapping(self):
        entry = {**self.panoptic(), "mapping": None}
        self.refused("'people' is not the name of a class, and the set has no mapping", entry)
        coco = read_json(self.path("pan", "truth.json"), data.DataError)
        for category, name in zip(coco["categories"], ["person", "car", "sky", "ground", "ground", "ground"]):
            category["name"] = name
        self.write(coco, "pan", "truth.json")
        self.assertEqual(sorted(self.truth(entry)[1]), [0, 0, 2, 3])

    def test_what_official_files_hold(self):
        square = [0, 0, 9, 0, 9, 9, 0, 9]
        entry = self.instances([(PEOPLE, [square + [7]], 0), (CAR, [square, [1, 1, 2, 2], []], 0), (CAR, [[20.5, 30, 20.5, 30, 21, 30]], 0),
                                (CAR, [], 0), (CAR, [[1, 1, 2, 2]], 0), (77, [square], 0)])
        coco = read_json(self.path("ins", "truth.json"), data.DataError)
        coco["images"][0].update(id=0.0, width=float(WIDTH), height=float(HEIGHT))
        coco["categories"].append({"id": 99, "name": "root"})
        coco["annotations"].append({"id": 50, "image_id": 8, "category_id": CAR, "segmentation": [square], "iscrowd": 0.0})
        with open(self.path("ins", "truth.json"), "w", encoding="utf-8-sig") as file:
            json.dump(coco, file)
        options, lines = self.options(entry), []
        [job] = data.read_set(options["sets"][0], options["classes"], lines.append)
        self.assertEqual([segment[0] for segment in job.segments], [0, 1, 2])
        self.assertEqual((job.width, job.height), (WIDTH, HEIGHT))
        self.assertEqual(len(data.segment_ids(job, [item["isthing"] for item in CLASSES])[1]), 2)  # two squares; the line covers nothing
        self.assertEqual(len(lines), 3)
        self.assertTrue(any("2 entries" in line and "3, 4" in line for line in lines), lines)

    def test_objects_cannot_become_stuff(self):
        entry = self.instances([])
        coco = read_json(self.path("ins", "truth.json"), data.DataError)
        coco["categories"] = CATEGORIES[:3]
        coco["annotations"] = [{"id": 1, "image_id": 0, "category_id": AIR, "segmentation": [[0, 0, 9, 0, 9, 9]], "iscrowd": 0}]
        self.write(coco, "ins", "truth.json")
        self.refused("'air' becomes 'sky'; objects cannot become stuff", entry)


class Decoding(Case):
    def test_upright(self):
        image, exif = Image.fromarray(np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)), Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        image.save(self.path("a.png"), exif=exif)
        decoded = np.asarray(data.decode(self.path("a.png")))
        np.testing.assert_array_equal(decoded, np.rot90(np.asarray(image), -1))

    def test_other_modes(self):
        grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
        for mode, array in [("L", grey), ("16 bits", grey.astype(np.uint16) * 256 + 7), ("alpha", np.dstack([grey] * 3 + [0 * grey]))]:
            with self.subTest(mode=mode):
                Image.fromarray(array).save(self.path("b.png"))
                np.testing.assert_array_equal(np.asarray(data.decode(self.path("b.png"))), np.dstack([grey] * 3))
        Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(self.path("c.jpg"), quality=100)
        self.assertLess(np.abs(np.asarray(data.decode(self.path("c.jpg"))).astype(int) - (255, 0, 0)).max(), 8)


class Preparation(Case):
    def prepare(self, *sets, **changes):
        log = []
        indices = data.prepare(self.options(*sets, **changes), 1, log=log.append)
        return indices, "\n".join(log)

    def test_prepares_once(self):
        entry = self.panoptic()
        indices, log = self.prepare(entry)
        self.assertIn("preparing pan: it is not there", log)
        self.assertEqual([image["size"] for image in indices[0]["images"]], [[96, 64]] * 3)  # never enlarged
        self.assertEqual(self.prepare(entry)[1], "")
        self.assertEqual(self.prepare(entry, flip=1, batch=7, scale=[1, 2])[1], "")           # nothing that it depends on

    def test_shortest_side_is_scaled(self):
        indices, _ = self.prepare(self.panoptic(), size=32, prepared_scale=1.25)
        self.assertEqual(indices[0]["images"][0]["size"], [60, 40])

    def test_stale_where_anything_has_changed(self):
        entry = self.panoptic()
        self.prepare(entry)
        self.assertIn("options have changed", self.prepare(entry, quality=90)[1])
        self.assertEqual(self.prepare(entry, quality=90)[1], "")

        coco = read_json(self.path("pan", "truth.json"), data.DataError)
        coco["annotations"][0]["segments_info"][0]["category_id"] = ROAD
        self.write(coco, "pan", "truth.json")
        self.assertIn("JSON file has changed", self.prepare(entry, quality=90)[1])

        for file in (self.path("pan", "images", "1.png"), self.path("pan", "masks", "m2.png")):
            os.utime(file, (1, 1))                                                            # a copy: time differs, content does not
            self.assertEqual(self.prepare(entry, quality=90)[1], "")
            with open(file, "ab") as appended:
                appended.write(b"x")
            self.assertRegex(self.prepare(entry, quality=90)[1], os.path.basename(file) + " has changed")

        shard = next(file for file in os.listdir(self.path("prepared")) if file.endswith(".bin"))
        os.remove(self.path("prepared", shard))
        self.assertIn("is missing", self.prepare(entry, quality=90)[1])
        with open(self.path("prepared", "pan.json"), "w", encoding="utf-8") as index:
            index.write("{")
        self.assertIn("index cannot be read", self.prepare(entry, quality=90)[1])

    def test_travels_without_its_inputs(self):
        entry = self.panoptic()
        first = next(self.batches(self.options(entry)))[0]
        shutil.rmtree(self.path("pan"))
        torch.testing.assert_close(next(self.batches(self.options(entry)))[0], first)
        self.refused("truth.json: cannot be read.*no prepared data", entry, quality=90)

    def test_files_are_whole_small_and_only_the_last(self):
        entry = self.panoptic(images=6)
        os.makedirs(self.path("prepared"))
        for leftover in ("pan-0123456789abcdef-000.bin", "pan-0123456789abcdef-001.bin.tmp", "pan-else.bin"):
            open(self.path("prepared", leftover), "wb").close()
        with unittest.mock.patch.object(data, "SHARD_BYTES", 6000):
            indices, _ = self.prepare(entry)
        files = sorted(file for file in os.listdir(self.path("prepared")) if file.endswith((".bin", ".tmp")))
        self.assertGreater(len(indices[0]["shards"]), 1)
        self.assertEqual(files, sorted([shard["file"] for shard in indices[0]["shards"]] + ["pan-else.bin"]))
        self.assertLessEqual(max(os.path.getsize(self.path("prepared", file)) for file in files), 6000)
        samples = data.Samples(self.options(entry), indices, 0)
        for i, record in enumerate(indices[0]["images"]):  # each image is where the index says
            pixel = np.asarray(samples.read(indices[0], record)[0])[62, 92]
            self.assertLess(abs(int(pixel[0]) - (200 - i)), 3)

    def test_same_with_processes(self):
        entry = self.panoptic(images=5)
        alone, _ = self.prepare(entry)
        shutil.rmtree(self.path("prepared"))
        self.assertEqual(data.prepare(self.options(entry), 2, log=lambda _: None), alone)

    def test_images_of_a_validation_part_are_left_out_by_name_and_by_content(self):
        rng = np.random.default_rng(3)
        entry = self.panoptic(images=5)
        for i in range(5):  # smooth noise: photographs, as far as the thumbnail can tell
            Image.fromarray(rng.integers(0, 255, (8, 12, 3), np.uint8)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(self.path("pan", "images", f"{i}.png"))
        os.makedirs(self.path("val"))
        shutil.copy(self.path("pan", "images", "1.png"), self.path("val", "other.png"))
        Image.open(self.path("pan", "images", "2.png")).resize((72, 48)).save(self.path("val", "again.jpg"), quality=80)
        Image.fromarray(rng.integers(0, 255, (9, 9, 3), np.uint8)).save(self.path("val", "0.png"))
        names = ["other.png", "again.jpg", "0.png"]
        self.write({"images": [{"id": 7 + i, "file_name": name} for i, name in enumerate(names)]}, "val.json")
        indices, log = self.prepare({**entry, "exclude": [{"json": "val.json", "images": "val"}]})
        self.assertEqual([image["name"] for image in indices[0]["images"]], ["3.png", "4.png"])
        self.assertEqual(indices[0]["excluded"], {"name": 1, "content": 2})
        self.assertIn("1 excluded by name and 2 by content", log)
        indices, _ = self.prepare({**entry, "exclude": ["val.json"]})
        self.assertEqual(indices[0]["excluded"], {"name": 1, "content": 0})
        self.write({"images": [{"id": i, "file_name": f"{i}.jpg"} for i in range(5)]}, "val.json")
        self.refused("no images are left", {**entry, "exclude": ["val.json"]})

    def test_coco_names_are_ids(self):
        self.assertEqual(data.Exclusion.name("val2014/COCO_val2014_000000000042.jpg"), data.Exclusion.name("000000000042.png"))
        self.assertNotEqual(data.Exclusion.name("a_0.jpg"), data.Exclusion.name("a_1.jpg"))

    def test_errors_name_the_entry(self):
        def change(edit):
            entry = self.panoptic(images=2)
            coco = read_json(self.path("pan", "truth.json"), data.DataError)
            edit(coco)
            self.write(coco, "pan", "truth.json")
            return entry

        def segments(coco):
            return coco["annotations"][1]["segments_info"]
        for message, edit in [
            (r"annotations\[1\] \(image 1\): segment 257: category_id 99 is unknown", lambda coco: segments(coco)[0].update(category_id=99)),
            (r"'tree' has no entry in the mapping", lambda coco: (coco["categories"].append({"id": 98, "name": "tree"}), segments(coco)[0].update(category_id=98))),
            (r"1\.png: segment 300 has no pixels", lambda coco: segments(coco).append({"id": 300, "category_id": CAR})),
            (r"1\.png: its mask has the id 262", lambda coco: segments(coco).pop()),
            (r"annotations\[1\].*segment 257: its id is not .*there twice", lambda coco: segments(coco).append(segments(coco)[0])),
            (r"1\.png: has 0 entries in annotations", lambda coco: coco["annotations"].pop()),
            (r"images\[1\] \(1\.png\): id 0 is there twice", lambda coco: coco["images"][1].update(id=0)),
            (r"1\.png: the image is of size 96 x 64 \(upright\), the JSON file says 96 x 65", lambda coco: coco["images"][1].update(height=65)),
            (r"none\.png: .*none\.png is missing", lambda coco: coco["images"][1].update(file_name="none.png")),
            (r"1\.png: .*none\.png is missing", lambda coco: coco["annotations"][1].update(file_name="none.png")),
            (r"images must be a list of objects", lambda coco: coco.update(images={})),
        ]:
            with self.subTest(message=message):
                self.refused(message, change(edit))
        entry = self.panoptic()
        Image.new("RGB", (8, 8)).save(self.path("pan", "masks", "m1.png"))
        self.refused(r"1\.png: its mask is of size 8 x 8", entry)
        with open(self.path("pan", "images", "2.png"), "r+b") as file:
            file.truncate(60)
        self.refused(r"1\.png: .*\n.*2\.png: ", entry)  # one line each
        self.refused(r"none of its 1 annotations can be used", self.instances([(CAR, [[1, 2, 3, 4]], 0)]))
        self.refused(r"id 0: segmentation is missing", self.instances([(CAR, None, 0)]))
        self.refused(r"truth\.json: is not JSON", {**entry, "json": self.broken()})

    def broken(self):
        with open(self.path("truth.json"), "w", encoding="utf-8") as file:
            file.write("[")
        return "truth.json"

    def test_a_report_has_ten_lines_and_the_count_of_the_rest(self):
        entry = self.panoptic(images=15)
        for i in range(13):
            os.remove(self.path("pan", "images", f"{i}.png"))
        with self.assertRaises(data.DataError) as raised:
            self.prepare(entry)
        self.assertEqual(len(str(raised.exception).splitlines()), 11)
        self.assertIn("and 3 more.", str(raised.exception))
        self.assertFalse([file for file in os.listdir(self.path("prepared")) if file.endswith((".json", ".bin", ".tmp"))])

    def test_command(self):
        self.panoptic()
        config = {"classes": {"classes": CLASSES, "mapping": {"m": MAPPING}}, "data": {"size": 64, "sets": [self.panoptic()]}}
        self.write(config, "config.json")

        def run(*arguments):
            return subprocess.run([sys.executable, os.path.join(FOLDER, "data.py"), *arguments], capture_output=True, text=True, check=False)
        done = run(self.path("config.json"), "--preview", self.path("preview.png"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("pan: 3 images, weight 1", done.stdout)
        with Image.open(self.path("preview.png")) as preview:
            self.assertEqual(preview.size, (128, 6 * 64))
        done = run(self.path("none.json"))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "none.json: cannot be read")


class Augmentation(Case):
    def test_masks_lie_on_their_segments_whatever_is_drawn(self):
        colours = {0: [(220, 40, 40), (150, 10, 90)], 2: [(40, 90, 230)], 3: [(110, 110, 110), (30, 160, 40)]}
        options = self.options(self.panoptic(), batch=24, scale=[0.5, 2.5], flip=0.5)
        pixel_values, targets = next(self.batches(options))
        flipped = 0
        for image, target in zip(pixel_values, targets):
            rgb = (image * 127.5 + 127.5).permute(1, 2, 0).numpy()
            self.assertEqual(len(target.masks), len(target.classes))
            person = []
            for mask, target_class in zip(target.masks, target.classes.tolist()):
                inner = torch.nn.functional.avg_pool2d(mask[None, None].float(), 5, 1, 2, count_include_pad=False)[0, 0] == 1  # edges are mixed colours
                if not inner.any():
                    continue
                difference = np.min([np.abs(rgb[inner.numpy()] - colour).max(-1) for colour in colours[target_class]], 0)
                self.assertLess(np.mean(difference > 40), 0.02)
                if target_class == 0:
                    person.append((np.median(rgb[inner.numpy()][:, 0]), np.nonzero(inner.numpy())[1].mean()))
            if len(person) == 2:
                flipped += max(person)[1] > min(person)[1]  # the bright one stands on the left unless flipped
            self.assertFalse((target.masks & ~target.labelled).any())
            self.assertFalse((target.labelled & ~target.inside).any())
            torch.testing.assert_close(target.masks.any(0), target.labelled)
        self.assertGreater(flipped, 0)

    def test_flip_is_a_mirror(self):
        entry = self.panoptic()
        plain = next(self.batches(self.options(entry, scale=[0.5, 2])))
        mirror = next(self.batches(self.options(entry, scale=[0.5, 2], flip=1)))
        for (image, target), (other, mirrored) in zip(zip(*plain), zip(*mirror)):
            y, x = np.nonzero(target.inside.numpy())
            v, u = np.nonzero(mirrored.inside.numpy())
            np.testing.assert_array_equal([y.min(), x.min()], [v.min(), u.min()])  # within the padding it keeps its place
            rows, columns = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
            torch.testing.assert_close(image[:, rows, columns].flip(-1), other[:, rows, columns])
            torch.testing.assert_close(target.masks[:, rows, columns].flip(-1), mirrored.masks[:, rows, columns])

    def test_padding(self):
        pixel_values, targets = next(self.batches(self.options(self.panoptic(), scale=[0.5, 0.5], batch=8)))
        self.assertEqual(tuple(pixel_values.shape), (8, 3, 64, 64))
        self.assertEqual(pixel_values.dtype, torch.float32)
        corners = set()
        for image, target in zip(pixel_values, targets):
            y, x = np.nonzero(target.inside.numpy())
            self.assertEqual((y.max() - y.min() + 1, x.max() - x.min() + 1, len(y)), (32, 48, 32 * 48))
            corners.add((y.min(), x.min()))
            self.assertTrue((image[:, ~target.inside] == 0).all())
            self.assertFalse(target.labelled[~target.inside].any())
        self.assertGreater(len(corners), 4)

    def test_crop_shows_a_part_at_the_scale(self):
        _, targets = next(self.batches(self.options(self.panoptic(), scale=[2, 2], batch=8)))
        self.assertTrue(all(target.inside.all() for target in targets))
        self.assertGreater(len({tuple(target.classes.tolist()) for target in targets}), 1)

    def test_small_segments_become_void(self):
        def box(y, x, side):
            return [[x, y, x + side, y, x + side, y + side, x, y + side]]
        entry = self.instances([(PEOPLE, box(30, 20, 3), 0), (CAR, box(10, 40, 12), 0)])
        for least, classes, pixels in [(9, [0, 1], 153), (10, [1], 144), (145, [], 0)]:
            options = self.options(entry, min_pixels=least, batch=4)
            for target in next(self.batches(options))[1]:
                if target.labelled.any() or not classes:
                    self.assertTrue(set(target.classes.tolist()) <= set(classes))
                    self.assertLessEqual(target.labelled.sum(), pixels)
                self.assertEqual(tuple(target.masks.shape), (len(target.classes), 64, 64))

    def test_a_crop_that_shows_nothing_is_drawn_again(self):
        entry = self.instances([(CAR, [[0, 0, 16, 0, 16, 16, 0, 16]], 0)])
        options = self.options(entry, scale=[2, 2], batch=100)
        shown = []
        for tries in (1, 4):
            with unittest.mock.patch.object(data, "CROP_TRIES", tries):
                shown.append(sum(len(target.classes) for target in next(self.batches(options))[1]))
        self.assertGreater(shown[1], 1.8 * shown[0])

    def test_colour_jitter_is_what_its_steps_are(self):
        rng = np.random.default_rng(0)
        image = rng.integers(60, 180, (20, 30, 3), np.uint8)
        options = {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4}
        got = np.asarray(data.jitter_colour(Image.fromarray(image), (0.9, 0.2, 1.0), options)).astype(float)
        grey = np.array([0.299, 0.587, 0.114])
        expected = image * (1 + 0.2 * 0.8)
        expected = (expected - (expected @ grey).mean()) * (1 - 0.3 * 0.6) + (expected @ grey).mean()
        expected = (expected @ grey)[..., None] + (expected - (expected @ grey)[..., None]) * 1.4
        self.assertLess(np.abs(got - expected.clip(0, 255)).max(), 2)  # grey's own rounding, and the result's
        still = Image.fromarray(image)
        self.assertIs(data.jitter_colour(still, (0.9, 0.2, 1.0), dict.fromkeys(options, 0)), still)

    def test_normalised_with_mean_and_deviation(self):
        entry = self.panoptic(images=1)
        plain, _ = next(self.batches(self.options(entry, mean=[0, 0, 0], std=[1, 1, 1])))
        other, _ = next(self.batches(self.options(entry, mean=[0.1, 0.2, 0.3], std=[0.2, 0.3, 0.4])))
        self.assertTrue(plain.min() >= 0 and 0.7 < plain.max() <= 1)
        expected = (plain - torch.tensor([0.1, 0.2, 0.3])[:, None, None]) / torch.tensor([0.2, 0.3, 0.4])[:, None, None]
        torch.testing.assert_close(other, expected, rtol=1e-4, atol=1e-5)


class BatchesTest(Case):
    JITTER = {"scale": [0.5, 2], "flip": 0.5, "brightness": 0.2, "contrast": 0.2, "saturation": 0.2}

    def assertSame(self, batch, other):
        torch.testing.assert_close(batch[0], other[0], rtol=0, atol=0)
        for target, twin in zip(batch[1], other[1]):
            for tensor, same in zip(target, twin):
                torch.testing.assert_close(tensor, same, rtol=0, atol=0)

    def test_same_batches_for_every_number_of_workers_and_after_a_restart(self):
        options = self.options(self.panoptic(), self.instances([(CAR, [[0, 0, 50, 0, 50, 50]], 0)]), **self.JITTER)
        alone = self.batches(options, seed=5)
        expected = [next(alone) for _ in range(5)]
        for workers, start in [(0, 2), (1, 0), (2, 0), (2, 3)]:
            with self.subTest(workers=workers, start=start), self.batches(options, start, 5, workers) as batches:
                for batch in expected[start:]:
                    self.assertSame(next(batches), batch)
        self.assertFalse(torch.equal(next(self.batches(options, seed=6))[0], expected[0][0]))
        self.assertFalse(torch.equal(expected[0][0], expected[1][0]))

    def test_sets_are_drawn_by_weight(self):
        sets = [{**self.panoptic(), "weight": 3}, self.instances([(CAR, [[0, 0, 50, 0, 50, 50]], 0)])]
        options = self.options(*sets, batch=1, size=32)
        samples = data.Samples(options, data.prepare(options, 1, log=lambda _: None), 0)
        drawn = [samples.sample(t, i)[4] for t in range(100) for i in range(8)]
        self.assertAlmostEqual(drawn.count(0) / len(drawn), 0.75, delta=0.06)  # four standard deviations

    def test_many_segments_travel_as_wider_ids(self):
        boxes = [(PEOPLE, [[x, y, x + 2, y, x + 2, y + 2, x, y + 2]], 0) for y in range(0, 60, 3) for x in range(0, 94, 3)]
        _, (target, _) = next(self.batches(self.options(self.instances(boxes), min_pixels=4, size=64)))
        self.assertGreater(len(target.masks), 255)
        self.assertTrue((target.masks.flatten(1).sum(1) == 4).all())

    def test_a_workers_exception_names_the_image_and_ends_the_workers(self):
        options = self.options(self.panoptic())
        for workers in (0, 2):
            with self.batches(options, workers=workers) as batches:
                index = batches.indices[0]
                file = self.path("prepared", index["shards"][0]["file"])
                with open(file, "r+b") as shard:
                    shard.write(bytes(index["shards"][0]["bytes"]))
                with self.assertRaisesRegex(data.DataError, r"^set pan, image \d\.png: "):
                    for _ in range(20):  # some were ready before
                        next(batches)
                self.assertEqual(multiprocessing.active_children(), [])
                os.remove(file)  # to be prepared again

    def test_close_ends_the_workers(self):
        batches = self.batches(self.options(self.panoptic()), workers=2)
        next(batches)
        self.assertEqual(len(multiprocessing.active_children()), 2)
        batches.close()
        self.assertEqual(multiprocessing.active_children(), [])
        self.assertRaises(StopIteration, next, batches)

    def run_parent(self, ending):
        """A process that has a batch made by two workers, tells their ids, and then ends as told. Returns it and the ids."""
        options = self.options(self.panoptic())
        self.write(options, "options.json")
        code = ("import sys, json, time, multiprocessing\n"
                f"sys.path.insert(0, {FOLDER!r})\n"
                "import data\n"
                f"batches = data.Batches(json.load(open({self.path('options.json')!r})), 0, 0, 2)\n"
                "next(batches)\n"
                "print(*[child.pid for child in multiprocessing.active_children()], flush=True)\n" + ending)
        parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.addCleanup(parent.stdout.close)
        self.addCleanup(parent.stdin.close)
        self.addCleanup(parent.wait)
        self.addCleanup(parent.kill)
        limit = threading.Timer(60, parent.kill)  # a parent that hangs is a failure, not a test that hangs
        limit.start()
        self.addCleanup(limit.cancel)
        line = parent.stdout.readline()
        while line and not line[0].isdigit():
            line = parent.stdout.readline()  # about the preparation
        return parent, [int(number) for number in line.split()]

    def alive(self, pids):
        states = []
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    states.append(file.read().rpartition(")")[2].split()[0])
            except OSError:
                continue
        return [state for state in states if state not in "ZX"]

    def assertEnd(self, pids):
        deadline = time.monotonic() + 8
        while self.alive(pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.alive(pids), [])

    @unittest.skipUnless(sys.platform.startswith("linux"), "reads /proc")
    def test_no_worker_outlives_its_parent(self):
        for ending, number in [("time.sleep(60)", signal.SIGKILL), ("time.sleep(60)", signal.SIGTERM), ("raise RuntimeError('stop')", None), ("sys.exit(0)", None)]:
            with self.subTest(ending=ending, signal=number):
                parent, pids = self.run_parent(ending)
                self.assertEqual(len(pids), 2)
                if number:
                    parent.send_signal(number)
                parent.wait(10)
                self.assertEnd(pids)

    @unittest.skipUnless(sys.platform.startswith("linux"), "reads /proc")
    def test_signals_to_the_group_are_the_parents_to_answer(self):
        parent, pids = self.run_parent("import signal\nfor n in (signal.SIGTERM, signal.SIGINT): signal.signal(n, lambda *_: None)\nprint('ready', flush=True)\n"
                                       "sys.stdin.readline()\nfor _ in range(30): next(batches)\nprint('went on', flush=True)\n")
        self.assertEqual(parent.stdout.readline(), "ready\n")
        for number in (signal.SIGTERM, signal.SIGINT):
            os.killpg(parent.pid, number)
        parent.stdin.write("\n")
        parent.stdin.flush()
        self.assertEqual(parent.stdout.readline(), "went on\n")
        self.assertEqual(parent.wait(10), 0)
        self.assertEnd(pids)


if __name__ == "__main__":
    unittest.main()
