"""From Genesys records to warehouse rows: plan windows, flatten, and the pipeline that reads, stages and commits."""
