def test_probe(served):
    print(served.public.ask("{ head regulations { id } jurisdictions { id } }")["head"])
