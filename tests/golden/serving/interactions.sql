SELECT
  UPPER(t.channel) AS c0,
  1 AS c1,
  IF(t.answered, 1, 0) AS c2,
  t.wait_time AS c3,
  IF(t.wait_time IS NULL, 0, 1) AS c4,
  SAFE_DIVIDE(CAST(t.wait_time AS FLOAT64), CAST(IF(t.wait_time IS NULL, 0, 1) AS FLOAT64)) AS c5,
  SAFE_DIVIDE(CAST(IF(t.abandoned, 1, 0) AS FLOAT64), CAST(1 AS FLOAT64)) AS c6
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
