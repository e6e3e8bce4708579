SELECT
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.created_date, 'UTC') AS c0,
  FORMAT_TIMESTAMP('%Y%m%d%H', t.created_date, 'UTC') AS c1,
  FORMAT_TIMESTAMP('%Y%m%d%H%M%S', t.updated_date, 'UTC') AS c2,
  CASE WHEN t.disposition_code IS NOT NULL THEN t.disposition_code WHEN t.answered THEN @p0 ELSE @p1 END AS c3
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p2
  AND t.created_date < @p3
  AND t.deleted_at IS NULL
GROUP BY 1, 2, 3, 4

-- @p0 STRING No wrap-up code
-- @p1 STRING Unanswered/Abandoned
-- @p2 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p3 TIMESTAMP 2024-03-12 00:00:00+00:00
