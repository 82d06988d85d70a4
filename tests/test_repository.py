"""The repository keeps the rules of Home Assistant's hassfest and of HACS, and its own.

Both checkers run only on GitHub; these tests say the same things here, before a push.
"""

import ast
import json
import re
import string
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import homeassistant
import pytest
import voluptuous as vol
from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.util.yaml import load_yaml_dict, parse_yaml

from custom_components.tedee_cloud import (
    config_flow,
    errors,
    options_flow,
    pin_fields,
    pin_form,
    pin_list_full,
    pin_use,
    repairs,
    services,
    targets,
)
from custom_components.tedee_cloud.api import (
    WEEK_DAYS,
    TedeeError,
    TedeeOutcomeUnknownError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeUnfinishedError,
)

REPOSITORY = Path(__file__).parents[1]
DOMAIN = "tedee_cloud"
README = REPOSITORY / "README.md"
INTEGRATION = REPOSITORY / "custom_components" / DOMAIN
PROJECT_URL = "https://github.com/tedee-cloud/ha-tedee-cloud"
LANGUAGES = ("en", "pl")

type Json = dict[str, Any]


# --- Reading the repository -----------------------------------------------------------------


# Hidden folders are some tool's, but for these.
OUR_HIDDEN_FOLDERS = {".ci", ".github"}


