# The paper's figures, from the gathered tables alone. A new one is a module of polychron.figures and a line in FIGURES.

from polychron.analysis.pairs import factors
from polychron.study.configuration.names import names

ANALYSIS = config["analysis"]
IN, ACROSS, DEPTH, SPACE, LAB = "2 In-language", "3 Across languages", "4 Across layers", "5 Geometry", "8 Laboratory"

CURVES, SCORED = {"trajectories": rules.trace_trajectories.output[0]}, {"scores": rules.gather_scores.output[0]}
PROBED = CURVES | SCORED  # with the baselines, which are no curves
SPREAD = {**PROBED, "intervals": rules.estimate_intervals.output[0]}
ONSETS, LOSSES = (SPREAD if ANALYSIS[name] else PROBED for name in ("onset_spread", "cross_fitted"))
WIDENED = {**CURVES, "intervals": rules.estimate_intervals.output[0]}
STATES = {"geometry": rules.gather_geometry.output[0]}
GAPS, FACTORS = {"geometry_trajectories": rules.trace_geometry.output[0]}, {"factors": rules.tabulate_factors.output[0]}
FAR = {"distances": refusing(inputs.raw_file("distances"))}
TRACED, MET, KEPT = STATES | GAPS, STATES | CURVES | FAR, {"forgetting": rules.compare_fine_tuned.output[0]}
ABLATED = {"ablation": rules.tabulate_ablation.output.table, "intervals": rules.tabulate_ablation.output.intervals}
SIZED = {**WIDENED, "sizes": rules.tabulate_sizes.output[0]}

TASKS = {"tasks": study.probing["tasks"]}
POS, NOT_POS = {"tasks": study.asked("pos")}, {"tasks": study.other_than("pos")}
ARCS = {"tasks": study.asked("arc_prediction", "arc_classification")}
NOT_ARCS = {"tasks": study.other_than("arc_prediction", "arc_classification")}
PAIRED, ALIGNMENT = {"tasks": [*study.probing["tasks"], "alignment"]}, {"tasks": ["alignment"]}

LAST = {**TASKS, "layer": study.final_layer}
DEEP, DRAWN = {"layer": study.final_layer}, {"seed": ANALYSIS["correlation"]["seed"]}
ONE_ONSET = {"share": ANALYSIS["correlation"]["onset"]}
STEPS = {**LAST, "onset": ANALYSIS["onset"], "cut": ANALYSIS["onset_cut"]}
LATEST = {**LAST, "share": max(ANALYSIS["onset"]), "cut": ANALYSIS["onset_cut"]}
KIN = {"families": {one: factors.related(one)[1] for one in study.languages if factors.related(one)[1]}}
NAMES = names(study.languages, synthetic=bool(config["world"]))
FROM_ONE = {**LAST, "source": ANALYSIS["reference"]}
EXAMPLES = {**TASKS, "examples": ANALYSIS["examples"], "others": False}
OTHERS = {**EXAMPLES, "others": True}
APART, VARIED = study.shown_variants

