LIMITS = {
    key: config["decode"][key] for key in ("cpu_seconds", "cpu_seconds_per_megapixel", "memory_mb")
}


# Clips as their task sees them, and in another size for models of one's own.
for name, folder in {"decode": DECODED, "decode_view": f"{DECODED}/{VIEW}"}.items():

    rule:
        name:
            name
        input:
            unpack(clips_to_decode),
            manifest="results/manifests/{dataset}.csv",
        output:
            frames=cache(f"{folder}/{{shard}}.frames"),
            account=f"{folder}/{{shard}}.parquet",
            provenance=f"{folder}/{{shard}}.provenance.json",
        log:
            f"{folder}/{{shard}}.log".replace("results/decoded", "results/logs/decode"),
        priority: starts_first
        # Clean clips are decoded where they are unpacked, corrupted ones where they are made.
        group:
            lambda wildcards: cluster_group(
                "unpack" if is_clean(wildcards.corruption) else "prepare"
            )
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["decode"]
        resources:
            **needs(gb=decode_gb, minutes=30),
        params:
            **stage("decode", size=frame_size, limits=LIMITS),
        shell:
            COMMAND


# Single frames, decoded once per input size for all classifiers that see them so.
rule decode_frames:
    input:
        release=made_data,
        manifest=SETS,
    output:
        frames=f"{CLEAN_DECODED}/{{resize}}_{{size}}.npy",
        provenance=f"{CLEAN_DECODED}/{{resize}}_{{size}}.provenance.json",
    log:
        "results/logs/decode_frames/{dataset}/{split}/{resize}_{size}.log",
    group:
        cluster_group("unpack")
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=60),
    params:
        **stage("decode_frames", folder=frames_folder),
    shell:
        COMMAND


# Frames of training videos, with labels.
rule decode_pictures:
    input:
        videos="results/raw/{dataset}",
        manifest=SETS,
    output:
        pictures=f"{CLEAN_DECODED}/pictures.npy",
        labels=f"{CLEAN_DECODED}/pictures.json",
        provenance=f"{CLEAN_DECODED}/pictures.provenance.json",
    log:
        "results/logs/decode_pictures/{dataset}/{split}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=2, minutes=10),
    params:
        **stage("decode_pictures", every=config["frames"]["every"]),
    shell:
        COMMAND
