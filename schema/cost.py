"""Cost: how many values and nodes an answer may have at most, known before anything is read.

Every field of every object counts one point, and so many times as its object may occur: a page as
often as its ``first`` says, any other list as often as ``SIZES`` or ``LISTED`` say, or as the
longest that was met had members (``GROWING``). What is read from more than its own rows costs more
(``WEIGHTS``), and so does a mutation. Of fragments on several types only the dearest counts, since
an object is of one type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.inputs import ROWS_MAX
from schema.outputs import FIRST_DEFAULT, FIRST_MAX
from schema.price import LONGEST, Cost, Part, Price, plain

LISTED = 5
MUTATION_POINTS = 10
ROOT_POINTS = 5
ROW_POINTS = 3  # for what is read from the database, beside its fields
# The arguments that say how many: rows of a page, links of a level, commands of a bulk.
HOW_MANY = ("first", "batchSize", "breadth", "inputs")
# More is refused by the field itself.
HOW_MANY_MAX = {"inputs": ROWS_MAX}
# Lists that are no pages, by how many members they have at most in a ledger as it is founded; those
# that grow with what is in it are reckoned by the longest met.
SIZES = {
    "Query.jurisdictions": 120,
    "Query.errorCodes": 550,
    "Query.terms": 20,
    "Query.rules": 200,
    "Query.regulations": 5,
    "Query.ruleKinds": 100,
    "Query.obligations": 100,
    "Regulation.rules": 40,
    "Term.windows": 8,
    "VerdictNode.children": 3,
    "RegulationPage.clauses": 100,
    "Recorded.events": 2,
    "Refused.refusals": 2,
    "__Schema.types": 500,
    "__Type.fields": 8,
    "__Type.inputFields": 2,
    "__Type.enumValues": 2,
    "__Type.interfaces": 1,
    "__Type.possibleTypes": 1,
    "__Field.args": 2,
}
# Lists that are the same for everybody, and grow with the rules, the places and the classes that
# there are. Of others the longest would tell a stranger how much there is elsewhere.
GROWING = frozenset(
    {
        "Query.jurisdictions",
        "Query.regulations",
        "Query.rules",
        "Query.ruleKinds",
        "Query.terms",
        "Query.errorCodes",
        "Regulation.rules",
        "RegulationPage.clauses",
        "RuleKind.parameters",
        "Term.windows",
        "Offering.sessions",
        "Plan.courses",
        "Plan.fees",
        "Plan.parts",
        "Plan.trainers",
    }
)
# Fields that read or reckon much for each of their values.
WEIGHTS = {"Query.terms": 800, "Query.ruleKinds": 500, "Query.regulationPage": 200}


def cost_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: str | None,
    variables: dict[str, Any] | None,
) -> Cost:
    """What an operation of a valid document may come to at most, with the given variables."""
    return price_of(schema, document, operation, variables).most


def price_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: str | None,
    variables: dict[str, Any] | None,
) -> Price:
    """The same, with the parts of which it is made."""
    asked = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    chosen = next((each for each in asked if each.name and each.name.value == operation), asked[0])
    root = schema.get_root_type(chosen.operation)
    if root is None:
        return Price()
    given = {
        each.variable.name.value: _constant(each.default_value)
        for each in chosen.variable_definitions or ()
    } | (variables or {})
    return _Reckoner(schema, document, given).selection(chosen.selection_set, root, None, ())


def counting(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The names of the variables that say how many, on which alone the cost of a query hangs."""
    named: set[str] = set()
    left = [operation.selection_set, *(each.selection_set for each in fragments.values())]
    while left:
        for each in left.pop().selections:
            inner = getattr(each, "selection_set", None)
            if inner is not None:
                left.append(inner)
            named |= {
                argument.value.name.value
                for argument in getattr(each, "arguments", None) or ()
                if argument.name.value in HOW_MANY and isinstance(argument.value, VariableNode)
            }
    return tuple(sorted(named))


def _constant(node: ValueNode | None) -> Any:
    if isinstance(node, IntValueNode):
        return int(node.value)
    return [None] * len(node.values) if isinstance(node, ListValueNode) else None


