"""The schema of the spec language, from the layer classes: for editors, which complete and hover by it.

It is more lenient than the reader in one point: any word may be a block's, `merge` and `dense` too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from archcost import layers
from archcost.layers import unranked
from archcost.layers.axes import WORDS as AXIS_WORDS
from archcost.layers.base import Merge
from archcost.spec.expectations import KEYS as EXPECT
from archcost.spec.keywords import STRUCTURES

if TYPE_CHECKING:
    from archcost.layers.base import ItemFields

Schema = dict[str, Any]

_EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
_NAME: Schema = {"type": "string", "pattern": "^(?=.*[A-Za-z])[A-Za-z0-9_-]+$"}
_NAMES: Schema = {"type": "array", "items": _NAME, "minItems": 1}
_TAP: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$"}
_READ: Schema = {"anyOf": [_TAP, {"type": "string", "pattern": r"^(pop|all)\([A-Za-z0-9_-]+\)$"}]}
_AXIS_WORD: Schema = {"enum": list(AXIS_WORDS)}
_AXIS: Schema = {"anyOf": [{"type": "integer"}, _EXPRESSION, _AXIS_WORD]}
_SET_PART: Schema = {"anyOf": [_NAME, {"type": "integer", "minimum": 0}, _EXPRESSION]}
_ITEMS: Schema = {"$ref": "#/$defs/items"}
_VALUE: Schema = {"$ref": "#/$defs/value"}


def spec() -> Schema:
    """A whole spec."""
    return {
        "title": "archcost spec, version 1",
        "description": "A neural network: what arrives, its layers in order, the blocks they are made of.",
        "type": "object",
        "required": ["archcost", "name", "input", "layers"],
        "additionalProperties": False,
        "properties": _root(),
        "$defs": _general() | _structures() | _kinds(),
    }


def _root() -> Schema:
    return {
        "archcost": {"const": 1, "description": "version of the language"},
        "name": {"type": "string", "minLength": 1, "description": "the network's name"},
        "note": _note(),
        "vars": _described(_mapping(_VALUE), "variables: numbers, booleans, words and lists of these"),
        "variants": _described(_mapping(_mapping(_VALUE)), "other values for some of the variables, by name"),
        "include": _described(
            {"type": "array", "items": {"type": "string"}}, "files of blocks, at or below this one"
        ),
        "input": _described(
            _any({"$ref": "#/$defs/sizes"}, _mapping({"$ref": "#/$defs/sizes"})),
            "[channels, axes…], or several inputs by name",
        ),
        "blocks": _described(_mapping({"$ref": "#/$defs/block"}), "blocks, called like layers"),
        "layers": _ITEMS,
        "outputs": _described(
            _any(_TAP, {"type": "array", "items": _TAP}), "what the network gives; default: the last item"
        ),
    }


def _note() -> Schema:
    return {"type": "string", "description": "for readers; archcost ignores it"}


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _mapping(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _any(*alternatives: Schema) -> Schema:
    """Any of these, each once, nested alternatives flattened."""
    flat = [part for a in alternatives for part in (a["anyOf"] if set(a) == {"anyOf"} else [a])]
    unique = list({json.dumps(part, sort_keys=True): part for part in flat}.values())
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _general() -> Schema:
    """What every part of a spec is made of."""
    number = {"type": "number"}
    per_axis = _any(number, {"type": "array", "items": number}, _EXPRESSION)
    counted = _any(number, {"type": "string"})
    expected: Schema = {
        "shape": {"$ref": "#/$defs/sizes"},
        "stride": per_axis,
        "receptive_field": per_axis,
        "coverage": _any(number, _EXPRESSION),
        "params": counted,
        "macs": counted,
    }
    return {
        "expression": {
            "type": "string",
            "pattern": r"^\$([A-Za-z_][A-Za-z_0-9]*|\(.*\))$",
            "description": "a variable, $width, or a calculation, $(width * 2)",
        },
        "value": _any({"type": ["number", "boolean", "string"]}, {"type": "array", "items": _VALUE}),
        "sizes": _any(
            {"type": "array", "items": _any({"type": "integer", "minimum": 1}, _EXPRESSION), "minItems": 1},
            _EXPRESSION,
        ),
        "expect": {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: expected[key] for key in EXPECT},
            "description": "a test in place; numbers with a suffix (1.2M) are meant at that precision",
        },
        "block": _block(),
    }


def _block() -> Schema:
    return {
        "type": "object",
        "required": ["body"],
        "additionalProperties": False,
        "properties": {
            "params": _described(_mapping(_VALUE), "by name: `required`, or a default"),
            "require": _described(
                _mapping(_any({"type": "boolean"}, _EXPRESSION)), "what it needs, in words: whether it is so"
            ),
            "inputs": _described(_NAMES, "names of several inputs, bound by the caller's `from`"),
            "outputs": _described(
                {"type": "array", "items": _TAP, "minItems": 1}, "taps of the body, read outside as name.tap"
            ),
            "body": _ITEMS,
            "note": _note(),
        },
    }


def _structures() -> Schema:
    """Items, branches and merges."""
    known = layers.words()
    merges = [word for word in known if issubclass(_class(word), Merge)]
    merge = _any(
        {"enum": merges},
        *({"type": "object", "required": [m], "properties": {m: _kind_ref(m)}} for m in merges),
    )
    row = _mapping(_any(_VALUE, _EXPRESSION))
    properties: Schema = {
        "name": _described(_NAME, "names the item: `from` reads it, paths contain it"),
        "from": _described(
            _any(_READ, {"type": "array", "items": _READ}),
            "what it reads: names of items, `previous`, pop(NAME) or all(NAME) of a stack; [] for nothing; "
            "default: the item before",
        ),
        "when": _described(_any({"type": "boolean"}, _EXPRESSION), "leave the item out unless this is true"),
        "push": _described(_NAME, "the stack on which its output is put, for an item that pops it"),
        "expect": {"$ref": "#/$defs/expect"},
        "note": _note(),
        "share": _described(
            _any(_SET_PART, {"type": "array", "items": _SET_PART, "minItems": 1}, {"const": False}),
            "the name of its set of weights, one for all items that say the same; false for its own",
        ),
        "weights": {"description": "fixed values for the executor: numbers, or an .npz file beside the spec"},
        "body": _described(_ITEMS, "a group of items, or what a repeat repeats"),
        "repeat": _described(
            _any({"type": "integer", "minimum": 0}, _EXPRESSION, row, {"type": "array", "items": row}),
            "how often, or the values of its variables",
        ),
        "branches": _described(_mapping({"$ref": "#/$defs/branch"}), "side by side on the same input"),
        "residual": _described(_ITEMS, "added to its shortcut"),
        **{word: _kind_ref(word) for word in known},
    }
    companions: Schema = {
        "merge": _described(merge, "how branches, or the iterations of a repeat, become one"),
        "collect": _described(merge, "merge a repeat's input with the output of every iteration"),
        "dense": _described(merge, "merge the input of every iteration with its output"),
        "carry": _described(_NAMES, "names that every iteration takes and gives"),
        "shortcut": _described({"$ref": "#/$defs/branch"}, "of a residual; default: the identity"),
    }
    call = _described({"type": ["object", "null"]}, "a block and its parameters")
    item = {
        "type": "object",
        "properties": properties | {word: _or_call(own, call) for word, own in companions.items()},
        "additionalProperties": call,
        "dependentSchemas": {
            structure: {"properties": {key: companions[key] for key in keys if key in companions}}
            for structure, keys in STRUCTURES.items()
            if len(keys) > 1
        },
    }
    bare = _any({"enum": known}, {"type": "string", "pattern": "^[A-Za-z0-9_/-]+$"})
    branch: Schema = {
        "type": "object",
        "required": ["body"],
        "additionalProperties": False,
        "properties": {"when": properties["when"], "body": _ITEMS, "note": _note()},
    }
    return {
        "items": {"type": "array", "items": _any(bare, item)},
        "branch": _any(_ITEMS, branch),
    }


def _or_call(companion: Schema, call: Schema) -> Schema:
    """What stands beside a structure under a word that may also be a block's."""
    own = {key: value for key, value in companion.items() if key != "description"}
    return _described(_any(own, call), companion["description"])


