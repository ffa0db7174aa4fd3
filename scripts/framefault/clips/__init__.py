"""Video files and what is cached of them: from a publisher's archive to decoded frames."""
