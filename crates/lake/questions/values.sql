-- One row a planned score of some criteria: its value, or why there is none. System errors are failures.
SELECT {key} AS k, example_index AS ex, system,
       CASE WHEN state = 'graded' THEN {value} WHEN state = 'system_error' THEN 0.0 END AS y,
       CASE WHEN state = 'graded' THEN value WHEN state = 'system_error' THEN 0.0 END AS grade,
       CASE WHEN state IN ('grader_error', 'not_run') THEN 1 ELSE 0 END AS missing,
       CASE WHEN state = 'system_error' THEN 1 ELSE 0 END AS system_error,
       CASE WHEN state = 'grader_error' THEN 1 ELSE 0 END AS grader_error,
       CASE WHEN state = 'not_run' THEN 1 ELSE 0 END AS not_run,
       CAST(repeat AS BIGINT) AS repeat, CAST(failure_class AS VARCHAR) AS class
FROM scores
WHERE criterion IN ({criteria}) AND state <> 'not_applicable'
