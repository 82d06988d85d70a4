"""Make the dashboard a person sees first: each lock with everything the integration knows of it."""

from collections import defaultdict

from .client import Client, Json

PATH = "demo-door"
DOMAIN = "tedee_cloud"


async def make(client: Client, door_page: str) -> int:
    """Make it the default dashboard and return the number of locks on it."""
    devices: dict[str, list[str]] = defaultdict(list)
    for entity in await client.command("config/entity_registry/list"):
        if entity["platform"] == DOMAIN and not (entity["disabled_by"] or entity["hidden_by"]):
            devices[entity["device_id"]].append(entity["entity_id"])
    names = {
        device["id"]: device["name_by_user"] or device["name"]
        for device in await client.command("config/device_registry/list")
    }
    sections = [
        _section(names[device], sorted(entities, key=_lock_first))
        for device, entities in sorted(devices.items(), key=lambda item: names[item[0]])
    ]
    await client.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Demo door",
        icon="mdi:door",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    await client.command(
        "lovelace/config/save",
        url_path=PATH,
        config={
            "title": "Demo door",
            "views": [
                {
                    "title": "Locks",
                    "type": "sections",
                    "max_columns": len(sections) + 1,
                    "sections": [*sections, _door_section(door_page)],
                }
            ],
        },
    )
    await client.command("frontend/set_system_data", key="core", value={"default_panel": PATH})
    return len(sections)


def _lock_first(entity_id: str) -> tuple[bool, str]:
    return (not entity_id.startswith("lock."), entity_id)


def _section(name: str, entities: list[str]) -> Json:
    """Show one lock: the lock itself with its buttons, then its sensors."""
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": name, "icon": "mdi:lock-smart"},
            *(_tile(entity_id) for entity_id in entities),
        ],
    }


def _tile(entity_id: str) -> Json:
    tile: Json = {"type": "tile", "entity": entity_id}
    if entity_id.startswith("lock."):
        # The second one shows itself only while the lock can pull its spring.
        tile["features"] = [{"type": "lock-commands"}, {"type": "lock-open-door"}]
        tile["grid_options"] = {"columns": "full", "rows": "auto"}
    else:
        tile["name"] = {"type": "entity"}  # the heading says whose it is
    return tile


def _door_section(door_page: str) -> Json:
    """Tell how to be the person at the door."""
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": "At the door", "icon": "mdi:walk"},
            {
                "type": "markdown",
                "content": (
                    f"[The door page]({door_page}) is the other side: turn the bolt by hand, "
                    "take the bridge offline, type a PIN.\n\n"
                    "PINs are created with the actions of Tedee Cloud, in "
                    "[Settings > Developer tools > Actions](/config/tools/action)."
                ),
            },
        ],
    }
