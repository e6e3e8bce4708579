BEGIN TRANSACTION;
UPDATE `project.genesys.extraction_state`
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),
  watermark = GREATEST(COALESCE(watermark, @watermark), COALESCE(@watermark, watermark)),
  data_version = data_version + IF(FALSE, 1, 0),
  settling = @settling,
  settled_through = GREATEST(COALESCE(settled_through, @settled_through), COALESCE(@settled_through, settled_through))
WHERE id = 'extraction' AND lease_holder = @holder;
ASSERT @@row_count = 1 AS 'lease lost';
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
