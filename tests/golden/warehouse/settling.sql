BEGIN TRANSACTION;
CREATE TEMP TABLE verdicts AS
SELECT id, created_date, verdict,
  CASE
    WHEN verdict = 'new' AND created_date >= read_since AND created_date < read_before THEN 'arrived_late'
    WHEN verdict != 'replaces' THEN NULL
    WHEN was_deleted THEN 'reappeared'
    WHEN was_open THEN 'progressed'
    WHEN later THEN 'updated'
    ELSE 'rebuilt'
  END AS reason
FROM (
  SELECT s.id, s.created_date,
    (SELECT first_start FROM `project.genesys.extraction_state` WHERE id = 'extraction') AS read_since,
    (SELECT watermark FROM `project.genesys.extraction_state` WHERE id = 'extraction') AS read_before,
    t.deleted_at IS NOT NULL AS was_deleted,
    t.ended_date IS NULL AS was_open,
    s.updated_date > t.updated_date AS later,
    CASE
      WHEN t.id IS NULL THEN 'new'
      WHEN t.deleted_at IS NOT NULL THEN 'replaces'
      WHEN t.settled AND NOT s.settled THEN IF(t.record_hash = s.record_hash, 'unchanged', 'superseded')
      WHEN s.settled AND NOT t.settled AND t.updated_date >= @available THEN 'superseded'
      WHEN t.record_hash = s.record_hash THEN IF(s.settled AND NOT t.settled, 'settles', 'unchanged')
      WHEN s.settled OR s.updated_date >= t.updated_date THEN 'replaces'
      ELSE 'superseded'
    END AS verdict
  FROM `project.genesys.staging_rows` AS s
  LEFT JOIN `project.genesys.interaction_details` AS t
    ON t.id = s.id AND ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
);
UPDATE `project.genesys.extraction_state`
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),
  watermark = GREATEST(COALESCE(watermark, @watermark), COALESCE(@watermark, watermark)),
  data_version = data_version + IF(EXISTS (SELECT 1 FROM verdicts WHERE verdict IN ('new', 'replaces', 'settles', 'deleted')), 1, 0),
  settling = @settling,
  settled_through = GREATEST(COALESCE(settled_through, @settled_through), COALESCE(@settled_through, settled_through))
WHERE id = 'extraction' AND lease_holder = @holder;
ASSERT @@row_count = 1 AS 'lease lost';
INSERT INTO `project.genesys.extraction_revisions` (
  learnt_at, run_id, reason, age_seconds, id, created_date, updated_date, ended_date, channel, direction, queue_id, queue_name, first_queue_name, skill_name, agent_id, agent_name, team_name, location_name, wait_time, talk_time, hold_time, wrap_up_time, handle_time, disposition_code, outcome, abandoned, answered, transferred, settled, deleted_at, record_hash, extracted_at
)
SELECT CURRENT_TIMESTAMP(), @holder, v.reason, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), v.created_date, SECOND),
  v.id, v.created_date, t.updated_date, t.ended_date, t.channel, t.direction, t.queue_id, t.queue_name, t.first_queue_name, t.skill_name, t.agent_id, t.agent_name, t.team_name, t.location_name, t.wait_time, t.talk_time, t.hold_time, t.wrap_up_time, t.handle_time, t.disposition_code, t.outcome, t.abandoned, t.answered, t.transferred, t.settled, t.deleted_at, t.record_hash, t.extracted_at
FROM verdicts AS v
LEFT JOIN `project.genesys.interaction_details` AS t
  ON t.id = v.id AND ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
