"""The five checks as scorers of Inspect, one task over all records: with_inspect.py CORPUS FOLDER"""
import sys

from checks import CHECKS, records
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, accuracy, scorer, stderr
from inspect_ai.solver import solver


@solver
def recorded():
    async def solve(state, generate):
        state.output = ModelOutput.from_content("mockllm/model", state.metadata["output"])
        return state

    return solve


def scored(name, check):
    @scorer(metrics=[accuracy(), stderr()], name=name)
    def build():
        async def score(state, target):
            return Score(value=1 if check(state.output.completion, state.metadata) else 0)

        return score

    return build()


samples = [
    Sample(
        id=record["id"], input=record["question"] + "\n" + record["context"], target=record["expected"], metadata=record
    )
    for record in records(sys.argv[1])
]
task = Task(
    dataset=MemoryDataset(samples), solver=recorded(), scorer=[scored(name, check) for name, check in CHECKS.items()]
)
(log,) = eval(task, model="mockllm/model", display="none", log_dir=sys.argv[2])
rates = {score.name: score.metrics["accuracy"].value for score in log.results.scores}
print(*(round(rates[name] * len(samples)) for name in CHECKS))
