SELECT
  APPROX_COUNT_DISTINCT(TO_JSON_STRING([UPPER(t.channel)])) AS c0,
  APPROX_COUNT_DISTINCT(TO_JSON_STRING([FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.created_date, 'UTC'), UPPER(t.channel)])) AS c1,
  APPROX_COUNT_DISTINCT(TO_JSON_STRING([])) AS c2
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
