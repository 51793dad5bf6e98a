"""Compiled completion: the values that resolvers give become an answer by code made for a query.

GraphQL's reference executor goes through a result field by field and asks of each what it is. For a
query that was seen before, this part makes one Python function for each selection set, and the
executor hands it the value of a field with everything below. The reference stays the judge: where
anything is out of the ordinary the function gives up, and the reference completes *the same value*
from the start, so errors, their paths, nulls that rise and the order of keys are its own. Resolvers
that ask the ledger are not called twice; what is below them only reads attributes.

``executor.py``  the seam: Strawberry's ``execution_context_class``
``operation.py`` which functions were made for which operation, a bounded number
``plan.py``      from fields and types to a function
``asking.py``    root fields, asked with arguments by a plan made once
``leaf.py``      scalars and enumerations
``stored.py``    rows of views, shown from the JSON in which they are kept
``rendering.py`` objects that were written before and are still the same
``source.py``    the text of a function
"""
