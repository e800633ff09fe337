# Ensembles, whose languages live in members: what reads the checkpoints of two members, and the table of scores.


rule align_members:
    input:
        unpack(inputs.bitext_sides),
        admitted=admitted,
    output:
        rules.align_words.output[0],
    log:
        "logs/{model}/align_members/{source}/{target}/step-{step}.log",
    wildcard_constraints:
        model=among(study.ensembles),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "align_members",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.aligned_layers(wildcards.model),
            iterations=config["alignment"]["iterations"],
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/align_members.py"


rule map_words_of_members:
    input:
        unpack(inputs.bitext_sides),
        admitted=admitted,
    output:
        rules.map_words.output[0],
    log:
        f"logs/{{model}}/map_words_of_members/{LINKED}.log",
    wildcard_constraints:
        model=among(study.ensembles),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "map_words_of_members",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.compared_layers(wildcards.model),
            **study.searching_links,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/map_words_of_members.py"


rule gather_ensemble:
    input:
        within_reach(refusing(inputs.scores)),
    output:
        rules.gather_scores.output[0],
    log:
        "logs/{model}/gather_ensemble.log",
    wildcard_constraints:
        model=among(study.ensembles),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("gather_ensemble", model=wildcard("model")),
    script:
        "../workflow/scripts/gather_ensemble.py"


# What is known of members that are pretrained here is compared when a run is planned.
rule compare_members:
    input:
        inputs.member_configs,
    output:
        "results/{model}/members.json",
    log:
        "logs/{model}/compare_members.log",
    wildcard_constraints:
        model=among(study.unsized),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("compare_members", members=lambda wildcards: sorted({*study.members(wildcards.model).values()})),
    script:
        "../workflow/scripts/compare_members.py"
