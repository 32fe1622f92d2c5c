"""The five checks of the benchmark, for peers in Python; each takes the recorded output and the record."""
import json
import pathlib
import re

import jsonschema
from rapidfuzz.distance import Levenshtein

SCHEMA = jsonschema.Draft7Validator(json.loads(pathlib.Path(__file__).with_name("shape.json").read_text()))
PHRASE = re.compile(r"TCK-[0-9]{6} is (approved|pending|declined) (within|in about|after) [0-9]+ days")


def shaped(output, record):
    try:
        return SCHEMA.is_valid(json.loads(output))
    except ValueError:
        return False


CHECKS = {
    "ticket": lambda output, record: record["must_contain"] in output,
    "phrase": lambda output, record: PHRASE.search(output) is not None,
    "shaped": shaped,
    "close": lambda output, record: Levenshtein.distance(output, record["expected"]) <= 300,
    "short": lambda output, record: len(output.split()) <= 60,
}


def records(path):
    with open(path) as lines:
        yield from map(json.loads, lines)
