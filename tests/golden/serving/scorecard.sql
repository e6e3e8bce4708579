SELECT
  COUNT(*) AS c0,
  COUNTIF(t.answered) AS c1,
  SUM(t.wait_time) AS c2,
  COUNT(t.wait_time) AS c3,
  SAFE_DIVIDE(CAST(SUM(t.wait_time) AS FLOAT64), CAST(COUNT(t.wait_time) AS FLOAT64)) AS c4,
  SAFE_DIVIDE(CAST(COUNTIF(t.abandoned) AS FLOAT64), CAST(COUNT(*) AS FLOAT64)) AS c5
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
