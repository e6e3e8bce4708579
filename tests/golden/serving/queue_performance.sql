SELECT
  FORMAT_TIMESTAMP('%Y%m%d', t.interval_start, @p0) AS c0,
  t.queue_name AS c1,
  (@settled_through IS NULL OR t.interval_start >= @settled_through) AS c2,
  IFNULL(SUM(t.offered), 0) AS c3,
  CAST(SUM(t.handle_time) AS NUMERIC) * NUMERIC '0.001' AS c4,
  (IFNULL(SUM(t.answered), 0) - IFNULL(SUM(t.answered_over_target), 0)) AS c5,
  (IFNULL(SUM(t.answered), 0) + IFNULL(SUM(t.abandoned), 0) + IFNULL(SUM(t.flow_out), 0) - IFNULL(SUM(t.short_abandoned), 0) - IFNULL(SUM(t.abandoned), 0)) AS c6,
  SAFE_DIVIDE(CAST((IFNULL(SUM(t.answered), 0) - IFNULL(SUM(t.answered_over_target), 0)) AS FLOAT64), CAST((IFNULL(SUM(t.answered), 0) + IFNULL(SUM(t.abandoned), 0) + IFNULL(SUM(t.flow_out), 0) - IFNULL(SUM(t.short_abandoned), 0) - IFNULL(SUM(t.abandoned), 0)) AS FLOAT64)) AS c7
FROM `project.genesys.queue_performance` AS t
WHERE t.interval_start >= @p2
  AND t.interval_start < @p3
GROUP BY 1, 2, 3

-- @p0 STRING Europe/Berlin
-- @settled_through TIMESTAMP None
-- @p2 TIMESTAMP 2024-03-09 23:00:00+00:00
-- @p3 TIMESTAMP 2024-03-11 23:00:00+00:00
