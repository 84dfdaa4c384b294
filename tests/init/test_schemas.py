"""The JSON Schemas for editors: what is shipped and what is tested obeys them, what is wrong does not."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stemkit.core.film_document import FilmDocument, film_schema
from stemkit.core.profile import Profile, profile_schema
from tests.oracles import require_module

ROOT = Path(__file__).parents[2]
FILM: dict[str, Any] = {
    "film": {"frame_rate": "24", "title": "Film"},
    "chapter": [{"number": 1, "length": "48f", "reference_mix": "ch01/mix.wav", "stems": {"VO": ["a.wav", "b.wav"]}}],
}


def _errors(schema: dict[str, Any], data: Any) -> list[str]:
    jsonschema: Any = require_module("jsonschema")
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


def test_every_key_is_in_the_schema() -> None:
    assert set(film_schema()["properties"]) == set(FilmDocument.model_fields)
    assert set(profile_schema()["properties"]) == {*Profile.model_fields, "extends"}
    assert json.loads(json.dumps(profile_schema())) == profile_schema()


@pytest.mark.parametrize("path", sorted((ROOT / "profiles").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_profiles_obey_the_schema(path: Path) -> None:
    data = json.loads(json.dumps(tomllib.loads(path.read_text("utf-8")), default=str))
    assert _errors(profile_schema(), data) == []


def test_who_inherits_nothing_writes_everything() -> None:
    own = {"name": "own", "extends": "crowd-film", "format": {"bit_depth_bits": 16}}
    assert _errors(profile_schema(), own) == []
    assert _errors(profile_schema(), {**own, "format": {"bit_depth_bits": "16"}})
    del own["extends"]
    assert _errors(profile_schema(), own)


def test_a_film_file_obeys_the_schema_and_its_mistakes_do_not() -> None:
    assert _errors(film_schema(), FILM) == []
    for wrong in ({"fps": 24}, {"frame_rate": 24}, {}):
        assert _errors(film_schema(), {**FILM, "film": wrong})
    assert _errors(film_schema(), {**FILM, "chapter": [{"number": "one"}]})
