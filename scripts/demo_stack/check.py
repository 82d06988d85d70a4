"""Take every step a person would take, look at both ends, and stop at the first that is wrong."""

from tests.simulator import EXPIRED_TOKEN, TOKEN

from . import steps_account, steps_locks, steps_pins, steps_rental, steps_traces
from .client import NO_ANSWER
from .errors import DemoError
from .processes import tail
from .stack import Stack
from .steps import Check

STEPS = (
    steps_account.refused_key,
    steps_account.accepted_key,
    steps_account.same_account,
    steps_account.three_locks,
    steps_account.on_a_dashboard,
    steps_locks.unlock,
    steps_locks.lock,
    steps_locks.open_locked,
    steps_pins.create,
    steps_pins.list_all,
    steps_pins.read,
    steps_pins.reveal,
    steps_pins.update,
    steps_pins.refused_here,
    steps_pins.refused_there,
    steps_pins.change_digits,
    steps_pins.delete,
    steps_pins.delete_again,
    steps_rental.refused_at_first,
    steps_rental.too_early,
    steps_rental.moved,
    steps_rental.cleaner,
    steps_rental.departed,
    steps_rental.full_list,
    steps_traces.diagnostics,
    steps_traces.log,
    steps_traces.drawn_digits,
)


async def take_every_step(stack: Stack) -> None:
    """Take the steps in order and tell what came back from each."""
    changes = await stack.client.subscribe("subscribe_events", event_type="state_changed")
    check = Check(stack, changes)
    for number, step in enumerate(STEPS, 1):
        title = f"{number:2}. {str(step.__doc__).removesuffix('.')}:"
        try:
            outcome = await step(check)
        except* (*NO_ANSWER, DemoError, LookupError, TypeError) as group:
            reason = ", ".join(f"{type(err).__name__}: {err}" for err in group.exceptions)
            raise DemoError(_masked(f"✗ {title} {reason}\n{tail(stack.home_log)}")) from None
        print(_masked(f"✓ {title} {outcome}"))
    print(f"\nAll {len(STEPS)} steps went right.")


def _masked(text: str) -> str:
    """Put dots for the digits of every PIN, and a word for every key."""
    for pin in (steps_pins.DIGITS, steps_pins.OTHER_DIGITS, steps_pins.IN_SEQUENCE):
        text = text.replace(pin, "•" * len(pin))
    return text.replace(TOKEN, "(the key)").replace(EXPIRED_TOKEN, "(the expired key)")
