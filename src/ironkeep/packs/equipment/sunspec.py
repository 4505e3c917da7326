"""SunSpec as we know it: the model files that the pysunspec2 package ships, and our words for their points.

Rules. Of that package only its data is read, by resource name; no code of it runs. A model is made when it is first
asked for and kept. A model file or a word that is wrong is refused with its name.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from ironkeep.codecs.definition import Model
from ironkeep.codecs.sunspec import Lexicon, model_of
from ironkeep.model.errors import Refused

LEXICON_FILE: Final = "sunspec.toml"
_MODELS: Final = ("models", "json")


@cache
def lexicon() -> Lexicon:
    """Our words for SunSpec points. Raises Refused naming the file and the key that is wrong."""
    text = (files("ironkeep.packs.equipment") / LEXICON_FILE).read_text(encoding="utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), Lexicon)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=LEXICON_FILE, remedy="see docs/reference/maps.md") from exc


@cache
def numbers() -> tuple[int, ...]:
    """The ids of all models that there are files of, ascending."""
    names = (each.name for each in files("sunspec2").joinpath(*_MODELS).iterdir())
    stems = (name.removesuffix(".json").removeprefix("model_") for name in names if name.endswith(".json"))
    return tuple(sorted(int(stem) for stem in stems if stem.isdecimal()))


@cache
def model(number: int) -> Model | None:
    """The model of that id, or None when there is no file of it. Raises Refused when its file is not SunSpec."""
    if number not in numbers():
        return None
    text = files("sunspec2").joinpath(*_MODELS, f"model_{number}.json").read_text(encoding="utf-8")
    return model_of(msgspec.json.decode(text), lexicon())
