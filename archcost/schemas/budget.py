"""The schema of a configuration, from the models it is read by: for editors."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pydantic.json_schema import GenerateJsonSchema

from archcost.config.config_file import OF_TEXT, ConfigFile, SpecPattern
from archcost.schemas.report import meanings

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from archcost.config.file_values import Schema


def budget() -> Schema:
    """A whole archcost.yaml, or the table `[tool.archcost]`."""
    description = inspect.cleandoc(ConfigFile.__doc__ or "").partition("\n")[0]
    made = ConfigFile.model_json_schema(schema_generator=_AsWritten)
    return {"title": "archcost configuration", "description": description, **made}


class _AsWritten(GenerateJsonSchema):
    """Says what may stand in a file, where who wants nothing leaves the key out."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - a key is its own title
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """The keys, with what the docstrings say of each."""
        model, made = schema["cls"], super().model_schema(schema)
        for one in model.__mro__:
            for key, meaning in meanings(inspect.cleandoc(one.__doc__ or "")).items():
                if key in made["properties"]:
                    made["properties"][key]["description"] = meaning.removesuffix(".")
        for key in OF_TEXT:
            del made["properties"][key]
        needed = [key for key in made["required"] if key not in OF_TEXT]
        own = {key: value for key, value in made.items() if key not in {"title", "description", "required"}}
        own |= model.together | ({"required": needed} if needed else {})
        return {"anyOf": [own["properties"]["path"], own]} if model is SpecPattern else own
