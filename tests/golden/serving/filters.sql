SELECT
  COUNT(*) AS c0
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL
  AND (UPPER(t.channel) = @p2 OR NOT (CASE WHEN t.disposition_code IS NOT NULL THEN t.disposition_code WHEN t.answered THEN @p4 ELSE @p5 END IN UNNEST(@p3)))
  AND (FORMAT_TIMESTAMP('%Y%m%d%H', t.created_date, 'UTC') BETWEEN @p6 AND @p7)
  AND (NOT (t.queue_name IS NULL))

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
-- @p2 STRING VOICE
-- @p3 STRING ['Sale', 'Unanswered/Abandoned']
-- @p4 STRING No wrap-up code
-- @p5 STRING Unanswered/Abandoned
-- @p6 STRING 2024031007
-- @p7 STRING 2024031009
