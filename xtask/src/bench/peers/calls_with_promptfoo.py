"""Asks the benchmark's questions with promptfoo: calls_with_promptfoo.py EXAMPLES BASE_URL AT_ONCE FOLDER"""
import json
import os
import subprocess
import sys

examples, base_url, at_once, folder = sys.argv[1:5]
with open(f"{folder}/tests.jsonl", "w") as tests:
    for example in map(json.loads, open(examples)):
        tests.write(json.dumps({"vars": {"question": example["input"]}}) + "\n")
provider = {"id": "openai:chat:bench", "config": {"apiBaseUrl": base_url, "apiKey": "none"}}
config = {
    "prompts": ["{{question}}"],
    "providers": [provider],
    "defaultTest": {"assert": [{"type": "contains", "value": "request is"}]},
    "tests": "file://tests.jsonl",
}
json.dump(config, open(f"{folder}/promptfooconfig.json", "w"))
command = [os.environ["PROMPTFOO"], "eval", "-c", "promptfooconfig.json", "--no-cache", "--no-progress-bar", "--no-table", "--no-write"]
command += ["-j", at_once, "-o", "result.json"]
environment = {**os.environ, "PROMPTFOO_CONFIG_DIR": f"{folder}/state", "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}
subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
stats = json.load(open(f"{folder}/result.json"))["results"]["stats"]
assert stats["errors"] == 0, stats
print(stats["successes"] + stats["failures"])
