"""Where the files of fine-tuning are, by the wildcards of its jobs."""

TUNED = "{task}/{source}/step-{step}/seed-{seed}"
"""Where the scores of a cell are, below the folder of its model and rule."""

POINT = f"{TUNED}/point-{{point}}"
"""Where those of a point of the grid of a recipe are."""

STACKED = "{task}/{source}/layer-{layer}/step-{step}/seed-{seed}"
"""Where the scores of a stacked head are."""

STACKED_POINT = f"{STACKED}/point-{{point}}"
"""Where those of a point of the grid of a recipe are."""

JOINT = "joint"
"""What takes the place of a source's code where a model is trained on all sources together."""

KEPT = "{model}.{task}-{source}-{seed}"
"""The name of the model that is kept of a training."""