@cache
def repository_files() -> tuple[Path, ...]:
    """Return every file that belongs to the repository: all that .gitignore does not name."""
    ignored = [
        line.strip("/ ")
        for line in (REPOSITORY / ".gitignore").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if any(fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if not path.is_dir():
                yield path
            elif not path.name.startswith(".") or path.name in OUR_HIDDEN_FOLDERS:
                yield from walk(path)

    return tuple(walk(REPOSITORY))


def with_suffix(*suffixes: str) -> list[Path]:
    """Return the repository's files of these kinds."""
    return [path for path in repository_files() if path.suffix in suffixes]


def name_of(path: Path) -> str:
    """Return a path as people write it in this repository."""
    return path.relative_to(REPOSITORY).as_posix()


def read_json(path: Path) -> Json:
    """Return an object from a JSON file, in the order of the file."""
    data: Json = json.loads(path.read_text())
    return data


def strings(language: str) -> Json:
    """Return the texts of one language."""
    return read_json(INTEGRATION / "translations" / f"{language}.json")


def actions() -> Json:
    """Return what services.yaml describes."""
    return load_yaml_dict(str(INTEGRATION / "services.yaml"))


@cache
def modules() -> dict[str, ast.Module]:
    """Return the integration's source by dotted name, parsed; a package has its own name."""
    return {
        ".".join(path.relative_to(INTEGRATION).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text(), str(path))
        for path in sorted(INTEGRATION.rglob("*.py"))
    }


def leaves(tree: Json, *trail: str) -> Iterator[tuple[str, str]]:
    """Walk a tree of texts as pairs of dotted key and text."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, *trail, key)
        else:
            yield ".".join((*trail, key)), value


def flatten(fields: Json) -> Iterator[tuple[str, Json]]:
    """Walk an action's fields through its sections."""
    for name, field in fields.items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """Return a call's named arguments."""
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


# --- manifest.json and hacs.json ------------------------------------------------------------

MANIFEST = {
    "domain": DOMAIN,
    "name": "Tedee Cloud",
    "codeowners": ["@tedee-cloud"],
    "config_flow": True,
    "documentation": PROJECT_URL,
    "integration_type": "hub",
    "iot_class": "cloud_polling",
    "issue_tracker": f"{PROJECT_URL}/issues",
    "requirements": [],
}
MANIFEST_OPTIONAL = {"after_dependencies", "dependencies", "loggers", "quality_scale", "version"}


def test_manifest_values() -> None:
    """The manifest says exactly what the project is."""
    manifest = read_json(INTEGRATION / "manifest.json")
    assert {key: manifest[key] for key in manifest if key not in MANIFEST_OPTIONAL} == MANIFEST
    assert INTEGRATION.name == manifest["domain"]
    assert urlparse(manifest["documentation"]).scheme == "https"


def test_manifest_key_order() -> None:
    """Domain and name come first, everything else in alphabetical order."""
    keys = list(read_json(INTEGRATION / "manifest.json"))
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_versions_agree() -> None:
    """Manifest, project file and changelog name one version that Home Assistant can load."""
    version = read_json(INTEGRATION / "manifest.json")["version"]
    AwesomeVersion(
        version, ensure_strategy=[AwesomeVersionStrategy.SEMVER, AwesomeVersionStrategy.CALVER]
    )
    assert tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"] == (
        version
    )
    assert re.search(
        rf"^## {re.escape(version)}\b", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE
    )


def test_hacs_json() -> None:
    """HACS refuses keys it does not know; the version is the floor we test against."""
    assert read_json(REPOSITORY / "hacs.json") == {
        "name": "Tedee Cloud",
        "homeassistant": "2026.10.0",
        "render_readme": True,
    }


def test_hacs_layout() -> None:
    """HACS wants one integration, an icon of its own, a README and a licence it recognises."""
    folders = [
        path.name for path in INTEGRATION.parent.iterdir() if (path / "manifest.json").exists()
    ]
    assert folders == [DOMAIN]
    assert README.exists()
    assert (REPOSITORY / "LICENSE").read_text().startswith("MIT License\n")
    assert not (INTEGRATION / "strings.json").exists(), "custom integrations ship translations only"


def test_config_entry_only() -> None:
    """A config flow is promised, and `async_setup` refuses YAML in words."""
    assert "config_flow" in modules()
    names = {node.id for node in ast.walk(modules()["__init__"]) if isinstance(node, ast.Name)}
    assert "CONFIG_SCHEMA" in names


# Components that hassfest lets everyone import: they are always there.
ALWAYS_LOADED = {
    "alert", "automation", "conversation", "default_config", "device_automation", "frontend",
    "group", "homeassistant", "input_boolean", "input_button", "input_datetime", "input_number",
    "input_select", "input_text", "media_source", "onboarding", "persistent_notification",
    "person", "script", "shopping_list", "sun", "system_health", "system_log", "timer", "webhook",
    "websocket_api", "zone",
}  # fmt: skip


def test_dependencies_are_declared() -> None:
    """Every component that is imported is a platform, always loaded, our own file, or declared."""
    manifest = read_json(INTEGRATION / "manifest.json")
    fine = {
        *Platform,
        *ALWAYS_LOADED,
        *modules(),
        *manifest.get("dependencies", ()),
        *manifest.get("after_dependencies", ()),
    }
    imported = {
        name.split(".")[2]
        for tree in modules().values()
        for name in absolute_imports(tree)
        if name.startswith("homeassistant.components.")
    }
    assert imported - fine == set()


# --- Actions --------------------------------------------------------------------------------

ACTION_KEYS = {"fields", "target"}
SECTION_KEYS = {"fields", "collapsed"}
FIELD_KEYS = {"example", "default", "required", "selector"}


def test_actions_have_known_keys_only() -> None:
    """Home Assistant ignores a whole services.yaml that has one key it does not know."""
    unknown = [
        f"{action}: {key}"
        for action, description in actions().items()
        for key in description.keys() - ACTION_KEYS
    ]
    for action, description in actions().items():
        for name, field in description.get("fields", {}).items():
            allowed = SECTION_KEYS if "fields" in field else FIELD_KEYS
            unknown += [f"{action}.{name}: {key}" for key in field.keys() - allowed]
        unknown += [
            f"{action}.{name}: {key}"
            for name, field in flatten(description.get("fields", {}))
            for key in field.keys() - FIELD_KEYS
        ]
    assert unknown == []


def test_actions_have_valid_selectors() -> None:
    """Home Assistant's own validators accept every target and every field's selector."""
    for description in actions().values():
        if description.get("target"):
            TargetSelector.CONFIG_SCHEMA(description["target"])
        for _, field in flatten(description.get("fields", {})):
            validate_selector(field["selector"])


def test_actions_have_unique_fields() -> None:
    """A field stands once in an action, whatever section it is in."""
    for description in actions().values():
        names = [name for name, _ in flatten(description.get("fields", {}))]
        assert len(names) == len(set(names))


def complaints(schema: vol.Schema, field: str, value: object) -> list[str]:
    """Return what a schema has against one field, whatever else it misses."""
    try:
        schema({"entity_id": "lock.front_door", field: value})
    except vol.MultipleInvalid as err:
        return [str(each) for each in err.errors if field in each.path]
    except vol.Invalid as err:
        return [str(err)] if field in err.path else []
    return []


def test_actions_are_those_of_the_code() -> None:
    """services.yaml describes the actions we register, with the fields and examples they take."""
    schemas = {action.name: action.schema for action in services.ACTIONS}
    assert actions().keys() == schemas.keys()
    refused = [
        complaint
        for name, description in actions().items()
        for field, details in flatten(description.get("fields", {}))
        for complaint in complaints(schemas[name], field, details.get("example", True))
    ]
    assert refused == []
    assert complaints(schemas["create_pin"], "code", "918273")


def test_actions_in_the_readme_work() -> None:
    """The README shows every action, and what people copy from it is accepted."""
    schemas = {action.name: action.schema for action in services.ACTIONS}
    shown = set()
    for example in re.findall(r"^```yaml\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE):
        call = parse_yaml(example)
        assert isinstance(call, dict)
        domain, _, name = call["action"].partition(".")
        if domain == DOMAIN:
            schemas[name]({**call["target"], **call.get("data", {})})
            shown.add(name)
    assert shown == schemas.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_actions_are_translated(language: str) -> None:
    """Each action, field, section and select option has words, and no words are left over."""
    texts = strings(language)
    needed: set[str] = set()
    for action, description in actions().items():
        fields = description.get("fields", {})
        things = {f"services.{action}"}
        things |= {f"services.{action}.fields.{name}" for name, _ in flatten(fields)}
        needed |= {f"{thing}.{key}" for thing in things for key in ("name", "description")}
        needed |= {
            f"services.{action}.sections.{name}.name"
            for name, field in fields.items()
            if "fields" in field
        }
        for _, field in flatten(fields):
            select = field["selector"].get("select") or {}
            if key := select.get("translation_key"):
                needed |= {f"selector.{key}.options.{option}" for option in select["options"]}
    needed |= {f"selector.pin_standing.options.{standing}" for standing in pin_use.Standing}
    written = {key for key, _ in leaves(texts) if key.startswith(("services.", "selector."))}
    assert needed - written == set()
    assert {
        key for key in written - needed if not re.search(r"\.sections\..*\.descr", key)
    } == set()


# --- Icons ----------------------------------------------------------------------------------


def test_icons_are_material_design_icons() -> None:
    """Every icon is one of the set Home Assistant ships."""
    wrong = [
        key
        for key, icon in leaves(read_json(INTEGRATION / "icons.json"))
        if not re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon)
    ]
    assert wrong == []


def test_icons_cover_actions() -> None:
    """Each action has an icon, and no icon is left over."""
    assert read_json(INTEGRATION / "icons.json")["services"].keys() == actions().keys()


def test_icons_of_entities() -> None:
    """An icon belongs to an entity with a name, and a state's icon differs from the default."""
    entities = strings("en").get("entity", {})
    for platform, icons in read_json(INTEGRATION / "icons.json").get("entity", {}).items():
        assert icons.keys() <= entities[platform].keys()
        for icon in icons.values():
            assert icon["default"] not in icon.get("state", {}).values()


# --- Translations ---------------------------------------------------------------------------

TEXT = None
TEXTS = {"*": TEXT}
NAMED = {"name": TEXT, "description": TEXT}
FORM = {"data": TEXTS, "data_description": TEXTS}
MENU = {"menu_options": TEXTS}
STEP = {"title": TEXT, "description": TEXT, "submit": TEXT} | FORM | MENU
FLOW = {
    "flow_title": TEXT,
    "step": {"*": STEP | {"sections": {"*": NAMED | FORM}}},
    "progress": TEXTS,
    "error": TEXTS,
    "abort": TEXTS,
    "create_entry": TEXTS,
    "initiate_flow": {"user": TEXT},
}
# What hassfest allows in a translation file, as far as we use it; "*" is any key.
TRANSLATION_SHAPE: Json = {
    "title": TEXT,
    "config": FLOW,
    "options": FLOW,
    "common": TEXTS,
    "entity": {
        "*": {
            "*": {
                "name": TEXT,
                "state": TEXTS,
                "state_attributes": {"*": {"name": TEXT, "state": TEXTS}},
                "unit_of_measurement": TEXT,
            }
        }
    },
    "exceptions": {"*": {"message": TEXT}},
    "issues": {"*": {"title": TEXT, "description": TEXT, "fix_flow": FLOW}},
    "selector": {"*": {"options": TEXTS}},
    "services": {"*": NAMED | {"fields": {"*": NAMED}, "sections": {"*": NAMED}}},
    "system_health": {"info": TEXTS},
}

# What hassfest forbids in a text, as patterns.
FORBIDDEN_IN_TEXTS = {
    "HTML": r"<[^>]*>",
    "leading or trailing space": r"\A\s|\s\Z",
    "placeholder in single quotes": r"'\{\w+\}'",
    "placeholder that is no identifier": r"\{(?![A-Za-z_]\w*\})",
    "reference that only core resolves": r"\[%",
    "address (use a placeholder)": r"\w+://|\bwww\.",
}
TRANSLATION_KEY = re.compile(r"(?!.+[_-]{2})(?![_-])[a-z0-9_-]+(?<![_-])")


def outside(tree: Json, shape: Json, *trail: str) -> Iterator[str]:
    """Walk the keys of a tree that its shape does not allow."""
    for key, value in tree.items():
        here = ".".join((*trail, key))
        known = key in shape or ("*" in shape and TRANSLATION_KEY.fullmatch(key))
        inner = shape.get(key, shape.get("*"))
        if not known or isinstance(inner, dict) != isinstance(value, dict):
            yield here
        elif isinstance(inner, dict):
            yield from outside(value, inner, *trail, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_known_keys_only(language: str) -> None:
    """A translation file holds what Home Assistant reads, under keys it accepts."""
    assert list(outside(strings(language), TRANSLATION_SHAPE)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", FORBIDDEN_IN_TEXTS)
def test_translations_are_clean(language: str, rule: str) -> None:
    """No text holds what Home Assistant cannot show."""
    pattern = FORBIDDEN_IN_TEXTS[rule]
    assert [key for key, text in leaves(strings(language)) if re.search(pattern, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_describe_their_own_fields(language: str) -> None:
    """A field's description belongs to a field of the same form or section."""
    texts = strings(language)
    fixes = [issue.get("fix_flow", {"step": {}}) for issue in texts["issues"].values()]
    flows = (texts["config"], texts["options"], *fixes)
    for step in (step for flow in flows for step in flow["step"].values()):
        for form in (step, *step.get("sections", {}).values()):
            assert form.get("data_description", {}).keys() <= form.get("data", {}).keys()


def test_translation_files() -> None:
    """The languages we promise are the languages we ship."""
    files = (INTEGRATION / "translations").iterdir()
    assert sorted(path.name for path in files) == [f"{language}.json" for language in LANGUAGES]


def test_translations_have_equal_keys_and_placeholders() -> None:
    """A text exists in every language and tells the same facts in each."""
    facts = [
        {key: placeholders(text) for key, text in leaves(strings(language))}
        for language in LANGUAGES
    ]
    assert facts[0] == facts[1]


def test_translations_differ() -> None:
    """No sentence was left in English: a text of three words or more differs in Polish."""
    english, polish = (dict(leaves(strings(language))) for language in LANGUAGES)
    same = [key for key, text in english.items() if text == polish[key] and text.count(" ") > 1]
    assert same == []


# Functions of `errors` that take a key and its placeholders.
RAISERS = {"failed", "refused"}


def key_and_facts(call: ast.Call) -> tuple[ast.expr | None, ast.Dict | None]:
    """Return which sentence a call names and its placeholders, None where it passes them on."""
    given = keywords(call)
    if isinstance(call.func, ast.Name) and call.func.id in RAISERS:
        plain = len(given) == len(call.keywords)
        return call.args[0], ast.Dict([ast.Constant(name) for name in given]) if plain else None
    if "translation_domain" in given:
        facts = given.get("translation_placeholders", ast.Dict())
        return given.get("translation_key"), facts if isinstance(facts, ast.Dict) else None
    return None, None


def exception_calls() -> Iterator[tuple[str, set[str] | None]]:
    """Walk the failures that code names in place: key, and placeholders where those are plain."""
    for tree in modules().values():
        for node in ast.walk(tree):
            key, facts = key_and_facts(node) if isinstance(node, ast.Call) else (None, None)
            names = [ast.literal_eval(name) for name in facts.keys if name] if facts else []
            plain = facts is not None and len(names) == len(facts.keys)
            for choice in (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,):
                if isinstance(choice, ast.Constant):
                    yield str(choice.value), set(names) if plain else None


OF_WRITES = (TedeeOutcomeUnknownError, TedeeUnfinishedError)
"""What only becomes of writes, whose tables have sentences for them."""


def answers() -> Iterator[TedeeError]:
    """Walk what the client can raise, with every status the cloud could choose."""
    for kind in TedeeError.__subclasses__():
        if kind is TedeeStatusError:
            yield from (TedeeStatusError(status, enveloped=True) for status in range(300, 600))
        elif kind is TedeeRateLimitError:
            yield TedeeRateLimitError(60)
        else:
            yield kind()


def translated_errors() -> Iterator[tuple[str, set[str]]]:
    """Walk the sentences that client errors become, and the facts they get."""
    tables = [table for name, table in vars(errors).items() if name.endswith("_SENTENCES")]
    assert errors.NO_SENTENCES in tables
    for table in tables:
        lock = {"lock": "Front door"} if table else {}  # a poll is about no lock
        for err in answers():
            if isinstance(err, OF_WRITES) and type(err) not in table:
                continue
            translated = errors.translated(err, table, **lock)
            yield str(translated.translation_key), set(translated.translation_placeholders or ())


def keys_in_tables() -> set[str]:
    """Return the keys that actions look up in their own tables."""
    return {*pin_fields.RULE_SENTENCES.values(), *targets.MISSING_CONTAINERS.values()}


def test_exceptions_are_translated() -> None:
    """Every failure has its sentence: those named in place, and all the cloud can answer."""
    keys = {key for key, _ in (*exception_calls(), *translated_errors())} | keys_in_tables()
    assert keys - strings("en")["exceptions"].keys() == set()


def test_exceptions_get_their_placeholders() -> None:
    """A sentence gets every fact it names."""
    sentences = strings("en")["exceptions"]
    starved = {
        key
        for key, given in (*exception_calls(), *translated_errors())
        if given is not None and placeholders(sentences[key]["message"]) - given
    }
    assert starved == set()


def constants(*trees: ast.Module) -> set[str]:
    """Return every text that stands in source."""
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_exceptions_are_used() -> None:
    """No sentence waits for a failure that cannot happen: its key stands somewhere in the code."""
    assert strings("en")["exceptions"].keys() - constants(*modules().values()) == set()


def test_config_flow_has_its_words() -> None:
    """Each step and each error of the config flow has words, and no words are left over."""
    texts = strings("en")["config"]
    steps = {
        name.removeprefix("async_step_")
        for name in vars(config_flow.TedeeConfigFlow)
        if name.startswith("async_step_")
    }
    raised = {
        ast.literal_eval(node.args[0])
        for node in ast.walk(modules()["config_flow"])
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == config_flow.InvalidInputError.__name__
        and isinstance(node.args[0], ast.Constant)
    }
    assert texts["step"].keys() == steps - {"reauth"}  # it shows nothing, it leads to the next
    assert {*config_flow.ERRORS.values(), *raised} - texts["error"].keys() == set()
    assert texts["error"].keys() - constants(modules()["config_flow"]) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_issues_have_their_words(language: str) -> None:
    """Each issue says what is wrong, and either what it means or how it is fixed."""
    issues = strings(language)["issues"]
    assert issues.keys() == {pin_list_full.ISSUE}
    for name, issue in issues.items():
        assert issue["title"], name
        assert len(issue.keys() & {"description", "fix_flow"}) == 1, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_fix_flow_has_its_words(language: str) -> None:
    """Each form, error, end and progress of the fix flow has words, and no words are left over."""
    flow = strings(language)["issues"][pin_list_full.ISSUE]["fix_flow"]
    steps = {
        name.removeprefix("async_step_")
        for name in dir(repairs.FullListFlow)
        if name.startswith("async_step_")
    }
    ends = {"done", *flow["abort"]}
    assert flow["step"].keys() == steps - {"init"} - ends  # they show no form
    words = {key for part in ("error", "abort", "progress") for key in flow[part]}
    assert words - constants(modules()["repairs"], modules()["working_flow"]) == set()
    assert shown_by(modules()["repairs"]) - words == set()


def shown_by(tree: ast.Module) -> set[str]:
    """Return the errors, reasons and actions that a flow's source names in place."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match ast.unparse(node.func):
            case "self._async_blame":
                names |= {ast.literal_eval(error) for error in node.args[1:]}
            case "self.async_abort":
                names.add(ast.literal_eval(keywords(node)["reason"]))
            case "self._async_work":
                names.add(ast.literal_eval(node.args[0]))
                if error := keywords(node).get("error"):
                    names.add(ast.literal_eval(error))
    return names


LEADING_ON = {"add", "again", "done", "locks"}
"""Steps of the options flow that show nothing of their own."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_options_flow_has_its_words(language: str) -> None:
    """Each step of the options flow has words, with which a menu names steps, and none is left."""
    texts = strings(language)["options"]
    steps = {
        name.removeprefix("async_step_")
        for name in dir(options_flow.TedeeOptionsFlow)
        if name.startswith("async_step_")
    }
    spoken = constants(modules()["options_flow"], modules()["working_flow"])
    assert texts["step"].keys() == steps - LEADING_ON
    for step in texts["step"].values():
        assert step["title"]
        assert step.get("menu_options", {}).keys() <= steps
    assert texts["error"].keys() == {"failed"} <= spoken
    assert texts["progress"].keys() <= spoken
    assert texts["abort"].keys() <= constants(*modules().values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_pin_forms_have_their_words(language: str) -> None:
    """Each field of a PIN's forms has a label, and each sentence for a field is one."""
    texts = strings(language)
    forms = {"new": pin_form.new_schema({"1": "a", "2": "b"}), "edit": pin_form.EDIT_SCHEMA}
    for step, schema in forms.items():
        assert list(texts["options"]["step"][step]["data"]) == list(schema.schema)
    assert pin_form.FIELD_OF.keys() <= texts["exceptions"].keys()
    assert set(pin_form.FIELD_OF.values()) <= set(forms["new"].schema)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_schedules(language: str) -> None:
    """Each week day has a short name, and every word that the code does not say is left out."""
    words = strings(language)["common"]
    said = constants(modules()["pin_words"], modules()["options_flow"])
    assert words.keys() - said == set(WEEK_DAYS)


# --- Brand images ---------------------------------------------------------------------------

ICON = {"icon": (256, 256), "icon@2x": (512, 512)}
LOGO_SHORTEST_SIDE = {"logo": (128, 256), "logo@2x": (256, 512)}
DARK_LOGO_SHORTEST_SIDE = {f"dark_{name}": size for name, size in LOGO_SHORTEST_SIDE.items()}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA = 6


def png_size(name: str) -> tuple[int, int]:
    """Return width and height from the header of a brand image; it has to be a PNG with alpha."""
    header = (INTEGRATION / "brand" / f"{name}.png").read_bytes()[:26]
    assert header.startswith(PNG_SIGNATURE)
    assert header[25] == RGBA
    return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])


@pytest.mark.parametrize(("name", "size"), ICON.items())
def test_icon_size(name: str, size: tuple[int, int]) -> None:
    """Icons have the one size Home Assistant asks for."""
    assert png_size(name) == size


@pytest.mark.parametrize(("name", "bounds"), (LOGO_SHORTEST_SIDE | DARK_LOGO_SHORTEST_SIDE).items())
def test_logo_size(name: str, bounds: tuple[int, int]) -> None:
    """Logos are landscape, and their shortest side is within Home Assistant's bounds."""
    width, height = png_size(name)
    assert width > height
    assert bounds[0] <= height <= bounds[1]


def test_brand_images_are_complete() -> None:
    """Each image has its drawing, and nothing else lies beside them."""
    images = {path.name for path in (INTEGRATION / "brand").iterdir()}
    drawings = {path.stem for path in (REPOSITORY / ".github/brand").glob("*.svg")}
    assert images == {f"{name}{size}.png" for name in drawings for size in ("", "@2x")}
    assert len(images) == len(ICON) + len(LOGO_SHORTEST_SIDE) + len(DARK_LOGO_SHORTEST_SIDE)


# --- Structure of the code ------------------------------------------------------------------

# From the ground up. A module imports only from below its own layer; a module without a layer
# stands as high as the highest module it imports.
LAYERS = (
    {"api"},
    {"attempts", "census", "freshness", "pace"},
    {"coordinator"},
    {"entity"},
    {*Platform, "services", "config_flow", "diagnostics", "repairs"},
)
LAYER_OF = {name: rank for rank, names in enumerate(LAYERS) for name in names}
CLIENT_MAY_IMPORT = {"aiohttp", *sys.stdlib_module_names}


def absolute_imports(tree: ast.AST) -> set[str]:
    """Return the dotted names a module imports from outside its package."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def relative_imports(tree: ast.AST) -> set[str]:
    """Return the first names a module imports from the packages around it, with the dots."""
    return {
        "." * node.level + (node.module or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


def imports() -> dict[str, set[str]]:
    """Return which of the integration's modules import which; the client package is one of them."""
    return {
        name: {imported.removeprefix(".") for imported in relative_imports(tree)}
        for name, tree in modules().items()
        if not name.startswith("api.") and name != "__init__"
    }


def test_client_knows_nothing_of_home_assistant() -> None:
    """The client package could be published on its own: aiohttp, the standard library, itself."""
    client = {name: tree for name, tree in modules().items() if name.split(".")[0] == "api"}
    assert client
    for name, tree in client.items():
        roots = {imported.split(".")[0] for imported in absolute_imports(tree)}
        assert roots - CLIENT_MAY_IMPORT == set(), name
        assert [inner for inner in relative_imports(tree) if inner.startswith("..")] == [], name


@pytest.mark.parametrize("name", ["attempts", "census", "pace"])
def test_what_decides_when_to_ask_knows_nothing_of_home_assistant(name: str) -> None:
    """Pace, census and further tries are plain rules about the cloud's answers and seconds."""
    tree = modules()[name]
    roots = {imported.split(".")[0] for imported in absolute_imports(tree)}
    assert roots - set(sys.stdlib_module_names) == set()
    assert relative_imports(tree) <= {".api"}


def test_imports_point_down() -> None:
    """Platforms and actions stand on the entity, that on the coordinator, that on the client."""
    graph = imports() | {"api": set()}
    height: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():  # refuses a circle
        below = max((height[imported] for imported in graph[name]), default=-1)
        height[name] = LAYER_OF.get(name, below)
        assert name not in LAYER_OF or below < height[name], name


def test_integration_imports_itself_relatively() -> None:
    """Nothing names the package it lives in: two copies of a module never exist."""
    wrong = [
        name
        for name, tree in modules().items()
        if any(imported.startswith("custom_components") for imported in absolute_imports(tree))
    ]
    assert wrong == []


def test_simulator_and_integration_are_strangers() -> None:
    """The simulated cloud shares no code with the integration, so that neither hides a mistake."""
    for path in sorted((REPOSITORY / "tests/simulator").glob("**/*.py")):
        imported = absolute_imports(ast.parse(path.read_text()))
        assert not any(name.startswith("custom_components") for name in imported), path.name
        assert not any(name.startswith("homeassistant") for name in imported), path.name


# --- The whole repository -------------------------------------------------------------------

# Written in pieces so that this file does not hold them itself.
FORBIDDEN_ANYWHERE = [
    "".join(pieces)
    for pieces in (
        ("pypi", ".org"),
        ("files.python", "hosted"),
        ("registry.", "npmjs"),
        ("proxy.", "golang"),
        ("crates", ".io"),
        ("deb.", "debian"),
        ("archive.", "ubuntu"),
        ("security.", "ubuntu"),
        ("/ro", "ot/"),
        ("/Use", "rs/"),
    )
]


@pytest.mark.parametrize("forbidden", FORBIDDEN_ANYWHERE)
def test_no_machine_is_named(forbidden: str) -> None:
    """No file names a package registry's host or somebody's home folder."""
    found = [
        name_of(path) for path in repository_files() if forbidden.encode() in path.read_bytes()
    ]
    assert found == []


def test_json_parses() -> None:
    """Every JSON file is JSON and ends like a text file."""
    for path in with_suffix(".json"):
        assert isinstance(read_json(path), dict), name_of(path)
        assert path.read_text().endswith("}\n"), name_of(path)


def test_yaml_parses() -> None:
    """Every YAML file is YAML."""
    for path in with_suffix(".yaml", ".yml"):
        assert load_yaml_dict(str(path)), name_of(path)


def slug(heading: str) -> str:
    """Return the anchor GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    """Return the anchors of a Markdown file."""
    return {slug(text) for text in re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)}


def links(path: Path) -> Iterator[str]:
    """Walk the targets of links and images of a Markdown file, outside its code blocks."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"(?:src|srcset|href)=\"([^\"]+)\"", text)


def test_links_lead_somewhere() -> None:
    """Links and images in the documentation point to files, headings and encrypted addresses."""
    broken = []
    for path in with_suffix(".md"):
        for link in links(path):
            target = urlparse(link)
            file = path.parent / target.path if target.path else path
            if target.scheme:
                fine = target.scheme == "https"
            elif target.fragment:
                fine = file.exists() and target.fragment in anchors(file)
            else:
                fine = file.exists()
            if not fine:
                broken.append(f"{name_of(path)}: {link}")
    assert broken == []


def test_documentation_names_real_files() -> None:
    """A path in the documentation exists: `scripts/…`, `tests/…` and the like, in code style."""
    missing = [
        f"{name_of(path)}: {name}"
        for path in with_suffix(".md")
        for name in re.findall(
            r"`((?:scripts|tests|custom_components|\.github|\.ci)/[\w./@-]*)", path.read_text()
        )
        if not (REPOSITORY / name).exists()
    ]
    assert missing == []


def test_contributing_draws_every_module() -> None:
    """The tree in CONTRIBUTING has each module of the integration, and none that is gone."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    tree = next(block for block in text.split("```") if "custom_components" in block)
    modules_drawn = set(re.findall(r"[\w/]+\.py", tree))
    files = {path.relative_to(INTEGRATION).as_posix() for path in INTEGRATION.rglob("*.py")}
    assert modules_drawn == files - {"api/__init__.py"}


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_issue_forms_ask_and_warn(form: str) -> None:
    """Both issue forms ask for diagnostics and warn before a secret is pasted."""
    fields = load_yaml_dict(str(REPOSITORY / f".github/ISSUE_TEMPLATE/{form}.yml"))["body"]
    assert "Never paste your personal access key" in fields[0]["attributes"]["value"]
    assert "diagnostics" in {field.get("id") for field in fields}
    assert fields[-1]["attributes"]["options"][0]["required"] is True


def test_workflows_may_only_read() -> None:
    """A workflow may read and nothing else, and each action it uses has a version."""
    for path in (REPOSITORY / ".github/workflows").iterdir():
        workflow = load_yaml_dict(str(path))
        assert workflow["permissions"] == {"contents": "read"}, path.name
        for job in workflow["jobs"].values():
            assert "permissions" not in job, path.name
            for step in job["steps"]:
                assert re.search(r"@(v\d+|master|main)$", step.get("uses", "@v1")), path.name


def test_what_the_readme_tells_people_to_run_is_run() -> None:
    """A demo that only we could start would be no demo."""
    jobs = load_yaml_dict(str(REPOSITORY / ".github/workflows/test.yml"))["jobs"]
    assert {step.get("run") for job in jobs.values() for step in job["steps"]} == {
        None,  # the checkout
        ".ci/run",
        "scripts/test --floor",
        "scripts/demo --check",
    }


QUALITY_STATUSES = {"done", "exempt", "todo"}


def test_quality_scale_is_complete() -> None:
    """Our checklist answers each rule Home Assistant sets its own integrations, with reasons."""
    rules = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
    core = Path(homeassistant.__path__[0])
    asked = load_yaml_dict(str(core / "components/tedee/quality_scale.yaml"))["rules"]
    assert asked.keys() - rules.keys() == set()
    for name, answer in rules.items():
        status = answer if isinstance(answer, str) else answer["status"]
        assert status in QUALITY_STATUSES, name
        assert status == "done" or answer["comment"].strip(), name
