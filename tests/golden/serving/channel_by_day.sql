SELECT
  FORMAT_TIMESTAMP('%Y%m%d', t.created_date, 'UTC') AS c0,
  COUNT(*) AS c1,
  UPPER(t.channel) AS c2,
  SUM(t.talk_time) AS c3
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL
GROUP BY 1, 3

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
