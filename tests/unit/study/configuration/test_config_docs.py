"""The documentation of the config is made from the schema, and is up to date."""

import yaml

from polychron.study.configuration import config_docs


def test_the_documentation_is_up_to_date_with_the_schema(root):
    schema, config = (
        yaml.safe_load((root / name).read_text("utf-8"))
        for name in ("workflow/schemas/config.schema.yaml", "config.yaml")
    )
    assert (root / "docs/config.md").read_text("utf-8") == config_docs.page(schema, config), (
        "out of date: run `make docs`"
    )


def test_every_key_says_what_it_is(root):
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    silent = [path for path, part, _ in config_docs.entries(schema, {}, schema) if not part.get("description")]
    assert silent == []


def test_every_key_of_the_papers_config_is_listed(root):
    """Found by walking the config, not the schema."""
    schema, config = (
        yaml.safe_load((root / name).read_text("utf-8"))
        for name in ("workflow/schemas/config.schema.yaml", "config.yaml")
    )
    listed = {path for path, _, _ in config_docs.entries(schema, config, schema)}
    named = {"files.treebank", "files.parallel", "files.alignment"}  # look-ups by languages

    def walk(value, path=""):
        if path:
            assert path in listed
        for name, child in value.items() if isinstance(value, dict) and path not in named else ():
            walk(child, f"{path}.{name}" if path else name)

    walk(config)
    assert {"models[].name", "probing.layerwise[].transfer", "files.alignment.*.links"} <= listed


def test_a_page_says_what_a_planted_schema_holds():
    schema = {
        "type": "object",
        "$defs": {"probability": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}},
        "properties": {
            "share": {"$ref": "#/$defs/probability", "description": "a share of <s> | </s>"},
            "parts": {
                "type": ["array", "null"],
                "items": {"type": "object", "properties": {"name": {"type": "string", "description": "its name"}}},
                "default": None,
                "description": "parts",
            },
        },
    }
    page = config_docs.page(schema, {"share": 0.5})
    assert "| `share` | a number above 0, below 1 | `0.5` | a share of &lt;s&gt; \\| &lt;/s&gt; |" in page
    assert "| `parts` | a list of mappings or null | `null` | parts |" in page
    assert "| `parts[].name` | a text |  | its name |" in page
