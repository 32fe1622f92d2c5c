-- One row a planned score or answer, under the number of its measure, arm and example: its value, its grade, and what it lacks.
SELECT (v.k * {arms} + {arm}) * {examples} + v.ex AS at, v.y, v.grade, v.missing, v.system_error, v.grader_error, v.not_run
FROM ({values}) v
WHERE v.system IN ({systems}) AND v.ex < {examples}
