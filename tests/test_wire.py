"""The vendor's JSON: envelopes, odd types, dates; whatever comes, nothing raises."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.tedee_cloud.api.wire import (
    Envelope,
    read_bool,
    read_datetime,
    read_envelope,
    read_int,
    read_object,
    read_objects,
    read_text,
    write_datetime,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ENVELOPE_KEYS = st.sampled_from(["result", "Result", "success", "SUCCESS", "statusCode", "x"])


@pytest.mark.parametrize(
    ("body", "result", "success", "status"),
    [
        (b'{"result":{"id":3},"success":true,"statusCode":201}', {"id": 3}, True, 201),
        (b'{"Result":[1],"Success":true,"StatusCode":200}', [1], True, 200),
        (b'{"RESULT":null,"SUCCESS":false,"STATUSCODE":404}', None, False, 404),
        (b'{"rEsUlT":"x","sUcCeSs":true}', "x", True, None),
        (b'{"success":true,"errorMessages":[],"statusCode":204}', None, True, 204),
        (b'{"success":false,"errorMessages":["You are unauthorized."]}', None, False, None),
        (b'{"success":true,"statusCode":"200"}', None, True, None),
        (b'\xef\xbb\xbf{"success":true}', None, True, None),
    ],
)
def test_an_envelope_is_read_in_any_letter_case(
    body: bytes, result: object, *, success: bool, status: int | None
) -> None:
    """Names may be written in any case, and everything but success may be missing."""
    assert read_envelope(body) == Envelope(result=result, success=success, status=status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"true",
        b"7",
        b'"success"',
        b"[]",
        b'[{"success":true}]',
        b"{}",
        b'{"result":[]}',
        b'{"success":null}',
        b'{"success":1}',
        b'{"success":"true"}',
        b'{"title":"Bad Request","status":400,"detail":"No such route."}',
        b'{"error":{"code":"UnsupportedApiVersion"}}',
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"success":true',
        b"\xff\xfe\xfa",
        b"\x00\x01\x02",
        b'{"success":true,"statusCode":' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"success":true,"result":' + b"[" * 200_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_anything_else_is_no_envelope(body: bytes) -> None:
    """What a proxy or a broken cloud answers reads as no envelope and never raises."""
    assert read_envelope(body) is None


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_makes_reading_an_envelope_raise(body: bytes) -> None:
    """Neither bytes nor JSON of any kind."""
    envelope = read_envelope(body)
    assert envelope is None or isinstance(envelope.success, bool)


@given(st.dictionaries(ENVELOPE_KEYS, JSON_VALUES))
def test_no_envelope_like_object_makes_reading_raise(body: dict[str, Any]) -> None:
    """An envelope is one exactly where success is a truth value."""
    envelope = read_envelope(json.dumps(body).encode())
    successes = [value for key, value in body.items() if key.lower() == "success"]
    readable = bool(successes) and isinstance(successes[-1], bool)
    assert (envelope is not None) is readable


@pytest.mark.parametrize(
    ("value", "as_int", "as_bool", "as_text"),
    [
        (None, None, None, None),
        (True, None, True, None),
        (False, None, False, None),
        (0, 0, None, None),
        (-7, -7, None, None),
        (6.0, None, None, None),
        ("6", None, None, "6"),
        ("", None, None, None),
        (" ", None, None, " "),
        ([], None, None, None),
        ({}, None, None, None),
    ],
)
def test_a_value_of_another_type_reads_as_none(
    value: object, *, as_int: int | None, as_bool: bool | None, as_text: str | None
) -> None:
    """Numbers are not truth values, text is not a number, and the other way round."""
    assert (read_int(value), read_bool(value), read_text(value)) == (as_int, as_bool, as_text)
    assert type(read_int(value)) is type(as_int)


@pytest.mark.parametrize(
    ("value", "as_object", "as_objects"),
    [
        (None, {}, []),
        ("text", {}, []),
        ([], {}, []),
        ({"a": 1}, {"a": 1}, []),
        ([{"a": 1}, None, 3, "x", [], {"b": 2}], {}, [{"a": 1}, {"b": 2}]),
    ],
)
def test_objects_are_picked_out_of_anything(
    value: object, as_object: dict[str, int], as_objects: list[dict[str, int]]
) -> None:
    """What is no object is left out."""
    assert read_object(value) == as_object
    assert read_objects(value) == as_objects


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-04-26T06:02:04.197Z", datetime(2021, 4, 26, 6, 2, 4, 197000, UTC)),
        ("2021-04-26T06:02:04Z", datetime(2021, 4, 26, 6, 2, 4, tzinfo=UTC)),
        ("2022-06-23T15:56:31.44", datetime(2022, 6, 23, 15, 56, 31, 440000, UTC)),
        ("2022-06-28T17:18:38.962", datetime(2022, 6, 28, 17, 18, 38, 962000, UTC)),
        ("2022-03-23T15:35:26.0400127", datetime(2022, 3, 23, 15, 35, 26, 40012, UTC)),
        ("2024-12-13T07:36:36.9049417+00:00", datetime(2024, 12, 13, 7, 36, 36, 904941, UTC)),
        ("2024-12-13T07:36:36+01:00", datetime(2024, 12, 13, 6, 36, 36, tzinfo=UTC)),
        ("2024-12-13T23:30:00-02:00", datetime(2024, 12, 14, 1, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_date_style_of_the_vendor_is_read_as_utc(text: str, instant: datetime) -> None:
    """With Z, with an offset or with neither; with none to seven decimals."""
    assert read_datetime(text) == instant
    assert read_datetime(text).utcoffset() == timedelta()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        1619416924,
        True,
        "",
        "yesterday",
        "2021-13-01T00:00:00Z",
        "2021-02-30T00:00:00Z",
        "2021-10-01T25:00:00Z",
        "10/01/2021",
        "2021-10-01T00:00:00.000ZZ",
        [],
        {},
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_what_is_no_date_reads_as_none(value: object) -> None:
    """Nothing is guessed and nothing raises."""
    assert read_datetime(value) is None


@given(JSON_VALUES | st.datetimes().map(datetime.isoformat))
def test_no_value_makes_reading_a_date_raise(value: object) -> None:
    """What is read is an instant in UTC."""
    moment = read_datetime(value)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (None, None),
        (datetime(2021, 10, 1, tzinfo=UTC), "2021-10-01T00:00:00.000Z"),
        (datetime(2021, 10, 1, 12, 30, 5, 123999, UTC), "2021-10-01T12:30:05.123Z"),
        (
            datetime(2021, 10, 1, tzinfo=timezone(timedelta(hours=2))),
            "2021-09-30T22:00:00.000Z",
        ),
    ],
)
def test_dates_are_written_as_the_vendor_writes_them(
    moment: datetime | None, text: str | None
) -> None:
    """In UTC with milliseconds and a Z, as in the vendor's example."""
    assert write_datetime(moment) == text
