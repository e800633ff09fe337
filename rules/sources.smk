# Raw data, downloaded or synthesised under the same names, and the tables of examples that are read from it.

from polychron.data import xnli
from polychron.data.sources import catalogue, downloads, identity


def inference_splits(kind):
    return {"inference": ["train", "dev"], "inference_test": ["test"]}[kind]


def inference_files(kind, language):
    return [config["files"]["inference"][split]["file"].format(language=language) for split in inference_splits(kind)]


def alignment_files(source, target):
    entry = file_of("alignment", f"{source}/{target}")
    return {part: entry[part] for part in ("source", "target", "links") if entry[part]}


def text_file(language):
    return config["files"]["text"].format(language=language)


# Pretraining reads whole texts. Published models are evaluated on the beginning of each, and no more of it is fetched.
BEGINNINGS = not (
    config["world"] or own(config["files"]["text"]) or "pretrained" in {model["provider"] for model in MODELS.values()}
)


def source_files():
    """List every file that the study reads as a whole from its sources."""
    files = [] if BEGINNINGS else [text_file(language) for language in TEXT_LANGUAGES]
    if set(TREEBANK_TASKS) & set(PROBING["tasks"]):
        for language in TREEBANK_LANGUAGES:
            files += [file_of("treebank", language).format(split=split) for split in ("train", "dev", "test")]
        files += [file_of("parallel", language) for language in PROBING["transfer"]["treebank_languages"]]
    if "xnli" in PROBING["tasks"]:
        for language in {*PROBING["inference_languages"], *PROBING["transfer"]["inference_languages"]}:
            files += inference_files("inference", language) + inference_files("inference_test", language)
    for pair in PAIRS:
        files += alignment_files(**pair).values()
    files += [config["files"]["distances"], config["files"]["sizes"]]
    return sorted({path for path in files if not own(path)})


SOURCE_FILES = source_files()


def world_files(layout, languages):
    """List every file of a world."""
    files = [layout["distances"], layout["sizes"], *layout["parallel"].values()]
    for language in languages:
        files.append(layout["text"].format(language=language))
        files += [entry["file"].format(language=language) for entry in layout["inference"].values()]
    for pattern in layout["treebank"].values():
        files += [pattern.format(split=split) for split in ("train", "dev", "test")]
    for entry in layout["alignment"].values():
        files += [entry[part] for part in ("source", "target", "links")]
    return sorted(set(files))


if config["world"]:
    from polychron.synthetic.languages import LANGUAGES as SPOKEN

    # All that the world can say, whatever the study reads of it: a language or a pair more does not make it anew.
    LAYOUT = {
        **config["files"],
        **{
            kind: {language: file for language, file in config["files"][kind].items() if language in SPOKEN}
            for kind in ("treebank", "parallel")
        },
        "alignment": {
            pair: files for pair, files in config["files"]["alignment"].items() if set(pair.split("/")) <= set(SPOKEN)
        },
    }

    rule synthesise_world:
        output:
            files=[resource(path) for path in world_files(LAYOUT, SPOKEN)],
        log:
            f"logs/{STUDY}/synthesise_world.log",
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec(
                "synthesise_world",
                **config["world"],
                folder=RESOURCES,
                window=max(model["window"] for model in MODELS.values()),
                files=LAYOUT,
            ),
        script:
            "../workflow/scripts/synthesise_world.py"

else:
    KNOWN = catalogue()

    localrules:
        fetch_source,

    rule fetch_source:
        output:
            resource("{file}"),
        log:
            f"logs/{STUDY}/fetch_source/{{file}}.log",
        wildcard_constraints:
            file=among(re.escape(path) for path in SOURCE_FILES),
        conda:
            "../envs/polychron.yaml"
        resources:
            downloads=1,
        params:
            # What the file is: neither the code that fetches it, nor the mirror, nor, where its checksum is known, the
            # address. An edit there must not download everything again.
            spec=lambda wildcards: json.dumps(
                {"rule": "fetch_source", "source": identity(KNOWN, wildcards.file)}, sort_keys=True
            ),
        script:
            "../workflow/scripts/fetch_source.py"


