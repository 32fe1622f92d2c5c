-- One row a planned answer: the failure cost, each class that failed on it counting once. Where a criterion that could cost was not graded, whatever the
-- reason, the cost is unknown.
SELECT {key} AS k, a.example_index AS ex, a.system,
       CASE WHEN a.state = 'not_run' OR u.n > 0 THEN NULL ELSE COALESCE(c.cost, 0.0) END AS y,
       CAST(NULL AS DOUBLE) AS grade,
       CASE WHEN a.state = 'not_run' OR u.n > 0 THEN 1 ELSE 0 END AS missing,
       CASE WHEN a.state = 'system_error' THEN 1 ELSE 0 END AS system_error,
       CASE WHEN a.state <> 'not_run' AND u.errors > 0 THEN 1 ELSE 0 END AS grader_error,
       CASE WHEN a.state = 'not_run' OR (u.n > 0 AND u.errors = 0) THEN 1 ELSE 0 END AS not_run,
       CAST(a.repeat AS BIGINT) AS repeat, CAST(NULL AS VARCHAR) AS class
FROM answers a
LEFT JOIN (
  SELECT example_index, system, repeat, SUM(cost) AS cost
  FROM (SELECT example_index, system, repeat, class, MAX(cost) AS cost
        FROM (SELECT example_index, system, repeat, {class} AS class, {cost} AS cost
              FROM scores
              WHERE state = 'system_error' OR (state = 'graded' AND ({failing})))
        GROUP BY example_index, system, repeat, class)
  GROUP BY example_index, system, repeat
) c ON c.example_index = a.example_index AND c.system = a.system AND c.repeat = a.repeat
LEFT JOIN (
  SELECT example_index, system, repeat, COUNT(*) AS n, SUM(CASE WHEN state = 'grader_error' THEN 1 ELSE 0 END) AS errors
  FROM scores
  WHERE state IN ('grader_error', 'not_run') AND criterion IN ({costly})
  GROUP BY example_index, system, repeat
) u ON u.example_index = a.example_index AND u.system = a.system AND u.repeat = a.repeat
