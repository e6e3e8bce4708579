SELECT
  UPPER(t.channel) AS c0
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL
GROUP BY 1

-- @p0 TIMESTAMP 2024-03-10 06:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 05:00:00+00:00
