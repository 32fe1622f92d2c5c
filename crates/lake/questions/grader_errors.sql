-- One row a planned score: 1 where the grader failed to give a grade.
SELECT {key} AS k, example_index AS ex, system,
       CASE WHEN state = 'not_run' THEN NULL WHEN state = 'grader_error' THEN 1.0 ELSE 0.0 END AS y,
       CAST(NULL AS DOUBLE) AS grade,
       CASE WHEN state = 'not_run' THEN 1 ELSE 0 END AS missing,
       CASE WHEN state = 'system_error' THEN 1 ELSE 0 END AS system_error,
       0 AS grader_error,
       CASE WHEN state = 'not_run' THEN 1 ELSE 0 END AS not_run,
       CAST(repeat AS BIGINT) AS repeat, CAST(NULL AS VARCHAR) AS class
FROM scores
WHERE state <> 'not_applicable'
