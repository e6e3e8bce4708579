BEGIN TRANSACTION;
UPDATE `project.genesys.extraction_state`
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),
  watermark = GREATEST(COALESCE(watermark, @watermark), COALESCE(@watermark, watermark)),
  data_version = data_version + IF(FALSE, 1, 0),
  resume_from = @resume_from
WHERE id = 'extraction' AND lease_holder = @holder;
ASSERT @@row_count = 1 AS 'lease lost';
DELETE FROM `project.genesys.extraction_quarantine`
WHERE quarantined_at >= TIMESTAMP '2000-01-01 00:00:00+00' AND id IN UNNEST(@released);
INSERT INTO `project.genesys.extraction_quarantine` (id, run_id, quarantined_at, reason, version)
SELECT NULLIF(id, ''), @holder, CURRENT_TIMESTAMP(), @reasons[OFFSET(position)], @version
FROM UNNEST(@ids) AS id WITH OFFSET AS position;
UPDATE `project.genesys.extraction_runs`
SET status = @status, finished_at = IF(@finished, CURRENT_TIMESTAMP(), NULL), watermark = @watermark, more = @more,
  genesys_requests = @requests, forbidden_lookups = COALESCE(@forbidden, forbidden_lookups),
  records_processed = records_processed + @received,
  quarantined = quarantined + @quarantined,
  loaded = loaded + 0,
  unchanged = unchanged + 0,
  superseded = superseded + 0,
  deleted = deleted + 0,
  withheld_deletions = @withheld
WHERE run_id = @holder AND started_at = @started_at;
ASSERT @@row_count = 1 AS 'receipt missing';
COMMIT TRANSACTION;
