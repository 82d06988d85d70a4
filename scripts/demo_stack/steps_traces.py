"""Steps: what Home Assistant tells and writes down about the account."""

import json
from http import HTTPStatus

from tests.simulator import TOKEN

from .account import DOMAIN
from .errors import DemoError
from .steps import Check, expect

UNWANTED = (" WARNING ", " ERROR ", " CRITICAL ")
EXPECTED = (
    "which has not been tested by Home Assistant",  # said of every custom integration
    "[homeassistant.components.api]",  # what a caller of the API was told
)


async def diagnostics(check: Check) -> str:
    """Download the diagnostics."""
    answer = await check.stack.client.request(
        "GET", f"/api/diagnostics/config_entry/{check.entry_id}"
    )
    expect(f"HTTP status ({answer.sentence})", answer.status, HTTPStatus.OK)
    text = json.dumps(answer.body["data"])
    if TOKEN in text:
        raise DemoError("the key stands in the diagnostics")
    return f"{len(text)} characters about {', '.join(answer.body['data'])}; the key is not in it"


async def log(check: Check) -> str:
    """Read Home Assistant's log."""
    lines = check.stack.home_log.read_text().splitlines()
    if TOKEN in "\n".join(lines):
        raise DemoError("the key stands in the log")
    ours = [
        line
        for line in lines
        if DOMAIN in line
        and any(level in line for level in UNWANTED)
        and not any(expected in line for expected in EXPECTED)
    ]
    expect("lines about the integration", ours, [])
    return f"{len(lines)} lines, no warning or error about the integration"


async def drawn_digits(check: Check) -> str:
    """Search all that Home Assistant has written for the digits that were drawn."""
    folder = check.stack.home_log.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {
        str(path.relative_to(folder))
        for path in files
        for digits in check.digits
        if digits.encode() in path.read_bytes()
    }
    expect("files with digits", found, set())
    return f"{len(check.digits)} PINs looked for in {len(files)} files, and not found"
