"""Where facts are kept: the one door in (``committer``) and the one door out (``feed``)."""
