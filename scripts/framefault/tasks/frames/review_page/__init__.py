"""The page on which people review anchors and pairs: questions, answers, server, and page."""
