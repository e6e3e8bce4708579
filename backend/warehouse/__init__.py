"""BigQuery: tables, loads, the commit, and the pipeline state (lease, watermark, receipts)."""
