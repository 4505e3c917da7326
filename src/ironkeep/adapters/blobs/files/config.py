"""Modes of the blob folder."""

from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o400  # written once, never again
PREFIX: Final = 2  # hex digits of the digest that name the folder