WHERE v.reason IS NOT NULL;
CREATE TEMP TABLE moved AS
SELECT * FROM (
  SELECT interval_start, queue_id, channel, direction, agent_id,
    SUM(IF(metric = 'nOffered', sign * value, 0)) AS offered,
    SUM(IF(metric = 'tAnswered', sign, 0)) AS answered,
    SUM(IF(metric = 'nOverSla', sign * value, 0)) AS answered_over_target,
    SUM(IF(metric = 'tAbandon', sign, 0)) AS abandoned,
    SUM(IF(metric = 'tShortAbandon', sign, 0)) AS short_abandoned,
    SUM(IF(metric = 'tFlowOut', sign, 0)) AS flow_out,
    SUM(IF(metric = 'tHandle', sign, 0)) AS handled,
    SUM(IF(metric = 'nTransferred', sign * value, 0)) AS transferred,
    SUM(IF(metric = 'tAnswered', sign * value, 0)) AS answer_time,
    SUM(IF(metric = 'tAcd', sign * value, 0)) AS wait_time,
    SUM(IF(metric = 'tAbandon', sign * value, 0)) AS abandon_time,
    SUM(IF(metric = 'tTalkComplete', sign * value, 0)) AS talk_time,
    SUM(IF(metric = 'tHeldComplete', sign * value, 0)) AS hold_time,
    SUM(IF(metric = 'tAcw', sign * value, 0)) AS after_call_work_time,
    SUM(IF(metric = 'tHandle', sign * value, 0)) AS handle_time
  FROM (
  SELECT TIMESTAMP_SECONDS(DIV(UNIX_SECONDS(emitted_at), 1800) * 1800) AS interval_start, queue_id, channel, direction, agent_id, metric, value, 1 AS sign
  FROM `project.genesys.staging_events`
  WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces'))
  UNION ALL
  SELECT TIMESTAMP_SECONDS(DIV(UNIX_SECONDS(emitted_at), 1800) * 1800) AS interval_start, queue_id, channel, direction, agent_id, metric, value, -1 AS sign
  FROM `project.genesys.interaction_metrics` AS t
  WHERE ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
    AND t.id IN (SELECT id FROM verdicts WHERE verdict IN ('replaces', 'deleted'))
  )
  GROUP BY interval_start, queue_id, channel, direction, agent_id
)
WHERE offered != 0 OR answered != 0 OR answered_over_target != 0 OR abandoned != 0 OR short_abandoned != 0 OR flow_out != 0 OR handled != 0 OR transferred != 0 OR answer_time != 0 OR wait_time != 0 OR abandon_time != 0 OR talk_time != 0 OR hold_time != 0 OR after_call_work_time != 0 OR handle_time != 0;
CREATE TEMP TABLE buckets AS
SELECT interval_start, queue_id, channel, direction, agent_id, SUM(offered) AS offered, SUM(answered) AS answered, SUM(answered_over_target) AS answered_over_target, SUM(abandoned) AS abandoned, SUM(short_abandoned) AS short_abandoned, SUM(flow_out) AS flow_out, SUM(handled) AS handled, SUM(transferred) AS transferred, SUM(answer_time) AS answer_time, SUM(wait_time) AS wait_time, SUM(abandon_time) AS abandon_time, SUM(talk_time) AS talk_time, SUM(hold_time) AS hold_time, SUM(after_call_work_time) AS after_call_work_time, SUM(handle_time) AS handle_time
FROM (
  SELECT interval_start, queue_id, channel, direction, agent_id, offered, answered, answered_over_target, abandoned, short_abandoned, flow_out, handled, transferred, answer_time, wait_time, abandon_time, talk_time, hold_time, after_call_work_time, handle_time FROM `project.genesys.queue_performance` AS t
  WHERE ((t.interval_start >= @event_day_from_0 AND t.interval_start < @event_day_to_0))
  AND EXISTS (SELECT 1 FROM moved AS m WHERE t.interval_start = m.interval_start AND COALESCE(t.queue_id, '') = COALESCE(m.queue_id, '') AND COALESCE(t.channel, '') = COALESCE(m.channel, '') AND COALESCE(t.direction, '') = COALESCE(m.direction, '') AND COALESCE(t.agent_id, '') = COALESCE(m.agent_id, ''))
  UNION ALL
  SELECT interval_start, queue_id, channel, direction, agent_id, offered, answered, answered_over_target, abandoned, short_abandoned, flow_out, handled, transferred, answer_time, wait_time, abandon_time, talk_time, hold_time, after_call_work_time, handle_time FROM moved
)
GROUP BY interval_start, queue_id, channel, direction, agent_id;
DELETE FROM `project.genesys.queue_performance` AS t
WHERE ((t.interval_start >= @event_day_from_0 AND t.interval_start < @event_day_to_0))
  AND EXISTS (SELECT 1 FROM moved AS m WHERE t.interval_start = m.interval_start AND COALESCE(t.queue_id, '') = COALESCE(m.queue_id, '') AND COALESCE(t.channel, '') = COALESCE(m.channel, '') AND COALESCE(t.direction, '') = COALESCE(m.direction, '') AND COALESCE(t.agent_id, '') = COALESCE(m.agent_id, ''));
