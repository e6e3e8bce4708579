SELECT
  COUNT(*) AS c0
FROM `project.genesys.interaction_details` AS t
WHERE t.created_date >= @p0
  AND t.created_date < @p1
  AND t.deleted_at IS NULL
  AND (STRPOS(t.queue_name, @p2) > 0 OR NOT (REGEXP_CONTAINS(t.queue_name, @p3)))
  AND (REGEXP_CONTAINS(t.skill_name, @p4))

-- @p0 TIMESTAMP 2024-03-10 00:00:00+00:00
-- @p1 TIMESTAMP 2024-03-12 00:00:00+00:00
-- @p2 STRING %' OR 1=1 --
-- @p3 STRING ^Bill
-- @p4 STRING ^(?:a|b)$
