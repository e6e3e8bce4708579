"""The fake Genesys Cloud, for the tasks that call it."""

from tests.genesys.conftest import genesys

__all__ = ["genesys"]
