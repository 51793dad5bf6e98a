"""Streams: how ``changes`` reaches many readers, in front of Strawberry's own handlers.

The stream is the log. One ``Tail`` in a process reads what is new, once. A ``Cohort`` is all who
ask the same with the same reach: it executes and encodes a batch once, as a ``Frame``, whose bytes
go to each of its readers. A ``Follower`` is one reader's subscription: it reads the table until it
stands where its cohort stands, and from then on takes part in the live tail. What is on its way to
one client waits in its ``Line``, which is bounded in bytes; who does not read it empty leaves the
live tail and reads the table again, from the position where it stood, so that a slow client loses
nothing, holds nobody up, and costs no more than its line.

``conversation.py`` speaks graphql-transport-ws, ``events.py`` graphql-sse on distinct connections,
``reservation.py`` on a single one. Any operation but ``changes`` is Strawberry's.
"""
