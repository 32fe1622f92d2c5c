-- One group a measure, arm and example, numbered by all three: the sum of its repeats, and what is missing of them.
SELECT (v.k * {arms} + {arm}) * {examples} + v.ex AS at,
       SUM(v.y) AS total, SUM(v.grade) AS grades, COUNT(v.y) AS known, COUNT(*) AS planned, SUM(v.missing) AS missing,
       SUM(v.system_error) AS system_errors, SUM(v.grader_error) AS grader_errors, SUM(v.not_run) AS not_run
FROM ({values}) v
WHERE v.system IN ({systems}) AND v.ex < {examples}
GROUP BY 1
