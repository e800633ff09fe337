# One Hugging Face directory for each step, whatever the checkpoint came from.


rule make_tokenizer:
    input:
        model=rules.train_sentencepiece.output.model,
        vocabulary=rules.train_sentencepiece.output.vocabulary,
    output:
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    log:
        "logs/{model}/make_tokenizer.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("make_tokenizer", window=lambda wildcards: MODELS[wildcards.model]["window"]),
    script:
        "../workflow/scripts/make_tokenizer.py"


rule convert_checkpoint:
    input:
        checkpoint="results/{model}/pretraining/step-{step}/checkpoint_last.pt",
        tokenizer=rules.make_tokenizer.output.tokenizer,
        tokenizer_config=rules.make_tokenizer.output.config,
    output:
        weights="results/{model}/checkpoints/step-{step}/model.safetensors",
        config="results/{model}/checkpoints/step-{step}/config.json",
        tokenizer="results/{model}/checkpoints/step-{step}/tokenizer.json",
        tokenizer_config="results/{model}/checkpoints/step-{step}/tokenizer_config.json",
    log:
        "logs/{model}/convert_checkpoint/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "convert_checkpoint",
            step=lambda wildcards: int(wildcards.step),
            final_layer=lambda wildcards: MODELS[wildcards.model]["final_layer"],
        ),
    script:
        "../workflow/scripts/convert_checkpoint.py"


def checkpoint_files(step):
    """Give what a job needs of the checkpoint at a step: its weights and its config."""
    return {
        "weights": f"results/{{model}}/checkpoints/step-{step}/model.safetensors",
        "config": f"results/{{model}}/checkpoints/step-{step}/config.json",
    }
