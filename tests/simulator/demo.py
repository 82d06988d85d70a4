"""The demo account: three doors somebody may have."""

from .account import Account, fill_default
from .states import LOCK_GO, LOCK_PRO, Door, State


def fill_demo(account: Account) -> None:
    """Add the demo's keys, locks and PINs."""
    fill_default(account)
    account.add_lock(
        "Front door",
        lock_id=41001,
        type=LOCK_PRO,
        state=State.LOCKED,
        door=Door.CLOSED,
        pull_spring=True,
        pull_seconds=3,
    )
    account.add_lock(
        "Back door",
        lock_id=41002,
        type=LOCK_GO,
        state=State.UNLOCKED,
        pull_spring=False,
        battery=64,
    )
    flat = account.add_lock(
        "Flat 2", lock_id=41003, state=State.LOCKED, pull_spring=False, battery=37
    )
    flat.pins.add("Cleaner", "602915", weekDays=2)
    flat.pins.add("Guest", "481596")
