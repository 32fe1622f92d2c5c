"""No harness, one thread, one result a line: bare.py CORPUS FOLDER. The least that Python can take."""
import json
import sys

from checks import CHECKS, records

totals = dict.fromkeys(CHECKS, 0)
with open(f"{sys.argv[2]}/results.jsonl", "w") as results:
    for record in records(sys.argv[1]):
        verdicts = {name: check(record["output"], record) for name, check in CHECKS.items()}
        for name, passed in verdicts.items():
            totals[name] += passed
        results.write(json.dumps({"id": record["id"], "segment": record["segment"], "checks": verdicts}) + "\n")
print(*totals.values())
