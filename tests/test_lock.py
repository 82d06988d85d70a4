"""Lock entities: commands on the wire, states on the screen."""

import pytest
from homeassistant.core import HomeAssistant

from .common import act, add_account, state_of
from .simulator import LOCKED, UNLOCKED, Simulator

DOOR = "lock.front_door"


@pytest.mark.usefixtures("pauses")
async def test_lock_as_in_the_vendors_example(hass: HomeAssistant, sim: Simulator) -> None:
    """The seed: POST close with the lock's id, answered with 200."""
    sim.settings.generation = "close"
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim)

    await act(hass, "lock.lock", entity_id=DOOR)

    call = sim.requests[0]
    assert (call.method, call.path, call.json) == (
        "POST",
        "/api/v37/my/lock/close",
        {"deviceId": lock.id},
    )
    assert call.headers["Authorization"] == f"PersonalKey {sim.token}"
    assert state_of(hass, DOOR) == "locked"
    assert lock.state == LOCKED
