"""The five checks as metrics of DeepEval, one `evaluate` over all records: with_deepeval.py CORPUS FOLDER"""
import sys

from checks import CHECKS, records
from deepeval import evaluate
from deepeval.evaluate.configs import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase


class Check(BaseMetric):
    def __init__(self, name):
        self.name, self.threshold = name, 0.5
        self.async_mode = self.include_reason = self.strict_mode = False
        self.evaluation_model = None

    @property
    def __name__(self):
        return self.name

    def measure(self, case, *args, **kwargs):
        self.score = 1.0 if CHECKS[self.name](case.actual_output, case.metadata) else 0.0
        self.success, self.reason = self.score >= self.threshold, None
        return self.score

    async def a_measure(self, case, *args, **kwargs):
        return self.measure(case)

    def is_successful(self):
        return self.success


cases = [
    LLMTestCase(
        input=record["question"], actual_output=record["output"], expected_output=record["expected"],
        context=[record["context"]], name=record["id"], metadata=record,
    )
    for record in records(sys.argv[1])
]
ended = evaluate(
    cases,
    [Check(name) for name in CHECKS],
    async_config=AsyncConfig(run_async=True, max_concurrent=100),
    display_config=DisplayConfig(
        show_indicator=False, print_results=False, inspect_after_run=False, results_folder=sys.argv[2]
    ),
    cache_config=CacheConfig(write_cache=False, use_cache=False),
)
totals = dict.fromkeys(CHECKS, 0)
for result in ended.test_results:
    for metric in result.metrics_data:
        totals[metric.name] += bool(metric.success)
print(*totals.values())
