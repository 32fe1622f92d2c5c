"""Asks the benchmark's questions with Inspect: calls_with_inspect.py EXAMPLES BASE_URL AT_ONCE FOLDER"""
import json
import sys

from inspect_ai import Task, eval as run
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import generate


@scorer(metrics=[accuracy()])
def state():
    async def score(asked, target):
        return Score(value=int("request is" in asked.output.completion))

    return score


examples, base_url, at_once, folder = sys.argv[1:5]
samples = [Sample(id=e["id"], input=e["input"], target="") for e in map(json.loads, open(examples))]
task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=state())
logs = run(task, model="openai/gpt-4o-mini", model_base_url=base_url, model_args={"responses_api": False}, max_connections=int(at_once), log_dir=folder, display="none")
assert logs[0].status == "success", logs[0].error.message
print(len(logs[0].samples))
