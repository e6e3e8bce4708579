SELECT
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.created_date, @p0) AS c0,
  FORMAT_TIMESTAMP('%Y%m%d%H', t.created_date, @p0) AS c1,
  FORMAT_TIMESTAMP('%Y%m%d', t.created_date, @p0) AS c2,
  FORMAT_TIMESTAMP('%G%V', t.created_date, @p0) AS c3,
  FORMAT_TIMESTAMP('%H', t.created_date, @p0) AS c4,
  FORMAT_TIMESTAMP('%w', t.created_date, @p0) AS c5,
  FORMAT_TIMESTAMP('%Ez', t.created_date, @p0) AS c6,
  (NOT t.settled) AS c7,
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', @settled_through, 'UTC') AS c8,
  COUNT(*) AS c9
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p2
  AND t.created_date < @p3
  AND t.deleted_at IS NULL
  AND ((NOT t.settled) = @p4 OR FORMAT_TIMESTAMP('%H', t.created_date, @p0) < @p5)
  AND (NOT (FORMAT_TIMESTAMP('%G%V', t.created_date, @p0) IN UNNEST(@p6)))
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9

-- @p0 STRING Asia/Kathmandu
-- @settled_through TIMESTAMP None
-- @p2 TIMESTAMP 2024-03-09 18:15:00+00:00
-- @p3 TIMESTAMP 2024-03-11 18:15:00+00:00
-- @p4 BOOL True
-- @p5 STRING 09
-- @p6 STRING ['202410', '202411']