# Number: title and category in the report, module and function of polychron.figures, inputs, settings.
FIGURES = {
    "01": ("Best score of each task", IN, "best_scores.best_scores", PROBED, LAST),
    "02": ("Steps to x% of the best POS tagging", IN, "onsets.onsets", ONSETS, STEPS | POS),
    "03": ("Relative performance of the arc tasks over time", IN, "relative_scores.over_time", PROBED, LAST | ARCS),
    "04": ("Best transfer from source to target", ACROSS, "transfer_matrices.transfer", PROBED, LAST | KIN),
    "05": ("Asymmetry of transfer", ACROSS, "transfer_matrices.asymmetry", SPREAD, LAST | KIN),
    "06": ("Steps to x% of the best transfer", ACROSS, "transfer_dynamics.onsets", ONSETS, LATEST),
    "07": ("Change of transfer from its best to the last step", ACROSS, "transfer_dynamics.changes", LOSSES, LAST),
    "08": ("Score by layer and step", DEPTH, "layers.in_language", SPREAD, EXAMPLES),
    "09": ("Score by layer and step, between languages", DEPTH, "layers.across", SPREAD, EXAMPLES | PAIRED),
    "10": ("Score by layer and step, further languages", DEPTH, "layers.in_language", SPREAD, OTHERS),
    "11": ("Expected layer over time", DEPTH, "expected_layers.in_language", SPREAD, TASKS),
    "12": ("Score by layer and step, further pairs", DEPTH, "layers.across", SPREAD, OTHERS | PAIRED),
    "13": ("Expected layer of word alignment over time", DEPTH, "expected_layers.across", WIDENED, ALIGNMENT),
    "14": ("Bits per character", IN, "bits_per_character.from_tables", SIZED, {}),
    "15": ("Relative performance of other tasks over time", IN, "relative_scores.over_time", PROBED, LAST | NOT_ARCS),
    "16": ("Steps to x% of the best, other tasks", IN, "onsets.onsets", ONSETS, STEPS | NOT_POS),
    "17": ("Relative performance of transfer from one language", ACROSS, "relative_scores.over_time", PROBED, FROM_ONE),
    "18": ("Similarity of languages by layer", SPACE, "geometry.similarity.by_layer", STATES, {}),
    "19": ("Translations found by layer and step", SPACE, "geometry.retrieval.by_layer_and_step", STATES, {}),
    "20": ("Similarity and retrieval over steps", SPACE, "geometry.curves.by_pair", TRACED | FAR, DEEP | ONE_ONSET),
    "21": ("Transfer and similarity of languages", SPACE, "geometry.transfer.against_similarity", MET, LAST | DRAWN),
    "22": ("What a rotation adds, and what means hide", SPACE, "geometry.over_steps.differences", GAPS, {}),
    "23": ("How well languages are told apart", SPACE, "geometry.identity.by_layer_and_step", STATES, {}),
    "24": ("Which languages are alike", SPACE, "geometry.families.by_similarity", STATES | FACTORS, DRAWN),
    "25": ("Search among the sentences of all languages", SPACE, "geometry.over_steps.mixed_pool", STATES, {}),
    "26": ("Similarity in one model and in two", LAB, "laboratory.similarity.by_layer", ABLATED, APART),
    "27": ("Variants of pretraining", LAB, "laboratory.variants.as_bars", ABLATED, VARIED),
    "28": ("Transfer and retrieval in one model and in two", LAB, "laboratory.depth.by_layer", ABLATED, APART),
    "29": ("Fine-tuned models and probes over time", ACROSS, "finetuning.over_steps.against_probes", SCORED, {}),
    "30": ("Alignment before and after fine-tuning", SPACE, "finetuning.alignment.before_and_after", KEPT, {}),
}

FIGURES = study.figures(FIGURES, SPACE)


rule bundle_javascript:
    "the script that draws the figures in a browser"
    output:
        study.resource("vega.js"),
    log:
        f"logs/{study.name}/bundle_javascript.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("bundle_javascript"),
    script:
        "../workflow/scripts/bundle_javascript.py"


for number, (title, category, function, reads, settings) in FIGURES.items():
    place, _, draws = function.rpartition(".")

    rule:
        name:
            f"draw_figure_{number}"
        input:
            **reads,
            bundle=rules.bundle_javascript.output[0],
        output:
            **figure_files(number, title, category),
        log:
            f"logs/{{model}}/draw_figure_{number}.log",
        wildcard_constraints:
            model=among(study.laboratories if category == LAB else study.models),
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec(
                "draw_figure",
                enters=f"polychron.figures.{place}",
                draws=draws,
                settings=settings,
                names=NAMES,
                **({"codes": files.checksum(paths.DATA / "iso_639.tsv")} if "distances" in reads else {}),
            ),
        script:
            "../workflow/scripts/draw_figure.py"


FIGURE_FILES = study.figure_files({number: line[1] == SPACE for number, line in FIGURES.items()})
