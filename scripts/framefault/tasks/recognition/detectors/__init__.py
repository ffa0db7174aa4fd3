"""Detectors of corruption, a folder each; see framefault.tasks.recognition.methods."""
