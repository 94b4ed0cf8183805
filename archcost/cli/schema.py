"""`archcost schema`: for editors and for programs that read our JSON."""

from __future__ import annotations

import json

import click

from archcost.cli.option import option
from archcost.cli.output import result_file, write
from archcost.schemas import SCHEMAS, schema


@click.command
@click.argument("name", metavar="|".join(SCHEMAS), type=click.Choice(list(SCHEMAS)))
@option(
    "--output",
    "-o",
    metavar="FILE",
    callback=result_file,
    help="Write to FILE, which appears whole or not at all.",
)
def command(name: str, output: str | None) -> None:
    """Print the JSON Schema of specs or of reports.

    `spec` (draft 2020-12, like all of them) lets an editor complete and explain what you type. With the
    YAML extension of VS Code, put the first of these lines at the top of a spec:

    \b
      # yaml-language-server: $schema=archcost.schema.json
      archcost schema spec --output archcost.schema.json

    `budget` does so for archcost.yaml. `report` is what `analyze --format json` writes, `explanation` what
    `explain` does; the others are called as their commands.
    Mistakes in a spec are better explained by `archcost analyze`, which reads no schema.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    write(json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n", output)
