"""From a Looker Studio request to its answer: request, selection, SQL, rows."""

from backend.serving.answers import Answers

__all__ = ["Answers"]
