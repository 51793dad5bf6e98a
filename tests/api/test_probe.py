from tests.server import *
from tests.samples import sample
def test_probe(served):
    op=served.operator; h=served.head
    for c,b in MUTATIONS.items():
        r=op.post(f"mutation($input: {c.__name__}Input!, $request: String!, $reported: Report) {{ answer: {field_of(c)}(input: $input, requestId: $request, reported: $reported) {{ {ANSWER} }} }}", input=sample(c), request=c.__name__).json()
        if 'errors' in r: print('##',c.__name__, r['errors'][0]['message'][:300])
        else:
            a=r['data']['answer']; print('##',c.__name__,a['__typename'],[ (x['code'],x['en']) for x in a.get('refusals',[])])
            if a['__typename']=='Recorded': continue
        r=op.post(f"mutation($input: {c.__name__}Input!, $request: String!, $reported: Report) {{ answer: {field_of(c)}(input: $input, requestId: $request, reported: $reported) {{ {ANSWER} }} }}", input=sample(c), request=c.__name__+"r", reported={"source":"x","on":"2024-03-01"}).json()
        if 'errors' in r: print('##R',c.__name__, r['errors'][0]['message'][:300])
        else:
            a=r['data']['answer']
            if a['__typename']=='Recorded' or [x['code'] for x in a['refusals']]!=['UNKNOWN_REFERENCE']: print('##R',c.__name__,a['__typename'],[ (x['code'],x['en']) for x in a.get('refusals',[])])
