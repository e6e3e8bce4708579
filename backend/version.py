"""The version of this service: in receipts, in quarantine, in what it tells callers."""

VERSION = "0.1.0"