class _Reckoner:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]
    ) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, int | None], Price] = {}

    def selection(
        self,
        selections: SelectionSetNode | None,
        parent: GraphQLNamedType,
        rows: int | None,
        within: tuple[str, ...],
    ) -> Price:
        """What one object comes to; ``rows``: how many its lists have, where it is a page."""
        total = Price()
        apart: dict[str, Cost] = {}
        for each in selections.selections if selections is not None else ():
            if isinstance(each, FieldNode):
                total += self._field(each, parent, rows, within)
                continue
            kind, part = self._spread(each, parent, rows, within)
            if kind == parent.name or not is_object_type(self._schema.type_map.get(kind)):
                total += part
            else:
                apart[kind] = apart.get(kind, Cost()) + part.most
        return total + plain(_dearest(apart.values()))

    def _spread(
        self, node: Any, parent: GraphQLNamedType, rows: int | None, within: tuple[str, ...]
    ) -> tuple[str, Price]:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            fragment = self._fragments.get(name)
            if fragment is None or name in within:
                return parent.name, Price()
            kind = fragment.type_condition.name.value
            if (name, rows) not in self._known:
                self._known[name, rows] = self.selection(
                    fragment.selection_set, self._type(kind, parent), rows, (*within, name)
                )
            return kind, self._known[name, rows]
        assert isinstance(node, InlineFragmentNode)
        kind = node.type_condition.name.value if node.type_condition else parent.name
        return kind, self.selection(node.selection_set, self._type(kind, parent), rows, within)

    def _type(self, name: str, otherwise: GraphQLNamedType) -> GraphQLNamedType:
        return self._schema.type_map.get(name, otherwise)

    def _field(
        self, node: FieldNode, parent: GraphQLNamedType, rows: int | None, within: tuple[str, ...]
    ) -> Price:
        field = self._schema.get_field(parent, node.name.value)  # type: ignore[arg-type]
        if field is None:
            return Price()  # validation says so
        where = f"{parent.name}.{node.name.value}"
        points = WEIGHTS.get(where, self._weight(parent))
        kind = get_named_type(field.type)
        if is_leaf_type(kind):
            return plain(Cost(points))
        asked = self._asked(node, field, rows)
        bulk = asked if "inputs" in field.args else None
        grows = rows is None and where in GROWING
        usual = SIZES.get(where, LISTED)
        known = LONGEST.of(where, usual) if grows else usual
        listed = rows if rows is not None else known
        times = listed if _is_list(field) else 1
        one = self.selection(node.selection_set, kind, asked, within)
        beside = ROW_POINTS if rows is not None and _is_list(field) else 0
        below = (one.most + Cost(beside)).times(times)
        own = Cost(points, times if _is_list(field) else 0)
        if bulk:
            own += Cost(bulk * MUTATION_POINTS, bulk)
        key = node.alias.value if node.alias else node.name.value
        met = (where, times) if grows else ("", 0)
        return Price(below + own, own.points, (Part(key, below.points, one, beside, *met),))

    def _weight(self, parent: GraphQLNamedType) -> int:
        if parent is self._schema.mutation_type:
            return MUTATION_POINTS
        roots = (self._schema.query_type, self._schema.subscription_type)
        return ROOT_POINTS if parent in roots else 1

    def _asked(self, node: FieldNode, field: GraphQLField, rows: int | None) -> int | None:
        """How many rows a field is asked for, where it can be; nonsense counts as none of it.

        ``rows`` are those that its parent was asked for, which is meant where nothing is said here.
        """
        name = next((each for each in HOW_MANY if each in field.args), None)
        if name is None:
            return None
        argument = next((each for each in node.arguments or () if each.name.value == name), None)
        value: Any = None
        if argument is not None and isinstance(argument.value, VariableNode):
            value = self._variables.get(argument.value.name.value)
        elif argument is not None:
            value = _constant(argument.value)
        value = len(value) if isinstance(value, list) else whole(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return min(max(0, value), HOW_MANY_MAX.get(name, FIRST_MAX))
        if value is None and rows is not None:
            return rows
        default = field.args[name].default_value
        return default if isinstance(default, int) else FIRST_DEFAULT


def whole(value: Any) -> Any:
    """A number as GraphQL takes it for an ``Int`` (June 2018, section 3.5.1): 500.0 is 500."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_list(field: GraphQLField) -> bool:
    kind = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(kind)


def _dearest(costs: Iterable[Cost]) -> Cost:
    found = list(costs)
    return Cost(
        max((each.points for each in found), default=0),
        max((each.nodes for each in found), default=0),
    )
