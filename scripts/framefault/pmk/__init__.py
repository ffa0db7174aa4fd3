"""pm-k: are classifiers right on an anchor frame and all its similar neighbours in time?"""
