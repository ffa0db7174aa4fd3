"""What is sent so that lost packets harm less: one folder each.

Each module has `protect(sizes, lose, **parameters)` beside its method.yaml. It gives a
`corruption.rtp.delivery.Delivery`, and takes what `plainly` there takes.
"""
