"""Tests of plot.py. python3 -m unittest discover -s src/training -p "test_plot.py" """
import contextlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plot

SVG = "{http://www.w3.org/2000/svg}"


class Plot(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = os.path.join(self.folder, "out.svg")

    def report(self, name, qualities, dataset="aaaa", task="panoptic"):
        """A report of static depths 1, 2, ..., with an interval of 3 points on both sides, and of a gate."""
        policies = [{"policy": f"static:{k}", "quality": q, "low": q - 0.03, "high": q + 0.03} for k, q in enumerate(qualities, 1)]
        policies.append({"policy": "gate:fast", "quality": 0.9, "low": 0.8, "high": 0.95})
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"dataset": dataset, "task": task, "images": 32, "policies": policies}, file)
        return path

    def draw(self, *arguments):
        self.assertEqual(plot.main([self.out, *arguments]), 0)
        root = xml.parse(self.out).getroot()
        return root, [element.text for element in root.iter(f"{SVG}text")], [element.text for element in root.iter(f"{SVG}title")]

    def refused(self, message, *arguments):
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(plot.main([self.out, *arguments]), 2)
        self.assertRegex(errors.getvalue(), message)
        self.assertFalse(os.path.exists(self.out))

    def test_line_per_checkpoint_over_exits_with_intervals(self):
        root, texts, titles = self.draw(f"parent={self.report('a', [0.2, 0.3, 0.25])}", f"tuned={self.report('b', [0.3, 0.35, 0.4])}", "--names", "facade", "--title", "A & B")
        for wanted in ("A & B", "facade (32 images): PQ per exit", "exit (encoder layers)", "PQ, points", "parent", "tuned", "1", "2", "3"):
            self.assertIn(wanted, texts)
        self.assertEqual(titles, [f"{name}, exit {k}: {q:.2f} [{q - 3:.1f}, {q + 3:.1f}]" for name, qualities in (("parent", [20, 30, 25]), ("tuned", [30, 35, 40])) for k, q in enumerate(qualities, 1)])
        self.assertEqual(len(list(root.iter(f"{SVG}polyline"))), 2)
        self.assertEqual(sum(line.get("class") == "interval" for line in root.iter(f"{SVG}line")), 6)

    def test_marks_lie_where_the_axis_says(self):
        root, _, _ = self.draw(f"parent={self.report('a', [0.2, 0.3, 0.25])}")
        ticks = {text.text: float(text.get("y")) - 4 for text in root.iter(f"{SVG}text") if text.get("text-anchor") == "end"}
        heights = [float(circle.get("cy")) for circle in root.iter(f"{SVG}circle")]
        for number, height in zip(("20", "30", "25"), heights):
            self.assertAlmostEqual(ticks[number], height, delta=0.2)
        columns = {text.text: float(text.get("x")) for text in root.iter(f"{SVG}text") if text.get("text-anchor") == "middle" and text.text.isdigit()}
        for number, circle in zip("123", root.iter(f"{SVG}circle")):
            self.assertAlmostEqual(columns[number], float(circle.get("cx")), delta=0.2)
        interval = next(line for line in root.iter(f"{SVG}line") if line.get("class") == "interval")
        self.assertAlmostEqual(float(interval.get("y1")) - float(interval.get("y2")), 0.6 * (ticks["20"] - ticks["30"]), delta=0.3)

    def test_line_per_exit_over_time_in_order_of_time(self):
        late, early = self.report("late", [0.3, 0.4]), self.report("early", [0.2, 0.3])
        root, texts, titles = self.draw(f"run@30={late}", f"run@10={early}", f"parent={early}", "--time", "iterations")
        for wanted in ("aaaa (32 images): PQ over training", "training time, iterations", "exit 1", "exit 2", "run @ 10"):
            self.assertIn(wanted, texts)
        self.assertEqual(titles[-4:], ["exit 1, 10 iterations: 20.00", "exit 1, 30 iterations: 30.00", "exit 2, 10 iterations: 30.00", "exit 2, 30 iterations: 40.00"])
        for line in list(root.iter(f"{SVG}polyline"))[-2:]:
            x = [float(point.split(",")[0]) for point in line.get("points").split()]
            self.assertLess(x[0], x[1])

    def test_row_per_data_set_in_which_a_checkpoint_keeps_its_colour(self):
        first, second = self.report("a", [0.2, 0.3]), self.report("b", [0.3, 0.4], dataset="bbbb")
        root, texts, _ = self.draw(f"p={first}", f"q={first}", f"q={second}", "--names", "facade,COCO")
        self.assertIn("COCO (32 images): PQ per exit", texts)
        colours = [line.get("stroke") for line in root.iter(f"{SVG}polyline")]
        self.assertEqual(colours[1], colours[2])
        self.assertNotEqual(colours[0], colours[1])

    def test_stands_alone(self):
        self.draw(f"a={self.report('a', [0.2, 0.3])}")
        with open(self.out, encoding="utf-8") as file:
            self.assertIsNone(re.search(r"href|url\(|@import|<script", file.read()))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "out.svg"])

    def test_what_cannot_be_drawn_is_named(self):
        good, other = self.report("a", [0.2, 0.3]), os.path.join(self.folder, "other")
        self.refused("'nonsense' is not of the form", "nonsense")
        self.refused("the time 'soon' is not a number", f"a@soon={good}")
        self.refused("none: cannot be read", f"a={self.folder}/none")
        self.refused("two reports of one data set are named 'a'", f"a={good}", f"a={good}")
        self.refused("2 names, but the reports are of 1 data sets", f"a={good}", "--names", "x,y")
        self.refused("no static policies", f"a={self.report('b', [])}")
        self.refused("task: 'depth' is not one of", f"a={self.report('c', [0.1], task='depth')}")
        for content in ("{", "{}", "[]", '{"task": "panoptic", "dataset": "a", "images": 1, "policies": [1]}'):
            with open(other, "w", encoding="utf-8") as file:
                file.write(content)
            self.refused("is not a report of ecom2f evaluate", f"a={other}")


if __name__ == "__main__":
    unittest.main()
