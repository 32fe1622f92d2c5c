"""Paired cluster bootstraps of a difference, of the whole and of each segment: 10,000 resamples, percentiles.

in:   a file with cluster, segment and difference in each line
out:  a line of JSON for each way: what it is, its CPU seconds from sums per cluster on, and the bounds
"""
import json
import resource
import sys

import numpy as np
from scipy.stats import bootstrap

RESAMPLES = 10_000
table = np.loadtxt(sys.argv[1], delimiter=",", dtype=np.int64)
cluster, segment, difference = table.T
clusters, segments = cluster.max() + 1, segment.max() + 1
sums = np.zeros((clusters, segments))
counts = np.zeros((clusters, segments))
np.add.at(sums, (cluster, segment), difference)
np.add.at(counts, (cluster, segment), 1)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def told(what, bounds):
    start = cpu()
    found = bounds()
    print(json.dumps({"what": what, "cpu": cpu() - start, "bounds": [[float(x) for x in pair] for pair in found]}), flush=True)


def by_matrix(batch=250):
    """How often each cluster is drawn, times the sums of all segments at once."""
    chance = np.random.default_rng(1)
    columns = np.concatenate([sums, counts], axis=1)
    drawn = np.empty((RESAMPLES, 2 * segments))
    times = np.empty((batch, clusters))
    for start in range(0, RESAMPLES, batch):
        for row in range(batch):
            times[row] = np.bincount(chance.integers(0, clusters, clusters), minlength=clusters)
        drawn[start : start + batch] = times @ columns
    total, rows = drawn[:, :segments], drawn[:, segments:]
    means = np.column_stack([total.sum(axis=1) / rows.sum(axis=1), total / rows])
    return np.quantile(means, [0.025, 0.975], axis=0).T


def ratio(total, rows, axis=-1):
    return total.sum(axis=axis) / rows.sum(axis=axis)


def by_scipy():
    found = []
    for at in range(-1, segments):
        total, rows = (sums.sum(axis=1), counts.sum(axis=1)) if at < 0 else (sums[:, at], counts[:, at])
        some = rows > 0
        found.append(
            bootstrap(
                (total[some], rows[some]),
                ratio,
                paired=True,
                vectorized=True,
                n_resamples=RESAMPLES,
                batch=100,
                method="percentile",
                rng=np.random.default_rng(1),
            ).confidence_interval
        )
    return found


told("numpy, counts times sums", by_matrix)
told("scipy.stats.bootstrap", by_scipy)
