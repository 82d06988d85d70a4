"""Add the simulated account the way a person does: through the config flow."""

from .client import Client, Json

DOMAIN = "tedee_cloud"
API_VERSION = "v37"


async def submit(client: Client, token: str, url: str) -> Json:
    """Open the form, fill it in, submit it, and return what came back."""
    form = await client.request("POST", "/api/config/config_entries/flow", {"handler": DOMAIN})
    return await resubmit(client, form.body, token, url)


async def resubmit(client: Client, form: Json, token: str, url: str) -> Json:
    """Fill in a form that is open already."""
    filled_in = {"token": token, "advanced": {"url": url, "api_version": API_VERSION}}
    answer = await client.request(
        "POST", f"/api/config/config_entries/flow/{form.get('flow_id')}", filled_in
    )
    return answer.body
