-- One row a planned answer: latency or spend, or whether it stayed within a limit. An answer that failed is not within it.
SELECT {key} AS k, example_index AS ex, system,
       CASE WHEN state = 'graded' THEN {value} WHEN state = 'system_error' THEN {failed} END AS y,
       CAST(NULL AS DOUBLE) AS grade,
       CASE WHEN state = 'not_run' OR (state = 'graded' AND {measure} IS NULL) OR (state = 'system_error' AND {failed} IS NULL)
            THEN 1 ELSE 0 END AS missing,
       CASE WHEN state = 'system_error' THEN 1 ELSE 0 END AS system_error,
       CASE WHEN state = 'graded' AND {measure} IS NULL THEN 1 ELSE 0 END AS grader_error,
       CASE WHEN state = 'not_run' THEN 1 ELSE 0 END AS not_run,
       CAST(repeat AS BIGINT) AS repeat, CAST(NULL AS VARCHAR) AS class
FROM answers
