BEGIN TRANSACTION;
CREATE TEMP TABLE verdicts AS
SELECT s.id,
  CASE
    WHEN t.id IS NULL THEN 'new'
    WHEN t.record_hash = s.record_hash THEN 'unchanged'
    WHEN t.settled AND NOT s.settled THEN 'superseded'
    WHEN s.updated_date >= t.updated_date THEN 'replaces'
    ELSE 'superseded'
  END AS verdict
FROM `project.genesys.staging_run_1` AS s
LEFT JOIN `project.genesys.interaction_details` AS t
  ON t.id = s.id AND ((t.created_date >= @from_0 AND t.created_date < @to_0) OR (t.created_date >= @from_1 AND t.created_date < @to_1));
UPDATE `project.genesys.extraction_state`
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),
  watermark = GREATEST(COALESCE(watermark, @watermark), COALESCE(@watermark, watermark)),
  data_version = data_version + IF(EXISTS (SELECT 1 FROM verdicts WHERE verdict IN ('new', 'replaces')), 1, 0)
WHERE id = 'extraction' AND lease_holder = @holder;
ASSERT @@row_count = 1 AS 'lease lost';
DELETE FROM `project.genesys.interaction_details` AS t
WHERE ((t.created_date >= @from_0 AND t.created_date < @to_0) OR (t.created_date >= @from_1 AND t.created_date < @to_1))
  AND t.id IN (SELECT id FROM verdicts WHERE verdict = 'replaces');
INSERT INTO `project.genesys.interaction_details` (id, created_date, updated_date, ended_date, channel, direction, queue_id, queue_name, first_queue_name, skill_name, agent_id, agent_name, team_name, location_name, wait_time, talk_time, hold_time, wrap_up_time, handle_time, disposition_code, outcome, abandoned, answered, transferred, settled, deleted_at, record_hash, extracted_at)
SELECT id, created_date, updated_date, ended_date, channel, direction, queue_id, queue_name, first_queue_name, skill_name, agent_id, agent_name, team_name, location_name, wait_time, talk_time, hold_time, wrap_up_time, handle_time, disposition_code, outcome, abandoned, answered, transferred, settled, deleted_at, record_hash, extracted_at FROM `project.genesys.staging_run_1`
WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces'));
UPDATE `project.genesys.extraction_runs`
SET status = @status, finished_at = IF(@finished, CURRENT_TIMESTAMP(), NULL), watermark = @watermark, more = @more,
  genesys_requests = @requests, forbidden_lookups = @forbidden,
  records_processed = records_processed + @received,
  quarantined = quarantined + @quarantined,
  loaded = loaded + (SELECT COUNTIF(verdict IN ('new', 'replaces')) FROM verdicts),
  unchanged = unchanged + (SELECT COUNTIF(verdict IN ('unchanged')) FROM verdicts),
  superseded = superseded + (SELECT COUNTIF(verdict IN ('superseded')) FROM verdicts)
WHERE run_id = @holder AND started_at = @started_at;
ASSERT @@row_count = 1 AS 'receipt missing';
COMMIT TRANSACTION;
