BEGIN TRANSACTION;
UPDATE `project.genesys.extraction_state`
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),
  names_applied_at = @until,
  data_version = data_version + 1
WHERE id = 'extraction' AND lease_holder = @holder;
ASSERT @@row_count = 1 AS 'lease lost';
CREATE TEMP TABLE changed AS
SELECT kind, id, name FROM `project.genesys.lookups`
WHERE changed_at > COALESCE(@applied, TIMESTAMP '0001-01-01 00:00:00+00');
UPDATE `project.genesys.interaction_details` AS t
SET queue_name = n.name
FROM changed AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND n.kind = 'queue' AND n.id = t.queue_id AND t.queue_name != n.name;
UPDATE `project.genesys.interaction_details` AS t
SET first_queue_name = n.name
FROM (
  SELECT r.id, c.name FROM `project.genesys.interaction_references` AS r JOIN changed AS c ON c.id = r.first_queue_id
  WHERE r.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND c.kind = 'queue'
) AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND t.id = n.id AND t.first_queue_name != n.name;
UPDATE `project.genesys.queue_performance` AS t
SET queue_name = n.name
FROM changed AS n
WHERE t.interval_start >= TIMESTAMP '2000-01-01 00:00:00+00' AND n.kind = 'queue' AND n.id = t.queue_id AND t.queue_name != n.name;
UPDATE `project.genesys.interaction_details` AS t
SET agent_name = n.name
FROM changed AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND n.kind = 'user' AND n.id = t.agent_id AND t.agent_name != n.name;
UPDATE `project.genesys.queue_performance` AS t
SET agent_name = n.name
FROM changed AS n
WHERE t.interval_start >= TIMESTAMP '2000-01-01 00:00:00+00' AND n.kind = 'user' AND n.id = t.agent_id AND t.agent_name != n.name;
UPDATE `project.genesys.interaction_details` AS t
SET team_name = n.name
FROM (
  SELECT r.id, c.name FROM `project.genesys.interaction_references` AS r JOIN changed AS c ON c.id = r.team_id
  WHERE r.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND c.kind = 'team'
) AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND t.id = n.id AND t.team_name != n.name;
UPDATE `project.genesys.interaction_details` AS t
SET disposition_code = n.name
FROM (
  SELECT r.id, c.name FROM `project.genesys.interaction_references` AS r JOIN changed AS c ON c.id = r.wrapup_code_id
  WHERE r.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND c.kind = 'wrapup_code'
) AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND t.id = n.id AND t.disposition_code != n.name;
CREATE TEMP TABLE skill_names AS
SELECT combination, STRING_AGG(name, ', ' ORDER BY name) AS name, LOGICAL_OR(is_changed) AS is_changed
FROM (
  SELECT s.combination, COALESCE(l.name, s.skill) AS name, c.id IS NOT NULL AS is_changed
  FROM (
    SELECT combination, skill
    FROM (SELECT DISTINCT skill_ids AS combination FROM `project.genesys.interaction_references`
          WHERE created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND skill_ids IS NOT NULL),
      UNNEST(SPLIT(combination, ',')) AS skill
  ) AS s
  LEFT JOIN `project.genesys.lookups` AS l ON l.kind = 'skill' AND l.id = s.skill
  LEFT JOIN changed AS c ON c.kind = 'skill' AND c.id = s.skill
)
GROUP BY combination;
UPDATE `project.genesys.interaction_details` AS t
SET skill_name = n.name
FROM (
  SELECT r.id, s.name FROM `project.genesys.interaction_references` AS r JOIN skill_names AS s ON s.combination = r.skill_ids
  WHERE r.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND s.is_changed
) AS n
WHERE t.created_date >= TIMESTAMP '2000-01-01 00:00:00+00' AND t.id = n.id AND t.skill_name != n.name;
COMMIT TRANSACTION;
