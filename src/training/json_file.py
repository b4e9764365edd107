"""JSON files, for all of these scripts."""
import json


def read_json(path, error, parse_float=None):
    """What a file holds; a byte-order mark at its front is skipped. What is wrong with the file raises error, an exception class of the
    caller. parse_float is json.load's."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file, parse_float=parse_float)
    except OSError as cause:
        raise error(f"{path}: cannot be read ({cause.strerror}).") from cause
    except ValueError as cause:
        raise error(f"{path}: is not JSON ({cause}).") from cause
