SELECT
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.created_date, 'UTC') AS c0,
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.created_date, @p0) AS c1,
  t.occasion AS c2,
  t.is_right AS c3,
  COUNTIF(t.is_right) AS c4
FROM (
  SELECT instant AS created_date, @p2[OFFSET(position)] AS occasion, @p3[OFFSET(position)] AS expected_local, @p4[OFFSET(position)] AS expected_offset,
    FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', instant, @p0) = @p3[OFFSET(position)]
      AND FORMAT_TIMESTAMP('%Ez', instant, @p0) = @p4[OFFSET(position)] AS is_right
  FROM UNNEST(@p1) AS instant WITH OFFSET AS position
) AS t
GROUP BY 1, 2, 3, 4

-- @p0 STRING UTC
-- @p1 TIMESTAMP [datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), datetime.datetime(2026, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)]
-- @p2 STRING ['The year begins (UTC)', 'The year ends (UTC)']
-- @p3 STRING ['2026-01-01 00:00:00', '2026-12-31 23:59:59']
-- @p4 STRING ['+00:00', '+00:00']
