SELECT
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.interval_start, 'UTC') AS c0,
  (IFNULL(t.answered, 0) + IFNULL(t.abandoned, 0) - IFNULL(t.short_abandoned, 0) - IFNULL(t.abandoned, 0)) AS c1,
  CAST(t.wait_time AS NUMERIC) * NUMERIC '0.001' AS c2
FROM `project.genesys.queue_performance` AS t
WHERE t.interval_start >= @p0
  AND t.interval_start < @p1

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