INSERT INTO `project.genesys.queue_performance` (interval_start, queue_id, channel, direction, agent_id, queue_name, agent_name, offered, answered, answered_over_target, abandoned, short_abandoned, flow_out, handled, transferred, answer_time, wait_time, abandon_time, talk_time, hold_time, after_call_work_time, handle_time)
SELECT b.interval_start, b.queue_id, b.channel, b.direction, b.agent_id, COALESCE(q.name, b.queue_id), COALESCE(a.name, b.agent_id), offered, answered, answered_over_target, abandoned, short_abandoned, flow_out, handled, transferred, answer_time, wait_time, abandon_time, talk_time, hold_time, after_call_work_time, handle_time
FROM buckets AS b
LEFT JOIN `project.genesys.lookups` AS q ON q.kind = 'queue' AND q.id = b.queue_id
LEFT JOIN `project.genesys.lookups` AS a ON a.kind = 'user' AND a.id = b.agent_id
WHERE offered != 0 OR answered != 0 OR answered_over_target != 0 OR abandoned != 0 OR short_abandoned != 0 OR flow_out != 0 OR handled != 0 OR transferred != 0 OR answer_time != 0 OR wait_time != 0 OR abandon_time != 0 OR talk_time != 0 OR hold_time != 0 OR after_call_work_time != 0 OR handle_time != 0;
DELETE FROM `project.genesys.interaction_details` AS t
WHERE ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
  AND t.id IN (SELECT id FROM verdicts WHERE verdict IN ('replaces', 'settles'));
INSERT INTO `project.genesys.interaction_details` (id, created_date, updated_date, ended_date, channel, direction, queue_id, queue_name, first_queue_name, skill_name, agent_id, agent_name, team_name, location_name, wait_time, talk_time, hold_time, wrap_up_time, handle_time, disposition_code, outcome, abandoned, answered, transferred, settled, deleted_at, record_hash, extracted_at)
SELECT id, created_date, updated_date, ended_date, channel, direction, queue_id, queue_name, first_queue_name, skill_name, agent_id, agent_name, team_name, location_name, wait_time, talk_time, hold_time, wrap_up_time, handle_time, disposition_code, outcome, abandoned, answered, transferred, settled, deleted_at, record_hash, extracted_at FROM `project.genesys.staging_rows`
WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces', 'settles'));
DELETE FROM `project.genesys.interaction_references` AS t
WHERE ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
  AND t.id IN (SELECT id FROM verdicts WHERE verdict IN ('replaces', 'settles'));
INSERT INTO `project.genesys.interaction_references` (id, created_date, first_queue_id, team_id, skill_ids, wrapup_code_id)
SELECT id, created_date, first_queue_id, team_id, skill_ids, wrapup_code_id FROM `project.genesys.staging_rows`
WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces', 'settles'));
DELETE FROM `project.genesys.interaction_metrics` AS t
WHERE ((t.created_date >= @day_from_0 AND t.created_date < @day_to_0))
  AND t.id IN (SELECT id FROM verdicts WHERE verdict IN ('replaces', 'settles'));
INSERT INTO `project.genesys.interaction_metrics` (id, created_date, metric, emitted_at, value, queue_id, agent_id, channel, direction)
SELECT id, created_date, metric, emitted_at, value, queue_id, agent_id, channel, direction FROM `project.genesys.staging_events`
WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces', 'settles'));
INSERT INTO `project.genesys.staging_seen` (id)
SELECT id FROM `project.genesys.staging_rows`;
UPDATE `project.genesys.extraction_runs`
SET status = @status, finished_at = IF(@finished, CURRENT_TIMESTAMP(), NULL), watermark = @watermark, more = @more,
  genesys_requests = @requests, forbidden_lookups = COALESCE(@forbidden, forbidden_lookups),
  records_processed = records_processed + @received,
  quarantined = quarantined + @quarantined,
  loaded = loaded + (SELECT COUNTIF(verdict IN ('new', 'replaces', 'settles')) FROM verdicts),
  unchanged = unchanged + (SELECT COUNTIF(verdict IN ('unchanged')) FROM verdicts),
  superseded = superseded + (SELECT COUNTIF(verdict IN ('superseded')) FROM verdicts),
  deleted = deleted + (SELECT COUNTIF(verdict IN ('deleted')) FROM verdicts),
  withheld_deletions = @withheld
WHERE run_id = @holder AND started_at = @started_at;
ASSERT @@row_count = 1 AS 'receipt missing';
COMMIT TRANSACTION;