def _class(word: str) -> type[ItemFields]:
    found = layers.find_item(word)
    if found is None:
        raise KeyError(word)
    return found[0]


def _kind_ref(word: str) -> Schema:
    return {"$ref": f"#/$defs/{unranked(word)}"}


def _kinds() -> Schema:
    """A definition per kind, and one for every model their fields use."""
    definitions: Schema = {}
    for word in (*layers.KINDS, *layers.EXPANDED):
        made = _class(word).model_json_schema(ref_template="#/$defs/{model}")
        for name, inner in made.pop("$defs", {}).items():
            definitions[name] = _fields(inner)
        fields = _fields(made)
        for name in _class(word).axis_fields:
            axes = _any(fields["properties"][name], _AXIS_WORD, {"type": "array", "items": _AXIS})
            fields["properties"][name] = _described(axes, fields["properties"][name]["description"])
        definitions[word] = fields if fields.get("required") else _any(fields, {"type": "null"})
    return definitions


def _fields(made: Schema) -> Schema:
    """A model as a spec may write it: any field may be an expression, a lone number stands for a list."""
    properties = {
        name: {**_relaxed(field), "description": field.get("description", "")}
        for name, field in made.get("properties", {}).items()
    }
    kept = {key: made[key] for key in ("description", "required") if key in made}
    return {
        "type": "object",
        **kept,
        "additionalProperties": made["additionalProperties"],
        "properties": properties,
    }


def _relaxed(field: Schema) -> Schema:
    """What pydantic accepts once validators have lifted it, as people write it."""
    if "$ref" in field:
        return {"$ref": field["$ref"]}
    if forms := field.get("anyOf", field.get("oneOf")):
        return _any(*map(_relaxed, forms))
    if field.get("type") == "array":
        item = field.get("items", {"type": "array"})
        # A lone number stands for a list of them; a pair stays in its list.
        alone = [] if item.get("type") == "array" else [_relaxed(item)]
        return _any(_list(field), *alone, _EXPRESSION)
    if field.get("type") == "object":
        return _any(_mapping(_relaxed(field["additionalProperties"])), _EXPRESSION)
    kept = {key: value for key, value in field.items() if key not in {"title", "description", "default"}}
    return kept if kept.get("type") == "null" else _any(kept, _EXPRESSION)


def _list(field: Schema) -> Schema:
    kept = {key: field[key] for key in ("minItems", "maxItems") if key in field}
    if "prefixItems" in field:
        kept["prefixItems"] = [_relaxed(item) for item in field["prefixItems"]]
    if "items" in field:
        kept["items"] = _relaxed(field["items"])
    return {"type": "array", **kept}
