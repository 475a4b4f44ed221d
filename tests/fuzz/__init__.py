"""Every reader against files that are damaged or made to hurt: `python -m tests.fuzz --cases 20000 --reader coco`."""
