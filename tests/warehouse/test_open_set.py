from datetime import timedelta

from backend.warehouse.client import Warehouse
from backend.warehouse.open_set import OpenConversation, open_conversations
from tests.warehouse.history import DAY, EIGHT, History


def test_those_that_have_not_ended_oldest_first(warehouse: Warehouse, history: History) -> None:
    older = OpenConversation("older, open", EIGHT - timedelta(days=2))
    assert open_conversations(warehouse, older.created_date, DAY + timedelta(days=1)) == [
        older,
        OpenConversation("open", EIGHT),
    ]
    assert open_conversations(warehouse, older.created_date, EIGHT) == [older]
    assert open_conversations(warehouse, DAY, EIGHT) == []
