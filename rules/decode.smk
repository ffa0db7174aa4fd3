CLEAN_DECODED = "results/decoded/{dataset}/{split}/none/0/seed0/{shard}"


rule decode:
    input:
        unpack(clips_to_decode),
        manifest="results/manifests/{dataset}.csv",
    output:
        frames=cache(f"{DECODED}/{{shard}}.frames"),
        account=f"{DECODED}/{{shard}}.parquet",
        provenance=f"{DECODED}/{{shard}}.provenance.json",
    log:
        f"results/logs/decode/{CONDITION}/{{shard}}.log",
    group:
        decode_group
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["decode"]
    resources:
        mem_mb=lambda wildcards, threads, attempt: (1000 + 1000 * threads) * attempt,
        runtime=growing(30),
    params:
        code=fingerprint("decode"),
        options=decode_options,
        corruption=lambda wildcards, input: input.get("corruption", ""),
        clean=lambda wildcards, input: input.get("clean", ""),
    shell:
        "python scripts/run.py decode --manifest {input.manifest} --split {wildcards.split}"
        " --shard {wildcards.shard} --clips {input.clips} --corruption {params.corruption}"
        " --clean {params.clean} --options {params.options:q}"
        " --frames {output.frames} --account {output.account} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
