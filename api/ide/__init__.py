"""The IDE: GraphiQL, bundled once by ``python -m api.ide`` and served from our own origin.

``page`` is what it is made of, with its packages locked by content; ``build`` fetches and bundles
them into a folder that is no part of the sources; ``door`` serves that folder.
"""
