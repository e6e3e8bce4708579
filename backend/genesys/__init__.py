"""Genesys Cloud: authorization, rate limit, retries, one pager a paging style, conversations and lookups."""
