"""The operator's repairs: quarantined records read again, the watermark cleared, the queue counts made anew."""

from collections.abc import Iterator
from itertools import batched

from backend.extraction.context import Context
from backend.extraction.gathering import Gathered
from backend.extraction.loading import load
from backend.extraction.pipeline import names_at_hand
from backend.genesys.conversations import details_by_ids
from backend.warehouse.maintenance import clear_watermark, rebuild_queue_performance

_IDS_A_STEP = 50


def retry_quarantine(context: Context) -> Iterator[None]:
    """Reads quarantined conversations again by id; those that can be flattened now leave the quarantine."""
    names = yield from names_at_hand(context)
    gathered = Gathered(set())
    for chunk in batched(sorted(context.quarantined), _IDS_A_STEP, strict=False):
        gathered.take(details_by_ids(context.genesys, chunk), context.tools.now())
        yield
    yield from load(context, gathered, names, number=1, finished=True)


def resync(context: Context) -> Iterator[None]:
    """Clears the watermark: the next extraction reads all history again, and what is unchanged stays as it is."""
    clear_watermark(context.tools.warehouse, context.lease)
    context.progress.watermark = None
    yield


def rebuild_counts(context: Context) -> Iterator[None]:
    """Makes `queue_performance` anew from the stored metric events."""
    rebuild_queue_performance(context.tools.warehouse, context.lease)
    yield