rule tabulate_treebank:
    input:
        files=lambda wildcards: [
            resource(file_of(wildcards.kind, wildcards.language).format(split=split))
            for split in (["train", "dev", "test"] if wildcards.kind == "treebank" else ["test"])
        ],
    output:
        example("{kind}/{language}"),
    log:
        f"logs/{STUDY}/tabulate_treebank/{{kind}}/{{language}}.log",
    wildcard_constraints:
        kind="treebank|parallel",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_treebank",
            language=lambda wildcards: wildcards.language,
            splits=lambda wildcards: ["train", "dev", "test"] if wildcards.kind == "treebank" else ["test"],
        ),
    script:
        "../workflow/scripts/tabulate_treebank.py"


def says_the_same(split, language, table):
    """Say whether a file of one's own that holds several languages has the rows of one that were tabulated.

    Snakemake sees a new file, and would run again what hangs on any of its languages.
    """
    entry = config["files"]["inference"][split]
    file, table = Path(resource(entry["file"])), Path(table)
    if not own(entry["file"]) or "{language}" in entry["file"] or not (file.is_file() and table.is_file()):
        return False
    if file.stat().st_mtime <= table.stat().st_mtime:
        return False
    try:
        rows = xnli.read(file, layout=entry["format"], language=language, rows=entry["rows"])
        return xnli.holds(storage.read_table(table), split, rows)
    except InputError:
        return False


def inference_inputs(wildcards):
    """Give the files of a language's rows; one that is new to other languages alone counts as old."""
    table = example(f"{wildcards.kind}/{wildcards.language}")
    return [
        ancient(resource(path)) if says_the_same(split, wildcards.language, table) else resource(path)
        for split, path in zip(
            inference_splits(wildcards.kind), inference_files(wildcards.kind, wildcards.language), strict=True
        )
    ]


rule tabulate_inference:
    input:
        files=inference_inputs,
    output:
        example("{kind}/{language}"),
    log:
        f"logs/{STUDY}/tabulate_inference/{{kind}}/{{language}}.log",
    wildcard_constraints:
        kind="inference|inference_test",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_inference",
            language=lambda wildcards: wildcards.language,
            splits=lambda wildcards: [
                {"split": split, **{name: config["files"]["inference"][split][name] for name in ("format", "rows")}}
                for split in inference_splits(wildcards.kind)
            ],
        ),
    script:
        "../workflow/scripts/tabulate_inference.py"


rule tabulate_bitext:
    input:
        files=lambda wildcards: sorted(
            {resource(path) for path in alignment_files(wildcards.source, wildcards.target).values()}
        ),
    output:
        example("bitext/{source}/{target}"),
    log:
        f"logs/{STUDY}/tabulate_bitext/{{source}}/{{target}}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_bitext",
            **{
                name: lambda wildcards, name=name: file_of("alignment", f"{wildcards.source}/{wildcards.target}")[name]
                for name in ("format", "encoding", "first_word", "swapped", "drop")
            },
            files=lambda wildcards: {
                part: resource(path) for part, path in alignment_files(wildcards.source, wildcards.target).items()
            },
        ),
    script:
        "../workflow/scripts/tabulate_bitext.py"


if BEGINNINGS:

    localrules:
        fetch_heldout,

    rule fetch_heldout:
        output:
            example("heldout/{language}"),
        log:
            f"logs/{STUDY}/fetch_heldout/{{language}}.log",
        conda:
            "../envs/polychron.yaml"
        resources:
            downloads=1,
        params:
            spec=spec(
                "fetch_heldout",
                source=lambda wildcards: identity(KNOWN, text_file(wildcards.language)),
                sentences=config["bits"]["sentences"],
            ),
        script:
            "../workflow/scripts/fetch_heldout.py"

else:

    rule split_text:
        input:
            text=lambda wildcards: resource(text_file(wildcards.language)),
        output:
            train=f"{RESOURCES}/examples/text/{{language}}.txt",
            heldout=example("heldout/{language}"),
        log:
            f"logs/{STUDY}/split_text/{{language}}.log",
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec(
                "split_text", language=lambda wildcards: wildcards.language, sentences=config["bits"]["sentences"]
            ),
        script:
            "../workflow/scripts/split_text.py"
