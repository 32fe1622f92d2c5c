"""The five checks as assertions of promptfoo, its database left out: with_promptfoo.py CORPUS FOLDER (PROMPTFOO names it)

What it takes to write promptfoo's files and to read its results is counted too; it is little beside the rest.
"""
import json
import os
import subprocess
import sys

from checks import CHECKS, PHRASE, SCHEMA, records

corpus, folder = sys.argv[1:]
with open(f"{folder}/tests.jsonl", "w") as tests:
    for record in records(corpus):
        given = {name: record[name] for name in ("id", "question", "context", "expected", "must_contain")}
        tests.write(json.dumps({"vars": given, "providerOutput": record["output"]}) + "\n")
config = {
    "prompts": ["{{question}} {{context}}"],
    "providers": ["echo"],
    "defaultTest": {"assert": [
        {"type": "contains", "value": "{{must_contain}}", "metric": "ticket"},
        {"type": "regex", "value": PHRASE.pattern, "metric": "phrase"},
        {"type": "is-json", "value": SCHEMA.schema, "metric": "shaped"},
        {"type": "levenshtein", "value": "{{expected}}", "threshold": 300, "metric": "close"},
        {"type": "word-count", "value": {"max": 60}, "metric": "short"},
    ]},
    "tests": "file://tests.jsonl",
}
with open(f"{folder}/promptfooconfig.json", "w") as file:
    json.dump(config, file)
quiet = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_CACHE_ENABLED": "false", "PROMPTFOO_CONFIG_DIR": f"{folder}/state",
}
asked = ["eval", "-c", f"{folder}/promptfooconfig.json", "--no-cache", "--no-progress-bar", "--no-table", "--no-write"]
subprocess.run(
    [os.environ["PROMPTFOO"], *asked, "-j", "20", "-o", f"{folder}/results.jsonl"], env=os.environ | quiet, stdout=sys.stderr
)
totals = dict.fromkeys(CHECKS, 0)
for result in records(f"{folder}/results.jsonl"):
    for name in totals:
        totals[name] += result["namedScores"].get(name, 0) == 1
print(*totals.values())
