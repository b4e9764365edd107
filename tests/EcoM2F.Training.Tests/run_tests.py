"""Runs the unittest tests of one file and writes how each ended, one JSON object a line.

    python3 run_tests.py TEST_FILE.py OUTCOMES.jsonl

{"test": "Class.method", "outcome": "passed" | "failed" | "skipped", "detail": traceback or reason}; "test" is null for what
belongs to no single test (importing the file, setUpClass). Needs nothing but Python 3.9.
"""
import importlib.util
import json
import os
import sys
import traceback
import unittest


class Outcomes(unittest.TestResult):
    def __init__(self, file):
        super().__init__()
        self.file, self.found = file, []

    def write(self, test, outcome, detail=""):
        self.file.write(json.dumps({"test": test, "outcome": outcome, "detail": detail}) + "\n")
        self.file.flush()

    def startTest(self, test):
        super().startTest(test)
        self.found = []

    def stopTest(self, test):
        super().stopTest(test)
        failed = [detail for outcome, detail in self.found if outcome == "failed"]
        skipped = [detail for outcome, detail in self.found if outcome == "skipped"]
        outcome, details = ("failed", failed) if failed else ("skipped", skipped) if skipped else ("passed", [])
        self.write(f"{type(test).__name__}.{test._testMethodName}", outcome, "\n".join(details))

    def note(self, test, outcome, detail):
        if isinstance(test, unittest.TestCase) or getattr(test, "test_case", None) is not None:  # the latter: a subtest
            self.found.append((outcome, detail))
        else:
            self.write(None, outcome, f"{test}: {detail}")

    def addError(self, test, error):
        self.note(test, "failed", "".join(traceback.format_exception(*error)))

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note(subtest, "failed", f"{subtest}\n" + "".join(traceback.format_exception(*error)))

    def addSkip(self, test, reason):
        self.note(test, "skipped", reason)

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed", "passed, although it was expected to fail")


def main():
    path, target = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    with open(target, "w", encoding="utf-8") as file:
        outcomes = Outcomes(file)
        try:
            spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module  # worker processes and pickles find it by name
            spec.loader.exec_module(module)
        except unittest.SkipTest as reason:
            outcomes.write(None, "skipped", str(reason))
            return
        except Exception:
            outcomes.write(None, "failed", traceback.format_exc())
            return
        unittest.defaultTestLoader.loadTestsFromModule(module).run(outcomes)


if __name__ == "__main__":
    main()
