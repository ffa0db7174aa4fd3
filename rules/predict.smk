CELL = "{dataset}/{defense}/seed{seed}/{corruption}/{level}"


rule predict:
    input:
        weights=f"{MODEL}/weights.safetensors",
        clean=lambda wildcards: decoded(wildcards.dataset, "test"),
        corrupted=corrupted_test_clips,
        known=clean_predictions,
    output:
        predictions=f"results/predictions/{CELL}.parquet",
        provenance=f"results/predictions/{CELL}.provenance.json",
    log:
        f"results/logs/predict/{CELL}.log",
    group:
        PREDICT
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["train"]
    resources:
        mem_mb=growing(3000),
        runtime=growing(10),
        gpu=config["compute"]["gpus"],
        turn=1,
    params:
        code=fingerprint("predict"),
        model=canonical(config["model"]),
    shell:
        "python scripts/run.py predict --weights {input.weights} --clean {input.clean}"
        " --corrupted {input.corrupted} --known {input.known} --model {params.model:q}"
        " --predictions {output.predictions}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
