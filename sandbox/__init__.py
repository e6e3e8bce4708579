"""Stand-ins that let the whole chain run on one machine: Genesys Cloud, BigQuery and Looker Studio."""
