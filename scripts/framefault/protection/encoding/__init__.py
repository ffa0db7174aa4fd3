"""How clips are encoded so that lost packets harm less: one folder each.

Each module has `encode_settings(encoding, **parameters)` beside its method.yaml. It gives the
settings of an encoder, see `video.encode.libx264`, changed.
"""
