"""Networks that are trained in the run, a folder each; see framefault.tasks.recognition.methods."""
