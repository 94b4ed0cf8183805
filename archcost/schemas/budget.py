"""The schema of a configuration, from the models it is read by: for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from archcost.config.config_file import ConfigFile

if TYPE_CHECKING:
    from pydantic_core import core_schema

Schema = dict[str, Any]


def budget() -> Schema:
    """A whole archcost.yaml, or the table `[tool.archcost]`."""
    made = ConfigFile.model_json_schema(schema_generator=_AsWritten)
    return {"title": "archcost configuration", "description": ConfigFile.__doc__, **made}


class _AsWritten(GenerateJsonSchema):
    """Says what may stand in a file, where who wants nothing leaves the key out."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - a key is its own title
        """See pydantic, as below."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        """What may stand there, if anything does."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """Likewise."""
        return self.generate_inner(schema["schema"])
