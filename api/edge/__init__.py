"""The edge: what stands between a network that may send anything and the schema.

``media``   what an answer is written as, and under which status (GraphQL over HTTP)
``asked``   what is asked, read from a URL or a body of any shape
``documents`` documents that are kept under an id
``purse``   how much an asker may spend in a minute
``window``  what was spent, in memory
``policy``  what an operator decides about all of these
``headers`` what every answer says to a browser
``shortcut`` the way of a query that was carried out before
"""
