# Raw data, downloaded or synthesised under the same names, and the tables of examples that are made from it.

from polychron.data import fetch
from polychron.data.sources import identity
from polychron.study import world_files
from polychron.study.datasets import SPLITS_OF, TABLED_AS
from polychron.study.laboratory import twins

KNOWN = study.known
PLACE = fetch.place(config["mirror"], config["by_hand"], config["downloads"])

# Servers are asked by a few jobs at a time, or as many as --resources downloads=N allows. A download is patient itself
# (config: downloads), so a job that could not fetch a file is not started again.
internals.limit_resource(workflow, "downloads", 4)

if config["world"]:
    LAYOUT = world_files.layout_of(config["files"])

    rule synthesise_world:
        "the texts, treebanks and other files of a world of artificial languages"
        output:
            files=[study.resource(path) for path in world_files.files_of(LAYOUT)],
        log:
            f"logs/{study.name}/synthesise_world.log",
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec(
                "synthesise_world",
                **{key: value for key, value in config["world"].items() if key != "twins"},
                folder=study.resources,
                window=max(model["window"] for model in study.models.values()),
                files=LAYOUT,
            ),
        script:
            "../workflow/scripts/synthesise_world.py"

    for code, of in twins.twins_of(config).items():

        rule:
            name:
                f"synthesise_twin_{code}"
            output:
                files=[study.resource(path) for path in twins.files_of(twins.layout_of(config, code))],
            log:
                f"logs/{study.name}/synthesise_twin/{code}.log",
            conda:
                "../envs/polychron.yaml"
            params:
                spec=spec(
                    "synthesise_twin",
                    **{key: value for key, value in config["world"].items() if key != "twins"},
                    twin=code,
                    of=of,
                    folder=study.resources,
                    window=max(model["window"] for model in study.models.values()),
                    files=twins.layout_of(config, code),
                ),
            script:
                "../workflow/scripts/synthesise_twin.py"

else:

    localrules:
        fetch_source,

    rule fetch_source:
        input:
            forced_if(outdated_source, study.resource("{file}")),
        output:
            study.resource("{file}"),
        log:
            f"logs/{study.name}/fetch_source/{{file}}.log",
        wildcard_constraints:
            file=among(re.escape(path) for path in study.source_files),
        retries: 0
        conda:
            "../envs/polychron.yaml"
        resources:
            downloads=1,
        params:
            # What the file is. The code that fetches it, the mirror and, if its checksum is known, the address are left
            # out, because a change of them must not download everything again.
            spec=lambda wildcards: json.dumps(
                {"rule": "fetch_source", "source": identity(KNOWN, wildcards.file)}, sort_keys=True
            ),
        script:
            "../workflow/scripts/fetch_source.py"


rule tabulate_treebank:
    input:
        files=refusing(inputs.treebank),
    output:
        study.example("{kind}/{language}"),
    log:
        f"logs/{study.name}/tabulate_treebank/{{kind}}/{{language}}.log",
    wildcard_constraints:
        kind="treebank|parallel",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_treebank",
            language=wildcard("language"),
            splits=lambda wildcards: [*SPLITS_OF[wildcards.kind]],
        ),
    script:
        "../workflow/scripts/tabulate_treebank.py"


rule tabulate_inference:
    input:
        files=refusing(lambda wildcards: inputs.inference(wildcards, ancient)),
    output:
        study.example("{kind}/{language}"),
    log:
        f"logs/{study.name}/tabulate_inference/{{kind}}/{{language}}.log",
    wildcard_constraints:
        kind="inference|inference_test",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_inference",
            language=wildcard("language"),
            splits=lambda wildcards: [
                {"split": split, **{name: config["files"]["inference"][split][name] for name in ("format", "rows")}}
                for split in SPLITS_OF[wildcards.kind]
            ],
        ),
    script:
        "../workflow/scripts/tabulate_inference.py"


rule tabulate_entities:
    input:
        unpack(refusing(inputs.entities)),
    output:
        study.example("{kind}/{language}"),
    log:
        f"logs/{study.name}/tabulate_entities/{{kind}}/{{language}}.log",
    wildcard_constraints:
        kind=among(study.entity_datasets),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_entities",
            language=wildcard("language"),
            splits=lambda wildcards: [*SPLITS_OF[wildcards.kind]],
        ),
    script:
        "../workflow/scripts/tabulate_entities.py"


rule tabulate_inference_sentences:
    input:
        files=refusing(lambda wildcards: inputs.raw(*study.inference_files("inference_parallel", wildcards.language))),
    output:
        study.example("inference_parallel/{language}"),
    log:
        f"logs/{study.name}/tabulate_inference_sentences/{{language}}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_inference_sentences",
            language=wildcard("language"),
            splits=[
                {"split": split, **{name: config["files"]["inference"][split][name] for name in ("format", "rows")}}
                for split in SPLITS_OF["inference_parallel"]
            ],
        ),
    script:
        "../workflow/scripts/tabulate_inference_sentences.py"


rule tabulate_translations:
    input:
        unpack(refusing(inputs.translations)),
    output:
        study.example("tatoeba/{source}/{target}"),
    log:
        f"logs/{study.name}/tabulate_translations/{{source}}/{{target}}.log",
    wildcard_constraints:
        source=among(pair["source"] for pair in study.translated_pairs),
        target=among(pair["target"] for pair in study.translated_pairs),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("tabulate_translations"),
    script:
        "../workflow/scripts/tabulate_translations.py"


rule tabulate_bitext:
    input:
        files=refusing(lambda wildcards: sorted({*inputs.alignment(wildcards).values()})),
    output:
        study.example("bitext/{source}/{target}"),
    log:
        f"logs/{study.name}/tabulate_bitext/{{source}}/{{target}}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_bitext",
            **{
                name: lambda wildcards, name=name: (
                    study.file_of("alignment", f"{wildcards.source}/{wildcards.target}")[name]
                )
                for name in ("format", "encoding", "first_word", "swapped", "drop")
            },
            files=inputs.alignment,
        ),
    script:
        "../workflow/scripts/tabulate_bitext.py"


if study.beginnings:

    localrules:
        fetch_heldout,

    rule fetch_heldout:
        input:
            forced_if(outdated_beginning, study.example("heldout/{language}")),
        output:
            study.example("heldout/{language}"),
        log:
            f"logs/{study.name}/fetch_heldout/{{language}}.log",
        retries: 0
        conda:
            "../envs/polychron.yaml"
        resources:
            downloads=1,
        params:
            spec=spec(
                "fetch_heldout",
                source=lambda wildcards: identity(KNOWN, study.text_file(wildcards.language)),
                sentences=config["bits"]["sentences"],
            ),
        script:
            "../workflow/scripts/fetch_heldout.py"

else:

    rule split_text:
        input:
            text=refusing(inputs.text),
        output:
            train=f"{study.resources}/examples/text/{{language}}.txt",
            heldout=study.example("heldout/{language}"),
        log:
            f"logs/{study.name}/split_text/{{language}}.log",
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec("split_text", language=wildcard("language"), sentences=config["bits"]["sentences"]),
        script:
            "../workflow/scripts/split_text.py"
