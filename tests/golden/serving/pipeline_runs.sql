SELECT
  FORMAT_TIMESTAMP('%Y%m%d', t.started_at, 'UTC') AS c0,
  t.status AS c1,
  COUNT(*) AS c2,
  (IFNULL(SUM(t.loaded), 0) + IFNULL(SUM(t.unchanged), 0) + IFNULL(SUM(t.superseded), 0) + IFNULL(SUM(t.quarantined), 0)) AS c3,
  CAST(SUM(TIMESTAMP_DIFF(t.finished_at, t.watermark, MILLISECOND)) AS NUMERIC) * NUMERIC '0.001' AS c4,
  COUNT(TIMESTAMP_DIFF(t.finished_at, t.watermark, MILLISECOND)) AS c5,
  SAFE_DIVIDE(CAST(CAST(SUM(TIMESTAMP_DIFF(t.finished_at, t.started_at, MILLISECOND)) AS NUMERIC) * NUMERIC '0.001' AS FLOAT64), CAST(COUNT(t.finished_at) AS FLOAT64)) AS c6
FROM `project.genesys.extraction_runs` AS t
WHERE t.started_at >= @runs_since
GROUP BY 1, 2

-- @runs_since TIMESTAMP None
